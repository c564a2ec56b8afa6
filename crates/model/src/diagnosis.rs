//! What the checks concluded, ready to be rendered.

use std::sync::Arc;

use crate::{
    Class, Command, Confidence, Endpoint, Family, Finding, Flow, Foreign, Mac, NamespaceCount, Nud,
    Owners, Reason, RetryCounters, Text, view::RetryReading,
};

/// The overall answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Handshakes were seen, none is stuck, or only what every server has.
    Ok,
    /// No handshake was seen and nothing is stuck.
    Idle,
    /// A warning leads.
    Warning,
    /// A problem leads.
    Problem,
    /// Connections are stuck and no cause could be established.
    Unexplained,
}

impl Status {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Idle => "idle",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Unexplained => "unexplained",
        }
    }
}

/// The answer in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Overall answer.
    pub status: Status,
    /// Class of the leading finding.
    pub class: Option<Class>,
    /// Id of the leading finding.
    pub finding: Option<&'static str>,
    /// Confidence of the leading finding.
    pub confidence: Option<Confidence>,
    /// Requests whose reading is not `too-early`.
    pub stuck_count: usize,
    /// The answer as a sentence.
    pub summary: Text,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// Nothing supports it.
    Pass,
    /// It is among the findings (or nested in one).
    Finding,
    /// The facts speak decisively against it.
    RuledOut(Text),
    /// It could not be run.
    NotChecked,
}

impl CheckOutcome {
    /// The word in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Finding => "finding",
            Self::RuledOut(_) => "ruled-out",
            Self::NotChecked => "not-checked",
        }
    }
}

/// A check and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// Id of the check.
    pub id: &'static str,
    /// How it ended.
    pub outcome: CheckOutcome,
}

/// Something that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotChecked {
    /// Id of the check, or a name for what no check covers.
    pub check: &'static str,
    /// Why.
    pub reason: Reason,
    /// What exactly, for people.
    pub detail: Text,
}

/// A request with all that is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The two ends.
    pub flow: Flow,
    /// Family of the listener.
    pub listener_family: Family,
    /// Counters and timer in the last sighting.
    pub counters: RetryCounters,
    /// Least age in milliseconds at the last sighting.
    pub age_ms: Option<u64>,
    /// The age is only a lower bound.
    pub age_is_lower_bound: bool,
    /// Milliseconds between first and last sighting.
    pub seen_for_ms: u64,
    /// Requests of this 4-tuple seen one after another.
    pub life_count: u32,
    /// What the retry counters say.
    pub reading: RetryReading,
    /// Device of the answer to the reply look-up, by name.
    pub out_dev: Option<Foreign>,
    /// Next hop of the reply.
    pub out_next_hop: Option<std::net::IpAddr>,
    /// The next hop's link-layer address.
    pub out_mac: Option<Mac>,
    /// The next hop's state.
    pub out_state: Option<Nud>,
    /// The reply goes by a gateway.
    pub via_gateway: Option<bool>,
    /// What its frames tell; `None` when none were captured.
    pub seen: Option<Box<SeenFrames>>,
    /// Ids of the findings that account for it, the leading one first; one list for all that have the
    /// same.
    pub findings: Arc<[&'static str]>,
}

/// What the frames of a connection tell about its ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenFrames {
    /// Device that the SYN came by, by name.
    pub in_dev: Option<Foreign>,
    /// Link-layer source of the SYN.
    pub in_mac: Option<Mac>,
    /// TTL or hop limit of the SYN.
    pub in_ttl: Option<u8>,
    /// Device that the SYN-ACK left by, by name.
    pub out_dev: Option<Foreign>,
    /// Link-layer destination of the SYN-ACK.
    pub out_mac: Option<Mac>,
    /// An ACK of the client was seen; `None` when the capture cannot tell.
    pub ack_seen: Option<bool>,
}

impl Connection {
    /// True when the request counts as stuck.
    pub fn is_stuck(&self) -> bool {
        self.reading != RetryReading::TooEarly
    }
}

/// A listener with what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerView {
    /// Address and port.
    pub local: Endpoint,
    /// Family of the socket.
    pub family: Family,
    /// Accept queue in the last sample.
    pub accept_queue_count: u32,
    /// Its limit.
    pub accept_queue_max_count: Option<u32>,
    /// Requests that can belong to it.
    pub syn_recv_count: usize,
    /// `sk_drops` since the listener was made.
    pub drops_count: Option<u32>,
    /// Increase of `sk_drops` during the observation.
    pub drops_delta: Option<u32>,
    /// Who holds it.
    pub owners: Owners,
}

/// Everything a report shows. Pure data; the renderers add no judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The answer.
    pub verdict: Verdict,
    /// Findings, the leading one first.
    pub findings: Vec<Finding>,
    /// What was not looked at.
    pub not_checked: Vec<NotChecked>,
    /// Every check and how it ended, in catalogue order.
    pub checks: Vec<CheckResult>,
    /// Stuck requests first, oldest first; then young ones.
    pub connections: Vec<Connection>,
    /// Listeners, those with requests first.
    pub listeners: Vec<ListenerView>,
    /// Other namespaces with requests.
    pub namespaces: Vec<NamespaceCount>,
    /// Handshakes completed during the observation in this namespace (TcpPassiveOpens).
    pub handshake_count: Option<u64>,
    /// Increase of ListenOverflows during the observation, and its value since boot.
    pub overflow_delta: Option<u64>,
    /// ListenOverflows since the namespace was made.
    pub overflow_total: Option<u64>,
    /// Outputs that were found in a ticket; empty for other sources.
    pub pieces: Vec<PieceView>,
    /// What would decide, where the host is not at hand and something is open; those that tell most
    /// first.
    pub questions: Vec<Question>,
}

/// A command that somebody should run on the host, and what its output decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What to run.
    pub command: Command,
    /// What its output tells.
    pub decides: Text,
}

/// One output in a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceView {
    /// First line, from 1.
    pub first_line: u32,
    /// Last line.
    pub last_line: u32,
    /// Tool: `netstat`, `ip-route`.
    pub kind: &'static str,
    /// Number of the host that it is of, from 1, in the order of their first pieces.
    pub host: u32,
    /// What tells the host: its name in a prompt, or an address.
    pub host_name: Option<Foreign>,
    /// Rows that were read.
    pub row_count: u32,
    /// Rows that could not be read.
    pub rejected_count: u32,
    /// Rows are missing from it, and why.
    pub cut: Option<&'static str>,
    /// What it cannot show, and what was repaired.
    pub notes: Vec<Text>,
}
