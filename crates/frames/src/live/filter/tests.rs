use synrecv_model::{Endpoint, Flow};

use super::super::selection::number;
use super::machine::{Packet, run};
use super::*;

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

fn ends(local: &str, peer: &str) -> Flow {
    let end = |text: &str| {
        let end: std::net::SocketAddr = text.parse().unwrap();
        Endpoint::new(end.ip(), end.port())
    };
    Flow { local: end(local), peer: end(peer) }
}

fn v4() -> Flow {
    ends("192.0.2.10:443", "198.51.100.7:40000")
}

fn v6() -> Flow {
    ends("[2001:db8:1::10]:443", "[2001:db8:9::7]:40000")
}

fn ip(protocol: u8, from: IpAddr, to: IpAddr, body: &[u8]) -> Vec<u8> {
    let mut packet = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            // With an option of four octets.
            let mut header = vec![0x46, 0, 0, 0, 0, 0, 0x40, 0, 63, protocol, 0, 0];
            header.extend(from.octets());
            header.extend(to.octets());
            header.extend([1, 1, 1, 0]);
            header
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut header = vec![0x60, 0, 0, 0, 0, 0, protocol, 63];
            header.extend(from.octets());
            header.extend(to.octets());
            header
        }
        _ => panic!("two families"),
    };
    packet.extend(body);
    packet
}

fn segment(from: Endpoint, to: Endpoint, flags: u8) -> Vec<u8> {
    let mut tcp = from.port.to_be_bytes().to_vec();
    tcp.extend(to.port.to_be_bytes());
    tcp.extend([0; 9]);
    tcp.push(flags);
    tcp.extend([0; 6]);
    ip(6, from.ip, to.ip, &tcp)
}

fn packet(octets: Vec<u8>) -> Packet {
    Packet { octets, network: 0, hardware: 1, protocol: 0, ifindex: 2, direction: 0, random: 0 }
}

/// Behind these tags and this Ethernet type.
fn ethernet(tags: &[u16], kind: u16, body: &[u8]) -> Packet {
    let mut frame = vec![2; 12];
    for tag in tags {
        frame.extend(tag.to_be_bytes());
        frame.extend([0, 7]);
    }
    frame.extend(kind.to_be_bytes());
    frame.extend(body);
    packet(frame)
}

fn on_ethernet(ip: &[u8]) -> Packet {
    ethernet(&[], if ip[0] >> 4 == 4 { 0x0800 } else { 0x86dd }, ip)
}

fn all() -> Vec<Instruction> {
    program(&Scope::default(), &Selection::one_in(1))
}

#[track_caller]
fn check(program: &[Instruction], packet: &Packet, passes: bool) {
    assert_eq!(run(program, packet), if passes { SNAP } else { 0 }, "{packet:x?}");
}

#[test]
fn segments_pass_in_both_families_and_directions() {
    for flow in [v4(), v6()] {
        for (from, to, flags) in [(flow.peer, flow.local, SYN), (flow.local, flow.peer, SYN | ACK)]
        {
            check(&all(), &on_ethernet(&segment(from, to, flags)), true);
        }
    }
}

#[test]
fn tags_in_the_frame_are_stepped_over() {
    let syn = segment(v4().peer, v4().local, SYN);
    for tags in [&[0x8100][..], &[0x88a8, 0x8100], &[0x9100]] {
        check(&all(), &ethernet(tags, 0x0800, &syn), true);
        check(&all(), &ethernet(tags, 0x0806, &[0; 28]), true);
    }
    check(&all(), &ethernet(&[0x88a8, 0x8100, 0x8100], 0x0800, &syn), false);
    check(&all(), &ethernet(&[0x8100], 0x8863, &syn), false);
}

#[test]
fn devices_without_ethernet_header() {
    // ARPHRD_NONE has no header at all; ARPHRD_IPGRE has one that is not looked at.
    for (hardware, header) in [(65_534, 0), (778, 24)] {
        for (protocol, flow) in [(0x0800, v4()), (0x86dd, v6())] {
            let mut octets = vec![0xee; header];
            octets.extend(segment(flow.peer, flow.local, SYN));
            let bare = Packet { octets, network: header, hardware, protocol, ..packet(Vec::new()) };
            check(&all(), &bare, true);
            check(&all(), &Packet { protocol: 0x88cc, ..bare }, false);
        }
    }
}

#[test]
fn what_has_nothing_to_do_with_handshakes_is_dropped() {
    let (from, to) = (v4().peer.ip, v4().local.ip);
    check(&all(), &on_ethernet(&ip(17, from, to, &[0; 20])), false);
    check(&all(), &on_ethernet(&ip(1, from, to, &[8, 0, 0, 0, 0, 0, 0, 0])), false);
    check(&all(), &ethernet(&[], 0x88cc, &[0; 60]), false);
    check(&all(), &ethernet(&[], 0x0800, &[0x45]), false);
    let mut later_fragment = segment(v4().peer, v4().local, SYN);
    later_fragment[7] = 1;
    check(&all(), &on_ethernet(&later_fragment), false);
    let (from, to) = (v6().peer.ip, v6().local.ip);
    check(&all(), &on_ethernet(&ip(58, from, to, &[134; 20])), false);
    // A report of multicast groups: ICMPv6 behind a hop-by-hop header.
    check(&all(), &on_ethernet(&ip(0, from, to, &[58, 0, 5, 2, 0, 0, 1, 0, 143, 0])), false);
    check(&all(), &on_ethernet(&ip(60, from, to, &[6, 0, 1, 4, 0, 0, 0, 0])), true);
}

