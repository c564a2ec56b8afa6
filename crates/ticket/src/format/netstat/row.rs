//! One row of `netstat`.

use synrecv_model::TcpState;

use super::tail::Tail;
use crate::format::socket::{self, Squeezed};
use crate::token::endpoint::{self, End, Port};
use crate::token::state;

/// What a line with a socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row<'a> {
    /// A TCP socket; several readings of it when blanks are missing.
    Tcp(Vec<Tcp<'a>>),
    /// A TCP socket whose row ends too early.
    Incomplete,
    /// A TCP socket that cannot be read, and why.
    Unreadable(&'static str),
    /// A socket of another protocol.
    Other,
}

/// A TCP socket, as printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tcp<'a> {
    pub(super) system: System,
    /// `tcp6`, `tcp46`.
    pub(super) says_v6: bool,
    pub(super) queues: Option<(u32, u32)>,
    pub(super) local: Field<'a>,
    pub(super) peer: Field<'a>,
    pub(super) state: TcpState,
    pub(super) tail: Tail,
    /// It was found by splitting a text without blanks.
    pub(super) is_split: bool,
}

/// An end, and its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) end: End<'a>,
    /// Characters of the column, blanks not counted; `None` when blanks are missing.
    pub(super) width: Option<usize>,
}

/// Whose `netstat` printed a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    /// net-tools, BusyBox, toybox.
    Linux,
    /// The port stands behind a dot.
    Bsd,
    /// No queues.
    Windows,
}

impl System {
    /// For reports; `None` for Linux.
    pub(super) fn foreign(self) -> Option<&'static str> {
        match self {
            Self::Linux => None,
            Self::Bsd => Some("macOS or BSD"),
            Self::Windows => Some("Windows"),
        }
    }
}

/// Reads a line. `None` when it does not begin as a row.
pub(super) fn row(line: &str) -> Option<Row<'_>> {
    let text = line.trim_start();
    let (first, behind) = word(text);
    match first {
        "tcp" | "tcp4" => linux(text, behind, false),
        "tcp6" | "tcp46" => linux(text, behind, true),
        "TCP" | "TCPv4" => windows(behind, false),
        "TCPv6" => windows(behind, true),
        _ if OTHERS.contains(&first) => is_other(behind).then_some(Row::Other),
        _ => squeezed(text).or_else(|| stub(first)).or_else(|| picked(first, behind)),
    }
}

/// Protocols whose rows are passed over.
const OTHERS: &[&str] = &[
    "udp", "udp4", "udp6", "udp46", "udpl", "udpl6", "udplite", "udplite6", "raw", "raw6", "icmp",
    "icmp6", "icm4", "icm6", "ip", "sctp", "sctp6", "sctp4", "dccp", "dccp6", "unix", "l2cap",
    "rfcomm", "UDP", "UDPv6", "stream", "dgram", "kctl", "kevt", "mptcp", "mptcp4", "mptcp6",
];

/// A number or an end is behind the protocol.
fn is_other(behind: &str) -> bool {
    let (next, _) = word(behind);
    next.bytes().all(|b| b.is_ascii_digit()) || endpoint::colon(next).is_some()
}

/// The first word, and what is behind it.
pub(super) fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

fn linux<'a>(text: &'a str, behind: &'a str, says_v6: bool) -> Option<Row<'a>> {
    let (recv, behind) = word(behind);
    let (send, behind) = word(behind);
    let (local, behind) = word(behind);
    let (peer, behind) = word(behind);
    let queues = recv.parse().ok().zip(send.parse().ok());
    let both = queues.and_then(|_| field(local).zip(field(peer)));
    let Some(((local, dotted), (peer, _))) = both else {
        return squeezed(text).or_else(|| broken([recv, send, local, peer], behind));
    };
    let Some((state, rest)) = state::leading(behind) else {
        let rest = behind.trim();
        let is_short =
            rest.is_empty() || (state::is_start(rest) && !rest.contains(char::is_whitespace));
        let why =
            if is_short { Row::Incomplete } else { Row::Unreadable("no state that is known here") };
        return squeezed(text).or(Some(why));
    };
    let system = if dotted { System::Bsd } else { System::Linux };
    let tail = Tail::read(rest, state);
    Some(Row::Tcp(vec![Tcp { system, says_v6, queues, local, peer, state, tail, is_split: false }]))
}

