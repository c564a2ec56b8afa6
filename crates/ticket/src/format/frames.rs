//! What text captures have in common: ends, times, and the rows that come of them.

pub(super) mod clock;
pub(super) mod ends;
mod sheet;

pub(super) use clock::{Counting, Stamp};
pub(super) use ends::{Names, PrintedEnd};
pub(super) use sheet::{Sheet, row, segment, taken};

use synrecv_model::{
    Checksum, FrameDirection, PrintedFrame, PrintedPacket, PrintedSegment, TcpOptions,
    TcpTimestamps,
};

pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const RST: u8 = 0x04;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;
pub(super) const URG: u8 = 0x20;

/// What the words around a packet say of its frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) stamp: Option<Stamp>,
    pub(super) device: Option<String>,
    pub(super) direction: Option<FrameDirection>,
    pub(super) src_mac: Option<synrecv_model::Mac>,
    pub(super) dst_mac: Option<synrecv_model::Mac>,
    pub(super) vlans: Vec<u16>,
    pub(super) ttl: Option<u8>,
    pub(super) frame_len: Option<u32>,
    /// Octets of the IP packet, header included (IPv6: without).
    pub(super) ip_len: Option<u32>,
    /// The tool says IPv6.
    pub(super) is_v6: bool,
}

impl Head {
    /// The frame, without its time.
    pub(super) fn frame(&self, line: u32, packet: PrintedPacket) -> PrintedFrame {
        PrintedFrame {
            line,
            at_ns: None,
            device: self.device.clone().map(synrecv_model::Foreign),
            direction: self.direction.unwrap_or(FrameDirection::Unknown),
            src_mac: self.src_mac,
            dst_mac: self.dst_mac,
            vlans: self.vlans.clone(),
            ttl: self.ttl,
            frame_len: self.frame_len,
            packet,
        }
    }

    /// As it is for a packet inside of the packet: only the time holds for it.
    pub(super) fn inner(&self) -> Self {
        Self { stamp: self.stamp, ..Self::default() }
    }
}

/// The fields of a segment, without its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) flags: u8,
    pub(super) seq: Option<u32>,
    pub(super) ack: Option<u32>,
    pub(super) relative: bool,
    pub(super) payload_len: Option<u32>,
    pub(super) window: Option<u16>,
    pub(super) options: TcpOptions,
    pub(super) checksum: Checksum,
    pub(super) renews: bool,
    /// The row ends in the middle.
    pub(super) cut: bool,
}

impl Body {
    /// With these flags, and nothing else known.
    pub(super) fn new(flags: u8) -> Self {
        Self {
            flags,
            seq: None,
            ack: None,
            relative: false,
            payload_len: None,
            window: None,
            options: TcpOptions { incomplete: true, ..TcpOptions::default() },
            checksum: Checksum::Unverified,
            renews: false,
            cut: false,
        }
    }

    pub(super) fn segment(
        self,
        src: synrecv_model::Endpoint,
        dst: synrecv_model::Endpoint,
    ) -> PrintedSegment {
        PrintedSegment {
            src,
            dst,
            flags: self.flags,
            seq: self.seq,
            ack: self.ack,
            relative: self.relative,
            payload_len: self.payload_len,
            window: self.window,
            options: self.options,
            checksum: self.checksum,
            renews: self.renews,
        }
    }
}

/// Adds a timestamp to options.
pub(super) fn stamped(options: &mut TcpOptions, value: Option<u32>, echo: Option<u32>) {
    options.timestamps = value.zip(echo).map(|(value, echo)| TcpTimestamps { value, echo });
}

/// Notes the first SACK block when it lies below what is acknowledged: a duplicate (RFC 2883).
pub(super) fn sacked(options: &mut TcpOptions, block: Option<(u32, u32)>, ack: Option<u32>) {
    let below = |&(_, end): &(u32, u32)| ack.is_some_and(|ack| ack.wrapping_sub(end) < 1 << 31);
    options.dsack = block.filter(below);
}

/// The digits at the start of a word as a number.
pub(super) fn leading<T: std::str::FromStr>(word: &str) -> Option<T> {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    word.get(..end)?.parse().ok()
}

/// `>` may be pasted as it is written in HTML.
pub(super) fn unescaped(line: &str) -> std::borrow::Cow<'_, str> {
    if line.contains("&gt;") || line.contains("&lt;") || line.contains("&quot;") {
        line.replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", "\"").into()
    } else {
        line.into()
    }
}