#[test]
fn neighbours_pass() {
    check(&all(), &ethernet(&[], 0x0806, &[0; 28]), true);
    for kind in [135, 136] {
        check(&all(), &on_ethernet(&ip(58, v6().peer.ip, v6().local.ip, &[kind; 32])), true);
    }
}

#[test]
fn icmp_errors_pass_when_they_quote_tcp() {
    for (flow, protocol, kinds) in
        [(v4(), 1, [3_u8, 5, 11].as_slice()), (v6(), 58, [1, 3].as_slice())]
    {
        for kind in kinds {
            for (quoted, passes) in [(6, true), (17, false)] {
                let mut error = vec![*kind, 0, 0, 0, 0, 0, 0, 0];
                error.extend(ip(quoted, flow.local.ip, flow.peer.ip, &[0; 8]));
                let error = ip(protocol, flow.peer.ip, flow.local.ip, &error);
                check(&all(), &on_ethernet(&error), passes);
            }
        }
    }
}

#[test]
fn a_packet_of_lo_passes_once() {
    let syn = on_ethernet(&segment(v4().peer, v4().local, SYN));
    let looped = Packet { ifindex: 1, hardware: 772, ..syn };
    check(&all(), &Packet { direction: OUTGOING, ..looped.clone() }, false);
    check(&all(), &Packet { direction: 0, ..looped.clone() }, true);
    check(&all(), &Packet { direction: OUTGOING, ifindex: 2, ..looped }, true);
}

#[test]
fn the_scope_holds_for_either_end() {
    let stranger = ends("192.0.2.10:22", "203.0.113.9:50000");
    let scope = |peer: &str, len| Scope { peer: Some((peer.parse().unwrap(), len)), port: None };
    for (scope, flow, passes) in [
        (scope("198.51.100.0", 24), v4(), true),
        (scope("198.51.100.7", 32), v4(), true),
        (scope("198.51.100.6", 31), v4(), true),
        (scope("198.51.100.6", 32), v4(), false),
        (scope("0.0.0.0", 0), v4(), true),
        (scope("198.51.100.0", 24), stranger, false),
        (scope("198.51.100.0", 24), v6(), false),
        (scope("2001:db8:9::", 48), v6(), true),
        (scope("2001:db8:9::7", 128), v6(), true),
        (scope("2001:db8:9::6", 128), v6(), false),
        (scope("2001:db8:9::6", 127), v6(), true),
        (scope("2001:db8:8::", 48), v6(), false),
        (scope("::", 0), v6(), true),
        (scope("2001:db8:9::", 48), v4(), false),
        (Scope { peer: None, port: Some(443) }, v4(), true),
        (Scope { peer: None, port: Some(443) }, v6(), true),
        (Scope { peer: None, port: Some(443) }, stranger, false),
    ] {
        let program = program(&scope, &Selection::one_in(1));
        for (from, to) in [(flow.peer, flow.local), (flow.local, flow.peer)] {
            check(&program, &on_ethernet(&segment(from, to, ACK)), passes);
        }
        check(&program, &ethernet(&[], 0x0806, &[0; 28]), true);
    }
}

#[test]
fn the_filter_selects_what_the_selection_includes() {
    let mut selection = Selection::one_in(8);
    selection.follow([ends("192.0.2.10:443", "198.51.100.7:77")]);
    let program = program(&Scope::default(), &selection);
    let mut passed = 0;
    for peer in 1..1_000 {
        for flow in [
            ends("192.0.2.10:443", &format!("198.51.100.7:{peer}")),
            ends("[2001:db8:1::10]:443", &format!("[2001:db8:9::{peer:x}]:40000")),
        ] {
            let selected = selection.includes(number(flow));
            passed += u32::from(selected);
            check(&program, &on_ethernet(&segment(flow.peer, flow.local, SYN)), selected);
            check(&program, &on_ethernet(&segment(flow.local, flow.peer, SYN | ACK)), selected);
        }
    }
    assert!((150..400).contains(&passed), "{passed} of 1998");
}

#[test]
fn the_longest_program_can_be_put_together() {
    let mut selection = Selection { others_one_in: 16, ..Selection::one_in(64) };
    selection.follow((1..100).map(|port| ends("192.0.2.10:443", &format!("198.51.100.7:{port}"))));
    let scope = Scope { peer: Some(("2001:db8::1".parse().unwrap(), 128)), port: Some(443) };
    let program = program(&scope, &selection);
    let arp = ethernet(&[], 0x0806, &[0; 28]);
    check(&program, &Packet { random: u32::MAX / 16, ..arp.clone() }, true);
    check(&program, &Packet { random: u32::MAX / 16 + 1, ..arp }, false);
}
