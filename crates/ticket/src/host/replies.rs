//! Where the SYN-ACKs go: what `ip route get` said, and else what the pasted tables say.

use std::collections::BTreeSet;

use synrecv_model::view::fib::{Fib, FibAnswer, FibFacts, FibQuery};
use synrecv_model::{
    Facts, Family, Flow, InputAnswer, MatchedRoute, NextHop, Reply, ReplyQuestion, ResolvedRoute,
    Route, RouteInfo, RouteKind, Rule, RuleAction, Section, table_name, text,
};

use super::devices::Devices;
use super::{build, routes};
use crate::{Content, Piece, RouteGetRow};

/// Connections times rows that are compared. Behind the first ones, replies say nothing new.
const COMPARISONS_MAX: usize = 10_000_000;

/// Replies to these connections, as far as the pieces tell.
pub(super) fn replies(
    pieces: &[&Piece],
    facts: &Facts,
    flows: &BTreeSet<Flow>,
    devices: &mut Devices,
) -> Section<Vec<Reply>> {
    let mut of =
        build::with(pieces, |content| matches!(content, Content::RouteGet(_) | Content::Routes(_)));
    let asked: Vec<&RouteGetRow> = of
        .iter()
        .filter_map(|piece| match &piece.content {
            Content::RouteGet(rows) => Some(rows),
            _ => None,
        })
        .flatten()
        .collect();
    let tables = Tables::of(facts);
    let mut replies = Vec::new();
    let row_count = asked.len() + tables.as_ref().map_or(0, |tables| tables.routes.len());
    for &flow in flows.iter().take(COMPARISONS_MAX / row_count.max(1)) {
        let question = ReplyQuestion { flow, mark: 0, uid: None, oif: 0 };
        let said = asked.iter().find(|row| answers(row, flow));
        let reply = match said {
            Some(row) => Some(told(row, question, devices)),
            None => tables.as_ref().and_then(|tables| tables.look_up(question)),
        };
        let Some(mut reply) = reply else { continue };
        reply.inputs = asked.iter().filter_map(|row| input(row, flow, devices)).collect();
        replies.push(reply);
    }
    if replies.is_empty() {
        return build::missing("`ip route get`, or routes to look replies up in");
    }
    of.truncate(8);
    let flaw =
        build::part_missing(text!["looked up in pasted tables where the kernel was not asked"]);
    build::section(replies, &of, vec![flaw])
}

/// The row is about the way to this peer.
fn answers(row: &RouteGetRow, flow: Flow) -> bool {
    row.iif.is_none()
        && row.destination == Some(flow.peer.ip)
        && row.from.is_none_or(|from| from == flow.local.ip)
}

fn told(row: &RouteGetRow, question: ReplyQuestion, devices: &mut Devices) -> Reply {
    let resolved = match &row.answer {
        Err(errno) => Err(*errno),
        Ok(answer) => {
            let route = routes::route(answer, devices);
            let hop = route.next_hops.first();
            Ok(ResolvedRoute {
                kind: route.kind,
                oif: hop.map_or(0, |hop| hop.ifindex),
                gateway: hop.and_then(|hop| hop.gateway),
                table: answer.table.unwrap_or(route.table),
                prefsrc: row.src,
                redirected: false,
            })
        }
    };
    Reply { question, resolved, matched: None, inputs: Vec::new() }
}

fn input(row: &RouteGetRow, flow: Flow, devices: &mut Devices) -> Option<InputAnswer> {
    let iif = devices.index(row.iif.as_ref()?);
    let is_own = row.destination == Some(flow.local.ip) && row.from == Some(flow.peer.ip);
    let result = match &row.answer {
        Ok(answer) => Ok(answer.kind),
        Err(errno) => Err(*errno),
    };
    is_own.then_some(InputAnswer { iif, result })
}

/// Tables to look up in.
struct Tables<'f> {
    facts: &'f Facts,
    rules: Vec<Rule>,
    routes: Vec<Route>,
}

