//! Where a capture was taken.

use synrecv_model::{Capture, Clue, ClueKind, End, FrameDirection, LinkType, Place};

use crate::support::{ACK, LINUX, SYN, Tcp, Wire, ethernet, tcp};

const S: &str = "192.0.2.10:80";

fn client(number: u8) -> String {
    format!("198.51.100.{number}:40000")
}

fn syn(number: u8) -> Tcp {
    tcp(&client(number), S, SYN, 1000, 0).options(LINUX)
}

fn synack(number: u8) -> Tcp {
    tcp(S, &client(number), SYN | ACK, 5000, 1001).options(LINUX)
}

fn ack(number: u8) -> Tcp {
    tcp(&client(number), S, ACK, 1001, 5001)
}

fn place(capture: &Capture) -> Place {
    capture.place("192.0.2.10".parse().expect("as it was made"))
}

fn clue(capture: &Capture, wanted: fn(ClueKind) -> bool, end: End) -> Option<Clue> {
    let clues = &capture.vantages[0].clues;
    clues.iter().copied().find(|clue| clue.end == end && wanted(clue.kind))
}

/// Ten handshakes with these times, in microseconds, between SYN, SYN-ACK and ACK.
fn timed(reply_us: u64, ack_us: u64, ttl: (u8, u8)) -> Capture {
    let mut wire = Wire::new();
    for number in 1..=10 {
        let start = u64::from(number) * 1_000_000;
        let mut push = |us: u64, segment: &Tcp| {
            let bytes = segment.ethernet();
            let mut frame = crate::support::raw(0, LinkType::Ethernet, &bytes);
            frame.at.0 += us * 1_000;
            wire.tracker.push(&frame);
        };
        push(start, &syn(number).ttl(ttl.0));
        push(start + reply_us, &synack(number).ttl(ttl.1));
        // Timestamps make it too long to be padded.
        let ack = ack(number).options(&[1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 9]).ttl(ttl.0);
        push(start + reply_us + ack_us, &ack);
    }
    wire.until(20_000)
}

#[test]
fn by_delay() {
    assert_eq!(place(&timed(30, 20_000, (55, 64))), Place::Server);
    assert_eq!(place(&timed(30, 20_000, (64, 64))), Place::Server);
    assert_eq!(place(&timed(20_000, 30, (64, 64))), Place::Client);
    assert_eq!(place(&timed(9_000, 12_000, (64, 64))), Place::Middle);
    // Neighbours: either could be it.
    assert_eq!(place(&timed(30, 40, (64, 64))), Place::Unknown);
    assert_eq!(place(&timed(300, 20_000, (64, 64))), Place::Unknown);
}

#[test]
fn a_router_on_the_way_outweighs_delays() {
    // The reply came over a router: not from here, however fast.
    assert_eq!(place(&timed(30, 20_000, (64, 63))), Place::Middle);
    assert_eq!(place(&timed(30, 40, (63, 64))), Place::Server);
    assert_eq!(place(&timed(30, 40, (64, 63))), Place::Client);
    assert_eq!(place(&timed(30, 40, (63, 63))), Place::Middle);
}

#[test]
fn by_direction_whatever_else() {
    let directed = |of_client, of_server| {
        let mut wire = Wire::new();
        wire.directed(0, of_client, &syn(1)).directed(900, of_server, &synack(1));
        wire.directed(901, of_client, &ack(1));
        wire.until(5_000)
    };
    let (incoming, out) = (FrameDirection::In, FrameDirection::Out);
    let capture = directed(incoming, out);
    assert_eq!(place(&capture), Place::Server);
    assert_eq!(capture.vantages[0].clues[0].kind, ClueKind::Direction, "the strongest first");
    assert_eq!(place(&directed(out, incoming)), Place::Client);
    assert_eq!(place(&directed(incoming, incoming)), Place::Middle);
    let mirrored = directed(FrameDirection::OtherHost, FrameDirection::OtherHost);
    assert_eq!(place(&mirrored), Place::Middle);
    assert!(directed(out, incoming).handshakes[0].is_outgoing());
}

