use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use synrecv_model::{
    LinkNames, NextHop, NextHopFlags, NextHopObject, Reply, Route, RouteMetric, RouteScope, Rule,
    order, table_name,
};

/// A route.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RouteRow {
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Table number.
    pub table: u32,
    /// `main`, `local`, `default`; absent for other tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<&'static str>,
    /// `unicast`, `local`, `blackhole` …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Destination prefix.
    pub destination: String,
    /// Source prefix of an IPv6 source route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Type of service, when not 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos: Option<u8>,
    /// Who made it: `kernel`, `static`, `ra`, or the number.
    pub protocol: Cow<'static, str>,
    /// `global`, `link`, `host`, or the number.
    pub scope: Cow<'static, str>,
    /// Metric; less is better.
    pub metric: u32,
    /// Source address that local senders get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefsrc: Option<String>,
    /// Where packets go.
    pub next_hops: Vec<NextHopRow>,
    /// Next-hop object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nexthop_id: Option<u32>,
    /// RTAX metrics by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, u32>,
    /// Lifetime left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u32>,
    /// Router preference: `low`, `medium`, `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preference: Option<&'static str>,
}

/// One way out of a route.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextHopRow {
    /// Device; `null` when the route names none.
    pub dev: Option<String>,
    /// Gateway; absent when the destination itself is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Weight.
    pub weight: u32,
    /// `dead`, `linkdown`, `onlink`.
    pub flags: Vec<&'static str>,
}

impl NextHopRow {
    /// From the noun, with device names.
    pub fn new(hop: NextHop, names: &LinkNames) -> Self {
        Self {
            dev: (hop.ifindex != 0).then(|| names.name(hop.ifindex).0),
            gateway: hop.gateway.map(|gateway| gateway.to_string()),
            weight: hop.weight,
            flags: flag_names(hop.flags),
        }
    }
}

/// `dead`, `linkdown`, `onlink`: those that are set.
pub(crate) fn flag_names(flags: NextHopFlags) -> Vec<&'static str> {
    [(flags.dead, "dead"), (flags.linkdown, "linkdown"), (flags.onlink, "onlink")]
        .iter()
        .filter(|(set, _)| *set)
        .map(|&(_, name)| name)
        .collect()
}

/// The name of `rtm_protocol` as in iproute2's rt_protos; the number for others.
pub fn protocol_name(protocol: u8) -> Cow<'static, str> {
    let name = match protocol {
        0 => "unspec",
        1 => "redirect",
        2 => "kernel",
        3 => "boot",
        4 => "static",
        8 => "gated",
        9 => "ra",
        10 => "mrt",
        11 => "zebra",
        12 => "bird",
        13 => "dnrouted",
        14 => "xorp",
        15 => "ntk",
        16 => "dhcp",
        18 => "keepalived",
        42 => "babel",
        186 => "bgp",
        187 => "isis",
        188 => "ospf",
        189 => "rip",
        192 => "eigrp",
        other => return other.to_string().into(),
    };
    name.into()
}

pub(crate) fn metric_name(number: u16) -> String {
    let name = match number {
        1 => "lock",
        2 => "mtu",
        3 => "window",
        4 => "rtt",
        5 => "rttvar",
        6 => "ssthresh",
        7 => "cwnd",
        8 => "advmss",
        9 => "reordering",
        10 => "hoplimit",
        11 => "initcwnd",
        12 => "features",
        13 => "rto_min",
        14 => "initrwnd",
        15 => "quickack",
        16 => "congctl",
        17 => "fastopen_no_cookie",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// The name of `rtm_scope`; the number for others.
pub(crate) fn scope_name(scope: RouteScope) -> Cow<'static, str> {
    scope.name().map_or_else(|| scope.0.to_string().into(), Cow::Borrowed)
}

/// Metrics in the order of their names.
pub(crate) fn metrics_by_name(metrics: &[RouteMetric]) -> BTreeMap<String, u32> {
    order::map(metrics.iter().map(|metric| (metric_name(metric.number), metric.value)))
}

/// `low`, `medium`, `high` of RFC 4191.
pub(crate) fn preference_name(preference: u8) -> &'static str {
    match preference {
        1 => "high",
        3 => "low",
        _ => "medium",
    }
}

impl RouteRow {
    /// From the noun, with device names.
    pub fn new(route: &Route, names: &LinkNames) -> Self {
        Self {
            family: route.family.name(),
            table: route.table,
            table_name: table_name(route.table),
            kind: route.kind.name(),
            destination: route.destination.to_string(),
            source: route.source.map(|source| source.to_string()),
            tos: (route.tos != 0).then_some(route.tos),
            protocol: protocol_name(route.protocol),
            scope: scope_name(route.scope),
            metric: route.metric,
            prefsrc: route.prefsrc.map(|address| address.to_string()),
            next_hops: route.next_hops.iter().map(|&hop| NextHopRow::new(hop, names)).collect(),
            nexthop_id: route.nexthop_id,
            metrics: metrics_by_name(&route.metrics),
            expires_s: route.expires_s,
            preference: route.preference.map(preference_name),
        }
    }
}

