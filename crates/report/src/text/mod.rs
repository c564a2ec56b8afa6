//! The report for a terminal or a plain file.

pub(crate) mod connections;
pub(crate) mod finding;
mod pieces;

use std::fmt::Write as _;

use synrecv_model::{
    CheckOutcome, Command, Connection, Finding, NotChecked, Observation, Question, Severity,
    SourceKind, Status, Text, WallClock, text,
};

use crate::clock::Utc;
use crate::escape::{command, foreign, plain};
use crate::layout::wrap;
use crate::{PROGRAM, Report, Style, VERSION, capture, ladder};

/// Mark and words of a severity.
pub(crate) fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Problem => "x",
        Severity::Warning => "!",
        Severity::Info => "i",
    }
}

/// RFC 3339 in UTC with whole seconds.
pub(crate) fn time(at: WallClock) -> String {
    let Some(Utc { year, month, day, hour, minute, second, .. }) = Utc::new(at) else {
        return "unknown time".to_owned();
    };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// How long was watched, in words.
pub(crate) fn watched(observation: &Observation) -> String {
    let seconds = observation.ended.plus_ms(500).ms_since(observation.started) / 1000;
    if observation.sample_count < 2 {
        "one look".to_owned()
    } else if observation.interrupted {
        format!("observed {seconds} s (interrupted)")
    } else {
        format!("observed {seconds} s")
    }
}

/// The whole report.
pub fn render(report: &Report<'_>, style: Style) -> String {
    let mut out = String::new();
    if style.verbosity < 0 {
        verdict(&mut out, report, style);
        return out;
    }
    header(&mut out, report, style);
    out.push('\n');
    verdict(&mut out, report, style);
    let (told, brief) = split(report);
    if told.is_empty() && report.diagnosis.verdict.stuck_count == 0 {
        reassurance(&mut out, report, style);
    }
    for (at, finding) in told.iter().enumerate() {
        if at > 0 {
            headline(&mut out, finding, style);
        }
        finding::block(&mut out, finding, report, style);
    }
    pieces::section(&mut out, report, style);
    let told_of = |connection: &Connection| {
        told.iter().any(|finding| connection.findings.first() == Some(&finding.id))
    };
    let title = if told.is_empty() { "STUCK CONNECTIONS" } else { "OTHER STUCK CONNECTIONS" };
    connections::stuck(&mut out, title, report, |connection| !told_of(connection), style);
    handshake(&mut out, report, style);
    captured(&mut out, report, style);
    let asks = !report.diagnosis.questions.is_empty();
    if asks || report.diagnosis.verdict.status == Status::Unexplained {
        what_to_bring(&mut out, report, style);
    }
    finding::also_seen(&mut out, brief, style);
    namespaces(&mut out, report, style);
    listeners(&mut out, report, style);
    not_checked(&mut out, report, style);
    checks(&mut out, report, style);
    footer(&mut out, told.first().map(|finding| finding.id), style);
    out
}

/// Findings told in full: the leading one, and every other above `info`. The rest is told briefly.
pub(crate) fn split<'a>(report: &Report<'a>) -> (&'a [Finding], &'a [Finding]) {
    let findings = &report.diagnosis.findings;
    let leading = usize::from(
        findings.first().is_some_and(|first| report.diagnosis.verdict.finding == Some(first.id)),
    );
    let major = findings.iter().take_while(|finding| finding.severity > Severity::Info).count();
    findings.split_at(leading.max(major))
}

/// The first line of a finding that does not lead.
fn headline(out: &mut String, finding: &Finding, style: Style) {
    let bare = mark(finding.severity);
    let painted = style.paint.severity(finding.severity, bare);
    let sentence = capital(&format!("{}.", plain(&finding.headline)));
    out.push('\n');
    out.push_str(&wrap(&format!("{bare}  "), &sentence, style.width).replacen(bare, &painted, 1));
}

