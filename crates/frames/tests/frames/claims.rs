//! ARP and ND.

use std::net::IpAddr;

use synrecv_model::{Capture, ClaimKind, LinkType, Mac};

use crate::support::{Wire, ethernet, ip};

const ASKER: [u8; 6] = [2, 0, 0, 0, 0, 0x10];
const ROUTER: [u8; 6] = [2, 0, 0, 0, 0, 1];
const BALANCER: [u8; 6] = [2, 0, 0, 0, 0, 2];
const ALL: [u8; 6] = [0xff; 6];

fn arp(operation: u8, mac: [u8; 6], sender: [u8; 4], target: [u8; 4], to: [u8; 6]) -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, operation];
    packet.extend(mac);
    packet.extend(sender);
    packet.extend([0; 6]);
    packet.extend(target);
    ethernet(mac, to, 0x0806, &packet)
}

fn nd(kind: u8, flags: u8, src: &str, dst: &str, target: &str, option: &[u8], hops: u8) -> Vec<u8> {
    let address = |text: &str| text.parse::<std::net::Ipv6Addr>().expect("as it was made");
    let mut message = vec![kind, 0, 0, 0, flags, 0, 0, 0];
    message.extend(address(target).octets());
    message.extend(option);
    ethernet(
        ROUTER,
        ASKER,
        0x86dd,
        &ip(address(src).into(), address(dst).into(), 58, hops, 0, &message),
    )
}

fn seen(frames: &[Vec<u8>]) -> Capture {
    let mut wire = Wire::new();
    for (at, frame) in frames.iter().enumerate() {
        wire.raw(at as u64, LinkType::Ethernet, frame);
    }
    wire.until(1_000)
}

fn v4(last: u8) -> IpAddr {
    IpAddr::from([192, 168, 5, last])
}

/// The race of the incident: two machines answer one question.
#[test]
fn a_question_and_two_answers() {
    let capture = seen(&[
        arp(1, ASKER, [192, 168, 5, 10], [192, 168, 5, 11], ALL),
        arp(2, BALANCER, [192, 168, 5, 11], [192, 168, 5, 10], ASKER),
        arp(2, ROUTER, [192, 168, 5, 11], [192, 168, 5, 10], ASKER),
    ]);
    let question = &capture.questions[0];
    assert_eq!((question.address, question.asker), (v4(11), Some(v4(10))));
    assert_eq!((question.mac, question.unicast), (Some(Mac(ASKER)), Some(false)));
    let answers: Vec<_> = capture.claims.iter().filter(|claim| claim.kind.is_answer()).collect();
    let macs: Vec<_> =
        answers.iter().map(|claim| (claim.address, claim.mac, claim.answers)).collect();
    let answer = |mac| (v4(11), Some(Mac(mac)), Some(v4(10)));
    assert_eq!(macs, [answer(BALANCER), answer(ROUTER)], "the faster one first");
    assert!(answers[0].at < answers[1].at);
    let own = capture.claims.iter().find(|claim| claim.kind == ClaimKind::ArpRequest).unwrap();
    assert_eq!((own.address, own.mac), (v4(10), Some(Mac(ASKER))));
}

#[test]
fn gratuitous_and_probing() {
    let capture = seen(&[
        arp(1, ROUTER, [192, 168, 5, 1], [192, 168, 5, 1], ALL),
        arp(2, ROUTER, [192, 168, 5, 1], [192, 168, 5, 1], ALL),
        arp(1, ASKER, [0; 4], [192, 168, 5, 9], ALL),
        arp(1, ASKER, [192, 168, 5, 10], [192, 168, 5, 1], ROUTER),
    ]);
    let gratuitous =
        capture.claims.iter().filter(|claim| claim.kind == ClaimKind::ArpGratuitous).count();
    assert_eq!(gratuitous, 2);
    assert_eq!(capture.questions.len(), 2);
    assert_eq!((capture.questions[0].address, capture.questions[0].asker), (v4(9), None));
    assert_eq!(capture.questions[1].unicast, Some(true), "re-validation");
}

