//! One look-up: the kernel's own answer to "which way do packets to this peer go?", and why.

mod incoming;
#[cfg(test)]
mod tests;
mod text;
mod why;

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use synrecv_model::view::Neighbourhood;
use synrecv_model::view::fib::Refusal;
use synrecv_model::{
    Address, Host, InputAnswer, Link, LinkNames, Neighbour, NextHopObject, Reply, ReplyQuestion,
    ResolvedRoute, Route, RouteErrno, RouteLookup, Rule, Section, Settings, SourceKind, order,
    table_name,
};

use super::arp::{Mark, marks};
use super::json::RowsJson;
use crate::rows::{NeighbourRow, NextHopRow, RouteRow, RuleRow, SectionRow, protocol_name};
use incoming::{Incoming, InputJson};
use why::{InMain, meaning};

/// What a look-up is made of.
#[derive(Clone, Copy, Debug)]
pub struct RouteGet<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// The question and the answer. An unspecified local end left the source to the kernel.
    pub reply: &'a Section<Reply>,
    /// The same without source, port, mark and uid; `None` when the question has none of them.
    pub plain: Option<&'a Section<Reply>>,
    /// Whether packets of the peer are taken, by device; `None` where that is no question.
    pub inputs: Option<&'a Section<Vec<InputAnswer>>>,
    /// Policy rules, to name the one that matched.
    pub rules: &'a Section<Vec<Rule>>,
    /// Routes of all tables.
    pub routes: &'a Section<Vec<Route>>,
    /// Next-hop objects.
    pub nexthops: &'a Section<Vec<NextHopObject>>,
    /// Neighbours, for the entry of the next hop.
    pub neighbours: &'a Section<Vec<Neighbour>>,
    /// Addresses of this host.
    pub addresses: &'a Section<Vec<Address>>,
    /// Devices, for their names.
    pub links: &'a Section<Vec<Link>>,
    /// Settings in force, for reverse-path filters.
    pub settings: &'a Section<Settings>,
}

/// `route get` in JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct RouteGetJson {
    /// The answer; `null` when the kernel could not be asked.
    answer: Option<AnswerJson>,
}

/// The kernel's answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct AnswerJson {
    /// Where to.
    peer: String,
    /// Source that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<String>,
    /// Local TCP port that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// Mark that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<u32>,
    /// Uid that was asked for; absent for the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    /// Where packets go, and the table that decided.
    #[serde(flatten)]
    way: WayJson,
    /// Source address that the kernel gives to local senders.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefsrc: Option<String>,
    /// The answer comes from an ICMP redirect, an exception that no table shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirected: Option<bool>,
    /// Rule that led to the table, or that refuses; `null` when it is not known or there is none.
    rule: Option<RuleRow>,
    /// Table entry that matched; `null` when the kernel cannot say.
    entry: Option<EntryJson>,
    /// Entry of the next hop; `null` when there is none.
    neighbour: Option<NeighbourRow>,
    /// What is special about it, as in the table `arp`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    neighbour_marks: Vec<&'static str>,
    /// Number of the errno of the look-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<i32>,
    /// What the errno means; the words can change.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_meaning: Option<String>,
    /// What refuses: `no-route`, `route`, `rule`, `source`, `device`; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_by: Option<&'static str>,
    /// The route that refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusing_route: Option<RouteRow>,
    /// The answer to the same question without source, port, mark and uid; absent when it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    plain: Option<WayJson>,
    /// What table `main` alone says, when another table or a rule decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_main: Option<InMainJson>,
    /// Whether packets from the peer are taken, by the device that the answer leaves by and by
    /// those that have the local address. Absent for IPv6, whose look-up of what comes in always
    /// succeeds and so proves nothing; `null` when the kernel could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "absent is not applicable, null is unknown")]
    inputs: Option<Option<Vec<InputJson>>>,
}

/// Where packets go.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct WayJson {
    /// `unicast`, `local`, `blackhole` …; absent with an error.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Device; `null` when there is no way out.
    dev: Option<String>,
    /// Gateway; absent when the peer itself is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<String>,
    /// Table that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<u32>,
    /// `main`, `local`, `default`; absent for other tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    table_name: Option<&'static str>,
    /// Errno of the look-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// What table `main` alone says.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct InMainJson {
    /// Prefix of its route.
    prefix: String,
    /// Where packets would go.
    next_hops: Vec<NextHopRow>,
}

/// A table entry.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct EntryJson {
    /// Prefix.
    prefix: String,
    /// Table number.
    table: u32,
    /// Who made it.
    protocol: String,
    /// Ways out.
    next_hop_count: u32,
    /// Lifetime left.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_s: Option<u32>,
}

