//! A capture as a whole, and the handshakes in it.

use std::collections::BTreeMap;

use serde::Serialize;
use synrecv_model::{
    Capture, CaptureDevice, CaptureOrigin, Clue, ClueKind, End, FrameDirection, Handshake,
    HandshakeFrame, Outcome, Vantage, WallClock,
};

use crate::json::known_time;

/// Devices, and server addresses, listed at most.
const ROWS_MAX: usize = 200;

/// All outcomes, in the order of reports.
pub(crate) const OUTCOMES: [Outcome; 7] = [
    Outcome::Completed,
    Outcome::AckMissing,
    Outcome::AckIgnored,
    Outcome::Refused,
    Outcome::Unanswered,
    Outcome::ReplyUnseen,
    Outcome::TooEarly,
];

/// A capture: from where, how much, and what became of the handshakes in it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaptureRow {
    /// `live` or `file`.
    pub origin: &'static str,
    /// RFC 3339 UTC: the first frame of a file, or when the live capture started.
    pub started_at: Option<String>,
    /// To the last frame of a file, or to the end of the live capture.
    pub length_ms: u64,
    /// Frames read.
    pub received_count: u64,
    /// Frames that were lost before they could be read; `null` when the input does not say.
    pub lost_count: Option<u64>,
    /// Frames of which too little was captured, or that are malformed or of an unknown link type.
    pub undecoded_count: u64,
    /// One handshake in so many was followed.
    pub sampled_one_in: u32,
    /// The file is damaged or ends within a packet: what came after is not known.
    pub truncated: bool,
    /// Devices; at most 200.
    pub devices: Vec<CaptureDeviceRow>,
    /// Where it was taken, seen from each server address; at most 200.
    pub vantages: Vec<VantageRow>,
    /// Handshakes by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
}

/// A device of a capture.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaptureDeviceRow {
    /// Device; `null` when the file does not name it.
    pub dev: Option<String>,
    /// Link type.
    pub link: &'static str,
    /// Number of the link type, where it is not a known one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_type: Option<u32>,
    /// Own link-layer address.
    pub mac: Option<String>,
    /// Frames that its capture lost.
    pub lost_count: Option<u64>,
}

/// Where a capture was taken, seen from one server address.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VantageRow {
    /// Address that SYNs went to.
    pub server: String,
    /// `server`, `client`, `middle` or `unknown`.
    pub place: &'static str,
    /// Handshakes that were looked at.
    pub handshake_count: u64,
    /// What it rests on, the strongest first; what speaks for another place included.
    pub clues: Vec<ClueRow>,
}

/// One thing that tells where a capture was taken.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClueRow {
    /// `direction`, `unfinished-checksum`, `padding`, `one-mac`, `ttl` or `delay`.
    pub kind: &'static str,
    /// The end whose frames show it: `server` or `client`.
    pub end: &'static str,
    /// Those frames were sent by the capturing host; else they came to it by wire.
    pub sent_here: bool,
    /// Frames that show it.
    pub frame_count: u64,
    /// Frames of that end that could have shown it.
    pub of_count: u64,
    /// Median of a delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_us: Option<u64>,
}

impl CaptureRow {
    /// From the noun.
    pub fn new(capture: &Capture) -> Self {
        Self {
            origin: match capture.origin {
                CaptureOrigin::Live => "live",
                CaptureOrigin::File => "file",
                CaptureOrigin::Printed { .. } => "text",
            },
            started_at: known_time(capture.started_at),
            length_ms: capture.ended.ms_since(capture.started),
            received_count: capture.received_count,
            lost_count: capture.lost_count,
            undecoded_count: capture.undecoded_count,
            sampled_one_in: capture.sampled_one_in,
            truncated: capture.truncated,
            devices: capture.devices.iter().take(ROWS_MAX).map(CaptureDeviceRow::new).collect(),
            vantages: capture.vantages.iter().take(ROWS_MAX).map(VantageRow::new).collect(),
            outcomes: OUTCOMES
                .into_iter()
                .map(|outcome| (outcome.name(), capture.count(outcome)))
                .collect(),
        }
    }
}

