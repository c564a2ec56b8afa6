//! Capture files of every kind.

use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;

use synrecv_frames::file::{self, CaptureFile, Damage, OpenError};
use synrecv_model::{Capture, Foreign, FrameDirection, LinkType, Mono, Outcome};

use crate::support::pcap::{MICRO, NANO, Ng, Order, classic};
use crate::support::{ACK, FIN, SYN, Tcp, tcp};

fn shaken() -> [Tcp; 4] {
    let (client, server) = ("198.51.100.7:40000", "192.0.2.10:80");
    [
        tcp(client, server, SYN, 1000, 0),
        tcp(server, client, SYN | ACK, 5000, 1001),
        tcp(client, server, ACK, 1001, 5001),
        tcp(server, client, ACK | FIN, 5001, 1001),
    ]
}

fn read(bytes: &[u8]) -> Result<CaptureFile, OpenError> {
    file::read(Cursor::new(bytes), |_| ControlFlow::Continue(()))
}

#[track_caller]
fn whole(bytes: &[u8]) -> Capture {
    let read = read(bytes).expect("as it was made");
    assert!(read.damage.is_none(), "{:?}", read.damage);
    read.capture
}

#[track_caller]
fn completed(capture: &Capture) {
    assert_eq!(capture.received_count, 4);
    assert_eq!(capture.count(Outcome::Completed), 1);
}

#[test]
fn classic_in_both_orders_and_units() {
    for order in [Order::Big, Order::Little] {
        for (magic, unit) in [(MICRO, 1_000), (NANO, 1)] {
            let frames = shaken().map(|segment| segment.ethernet());
            let packets: Vec<(u32, u32, &[u8], u32)> =
                (0..).zip(&frames).map(|(at, frame)| (1_700_000_000, at, &frame[..], 54)).collect();
            let capture = whole(&classic(order, magic, 1, &packets));
            completed(&capture);
            assert_eq!(capture.started, Mono(1_700_000_000_000_000_000));
            assert_eq!(capture.ended.0 - capture.started.0, 3 * unit);
            assert_eq!(capture.started_at.0, 1_700_000_000_000);
            assert_eq!(capture.lost_count, None, "classic pcap does not say");
        }
    }
}

#[test]
fn classic_link_types() {
    for (number, link) in [
        (1, LinkType::Ethernet),
        (0x1000_0001, LinkType::Ethernet),
        (113, LinkType::CookedV1),
        (276, LinkType::CookedV2),
        (12, LinkType::RawIp),
        (101, LinkType::RawIp),
        (229, LinkType::RawIp),
        (0, LinkType::Loopback),
        (105, LinkType::Other(105)),
    ] {
        let capture = whole(&classic(Order::Little, MICRO, number, &[]));
        assert_eq!(capture.devices[0].link, link);
        assert_eq!(capture.received_count, 0);
    }
}

#[test]
fn a_snapshot_length_is_no_damage() {
    let frames = shaken().map(|segment| segment.ethernet());
    let packets: Vec<(u32, u32, &[u8], u32)> =
        frames.iter().map(|frame| (1, 0, &frame[..50], 54)).collect();
    completed(&whole(&classic(Order::Little, MICRO, 1, &packets)));
}

#[test]
fn gzip() {
    let frames = shaken().map(|segment| segment.ethernet());
    let packets: Vec<(u32, u32, &[u8], u32)> =
        frames.iter().map(|frame| (1, 0, &frame[..], 54)).collect();
    let plain = classic(Order::Little, MICRO, 1, &packets);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).unwrap();
    let packed = encoder.finish().unwrap();
    completed(&whole(&packed));
    assert!(file::is_capture(&packed) && file::is_capture(&plain));
    // Cut in the middle of the stream: what was there before is used.
    let cut = read(&packed[..packed.len() - 20]).unwrap();
    assert!(matches!(cut.damage, Some(Damage::Cut { .. })), "{:?}", cut.damage);
}

