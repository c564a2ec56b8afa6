//! Damaged and hostile files: no panic, no unbounded memory, and what came before is used.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use synrecv_frames::Limits;
use synrecv_frames::file::{self, CaptureFile, OpenError};

use crate::support::pcap::{Ng, Order};

const LIMITS: Limits = Limits { flows: 64, frames: 64 };

fn read(bytes: &[u8]) -> Result<CaptureFile, OpenError> {
    file::read_limited(Cursor::new(bytes), LIMITS, |_| ControlFlow::Continue(()))
}

fn data(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name))
        .expect("as it was made")
}

/// The frames of a classic file, as a pcapng file with two interfaces.
fn as_pcapng(classic: &[u8]) -> Vec<u8> {
    let mut ng = Ng::new(Order::Little);
    ng.interface(1, 0, &[(2, b"ps0"), (9, &[9])]).interface(1, 0, &[]);
    let mut rest = &classic[24..];
    while let Some((header, after)) = rest.split_first_chunk::<16>() {
        let word =
            |at: usize| u32::from_le_bytes(*header[at..].first_chunk().expect("as it was made"));
        let (frame, next) = after.split_at(word(8) as usize);
        let interface = u32::from(frame.len() > 70);
        ng.enhanced(interface, u64::from(word(0)) * 1_000_000 + u64::from(word(4)), frame, &[]);
        rest = next;
    }
    ng.statistics(0, &[(5, &1_u64.to_le_bytes())]);
    ng.file
}

/// Every byte position of a small pcap and pcapng.
#[test]
fn every_truncation() {
    let incident = data("incident.pcap");
    for bytes in [incident[..2_000].to_vec(), as_pcapng(&incident[..cut_at(&incident, 24)])] {
        let whole = read(&bytes).map(|it| it.capture.received_count).unwrap();
        let mut before = 0;
        for len in 0..bytes.len() {
            match read(&bytes[..len]) {
                Ok(read) => {
                    let count = read.capture.received_count;
                    assert!(count >= before && count <= whole, "{len}");
                    before = count;
                    let text = read.damage.as_ref().map(ToString::to_string);
                    let packet = format!("in the middle of packet {}", count + 1);
                    assert!(text.is_none_or(|text| text.ends_with(&packet)), "{len}");
                    assert_eq!(read.capture.truncated, read.damage.is_some());
                }
                Err(OpenError::NotACapture) => assert!(len < 4, "{len}"),
                Err(OpenError::CutHeader) => assert!((4..28).contains(&len), "{len}"),
                Err(error) => panic!("{len}: {error}"),
            }
        }
        assert!(before + 1 >= whole);
    }
}

/// End of the record number `count`.
fn cut_at(classic: &[u8], count: usize) -> usize {
    (0..count).fold(24, |at, _| {
        at + 16
            + u32::from_le_bytes(*classic[at + 8..].first_chunk().expect("as it was made")) as usize
    })
}

/// Small, fast, and the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("as it was made") % below
    }
}

/// Changes some octets, and may cut, repeat or move a piece.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x45, 0x60];
    for _ in 0..=random.next(8) {
        let at = random.next(bytes.len());
        match random.next(8) {
            0 => bytes[at] = EDGES[random.next(EDGES.len())],
            1 => bytes[at] ^= 1 << random.next(8),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes.truncate(at + 1),
            4 => {
                let end = bytes.len().min(at + 1 + random.next(64));
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => drop(bytes.drain(at..bytes.len().min(at + 1 + random.next(32)))),
            6 => {
                for byte in bytes.iter_mut().skip(at).take(4) {
                    *byte = EDGES[random.next(EDGES.len())];
                }
            }
            _ => bytes[at] = u8::try_from(random.next(256)).expect("as it was made"),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

/// Reads mutated files; what is found must hold together.
fn fuzz(rounds: usize, seed: u64) {
    let files =
        ["incident.pcap", "incident-v6.pcap", "cooked-v1.pcap", "gateway-dead-cooked-v2.pcap"];
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for name in files {
        let bytes = data(name);
        let start = bytes[..cut_at(&bytes, 14)].to_vec();
        if name.starts_with("incident") {
            seeds.push(as_pcapng(&start));
        }
        seeds.push(start);
    }
    let mut random = Random(seed | 1);
    for round in 0..rounds {
        let mut bytes = seeds[round % seeds.len()].clone();
        mutate(&mut bytes, &mut random);
        let Ok(read) = read(&bytes) else { continue };
        let capture = &read.capture;
        assert!(capture.received_count <= bytes.len() as u64 / 16, "seed {seed}, round {round}");
        let all: u64 = capture.services.iter().map(synrecv_model::Service::handshake_count).sum();
        let kept = capture.handshakes.len() as u64 + capture.omitted_handshake_count;
        assert_eq!(all, kept, "seed {seed}, round {round}");
        let devices = capture.devices.len();
        let known = |device: u32| (device as usize) < devices;
        let frames = capture.handshakes.iter().flat_map(|handshake| &handshake.frames);
        assert!(frames.map(|frame| frame.device).all(known), "seed {seed}, round {round}");
    }
}

/// `SYNRECV_MUTATIONS=1000000 cargo test --release -p synrecv-frames --test frames mutated` takes a minute
/// and is for changes to decoders and readers.
#[test]
fn mutated_files() {
    let wanted = std::env::var("SYNRECV_MUTATIONS").ok().and_then(|count| count.parse().ok());
    fuzz(wanted.unwrap_or(50_000), 1);
}
