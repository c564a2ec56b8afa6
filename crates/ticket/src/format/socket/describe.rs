//! Rows in words.

use synrecv_model::{Foreign, TcpState, Text, TimerKind, text};

use crate::{SocketRow, Taken};

/// How many readings of one row are shown.
const READINGS_SHOWN_MAX: usize = 4;

/// What was read from a row. `sends_again` when the count of its timer is one of SYN-ACKs sent, not
/// of expiries.
pub(in crate::format) fn describe(row: &SocketRow, sends_again: bool) -> Text {
    let mut said = ends(row);
    if row.state == TcpState::Listen {
        if let Some(waiting) = row.recv_queue {
            said.push(text![", ", waiting, " waiting"]);
        }
        if let Some(limit) = row.send_queue.filter(|_| sends_again) {
            said.push(text![" of ", limit]);
        }
    }
    let is_request = row.state == TcpState::SynRecv;
    if let Some(timer) = row.timer.filter(|timer| is_request && timer.kind == Some(TimerKind::On)) {
        let word = if sends_again { ", sent again " } else { ", expired " };
        said.push(text![word, timer.count]);
    }
    if let Some(process) = row.process.as_ref().filter(|process| !process.name.is_empty()) {
        said.push(text![", ", Foreign(process.name.clone())]);
    }
    if row.guessed {
        said.push(", chosen among several readings");
    }
    said
}

fn ends(row: &SocketRow) -> Text {
    let arrow = match row.state {
        TcpState::SynRecv => " <- ",
        TcpState::SynSent => " -> ",
        _ => " - ",
    };
    let mut said = text![row.local];
    if let Some(peer) = row.peer {
        said.push(text![arrow, peer]);
    }
    said.push(text![" ", row.state.name()]);
    said
}

/// A row with several readings, none of which is used.
pub(in crate::format) fn rejected(readings: &[SocketRow]) -> Taken {
    let shown = Text::join(readings.iter().take(READINGS_SHOWN_MAX).map(ends), " or ");
    let more = if readings.len() > READINGS_SHOWN_MAX { " and more" } else { "" };
    Taken::Rejected(text!["blanks are missing, and it can be read as ", shown, more])
}