#[test]
fn neighbour_discovery() {
    let source = [&[1, 1][..], &ASKER].concat();
    let target = [&[2, 1][..], &ROUTER].concat();
    let multicast = "ff02::1:ff00:1";
    let capture = seen(&[
        nd(135, 0, "2001:db8::10", multicast, "2001:db8::1", &source, 255),
        nd(136, 0xe0, "2001:db8::1", "2001:db8::10", "2001:db8::1", &target, 255),
        nd(136, 0x20, "2001:db8::1", "ff02::1", "2001:db8::1", &target, 255),
        nd(135, 0, "::", multicast, "2001:db8::1", &[], 255),
        nd(136, 0x40, "2001:db8::1", "2001:db8::10", "2001:db8::1", &[], 255),
        nd(136, 0xe0, "2001:db8::1", "2001:db8::10", "2001:db8::1", &target, 254),
    ]);
    let kinds: Vec<ClaimKind> = capture.claims.iter().map(|claim| claim.kind).collect();
    let advertisement =
        |router, solicited, overrides| ClaimKind::Advertisement { router, solicited, overrides };
    let expected = [
        ClaimKind::Solicitation,
        advertisement(true, true, true),
        advertisement(false, false, true),
        advertisement(false, true, false),
    ];
    assert_eq!(kinds, expected);
    let macs: Vec<_> = capture.claims.iter().map(|claim| claim.mac).collect();
    assert_eq!(macs, [Some(Mac(ASKER)), Some(Mac(ROUTER)), Some(Mac(ROUTER)), None]);
    assert_eq!(capture.claims[1].answers, Some("2001:db8::10".parse().unwrap()));
    assert_eq!(capture.claims[2].answers, None);
    assert_eq!(capture.questions[0].asker, Some("2001:db8::10".parse().unwrap()));
    assert_eq!(capture.questions[1].asker, None, "duplicate address detection");
}

#[test]
fn a_storm_is_bounded_and_a_second_claimant_is_not_lost() {
    let mut wire = Wire::new();
    for round in 0..20_000_u32 {
        let [.., b, c] = round.to_be_bytes();
        wire.raw(1, LinkType::Ethernet, &arp(2, BALANCER, [10, 1, b, c], [10, 0, 0, 1], ASKER));
        wire.raw(1, LinkType::Ethernet, &arp(1, ASKER, [10, 0, 0, 1], [10, 1, b, c], ALL));
    }
    wire.raw(9, LinkType::Ethernet, &arp(2, ROUTER, [10, 1, 0, 0], [10, 0, 0, 1], ASKER));
    let capture = wire.until(10);
    assert!(capture.claims.len() <= 5_120 && capture.questions.len() <= 4_096);
    let first: IpAddr = [10, 1, 0, 0].into();
    let macs: Vec<_> =
        capture.claims.iter().filter(|it| it.address == first).map(|it| it.mac).collect();
    assert_eq!(macs, [Some(Mac(BALANCER)), Some(Mac(ROUTER))]);
    let all = capture.claims.len() + capture.questions.len();
    assert_eq!(all as u64 + capture.omitted_claim_count, 60_001);
}

#[test]
fn one_machine_for_one_address_is_kept_a_few_times() {
    let mut wire = Wire::new();
    for _ in 0..1_000 {
        wire.raw(0, LinkType::Ethernet, &arp(2, ROUTER, [10, 0, 0, 1], [10, 0, 0, 9], ASKER));
    }
    let capture = wire.until(10);
    assert_eq!((capture.claims.len(), capture.omitted_claim_count), (32, 968));
}

#[test]
fn a_cooked_header_tells_who_sent_it() {
    let frame = arp(1, ASKER, [10, 0, 0, 1], [10, 0, 0, 2], ALL);
    let mut cooked = vec![0, 4, 0, 1, 0, 6];
    cooked.extend(ASKER);
    cooked.extend([0, 0]);
    cooked.extend(&frame[12..]);
    let mut wire = Wire::new();
    wire.raw(0, LinkType::CookedV1, &cooked);
    let capture = wire.until(1);
    assert!(capture.questions[0].outgoing && capture.claims[0].outgoing);
    assert_eq!(capture.questions[0].unicast, None);
}