/// A next-hop object.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextHopObjectRow {
    /// Id.
    pub id: u32,
    /// Members of a group: id and weight.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<[u32; 2]>,
    /// Where it leads; absent for a group and a blackhole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop: Option<NextHopRow>,
    /// Packets are dropped.
    pub blackhole: bool,
}

impl NextHopObjectRow {
    /// From the noun, with device names.
    pub fn new(object: &NextHopObject, names: &LinkNames) -> Self {
        Self {
            id: object.id,
            group: object.group.iter().map(|&(id, weight)| [id, weight]).collect(),
            next_hop: object.next_hop.map(|hop| NextHopRow::new(hop, names)),
            blackhole: object.blackhole,
        }
    }
}

/// A routing policy rule. Absent selectors match everything.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleRow {
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Order; less is earlier.
    pub priority: u32,
    /// The selectors must not match.
    pub invert: bool,
    /// Source prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Destination prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Input device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iif: Option<String>,
    /// Output device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oif: Option<String>,
    /// Mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fwmark: Option<u32>,
    /// Mask of the mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fwmask: Option<u32>,
    /// Type of service, when not 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos: Option<u8>,
    /// DSCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dscp: Option<u8>,
    /// First and last uid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid_range: Option<[u32; 2]>,
    /// IP protocol number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_protocol: Option<u8>,
    /// First and last source port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sport: Option<[u32; 2]>,
    /// First and last destination port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dport: Option<[u32; 2]>,
    /// Tunnel id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tun_id: Option<u64>,
    /// Table of the VRF in question.
    pub l3mdev: bool,
    /// `lookup`, `goto`, `unreachable` …
    pub action: &'static str,
    /// Table to look into.
    pub table: u32,
    /// Name of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<&'static str>,
    /// Rule to jump to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goto: Option<u32>,
    /// Results with a prefix of at most this length are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppress_prefix_len: Option<u32>,
    /// Results by devices of this group are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppress_if_group: Option<u32>,
    /// Who made it.
    pub protocol: String,
    /// Attribute numbers that were not understood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_selectors: Vec<u16>,
}

impl RuleRow {
    /// From the noun.
    pub fn new(rule: &Rule) -> Self {
        let range = |range: synrecv_model::PortRange| [range.start, range.end];
        Self {
            family: rule.family.name(),
            priority: rule.priority,
            invert: rule.invert,
            from: rule.from.map(|net| net.to_string()),
            to: rule.to.map(|net| net.to_string()),
            iif: rule.iif.as_ref().map(|name| name.0.clone()),
            oif: rule.oif.as_ref().map(|name| name.0.clone()),
            fwmark: rule.fwmark.map(|(mark, _)| mark),
            fwmask: rule.fwmark.map(|(_, mask)| mask),
            tos: (rule.tos != 0).then_some(rule.tos),
            dscp: rule.dscp,
            uid_range: rule.uid_range.map(range),
            ip_protocol: rule.ip_protocol,
            sport: rule.sport.map(range),
            dport: rule.dport.map(range),
            tun_id: rule.tun_id,
            l3mdev: rule.l3mdev,
            action: rule.action.name(),
            table: rule.table,
            table_name: table_name(rule.table),
            goto: rule.goto,
            suppress_prefix_len: rule.suppress_prefix_len,
            suppress_if_group: rule.suppress_if_group,
            protocol: protocol_name(rule.protocol).into_owned(),
            unknown_selectors: rule.unknown_selectors.clone(),
        }
    }
}

/// The kernel's answer about one reply.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplyRow {
    /// Our end.
    pub local: String,
    /// The client's end.
    pub peer: String,
    /// Device it leaves by; `null` when there is no way out.
    pub dev: Option<String>,
    /// Gateway; absent when the peer itself is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Table that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<u32>,
    /// Prefix that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Errno of the look-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

impl ReplyRow {
    /// From the noun, with device names.
    pub fn new(reply: &Reply, names: &LinkNames) -> Self {
        let route = reply.resolved.as_ref().ok();
        Self {
            local: reply.question.flow.local.to_string(),
            peer: reply.question.flow.peer.to_string(),
            dev: route.map(|route| names.name(route.oif).0),
            gateway: route.and_then(|route| route.gateway).map(|gateway| gateway.to_string()),
            table: route.map(|route| route.table),
            prefix: reply.matched.as_ref().map(|matched| matched.prefix.to_string()),
            error: reply.resolved.as_ref().err().map(|errno| errno.name()),
        }
    }
}
