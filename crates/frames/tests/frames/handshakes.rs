//! What became of handshakes.

use synrecv_model::{Capture, FrameKind, Handshake, Outcome};

use crate::support::{ACK, FIN, PSH, RST, SYN, Tcp, Wire, ethernet, ip, tcp};

const C: &str = "198.51.100.7:40000";
const S: &str = "192.0.2.10:80";

fn syn() -> Tcp {
    tcp(C, S, SYN, 1000, 0)
}

fn synack() -> Tcp {
    tcp(S, C, SYN | ACK, 5000, 1001)
}

fn ack() -> Tcp {
    tcp(C, S, ACK, 1001, 5001)
}

#[track_caller]
fn only(capture: &Capture) -> &Handshake {
    assert_eq!(capture.handshakes.len(), 1, "{:#?}", capture.handshakes);
    let flow = capture.handshakes[0].flow;
    assert_eq!((flow.peer.to_string(), flow.local.to_string()), (C.to_owned(), S.to_owned()));
    &capture.handshakes[0]
}

/// The outcome when the capture goes on until `until` milliseconds.
#[track_caller]
fn outcome(until: u64, segments: &[(u64, Tcp)]) -> Outcome {
    let mut wire = Wire::new();
    for (at, segment) in segments {
        wire.at(*at, segment);
    }
    let capture = wire.until(until);
    let outcome = only(&capture).outcome;
    assert_eq!(capture.count(outcome), 1);
    outcome
}

#[test]
fn data_of_the_server_completes() {
    let data = tcp(S, C, ACK | PSH, 5001, 1001).payload(3);
    let segments = [(0, syn()), (1, synack()), (2, ack()), (3, data)];
    assert_eq!(outcome(3, &segments), Outcome::Completed);
}

#[test]
fn an_acknowledgement_of_data_completes_and_of_the_syn_alone_does_not() {
    let request = tcp(C, S, ACK | PSH, 1001, 5001).payload(10);
    let shaken =
        |last: Tcp| [(0, syn()), (1, synack()), (2, ack()), (3, request.clone()), (4, last)];
    let taken = tcp(S, C, ACK, 5001, 1011);
    assert_eq!(outcome(5, &shaken(taken)), Outcome::Completed);
    let challenge = tcp(S, C, ACK, 5001, 1001);
    assert_eq!(outcome(5, &shaken(challenge)), Outcome::TooEarly);
}

#[test]
fn an_ack_that_no_synack_follows_was_taken() {
    let shaken = [(0, syn()), (1, synack()), (2, ack())];
    assert_eq!(outcome(400, &shaken), Outcome::TooEarly);
    assert_eq!(outcome(2_000, &shaken), Outcome::Completed);
}

#[test]
fn a_repeated_synack_says_that_the_ack_was_not_taken() {
    let segments = [
        (0, syn()),
        (1, synack()),
        (2, ack()),
        (1_001, synack()),
        (1_002, ack()),
        (3_001, synack()),
        (3_002, ack()),
    ];
    assert_eq!(outcome(3_100, &segments), Outcome::AckIgnored);
    // The last one is silent too: the request is gone.
    assert_eq!(outcome(60_000, &segments), Outcome::AckIgnored);
}

/// TCP_DEFER_ACCEPT on 6.18: one SYN-ACK at the end of the period, and its ACK is taken.
#[test]
fn one_repeat_may_be_the_last() {
    let segments = [(0, syn()), (1, synack()), (2, ack()), (7_200, synack()), (7_201, ack())];
    assert_eq!(outcome(7_300, &segments), Outcome::TooEarly);
    assert_eq!(outcome(40_000, &segments), Outcome::Completed);
}

#[test]
fn unanswered_data_says_that_the_ack_was_not_taken() {
    let request = tcp(C, S, ACK | PSH, 1001, 5001).payload(10);
    let mut segments = vec![(0, syn()), (1, synack()), (2, ack())];
    segments.extend([3, 203, 603, 1_403].map(|at| (at, request.clone())));
    assert_eq!(outcome(2_500, &segments), Outcome::AckIgnored);
}

