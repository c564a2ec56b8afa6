//! The report for a ticket: GitHub-flavoured Markdown that other trackers show as well.

mod blocks;
mod finding;
mod inline;
mod picture;
mod raw;
mod tables;

use std::fmt::Write as _;

use synrecv_model::{CheckOutcome, Finding, SourceKind, Status};

use self::blocks::{details, fenced};
use self::inline::{Place, foreign, text};
use self::picture::Picture;
use crate::text::{self as plain_text, capital};
use crate::{PROGRAM, Report, VERSION, capture, json, ladder};

/// Characters that the report may have. GitHub takes 65,536 in a comment.
pub const CHARACTERS_MAX: usize = 60_000;

/// Rows kept in each table of a report that would be too long otherwise.
const ROWS_KEPT: usize = 20;

/// Columns of the frames of a handshake.
const LADDER_WIDTH: usize = 80;

/// What is left out of a report that would be too long, in this order. The verdict, the evidence
/// of the leading finding and what was not checked always stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    Nothing,
    RawFacts,
    PassedChecks,
    Rows,
    Findings,
}

impl Cut {
    const ALL: [Self; 5] =
        [Self::Nothing, Self::RawFacts, Self::PassedChecks, Self::Rows, Self::Findings];

    fn rows_max(self) -> usize {
        if self >= Self::Rows { ROWS_KEPT } else { usize::MAX }
    }

    /// Findings told in full.
    fn findings_max(self) -> usize {
        if self >= Self::Findings { 1 } else { self.rows_max() }
    }

    /// What is missing, for the reader.
    fn note(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::RawFacts => Some("raw facts"),
            Self::PassedChecks => Some("raw facts and the names of passed checks"),
            Self::Rows => {
                Some("raw facts, the names of passed checks, and rows beyond 20 of each table")
            }
            Self::Findings => Some(
                "raw facts, the names of passed checks, rows beyond 20 of each table, and the \
                 evidence of findings after the first",
            ),
        }
    }
}

/// The whole report, within [`CHARACTERS_MAX`].
pub fn render(report: &Report<'_>) -> String {
    let mut whole = String::new();
    for cut in Cut::ALL {
        whole = document(report, cut);
        if whole.chars().count() <= CHARACTERS_MAX {
            break;
        }
    }
    whole
}

fn document(report: &Report<'_>, cut: Cut) -> String {
    let mut out = String::new();
    let (told, brief) = plain_text::split(report);
    let (told, briefer) = told.split_at(told.len().min(cut.findings_max()));
    heading(&mut out, report);
    place_and_time(&mut out, report);
    if let Some(left_out) = cut.note() {
        let _ = writeln!(
            out,
            "\nLeft out to stay within {CHARACTERS_MAX} characters: {left_out}. The JSON report has \
             them."
        );
    }
    for (at, finding) in told.iter().enumerate() {
        if at > 0 {
            out.push_str(&finding::headline(finding));
        }
        cause(&mut out, finding, report);
        if at == 0
            && let Some(picture) = Picture::of(finding, report)
        {
            let _ = write!(out, "\n{}\n{}", picture.mermaid(), picture.twin());
        }
        out.push_str(&finding::block(finding, cut.rows_max()));
    }
    if report.diagnosis.verdict.status == Status::Unexplained {
        would_decide(&mut out, report);
    }
    let rest: Vec<&Finding> = briefer.iter().chain(brief).collect();
    out.push_str(&finding::others("Also seen", &rest, cut.rows_max()));
    captured(&mut out, report);
    namespaces(&mut out, report, cut);
    checks(&mut out, report, cut);
    out.push_str(&tables::stuck(report, cut.rows_max()));
    handshake(&mut out, report);
    out.push_str(&tables::listeners(report, cut.rows_max()));
    if cut < Cut::RawFacts {
        out.push_str(&raw::facts(report, cut.rows_max()));
    }
    footer(&mut out, told.first());
    out
}

fn heading(out: &mut String, report: &Report<'_>) {
    let verdict = &report.diagnosis.verdict;
    let _ = write!(out, "### {PROGRAM}: {}", text(&verdict.summary, Place::Prose));
    match (verdict.finding, verdict.confidence) {
        (Some(id), Some(confidence)) => {
            let _ = writeln!(out, " ({id}, {})", confidence.name());
        }
        _ => out.push('\n'),
    }
}

