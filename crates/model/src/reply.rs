//! The kernel's own answer to "which way does the SYN-ACK go?".

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Flow, RouteKind};

/// What the kernel is asked for one stuck connection: the look-up of `inet_csk_route_req`.
///
/// The device the SYN came by is not part of it (oif 0) unless the listener is bound to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplyQuestion {
    /// The connection: its local end is the source, its peer the destination of the reply.
    pub flow: Flow,
    /// Mark of the reply; 0 when none or unknown.
    pub mark: u32,
    /// Uid of the listener at its creation; `None` = unknown, the look-up has the caller's.
    pub uid: Option<u32>,
    /// Device the listener is bound to, or of a link-local peer, as ifindex; else 0.
    pub oif: u32,
}

/// An errno that a route look-up ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RouteErrno(pub i32);

impl RouteErrno {
    /// EACCES: a prohibit route or rule.
    pub const EACCES: Self = Self(13);
    /// EXDEV: reverse-path filter, up to kernel 6.12.
    pub const EXDEV: Self = Self(18);
    /// EINVAL: a blackhole route (output); reverse-path filter or martian source (input, 6.13+).
    pub const EINVAL: Self = Self(22);
    /// ENETUNREACH: no route.
    pub const ENETUNREACH: Self = Self(101);
    /// EHOSTUNREACH: an unreachable route.
    pub const EHOSTUNREACH: Self = Self(113);

    /// The symbolic name, when it is one that look-ups give.
    pub fn name(self) -> &'static str {
        match self {
            Self::EACCES => "EACCES",
            Self::EXDEV => "EXDEV",
            Self::EINVAL => "EINVAL",
            Self::ENETUNREACH => "ENETUNREACH",
            Self::EHOSTUNREACH => "EHOSTUNREACH",
            _ => "errno",
        }
    }
}

/// The result of one look-up.
pub type RouteLookup<T> = Result<T, RouteErrno>;

/// The way that the kernel would send the reply now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ResolvedRoute {
    /// Type; `Local` when the peer is an address of this host.
    pub kind: RouteKind,
    /// Device it leaves by. RTA_OIF.
    pub oif: u32,
    /// Gateway; `None` when the peer itself is asked for by ARP or ND. RTA_GATEWAY, RTA_VIA.
    pub gateway: Option<IpAddr>,
    /// Table that decided. RTA_TABLE.
    pub table: u32,
    /// RTA_PREFSRC. For IPv6 this is not the source of the SYN-ACK.
    pub prefsrc: Option<IpAddr>,
    /// The answer comes from an ICMP redirect (RTCF_REDIRECTED).
    pub redirected: bool,
}

/// The table entry that matched. RTM_F_FIB_MATCH.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MatchedRoute {
    /// Prefix of the entry.
    pub prefix: IpNet,
    /// Table.
    pub table: u32,
    /// `rtm_protocol`: 2 is the kernel (a prefix route of an address), 9 router advertisement.
    pub protocol: u8,
    /// Number of next hops.
    pub next_hop_count: u32,
    /// Seconds left, for a route with a lifetime.
    pub expires_s: Option<u32>,
}

/// Answer of the input look-up (`iif`): would a packet from the peer be taken on this device?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InputAnswer {
    /// Device the question named.
    pub iif: u32,
    /// The type of the answer, or the errno. EINVAL/EXDEV: reverse-path filter or martian.
    pub result: RouteLookup<RouteKind>,
}

/// A question and the kernel's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reply {
    /// What was asked.
    pub question: ReplyQuestion,
    /// The way out.
    pub resolved: RouteLookup<ResolvedRoute>,
    /// The entry that matched; `None` when the kernel cannot say (before 4.13, or no match).
    pub matched: Option<MatchedRoute>,
    /// Input look-ups that the plan asked for.
    pub inputs: Vec<InputAnswer>,
}

impl Reply {
    /// The next hop that must be resolved to a MAC: the gateway, else the peer itself.
    pub fn next_hop(&self) -> Option<IpAddr> {
        let route = self.resolved.as_ref().ok()?;
        Some(route.gateway.unwrap_or(self.question.flow.peer.ip))
    }
}
