//! `RTM_NEWROUTE` and `RTM_DELROUTE` payloads, see rtnetlink(7) and `linux/rtnetlink.h`.

use std::net::IpAddr;

use synrecv_model::{
    Family, NextHop, NextHopFlags, Route, RouteInfo, RouteKind, RouteMetric, RouteScope,
};
use synrecv_netlink::{Attribute, Attributes, Malformed, Undecodable};

use super::{lifetime_s, prefix, unspecified, via};

/// `struct rtmsg`.
pub(super) const HEADER_LEN: usize = 12;
/// `struct rtnexthop`.
const NEXTHOP_LEN: usize = 8;

pub(super) const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_METRICS: u16 = 8;
const RTA_MULTIPATH: u16 = 9;
pub(super) const RTA_CACHEINFO: u16 = 12;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
const RTA_PREF: u16 = 20;
const RTA_NH_ID: u16 = 30;

/// `tcp_congestion` of RTA_METRICS is a name; every other metric is a number.
const RTAX_CC_ALGO: u16 = 16;

/// RTM_F_CLONED: an answer or an exception, no entry of a table.
pub(super) const RTM_F_CLONED: u32 = 0x200;

/// One message of the routing tables.
///
/// `Ok(None)` is not an entry of an IPv4 or IPv6 table: a cached exception (RTM_F_CLONED), a
/// multicast forwarding entry, an MPLS route.
pub fn route(payload: &[u8]) -> Result<Option<Route>, Undecodable> {
    let Some((route, flags)) = entry(payload)? else {
        return Ok(None);
    };
    Ok((flags & RTM_F_CLONED == 0).then_some(route))
}

/// The route of a message and `rtm_flags`, whatever they say; `None` for another family.
pub(super) fn entry(payload: &[u8]) -> Result<Option<(Route, u32)>, Undecodable> {
    let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return Err(Undecodable::new("route message shorter than its header"));
    };
    let [family, dst_len, src_len, tos, table, protocol, scope, kind, f0, f1, f2, f3] = *header;
    let Some(family) = Family::from_number(family) else {
        return Ok(None);
    };
    let rtm_flags = u32::from_ne_bytes([f0, f1, f2, f3]);
    let mut destination = prefix(unspecified(family), dst_len)?;
    let mut route = RouteInfo {
        family,
        table: u32::from(table),
        kind: RouteKind::from_number(kind),
        source: None,
        tos,
        protocol,
        scope: RouteScope(scope),
        metric: 0,
        prefsrc: None,
        next_hops: Vec::new(),
        nexthop_id: None,
        metrics: Vec::new(),
        expires_s: None,
        preference: None,
    };
    let mut single = Hop::default();

    for attribute in Attributes::new(attributes) {
        let attribute = attribute?;
        match attribute.kind {
            RTA_DST => destination = prefix(attribute.ip()?, dst_len)?,
            RTA_SRC if src_len > 0 => route.source = Some(prefix(attribute.ip()?, src_len)?),
            RTA_PRIORITY => route.metric = attribute.u32()?,
            RTA_PREFSRC => route.prefsrc = Some(attribute.ip()?),
            RTA_METRICS => route.metrics = metrics(&attribute)?,
            RTA_MULTIPATH => route.next_hops = multipath(attribute.payload)?,
            RTA_CACHEINFO => route.expires_s = expires_s(&attribute)?,
            RTA_TABLE => route.table = attribute.u32()?,
            RTA_PREF => route.preference = Some(attribute.u8()?),
            RTA_NH_ID => route.nexthop_id = Some(attribute.u32()?),
            _ => single.take(&attribute)?,
        }
    }
    // IPv6 names the device `lo` for routes that only refuse.
    let leads_somewhere = !matches!(
        route.kind,
        RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit | RouteKind::Throw
    );
    if !leads_somewhere {
        route.next_hops.clear();
    } else if route.next_hops.is_empty() && single != Hop::default() {
        // Room for this one only: there can be a million.
        route.next_hops = vec![single.next_hop(1, NextHopFlags::from_number(rtm_flags))];
    }
    Ok(Some((Route::new(destination, route), rtm_flags)))
}

/// Device and gateway, which stand alone in a route or inside RTA_MULTIPATH.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Hop {
    ifindex: u32,
    gateway: Option<IpAddr>,
}

impl Hop {
    fn take(&mut self, attribute: &Attribute<'_>) -> Result<(), Malformed> {
        match attribute.kind {
            RTA_OIF => self.ifindex = attribute.u32()?,
            RTA_GATEWAY => self.gateway = Some(attribute.ip()?),
            RTA_VIA => self.gateway = Some(via(attribute)?),
            _ => {}
        }
        Ok(())
    }

    fn next_hop(self, weight: u32, flags: NextHopFlags) -> NextHop {
        NextHop { ifindex: self.ifindex, gateway: self.gateway, weight, flags }
    }
}