#[test]
fn sections_and_interfaces() {
    let [syn, synack, ack, fin] = shaken().map(|segment| segment.ethernet());
    let mut ng = Ng::new(Order::Little);
    // Microseconds are the default; nanoseconds; 2^-10 s with an offset.
    ng.interface(1, 0, &[(2, b"eth0"), (6, &[2, 0, 0, 0, 0, 9])]);
    ng.interface(101, 0, &[(2, b"tun0"), (9, &[9])]);
    ng.interface(113, 96, &[(9, &[0x8a]), (14, &5_u64.to_le_bytes())]);
    ng.enhanced(0, 1_700_000_000_000_000, &syn, &[(2, &[1, 0, 0, 0])]);
    ng.enhanced(1, 1_700_000_000_000_000_500, &synack[14..], &[(2, &[2, 0, 0, 0])]);
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..], &ack[14..]].concat();
    ng.enhanced(2, (1_700_000_000 - 5) << 10 | 512, &cooked, &[]);
    ng.block(0x0bad, &[1, 2, 3, 4]);
    ng.statistics(0, &[(4, &9_u64.to_le_bytes()), (5, &3_u64.to_le_bytes())]);
    ng.section(Order::Big);
    ng.interface(1, 0, &[(2, b"eth0"), (6, &[2, 0, 0, 0, 0, 9])]);
    ng.enhanced(0, 1_700_000_001_000_000, &fin, &[]);
    let capture = whole(&ng.file);
    completed(&capture);
    let names: Vec<_> = capture.devices.iter().map(|device| device.name.clone()).collect();
    let name = |name: &str| Some(Foreign(name.to_owned()));
    assert_eq!(names, [name("eth0"), name("tun0"), None], "eth0 of both sections is one");
    assert_eq!(capture.devices[0].lost_count, Some(3));
    assert_eq!(capture.lost_count, Some(3));
    let frames = &capture.handshakes[0].frames;
    let seen: Vec<_> =
        frames.iter().map(|f| (f.at.0 % 2_000_000_000, f.device, f.direction)).collect();
    let (known, unknown) = ([FrameDirection::In, FrameDirection::Out], FrameDirection::Unknown);
    assert_eq!(
        seen,
        [
            (0, 0, known[0]),
            (500, 1, known[1]),
            (500_000_000, 2, FrameDirection::In),
            (1_000_000_000, 0, unknown),
        ]
    );
}

#[test]
fn packet_blocks_of_old_and_simple_ones() {
    let [syn, synack, ack, fin] = shaken().map(|segment| segment.ethernet());
    for order in [Order::Big, Order::Little] {
        let mut ng = Ng::new(order);
        ng.interface(1, 50, &[]);
        ng.obsolete(0, 7_000_000, &syn).obsolete(0, 7_000_010, &synack);
        // Cut to the snapshot length of the interface, and padded to a word.
        ng.simple(&ack[..50], 54).simple(&fin[..50], 54);
        let capture = whole(&ng.file);
        completed(&capture);
        assert_eq!((capture.started, capture.ended), (Mono(7_000_000_000), Mono(7_000_010_000)));
        assert_eq!(capture.handshakes[0].frames[2].frame_len, 54);
    }
}

#[test]
fn times_of_every_resolution() {
    for (resolution, ticks, ns) in [
        (0, 3, 3_000_000_000),
        (3, 1_500, 1_500_000_000),
        (12, 5_000, 5),
        (0x80, 2, 2_000_000_000),
        (0x94, 1 << 20, 1_000_000_000),
        (100, 77, 0),
        (0xff, u64::MAX, 0),
    ] {
        let mut ng = Ng::new(Order::Little);
        ng.interface(1, 0, &[(9, &[resolution])]);
        ng.enhanced(0, ticks, &shaken()[0].ethernet(), &[]);
        assert_eq!(whole(&ng.file).started.0, ns, "{resolution}");
    }
}

#[test]
fn what_is_no_capture() {
    assert!(matches!(read(b""), Err(OpenError::NotACapture)));
    assert!(matches!(read(b"\x1f"), Err(OpenError::NotACapture)));
    assert!(matches!(read(b"Proto Recv-Q Send-Q"), Err(OpenError::NotACapture)));
    assert!(matches!(read(&[0xd4, 0xc3, 0xb2, 0xa1, 2]), Err(OpenError::CutHeader)));
    assert!(matches!(read(&[0x0a, 0x0d, 0x0d, 0x0a, 28]), Err(OpenError::CutHeader)));
    assert!(!file::is_capture(b"tcp 0 0") && !file::is_capture(b"\x1f\x8b\x08"));
}

