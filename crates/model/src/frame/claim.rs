//! Who asks for an address by ARP or ND, and who says that it is his.

use std::net::IpAddr;

use crate::{Mac, Mono};

/// A frame in which somebody claims an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AddressClaim {
    /// When it was captured.
    pub at: Mono,
    /// Device it was seen at, an index into `Capture::devices`.
    pub device: u32,
    /// VLAN identifiers, outermost first.
    pub vlans: Vec<u16>,
    /// What kind of frame.
    pub kind: ClaimKind,
    /// The address that is claimed.
    pub address: IpAddr,
    /// The link-layer address that it is said to have: ARP sender hardware address, or the option of
    /// ND; `None` for an advertisement without the option.
    pub mac: Option<Mac>,
    /// Link-layer source of the frame; `None` where the link has none.
    pub src_mac: Option<Mac>,
    /// Whom the frame answers: ARP target protocol address, or destination of an advertisement.
    /// `None` for claims that answer nobody.
    pub answers: Option<IpAddr>,
    /// The frame was sent by the host that took the capture; `false` also when it is not known.
    pub outgoing: bool,
}

/// How an address is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ClaimKind {
    /// An ARP reply.
    ArpReply,
    /// The sender of an ARP request: it says who it is.
    ArpRequest,
    /// A gratuitous ARP request or reply: sender and target address are the same.
    ArpGratuitous,
    /// A neighbour advertisement.
    Advertisement {
        /// R: the sender is a router.
        router: bool,
        /// S: it answers a solicitation. Without it the claim answers nobody.
        solicited: bool,
        /// O: override an existing entry. Proxies leave it out.
        overrides: bool,
    },
    /// The source of a neighbour solicitation that carries its link-layer address.
    Solicitation,
}

impl ClaimKind {
    /// True when the frame answers a question.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::ArpReply | Self::Advertisement { solicited: true, .. })
    }
}

/// A frame in which somebody asks for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AddressQuestion {
    /// When it was captured.
    pub at: Mono,
    /// Device it was seen at, an index into `Capture::devices`.
    pub device: u32,
    /// VLAN identifiers, outermost first.
    pub vlans: Vec<u16>,
    /// The address that is asked for.
    pub address: IpAddr,
    /// Who asks; `None` for a probe or duplicate address detection, which have no address yet.
    pub asker: Option<IpAddr>,
    /// Link-layer address of the asker: ARP sender hardware address, or the source of the frame.
    pub mac: Option<Mac>,
    /// Sent to one station: it re-validates an entry. `None` where the link has no destination.
    pub unicast: Option<bool>,
    /// The frame was sent by the host that took the capture; `false` also when it is not known.
    pub outgoing: bool,
}
