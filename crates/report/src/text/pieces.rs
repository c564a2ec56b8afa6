//! The outputs that were found in a ticket.

use std::fmt::Write as _;

use synrecv_model::PieceView;

use crate::escape::{foreign, plain};
use crate::layout::wrap;
use crate::{PROGRAM, Report, Style, VERSION};

/// The first line of a report about a ticket.
pub(super) fn header(report: &Report<'_>) -> String {
    let pieces = &report.diagnosis.pieces;
    let hosts = pieces.iter().map(|piece| piece.host).max().unwrap_or(0);
    let outputs = match pieces.len() {
        1 => "1 output".to_owned(),
        count => format!("{count} outputs"),
    };
    let of = match hosts {
        0 | 1 => String::new(),
        count => format!(" of {count} hosts"),
    };
    format!(
        "{PROGRAM} {VERSION}  ticket {}  {outputs}{of}; the words around them are not used",
        foreign(&report.facts.host.name.0),
    )
}

pub(super) fn section(out: &mut String, report: &Report<'_>, style: Style) {
    let pieces = &report.diagnosis.pieces;
    if pieces.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.paint.heading("READ FROM THE TEXT"));
    let hosts = pieces.iter().map(|piece| piece.host).max().unwrap_or(0);
    for piece in pieces {
        let lines = match (piece.first_line, piece.last_line) {
            (first, last) if first == last => format!("line {first}"),
            (first, last) => format!("lines {first}-{last}"),
        };
        let words = format!("{}{}", described(piece, hosts), noted(piece));
        out.push_str(&wrap(&format!(" {lines:<14} "), &words, style.width));
    }
    if hosts > 1 {
        let words = format!(
            "these outputs share no address, device or name: at least {hosts} hosts, or edited; \
             each is judged by itself",
        );
        out.push_str(&wrap(" !  ", &words, style.width));
    }
}

fn described(piece: &PieceView, hosts: u32) -> String {
    let rows = match piece.row_count {
        1 => "1 row".to_owned(),
        count => format!("{count} rows"),
    };
    let of = match (&piece.host_name, hosts) {
        (_, 0 | 1) => String::new(),
        (Some(name), _) => format!(" of host {} ({})", piece.host, foreign(&name.0)),
        (None, _) => format!(" of host {}", piece.host),
    };
    format!("{}{of}, {rows}", piece.kind)
}

fn noted(piece: &PieceView) -> String {
    let mut notes = Vec::new();
    if piece.rejected_count > 0 {
        notes.push(format!("{} not readable", piece.rejected_count));
    }
    notes.extend(piece.cut.map(|why| format!("{why}: what is not there proves nothing")));
    notes.extend(piece.notes.iter().map(plain));
    if notes.is_empty() { String::new() } else { format!("; {}", notes.join("; ")) }
}