/// Columns that were picked out: two ends, which are numbers, and a state.
fn picked<'a>(local: &'a str, behind: &'a str) -> Option<Row<'a>> {
    let is_number = |field: &Field<'_>| field.end.is_numeric();
    let local = Field { end: endpoint::colon(local)?, width: None };
    let (peer, behind) = word(behind);
    let peer = Field { end: endpoint::colon(peer)?, width: None };
    let (state, rest) = state::leading(behind)?;
    let tail = Tail::read(rest, state);
    let (system, says_v6, queues, is_split) = (System::Linux, false, None, false);
    let tcp = Tcp { system, says_v6, queues, local, peer, state, tail, is_split };
    (is_number(&local) && is_number(&peer)).then(|| Row::Tcp(vec![tcp]))
}

/// A row of which not all words are there. `None` when its first words are no counts.
fn broken(words: [&str; 4], behind: &str) -> Option<Row<'static>> {
    let [recv, send, local, peer] = words;
    let is_count = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    if !is_count(recv) || !is_count(send) {
        return None;
    }
    let is_short = peer.is_empty() || (behind.trim().is_empty() && field(local).is_some());
    Some(if is_short { Row::Incomplete } else { Row::Unreadable("no two addresses with ports") })
}

/// An end with its column, and whether the port stands behind a dot.
fn field(text: &str) -> Option<(Field<'_>, bool)> {
    let (end, dotted) = match endpoint::colon(text) {
        Some(end) => (end, false),
        None => (endpoint::dot(text)?, true),
    };
    Some((Field { end, width: Some(text.chars().count()) }, dotted))
}

fn windows(behind: &str, says_v6: bool) -> Option<Row<'_>> {
    let (local, behind) = word(behind);
    let (peer, behind) = word(behind);
    let local = Field { end: endpoint::colon(local)?, width: None };
    let Some(end) = endpoint::colon(peer) else {
        return Some(if peer.is_empty() {
            Row::Incomplete
        } else {
            Row::Unreadable("no two addresses with ports")
        });
    };
    let peer = Field { end, width: None };
    let Some((state, rest)) = state::leading(behind) else {
        let is_cut = behind.trim().is_empty();
        return Some(if is_cut {
            Row::Incomplete
        } else {
            Row::Unreadable("no state that is known here")
        });
    };
    let (pid, _) = word(rest);
    let tail = Tail::of_windows(pid);
    let system = System::Windows;
    Some(Row::Tcp(vec![Tcp {
        system,
        says_v6,
        queues: None,
        local,
        peer,
        state,
        tail,
        is_split: false,
    }]))
}

/// A row whose blanks are missing, at least between some fields.
fn squeezed(text: &str) -> Option<Row<'_>> {
    let behind = text.strip_prefix("tcp")?;
    if !behind.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (at, (state, rest)) = behind
        .char_indices()
        .filter(|(at, c)| {
            let follows = behind[..*at].chars().next_back();
            !c.is_ascii_lowercase()
                && !c.is_ascii_digit()
                && c.is_alphabetic()
                && follows
                    .is_some_and(|c| !c.is_ascii_uppercase() && c.is_ascii() && !"_-".contains(c))
        })
        .find_map(|(at, _)| Some((at, state::prefix(&behind[at..])?)))?;
    let body = &behind[..at];
    let tail = Tail::read(rest, state);
    let read = |text| socket::readings(text, |recv, send| can_queue(state, recv, send)).into_iter();
    let plain = read(body).map(|found| (false, found));
    let six = body.strip_prefix("46").or_else(|| body.strip_prefix('6')).unwrap_or_default();
    let six = read(six).map(|found| (true, found));
    let found: Vec<Tcp<'_>> = plain
        .chain(six)
        .filter(|(_, found)| is_possible(found, state))
        .map(|(says_v6, found)| Tcp {
            system: System::Linux,
            says_v6,
            queues: Some((found.recv, found.send)),
            local: Field { end: found.local, width: None },
            peer: Field { end: found.peer, width: None },
            state,
            tail: tail.clone(),
            is_split: true,
        })
        .collect();
    (!found.is_empty()).then_some(Row::Tcp(found))
}

/// The kernel writes no queues for requests and for TIME_WAIT, and no send queue for listeners.
fn can_queue(state: TcpState, recv: u32, send: u32) -> bool {
    match state {
        TcpState::SynRecv | TcpState::TimeWait => (recv, send) == (0, 0),
        TcpState::Listen => send == 0,
        _ => true,
    }
}

/// Only a listener has no other end.
fn is_possible(found: &Squeezed<'_>, state: TcpState) -> bool {
    state == TcpState::Close || (state == TcpState::Listen) == (found.peer.port == Port::Any)
}

/// What is left of a row at the end of a text: `tcp00`.
fn stub(first: &str) -> Option<Row<'_>> {
    let behind = first.strip_prefix("tcp")?;
    let is_start = !behind.is_empty()
        && behind.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b'*'));
    is_start.then_some(Row::Incomplete)
}