#[test]
fn a_synack_that_is_lost_is_sent_again() {
    let segments = [(0, syn()), (1, synack()), (1_020, syn()), (1_021, synack()), (2_040, syn())];
    assert_eq!(outcome(1_500, &segments), Outcome::TooEarly);
    let mut wire = Wire::new();
    for (at, segment) in &segments {
        wire.at(*at, segment);
    }
    wire.at(2_041, &synack()).at(4_100, &synack());
    let capture = wire.until(4_200);
    let handshake = only(&capture);
    assert_eq!(handshake.outcome, Outcome::AckMissing);
    let counts = handshake.counts;
    assert_eq!((counts.syn_count, counts.synack_count, counts.synack_answer_count), (3, 4, 2));
    assert_eq!(handshake.syns().count(), 3);
    assert_eq!(handshake.synacks().count(), 4);
}

#[test]
fn a_syn_without_reply_is_unanswered_unless_the_client_goes_on() {
    assert_eq!(outcome(500, &[(0, syn())]), Outcome::TooEarly);
    assert_eq!(outcome(3_000, &[(0, syn()), (1_000, syn())]), Outcome::Unanswered);
    assert_eq!(outcome(3_000, &[(0, syn()), (1, ack())]), Outcome::ReplyUnseen);
}

#[test]
fn a_reset_ends_it_unless_the_server_goes_on() {
    let refusal = tcp(S, C, RST | ACK, 0, 1001);
    assert_eq!(outcome(3_000, &[(0, syn()), (1, refusal)]), Outcome::Refused);
    let stranger = tcp(C, S, RST, 1001, 0);
    let reset = [(0, syn()), (1, synack()), (2, stranger.clone())];
    assert_eq!(outcome(3_000, &reset), Outcome::Refused);
    // Out of window: the request stays.
    let ignored = [&reset[..], &[(1_001, synack()), (3_001, synack())]].concat();
    assert_eq!(outcome(5_000, &ignored), Outcome::AckMissing);
    // A health check takes the connection and throws it away.
    let check = [(0, syn()), (1, synack()), (2, ack()), (3, stranger)];
    assert_eq!(outcome(10, &check), Outcome::Completed);
}

/// The end of the original post's capture: the server answers late data with a reset.
#[test]
fn a_reset_long_after_does_not_make_it_refused() {
    let mut segments = vec![(0, syn())];
    for at in [1, 3_000, 9_000, 21_000, 45_000, 93_200] {
        segments.extend([(at, synack()), (at + 1, ack())]);
    }
    let late = tcp(C, S, ACK | PSH, 1001, 5001).payload(299);
    segments.extend([(895_000, late), (895_001, tcp(S, C, RST, 5001, 0))]);
    assert_eq!(outcome(900_000, &segments), Outcome::AckIgnored);
}

#[test]
fn unreachable_ends_it_and_a_host_that_tells_itself_does_not() {
    let icmp = |from: &str, to: &str, about: &Tcp| {
        let mut message = vec![3, 1, 0, 0, 0, 0, 0, 0];
        message.extend(&about.packet()[..28]);
        let packet = ip(from.parse().unwrap(), to.parse().unwrap(), 1, 63, 0, &message);
        ethernet([2; 6], [4; 6], 0x0800, &packet)
    };
    let reported = |from: &str| {
        let mut wire = Wire::new();
        wire.at(0, &syn()).at(1, &synack());
        let link = synrecv_model::LinkType::Ethernet;
        wire.raw(2, link, &icmp(from, "192.0.2.10", &synack()));
        wire.until(5_000)
    };
    let capture = reported("203.0.113.1");
    let handshake = only(&capture);
    assert_eq!(handshake.outcome, Outcome::Refused);
    assert_eq!(handshake.counts.icmp_count, 1);
    let from = "203.0.113.1".parse().unwrap();
    let kind = FrameKind::Icmp { icmp_type: 3, code: 1, from };
    assert!(handshake.frames.iter().any(|frame| frame.kind == kind && frame.seq == 5000));
    assert_eq!(only(&reported("192.0.2.10")).outcome, Outcome::AckMissing);
}

