//! Routing policy rules.

use ipnet::IpNet;

use crate::{Family, Foreign};

/// What a rule does. `fib_rule_hdr.action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RuleAction {
    /// 1: look into `table` (or the VRF's table for l3mdev).
    ToTable,
    /// 2: jump to the rule of priority `goto`.
    Goto,
    /// 3: do nothing.
    Nop,
    /// 6: drop.
    Blackhole,
    /// 7: ENETUNREACH.
    Unreachable,
    /// 8: EACCES.
    Prohibit,
    /// Any other value.
    Other(u8),
}

impl RuleAction {
    /// From the kernel's number (`FR_ACT_*`).
    pub fn from_number(number: u8) -> Self {
        match number {
            1 => Self::ToTable,
            2 => Self::Goto,
            3 => Self::Nop,
            6 => Self::Blackhole,
            7 => Self::Unreachable,
            8 => Self::Prohibit,
            other => Self::Other(other),
        }
    }

    /// The word that `ip rule` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::ToTable => "lookup",
            Self::Goto => "goto",
            Self::Nop => "nop",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Other(_) => "unknown",
        }
    }
}

/// Inclusive range of ports or uids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PortRange {
    /// First.
    pub start: u32,
    /// Last.
    pub end: u32,
}

/// One routing policy rule with all its selectors. An absent selector matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rule {
    /// Family.
    pub family: Family,
    /// Order; less is earlier. FRA_PRIORITY.
    pub priority: u32,
    /// `not`: matches when the selectors do not. FIB_RULE_INVERT.
    pub invert: bool,
    /// `from PREFIX`. FRA_SRC.
    pub from: Option<IpNet>,
    /// `to PREFIX`. FRA_DST.
    pub to: Option<IpNet>,
    /// `iif NAME`. FRA_IIFNAME.
    pub iif: Option<Foreign>,
    /// `oif NAME`. FRA_OIFNAME.
    pub oif: Option<Foreign>,
    /// `fwmark VALUE/MASK`. FRA_FWMARK, FRA_FWMASK.
    pub fwmark: Option<(u32, u32)>,
    /// `tos` (IPv4) or traffic class.
    pub tos: u8,
    /// `dscp`. FRA_DSCP.
    pub dscp: Option<u8>,
    /// `uidrange`. FRA_UID_RANGE.
    pub uid_range: Option<PortRange>,
    /// `ipproto`. FRA_IP_PROTO.
    pub ip_protocol: Option<u8>,
    /// `sport`. FRA_SPORT_RANGE.
    pub sport: Option<PortRange>,
    /// `dport`. FRA_DPORT_RANGE.
    pub dport: Option<PortRange>,
    /// `tun_id`. FRA_TUN_ID.
    pub tun_id: Option<u64>,
    /// `l3mdev`: the table of the VRF in question. FRA_L3MDEV.
    pub l3mdev: bool,
    /// What to do.
    pub action: RuleAction,
    /// Table to look into. FRA_TABLE.
    pub table: u32,
    /// Rule to jump to. FRA_GOTO.
    pub goto: Option<u32>,
    /// Ignore results whose prefix is at most this long. FRA_SUPPRESS_PREFIXLEN.
    pub suppress_prefix_len: Option<u32>,
    /// Ignore results by devices of this group. FRA_SUPPRESS_IFGROUP.
    pub suppress_if_group: Option<u32>,
    /// Who made it. FRA_PROTOCOL.
    pub protocol: u8,
    /// Attribute numbers that this program does not know; an offline look-up must not guess.
    pub unknown_selectors: Vec<u16>,
}
