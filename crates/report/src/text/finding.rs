//! Findings as text: the cause, the evidence, what to do.

use std::fmt::Write as _;

use synrecv_model::{Connection, Evidence, Finding, order};

use super::{capital, connections, mark};
use crate::escape::{command, plain};
use crate::layout::wrap;
use crate::{Report, Style};

/// Cause, evidence, connections and what to do.
pub(super) fn block(out: &mut String, finding: &Finding, report: &Report<'_>, style: Style) {
    let cause = format!("Cause: {}.", plain(&finding.summary));
    out.push_str(&wrap("   ", &cause, style.width));
    let what = format!(
        "Finding {} ({}, {}).{}",
        finding.id,
        finding.severity.name(),
        finding.confidence.name(),
        extent(finding, report),
    );
    out.push_str(&wrap("   ", &what, style.width));
    evidence(out, "EVIDENCE", &finding.evidence, style);
    evidence(out, "SPEAKS AGAINST IT", &finding.against, style);
    if style.verbosity > 0 {
        let _ = writeln!(out, "\n{}", style.paint.heading("WOULD DISPROVE IT"));
        for fact in &finding.disproved_by {
            out.push_str(&wrap(" -  ", fact, style.width));
        }
    }
    let own = |connection: &Connection| connection.findings.first() == Some(&finding.id);
    connections::stuck(out, "STUCK CONNECTIONS", report, own, style);
    actions(out, finding, style);
    if !finding.explains.is_empty() {
        let _ = writeln!(out, "\n{}", style.paint.heading("EXPLAINED BY IT"));
        explained(out, &finding.explains, style);
    }
}

/// What the same connections look like on their own: their ids; with `-v` a line each. They carry no
/// mark, because they are no further faults.
fn explained(out: &mut String, nested: &[Finding], style: Style) {
    let named = |finding: &Finding| format!("{} ({})", finding.id, finding.confidence.name());
    if style.verbosity < 1 {
        let ids: Vec<String> = nested.iter().map(named).collect();
        out.push_str(&wrap(" -  ", &ids.join(", "), style.width));
        return;
    }
    for finding in nested {
        let words = format!("{}: {}", named(finding), plain(&finding.summary));
        out.push_str(&wrap(" -  ", &words, style.width));
    }
}

/// How far it reaches: clients, and listeners that have nothing stuck.
pub(crate) fn extent(finding: &Finding, report: &Report<'_>) -> String {
    let connections = &report.diagnosis.connections;
    let peers = order::set(finding.affected.iter().map(|&index| connections[index].flow.peer.ip));
    if peers.is_empty() {
        return String::new();
    }
    let stuck = connections.iter().filter(|connection| connection.is_stuck());
    let stuck = order::set(stuck.map(|connection| connection.flow.local.port));
    let ports = report.diagnosis.listeners.iter().map(|listener| listener.local.port);
    let fine = order::set(ports.filter(|port| !stuck.contains(port)));
    let clients = if peers.len() == 1 { "client" } else { "clients" };
    let others = match fine.len() {
        0 => String::new(),
        1..=4 => {
            let ports: Vec<String> = fine.iter().map(|port| format!(":{port}")).collect();
            format!(" Nothing is stuck on {}.", ports.join(" "))
        }
        many => format!(" Nothing is stuck on {many} other ports."),
    };
    format!(" {} {clients}.{others}", peers.len())
}

fn evidence(out: &mut String, title: &str, pieces: &[Evidence], style: Style) {
    if pieces.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.paint.heading(title));
    for (at, piece) in pieces.iter().enumerate() {
        let first = format!("{:2} {:<8} ", at + 1, piece.origin.name());
        out.push_str(&wrap(&first, &plain(&piece.text), style.width));
        if style.verbosity > 0 {
            for recheck in &piece.recheck {
                let _ = writeln!(out, "{:12}$ {}", "", command(&recheck.0));
            }
        }
    }
}

/// What to do, in order.
fn actions(out: &mut String, finding: &Finding, style: Style) {
    if finding.actions.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.paint.heading("WHAT TO DO"));
    for (at, action) in finding.actions.iter().enumerate() {
        let words = format!("{} [{}]", capital(&plain(&action.text)), action.label.name());
        out.push_str(&wrap(&format!(" {} ", at + 1), &words, style.width));
        for line in &action.commands {
            let _ = writeln!(out, "      {}", command(&line.0));
        }
        if !action.verify.is_empty() {
            let words = format!("then: {}", plain(&action.verify));
            out.push_str(&wrap("   ", &words, style.width));
        }
    }
}

/// Findings worth a line.
pub(super) fn also_seen(out: &mut String, findings: &[Finding], style: Style) {
    if findings.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.paint.heading("ALSO SEEN"));
    for finding in findings {
        brief(out, finding, style);
        for nested in &finding.explains {
            brief(out, nested, style);
        }
        if style.verbosity > 0 {
            for piece in &finding.evidence {
                let words = format!("{}: {}", piece.origin.name(), plain(&piece.text));
                out.push_str(&wrap("      ", &words, style.width));
            }
        }
    }
}

fn brief(out: &mut String, finding: &Finding, style: Style) {
    let bare = mark(finding.severity);
    let mut words =
        format!("{} ({}): {}", finding.id, finding.confidence.name(), plain(&finding.summary));
    if !finding.affected.is_empty() {
        let noun = if finding.affected.len() == 1 { "connection" } else { "connections" };
        let _ = write!(words, "; {} {noun}", finding.affected.len());
    }
    let painted = style.paint.severity(finding.severity, bare);
    out.push_str(&wrap(&format!(" {bare}  "), &words, style.width).replacen(bare, &painted, 1));
}
