//! One look-up: the kernel's own answer to "which way do packets to this peer go?".

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use synrecv_model::{
    Host, Link, LinkNames, MatchedRoute, Neighbour, Reply, ResolvedRoute, RouteErrno, RouteKind,
    Section, SourceKind, table_name,
};

use super::json::RowsJson;
use super::{duration, shortcomings};
use crate::Style;
use crate::escape::foreign;
use crate::layout::wrap;
use crate::rows::{NeighbourRow, SectionRow, protocol_name};

/// What a look-up is made of.
#[derive(Clone, Copy, Debug)]
pub struct RouteGet<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// The question and the answer. An unspecified local end left the source to the kernel.
    pub reply: &'a Section<Reply>,
    /// Neighbours, for the entry of the next hop.
    pub neighbours: &'a Section<Vec<Neighbour>>,
    /// Devices, for their names.
    pub links: &'a Section<Vec<Link>>,
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
    /// `unicast`, `local`, `blackhole` …; absent with an error.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Device; `null` when there is no way out.
    dev: Option<String>,
    /// Gateway; absent when the peer itself is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<String>,
    /// Source address that the kernel gives to local senders.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefsrc: Option<String>,
    /// Table that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<u32>,
    /// `main`, `local`, `default`; absent for other tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    table_name: Option<&'static str>,
    /// The answer comes from an ICMP redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirected: Option<bool>,
    /// Table entry that matched; `null` when the kernel cannot say.
    entry: Option<EntryJson>,
    /// Entry of the next hop; `null` when there is none.
    neighbour: Option<NeighbourRow>,
    /// Errno of the look-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    /// Number of that errno.
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<i32>,
    /// What the errno means; the words can change.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_meaning: Option<&'static str>,
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

impl RouteGet<'_> {
    fn names(&self) -> LinkNames {
        self.links.data().map(|links| LinkNames::new(links)).unwrap_or_default()
    }

    fn neighbour(&self, reply: &Reply) -> Option<&Neighbour> {
        let route = reply.resolved.as_ref().ok()?;
        let hop = reply.next_hop()?;
        self.neighbours
            .data()?
            .iter()
            .find(|entry| entry.ifindex == route.oif && entry.address == hop && !entry.flags.proxy)
    }

    /// Writes the answer as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let sections = BTreeMap::from([
            ("reply", SectionRow::of(self.reply)),
            ("neighbours", SectionRow::of(self.neighbours)),
            ("links", SectionRow::of(self.links)),
        ]);
        let names = self.names();
        let answer = self.reply.data().map(|reply| self.answer(reply, &names));
        let rows = RouteGetJson { answer };
        super::json::write(out, self.kind, self.host, sections, RowsJson::RouteGet(Box::new(rows)))
    }

    fn answer(&self, reply: &Reply, names: &LinkNames) -> AnswerJson {
        let route = reply.resolved.as_ref().ok();
        let errno = reply.resolved.as_ref().err().copied();
        AnswerJson {
            peer: reply.question.flow.peer.ip.to_string(),
            local: source(reply).map(|local| local.to_string()),
            kind: route.map(|route| route.kind.name()),
            dev: route.filter(|route| route.oif != 0).map(|route| names.name(route.oif).0),
            gateway: route.and_then(|route| route.gateway).map(|gateway| gateway.to_string()),
            prefsrc: route.and_then(|route| route.prefsrc).map(|source| source.to_string()),
            table: route.map(|route| route.table),
            table_name: route.and_then(|route| table_name(route.table)),
            redirected: route.map(|route| route.redirected),
            entry: reply.matched.as_ref().map(|entry| EntryJson {
                prefix: entry.prefix.to_string(),
                table: entry.table,
                protocol: protocol_name(entry.protocol),
                next_hop_count: entry.next_hop_count,
                expires_s: entry.expires_s,
            }),
            neighbour: self.neighbour(reply).map(|entry| NeighbourRow::new(entry, names)),
            error: errno.map(RouteErrno::name),
            errno: errno.map(|errno| errno.0),
            error_meaning: errno.map(|errno| meaning(errno, source(reply).is_some())),
        }
    }

    /// Writes the answer as text.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "route", self.reply, style)?;
        let Some(reply) = self.reply.data() else { return Ok(()) };
        let names = self.names();
        let mut say = |title: &str, words: &str| {
            out.write_all(wrap(&format!("{title:<11}"), words, style.width).as_bytes())
        };
        say("TO", &reply.question.flow.peer.ip.to_string())?;
        if let Some(local) = source(reply) {
            say("FROM", &local.to_string())?;
        }
        match &reply.resolved {
            Err(errno) => say("ANSWER", &refusal(*errno, source(reply).is_some()))?,
            Ok(route) if route.kind == RouteKind::Local => {
                say("ANSWER", "an address of this host")?;
            }
            Ok(route) => {
                if let (None, Some(source)) = (source(reply), route.prefsrc) {
                    say("SOURCE", &format!("{source}, chosen by the kernel"))?;
                }
                say("DEVICE", &foreign(&names.name(route.oif).0))?;
                say("NEXT HOP", &next_hop(reply, route))?;
                say("NEIGHBOUR", &self.neighbour_words(reply))?;
                let name = table_name(route.table);
                say("TABLE", &name.map_or_else(|| route.table.to_string(), ToOwned::to_owned))?;
            }
        }
        if reply.resolved.is_ok() {
            let entry = reply.matched.as_ref();
            let unknown = || "not told by this kernel (before 4.13)".to_owned();
            say("ENTRY", &entry.map_or_else(unknown, entry_words))?;
        }
        if reply.resolved.is_ok() {
            shortcomings(out, "neighbours", self.neighbours, style)?;
        }
        shortcomings(out, "device names", self.links, style)
    }

    fn neighbour_words(&self, reply: &Reply) -> String {
        let Some(entry) = self.neighbour(reply) else {
            let known = self.neighbours.whole().is_some();
            return if known { "no entry yet" } else { "not known" }.to_owned();
        };
        let mut words = entry.state.name().to_owned();
        if let Some(mac) = entry.mac {
            words = format!("{mac} {words}");
            if let Some(ages) = entry.ages {
                words = format!("{words}, confirmed {} ago", duration(ages.confirmed_ms));
            }
        }
        words
    }
}