impl WayJson {
    fn new(resolved: &RouteLookup<ResolvedRoute>, names: &LinkNames) -> Self {
        let way = resolved.as_ref().ok();
        Self {
            kind: way.map(|way| way.kind.name()),
            dev: way.filter(|way| way.oif != 0).map(|way| names.name(way.oif).0),
            gateway: way.and_then(|way| way.gateway).map(|gateway| gateway.to_string()),
            table: way.map(|way| way.table),
            table_name: way.and_then(|way| table_name(way.table)),
            error: resolved.as_ref().err().copied().map(RouteErrno::name),
        }
    }
}

impl RouteGet<'_> {
    fn names(&self) -> LinkNames {
        self.links.data().map(|links| LinkNames::new(links)).unwrap_or_default()
    }

    /// The entry of the next hop, and what is special about it among all entries.
    fn neighbour(&self, reply: &Reply, names: &LinkNames) -> Option<(&Neighbour, Vec<Mark>)> {
        let route = reply.resolved.as_ref().ok()?;
        let hop = reply.next_hop()?;
        let all = self.neighbours.data()?;
        let entry = all.iter().find(|entry| {
            entry.ifindex == route.oif && entry.address == hop && !entry.flags.proxy
        })?;
        let links = self.links.data().map_or(&[][..], Vec::as_slice);
        let seen = Neighbourhood::new(all, links, self.addresses, self.routes);
        Some((entry, marks(&seen, entry, names)))
    }

    /// Writes the answer as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut sections = order::map([
            ("reply", SectionRow::of(self.reply)),
            ("rules", SectionRow::of(self.rules)),
            ("routes", SectionRow::of(self.routes)),
            ("nexthops", SectionRow::of(self.nexthops)),
            ("neighbours", SectionRow::of(self.neighbours)),
            ("addresses", SectionRow::of(self.addresses)),
            ("links", SectionRow::of(self.links)),
            ("settings", SectionRow::of(self.settings)),
        ]);
        sections.extend(self.plain.map(|plain| ("plain", SectionRow::of(plain))));
        sections.extend(self.inputs.map(|inputs| ("inputs", SectionRow::of(inputs))));
        let names = self.names();
        let answer = self.reply.data().map(|reply| self.answer(reply, &names));
        let rows = RouteGetJson { answer };
        super::json::write(out, self.kind, self.host, sections, RowsJson::RouteGet(Box::new(rows)))
    }

    fn answer(&self, reply: &Reply, names: &LinkNames) -> AnswerJson {
        let ReplyQuestion { flow, mark, uid, .. } = reply.question;
        let route = reply.resolved.as_ref().ok();
        let errno = reply.resolved.as_ref().err().copied();
        let explained = self.explain(reply);
        let refusal = explained.refusal();
        let with_source = source(reply).is_some();
        let (neighbour, marks) = self.neighbour(reply, names).unzip();
        let inputs = |found: Vec<Incoming>| found.into_iter().map(Incoming::json).collect();
        AnswerJson {
            peer: flow.peer.ip.to_string(),
            local: source(reply).map(|local| local.to_string()),
            port: (flow.local.port != 0).then_some(flow.local.port),
            mark: (mark != 0).then_some(mark),
            uid,
            way: WayJson::new(&reply.resolved, names),
            prefsrc: route.and_then(|route| route.prefsrc).map(|source| source.to_string()),
            redirected: route.map(|route| route.redirected),
            rule: explained.why.as_ref().ok().and_then(|why| why.rule).map(RuleRow::new),
            entry: reply.matched.as_ref().map(|entry| EntryJson {
                prefix: entry.prefix.to_string(),
                table: entry.table,
                protocol: protocol_name(entry.protocol).into_owned(),
                next_hop_count: entry.next_hop_count,
                expires_s: entry.expires_s,
            }),
            neighbour: neighbour.map(|entry| NeighbourRow::new(entry, names)),
            neighbour_marks: marks.iter().flatten().map(Mark::name).collect(),
            errno: errno.map(|errno| errno.0),
            error_meaning: errno.map(|errno| meaning(errno, refusal, with_source)),
            refused_by: refusal.map(|refusal| match refusal {
                Refusal::NoRoute => "no-route",
                Refusal::Route { .. } => "route",
                Refusal::Rule(_) => "rule",
                Refusal::Source(_) => "source",
                Refusal::Device(_) => "device",
            }),
            refusing_route: refusal.and_then(|refusal| match refusal {
                Refusal::Route { route, .. } => Some(RouteRow::new(route, names)),
                _ => None,
            }),
            plain: self
                .plain
                .and_then(|plain| plain.data())
                .map(|plain| WayJson::new(&plain.resolved, names)),
            in_main: explained.in_main.map(|InMain { route, next_hops }| InMainJson {
                prefix: route.destination.to_string(),
                next_hops: next_hops.into_iter().map(|hop| NextHopRow::new(hop, names)).collect(),
            }),
            inputs: self.inputs.map(|_| self.incoming(reply, names).map(inputs)),
        }
    }
}

/// The source that was asked for.
fn source(reply: &Reply) -> Option<IpAddr> {
    let local = reply.question.flow.local.ip;
    (!local.is_unspecified()).then_some(local)
}
