//! Routes.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{Family, Route, RouteKind};
use synrecv_netlink::{Question, RequestBuilder};

use super::{NLM_F_ACK, PROTOCOL, RTM_DELROUTE, option};

const RTNH_F_ONLINK: u8 = 4;

/// A route to be added.
#[derive(Clone, Debug)]
pub(crate) struct NewRoute {
    pub(crate) kind: RouteKind,
    pub(crate) destination: IpNet,
    pub(crate) source: Option<IpNet>,
    pub(crate) table: u32,
    pub(crate) metric: u32,
    pub(crate) tos: u8,
    pub(crate) preference: u8,
    pub(crate) hops: Vec<Hop>,
    pub(crate) object: Option<u32>,
    pub(crate) append: bool,
}

/// A way out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop {
    pub(crate) device: &'static str,
    pub(crate) ifindex: u32,
    pub(crate) gateway: Option<IpAddr>,
    pub(crate) onlink: bool,
    pub(crate) weight: u8,
}

const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
const RTA_PREF: u16 = 20;
const RTA_NH_ID: u16 = 30;

impl NewRoute {
    fn family(&self) -> Family {
        Family::of(self.destination.addr())
    }

    pub(super) fn payload(&self) -> Vec<u8> {
        let family = self.family();
        let onlink = self.hops.len() == 1 && self.hops[0].onlink;
        let header = [
            family.number(),
            self.destination.prefix_len(),
            self.source.map_or(0, |source| source.prefix_len()),
            self.tos,
            0,
            PROTOCOL,
            self.scope(),
            kind_number(self.kind),
            if onlink { RTNH_F_ONLINK } else { 0 },
            0,
            0,
            0,
        ];
        let mut request = RequestBuilder::new(&header)
            .ip(RTA_DST, self.destination.addr())
            .u32(RTA_TABLE, self.table);
        if let Some(source) = self.source {
            request = request.ip(RTA_SRC, source.addr());
        }
        if self.metric != 0 {
            request = request.u32(RTA_PRIORITY, self.metric);
        }
        if self.preference != 0 {
            request = request.attribute(RTA_PREF, &[self.preference]);
        }
        if let Some(id) = self.object {
            request = request.u32(RTA_NH_ID, id);
        }
        match self.hops.as_slice() {
            [] => {}
            [hop] => {
                request = request.u32(RTA_OIF, hop.ifindex);
                request = with_gateway(request, family, hop);
            }
            hops => {
                let mut nested = Vec::new();
                for hop in hops {
                    let attributes =
                        with_gateway(RequestBuilder::new(&[]), family, hop).into_payload();
                    let len = u16::try_from(8 + attributes.len()).expect("short");
                    nested.extend(len.to_ne_bytes());
                    nested.push(if hop.onlink { RTNH_F_ONLINK } else { 0 });
                    nested.push(hop.weight - 1);
                    nested.extend(hop.ifindex.to_ne_bytes());
                    nested.extend(attributes);
                }
                request = request.attribute(RTA_MULTIPATH, &nested);
            }
        }
        request.into_payload()
    }

    /// As `ip route` chooses it.
    fn scope(&self) -> u8 {
        let through_gateway = self.hops.iter().any(|hop| hop.gateway.is_some());
        match (self.family(), self.kind) {
            (Family::V4, RouteKind::Local | RouteKind::Nat) => 254,
            (Family::V4, RouteKind::Broadcast | RouteKind::Multicast) => 253,
            (Family::V4, RouteKind::Unicast) if self.object.is_none() && !through_gateway => 253,
            _ => 0,
        }
    }
}

fn with_gateway(request: RequestBuilder, family: Family, hop: &Hop) -> RequestBuilder {
    match hop.gateway {
        None => request,
        Some(IpAddr::V6(v6)) if family == Family::V4 => {
            let family = u16::from(Family::V6.number()).to_ne_bytes();
            request.attribute(RTA_VIA, &[&family[..], &v6.octets()].concat())
        }
        Some(gateway) => request.ip(RTA_GATEWAY, gateway),
    }
}

/// The request that deletes a route like this one.
pub(crate) fn route_deletion(route: &Route) -> Question {
    let header = [
        route.family.number(),
        route.destination.prefix_len(),
        route.source.map_or(0, |source| source.prefix_len()),
        route.tos,
        0,
        PROTOCOL,
        // RT_SCOPE_NOWHERE: whatever its scope is.
        255,
        kind_number(route.kind),
        0,
        0,
        0,
        0,
    ];
    let mut request = RequestBuilder::new(&header)
        .ip(RTA_DST, route.destination.addr())
        .u32(RTA_TABLE, route.table);
    if let Some(source) = route.source {
        request = request.ip(RTA_SRC, source.addr());
    }
    if route.metric != 0 {
        request = request.u32(RTA_PRIORITY, route.metric);
    }
    Question { kind: RTM_DELROUTE, flags: NLM_F_ACK, payload: request.into_payload() }
}

fn kind_number(kind: RouteKind) -> u8 {
    (1..=10).find(|number| RouteKind::from_number(*number) == kind).expect("a kind with a number")
}

impl fmt::Display for NewRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.append { "append" } else { "add" };
        let family = option(self.family());
        write!(f, "ip {family} route {verb} {} {}", self.kind.name(), self.destination)?;
        if let Some(source) = self.source {
            write!(f, " from {source}")?;
        }
        write!(f, " table {}", self.table)?;
        if self.metric != 0 {
            write!(f, " metric {}", self.metric)?;
        }
        if self.tos != 0 {
            write!(f, " tos {:#x}", self.tos)?;
        }
        if self.preference != 0 {
            write!(f, " pref {}", if self.preference == 1 { "high" } else { "low" })?;
        }
        if let Some(id) = self.object {
            write!(f, " nhid {id}")?;
        }
        for hop in &self.hops {
            if self.hops.len() > 1 {
                write!(f, " nexthop")?;
            }
            if let Some(gateway) = hop.gateway {
                let other = gateway.is_ipv6() && self.family() == Family::V4;
                write!(f, " via {}{gateway}", if other { "inet6 " } else { "" })?;
            }
            write!(f, " dev {}", hop.device)?;
            if self.hops.len() > 1 {
                write!(f, " weight {}", hop.weight)?;
            }
            if hop.onlink {
                write!(f, " onlink")?;
            }
        }
        Ok(())
    }
}