/// The source that was asked for.
fn source(reply: &Reply) -> Option<IpAddr> {
    let local = reply.question.flow.local.ip;
    (!local.is_unspecified()).then_some(local)
}

fn next_hop(reply: &Reply, route: &ResolvedRoute) -> String {
    let mut words = match route.gateway {
        Some(gateway) => format!("{gateway}, a gateway"),
        None => format!("{} itself, no gateway", reply.question.flow.peer.ip),
    };
    if route.redirected {
        words.push_str(", by an ICMP redirect");
    }
    if route.kind != RouteKind::Unicast {
        words = format!("{words} ({})", route.kind.name());
    }
    words
}

fn entry_words(entry: &MatchedRoute) -> String {
    let mut words = super::route::destination(entry.prefix);
    words = format!("{words}, made by {}", protocol_name(entry.protocol));
    if entry.next_hop_count > 1 {
        words = format!("{words}, {} next hops", entry.next_hop_count);
    }
    if let Some(left) = entry.expires_s {
        words = format!("{words}, expires in {left} s");
    }
    words
}

fn refusal(errno: RouteErrno, with_source: bool) -> String {
    let meaning = meaning(errno, with_source);
    match errno.name() {
        "errno" => format!("errno {}: {meaning}", errno.0),
        name => format!("{name}: {meaning}"),
    }
}

/// What an errno of an output look-up means. IPv4 refuses a source that is no address of this host
/// with ENETUNREACH (6.18) or EINVAL.
fn meaning(errno: RouteErrno, with_source: bool) -> &'static str {
    match errno {
        RouteErrno::ENETUNREACH if with_source => {
            "no table that the rules lead to has a route, or the source is no address of this host"
        }
        RouteErrno::ENETUNREACH => "no table that the rules lead to has a route",
        RouteErrno::EHOSTUNREACH => "a route of type unreachable matches",
        RouteErrno::EACCES => "a route or rule of type prohibit matches",
        RouteErrno::EINVAL if with_source => {
            "a route of type blackhole matches, or the source is no address of this host"
        }
        RouteErrno::EINVAL => "a route of type blackhole matches",
        _ => "the kernel refuses",
    }
}
