use synrecv_model::{End, FrameKind};
use unicode_width::UnicodeWidthStr as _;

use super::fixture::{capture, device, frame, handshake};
use super::*;

/// The schedule of a kernel before 3.1 with a full accept queue: each SYN-ACK is answered.
fn ignored() -> Handshake {
    let mut frames = vec![frame(0, FrameKind::Syn, End::Client)];
    for (at, s) in [0, 3, 9, 21, 45].into_iter().enumerate() {
        frames.push(frame(s * 1_000_000 + 20, FrameKind::SynAck, End::Server));
        let mut ack = frame(s * 1_000_000 + 265, FrameKind::Ack, End::Client);
        ack.options.dsack = (at > 0).then_some((0, 1));
        frames.push(ack);
    }
    let mut data = frame(80_000_000, FrameKind::Data, End::Client);
    data.payload_len = 299;
    frames.push(data);
    frames.push(frame(80_000_100, FrameKind::Rst, End::Server));
    handshake(Outcome::AckIgnored, frames)
}

#[test]
fn acks_that_are_ignored_stand_below_their_syn_acks() {
    let capture = capture(Place::Server, vec![device("eth0", LinkType::Ethernet)]);
    let lines = render(&capture, &ignored(), 80);
    let expected = "
  ack-ignored: an ACK came, and the server went on as if it had not. 1 SYN, 5
  SYN-ACKs, 6 ACKs, 1 RST; captured at the server.

  s        0       10      20      30      40       50      60      70      80
  SYN      |
  SYN-ACK  | |    |         |                   |
  ACK      | |    |         |                   |
  data                                                                      |
  RST                                                                       |

         s  CLIENT     SERVER  MAC                     TTL
     0.000  SYN ------------>  from 02:00:00:00:00:01   61  crossed 3 routers
     0.000  <-------- SYN-ACK  to 02:00:00:00:00:01     64  0.02 ms later
     0.000  ACK ------------>  from 02:00:00:00:00:01   61  0.2 ms later
     3.000  <-------- SYN-ACK  to 02:00:00:00:00:01     64  again +3.0 s
     3.000  ACK ------------>  from 02:00:00:00:00:01   61  0.2 ms later, D-SACK
";
    assert!(lines.starts_with(expected.trim_start_matches('\n')), "{lines}");
    assert!(lines.contains("data ----------->  from 02:00:00:00:00:01   61  299 bytes\n"));
    assert!(lines.ends_with("<------------ RST  to 02:00:00:00:00:01     64  0.1 ms later\n"));
    assert!(lines.lines().all(|line| line.width() <= 80), "{lines}");
}

#[test]
fn devices_are_named_where_they_differ() {
    let devices =
        vec![device("eth0", LinkType::CookedV2), device("e\u{1b}[2J", LinkType::CookedV2)];
    let mut synack = frame(90, FrameKind::SynAck, End::Server);
    (synack.device, synack.dst_mac, synack.vlans) = (1, None, vec![12, 7]);
    let mut copy = synack.clone();
    copy.copy = true;
    let seen =
        handshake(Outcome::AckMissing, vec![frame(0, FrameKind::Syn, End::Client), synack, copy]);
    let lines = render(&capture(Place::Unknown, devices), &seen, 100);
    assert!(lines.contains("  eth0      from 02:00:00:00:00:01   61"), "{lines}");
    assert!(lines.contains("  e\\x1b[2J  to ?"), "{lines}");
    assert!(lines.contains("VLAN 12.7"), "{lines}");
    assert!(lines.contains("A capture on `any` does not hold"), "{lines}");
    assert!(lines.ends_with("not shown: 1.\n"), "{lines}");
}

#[test]
fn at_the_client_the_other_station_is_the_one_it_sends_to() {
    let capture = capture(Place::Client, vec![device("eth0", LinkType::Ethernet)]);
    let mut icmp = frame(10, FrameKind::Syn, End::Client);
    icmp.kind = FrameKind::Icmp { icmp_type: 3, code: 1, from: "192.0.2.1".parse().unwrap() };
    let seen = handshake(Outcome::Refused, vec![frame(0, FrameKind::Syn, End::Client), icmp]);
    let lines = render(&capture, &seen, 80);
    assert!(lines.contains("SYN ------------>  to 02:00:00:00:00:10"), "{lines}");
    assert!(lines.contains("<----------- ICMP  from 02:00:00:00:00:01"), "{lines}");
    assert!(lines.contains("type 3 code 1, says 192.0.2.1"), "{lines}");
}

#[test]
fn the_middle_of_a_long_handshake_is_counted() {
    let capture = capture(Place::Server, vec![device("eth0", LinkType::Ethernet)]);
    let syns = (0..50).map(|s| frame(s * 1_000_000, FrameKind::Syn, End::Client)).collect();
    let mut seen = handshake(Outcome::Unanswered, syns);
    seen.omitted_count = 4;
    let lines = render(&capture, &seen, 80);
    assert!(lines.contains("\n       ...  22 frames are not shown\n"), "{lines}");
    assert!(lines.contains("    49.000  SYN"), "{lines}");
    assert!(lines.contains("  SYN      || ||| ||| |||"), "{lines}");
    assert_eq!(lines.matches("SYN ---").count(), 32);
}

#[test]
fn a_single_frame_and_none() {
    let capture = capture(Place::Middle, vec![device("eth0", LinkType::RawIp)]);
    let mut only = frame(0, FrameKind::Syn, End::Client);
    (only.src_mac, only.dst_mac) = (None, None);
    let lines = render(&capture, &handshake(Outcome::TooEarly, vec![only]), 40);
    assert!(lines.contains("  ms       0"), "{lines}");
    assert!(lines.contains("SERVER  TTL\n"), "{lines}");
    let none = render(&capture, &handshake(Outcome::Completed, Vec::new()), 80);
    assert_eq!(none.lines().count(), 2, "{none}");
}
