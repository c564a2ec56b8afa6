//! A capture as a source of facts.

use synrecv_frames::file::{CaptureFile, Damage};
use synrecv_frames::observed;
use synrecv_model::view::{RetryReading, retry_reading};
use synrecv_model::{
    Capture, Facts, Flaw, Foreign, Observation, Outcome, Reason, RetryCounters, Section,
    SourceKind, Track,
};

use crate::support::{ACK, FIN, SYN, Tcp, Wire, tcp, time};

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

fn facts(capture: Capture) -> (Facts, Observation) {
    observed(CaptureFile { capture, damage: None }, Foreign("app03.pcap".to_owned()))
}

#[track_caller]
fn track(until: u64, segments: &[(u64, Tcp)]) -> Track {
    let mut wire = Wire::new();
    for (at, segment) in segments {
        wire.at(*at, segment);
    }
    let (_, observation) = facts(wire.until(until));
    assert_eq!(observation.tracks.len(), 1);
    observation.tracks[0].clone()
}

#[track_caller]
fn counters(track: &Track, sent_again: u32, expired: u32) -> RetryCounters {
    let counters = track.last_life().last.counters;
    assert_eq!(counters.synack_retrans_count, Some(sent_again));
    assert_eq!(counters.timer_expiry_count, Some(expired));
    assert!(counters.same_instant);
    counters
}

/// Class A of the path: the client repeats its SYN, and the timer starts anew each time.
#[test]
fn a_client_that_repeats_its_syn() {
    let mut segments = Vec::new();
    for at in [0, 1_020, 2_040, 3_060, 4_080] {
        segments.extend([(at, syn()), (at, synack())]);
    }
    segments.insert(4, (1_000, synack()));
    segments.sort_by_key(|(at, _)| *at);
    let track = track(4_500, &segments);
    let counters = counters(&track, 5, 1);
    assert_eq!(counters.timer_ms, Some(1_580), "2 s after the last SYN-ACK");
    assert_eq!(track.lives.len(), 1);
    assert_eq!(track.last_life().gone, None);
    assert_eq!(track.last_life().seen_for_ms(), 4_500);
    assert_eq!(retry_reading(&track, None, None), RetryReading::ClientRepeatsSyn);
}

/// The original post: 3, 6, 12, 24, 48 s, each SYN-ACK answered, and data much later.
#[test]
fn an_old_kernel_that_ignores_the_ack() {
    let mut segments = vec![(0, syn())];
    for at in [0, 3_000, 9_000, 21_000, 45_000, 93_200] {
        segments.extend([(at, synack()), (at, ack())]);
    }
    segments.push((895_000, tcp(C, S, ACK, 1001, 5001).payload(299)));
    let track = track(900_000, &segments);
    counters(&track, 5, 5);
    // The next one was due after 96 s, and did not come.
    assert_eq!(track.last_life().gone, Some(time(93_200 + 96_000)));
    assert_eq!(retry_reading(&track, None, None), RetryReading::NoRepeatSeen);
}

#[test]
fn a_request_that_is_made_anew_is_another_life() {
    let again = tcp(S, C, SYN | ACK, 99_000, 1001);
    let segments = [
        (0, syn()),
        (0, synack()),
        (1_000, synack()),
        (10_000, syn()),
        (10_000, again.clone()),
        (11_000, again.clone()),
        (13_000, again),
    ];
    let track = track(14_000, &segments);
    assert_eq!((track.lives.len(), track.life_count), (2, 2));
    assert_eq!(track.lives.iter().next().unwrap().gone, Some(time(3_000)));
    counters(&track, 2, 2);
    assert_eq!(track.last_life().first.at, time(10_000));
}

#[test]
fn a_young_request_is_too_early() {
    let track = track(700, &[(0, syn()), (0, synack())]);
    assert_eq!(counters(&track, 0, 0).timer_ms, Some(300));
    assert_eq!(retry_reading(&track, None, None), RetryReading::TooEarly);
}

#[test]
fn what_a_capture_does_not_hold_is_missing() {
    let mut wire = Wire::new();
    wire.at(0, &syn()).at(1, &synack()).at(2, &ack()).at(3, &tcp(S, C, ACK | FIN, 5001, 1001));
    let capture = wire.until(1_000);
    let (facts, observation) = facts(capture.clone());
    assert_eq!(facts.source, SourceKind::Capture);
    assert_eq!(facts.host.name, Foreign("app03.pcap".to_owned()));
    assert_eq!(facts.routes.gap().map(|gap| &gap.reason), Some(&Reason::NotInInput));
    // Requests are what frames show; without listeners the section is not whole.
    assert!(facts.sockets.whole().is_none());
    assert!(facts.sockets.data().is_some_and(|sockets| sockets.requests.is_empty()));
    assert!(observation.counters.gap().is_some() && observation.tracks.is_empty());
    assert_eq!(observation.completed, [capture.handshakes[0].flow]);
    assert_eq!((observation.seen_count, observation.late_completed_count), (1, 0));
    assert_eq!((observation.started, observation.ended), (time(0), time(1_000)));
    assert_eq!(observation.frames.whole(), Some(&capture));
}

#[test]
fn what_is_wrong_with_a_capture_is_said() {
    let mut wire = Wire::new();
    wire.at(0, &syn()).raw(1, synrecv_model::LinkType::Ethernet, &[1, 2, 3]);
    let capture = Capture { lost_count: Some(7), ..wire.until(5_000) };
    assert_eq!(capture.count(Outcome::Unanswered), 1);
    let file = CaptureFile { capture, damage: Some(Damage::Cut { packet: 3 }) };
    let (_, observation) = observed(file, Foreign(String::new()));
    let Section::Partial { flaws, .. } = &observation.frames else { panic!("not whole") };
    assert!(matches!(flaws[0], Flaw::PartMissing(_)));
    assert!(matches!(flaws[1], Flaw::Undecodable { count: 1, .. }));
    assert_eq!(flaws[2], Flaw::Lost);
}

#[test]
fn requests_that_were_ended_are_named() {
    let mut wire = Wire::new();
    wire.at(0, &syn()).at(1, &synack()).at(2, &tcp(C, S, crate::support::RST, 1001, 0));
    let (_, observation) = facts(wire.until(5_000));
    assert!(observation.tracks.is_empty());
    assert_eq!(observation.ended_young.len(), 1);
}