impl<'f> Tables<'f> {
    /// `None` without routes, and where rules lead to tables that were not pasted.
    fn of(facts: &'f Facts) -> Option<Self> {
        let mut routes = facts.routes.data()?.clone();
        let rules = match facts.rules.data() {
            Some(rules) if !rules.is_empty() => {
                let mut rules = rules.clone();
                for family in [Family::V4, Family::V6] {
                    if !rules.iter().any(|rule| rule.family == family) {
                        let own = routes::default_rules();
                        rules.extend(own.into_iter().filter(|rule| rule.family == family));
                    }
                }
                rules
            }
            _ => routes::default_rules(),
        };
        let held: BTreeSet<u32> = routes.iter().map(|route| route.table).collect();
        let is_blind = |rule: &Rule| {
            rule.action == RuleAction::ToTable
                && !rule.l3mdev
                && table_name(rule.table).is_none()
                && !held.contains(&rule.table)
        };
        if rules.iter().any(is_blind) {
            return None;
        }
        // Which addresses are its own, table local says.
        let local = facts.addresses.data().into_iter().flatten().map(|address| {
            let info = RouteInfo {
                next_hops: vec![NextHop {
                    ifindex: address.ifindex,
                    gateway: None,
                    weight: 1,
                    flags: synrecv_model::NextHopFlags::default(),
                }],
                ..template(Family::of(address.address))
            };
            Route::new(address.address.into(), info)
        });
        let local: Vec<Route> = local
            .filter(|own| {
                !routes.iter().any(|route| {
                    route.kind == RouteKind::Local && route.destination == own.destination
                })
            })
            .collect();
        routes.extend(local);
        Some(Self { facts, rules, routes })
    }

    fn look_up(&self, question: ReplyQuestion) -> Option<Reply> {
        let fib = Fib::new(FibFacts {
            rules: &self.rules,
            routes: &self.routes,
            nexthops: &[],
            links: self.facts.links.data().map(Vec::as_slice),
            addresses: self.facts.addresses.data().map(Vec::as_slice),
            neighbours: self.facts.neighbours.data().map(Vec::as_slice),
            settings: None,
            rules_changed_v4: Some(false),
            rules_changed_v6: Some(false),
        });
        // Asked without a source: that the address is not among the pasted ones proves nothing.
        let query = FibQuery { source: None, ..FibQuery::from(&question) };
        let (resolved, matched) = match fib.lookup(&query).ok()? {
            FibAnswer::Found(found) => {
                let hop = found.next_hops.first();
                let resolved = ResolvedRoute {
                    kind: found.route.kind,
                    oif: hop.map_or(0, |hop| hop.ifindex),
                    gateway: hop.and_then(|hop| hop.gateway),
                    table: found.route.table,
                    prefsrc: found.route.prefsrc,
                    redirected: false,
                };
                let matched = MatchedRoute {
                    prefix: found.route.destination,
                    table: found.route.table,
                    protocol: found.route.protocol,
                    next_hop_count: u32::try_from(found.next_hops.len()).unwrap_or(u32::MAX),
                    expires_s: None,
                };
                (Ok(resolved), Some(matched))
            }
            FibAnswer::Refused { errno, .. } => {
                // That no row fits means something only where no row is missing.
                self.facts.routes.whole()?;
                (Err(errno), None)
            }
            FibAnswer::AssumedOnLink { .. } => return None,
        };
        Some(Reply { question, resolved, matched, inputs: Vec::new() })
    }
}

fn template(family: Family) -> RouteInfo {
    RouteInfo {
        family,
        table: 255,
        kind: RouteKind::Local,
        source: None,
        tos: 0,
        protocol: 2,
        scope: synrecv_model::RouteScope(254),
        metric: 0,
        prefsrc: None,
        next_hops: Vec::new(),
        nexthop_id: None,
        metrics: Vec::new(),
        expires_s: None,
        preference: None,
    }
}
