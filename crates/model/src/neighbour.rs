//! Entries of the ARP and ND tables.

use std::net::IpAddr;

use crate::Mac;

/// State of neighbour unreachability detection, `NUD_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Nud {
    /// 0x00
    None,
    /// 0x01: asked, no answer yet.
    Incomplete,
    /// 0x02
    Reachable,
    /// 0x04
    Stale,
    /// 0x08
    Delay,
    /// 0x10
    Probe,
    /// 0x20: no answer.
    Failed,
    /// 0x40: never asked for (multicast, loopback).
    NoArp,
    /// 0x80: set by hand.
    Permanent,
    /// Any other value.
    Other(u16),
}

impl Nud {
    /// From `ndm_state`.
    pub fn from_number(number: u16) -> Self {
        match number {
            0x00 => Self::None,
            0x01 => Self::Incomplete,
            0x02 => Self::Reachable,
            0x04 => Self::Stale,
            0x08 => Self::Delay,
            0x10 => Self::Probe,
            0x20 => Self::Failed,
            0x40 => Self::NoArp,
            0x80 => Self::Permanent,
            other => Self::Other(other),
        }
    }

    /// The word that `ip neigh` prints, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Incomplete => "incomplete",
            Self::Reachable => "reachable",
            Self::Stale => "stale",
            Self::Delay => "delay",
            Self::Probe => "probe",
            Self::Failed => "failed",
            Self::NoArp => "noarp",
            Self::Permanent => "permanent",
            Self::Other(_) => "unknown",
        }
    }

    /// True when nothing can be sent to the neighbour: it was asked and has not answered.
    pub fn is_unresolved(self) -> bool {
        matches!(self, Self::Incomplete | Self::Failed)
    }
}

/// An address whose link-layer address changed while watching.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MacChange {
    /// Device.
    pub ifindex: u32,
    /// Address.
    pub address: IpAddr,
    /// Link-layer addresses that its entry had, in the order of their first sighting; at least two.
    pub macs: Vec<Mac>,
}

/// One entry of the ARP or ND table, or a proxy entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Neighbour {
    /// Device; 0 for a proxy entry on every device.
    pub ifindex: u32,
    /// Address asked for.
    pub address: IpAddr,
    /// State.
    pub state: Nud,
    /// Link-layer address, when there is one of six octets. NDA_LLADDR.
    pub mac: Option<Mac>,
    /// Flags.
    pub flags: NeighbourFlags,
    /// Ages; absent from proxy entries. NDA_CACHEINFO.
    pub ages: Option<NeighbourAges>,
    /// Questions sent since the last answer. NDA_PROBES.
    pub probes_count: Option<u32>,
    /// Who made the entry, as `rtm_protocol`; `None` when unset. NDA_PROTOCOL.
    pub protocol: Option<u8>,
}

/// `NTF_*` flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NeighbourFlags {
    /// NTF_ROUTER: the neighbour said that it is a router (ND only).
    pub router: bool,
    /// NTF_PROXY: this host answers for the address.
    pub proxy: bool,
    /// NTF_EXT_LEARNED: made by a control plane.
    pub extern_learn: bool,
    /// NTF_OFFLOADED.
    pub offload: bool,
    /// NTF_USE or NTF_EXT_MANAGED: kept resolved by the kernel.
    pub managed: bool,
}

/// Ages of an entry, in milliseconds. `nda_cacheinfo`, which counts in USER_HZ (10 ms).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NeighbourAges {
    /// Since a packet last went to it. `ndm_used`.
    pub used_ms: u64,
    /// Since it was last confirmed. `ndm_confirmed`.
    pub confirmed_ms: u64,
    /// Since state or address last changed. `ndm_updated`.
    pub updated_ms: u64,
}
