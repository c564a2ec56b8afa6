//! The way as text.

use std::io::{self, Write};
use std::net::IpAddr;

use synrecv_model::{
    HopAnswer, HopSaid, LinkNames, PathTrace, Severity, TraceEnd, TraceMethod, TracedHop,
};

use super::TraceTable;
use super::first_hop::{FirstHop, Verdict};
use super::words::meaning;
use crate::Style;
use crate::escape::foreign;
use crate::layout::{Column, wrap};
use crate::table::columns::{Row, write_rows};
use crate::table::{counted, legend, or_none, shortcomings};

/// Silent hops in a row that are one line.
const RUN_MIN: usize = 3;

const COLUMNS: &[Column] = &[
    Column::right("HOP"),
    Column::left("ANSWERED BY"),
    Column::right("DELAY"),
    Column::right("TTL").optional(),
    Column::right("ASKED").optional(),
];

impl TraceTable<'_> {
    /// Writes the trace as text.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "trace", self.trace, style)?;
        if let Some(trace) = self.trace.data() {
            let first = FirstHop::new(trace, self.reply, self.neighbours);
            let names = self.names();
            let say = |out: &mut dyn Write, title: &str, words: &str| {
                out.write_all(wrap(&format!("{title:<11}"), words, style.width).as_bytes())
            };
            say(out, "TO", &to_words(trace))?;
            say(out, "FROM", &trace.source.to_string())?;
            say(out, "ROUTE", &route_words(&first, &names))?;
            let (severity, words) = first_words(&first, &names);
            let (sign, painted) = match severity {
                None => ("-", style.paint.dim("-")),
                Some(severity) => {
                    let sign = crate::text::mark(severity);
                    (sign, style.paint.severity(severity, sign))
                }
            };
            let lead = format!("{:<11}{sign} ", "FIRST HOP");
            let words = wrap(&lead, &words, style.width);
            out.write_all(
                words.replacen(&lead, &format!("{:<11}{painted} ", "FIRST HOP"), 1).as_bytes(),
            )?;
            writeln!(out)?;
            write_rows(out, COLUMNS, rows(trace, style.verbosity > 0), style)?;
            writeln!(out)?;
            legend(out, &end_words(trace), style)?;
            if let Some((from, routers)) = trace.circle() {
                let routers: Vec<String> = routers.iter().map(IpAddr::to_string).collect();
                let words = format!(
                    "Routing loop: from distance {from} on packets go round, by {}.",
                    routers.join(", ")
                );
                legend(out, &words, style)?;
            }
            if trace.unattributed_count > 0 {
                let answers = counted(trace.unattributed_count as usize, "answer", "answers");
                let words = format!(
                    "{answers} quoted too little to tell what they were for: asked again one by one.",
                );
                legend(out, &words, style)?;
            }
        }
        shortcomings(out, "route", self.reply, style)?;
        shortcomings(out, "neighbours", self.neighbours, style)?;
        shortcomings(out, "device names", self.links, style)
    }
}

fn to_words(trace: &PathTrace) -> String {
    let (target, method) = (trace.target, trace.method.name());
    match trace.ports {
        Some((local, peer)) => format!("{target}, {method} port {peer} from port {local}"),
        None => format!("{target}, {method} echo requests"),
    }
}

fn route_words(first: &FirstHop<'_>, names: &LinkNames) -> String {
    if first.verdict == Verdict::Local {
        return "an address of this host".to_owned();
    }
    let (Some(next), Some(oif)) = (first.next_hop, first.oif) else {
        return "not known".to_owned();
    };
    let dev = foreign(&names.name(oif).0);
    let mut words = if first.is_gateway {
        format!("via {next} on {dev}")
    } else {
        format!("{next} itself, on {dev}")
    };
    if first.is_shared {
        words.push_str(", one of several next hops");
    }
    match first.entry.map(|entry| (entry.mac, entry.state)) {
        Some((Some(mac), state)) => format!("{words}, MAC {mac} ({})", state.name()),
        Some((None, state)) => format!("{words}, no MAC ({})", state.name()),
        None => words,
    }
}

/// How the first hop and the route fit together.
fn first_words(first: &FirstHop<'_>, names: &LinkNames) -> (Option<Severity>, String) {
    let by = or_none(first.answered_by);
    let next = or_none(first.next_hop);
    let dev = first.oif.map_or_else(String::new, |oif| foreign(&names.name(oif).0));
    match first.verdict {
        Verdict::Equal if first.is_gateway => (None, format!("{by}, the gateway of the route")),
        Verdict::Equal => (None, format!("{by} itself: no router in between")),
        Verdict::SameMachine => (None, format!("{by}, which has the MAC of {next}")),
        Verdict::Other if first.is_gateway => {
            let words = format!(
                "the route says via {next}, {by} answered: another address of that router, or another \
                 machine that got the packet",
            );
            (Some(Severity::Info), words)
        }
        Verdict::Other => {
            let words = format!(
                "the route says that {next} itself is on {dev}, {by} answered: a router that takes \
                 what is sent to {next} (synrecv-doctor explain bad-netmask, proxy-arp)",
            );
            (Some(Severity::Warning), words)
        }
        Verdict::Silent => (None, "nobody answered".to_owned()),
        Verdict::Unresolved => {
            (Some(Severity::Warning), format!("this host itself says that {next} does not resolve"))
        }
        Verdict::Local => (None, "no packet leaves this host".to_owned()),
        Verdict::Unknown => match first.next_hop {
            Some(_) => {
                let words = format!(
                    "{by}: whether that is {next} cannot be told, a link-local address is not \
                     answered from",
                );
                (None, words)
            }
            None => (None, format!("{by}: the route is not known")),
        },
    }
}

