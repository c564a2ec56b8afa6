//! The answer as text: one line for each thing that it says.

use std::io::{self, Write};
use std::net::IpAddr;

use synrecv_model::view::fib::Refusal;
use synrecv_model::{
    LinkNames, MatchedRoute, Reply, ReplyQuestion, ResolvedRoute, RouteErrno, RouteKind, Rule,
    Severity, table_name,
};

use super::why::{Explained, InMain, meaning};
use super::{RouteGet, source};
use crate::Style;
use crate::escape::foreign;
use crate::layout::wrap;
use crate::rows::protocol_name;
use crate::table::route::{destination, words};
use crate::table::{duration, shortcomings};
use crate::text::mark;

/// Lines with a title, and a mark where something is special.
struct Lines<'a> {
    out: &'a mut dyn Write,
    style: Style,
}

impl Lines<'_> {
    fn say(&mut self, title: &str, words: &str) -> io::Result<()> {
        self.out.write_all(wrap(&format!("{title:<11}"), words, self.style.width).as_bytes())
    }

    fn marked(&mut self, title: &str, severity: Option<Severity>, words: &str) -> io::Result<()> {
        let sign = severity.map_or("-", mark);
        let lead = format!("{title:<11}{sign} ");
        let painted = severity.map_or_else(
            || self.style.paint.dim("-"),
            |severity| self.style.paint.severity(severity, sign),
        );
        let lines = wrap(&lead, words, self.style.width);
        let (_, rest) = lines.split_at(lead.len() - 1);
        write!(self.out, "{title:<11}{painted}{rest}")
    }
}

impl RouteGet<'_> {
    /// Writes the answer as text.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "route", self.reply, style)?;
        let Some(reply) = self.reply.data() else { return Ok(()) };
        let names = self.names();
        let explained = self.explain(reply);
        let mut lines = Lines { out, style };
        lines.say("TO", &reply.question.flow.peer.ip.to_string())?;
        if let Some(local) = source(reply) {
            lines.say("FROM", &self.local_words(local, &names))?;
        }
        let with = with(&reply.question);
        if !with.is_empty() {
            lines.say("WITH", &with.join(", "))?;
        }
        self.answer_lines(reply, &explained, &names, &mut lines)?;
        why_lines(reply, &explained, &names, &mut lines)?;
        self.plain_lines(reply, &explained, &names, &mut lines)?;
        self.input_lines(reply, &names, &mut lines)?;
        if reply.resolved.is_ok() {
            shortcomings(out, "neighbours", self.neighbours, style)?;
        }
        shortcomings(out, "device names", self.links, style)
    }

    /// A local address and the devices that have it.
    fn local_words(&self, local: IpAddr, names: &LinkNames) -> String {
        let own = self.addresses.data().into_iter().flatten();
        let owners = own.filter(|own| own.address == local);
        let owners: Vec<String> = owners.map(|own| foreign(&names.name(own.ifindex).0)).collect();
        if owners.is_empty() {
            local.to_string()
        } else {
            format!("{local}, of {}", owners.join(" and "))
        }
    }

    fn answer_lines(
        &self,
        reply: &Reply,
        explained: &Explained<'_>,
        names: &LinkNames,
        lines: &mut Lines<'_>,
    ) -> io::Result<()> {
        let way = match &reply.resolved {
            Err(errno) => {
                let words = meaning(*errno, explained.refusal(), source(reply).is_some());
                return lines.marked("ANSWER", Some(Severity::Warning), &refused(*errno, &words));
            }
            Ok(way) if way.kind == RouteKind::Local => {
                return lines.say("ANSWER", "an address of this host");
            }
            Ok(way) => way,
        };
        if let (None, Some(source)) = (source(reply), way.prefsrc) {
            lines.say("SOURCE", &format!("{source}, chosen by the kernel"))?;
        }
        lines.say("DEVICE", &foreign(&names.name(way.oif).0))?;
        lines.say("NEXT HOP", &next_hop(reply, way))?;
        if way.redirected {
            let words = "by an ICMP redirect: an exception that no table shows, until it expires";
            lines.marked("", Some(Severity::Info), words)?;
        }
        self.neighbour_lines(reply, names, lines)
    }

    fn neighbour_lines(
        &self,
        reply: &Reply,
        names: &LinkNames,
        lines: &mut Lines<'_>,
    ) -> io::Result<()> {
        let Some((entry, marks)) = self.neighbour(reply, names) else {
            let known = self.neighbours.whole().is_some();
            return lines.say("NEIGHBOUR", if known { "no entry yet" } else { "not known" });
        };
        let mut words = entry.state.name().to_owned();
        if let Some(mac) = entry.mac {
            words = format!("{mac} {words}");
            if let Some(ages) = entry.ages {
                words = format!("{words}, confirmed {} ago", duration(ages.confirmed_ms));
            }
        }
        lines.say("NEIGHBOUR", &words)?;
        for mark in marks {
            let words = mark.words();
            if !words.is_empty() {
                // What the reply has to go by matters more than one entry among many.
                let unresolved = entry.state.is_unresolved().then_some(Severity::Warning);
                let severity = unresolved.or(mark.severity());
                lines.marked("", severity, &words)?;
            }
        }
        Ok(())
    }

    /// What others would have said, when it is something else.
    fn plain_lines(
        &self,
        reply: &Reply,
        explained: &Explained<'_>,
        names: &LinkNames,
        lines: &mut Lines<'_>,
    ) -> io::Result<()> {
        let way = |reply: &Reply| match &reply.resolved {
            Ok(way) => Ok((way.kind, way.oif, way.gateway)),
            Err(errno) => Err(*errno),
        };
        if let Some(plain) = self.plain.and_then(|plain| plain.data())
            && way(plain) != way(reply)
        {
            let words = match &plain.resolved {
                Ok(way) => {
                    let dev = names.name(way.oif);
                    format!("{}, table {}", hop_words(&dev.0, way.gateway), table(way.table))
                }
                Err(errno) => refused(*errno, &meaning(*errno, None, false)),
            };
            let from = source(reply).map(|_| "--from".to_owned());
            let asked: Vec<String> = from.into_iter().chain(with(&reply.question)).collect();
            let words = format!("without {}: {words}", asked.join(", "));
            lines.marked("PLAIN", Some(Severity::Info), &words)?;
        }
        match explained.in_main.as_ref().filter(|main| !main.agrees_with(reply)) {
            Some(main) => lines.marked("MAIN", Some(Severity::Info), &main_words(main, names)),
            None => Ok(()),
        }
    }

    fn input_lines(
        &self,
        reply: &Reply,
        names: &LinkNames,
        lines: &mut Lines<'_>,
    ) -> io::Result<()> {
        let leaves = reply.resolved.as_ref().is_ok_and(|way| way.kind != RouteKind::Local);
        if reply.question.flow.peer.ip.is_ipv6() && leaves {
            let words = "not tested: IPv6 has no reverse-path filter, and its look-up of what comes \
                         in succeeds by any device";
            return lines.say("COMING IN", words);
        }
        let Some(inputs) = self.inputs else { return Ok(()) };
        shortcomings(lines.out, "way in", inputs, lines.style)?;
        let mut title = "COMING IN";
        for incoming in self.incoming(reply, names).into_iter().flatten() {
            let words = incoming.words();
            if incoming.is_accepted() {
                lines.say(title, &words)?;
            } else {
                lines.marked(title, Some(Severity::Warning), &words)?;
            }
            title = "";
        }
        Ok(())
    }
}