fn place_and_time(out: &mut String, report: &Report<'_>) {
    let host = &report.facts.host;
    if let Some((name, length)) = capture::file(report) {
        let (name, at) = (foreign(&name.0, Place::Prose), plain_text::time(host.started_at));
        let _ = writeln!(out, "\nCapture {name}, {at}, {length}, {PROGRAM} {VERSION}.");
        return;
    }
    let _ = write!(
        out,
        "\n{}, {}, {}, kernel {}, {PROGRAM} {VERSION}.",
        foreign(&host.name.0, Place::Prose),
        plain_text::time(host.started_at),
        plain_text::watched(report.observation),
        foreign(&host.kernel.0, Place::Prose),
    );
    if report.facts.source == SourceKind::Live {
        out.push_str(" Read only: nothing on the host was changed.");
        if host.uid != 0 {
            out.push_str(" Not root: see what was not checked.");
        }
    }
    out.push('\n');
}

fn cause(out: &mut String, finding: &Finding, report: &Report<'_>) {
    let extent = plain_text::finding::extent(finding, report);
    let summary = text(&finding.summary, Place::Prose);
    let _ = writeln!(out, "\n**Cause:** {}.{extent}", capital(&summary));
}

fn would_decide(out: &mut String, report: &Report<'_>) {
    for (at, step) in plain_text::deciding_steps(report).iter().enumerate() {
        if at == 0 {
            out.push_str("\n**What would decide**\n\n");
        }
        let _ = writeln!(out, "{}. {}", at + 1, text(step, Place::Prose));
    }
}

fn namespaces(out: &mut String, report: &Report<'_>, cut: Cut) {
    let namespaces = &report.diagnosis.namespaces;
    if !namespaces.is_empty() {
        out.push_str("\n**Other network namespaces**\n\n");
    }
    for namespace in namespaces.iter().take(cut.rows_max()) {
        let _ = writeln!(
            out,
            "- {} in SYN_RECV in the namespace of {} (pid {}): `--netns {}`",
            namespace.syn_recv_count,
            foreign(&namespace.comm.0, Place::Prose),
            namespace.pid,
            namespace.pid,
        );
    }
    if namespaces.len() > cut.rows_max() {
        let _ = writeln!(out, "- {} more", namespaces.len() - cut.rows_max());
    }
}

fn checks(out: &mut String, report: &Report<'_>, cut: Cut) {
    let ruled_out = report.diagnosis.checks.iter().filter_map(|check| match &check.outcome {
        CheckOutcome::RuledOut(because) => Some((check.id, because)),
        _ => None,
    });
    for (at, (id, because)) in ruled_out.enumerate() {
        if at == 0 {
            out.push_str("\n**Ruled out**\n\n");
        }
        let _ = writeln!(out, "- {id}: {}", text(because, Place::Prose));
    }
    for (at, (checks, missing)) in plain_text::unchecked(report).into_iter().enumerate() {
        if at == 0 {
            out.push_str("\n**Not checked**\n\n");
        }
        let detail = text(&missing.detail, Place::Prose);
        let _ = writeln!(out, "- {} ({}): {detail}", checks.join(", "), missing.reason.word());
    }
    let passed: Vec<&str> = report
        .diagnosis
        .checks
        .iter()
        .filter(|check| check.outcome == CheckOutcome::Pass)
        .map(|check| check.id)
        .collect();
    if !passed.is_empty() {
        let noun = if passed.len() == 1 { "check" } else { "checks" };
        let names = if cut < Cut::PassedChecks {
            format!(": {}", passed.join(", "))
        } else {
            String::new()
        };
        let _ = writeln!(out, "\n{} {noun} passed{names}.", passed.len());
    }
}

/// What the capture was.
fn captured(out: &mut String, report: &Report<'_>) {
    for (at, note) in capture::notes(report, true).iter().enumerate() {
        if at == 0 {
            out.push_str("\n**Capture**\n\n");
        }
        let _ = writeln!(out, "- {}", text(note, Place::Prose));
    }
}

/// The frames of one connection.
fn handshake(out: &mut String, report: &Report<'_>) {
    if let Some((capture, handshake)) = ladder::chosen(report) {
        let lines = ladder::render(capture, handshake, LADDER_WIDTH);
        let content = format!("{}\n\n{lines}", ladder::title(handshake));
        let folded = details("Frames of one handshake", &fenced("text", content.trim_end()));
        let _ = write!(out, "\n{folded}");
    }
}

fn footer(out: &mut String, leading: Option<&Finding>) {
    let manual = leading.map_or_else(String::new, |finding| {
        format!("Manual of the finding: `{PROGRAM} explain {}`. ", finding.id)
    });
    let _ = writeln!(
        out,
        "\n{manual}The same for programs: `--format json` (`{}`). Addresses and names are real.",
        json::SCHEMA
    );
}
