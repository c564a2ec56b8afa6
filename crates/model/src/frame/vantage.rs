//! Where a capture was taken, and what says so.

use std::net::IpAddr;

use super::End;

/// Where frames of one server's connections were captured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Vantage {
    /// Address that the SYNs went to.
    pub server: IpAddr,
    /// The conclusion.
    pub place: Place,
    /// What it rests on, the strongest first; what speaks for another place included.
    pub clues: Vec<Clue>,
    /// Handshakes that were looked at.
    pub handshake_count: u64,
}

/// Where a capture was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Place {
    /// At the host that answers the SYNs.
    Server,
    /// At the host that sends the SYNs.
    Client,
    /// Between the two.
    Middle,
    /// Not to be told.
    Unknown,
}

impl Place {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Middle => "middle",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing that tells where a capture was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Clue {
    /// What it is.
    pub kind: ClueKind,
    /// The end whose frames show it.
    pub end: End,
    /// True when those frames were sent by the capturing host, false when they came to it by wire.
    pub sent_here: bool,
    /// Frames that show it.
    pub frame_count: u64,
    /// Frames of that end that could have shown it.
    pub of_count: u64,
}

/// What tells where a capture was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ClueKind {
    /// The capture itself says which way a frame went (cooked header, pcapng flags, live). Decisive.
    Direction,
    /// The checksum was not finished: the frame had not passed a device yet.
    UnfinishedChecksum,
    /// Shorter than 60 octets and not padded (sent here), or padded to 60 (came by wire).
    Padding,
    /// All frames share one link-layer address while the other ends differ: that of the capturing
    /// device.
    OneMac,
    /// The TTL is one that systems start with (64, 128, 255), or less.
    Ttl,
    /// The answer came within 0.1 ms (sent here), or took at least a millisecond.
    Delay {
        /// Median, in nanoseconds.
        median_ns: u64,
    },
}
