//! Findings in full and in short.

use std::fmt::Write as _;

use synrecv_model::{Action, Evidence, Finding};

use super::blocks::{Align, Head, table};
use super::inline::{Place, code, text};
use crate::escape::command;
use crate::text::capital;

/// The first line of a finding that does not lead.
pub(super) fn headline(finding: &Finding) -> String {
    let sentence = capital(&text(&finding.headline, Place::Prose));
    format!(
        "\n---\n\n**{sentence}** ({}, {}, {})\n",
        finding.id,
        finding.severity.name(),
        finding.confidence.name()
    )
}

/// Evidence, counter-evidence, what to do, what would disprove it, and what it explains.
pub(super) fn block(finding: &Finding, rows_max: usize) -> String {
    let mut out = evidence("Evidence", &finding.evidence);
    out.push_str(&evidence("Speaks against it", &finding.against));
    out.push_str(&actions(&finding.actions));
    if !finding.disproved_by.is_empty() {
        out.push_str("\n**Would disprove it**\n\n");
        for fact in &finding.disproved_by {
            let _ = writeln!(out, "- {}", text(&(*fact).into(), Place::Prose));
        }
    }
    let explained: Vec<&Finding> = finding.explains.iter().collect();
    out.push_str(&others("Explained by it", &explained, rows_max));
    out
}

fn evidence(title: &str, pieces: &[Evidence]) -> String {
    if pieces.is_empty() {
        return String::new();
    }
    let heads = [Head("#", Align::Right), Head("fact", Align::Left), Head("from", Align::Left)];
    let rows: Vec<[String; 3]> = pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| {
            let number = (at + 1).to_string();
            [number, text(&piece.text, Place::Cell), piece.origin.name().to_owned()]
        })
        .collect();
    format!("\n**{title}**\n\n{}", table(heads, &rows, usize::MAX))
}

fn actions(actions: &[Action]) -> String {
    let mut out = String::new();
    for (at, action) in actions.iter().enumerate() {
        if at == 0 {
            out.push_str("\n**What to do**\n\n");
        }
        let sentence = capital(&text(&action.text, Place::Prose));
        let _ = writeln!(out, "{}. {sentence} ({})", at + 1, action.label.name());
        for line in &action.commands {
            let _ = writeln!(out, "   - {}", code(&command(&line.0), Place::Prose));
        }
        if !action.verify.is_empty() {
            let _ = writeln!(out, "   - then: {}", text(&action.verify, Place::Prose));
        }
    }
    out
}

/// Findings in short under a title, each with what it explains.
pub(super) fn others(title: &str, findings: &[&Finding], rows_max: usize) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut out = format!("\n**{title}**\n\n");
    listed(&mut out, findings, rows_max, "");
    out
}

fn listed(out: &mut String, findings: &[&Finding], rows_max: usize, indent: &str) {
    for finding in findings.iter().take(rows_max) {
        let _ = writeln!(out, "{indent}- {}", brief(finding));
        let nested: Vec<&Finding> = finding.explains.iter().collect();
        listed(out, &nested, rows_max, &format!("{indent}  "));
    }
    if findings.len() > rows_max {
        let _ = writeln!(out, "{indent}- {} more", findings.len() - rows_max);
    }
}

fn brief(finding: &Finding) -> String {
    let mut out = format!(
        "**{}** ({}, {}): {}",
        finding.id,
        finding.severity.name(),
        finding.confidence.name(),
        text(&finding.summary, Place::Prose),
    );
    if !finding.affected.is_empty() {
        let noun = if finding.affected.len() == 1 { "connection" } else { "connections" };
        let _ = write!(out, "; {} {noun}", finding.affected.len());
    }
    out
}
