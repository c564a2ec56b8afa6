//! Routes and next-hop objects.

#[cfg(feature = "serde")]
mod saved;

use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use ipnet::IpNet;

use crate::Family;

/// `rtm_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RouteKind {
    /// 1: send it.
    Unicast,
    /// 2: it is for this host.
    Local,
    /// 3
    Broadcast,
    /// 4
    Anycast,
    /// 5
    Multicast,
    /// 6: drop silently (EINVAL to local senders).
    Blackhole,
    /// 7: EHOSTUNREACH.
    Unreachable,
    /// 8: EACCES.
    Prohibit,
    /// 9: go on with the next rule.
    Throw,
    /// 10
    Nat,
    /// Any other value.
    Other(u8),
}

impl RouteKind {
    /// From `rtm_type`.
    pub fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Unicast,
            2 => Self::Local,
            3 => Self::Broadcast,
            4 => Self::Anycast,
            5 => Self::Multicast,
            6 => Self::Blackhole,
            7 => Self::Unreachable,
            8 => Self::Prohibit,
            9 => Self::Throw,
            10 => Self::Nat,
            other => Self::Other(other),
        }
    }

    /// The word that `ip route` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Local => "local",
            Self::Broadcast => "broadcast",
            Self::Anycast => "anycast",
            Self::Multicast => "multicast",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Throw => "throw",
            Self::Nat => "nat",
            Self::Other(_) => "unknown",
        }
    }
}

/// `rtm_scope` of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RouteScope(pub u8);

impl RouteScope {
    /// The word that `ip route` prints; `None` for numbers without a name.
    pub fn name(self) -> Option<&'static str> {
        match self.0 {
            0 => Some("global"),
            200 => Some("site"),
            253 => Some("link"),
            254 => Some("host"),
            255 => Some("nowhere"),
            _ => None,
        }
    }
}

/// The name of a table that every host has: `default` 253, `main` 254, `local` 255.
pub fn table_name(table: u32) -> Option<&'static str> {
    match table {
        253 => Some("default"),
        254 => Some("main"),
        255 => Some("local"),
        _ => None,
    }
}

/// One route of one table.
///
/// A full table has a million destinations and some hundred ways to reach them, so that what routes have
/// in common is kept once, as the kernel does in its `fib_info`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "saved::Saved"))]
pub struct Route {
    /// Destination prefix; length 0 for the default route. RTA_DST.
    pub destination: IpNet,
    /// Everything else; a route reads as if it were its own.
    info: Arc<RouteInfo>,
}

impl Route {
    /// A route to `destination`.
    pub fn new(destination: IpNet, info: impl Into<Arc<RouteInfo>>) -> Self {
        Self { destination, info: info.into() }
    }

    /// The part that other routes can share.
    pub fn info(&self) -> &Arc<RouteInfo> {
        &self.info
    }

    /// The same route with something changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut RouteInfo)) -> Self {
        change(&mut self);
        self
    }
}

impl Deref for Route {
    type Target = RouteInfo;

    fn deref(&self) -> &RouteInfo {
        &self.info
    }
}

impl DerefMut for Route {
    /// Gives the route a part of its own, when it shares one.
    fn deref_mut(&mut self) -> &mut RouteInfo {
        Arc::make_mut(&mut self.info)
    }
}

/// All of a route but its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// Family of the table.
    pub family: Family,
    /// Table number. RTA_TABLE.
    pub table: u32,
    /// Type.
    pub kind: RouteKind,
    /// Source prefix of an IPv6 source route. RTA_SRC.
    pub source: Option<IpNet>,
    /// `rtm_tos`.
    pub tos: u8,
    /// Who made it. `rtm_protocol`: 2 kernel, 3 boot, 4 static, 9 RA, 16 DHCP.
    pub protocol: u8,
    /// Scope.
    pub scope: RouteScope,
    /// Metric; less is better. RTA_PRIORITY; 0 for IPv4 routes without one.
    pub metric: u32,
    /// Source address that local senders get. RTA_PREFSRC.
    pub prefsrc: Option<IpAddr>,
    /// Where packets go; empty for blackhole and its like; more than one for multipath.
    pub next_hops: Vec<NextHop>,
    /// Id of the next-hop object it uses. RTA_NH_ID.
    pub nexthop_id: Option<u32>,
    /// RTAX metrics that are set (mtu, advmss, rto_min …) by kernel number. RTA_METRICS.
    pub metrics: Vec<RouteMetric>,
    /// Seconds left of a route with a lifetime. RTA_CACHEINFO.
    pub expires_s: Option<u32>,
    /// Router preference of RFC 4191: 0 medium, 1 high, 3 low. RTA_PREF.
    pub preference: Option<u8>,
}

impl RouteInfo {
    /// True when the route claims its destination to be on the wire of a device, without gateway.
    pub fn is_on_link(&self) -> bool {
        self.kind == RouteKind::Unicast && self.next_hops.iter().all(|hop| hop.gateway.is_none())
    }
}

/// One RTAX metric of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RouteMetric {
    /// RTAX_* number: 2 mtu, 3 window, 4 rtt, 8 advmss, 13 rto_min.
    pub number: u16,
    /// The value.
    pub value: u32,
}

/// One way out of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NextHop {
    /// Device; 0 when the route names none. RTA_OIF, `rtnh_ifindex`.
    pub ifindex: u32,
    /// Gateway; may be of the other family. RTA_GATEWAY, RTA_VIA.
    pub gateway: Option<IpAddr>,
    /// Weight, 1 to 256. `rtnh_hops` + 1.
    pub weight: u32,
    /// Flags.
    pub flags: NextHopFlags,
}

/// `RTNH_F_*` flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NextHopFlags {
    /// RTNH_F_DEAD.
    pub dead: bool,
    /// RTNH_F_LINKDOWN: the device has no carrier.
    pub linkdown: bool,
    /// RTNH_F_ONLINK: the gateway is on the wire although no prefix says so.
    pub onlink: bool,
}

impl NextHopFlags {
    /// From `rtm_flags` or `rtnh_flags`.
    pub fn from_number(flags: u32) -> Self {
        Self { dead: flags & 1 != 0, linkdown: flags & 16 != 0, onlink: flags & 4 != 0 }
    }
}

/// A next-hop object (`ip nexthop`). RTM_NEWNEXTHOP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NextHopObject {
    /// NHA_ID.
    pub id: u32,
    /// Members with weight, for a group. NHA_GROUP.
    pub group: Vec<(u32, u32)>,
    /// Where it leads, unless it is a group or a blackhole.
    pub next_hop: Option<NextHop>,
    /// NHA_BLACKHOLE.
    pub blackhole: bool,
}
