//! The report as JSON: `synrecv-doctor/report/1`.
//!
//! These types are the promise, not the model: within version 1 fields are added, never removed,
//! renamed or re-typed.

mod connection;
mod facts;
mod finding;
mod layout;
mod moved;

use serde::Serialize;
use synrecv_model::{Foreign, ListenerView, PieceView, Question, WallClock};

use crate::clock::Utc;
use crate::escape::plain;
use crate::rows::{ProcessRow, known_uid};
use crate::{PROGRAM, Report, VERSION};

pub(crate) use layout::{Written, string, write};

pub use connection::{ConnectionJson, InJson, OutJson};
pub use facts::FactsJson;
pub use finding::{ActionJson, EvidenceJson, FindingJson, ValueJson};

/// Name and version of the report format.
pub const SCHEMA: &str = "synrecv-doctor/report/1";

/// Connections listed at most; `connections_total_count` holds the truth.
const CONNECTIONS_MAX: usize = 1_000;

/// The whole report.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportJson {
    /// `synrecv-doctor/report/1`.
    pub schema: &'static str,
    /// The program.
    pub tool: ToolJson,
    /// Where the facts came from.
    pub source: SourceJson,
    /// The answer.
    pub verdict: VerdictJson,
    /// Findings by severity, confidence, connections.
    pub findings: Vec<FindingJson>,
    /// What was not looked at.
    pub not_checked: Vec<NotCheckedJson>,
    /// Every check and how it ended.
    pub checks: Vec<CheckJson>,
    /// Requests, stuck ones first, oldest first; at most 1,000.
    pub connections: Vec<ConnectionJson>,
    /// Requests in all.
    pub connections_total_count: usize,
    /// Listeners, those with requests first.
    pub listeners: Vec<ListenerJson>,
    /// Other network namespaces with requests.
    pub namespaces: Vec<NamespaceJson>,
    /// Outputs that were found in a ticket; absent for other sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<PieceJson>,
    /// What would decide, to be run on the host; absent when nothing is open or the host is at hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionJson>,
    /// Facts that the evidence rests on.
    pub facts: FactsJson,
}

/// A command to run on the host.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuestionJson {
    /// The command.
    pub command: String,
    /// What its output decides.
    pub decides: String,
}

impl QuestionJson {
    fn new(question: &Question) -> Self {
        Self { command: question.command.0.clone(), decides: plain(&question.decides) }
    }
}

/// One output in a ticket.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PieceJson {
    /// First line, from 1.
    pub first_line: u32,
    /// Last line.
    pub last_line: u32,
    /// Tool: `netstat`, `ip-route`.
    pub kind: &'static str,
    /// Number of the host that it is of, from 1.
    pub host: u32,
    /// Name of that host in a prompt, or an address of it.
    pub host_name: Option<String>,
    /// Rows that were read.
    pub row_count: u32,
    /// Rows that could not be read.
    pub rejected_count: u32,
    /// Why rows are missing from it.
    pub cut: Option<&'static str>,
    /// What it cannot show, and what was repaired.
    pub notes: Vec<String>,
}

impl PieceJson {
    fn new(piece: &PieceView) -> Self {
        Self {
            first_line: piece.first_line,
            last_line: piece.last_line,
            kind: piece.kind,
            host: piece.host,
            host_name: piece.host_name.as_ref().map(|name| name.0.clone()),
            row_count: piece.row_count,
            rejected_count: piece.rejected_count,
            cut: piece.cut,
            notes: piece.notes.iter().map(plain).collect(),
        }
    }
}

/// The program.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolJson {
    /// Name.
    pub name: &'static str,
    /// Version.
    pub version: &'static str,
}

/// Where the facts came from.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceJson {
    /// `live`, `bundle`, `capture` or `ticket`.
    pub kind: &'static str,
    /// Host name.
    pub host: String,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Inode of the network namespace.
    pub netns: Option<String>,
    /// RFC 3339 UTC.
    pub started_at: Option<String>,
    /// Length of the observation.
    pub observed_ms: u64,
    /// Samples taken.
    pub sample_count: u32,
    /// Time between samples that was reached.
    pub sample_interval_ms: u64,
    /// Ended by the user before its time.
    pub interrupted: bool,
    /// Effective uid of the reader.
    pub uid: Option<u32>,
    /// The reader was root.
    pub privileged: bool,
    /// Where sockets were read.
    pub sockets_from: Option<&'static str>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerdictJson {
    /// `ok`, `idle`, `warning`, `problem` or `unexplained`.
    pub status: &'static str,
    /// `path`, `local`, `output`, `flood`, `refused`, `outside`, or `null`.
    pub class: Option<&'static str>,
    /// Id of the leading finding.
    pub finding: Option<&'static str>,
    /// `confirmed`, `likely` or `possible`.
    pub confidence: Option<&'static str>,
    /// Requests whose reading is not `too-early`.
    pub stuck_count: usize,
    /// The answer as a sentence; can change at any time.
    pub summary: String,
}

/// Something that was not looked at.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotCheckedJson {
    /// Id of the check, or the name of the part.
    pub check: &'static str,
    /// `needs-root`, `needs-module`, `not-in-input` …
    pub reason: &'static str,
    /// What exactly.
    pub detail: String,
}