fn header(out: &mut String, report: &Report<'_>, style: Style) {
    let host = &report.facts.host;
    let watched = watched(report.observation);
    let facts = report.facts;
    let asked = facts.probed.data().is_some_and(|probed| !probed.is_empty())
        || facts.traces.data().is_some_and(|traces| !traces.is_empty());
    let touched = if asked { "asked the network (--probe)" } else { "read-only" };
    let rights = if host.uid == 0 { touched.to_owned() } else { format!("{touched}  NOT ROOT") };
    // A reader must not take an old recording for the state of his host.
    let recorded = if report.facts.source == SourceKind::Bundle { "recording of " } else { "" };
    let ticket = report.facts.source == SourceKind::Ticket;
    let words = match capture::file(report) {
        _ if ticket => pieces::header(report),
        Some((name, length)) => format!(
            "{PROGRAM} {VERSION}  capture {}  {}  {length}",
            foreign(&name.0),
            time(host.started_at),
        ),
        None => format!(
            "{PROGRAM} {VERSION}  {recorded}host {}  {}  kernel {}  {watched}  {rights}",
            foreign(&host.name.0),
            time(host.started_at),
            foreign(&host.kernel.0),
        ),
    };
    let mut line = String::new();
    for part in words.split("  ") {
        if !line.is_empty() && line.chars().count() + part.len() + 2 > style.width {
            let _ = writeln!(out, "{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(part);
    }
    let _ = writeln!(out, "{line}");
}

fn verdict(out: &mut String, report: &Report<'_>, style: Style) {
    let verdict = &report.diagnosis.verdict;
    let (bare, painted) = match verdict.status {
        Status::Problem => ("x", style.paint.severity(Severity::Problem, "x")),
        Status::Warning => ("!", style.paint.severity(Severity::Warning, "!")),
        Status::Unexplained => ("?", style.paint.severity(Severity::Warning, "?")),
        Status::Ok if verdict.finding.is_some() => ("i", style.paint.severity(Severity::Info, "i")),
        Status::Ok => ("+", style.paint.good("+")),
        Status::Idle => ("?", style.paint.dim("?")),
    };
    let sentence = capital(&format!("{}.", plain(&verdict.summary)));
    out.push_str(&wrap(&format!("{bare}  "), &sentence, style.width).replacen(bare, &painted, 1));
}

/// The first letter of a sentence in upper case.
pub(crate) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The frames of one connection, where they were asked for.
fn handshake(out: &mut String, report: &Report<'_>, style: Style) {
    if style.verbosity < 1 && report.peer.is_none() {
        return;
    }
    if let Some((capture, handshake)) = ladder::chosen(report) {
        let _ = writeln!(out, "\n{}", style.paint.heading(&ladder::title(handshake)));
        out.push_str(&ladder::render(capture, handshake, style.width));
    }
}

/// What the capture was.
fn captured(out: &mut String, report: &Report<'_>, style: Style) {
    let notes = capture::notes(report, style.verbosity > 0);
    if !notes.is_empty() {
        let _ = writeln!(out, "\n{}", style.paint.heading("CAPTURE"));
    }
    for note in notes {
        out.push_str(&wrap(" i  ", &plain(&note), style.width));
    }
}

fn namespaces(out: &mut String, report: &Report<'_>, style: Style) {
    if !report.diagnosis.namespaces.is_empty() {
        let _ = writeln!(out, "\n{}", style.paint.heading("OTHER NETWORK NAMESPACES"));
    }
    for namespace in &report.diagnosis.namespaces {
        let words = format!(
            "{} in SYN_RECV in the network namespace of {} (pid {}): --netns {}",
            namespace.syn_recv_count,
            foreign(&namespace.comm.0),
            namespace.pid,
            namespace.pid,
        );
        out.push_str(&wrap(" i  ", &words, style.width));
    }
}

/// Listeners shown among the good news.
const QUEUES_SHOWN: usize = 6;

/// The numbers that good news rests on.
fn reassurance(out: &mut String, report: &Report<'_>, style: Style) {
    let diagnosis = report.diagnosis;
    let queues: Vec<String> = diagnosis
        .listeners
        .iter()
        .take(QUEUES_SHOWN)
        .map(|listener| {
            let max =
                listener.accept_queue_max_count.map_or_else(String::new, |max| format!("/{max}"));
            format!("{} {}{max}", listener.local, listener.accept_queue_count)
        })
        .collect();
    if !queues.is_empty() {
        let more = match diagnosis.listeners.len().saturating_sub(QUEUES_SHOWN) {
            0 => String::new(),
            more => format!(", {more} more"),
        };
        let words = format!("{}{more}", queues.join(", "));
        out.push_str(&wrap("   accept queues  ", &words, style.width));
    }
    if let (Some(delta), Some(total)) = (diagnosis.overflow_delta, diagnosis.overflow_total) {
        let words = format!("ListenOverflows +{delta} ({total} since this namespace was made)");
        out.push_str(&wrap("   overflows      ", &words, style.width));
    }
}

/// What decides when nothing that is known explains the rows.
pub(crate) fn deciding_steps(report: &Report<'_>) -> Vec<Text> {
    if !report.diagnosis.questions.is_empty() {
        let step =
            |question: &Question| text![question.decides.clone(), ": ", question.command.clone()];
        return report.diagnosis.questions.iter().map(step).collect();
    }
    let Some(first) = report
        .diagnosis
        .connections
        .iter()
        .find(|connection| connection.is_stuck() && connection.findings.is_empty())
    else {
        return capture::deciding_steps(report);
    };
    let port = first.flow.local.port;
    let capture = match report.facts.source {
        // At the place where frames still have their destination.
        SourceKind::Capture => text![
            "a capture on the device of the server while it happens: ",
            Command(format!("tcpdump -eni DEVICE -w server.pcap 'tcp port {port} or arp or icmp'")),
        ],
        _ => text![
            "a capture on this host while it happens: ",
            Command(format!("tcpdump -eni any -c 200 'tcp port {port}'")),
        ],
    };
    vec![
        capture,
        text![
            "the listener's queue and drops, twice: ",
            Command(format!("ss -ltnm 'sport = :{port}'")),
        ],
        text!["counters, twice: ", Command("nstat -az".to_owned())],
        text![
            "the firewall with counters: ",
            Command("nft list ruleset; iptables -L -v -n".to_owned()),
        ],
    ]
}

fn what_to_bring(out: &mut String, report: &Report<'_>, style: Style) {
    let questions = &report.diagnosis.questions;
    if !questions.is_empty() {
        let _ = writeln!(out, "\n{}", style.paint.heading("ASK FOR, those that decide most first"));
        for (at, question) in questions.iter().enumerate() {
            let why = capital(&plain(&question.decides));
            out.push_str(&wrap(&format!("{:>2} ", at + 1), &why, style.width));
            // Not broken: it is to be copied.
            let _ = writeln!(out, "      {}", command(&question.command.0));
        }
        return;
    }
    for (at, step) in deciding_steps(report).iter().enumerate() {
        if at == 0 {
            let _ = writeln!(out, "\n{}", style.paint.heading("WHAT WOULD DECIDE"));
        }
        out.push_str(&wrap(&format!(" {} ", at + 1), &plain(step), style.width));
    }
}

fn listeners(out: &mut String, report: &Report<'_>, style: Style) {
    if style.verbosity < 1 || report.diagnosis.listeners.is_empty() {
        return;
    }
    connections::listeners(out, report, style);
}

/// What was not checked: all that lacked the same together, in order of the first of them.
pub(crate) fn unchecked<'a>(report: &Report<'a>) -> Vec<(Vec<&'static str>, &'a NotChecked)> {
    let mut groups: Vec<(Vec<&'static str>, &NotChecked)> = Vec::new();
    for missing in &report.diagnosis.not_checked {
        let same = |one: &NotChecked| one.reason == missing.reason && one.detail == missing.detail;
        match groups.iter_mut().find(|(_, first)| same(first)) {
            Some((checks, _)) => checks.push(missing.check),
            None => groups.push((vec![missing.check], missing)),
        }
    }
    groups
}

fn not_checked(out: &mut String, report: &Report<'_>, style: Style) {
    if report.diagnosis.not_checked.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.paint.heading("NOT CHECKED"));
    for (checks, missing) in unchecked(report) {
        let checks = checks.join(", ");
        let words = format!("{checks} ({}): {}", missing.reason.word(), plain(&missing.detail));
        out.push_str(&wrap(" ?  ", &words, style.width));
    }
}

fn checks(out: &mut String, report: &Report<'_>, style: Style) {
    let checks = &report.diagnosis.checks;
    let ruled_out: Vec<_> = checks
        .iter()
        .filter_map(|check| match &check.outcome {
            CheckOutcome::RuledOut(because) => Some((check.id, because)),
            _ => None,
        })
        .collect();
    if !ruled_out.is_empty() {
        let _ = writeln!(out, "\n{}", style.paint.heading("RULED OUT"));
        for (id, because) in ruled_out {
            out.push_str(&wrap(" -  ", &format!("{id}: {}", plain(because)), style.width));
        }
    }
    let passed: Vec<&str> = checks
        .iter()
        .filter(|check| check.outcome == CheckOutcome::Pass)
        .map(|check| check.id)
        .collect();
    if !passed.is_empty() {
        let list =
            if style.verbosity > 0 { format!(": {}", passed.join(", ")) } else { String::new() };
        let noun = if passed.len() == 1 { "check" } else { "checks" };
        let hint = if style.verbosity > 0 { "" } else { " (-v lists them)" };
        out.push('\n');
        let words = format!("{} {noun} passed{hint}{list}", passed.len());
        out.push_str(&wrap(" +  ", &words, style.width));
    }
}

fn footer(out: &mut String, finding: Option<&str>, style: Style) {
    let Some(id) = finding else { return };
    let words = format!("explain: {PROGRAM} explain {id}");
    let ticket = "ticket: --output report.md --output report.json";
    out.push('\n');
    if words.len() + ticket.len() + 6 <= style.width {
        let _ = writeln!(out, "{words}      {ticket}");
    } else {
        let _ = writeln!(out, "{words}\n{ticket}");
    }
}