#[test]
fn blocks_that_are_wrong() {
    let syn = shaken()[0].ethernet();
    let with = |spoil: &dyn Fn(&mut Ng)| {
        let mut ng = Ng::new(Order::Little);
        ng.interface(1, 0, &[]).enhanced(0, 1, &syn, &[]);
        spoil(&mut ng);
        let read = read(&ng.file).unwrap();
        assert_eq!(read.capture.received_count, 1, "what came before is used");
        assert!(read.capture.truncated);
        read.damage.unwrap().to_string()
    };
    let undeclared = with(&|ng| {
        ng.enhanced(7, 1, &syn, &[]);
    });
    assert_eq!(
        undeclared,
        "the capture is damaged before packet 2: a packet of an undeclared interface"
    );
    let long = with(&|ng| {
        let mut body = vec![0; 12];
        body.extend([200, 0, 0, 0, 200, 0, 0, 0, 1, 2, 3, 4]);
        ng.block(6, &body);
    });
    assert!(long.ends_with("a packet longer than its block"), "{long}");
    let short = with(&|ng| ng.file.extend([6, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0]));
    assert!(short.ends_with("a block shorter than its own header"), "{short}");
    let lengths = with(&|ng| ng.file.extend([5, 0, 0, 0, 12, 0, 0, 0, 16, 0, 0, 0]));
    assert!(lengths.ends_with("the two lengths of a block differ"), "{lengths}");
    let huge = with(&|ng| ng.file.extend([6, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0]));
    assert_eq!(huge, "packet 2 of the capture claims to have 1073741824 octets");
    let order = with(&|ng| ng.file.extend([0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4]));
    assert!(order.ends_with("a section without its byte-order mark"), "{order}");
}

#[test]
fn an_impossible_record() {
    let syn = shaken()[0].ethernet();
    let mut bytes = classic(Order::Big, MICRO, 1, &[(1, 0, &syn, 54)]);
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 54]);
    let read = read(&bytes).unwrap();
    assert_eq!(read.capture.received_count, 1);
    assert_eq!(
        read.damage.unwrap().to_string(),
        "packet 2 of the capture claims to have 4294967295 octets"
    );
}

#[test]
fn progress_is_told_and_reading_can_be_stopped() {
    let frame = [shaken()[0].ethernet(), vec![0; 60_000]].concat();
    let packets: Vec<(u32, u32, &[u8], u32)> =
        (0..800).map(|at| (at, 0, &frame[..], 60_054)).collect();
    let bytes = classic(Order::Little, MICRO, 1, &packets);
    let mut told = Vec::new();
    let read = file::read(Cursor::new(&bytes), |progress| {
        told.push((progress.input_bytes, progress.found.frame_count));
        if told.len() < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .unwrap();
    assert_eq!(told.len(), 2);
    assert!(told[0].0 >= 16 << 20 && told[1].0 > told[0].0);
    assert!(matches!(read.damage, Some(Damage::Stopped { packet }) if packet == told[1].1 + 1));
    assert_eq!(read.capture.received_count, told[1].1);
}

/// A reader that gives one octet at a time, as a pipe may.
struct Slow<'a>(&'a [u8]);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, place: &mut [u8]) -> std::io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
        place[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

#[test]
fn pieces_of_any_size() {
    let frames = shaken().map(|segment| segment.ethernet());
    let mut ng = Ng::new(Order::Big);
    ng.interface(1, 0, &[]);
    for frame in &frames {
        ng.enhanced(0, 1, frame, &[]);
    }
    let packets: Vec<(u32, u32, &[u8], u32)> =
        frames.iter().map(|frame| (1, 0, &frame[..], 54)).collect();
    for bytes in [ng.file, classic(Order::Little, MICRO, 1, &packets)] {
        let slow = file::read(Slow(&bytes), |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(slow.capture, whole(&bytes));
        assert!(slow.damage.is_none());
    }
}