fn rows(trace: &PathTrace, is_all: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let circle = trace.circle();
    let mut rest = &trace.hops[..];
    while let Some(hop) = rest.first() {
        let is_round = circle.as_ref().is_some_and(|&(from, _)| hop.distance >= from);
        let silent = rest.iter().take_while(|hop| hop.answers.is_empty()).count();
        let taken = if silent >= RUN_MIN && !is_all { silent } else { 1 };
        rows.push(if taken > 1 { silent_run(&rest[..taken]) } else { row(trace, hop, is_round) });
        rest = &rest[taken..];
    }
    rows
}

fn silent_run(hops: &[TracedHop]) -> Row {
    let distance = |hop: Option<&TracedHop>| hop.map_or(0, |hop| hop.distance);
    let asked = hops.iter().map(|hop| hop.asked_count).max().unwrap_or(0);
    let range = format!("{}-{}", distance(hops.first()), distance(hops.last()));
    Row::new(&[&range, &"-", &"-", &"-", &format_args!("{asked} each")])
}

fn row(trace: &PathTrace, hop: &TracedHop, is_round: bool) -> Row {
    let answer = hop.answers.first();
    let mut row = Row::new(&[
        &hop.distance,
        &or_none(answer.map(|answer| answer.from)),
        &or_none(answer.map(|answer| delay(answer.delay_us))),
        &or_none(answer.and_then(|answer| answer.ttl)),
        &hop.asked_count,
    ]);
    let Some(answer) = answer else { return row };
    if let Some(words) = remark(trace, answer) {
        row.remark(None, &words);
    }
    let mut others: Vec<IpAddr> = Vec::new();
    for other in hop.answers.iter().map(|answer| answer.from) {
        if other != answer.from && !others.contains(&other) {
            others.push(other);
            row.remark(Some(Severity::Info), &format!("{other} as well"));
        }
    }
    // Of packets that go round, the way back is shorter each time.
    if let Some(back) = hop.asymmetry().filter(|_| !is_round) {
        let hops = counted(back.into(), "hop", "hops");
        row.remark(Some(Severity::Info), &format!("came back over {hops} by its TTL"));
    }
    row
}

/// What is special about an answer; nothing about an ordinary router.
fn remark(trace: &PathTrace, answer: &HopAnswer) -> Option<String> {
    if answer.is_transit() {
        return None;
    }
    let is_target = answer.from == trace.target;
    let is_plain = match answer.said {
        // Nobody listens on the port, as it should be; and an echo.
        HopSaid::Icmp { kind: 3, code: 3 } => answer.from.is_ipv4(),
        HopSaid::Icmp { kind: 1, code: 4 } => answer.from.is_ipv6(),
        HopSaid::Icmp { kind: 0 | 129, .. } => true,
        _ => false,
    };
    Some(match (is_target, is_plain) {
        (true, true) => "the target".to_owned(),
        (true, false) => format!("the target: {}", meaning(answer)),
        (false, _) if answer.from == trace.source => {
            format!("this host itself: {}", meaning(answer))
        }
        (false, _) => meaning(answer),
    })
}

/// `0.31 ms`, `12.3 ms`, `310 ms`.
fn delay(us: u32) -> String {
    let ms = f64::from(us) / 1_000.0;
    let digits = match us {
        0..10_000 => 2,
        10_000..100_000 => 1,
        _ => 0,
    };
    format!("{ms:.digits$} ms")
}

fn end_words(trace: &PathTrace) -> String {
    let target = trace.target;
    let answered = |hop: &&TracedHop| !hop.answers.is_empty();
    let last = trace.hops.iter().rev().find(answered);
    let at = last.map_or(0, |hop| hop.distance);
    let sent = counted(trace.sent_count as usize, "packet", "packets");
    let other = match trace.method {
        TraceMethod::Udp => "tcp",
        TraceMethod::Icmp | TraceMethod::Tcp => "udp",
    };
    match trace.end {
        TraceEnd::Arrived => format!("{target} answered at distance {at}; {sent} sent."),
        TraceEnd::Refused => {
            let refusal =
                last.and_then(|hop| hop.answers.iter().find(|answer| !answer.is_transit()));
            let by = or_none(refusal.map(|answer| answer.from));
            let why = refusal.map_or_else(String::new, |answer| format!(" ({})", meaning(answer)));
            format!("{by} says at distance {at} that it goes no further{why}; {sent} sent.")
        }
        TraceEnd::Silent if at == 0 => format!(
            "Nobody answered; {sent} sent. Packets, or the answers to them, are lost at once; or all \
             on the way stay silent (try --method {other}).",
        ),
        TraceEnd::Silent => format!(
            "Nobody answered behind distance {at}; {sent} sent. Packets end there, or those behind \
             pass them on in silence (try --method {other}).",
        ),
        TraceEnd::TooFar => {
            format!("{target} is not within {} hops; {sent} sent.", trace.hops.len())
        }
    }
}
