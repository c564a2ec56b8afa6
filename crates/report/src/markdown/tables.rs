//! Connections and listeners, collapsed.

use synrecv_model::{Connection, ListenerView, Owners};

use super::blocks::{Align, Head, details, table};
use super::inline::{Place, code};
use crate::Report;
use crate::text::connections::{Asked, age, count, drops, owners, reply};

/// Connections and listeners listed at most, as in the JSON report.
const ROWS_MAX: usize = 1_000;

/// The stuck connections, oldest first.
pub(super) fn stuck(report: &Report<'_>, rows_max: usize) -> String {
    let stuck: Vec<&Connection> =
        report.diagnosis.connections.iter().filter(|connection| connection.is_stuck()).collect();
    if stuck.is_empty() {
        return String::new();
    }
    let heads = [
        Head("local", Align::Left),
        Head("peer", Align::Left),
        Head("age", Align::Right),
        Head("SYN-ACK sent again", Align::Right),
        Head("timer expiries", Align::Right),
        Head("reading", Align::Left),
        Head("reply to", Align::Left),
        Head("finding", Align::Left),
    ];
    let asked = Asked::of(report.facts);
    let rows: Vec<[String; 8]> =
        stuck.iter().map(|one| connection(one, asked.about(one))).collect();
    let summary = format!("Stuck connections ({})", stuck.len());
    format!("\n{}", details(&summary, &table(heads, &rows, rows_max.min(ROWS_MAX))))
}

fn connection(connection: &Connection, asked: bool) -> [String; 8] {
    let quoted = |words: String| code(&words, Place::Cell);
    [
        quoted(connection.flow.local.to_string()),
        quoted(connection.flow.peer.to_string()),
        age(connection).replace(">=", "≥ "),
        count(connection.counters.synack_retrans_count),
        count(connection.counters.timer_expiry_count),
        connection.reading.name().to_owned(),
        quoted(reply(connection, asked)),
        connection.findings.first().copied().unwrap_or("unexplained").to_owned(),
    ]
}

/// All listeners, those with requests first.
pub(super) fn listeners(report: &Report<'_>, rows_max: usize) -> String {
    let listeners = &report.diagnosis.listeners;
    if listeners.is_empty() {
        return String::new();
    }
    let heads = [
        Head("listener", Align::Left),
        Head("accept queue", Align::Right),
        Head("SYN_RECV", Align::Right),
        Head("drops", Align::Right),
        Head("process", Align::Left),
    ];
    let rows: Vec<[String; 5]> = listeners.iter().map(listener).collect();
    let summary = format!("Listeners ({})", listeners.len());
    format!("\n{}", details(&summary, &table(heads, &rows, rows_max.min(ROWS_MAX))))
}

fn listener(listener: &ListenerView) -> [String; 5] {
    [
        code(&listener.local.to_string(), Place::Cell),
        format!("{}/{}", listener.accept_queue_count, count(listener.accept_queue_max_count)),
        listener.syn_recv_count.to_string(),
        drops(listener),
        match &listener.owners {
            Owners::Known(_) => code(&owners(&listener.owners), Place::Cell),
            Owners::Unreadable(_) | Owners::NotSought => owners(&listener.owners),
        },
    ]
}
