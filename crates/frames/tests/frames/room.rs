//! Bounds: what is kept when there is too much, and that counts stay true.

use std::collections::BTreeSet;

use synrecv_frames::Limits;
use synrecv_model::{Capture, LinkType, Outcome};

use crate::support::{ACK, SYN, Tcp, Wire, tcp};

const S: &str = "192.0.2.10:80";

fn client(number: u32) -> String {
    format!(
        "10.{}.{}.{}:{}",
        number >> 16,
        number >> 8 & 255,
        number & 255,
        1_024 + number % 60_000
    )
}

fn syn(number: u32) -> Tcp {
    tcp(&client(number), S, SYN, number, 0)
}

fn synack(number: u32) -> Tcp {
    tcp(S, &client(number), SYN | ACK, 7, number + 1)
}

fn limited(flows: usize, frames: usize) -> Wire {
    Wire::with(Limits { flows, frames }, LinkType::Ethernet)
}

fn flood(wire: &mut Wire, count: u32) -> Capture {
    for number in 0..count {
        wire.at(u64::from(number / 100), &syn(number));
        wire.at(u64::from(number / 100), &synack(number));
    }
    wire.until(10_000)
}

#[test]
fn a_flood_is_counted_in_full_and_kept_as_a_sample() {
    let mut wire = limited(20_000, 1_024);
    let capture = flood(&mut wire, 10_000);
    assert_eq!(capture.count(Outcome::AckMissing), 10_000);
    let kept = capture.handshakes.len();
    assert!((64..=1_024).contains(&kept), "{kept}");
    assert_eq!(capture.omitted_handshake_count, 10_000 - kept as u64);
    assert!(capture.handshakes.iter().all(|handshake| handshake.frames.len() == 2));
    assert_eq!(capture.sampled_one_in, 1);
}

/// The seed of the hash is another one in each tracker.
#[test]
fn the_sample_is_the_same_each_time() {
    let captures = [flood(&mut limited(5_000, 512), 8_000), flood(&mut limited(5_000, 512), 8_000)];
    assert_eq!(captures[0], captures[1]);
}

#[test]
fn clients_that_are_there_are_kept_beside_a_flood() {
    let mut wire = limited(20_000, 1_024);
    let real = 15_000..15_050_u32;
    for round in 0..4_u32 {
        for number in real.clone() {
            wire.at(u64::from(round) * 1_000, &syn(number));
            wire.at(u64::from(round) * 1_000, &synack(number));
        }
        for number in round * 2_000..(round + 1) * 2_000 {
            wire.at(u64::from(round) * 1_000 + 1, &syn(number));
        }
    }
    let capture = wire.until(10_000);
    let repeating: Vec<_> =
        capture.handshakes.iter().filter(|handshake| handshake.counts.syn_count == 4).collect();
    assert_eq!(repeating.len(), 50);
    assert!(repeating.iter().all(|handshake| handshake.outcome == Outcome::AckMissing));
    // What was thrown away before the client repeated its SYN is said to be missing.
    assert!(
        repeating
            .iter()
            .all(|handshake| { handshake.frames.len() + handshake.omitted_count as usize == 8 })
    );
    assert_eq!(capture.count(Outcome::AckMissing), 50);
    assert_eq!(capture.count(Outcome::Unanswered), 8_000);
}

#[test]
fn more_flows_than_there_is_room_for_are_counted_too() {
    let mut wire = limited(100, 64);
    let capture = flood(&mut wire, 5_000);
    let all: u64 = capture.services.iter().map(synrecv_model::Service::handshake_count).sum();
    assert_eq!(all, 5_000);
    assert_eq!(capture.handshakes.len() as u64 + capture.omitted_handshake_count, 5_000);
}

#[test]
fn frames_of_many_busy_flows_are_bounded() {
    let mut wire = limited(2_000, 256);
    for round in 0..6_u64 {
        for number in 0..1_000 {
            wire.at(round * 1_000, &syn(number)).at(round * 1_000, &synack(number));
        }
    }
    let capture = wire.until(10_000);
    assert_eq!(capture.count(Outcome::AckMissing), 1_000);
    let frames: usize = capture.handshakes.iter().map(|handshake| handshake.frames.len()).sum();
    assert!((1..=256).contains(&frames), "{frames}");
    assert!(capture.handshakes.iter().all(|handshake| handshake.counts.synack_count == 6));
}

#[test]
fn of_a_long_handshake_the_first_and_last_frames_are_kept() {
    let mut wire = Wire::new();
    for round in 0..100 {
        wire.at(round * 1_000, &syn(1));
        wire.at(round * 1_000 + 1, &synack(1));
    }
    let capture = wire.until(100_000);
    let handshake = &capture.handshakes[0];
    assert_eq!((handshake.frames.len(), handshake.omitted_count), (64, 136));
    assert_eq!(handshake.counts.syn_count, 100);
    let ms: Vec<u64> = handshake.frames.iter().map(|it| it.at.ms_since(capture.started)).collect();
    assert!(ms.is_sorted());
    assert_eq!((ms[31], ms[32], ms[63]), (15_001, 84_000, 99_001));
}

/// Numbers that samples are drawn by can be chosen by whoever sends; it must cost nothing more.
#[test]
fn flows_of_one_number_are_bounded_too() {
    let mut wire = limited(20_000, 256);
    for number in 0..10_000_u32 {
        // The port undoes in the upper half what the address changes.
        let [.., high, low] = number.to_be_bytes();
        let client = format!("{high}.{low}.7.7:{}", 0x4e20 ^ number);
        wire.at(0, &tcp(&client, S, SYN, 1, 0));
    }
    let capture = wire.until(10_000);
    assert_eq!(capture.count(Outcome::Unanswered), 10_000);
    assert!(capture.handshakes.len() <= 256);
}

#[test]
fn ends_beyond_the_bound_are_counted_together() {
    let mut wire = Wire::new();
    for number in 0..5_000_u32 {
        let server = format!("192.0.2.1:{}", 1 + number);
        wire.at(0, &tcp("198.51.100.7:65000", &server, SYN, 1, 0));
    }
    let capture = wire.until(10_000);
    let all: u64 = capture.services.iter().map(synrecv_model::Service::handshake_count).sum();
    assert_eq!((capture.services.len(), all), (4_097, 5_000));
    let ends: BTreeSet<_> = capture.services.iter().map(|service| service.local).collect();
    assert!(ends.iter().any(|end| end.ip.is_unspecified() && end.port == 0));
}

/// The order in which frames of a multi-interface file come is not that of their times.
#[test]
fn time_that_goes_back_is_no_time() {
    let mut wire = Wire::new();
    wire.at(5_000, &syn(1)).at(0, &synack(1)).at(9_000, &synack(1)).at(2, &syn(1));
    let capture = wire.until(20_000);
    assert_eq!(capture.handshakes[0].outcome, Outcome::AckMissing);
    assert!(capture.handshakes[0].frames.is_sorted_by_key(|frame| frame.at));
}