/// A sequence of `struct rtnexthop`, each with attributes of its own.
fn multipath(mut rest: &[u8]) -> Result<Vec<NextHop>, Malformed> {
    let mut hops = Vec::new();
    while !rest.is_empty() {
        let header = rest.first_chunk::<NEXTHOP_LEN>().ok_or(Malformed)?;
        let [l0, l1, flags, weight, i0, i1, i2, i3] = *header;
        let len = usize::from(u16::from_ne_bytes([l0, l1]));
        let attributes = rest.get(NEXTHOP_LEN..len).ok_or(Malformed)?;
        let mut hop = Hop { ifindex: u32::from_ne_bytes([i0, i1, i2, i3]), gateway: None };
        for attribute in Attributes::new(attributes) {
            hop.take(&attribute?)?;
        }
        let flags = NextHopFlags::from_number(u32::from(flags));
        hops.push(hop.next_hop(u32::from(weight) + 1, flags));
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(hops)
}

fn metrics(attribute: &Attribute<'_>) -> Result<Vec<RouteMetric>, Malformed> {
    let mut metrics = Vec::new();
    for metric in attribute.nested() {
        let metric = metric?;
        if metric.kind != RTAX_CC_ALGO {
            metrics.push(RouteMetric { number: metric.kind, value: metric.u32()? });
        }
    }
    Ok(metrics)
}

pub(super) fn expires_s(attribute: &Attribute<'_>) -> Result<Option<u32>, Malformed> {
    let (fields, _) = attribute.payload.as_chunks::<4>();
    let ticks = i32::from_ne_bytes(*fields.get(2).ok_or(Malformed)?);
    Ok(lifetime_s(ticks))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cuts, payloads};
    use super::*;

    const ROUTES: &str = include_str!("../../testdata/routes.hex");

    fn to(destination: &str) -> Route {
        let destination = destination.parse().unwrap();
        let mut rows = payloads(ROUTES).into_iter().filter_map(|bytes| route(&bytes).unwrap());
        rows.find(|row| row.destination == destination).unwrap()
    }

    fn hops(route: &Route) -> Vec<(u32, String, u32)> {
        let gateway = |hop: &NextHop| hop.gateway.map_or_else(String::new, |ip| ip.to_string());
        route.next_hops.iter().map(|hop| (hop.ifindex, gateway(hop), hop.weight)).collect()
    }

    #[test]
    fn all_rows_are_read() {
        let rows = payloads(ROUTES);
        assert_eq!(rows.len(), 45);
        assert!(rows.iter().all(|payload| route(payload).unwrap().is_some()));
    }

    #[test]
    fn metric_source_and_metrics() {
        let default = to("0.0.0.0/0");
        assert_eq!((default.table, hops(&default)), (1000, vec![(3, "10.2.0.1".to_owned(), 1)]));
        let row = to("10.24.0.0/16");
        assert_eq!((row.tos, row.protocol, row.table), (0x10, 77, 254));
        assert_eq!(row.prefsrc, Some("10.1.0.11".parse().unwrap()));
        assert!(row.metrics.contains(&RouteMetric { number: 2, value: 1400 }));
        assert_eq!(to("::/0").metric, 1024);
        assert_eq!(to("::/0").preference, Some(1));
        let kernel = to("10.1.0.0/24");
        assert_eq!((kernel.protocol, kernel.scope.name()), (2, Some("link")));
        assert!(kernel.is_on_link());
    }

    #[test]
    fn several_next_hops_and_gateways_of_the_other_family() {
        let hop = |ifindex, gateway: &str, weight| (ifindex, gateway.to_owned(), weight);
        assert_eq!(hops(&to("10.9.0.0/16")), [hop(2, "10.1.0.1", 3), hop(3, "10.2.0.1", 1)]);
        assert_eq!(hops(&to("10.10.0.0/16")), [hop(2, "fe80::1", 1)]);
        assert_eq!(hops(&to("10.11.0.0/16")), [hop(2, "fe80::1", 1), hop(3, "10.2.0.1", 256)]);
        assert_eq!(hops(&to("2001:db8:20::/48")), [hop(2, "fe80::1", 2), hop(3, "fe80::2", 1)]);
        let onlink = to("10.25.0.0/16");
        assert_eq!((onlink.table, onlink.next_hops[0].flags.onlink), (100, true));
    }

    #[test]
    fn routes_that_refuse_lead_nowhere() {
        for (destination, kind) in [
            ("10.20.0.0/16", RouteKind::Blackhole),
            ("10.21.0.0/16", RouteKind::Unreachable),
            ("10.22.0.0/16", RouteKind::Prohibit),
            ("10.23.0.0/16", RouteKind::Throw),
            ("10.31.0.0/16", RouteKind::Blackhole),
            ("2001:db8:22::/48", RouteKind::Unreachable),
        ] {
            let row = to(destination);
            assert_eq!((row.kind, row.next_hops.len()), (kind, 0), "{destination}");
        }
    }

    #[test]
    fn objects_lifetimes_and_source_prefixes() {
        assert_eq!(
            (to("10.30.0.0/16").nexthop_id, to("10.30.0.0/16").next_hops.len()),
            (Some(3), 2)
        );
        assert_eq!(to("2001:db8:21::/48").expires_s, Some(299));
        assert_eq!(to("2001:db8:20::/48").expires_s, None);
        assert_eq!(to("2001:db8:25::/48").source, Some("2001:db8:1::/64".parse().unwrap()));
    }

    #[test]
    fn exceptions_and_other_families_are_left_out() {
        let mut cloned = payloads(ROUTES).remove(0);
        cloned[9] |= 0x02;
        assert_eq!(route(&cloned), Ok(None));
        let mut multicast = payloads(ROUTES).remove(0);
        multicast[0] = 128;
        assert_eq!(route(&multicast), Ok(None));
    }

    #[test]
    fn any_bytes_are_survived() {
        cuts(ROUTES, |cut| drop(route(cut)));
        for payload in payloads(ROUTES) {
            for place in 0..payload.len() {
                for value in [0, 1, 3, 0x7f, 0xff] {
                    let mut bent = payload.clone();
                    bent[place] = value;
                    drop(route(&bent));
                }
            }
        }
    }
}
