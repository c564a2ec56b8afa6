//! A route as it is saved: one object with all of its fields.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize, Serializer};

use super::{NextHop, Route, RouteInfo, RouteKind, RouteMetric, RouteScope};
use crate::Family;

#[derive(Deserialize)]
pub(super) struct Saved {
    family: Family,
    table: u32,
    kind: RouteKind,
    destination: IpNet,
    source: Option<IpNet>,
    tos: u8,
    protocol: u8,
    scope: RouteScope,
    metric: u32,
    prefsrc: Option<IpAddr>,
    next_hops: Vec<NextHop>,
    nexthop_id: Option<u32>,
    metrics: Vec<RouteMetric>,
    expires_s: Option<u32>,
    preference: Option<u8>,
}

impl From<Saved> for Route {
    fn from(saved: Saved) -> Self {
        let Saved {
            family,
            table,
            kind,
            destination,
            source,
            tos,
            protocol,
            scope,
            metric,
            prefsrc,
            next_hops,
            nexthop_id,
            metrics,
            expires_s,
            preference,
        } = saved;
        let info = RouteInfo {
            family,
            table,
            kind,
            source,
            tos,
            protocol,
            scope,
            metric,
            prefsrc,
            next_hops,
            nexthop_id,
            metrics,
            expires_s,
            preference,
        };
        Self::new(destination, info)
    }
}

#[derive(Serialize)]
#[serde(rename = "Route")]
struct Shown<'a> {
    family: Family,
    table: u32,
    kind: RouteKind,
    destination: IpNet,
    source: Option<IpNet>,
    tos: u8,
    protocol: u8,
    scope: RouteScope,
    metric: u32,
    prefsrc: Option<IpAddr>,
    next_hops: &'a [NextHop],
    nexthop_id: Option<u32>,
    metrics: &'a [RouteMetric],
    expires_s: Option<u32>,
    preference: Option<u8>,
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RouteInfo {
            family,
            table,
            kind,
            source,
            tos,
            protocol,
            scope,
            metric,
            prefsrc,
            next_hops,
            nexthop_id,
            metrics,
            expires_s,
            preference,
        } = &**self;
        let shown = Shown {
            family: *family,
            table: *table,
            kind: *kind,
            destination: self.destination,
            source: *source,
            tos: *tos,
            protocol: *protocol,
            scope: *scope,
            metric: *metric,
            prefsrc: *prefsrc,
            next_hops,
            nexthop_id: *nexthop_id,
            metrics,
            expires_s: *expires_s,
            preference: *preference,
        };
        shown.serialize(serializer)
    }
}
