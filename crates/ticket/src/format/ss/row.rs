//! One row of `ss`.

use synrecv_model::TcpState;

use crate::format::socket::{self, Squeezed};
use crate::token::endpoint::{self, End, Port};
use crate::token::state;

/// What a line with a socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row<'a> {
    /// A TCP socket; several readings of it when blanks are missing.
    Tcp(Vec<Tcp<'a>>),
    /// The row stops before its second address: the rest may be on the next line.
    Incomplete {
        /// The first address is there.
        has_local: bool,
    },
    /// A TCP socket that cannot be read, and why.
    Unreadable(&'static str),
    /// A socket of another protocol.
    Other,
}

/// A TCP socket, as printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tcp<'a> {
    /// `Netid` is there.
    pub(super) has_netid: bool,
    /// `None` when `ss` was asked for one state and left the column out.
    pub(super) state: Option<TcpState>,
    /// `Recv-Q` and `Send-Q`; `None` when only columns with addresses were picked out.
    pub(super) queues: Option<(u32, u32)>,
    pub(super) local: End<'a>,
    pub(super) peer: End<'a>,
    /// What is behind the addresses.
    pub(super) rest: &'a str,
    /// It was found by splitting a text without blanks.
    pub(super) is_split: bool,
}

/// The words of the column `Netid`. All but `tcp` are passed over.
#[rustfmt::skip]
pub(super) const NETIDS: &[&str] = &[
    "tcp", "udp", "u_str", "u_dgr", "u_seq", "raw", "nl", "p_raw", "p_dgr", "icmp6", "sctp", "dccp",
    "tipc", "vsock", "v_str", "v_dgr", "xdp", "mptcp", "???", "ti_rd", "ti_sq", "ti_st", "ti_dg",
];

/// Reads a line. `None` when it does not begin as a row.
pub(super) fn row(line: &str) -> Option<Row<'_>> {
    let text = line.trim_start();
    let (first, behind) = word(text);
    let has_netid = first == "tcp";
    if !has_netid && NETIDS.contains(&first) {
        return is_other(behind).then_some(Row::Other);
    }
    let text = if has_netid { behind.trim_start() } else { text };
    let (first, behind) = word(text);
    match spelled(first) {
        Some(state) => numbers(behind, Some(state), has_netid)
            .or_else(|| picked(behind, state, has_netid))
            .or_else(|| squeezed(text, has_netid)),
        None => numbers(text, None, has_netid).or_else(|| squeezed(text, has_netid)),
    }
}

/// The first word, and what is behind it.
pub(super) fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// A state in the spelling of `ss`, or of another tool that puts states first.
fn spelled(word: &str) -> Option<TcpState> {
    let is_name = word.starts_with(|c: char| c.is_ascii_uppercase());
    if is_name { state::state(word) } else { None }
}

fn is_other(behind: &str) -> bool {
    let (next, behind) = word(behind);
    let (number, _) = word(behind);
    (spelled(next).is_some() && number.parse::<u32>().is_ok()) || next.parse::<u32>().is_ok()
}

fn numbers(text: &str, state: Option<TcpState>, has_netid: bool) -> Option<Row<'_>> {
    let (recv, behind) = word(text);
    let (send, behind) = word(behind);
    let recv = recv.parse().ok()?;
    let (local, behind) = word(behind);
    if local.is_empty() {
        let is_count = send.bytes().all(|b| b.is_ascii_digit());
        return state.filter(|_| is_count).map(|_| Row::Incomplete { has_local: false });
    }
    let send = send.parse().ok()?;
    let local = endpoint::colon(local)?;
    let (peer, rest) = word(behind);
    if peer.is_empty() {
        return (state.is_some() && local.port != Port::Any)
            .then_some(Row::Incomplete { has_local: true });
    }
    let Some(peer) = endpoint::colon(peer) else {
        return state.map(|_| Row::Unreadable("no two addresses with ports"));
    };
    let (queues, is_split) = (Some((recv, send)), false);
    Some(Row::Tcp(vec![Tcp { has_netid, state, queues, local, peer, rest, is_split }]))
}

/// Columns that were picked out: a state and two ends, which are numbers.
fn picked(text: &str, state: TcpState, has_netid: bool) -> Option<Row<'_>> {
    let (local, behind) = word(text);
    let (peer, rest) = word(behind);
    let (local, peer) = (endpoint::colon(local)?, endpoint::colon(peer)?);
    let (state, queues, is_split) = (Some(state), None, false);
    let tcp = Tcp { has_netid, state, queues, local, peer, rest, is_split };
    (local.is_numeric() && peer.is_numeric()).then_some(Row::Tcp(vec![tcp]))
}

/// A row whose blanks are missing: `SYN-RECV00192.0.2.1:80198.51.100.7:4711timer:(on,1sec,2)`.
fn squeezed(text: &str, has_netid: bool) -> Option<Row<'_>> {
    let (state, body) = state::prefix(text)?;
    if !body.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let body = body.trim_end();
    let mark = ["users:((", "timer:(", "ino:", "uid:", "sk:"]
        .iter()
        .filter_map(|key| body.find(key))
        .min();
    let (body, rest) = body.split_at(mark.unwrap_or(body.len()));
    let is_request = matches!(state, TcpState::SynRecv | TcpState::TimeWait);
    // The kernel writes no queues for requests.
    let fits = |recv, send| !is_request || (recv, send) == (0, 0);
    let found: Vec<Tcp<'_>> = socket::readings(body, fits)
        .into_iter()
        .filter(|found| is_possible(found, state))
        .map(|Squeezed { recv, send, local, peer }| Tcp {
            has_netid,
            state: Some(state),
            queues: Some((recv, send)),
            local,
            peer,
            rest,
            is_split: true,
        })
        .collect();
    (!found.is_empty()).then_some(Row::Tcp(found))
}

/// Only a listener has no other end.
fn is_possible(found: &Squeezed<'_>, state: TcpState) -> bool {
    state == TcpState::Close || (state == TcpState::Listen) == (found.peer.port == Port::Any)
}
