//! Frames of the incident: the client repeats its SYN, and no ACK comes.

use synrecv_model::{
    Capture, CaptureDevice, CaptureOrigin, Checksum, Clue, ClueKind, End, Flow, Foreign,
    FrameCounts, FrameDirection, FrameKind, Handshake, HandshakeFrame, LinkType, Mono, Outcome,
    Padding, Place, Service, TcpOptions, Vantage, WallClock,
};

use super::{Names, client, endpoint, ip, mac};

/// Milliseconds of frames from the first SYN on; true for the client's.
const FRAMES: &[(u64, bool)] = &[
    (0, true),
    (0, false),
    (1_024, true),
    (1_024, false),
    (2_048, true),
    (2_048, false),
    (3_080, false),
    (4_096, true),
    (4_096, false),
];

pub(super) fn capture(names: &Names) -> Capture {
    let local = endpoint("192.168.4.10", 80);
    let mut service = Service::new(local, FrameDirection::In);
    service.completed_count = 40;
    service.ack_missing_count = 1;
    Capture {
        origin: CaptureOrigin::Live,
        started_at: WallClock(1_763_869_614_000),
        started: Mono(0),
        ended: Mono(0).plus_ms(5_000),
        devices: vec![CaptureDevice {
            name: Some(Foreign(names.dev.clone())),
            ifindex: Some(2),
            link: LinkType::Ethernet,
            mac: Some(mac(0x0a)),
            lost_count: Some(0),
        }],
        received_count: 170,
        lost_count: Some(0),
        undecoded_count: 0,
        sampled_one_in: 1,
        truncated: false,
        handshakes: vec![handshake()],
        omitted_handshake_count: 40,
        services: vec![service],
        vantages: vec![Vantage {
            server: ip("192.168.4.10"),
            place: Place::Server,
            clues: vec![Clue {
                kind: ClueKind::Direction,
                end: End::Server,
                sent_here: true,
                frame_count: 45,
                of_count: 45,
            }],
            handshake_count: 41,
        }],
        claims: Vec::new(),
        questions: Vec::new(),
        omitted_claim_count: 0,
    }
}

fn handshake() -> Handshake {
    let flow = Flow {
        local: endpoint("192.168.4.10", 80),
        peer: synrecv_model::Endpoint::new(client(11), 40_000),
    };
    Handshake {
        flow,
        outcome: Outcome::AckMissing,
        counts: FrameCounts {
            syn_count: 4,
            synack_count: 5,
            synack_answer_count: 3,
            ..FrameCounts::default()
        },
        frames: FRAMES.iter().map(|&(ms, from_client)| frame(ms, from_client)).collect(),
        omitted_count: 0,
    }
}

fn frame(ms: u64, from_client: bool) -> HandshakeFrame {
    let (kind, sender, direction, src, dst, ttl) = if from_client {
        (FrameKind::Syn, End::Client, FrameDirection::In, mac(1), mac(0x0a), 63)
    } else {
        (FrameKind::SynAck, End::Server, FrameDirection::Out, mac(0x0a), mac(2), 64)
    };
    // An answer takes 30 microseconds.
    let at = Mono(Mono(0).plus_ms(600 + ms).0 + if from_client { 0 } else { 30_000 });
    HandshakeFrame {
        at,
        kind,
        sender,
        direction,
        copy: false,
        device: 0,
        src_mac: Some(src),
        dst_mac: Some(dst),
        vlans: Vec::new(),
        ttl,
        seq: 1,
        ack: u32::from(!from_client),
        flags: if from_client { 2 } else { 18 },
        window: 64_240,
        options: TcpOptions::default(),
        payload_len: 0,
        checksum: Checksum::Good,
        padding: Padding::NotNeeded,
        frame_len: 74,
        captured_len: 74,
    }
}
