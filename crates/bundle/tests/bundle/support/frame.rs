//! A capture with every kind of value.

use synrecv_model::{
    AddressClaim, AddressQuestion, Capture, CaptureDevice, CaptureOrigin, Checksum, ClaimKind,
    Clue, ClueKind, End, Flow, Foreign, FrameCounts, FrameDirection, FrameKind, Handshake,
    HandshakeFrame, LinkType, Mac, Mono, Outcome, Padding, Place, Service, TcpOptions,
    TcpTimestamps, Vantage, WallClock,
};

use super::host::{EVIL, ip};

fn frame(kind: FrameKind, sender: End) -> HandshakeFrame {
    HandshakeFrame {
        at: Mono(u64::MAX),
        kind,
        sender,
        direction: FrameDirection::OtherHost,
        copy: true,
        device: 1,
        src_mac: Some(Mac([2, 0, 0, 0, 0, 1])),
        dst_mac: None,
        vlans: vec![100, 4094],
        ttl: 63,
        seq: u32::MAX,
        ack: 1,
        flags: 0x12,
        window: 65_535,
        options: TcpOptions {
            mss: Some(1460),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some(TcpTimestamps { value: 1, echo: 2 }),
            dsack: Some((0, 1)),
            md5: true,
            ao: true,
            fast_open: true,
            mptcp: true,
            incomplete: true,
        },
        payload_len: 5,
        checksum: Checksum::Unfinished,
        padding: Padding::Missing,
        frame_len: 78,
        captured_len: 74,
    }
}

pub(super) fn capture(flow: Flow) -> Capture {
    let icmp = FrameKind::Icmp { icmp_type: 3, code: 1, from: ip("10.0.0.254") };
    let claim = |kind| AddressClaim {
        at: Mono(7),
        device: 0,
        vlans: vec![1],
        kind,
        address: ip("fe80::1"),
        mac: Some(Mac([2; 6])),
        src_mac: None,
        answers: Some(ip("fe80::2")),
        outgoing: true,
    };
    let advertisement =
        ClaimKind::Advertisement { router: true, solicited: false, overrides: true };
    Capture {
        origin: CaptureOrigin::File,
        started_at: WallClock(-1),
        started: Mono(1),
        ended: Mono(u64::MAX),
        devices: vec![CaptureDevice {
            name: Some(Foreign(EVIL.into())),
            ifindex: Some(2),
            link: LinkType::Other(127),
            mac: None,
            lost_count: Some(3),
        }],
        received_count: 9,
        lost_count: Some(3),
        undecoded_count: 1,
        sampled_one_in: 64,
        truncated: true,
        handshakes: vec![Handshake {
            flow,
            outcome: Outcome::AckIgnored,
            counts: FrameCounts { syn_count: 2, ..FrameCounts::default() },
            frames: vec![
                frame(FrameKind::Syn, End::Client),
                frame(FrameKind::SynAck, End::Server),
                frame(icmp, End::Server),
            ],
            omitted_count: 4,
        }],
        omitted_handshake_count: 5,
        services: vec![Service::new(flow.local, FrameDirection::In)],
        vantages: vec![Vantage {
            server: flow.local.ip,
            place: Place::Server,
            clues: vec![Clue {
                kind: ClueKind::Delay { median_ns: 20_000 },
                end: End::Server,
                sent_here: true,
                frame_count: 3,
                of_count: 4,
            }],
            handshake_count: 4,
        }],
        claims: vec![claim(ClaimKind::ArpReply), claim(advertisement)],
        questions: vec![AddressQuestion {
            at: Mono(6),
            device: 0,
            vlans: Vec::new(),
            address: ip("10.0.0.1"),
            asker: None,
            mac: None,
            unicast: Some(false),
            outgoing: false,
        }],
        omitted_claim_count: 6,
    }
}
