//! Connections and listeners as tables.

use std::fmt::Write as _;

use synrecv_model::{Connection, ListenerView, Nud, Owners};

use crate::escape::foreign;
use unicode_width::UnicodeWidthStr as _;

use crate::layout::{Column, table, wrap};
use crate::{Report, Style};

/// Rows shown without `-v`.
const ROWS_SHOWN: usize = 8;

const COLUMNS: &[Column] = &[
    Column::left("LOCAL"),
    Column::left("PEER"),
    Column::right("AGE"),
    Column::right("SYN-ACK"),
    Column::right("TIMER"),
    Column::right("NEXT").optional(),
    Column::left("READING"),
    Column::left("REPLY TO"),
    Column::left("FINDING").optional(),
];

/// The stuck connections, oldest first.
pub(super) fn stuck(out: &mut String, report: &Report<'_>, style: Style) {
    let stuck: Vec<&Connection> =
        report.diagnosis.connections.iter().filter(|connection| connection.is_stuck()).collect();
    if stuck.is_empty() {
        return;
    }
    let shown = if style.verbosity > 0 { stuck.len() } else { ROWS_SHOWN.min(stuck.len()) };
    let title = format!("STUCK CONNECTIONS  {shown} of {}, oldest first", stuck.len());
    let _ = writeln!(out, "\n{}", style.paint.heading(&title));
    let rows: Vec<Vec<String>> = stuck.iter().take(shown).map(|row| cells(row)).collect();
    let laid_out = table(COLUMNS, &rows, "  ", style.width);
    if laid_out.lines().all(|line| line.width() <= style.width) {
        out.push_str(&laid_out);
    } else {
        records(out, &rows, style);
    }
    if shown < stuck.len() {
        let _ = writeln!(out, "  ... {} more (-v shows all)", stuck.len() - shown);
    }
    if style.verbosity > 0 {
        out.push_str(
            "  SYN-ACK: sent again (ss retrans).  TIMER: own timer expiries (netstat -o).\n  \
             NEXT: to the next expiry.\n",
        );
    }
}

/// One record a connection, for narrow output.
fn records(out: &mut String, rows: &[Vec<String>], style: Style) {
    for row in rows {
        let [local, peer, age, sent, expired, next, reading, reply, finding] = row.as_slice()
        else {
            continue;
        };
        let words = format!(
            "{peer} to {local}, age {age}: SYN-ACK {sent} TIMER {expired} NEXT {next}, {reading}, \
             reply {reply}, {finding}"
        );
        out.push_str(&wrap("  - ", &words, style.width));
    }
}

fn cells(connection: &Connection) -> Vec<String> {
    let count = |number: Option<u32>| number.map_or("?".to_owned(), |number| number.to_string());
    vec![
        connection.flow.local.to_string(),
        connection.flow.peer.to_string(),
        age(connection),
        count(connection.counters.synack_retrans_count),
        count(connection.counters.timer_expiry_count),
        connection
            .counters
            .timer_ms
            .map_or("?".to_owned(), |ms| format!("{}.{}s", ms / 1000, ms % 1000 / 100)),
        connection.reading.name().to_owned(),
        reply(connection),
        connection.findings.first().copied().unwrap_or("unexplained").to_owned(),
    ]
}

fn age(connection: &Connection) -> String {
    match connection.age_ms {
        Some(ms) if connection.age_is_lower_bound => format!(">={}s", ms / 1000),
        Some(ms) => format!("{}s", ms / 1000),
        None => "?".to_owned(),
    }
}

fn reply(connection: &Connection) -> String {
    let Some(dev) = &connection.out_dev else { return "no route".to_owned() };
    let mut text = foreign(&dev.0);
    match (connection.via_gateway, connection.out_next_hop) {
        (Some(true), Some(gateway)) => {
            let _ = write!(text, " via {gateway}");
        }
        (Some(false), _) => text.push_str(" direct"),
        _ => {}
    }
    match (connection.out_mac, connection.out_state) {
        (_, Some(state)) if Nud::is_unresolved(state) => {
            let _ = write!(text, " {}", state.name());
        }
        (Some(mac), _) => {
            let _ = write!(text, " {mac}");
        }
        _ => {}
    }
    text
}

const LISTENER_COLUMNS: &[Column] = &[
    Column::left("LISTENER"),
    Column::right("ACCEPT QUEUE"),
    Column::right("SYN_RECV"),
    Column::right("DROPS"),
    Column::left("PROCESS"),
];

/// All listeners; with `-v` only.
pub(super) fn listeners(out: &mut String, report: &Report<'_>, style: Style) {
    let _ = writeln!(out, "\n{}", style.paint.heading("LISTENERS"));
    let rows: Vec<Vec<String>> = report.diagnosis.listeners.iter().map(listener_cells).collect();
    out.push_str(&table(LISTENER_COLUMNS, &rows, "  ", style.width));
}

fn listener_cells(listener: &ListenerView) -> Vec<String> {
    let max = listener.accept_queue_max_count.map_or("?".to_owned(), |max| max.to_string());
    vec![
        listener.local.to_string(),
        format!("{}/{max}", listener.accept_queue_count),
        listener.syn_recv_count.to_string(),
        match (listener.drops_count, listener.drops_delta) {
            (Some(total), Some(delta)) => format!("{total} (+{delta})"),
            (Some(total), None) => total.to_string(),
            (None, _) => "?".to_owned(),
        },
        owners(&listener.owners),
    ]
}

/// Who holds a listener, for tables.
pub(crate) fn owners(owners: &Owners) -> String {
    match owners {
        Owners::Known(owners) if owners.is_empty() => "(kernel)".to_owned(),
        Owners::Known(owners) => {
            let mut text = format!("{} {}", foreign(&owners[0].comm.0), owners[0].pid);
            if owners.len() > 1 {
                let _ = write!(text, " +{}", owners.len() - 1);
            }
            text
        }
        Owners::Unreadable(_) => "? (needs root)".to_owned(),
        Owners::NotSought => "-".to_owned(),
    }
}
