//! The JSON form of facts: rows with device names, canonical addresses and units in the names.
//!
//! These field names are the promise of `synrecv-doctor/table/1` and of `facts{}` in reports: within
//! version 1 fields are added, never removed, renamed or re-typed. `null` is "looked for, unknown";
//! a field that does not apply is absent.

mod capture;
mod filter;
mod interface;
mod moved;
mod neighbour;
mod probe;
mod route;
mod socket;
mod watched;

pub(crate) use capture::OUTCOMES;
pub use capture::{CaptureDeviceRow, CaptureRow, ClueRow, HandshakeRow, VantageRow};
pub use filter::{ConntrackEntryRow, DeviceFilterRow, EndsRow, FilterRuleRow, TrackedRow};
pub use interface::{AddressRow, DeviceSettingsRow, InterfaceRow, PrefixFitRow};
pub use moved::{MacChangeRow, TrafficRow};
pub use neighbour::NeighbourRow;
pub use probe::{ProbeAnswerRow, ProbedRow, TraceHopRow, TraceRow};
pub use route::{NextHopObjectRow, NextHopRow, ReplyRow, RouteRow, RuleRow, protocol_name};
pub(crate) use route::{flag_names, metric_name, metrics_by_name, preference_name, scope_name};
pub use socket::{ListenerRow, OptionsRow, ProcessRow, RequestRow, SocketRow};
pub(crate) use socket::{ShownEndpoint, known_uid};

pub use watched::{ReplyWayRow, WatchedListenerRow, WatchedRequestRow};

use std::borrow::Cow;

use serde::Serialize;
use synrecv_model::{Flaw, Gap, Section};

use crate::escape::plain;

/// How a section was read.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SectionRow {
    /// `collected`, `partial` or `missing`.
    pub state: &'static str,
    /// Where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Cow<'static, str>>,
    /// Milliseconds that reading it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_ms: Option<u64>,
    /// Why it is missing: `needs-root`, `kernel-too-old` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What is wrong with it, as sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flaws: Vec<String>,
}

impl SectionRow {
    /// The state of a section.
    pub fn of<T>(section: &Section<T>) -> Self {
        let reading = section.reading();
        Self {
            state: match section {
                Section::Collected { .. } => "collected",
                Section::Partial { .. } => "partial",
                Section::Missing(_) => "missing",
            },
            source: reading.map(|reading| reading.source.clone()),
            read_ms: reading.map(|reading| reading.ended.ms_since(reading.started)),
            reason: section.gap().map(|gap| gap.reason.word()),
            flaws: section
                .gap()
                .map(gap_text)
                .into_iter()
                .chain(section.flaws().iter().map(flaw_text))
                .collect(),
        }
    }
}

/// A gap as a sentence.
pub fn gap_text(gap: &Gap) -> String {
    format!("{}: {}", gap.reason.word(), plain(&gap.detail))
}

/// A flaw as a sentence.
pub fn flaw_text(flaw: &Flaw) -> String {
    match flaw {
        Flaw::Interrupted => "the kernel reports that the table changed during the dump".to_owned(),
        Flaw::ChangedWhileRead => {
            "the table changed while it was read; rows can be missing".to_owned()
        }
        Flaw::Lost => "the kernel dropped part of the dump".to_owned(),
        Flaw::Undecodable { count: 1, first } => format!("not understood: {}", plain(first)),
        Flaw::Undecodable { count, first } => {
            format!("{count} rows were not understood, first: {}", plain(first))
        }
        Flaw::PartMissing(gap) => gap_text(gap),
    }
}