/// A router that captures on all its devices sees each packet come and go.
#[test]
fn a_packet_that_is_passed_on_came_from_elsewhere() {
    use FrameDirection::{In, Out};
    let mut wire = Wire::new();
    wire.directed(0, In, &syn(1)).directed(0, Out, &syn(1).ttl(63));
    wire.directed(1, In, &synack(1)).directed(1, Out, &synack(1).ttl(63));
    assert_eq!(place(&wire.until(5_000)), Place::Middle);
}

fn with_checksums(syn_done: bool, synack_done: bool) -> Capture {
    let mut wire = Wire::new();
    let mut push = |at: u64, done: bool, segment: &Tcp| {
        let mut bytes = segment.ethernet();
        if !done {
            bytes[50..52].copy_from_slice(&segment.unfinished());
        }
        wire.raw(at, LinkType::Ethernet, &bytes);
    };
    push(0, syn_done, &syn(1));
    push(1, synack_done, &synack(1));
    wire.until(5_000)
}

#[test]
fn by_unfinished_checksums_when_one_end_has_them() {
    assert_eq!(place(&with_checksums(true, false)), Place::Server);
    assert_eq!(place(&with_checksums(false, true)), Place::Client);
    assert_eq!(place(&with_checksums(true, true)), Place::Unknown);
    // Virtual wires carry them.
    assert_eq!(place(&with_checksums(false, false)), Place::Unknown);
    let capture = with_checksums(true, false);
    let unfinished = |kind| matches!(kind, ClueKind::UnfinishedChecksum);
    assert!(clue(&capture, unfinished, End::Server).unwrap().sent_here);
    assert!(!clue(&capture, unfinished, End::Client).unwrap().sent_here);
}

/// ARP of server and client, which is shorter than a frame has to be.
fn with_arp(server_padded: bool, client_padded: bool) -> Capture {
    let mut wire = Wire::new();
    let arp = |mac: [u8; 6], padded: bool| {
        let mut packet = vec![0, 1, 8, 0, 6, 4, 0, 1];
        packet.extend(mac);
        packet.extend([192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 9]);
        packet.resize(if padded { 46 } else { 28 }, 0);
        ethernet(mac, [0xff; 6], 0x0806, &packet)
    };
    wire.raw(0, LinkType::Ethernet, &arp(crate::support::SERVER_MAC, server_padded));
    wire.raw(0, LinkType::Ethernet, &arp(crate::support::CLIENT_MAC, client_padded));
    wire.at(0, &syn(1)).at(1, &synack(1));
    wire.until(5_000)
}

#[test]
fn by_padding_when_one_end_lacks_it() {
    assert_eq!(place(&with_arp(false, true)), Place::Server);
    assert_eq!(place(&with_arp(true, false)), Place::Client);
    assert_eq!(place(&with_arp(true, true)), Place::Middle);
    assert_eq!(place(&with_arp(false, false)), Place::Unknown);
}

/// The incident at the server: SYNs from the router, SYN-ACKs to the balancer.
#[test]
fn by_the_address_that_all_frames_share() {
    let split = |ttl: u8| {
        let mut wire = Wire::new();
        let (router, balancer, server) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [2; 6]);
        wire.raw(0, LinkType::Ethernet, &ethernet(router, server, 0x0800, &syn(1).packet()));
        let synack = synack(1).ttl(ttl).packet();
        wire.raw(200, LinkType::Ethernet, &ethernet(server, balancer, 0x0800, &synack));
        wire.until(5_000)
    };
    let capture = split(64);
    assert_eq!(place(&capture), Place::Server);
    assert!(clue(&capture, |kind| matches!(kind, ClueKind::OneMac), End::Server).is_some());
    // A router's own device is in all of its frames too.
    assert_ne!(place(&split(63)), Place::Server);
}

#[test]
fn the_host_with_itself() {
    let mut wire = Wire::new();
    let loopback = |segment: &Tcp| {
        [&[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0][..], &segment.packet()].concat()
    };
    wire.raw(0, LinkType::CookedV1, &loopback(&syn(1)));
    wire.raw(1, LinkType::CookedV1, &loopback(&synack(1)));
    assert_eq!(place(&wire.until(5_000)), Place::Server);
}