fn why_lines(
    reply: &Reply,
    explained: &Explained<'_>,
    names: &LinkNames,
    lines: &mut Lines<'_>,
) -> io::Result<()> {
    match &explained.why {
        Ok(why) => {
            if let Some(rule) = why.rule {
                lines.say("RULE", &rule_words(rule))?;
            }
            if let Some(Refusal::Route { route, .. }) = why.refusal {
                lines.say("TABLE", &table(route.table))?;
                let made = protocol_name(route.protocol);
                let prefix = destination(route.destination);
                lines.say("ENTRY", &format!("{} {prefix}, made by {made}", route.kind.name()))?;
            }
        }
        Err(because) => lines.say("RULE", &format!("not known: {because}"))?,
    }
    let Ok(way) = &reply.resolved else { return Ok(()) };
    if way.kind != RouteKind::Local && way.table != 0 {
        lines.say("TABLE", &table(way.table))?;
    }
    let words = match &reply.matched {
        Some(entry) => entry_words(entry),
        // Only with a device in the question can an answer have no entry.
        None if reply.question.oif != 0 && way.gateway.is_none() => {
            format!("none: the peer is taken to be on {}", foreign(&names.name(way.oif).0))
        }
        None => "not told by this kernel (before 4.13)".to_owned(),
    };
    lines.say("ENTRY", &words)
}

/// Selectors of the question that are no addresses.
fn with(question: &ReplyQuestion) -> Vec<String> {
    let port = question.flow.local.port;
    let with = [
        (port != 0).then(|| format!("port {port}")),
        (question.mark != 0).then(|| format!("mark {:#x}", question.mark)),
        question.uid.map(|uid| format!("uid {uid}")),
    ];
    with.into_iter().flatten().collect()
}

fn next_hop(reply: &Reply, route: &ResolvedRoute) -> String {
    let peer = reply.question.flow.peer.ip;
    let words = match route.gateway {
        // IPv4 gives the target of a redirect as a gateway.
        Some(gateway) if gateway == peer => format!("{peer} itself"),
        Some(gateway) => format!("{gateway}, a gateway"),
        None => format!("{peer} itself, no gateway"),
    };
    if route.kind == RouteKind::Unicast {
        words
    } else {
        format!("{words} ({})", route.kind.name())
    }
}

fn hop_words(dev: &str, gateway: Option<IpAddr>) -> String {
    let way = gateway.map_or_else(|| "no gateway".to_owned(), |ip| format!("gateway {ip}"));
    format!("{}, {way}", foreign(dev))
}

fn main_words(in_main: &InMain<'_>, names: &LinkNames) -> String {
    let hops = in_main.next_hops.iter();
    let hops: Vec<String> =
        hops.map(|hop| hop_words(&names.name(hop.ifindex).0, hop.gateway)).collect();
    format!("table main alone: {} ({})", hops.join(" or "), destination(in_main.route.destination))
}

fn table(number: u32) -> String {
    table_name(number).map_or_else(|| number.to_string(), ToOwned::to_owned)
}

fn rule_words(rule: &Rule) -> String {
    format!("{}: {} {}", rule.priority, words::selectors(rule), words::action(rule))
}

fn entry_words(entry: &MatchedRoute) -> String {
    let mut words = destination(entry.prefix);
    words = format!("{words}, made by {}", protocol_name(entry.protocol));
    if entry.next_hop_count > 1 {
        words = format!("{words}, {} next hops", entry.next_hop_count);
    }
    if let Some(left) = entry.expires_s {
        words = format!("{words}, expires in {left} s");
    }
    words
}

fn refused(errno: RouteErrno, meaning: &str) -> String {
    match errno.name() {
        "errno" => format!("errno {}: {meaning}", errno.0),
        name => format!("{name}: {meaning}"),
    }
}
