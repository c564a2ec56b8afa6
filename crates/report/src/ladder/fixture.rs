//! Captures for tests.

use synrecv_model::{
    Capture, CaptureDevice, CaptureOrigin, Checksum, End, Endpoint, Flow, Foreign, FrameCounts,
    FrameDirection, FrameKind, Handshake, HandshakeFrame, LinkType, Mac, Mono, Outcome, Padding,
    Place, TcpOptions, Vantage, WallClock,
};

pub(crate) const LOCAL: &str = "192.0.2.80";

pub(crate) fn device(name: &str, link: LinkType) -> CaptureDevice {
    CaptureDevice {
        name: Some(Foreign(name.into())),
        ifindex: None,
        link,
        mac: None,
        lost_count: None,
    }
}

pub(crate) fn capture(place: Place, devices: Vec<CaptureDevice>) -> Capture {
    let server = LOCAL.parse().unwrap();
    Capture {
        origin: CaptureOrigin::File,
        started_at: WallClock(0),
        started: Mono(0),
        ended: Mono(0),
        devices,
        received_count: 0,
        lost_count: None,
        undecoded_count: 0,
        sampled_one_in: 1,
        truncated: false,
        handshakes: Vec::new(),
        omitted_handshake_count: 0,
        services: Vec::new(),
        vantages: vec![Vantage { server, place, clues: Vec::new(), handshake_count: 1 }],
        claims: Vec::new(),
        questions: Vec::new(),
        omitted_claim_count: 0,
    }
}

/// A frame `us` microseconds after the first one.
pub(crate) fn frame(us: u64, kind: FrameKind, sender: End) -> HandshakeFrame {
    let by_client = sender == End::Client;
    HandshakeFrame {
        at: Mono(7_000_000_000 + us * 1_000),
        kind,
        sender,
        direction: FrameDirection::Unknown,
        copy: false,
        device: 0,
        src_mac: Some(Mac([2, 0, 0, 0, 0, if by_client { 1 } else { 0x10 }])),
        dst_mac: Some(Mac([2, 0, 0, 0, 0, if by_client { 0x10 } else { 1 }])),
        vlans: Vec::new(),
        ttl: if by_client { 61 } else { 64 },
        seq: 0,
        ack: 0,
        flags: 0,
        window: 0,
        options: TcpOptions::default(),
        payload_len: 0,
        checksum: Checksum::Good,
        padding: Padding::NotNeeded,
        frame_len: 60,
        captured_len: 60,
    }
}

pub(crate) fn handshake(outcome: Outcome, frames: Vec<HandshakeFrame>) -> Handshake {
    let count = |kind| {
        let same = frames.iter().filter(|frame| frame.kind == kind && !frame.copy);
        u32::try_from(same.count()).unwrap()
    };
    let counts = FrameCounts {
        syn_count: count(FrameKind::Syn),
        synack_count: count(FrameKind::SynAck),
        ack_count: count(FrameKind::Ack) + count(FrameKind::Data),
        rst_count: count(FrameKind::Rst),
        copy_count: u32::try_from(frames.iter().filter(|frame| frame.copy).count()).unwrap(),
        ..FrameCounts::default()
    };
    let end = |ip: &str, port| Endpoint::new(ip.parse().unwrap(), port);
    let flow = Flow { local: end(LOCAL, 80), peer: end("198.51.100.7", 40_000) };
    Handshake { flow, outcome, counts, frames, omitted_count: 0 }
}
