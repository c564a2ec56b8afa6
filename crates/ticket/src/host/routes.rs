//! Routes and rules.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{
    Family, Foreign, NextHop, NextHopFlags, Route, RouteInfo, RouteKind, RouteScope, Rule, Section,
    text,
};

use super::build;
use super::devices::Devices;
use crate::{Content, Kind, Piece, RouteRow};

const MAIN: u32 = 254;
const LOCAL: u32 = 255;

/// `RTPROT_KERNEL`.
const KERNEL: u8 = 2;

/// `RTPROT_BOOT`: what `route` and `ip route` add.
const BOOT: u8 = 3;

const GLOBAL: RouteScope = RouteScope(0);
const LINK: RouteScope = RouteScope(253);
const HOST: RouteScope = RouteScope(254);

pub(super) fn routes(pieces: &[&Piece], devices: &mut Devices) -> Section<Vec<Route>> {
    let of = build::with(pieces, |content| matches!(content, Content::Routes(_)));
    if of.is_empty() {
        return build::missing("routes");
    }
    let mut routes: Vec<Route> = Vec::new();
    let mut known = HashSet::new();
    let mut all_tables = false;
    let mut named = BTreeSet::new();
    for piece in &of {
        let Content::Routes(rows) = &piece.content else { continue };
        all_tables |= piece.kind == Kind::IpRoute
            && piece.command.as_ref().is_some_and(|command| command.has("all"));
        for row in rows {
            // Where it leads nobody knows; the wire it is not.
            let mut unknown =
                row.hops.iter().filter_map(|hop| hop.gateway_name.as_deref()).peekable();
            if unknown.peek().is_some() {
                named.extend(unknown);
                continue;
            }
            let route = route(row, devices);
            // The same table in two forms, or pasted twice.
            if known.insert(identity(&route)) {
                routes.push(route);
            }
        }
    }
    let mut flaws = Vec::new();
    if !all_tables {
        flaws.push(build::part_missing(text!["table main only"]));
    }
    flaws.extend(named.into_iter().map(|name| {
        build::part_missing(text![
            "routes by the gateway ",
            Foreign(name.to_owned()),
            ", of which a name is printed and no address"
        ])
    }));
    build::section(routes, &of, flaws)
}

/// What tells two routes apart.
type Identity = (u32, RouteKind, IpNet, u32, Vec<(u32, Option<IpAddr>)>);

fn identity(route: &Route) -> Identity {
    let hops = route.next_hops.iter().map(|hop| (hop.ifindex, hop.gateway)).collect();
    (route.table, route.kind, route.destination, route.metric, hops)
}

/// A row as a route; what the tool leaves out is as the kernel has it most often.
pub(super) fn route(row: &RouteRow, devices: &mut Devices) -> Route {
    let is_local = row.kind == RouteKind::Local || row.kind == RouteKind::Broadcast;
    let has_gateway = row.hops.iter().any(crate::rows::HopRow::has_gateway);
    let next_hops = row.hops.iter().map(|hop| NextHop {
        ifindex: hop.device.as_ref().map_or(0, |name| devices.index(name)),
        gateway: hop.gateway,
        weight: hop.weight.max(1),
        flags: NextHopFlags { dead: hop.dead, linkdown: hop.linkdown, onlink: hop.onlink },
    });
    Route::new(
        row.destination,
        RouteInfo {
            family: Family::of(row.destination.addr()),
            table: row.table.unwrap_or(if is_local { LOCAL } else { MAIN }),
            kind: row.kind,
            source: None,
            tos: 0,
            protocol: row.protocol.unwrap_or(if has_gateway { BOOT } else { KERNEL }),
            scope: match row.kind {
                RouteKind::Local => HOST,
                _ if has_gateway || !row.on_link => GLOBAL,
                _ => LINK,
            },
            metric: row.metric.unwrap_or(0),
            prefsrc: row.prefsrc,
            next_hops: next_hops.collect(),
            nexthop_id: row.nexthop_id,
            metrics: Vec::new(),
            expires_s: None,
            preference: None,
        },
    )
}

pub(super) fn rules(pieces: &[&Piece]) -> Section<Vec<Rule>> {
    let of = build::with(pieces, |content| matches!(content, Content::Rules(_)));
    if of.is_empty() {
        return build::missing("rules");
    }
    let mut rules: Vec<Rule> = Vec::new();
    for piece in &of {
        let Content::Rules(rows) = &piece.content else { continue };
        for (_, rule) in rows {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    rules.sort_by_key(|rule| rule.priority);
    build::section(rules, &of, Vec::new())
}

/// The rules of a new network namespace.
pub(super) fn default_rules() -> Vec<Rule> {
    let rule = |family, priority, table| Rule {
        family,
        priority,
        table,
        invert: false,
        from: None,
        to: None,
        iif: None::<Foreign>,
        oif: None,
        fwmark: None,
        tos: 0,
        dscp: None,
        uid_range: None,
        ip_protocol: None,
        sport: None,
        dport: None,
        tun_id: None,
        l3mdev: false,
        action: synrecv_model::RuleAction::ToTable,
        goto: None,
        suppress_prefix_len: None,
        suppress_if_group: None,
        protocol: KERNEL,
        unknown_selectors: Vec::new(),
    };
    vec![
        rule(Family::V4, 0, LOCAL),
        rule(Family::V6, 0, LOCAL),
        rule(Family::V4, 32_766, MAIN),
        rule(Family::V6, 32_766, MAIN),
        rule(Family::V4, 32_767, 253),
    ]
}
