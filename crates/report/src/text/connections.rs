//! Connections and listeners as tables.

use std::collections::HashSet;
use std::fmt::Write as _;

use synrecv_model::{Connection, Facts, Flow, ListenerView, Owners};
use unicode_width::UnicodeWidthStr as _;

use crate::escape::foreign;
use crate::layout::{Column, table, wrap};
use crate::{Report, Style};

/// Rows shown without `-v`.
const ROWS_SHOWN: usize = 8;

/// A column, and the words before its value where all rows share it and it is said once.
const COLUMNS: &[(Column, Option<&str>)] = &[
    (Column::left("LOCAL"), Some("to ")),
    (Column::left("PEER"), None),
    (Column::right("AGE"), None),
    (Column::right("SYN-ACK"), None),
    (Column::right("TIMER"), None),
    (Column::right("NEXT").optional(), None),
    (Column::left("READING"), Some("")),
    (Column::left("REPLY TO"), Some("replies by ")),
    (Column::left("FINDING").optional(), Some("")),
];

/// The stuck connections that are `wanted`, oldest first; nothing when there are none.
pub(super) fn stuck(
    out: &mut String,
    title: &str,
    report: &Report<'_>,
    wanted: impl Fn(&Connection) -> bool,
    style: Style,
) {
    let stuck: Vec<&Connection> = report
        .diagnosis
        .connections
        .iter()
        .filter(|connection| connection.is_stuck() && wanted(connection))
        .collect();
    if stuck.is_empty() {
        return;
    }
    let shown = if style.verbosity > 0 { stuck.len() } else { ROWS_SHOWN.min(stuck.len()) };
    let title = format!("{title}  {shown} of {}, oldest first", stuck.len());
    let _ = writeln!(out, "\n{}", style.paint.heading(&title));
    // A flood has half a million rows, of which a few are shown: no cells are made of the others but
    // where a column could be the same for all.
    let asked = Asked::of(report.facts);
    let first = cells(stuck[0], &asked);
    let mut shared: Vec<bool> = COLUMNS.iter().map(|(_, once)| once.is_some()).collect();
    for row in &stuck[1..] {
        for (at, shared) in shared.iter_mut().enumerate().filter(|(_, shared)| **shared) {
            *shared = is_alike(row, stuck[0], at, &asked) || cell(row, at, &asked) == first[at];
        }
    }
    let common: Vec<String> = COLUMNS
        .iter()
        .zip(&first)
        .zip(&shared)
        .filter(|(_, shared)| **shared)
        .map(|(((_, once), cell), _)| format!("{}{cell}", once.unwrap_or_default()))
        .collect();
    if !common.is_empty() {
        let all_of = if stuck.len() == 1 { "it is" } else { "all are" };
        out.push_str(&wrap("  ", &format!("{all_of} {}", common.join(", ")), style.width));
    }
    let cells: Vec<Vec<String>> = stuck[..shown].iter().map(|row| cells(row, &asked)).collect();
    rows(out, &cells, &shared, style);
    if shown < stuck.len() {
        let _ = writeln!(out, "  ... {} more (-v shows all)", stuck.len() - shown);
    }
    if style.verbosity > 0 {
        let legend = "SYN-ACK: sent again (ss retrans). TIMER: own timer expiries (netstat -o). \
                      NEXT: to the next expiry.";
        out.push_str(&wrap("  ", legend, style.width));
    }
}

/// A table of the columns that differ; where it is too wide, one paragraph a connection.
fn rows(out: &mut String, rows: &[Vec<String>], shared: &[bool], style: Style) {
    let columns: Vec<Column> = COLUMNS
        .iter()
        .zip(shared)
        .filter(|(_, shared)| !**shared)
        .map(|((column, _), _)| *column)
        .collect();
    let kept: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .zip(shared)
                .filter(|(_, shared)| !**shared)
                .map(|(cell, _)| cell.clone())
                .collect()
        })
        .collect();
    let laid_out = table(&columns, &kept, "  ", style.width);
    if laid_out.lines().all(|line| line.width() <= style.width) {
        out.push_str(&laid_out);
        return;
    }
    for row in &kept {
        let words: Vec<String> = columns
            .iter()
            .zip(row)
            .map(|(column, cell)| match column.title {
                "PEER" | "READING" | "FINDING" => cell.clone(),
                title => format!("{title} {cell}"),
            })
            .collect();
        out.push_str(&wrap("  - ", &words.join(", "), style.width));
    }
}

/// A number, or `?` where it is not known.
pub(crate) fn count(number: Option<u32>) -> String {
    number.map_or("?".to_owned(), |number| number.to_string())
}

/// Flows whose replies the kernel was asked about: of a flood only some that represent the others.
#[derive(Debug)]
pub(crate) struct Asked<'a>(HashSet<&'a Flow>);

impl<'a> Asked<'a> {
    pub(crate) fn of(facts: &'a Facts) -> Self {
        let replies = facts.replies.data().into_iter().flatten();
        Self(replies.map(|reply| &reply.question.flow).collect())
    }

    pub(crate) fn about(&self, connection: &Connection) -> bool {
        self.0.contains(&connection.flow)
    }
}

fn cells(connection: &Connection, asked: &Asked<'_>) -> Vec<String> {
    (0..COLUMNS.len()).map(|at| cell(connection, at, asked)).collect()
}