impl CaptureDeviceRow {
    fn new(device: &CaptureDevice) -> Self {
        Self {
            dev: device.name.as_ref().map(|name| name.0.clone()),
            link: device.link.name(),
            link_type: match device.link {
                synrecv_model::LinkType::Other(number) => Some(number),
                _ => None,
            },
            mac: device.mac.map(|mac| mac.to_string()),
            lost_count: device.lost_count,
        }
    }
}

impl VantageRow {
    fn new(vantage: &Vantage) -> Self {
        Self {
            server: vantage.server.to_string(),
            place: vantage.place.name(),
            handshake_count: vantage.handshake_count,
            clues: vantage.clues.iter().map(ClueRow::new).collect(),
        }
    }
}

impl ClueRow {
    fn new(clue: &Clue) -> Self {
        let (kind, median_us) = match clue.kind {
            ClueKind::Direction => ("direction", None),
            ClueKind::UnfinishedChecksum => ("unfinished-checksum", None),
            ClueKind::Padding => ("padding", None),
            ClueKind::OneMac => ("one-mac", None),
            ClueKind::Ttl => ("ttl", None),
            ClueKind::Delay { median_ns } => ("delay", Some(median_ns / 1_000)),
        };
        Self {
            kind,
            end: match clue.end {
                End::Server => "server",
                End::Client => "client",
            },
            sent_here: clue.sent_here,
            frame_count: clue.frame_count,
            of_count: clue.of_count,
            median_us,
        }
    }
}

/// A handshake of a capture.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandshakeRow {
    /// The server's end.
    pub local: String,
    /// The client's end.
    pub peer: String,
    /// `completed`, `ack-missing`, `ack-ignored`, `refused`, `unanswered`, `reply-unseen` or
    /// `too-early`.
    pub outcome: &'static str,
    /// RFC 3339 UTC: the first frame.
    pub started_at: Option<String>,
    /// From the first frame to the last.
    pub length_ms: u64,
    /// SYNs.
    pub syn_count: u32,
    /// SYN-ACKs.
    pub synack_count: u32,
    /// ACKs, with and without data.
    pub ack_count: u32,
    /// Resets, of either end.
    pub rst_count: u32,
    /// ICMP errors about it.
    pub icmp_count: u32,
    /// Device that the last SYN was seen at.
    pub dev: Option<String>,
    /// Link-layer source of the last SYN.
    pub syn_src_mac: Option<String>,
    /// TTL or hop limit of the last SYN.
    pub syn_ttl: Option<u8>,
    /// Device that the last SYN-ACK was seen at.
    pub synack_dev: Option<String>,
    /// Link-layer destination of the last SYN-ACK.
    pub synack_dst_mac: Option<String>,
    /// The host that took the capture sent the SYN.
    pub outgoing: bool,
}

impl HandshakeRow {
    /// From the noun, with the devices of its capture.
    pub fn new(capture: &Capture, handshake: &Handshake) -> Self {
        let counts = handshake.counts;
        let syn = handshake.syns().last();
        let synack = handshake.synacks().last();
        let first = handshake.frames.first().map_or(capture.started, |frame| frame.at);
        let last = handshake.frames.last().map_or(first, |frame| frame.at);
        let dev = |frame| {
            let name = capture.device(frame)?.name.as_ref()?;
            Some(name.0.clone())
        };
        let after_start = i64::try_from(first.ms_since(capture.started)).unwrap_or(i64::MAX);
        let started_at = match capture.started_at {
            WallClock(0) => WallClock(0),
            WallClock(started) => WallClock(started.saturating_add(after_start)),
        };
        Self {
            local: handshake.flow.local.to_string(),
            peer: handshake.flow.peer.to_string(),
            outcome: handshake.outcome.name(),
            started_at: known_time(started_at),
            length_ms: last.ms_since(first),
            syn_count: counts.syn_count,
            synack_count: counts.synack_count,
            ack_count: counts.ack_count,
            rst_count: counts.rst_count,
            icmp_count: counts.icmp_count,
            dev: syn.and_then(dev),
            syn_src_mac: syn.and_then(|frame| frame.src_mac).map(|mac| mac.to_string()),
            syn_ttl: syn.and_then(HandshakeFrame::ttl_seen),
            synack_dev: synack.and_then(dev),
            synack_dst_mac: synack.and_then(|frame| frame.dst_mac).map(|mac| mac.to_string()),
            outgoing: syn.is_some_and(|frame| frame.direction == FrameDirection::Out),
        }
    }
}
