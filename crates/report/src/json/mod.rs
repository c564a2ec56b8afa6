//! The report as JSON: `synrecv-doctor/report/1`.
//!
//! These types are the promise, not the model: within version 1 fields are added, never removed,
//! renamed or re-typed.

mod facts;
mod finding;
mod layout;
mod moved;

use serde::Serialize;
use synrecv_model::{Connection, ListenerView, WallClock};

use crate::clock::Utc;
use crate::escape::plain;
use crate::rows::ProcessRow;
use crate::{PROGRAM, Report, VERSION};

pub(crate) use layout::write;

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
    /// Facts that the evidence rests on.
    pub facts: FactsJson,
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
    pub kernel: String,
    /// Inode of the network namespace.
    pub netns: Option<String>,
    /// RFC 3339 UTC.
    pub started_at: String,
    /// Length of the observation.
    pub observed_ms: u64,
    /// Samples taken.
    pub sample_count: u32,
    /// Time between samples that was reached.
    pub sample_interval_ms: u64,
    /// Ended by the user before its time.
    pub interrupted: bool,
    /// Effective uid of the reader.
    pub uid: u32,
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

/// A request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConnectionJson {
    /// Our end.
    pub local: String,
    /// The client's end.
    pub peer: String,
    /// Always `syn-recv`.
    pub state: &'static str,
    /// Family of the listener: `ipv6` for an IPv4 client of a `[::]` listener.
    pub listener_family: &'static str,
    /// Least age at the last sighting.
    pub age_ms: Option<u64>,
    /// The age is only a lower bound.
    pub age_is_lower_bound: bool,
    /// Between first and last sighting.
    pub seen_for_ms: u64,
    /// Requests of this 4-tuple seen one after another.
    pub life_count: u32,
    /// SYN-ACKs sent again.
    pub synack_retrans_count: Option<u32>,
    /// Expiries of the own timer.
    pub timer_expiry_count: Option<u32>,
    /// Both counters belong to one state of the timer.
    pub counters_same_instant: bool,
    /// To the next timer expiry.
    pub timer_ms: Option<u32>,
    /// An ACK was seen; `null` without frames.
    pub ack_seen: Option<bool>,
    /// `client-repeats-syn`, `no-repeat-seen`, `killed-at-first-timer`, `next-hop-unresolved`,
    /// `ack-held` or `too-early`.
    pub reading: &'static str,
    /// The way the reply takes; `null` when there is none or it is not known.
    pub out: Option<OutJson>,
    /// Findings that account for it, the one it belongs to first.
    pub findings: Vec<&'static str>,
}

/// The way a reply takes.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutJson {
    /// Device.
    pub dev: String,
    /// Gateway, or the peer itself.
    pub next_hop: Option<String>,
    /// Link-layer address of the next hop.
    pub dst_mac: Option<String>,
    /// State of the next hop's entry.
    pub next_hop_state: Option<&'static str>,
    /// It goes by a gateway.
    pub via_gateway: bool,
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
        let Report { diagnosis, facts, observation } = *report;
        let verdict = &diagnosis.verdict;
        Self {
            schema: SCHEMA,
            tool: ToolJson { name: PROGRAM, version: VERSION },
            source: SourceJson {
                kind: facts.source.name(),
                host: facts.host.name.0.clone(),
                kernel: facts.host.kernel.0.clone(),
                netns: facts.host.netns_inode.map(|inode| inode.to_string()),
                started_at: rfc3339(facts.host.started_at),
                observed_ms: observation.ended.ms_since(observation.started),
                sample_count: observation.sample_count,
                sample_interval_ms: observation.interval_ms,
                interrupted: observation.interrupted,
                uid: facts.host.uid,
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
                .map(ConnectionJson::new)
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
            facts: FactsJson::new(report),
        }
    }
}

impl ConnectionJson {
    fn new(connection: &Connection) -> Self {
        Self {
            local: connection.flow.local.to_string(),
            peer: connection.flow.peer.to_string(),
            state: "syn-recv",
            listener_family: connection.listener_family.name(),
            age_ms: connection.age_ms,
            age_is_lower_bound: connection.age_is_lower_bound,
            seen_for_ms: connection.seen_for_ms,
            life_count: connection.life_count,
            synack_retrans_count: connection.counters.synack_retrans_count,
            timer_expiry_count: connection.counters.timer_expiry_count,
            counters_same_instant: connection.counters.same_instant,
            timer_ms: connection.counters.timer_ms,
            ack_seen: None,
            reading: connection.reading.name(),
            out: connection.out_dev.as_ref().map(|dev| OutJson {
                dev: dev.0.clone(),
                next_hop: connection.out_next_hop.map(|hop| hop.to_string()),
                dst_mac: connection.out_mac.map(|mac| mac.to_string()),
                next_hop_state: connection.out_state.map(synrecv_model::Nud::name),
                via_gateway: connection.via_gateway.unwrap_or(false),
            }),
            findings: connection.findings.clone(),
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