#[test]
fn one_packet_at_two_devices_counts_once() {
    let mut wire = Wire::new();
    wire.at(0, &syn()).elsewhere(0, &syn().ttl(63));
    wire.at(1, &synack()).elsewhere(1, &synack().ttl(63));
    wire.at(2, &ack()).elsewhere(2, &ack().ttl(63));
    let capture = wire.until(5_000);
    let handshake = only(&capture);
    assert_eq!(handshake.outcome, Outcome::Completed);
    let counts = handshake.counts;
    assert_eq!((counts.syn_count, counts.synack_count, counts.ack_count), (1, 1, 1));
    assert_eq!(counts.copy_count, 3);
    assert_eq!(handshake.frames.iter().filter(|frame| frame.copy).count(), 3);
    assert_eq!(handshake.frames.len(), 6);
}

#[test]
fn two_acks_at_one_device_are_two_unless_they_are_one_packet() {
    let acks = |second: Tcp| {
        let mut wire = Wire::new();
        wire.at(0, &syn()).at(1, &synack()).at(2, &ack().id(7)).at(12, &second);
        let capture = wire.until(5_000);
        only(&capture).counts.ack_count
    };
    assert_eq!(acks(ack().id(8)), 2);
    assert_eq!(acks(ack().id(7)), 1);
}

#[test]
fn the_same_ends_can_make_several_handshakes() {
    let again = tcp(C, S, SYN, 70_000, 0);
    let mut wire = Wire::new();
    wire.at(0, &syn()).at(1, &synack()).at(1_001, &synack()).at(3_001, &synack());
    wire.at(80_000, &again);
    wire.at(80_001, &tcp(S, C, SYN | ACK, 9_000, 70_001));
    wire.at(80_002, &tcp(C, S, ACK, 70_001, 9_001));
    wire.at(80_003, &tcp(S, C, ACK | FIN, 9_001, 70_001));
    let capture = wire.until(90_000);
    let outcomes: Vec<Outcome> = capture.handshakes.iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, [Outcome::AckMissing, Outcome::Completed]);
    assert_eq!(capture.services.len(), 1);
    assert_eq!(capture.services[0].handshake_count(), 2);
}

#[test]
fn a_synack_alone_tells_which_end_is_the_server() {
    assert_eq!(outcome(5_000, &[(0, synack()), (1_000, synack())]), Outcome::AckMissing);
    let capture = {
        let mut wire = Wire::new();
        wire.at(0, &synack());
        wire.until(100)
    };
    assert_eq!(only(&capture).counts.syn_count, 0);
}

#[test]
fn connections_from_before_are_not_handshakes() {
    let mut wire = Wire::new();
    wire.at(0, &ack()).at(1, &tcp(S, C, ACK | PSH, 1, 1).payload(100)).at(2, &tcp(C, S, RST, 1, 0));
    let capture = wire.until(5_000);
    assert!(capture.handshakes.is_empty() && capture.services.is_empty());
    assert_eq!(capture.received_count, 3);
    // A segment that follows is one of a new connection after its SYN.
    wire.at(10, &syn()).at(11, &synack()).at(12, &ack());
    assert_eq!(only(&wire.until(5_000)).counts.ack_count, 1);
}

#[test]
fn an_end_that_talks_to_itself_is_no_handshake() {
    let mut wire = Wire::new();
    wire.at(0, &tcp(S, S, SYN, 1, 0));
    assert!(wire.until(5_000).handshakes.is_empty());
}

#[test]
fn completed_handshakes_are_a_sample_of_clients() {
    let mut wire = Wire::new();
    for number in 0..300_u16 {
        let client = format!("198.51.100.{}:{}", number % 100, 20_000 + number);
        wire.at(u64::from(number), &tcp(&client, S, SYN, 1, 0));
        wire.at(u64::from(number), &tcp(S, &client, SYN | ACK, 1, 2));
        wire.at(u64::from(number), &tcp(&client, S, ACK, 2, 2));
        wire.at(u64::from(number), &tcp(S, &client, ACK | FIN, 2, 2));
    }
    let capture = wire.until(1_000);
    assert_eq!(capture.services[0].completed_count, 300);
    assert_eq!(capture.handshakes.len(), 64);
    assert_eq!(capture.omitted_handshake_count, 236);
    let peers: std::collections::BTreeSet<_> =
        capture.handshakes.iter().map(|handshake| handshake.flow.peer.ip).collect();
    assert_eq!(peers.len(), 64, "of one client each");
    assert!(capture.handshakes.is_sorted_by_key(|handshake| handshake.flow));
}
