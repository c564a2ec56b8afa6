//! What connection tracking holds for a flow.

use crate::{Endpoint, Flow};

/// `enum tcp_conntrack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TrackedState {
    /// 0
    None,
    /// 1: a SYN passed.
    SynSent,
    /// 2: a SYN-ACK passed.
    SynRecv,
    /// 3: the ACK of the handshake passed.
    Established,
    /// 4
    FinWait,
    /// 5
    CloseWait,
    /// 6
    LastAck,
    /// 7
    TimeWait,
    /// 8
    Close,
    /// 9: SYNs passed in both directions.
    SynSent2,
    /// Any other value.
    Other(u8),
}

impl TrackedState {
    /// From CTA_PROTOINFO_TCP_STATE.
    pub fn from_number(number: u8) -> Self {
        match number {
            0 => Self::None,
            1 => Self::SynSent,
            2 => Self::SynRecv,
            3 => Self::Established,
            4 => Self::FinWait,
            5 => Self::CloseWait,
            6 => Self::LastAck,
            7 => Self::TimeWait,
            8 => Self::Close,
            9 => Self::SynSent2,
            other => Self::Other(other),
        }
    }

    /// The word that `conntrack -L` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::Established => "ESTABLISHED",
            Self::FinWait => "FIN_WAIT",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::SynSent2 => "SYN_SENT2",
            Self::Other(_) => "unknown",
        }
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConntrackEntry {
    /// TCP state. CTA_PROTOINFO_TCP_STATE.
    pub state: TrackedState,
    /// IPS_SEEN_REPLY: a packet of the other direction passed; without, `[UNREPLIED]`.
    pub seen_reply: bool,
    /// IPS_ASSURED.
    pub assured: bool,
    /// Source and destination of the direction that opened it. CTA_TUPLE_ORIG.
    pub original: (Endpoint, Endpoint),
    /// Source and destination that packets back have. CTA_TUPLE_REPLY.
    pub reply: (Endpoint, Endpoint),
    /// Seconds until it is forgotten. CTA_TIMEOUT.
    pub timeout_s: u32,
}

impl ConntrackEntry {
    /// True when an address or port is translated.
    pub fn is_translated(&self) -> bool {
        (self.original.0, self.original.1) != (self.reply.1, self.reply.0)
    }
}

/// The answer about one flow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tracked {
    /// The flow that was asked about.
    pub flow: Flow,
    /// Its entry; `None` when there is none.
    pub entry: Option<ConntrackEntry>,
}