/// A check and how it ended.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckJson {
    /// Id.
    pub id: &'static str,
    /// `pass`, `finding`, `ruled-out` or `not-checked`.
    pub result: &'static str,
    /// By what it was ruled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A listener.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListenerJson {
    /// Address and port.
    pub local: String,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Connections completed and not accepted.
    pub accept_queue_count: u32,
    /// Limit of the accept queue.
    pub accept_queue_max_count: Option<u32>,
    /// Requests in the last sample.
    pub syn_recv_count: usize,
    /// Packets dropped since it was made.
    pub drops_count: Option<u32>,
    /// Packets dropped during the observation.
    pub drops_delta_count: Option<u32>,
    /// The first process that holds it.
    pub process: Option<ProcessRow>,
}

/// Requests in another network namespace.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamespaceJson {
    /// A process inside it.
    pub pid: u32,
    /// Its name.
    pub comm: String,
    /// Rows in SYN_RECV.
    pub count: u64,
}

/// What the source tells, if anything.
pub(crate) fn known_words(words: &Foreign) -> Option<String> {
    (!words.0.is_empty()).then(|| words.0.clone())
}

/// RFC 3339 UTC with milliseconds; 0 stands for a time that the source does not tell.
pub(crate) fn known_time(at: WallClock) -> Option<String> {
    (at != WallClock(0)).then(|| rfc3339(at))
}

/// RFC 3339 UTC with milliseconds.
pub(crate) fn rfc3339(at: WallClock) -> String {
    let Some(Utc { year, month, day, hour, minute, second, millisecond }) = Utc::new(at) else {
        return String::new();
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

impl ReportJson {
    /// From the model.
    pub fn new(report: &Report<'_>) -> Self {
        let Report { diagnosis, facts, observation, peer: _ } = *report;
        let verdict = &diagnosis.verdict;
        let with_frames = observation.frames.data().is_some();
        Self {
            schema: SCHEMA,
            tool: ToolJson { name: PROGRAM, version: VERSION },
            source: SourceJson {
                kind: facts.source.name(),
                host: facts.host.name.0.clone(),
                kernel: known_words(&facts.host.kernel),
                netns: facts.host.netns_inode.map(|inode| inode.to_string()),
                started_at: known_time(facts.host.started_at),
                observed_ms: observation.ended.ms_since(observation.started),
                sample_count: observation.sample_count,
                sample_interval_ms: observation.interval_ms,
                interrupted: observation.interrupted,
                uid: known_uid(facts.host.uid),
                privileged: facts.host.uid == 0,
                sockets_from: facts.sockets.data().map(|sockets| sockets.source.name()),
            },
            verdict: VerdictJson {
                status: verdict.status.name(),
                class: verdict.class.and_then(synrecv_model::Class::name),
                finding: verdict.finding,
                confidence: verdict.confidence.map(synrecv_model::Confidence::name),
                stuck_count: verdict.stuck_count,
                summary: plain(&verdict.summary),
            },
            findings: diagnosis.findings.iter().map(FindingJson::new).collect(),
            not_checked: diagnosis
                .not_checked
                .iter()
                .map(|missing| NotCheckedJson {
                    check: missing.check,
                    reason: missing.reason.word(),
                    detail: plain(&missing.detail),
                })
                .collect(),
            checks: diagnosis
                .checks
                .iter()
                .map(|check| CheckJson {
                    id: check.id,
                    result: check.outcome.name(),
                    because: match &check.outcome {
                        synrecv_model::CheckOutcome::RuledOut(because) => Some(plain(because)),
                        _ => None,
                    },
                })
                .collect(),
            connections: diagnosis
                .connections
                .iter()
                .take(CONNECTIONS_MAX)
                .map(|connection| ConnectionJson::new(connection, with_frames))
                .collect(),
            connections_total_count: diagnosis.connections.len(),
            listeners: diagnosis.listeners.iter().map(ListenerJson::new).collect(),
            namespaces: diagnosis
                .namespaces
                .iter()
                .map(|namespace| NamespaceJson {
                    pid: namespace.pid,
                    comm: namespace.comm.0.clone(),
                    count: namespace.syn_recv_count,
                })
                .collect(),
            questions: diagnosis.questions.iter().map(QuestionJson::new).collect(),
            pieces: diagnosis.pieces.iter().map(PieceJson::new).collect(),
            facts: FactsJson::new(report),
        }
    }
}

impl ListenerJson {
    fn new(listener: &ListenerView) -> Self {
        Self {
            local: listener.local.to_string(),
            family: listener.family.name(),
            accept_queue_count: listener.accept_queue_count,
            accept_queue_max_count: listener.accept_queue_max_count,
            syn_recv_count: listener.syn_recv_count,
            drops_count: listener.drops_count,
            drops_delta_count: listener.drops_delta,
            process: ProcessRow::all(&listener.owners)
                .and_then(|processes| processes.into_iter().next()),
        }
    }
}

/// The report as indented JSON with a final newline.
pub fn render(report: &Report<'_>) -> String {
    let mut out = Vec::new();
    write(&mut out, &ReportJson::new(report), usize::MAX)
        .expect("memory takes everything, and the types hold nothing that JSON cannot");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// The JSON Schema of the report.
#[cfg(feature = "schema")]
pub fn schema() -> String {
    crate::schema::of::<ReportJson>()
}