/// The cell of one of [`COLUMNS`].
fn cell(connection: &Connection, at: usize, asked: &Asked<'_>) -> String {
    let counters = &connection.counters;
    match at {
        0 => connection.flow.local.to_string(),
        1 => connection.flow.peer.to_string(),
        2 => age(connection),
        3 => count(counters.synack_retrans_count),
        4 => count(counters.timer_expiry_count),
        5 => counters
            .timer_ms
            .map_or("?".to_owned(), |ms| format!("{}.{}s", ms / 1000, ms % 1000 / 100)),
        6 => connection.reading.name().to_owned(),
        7 => reply(connection, asked.about(connection)),
        _ => connection.findings.first().copied().unwrap_or("unexplained").to_owned(),
    }
}

/// True when the cells of two connections are the same for sure, without making them.
fn is_alike(one: &Connection, other: &Connection, at: usize, asked: &Asked<'_>) -> bool {
    let way = |connection: &Connection| {
        let Connection { out_next_hop, out_mac, out_state, via_gateway, .. } = *connection;
        (out_next_hop, out_mac, out_state, via_gateway)
    };
    match at {
        0 => one.flow.local == other.flow.local,
        6 => one.reading == other.reading,
        7 => {
            one.seen.is_none()
                && other.seen.is_none()
                && one.out_dev == other.out_dev
                && way(one) == way(other)
                && (one.out_dev.is_some() || asked.about(one) == asked.about(other))
        }
        8 => one.findings.first() == other.findings.first(),
        _ => false,
    }
}

/// The age in seconds; `>=` before a lower bound.
pub(crate) fn age(connection: &Connection) -> String {
    match connection.age_ms {
        Some(ms) if connection.age_is_lower_bound => format!(">={}s", ms / 1000),
        Some(ms) => format!("{}s", ms / 1000),
        None => "?".to_owned(),
    }
}

/// Device, gateway and link-layer address of the reply, as frames show it, else by the kernel's answer
/// if it was `asked`; foreign strings are escaped.
pub(crate) fn reply(connection: &Connection, asked: bool) -> String {
    let seen = connection.seen.as_ref();
    let (seen_dev, seen_mac) =
        seen.map_or((None, None), |seen| (seen.out_dev.as_ref(), seen.out_mac));
    let answer = connection.out_dev.as_ref().filter(|&dev| seen_dev.is_none_or(|seen| seen == dev));
    let Some(dev) = seen_dev.or(answer) else {
        return match seen_mac {
            Some(mac) => mac.to_string(),
            None if asked => "no route".to_owned(),
            None => "?".to_owned(),
        };
    };
    let mut text = foreign(&dev.0);
    let (mut mac, mut state) = (seen_mac, None);
    if answer.is_some() {
        match (connection.via_gateway, connection.out_next_hop) {
            (Some(true), Some(gateway)) => {
                let _ = write!(text, " via {gateway}");
            }
            (Some(false), _) => text.push_str(" direct"),
            _ => {}
        }
        mac = mac.or(connection.out_mac);
        state = connection.out_state.filter(|state| state.is_unresolved());
    }
    match (mac, state) {
        (_, Some(state)) => {
            let _ = write!(text, " {}", state.name());
        }
        (Some(mac), None) => {
            let _ = write!(text, " {mac}");
        }
        (None, None) => {}
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
    let max = count(listener.accept_queue_max_count);
    vec![
        listener.local.to_string(),
        format!("{}/{max}", listener.accept_queue_count),
        listener.syn_recv_count.to_string(),
        drops(listener),
        owners(&listener.owners),
    ]
}

/// Drops in all, and how many of them while watching.
pub(crate) fn drops(listener: &ListenerView) -> String {
    match (listener.drops_count, listener.drops_delta) {
        (Some(total), Some(delta)) => format!("{total} (+{delta})"),
        (Some(total), None) => total.to_string(),
        (None, _) => "?".to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use synrecv_model::view::RetryReading;
    use synrecv_model::{Endpoint, Family, Foreign, RetryCounters};

    use super::*;

    fn connection(port: u16, dev: Option<&str>) -> Connection {
        let end = |ip: &str, port| Endpoint::new(ip.parse().unwrap(), port);
        Connection {
            flow: Flow { local: end("192.0.2.1", 80), peer: end("198.51.100.7", port) },
            listener_family: Family::V4,
            counters: RetryCounters::default(),
            age_ms: None,
            age_is_lower_bound: true,
            seen_for_ms: 0,
            life_count: 1,
            reading: RetryReading::NoRepeatSeen,
            out_dev: dev.map(|dev| Foreign(dev.to_owned())),
            out_next_hop: None,
            out_mac: None,
            out_state: None,
            via_gateway: dev.map(|_| false),
            seen: None,
            findings: [].into(),
        }
    }

    #[test]
    fn a_reply_that_nobody_asked_about_is_not_said_to_have_no_route() {
        let (one, other) = (connection(1, None), connection(2, None));
        let asked = Asked(HashSet::from([&one.flow]));
        assert_eq!(reply(&one, asked.about(&one)), "no route");
        assert_eq!(reply(&other, asked.about(&other)), "?");
    }

    #[test]
    fn what_is_alike_has_the_same_cell() {
        let rows = [connection(1, None), connection(2, None), connection(3, Some("eth0"))];
        let asked = Asked(HashSet::from([&rows[0].flow]));
        for one in &rows {
            for other in &rows {
                for at in 0..COLUMNS.len() {
                    let same = cell(one, at, &asked) == cell(other, at, &asked);
                    assert!(same || !is_alike(one, other, at, &asked), "column {at}");
                    assert!(same || at == 1 || at == 7, "column {at}");
                }
            }
        }
    }
}
