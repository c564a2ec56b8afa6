//! The fixtures, and what is compared of a ticket.

use std::fs;
use std::path::Path;

use synrecv_ticket::{Content, Limits, Ticket, read};

/// Names and bytes of all fixtures, by name.
pub(crate) fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let entries = fs::read_dir(folder).expect("the folder of fixtures");
    let mut all: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a fixture"))
        })
        .collect();
    all.sort();
    all
}

pub(crate) fn ticket(bytes: &[u8]) -> Ticket {
    read(bytes, Limits::default()).expect("within the limits")
}

/// Every row of every piece, without the number of its line.
pub(crate) fn rows(ticket: &Ticket) -> Vec<String> {
    let mut rows: Vec<String> = ticket
        .pieces
        .iter()
        .flat_map(|piece| {
            let kind = piece.kind.name();
            content(&piece.content).into_iter().map(move |row| format!("{kind} {row}"))
        })
        .collect();
    rows.sort();
    rows
}

fn content(content: &Content) -> Vec<String> {
    fn all<T: std::fmt::Debug>(rows: &[T]) -> Vec<String> {
        rows.iter().map(|row| without_numbers(&format!("{row:?}"))).collect()
    }
    match content {
        Content::Sockets(rows) => all(rows),
        Content::Neighbours(rows) => all(rows),
        Content::Routes(rows) => all(rows),
        Content::RouteGet(rows) => all(rows),
        Content::Rules(rows) => rows.iter().map(|(_, rule)| format!("{rule:?}")).collect(),
        Content::Links(rows) => all(rows),
        Content::Trace(trace) => all(&trace.hops),
        Content::Answers(rows) => all(rows),
        Content::Frames(rows) => all(rows),
        Content::Counters(_, rows) => all(rows),
        Content::Settings(rows) => all(rows),
        Content::Chains(rows) => all(rows),
        Content::Tracked(rows) => all(rows),
        Content::Messages(rows) => all(rows),
        Content::ConntrackCpus(rows) => rows.iter().map(|(_, cpu)| format!("{cpu:?}")).collect(),
        Content::Nothing => Vec::new(),
    }
}

/// `line: 12` is another number in a text that was changed.
fn without_numbers(row: &str) -> String {
    let mut parts = row.split("line: ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str("line: _");
        kept.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    kept
}
