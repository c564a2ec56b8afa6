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

/// A frame of each kind, with each state of everything else among them.
fn frames() -> Vec<HandshakeFrame> {
    let icmp = FrameKind::Icmp { icmp_type: 3, code: 1, from: ip("10.0.0.254") };
    let mut frames = vec![
        frame(FrameKind::Syn, End::Client),
        frame(FrameKind::SynAck, End::Server),
        frame(FrameKind::Ack, End::Client),
        frame(FrameKind::Data, End::Client),
        frame(FrameKind::Fin, End::Server),
        frame(FrameKind::Rst, End::Server),
        frame(icmp, End::Server),
    ];
    let directions = [
        FrameDirection::In,
        FrameDirection::Out,
        FrameDirection::OtherHost,
        FrameDirection::Unknown,
    ];
    let checksums = [Checksum::Good, Checksum::Bad, Checksum::Unfinished, Checksum::Unverified];
    let paddings = [Padding::NotNeeded, Padding::Padded, Padding::Missing];
    for (at, frame) in frames.iter_mut().enumerate() {
        frame.direction = directions[at % directions.len()];
        frame.checksum = checksums[at % checksums.len()];
        frame.padding = paddings[at % paddings.len()];
    }
    frames[2].options = TcpOptions::default();
    frames
}

fn handshakes(flow: Flow) -> Vec<Handshake> {
    let outcomes = [
        Outcome::Completed,
        Outcome::AckMissing,
        Outcome::AckIgnored,
        Outcome::Refused,
        Outcome::Unanswered,
        Outcome::ReplyUnseen,
        Outcome::TooEarly,
    ];
    let handshake = |outcome| Handshake {
        flow,
        outcome,
        counts: FrameCounts { syn_count: 2, ..FrameCounts::default() },
        frames: if outcome == Outcome::AckIgnored { frames() } else { Vec::new() },
        omitted_count: 4,
    };
    outcomes.map(handshake).to_vec()
}

fn devices() -> Vec<CaptureDevice> {
    let links = [
        LinkType::Ethernet,
        LinkType::CookedV1,
        LinkType::CookedV2,
        LinkType::RawIp,
        LinkType::Loopback,
        LinkType::Other(127),
    ];
    let device = |link| CaptureDevice {
        name: (link != LinkType::RawIp).then(|| Foreign(EVIL.into())),
        ifindex: Some(2),
        link,
        mac: (link == LinkType::Ethernet).then_some(Mac([2, 0, 0, 0, 0, 9])),
        lost_count: Some(3),
    };
    links.map(device).to_vec()
}

fn vantages(flow: Flow) -> Vec<Vantage> {
    let kinds = [
        ClueKind::Direction,
        ClueKind::UnfinishedChecksum,
        ClueKind::Padding,
        ClueKind::OneMac,
        ClueKind::Ttl,
        ClueKind::Delay { median_ns: 20_000 },
    ];
    let clue = |kind| Clue { kind, end: End::Server, sent_here: true, frame_count: 3, of_count: 4 };
    let vantage = |place| Vantage {
        server: flow.local.ip,
        place,
        clues: kinds.map(clue).to_vec(),
        handshake_count: 4,
    };
    [Place::Server, Place::Client, Place::Middle, Place::Unknown].map(vantage).to_vec()
}

fn claims() -> Vec<AddressClaim> {
    let kinds = [
        ClaimKind::ArpReply,
        ClaimKind::ArpRequest,
        ClaimKind::ArpGratuitous,
        ClaimKind::Advertisement { router: true, solicited: false, overrides: true },
        ClaimKind::Solicitation,
    ];
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
    kinds.map(claim).to_vec()
}

pub(super) fn capture(flow: Flow) -> Capture {
    Capture {
        origin: CaptureOrigin::Printed { timed: true },
        started_at: WallClock(-1),
        started: Mono(1),
        ended: Mono(u64::MAX),
        devices: devices(),
        received_count: 9,
        lost_count: Some(3),
        undecoded_count: 1,
        sampled_one_in: 64,
        truncated: true,
        handshakes: handshakes(flow),
        omitted_handshake_count: 5,
        services: vec![Service::new(flow.local, FrameDirection::In)],
        vantages: vantages(flow),
        claims: claims(),
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
