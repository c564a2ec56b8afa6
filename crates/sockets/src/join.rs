//! Rows of both sources put together.
//!
//! The two retry counters of a request belong together only when both rows show the same state of
//! its timer. Each row was read at its own time, so what must agree is the deadline: the time of
//! reading plus what was left on the timer.

mod pairs;
mod side;

use std::collections::HashMap;

use synrecv_model::{
    Endpoint, Family, Flow, Listener, Mono, Owners, Request, RetryCounters, Socket, SocketTimer,
    TimerKind, order,
};

pub use self::pairs::{Pairs, requests_at_once};
pub use self::side::Side;
use crate::parse::diag::DiagRow;
use crate::parse::proc_tcp::ProcRow;

/// Deadlines that differ by no more are the same: /proc counts in ticks of 10 ms, and the kernel's
/// own clock may tick as slowly.
pub const SAME_DEADLINE_MS: u64 = 50;

/// Family and both ends.
type Key = (Family, Flow);

/// What `sock_diag` shows of a request beside its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiagSeen {
    /// Milliseconds on `CLOCK_MONOTONIC` at which the timer expires.
    pub deadline_ms: u64,
    /// `idiag_if`.
    pub ifindex: u32,
    /// `INET_DIAG_MARK`.
    pub mark: Option<u32>,
    /// `idiag_retrans`: SYN-ACKs sent again.
    pub retrans_count: u8,
    /// A Fast Open child.
    pub full: bool,
}

impl From<&DiagRow> for DiagSeen {
    fn from(row: &DiagRow) -> Self {
        let &DiagRow { ifindex, mark, retrans_count, full, .. } = row;
        let deadline_ms = deadline(row.at, row.expires_ms);
        Self { deadline_ms, ifindex, mark, retrans_count, full }
    }
}

/// What /proc shows of a request beside its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcSeen {
    /// Milliseconds on `CLOCK_MONOTONIC` at which the timer expires.
    pub deadline_ms: u64,
    /// `retrnsmt`: expiries of the timer.
    pub retrans_count: u32,
    /// `uid` of the listener.
    pub uid: u32,
    /// A Fast Open child.
    pub full: bool,
}

impl From<&ProcRow> for ProcSeen {
    fn from(row: &ProcRow) -> Self {
        let &ProcRow { retrans_count, uid, full, .. } = row;
        Self { deadline_ms: deadline(row.at, row.expires_ms), retrans_count, uid, full }
    }
}

fn deadline(at: Mono, expires_ms: u32) -> u64 {
    at.plus_ms(u64::from(expires_ms)).0 / 1_000_000
}

/// True when both rows are there and show the same state of the timer.
fn same_instant(diag: Option<DiagSeen>, proc: Option<ProcSeen>) -> bool {
    let deadlines = diag.zip(proc).map(|(diag, proc)| (diag.deadline_ms, proc.deadline_ms));
    deadlines.is_some_and(|(diag, proc)| diag.abs_diff(proc) <= SAME_DEADLINE_MS)
}

/// One request in either source or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPair {
    /// Family of the listener.
    pub family: Family,
    /// Both ends.
    pub flow: Flow,
    /// As `sock_diag` shows it.
    pub diag: Option<DiagSeen>,
    /// As /proc shows it.
    pub proc: Option<ProcSeen>,
}

impl RequestPair {
    /// True when both rows are there and show the same state of the timer.
    pub fn same_instant(&self) -> bool {
        same_instant(self.diag, self.proc)
    }

    /// The request; `None` when no source shows it. The timer is that at `as_of`, however much
    /// earlier the row was read.
    pub fn request(&self, as_of: Mono) -> Option<Request> {
        // /proc belongs to the number of expiries, from which the age is computed.
        let of_proc = self.proc.map(|row| row.deadline_ms);
        let deadline_ms = of_proc.or_else(|| self.diag.map(|row| row.deadline_ms))?;
        let left = deadline_ms.saturating_sub(as_of.0 / 1_000_000);
        Some(Request {
            flow: self.flow,
            listener_family: self.family,
            ifindex: self.diag.map_or(0, |row| row.ifindex),
            counters: RetryCounters {
                synack_retrans_count: self.diag.map(|row| u32::from(row.retrans_count)),
                timer_expiry_count: self.proc.map(|row| row.retrans_count),
                same_instant: self.same_instant(),
                timer_ms: Some(u32::try_from(left).unwrap_or(u32::MAX)),
            },
            uid: self.proc.map(|row| row.uid),
            mark: self.diag.and_then(|row| row.mark),
            fastopen: self.diag.is_some_and(|row| row.full)
                || self.proc.is_some_and(|row| row.full),
        })
    }
}

/// Listeners of both sources, joined by inode, in order of address.
///
/// A listener that only one source shows is kept; what the other would have told is unknown.
pub fn join_listeners(diag: Vec<DiagRow>, proc: Vec<ProcRow>) -> Vec<Listener> {
    let key = |family: Family, local: Endpoint, inode: u64| (family, local, inode);
    let mut refs: HashMap<_, ProcRow> =
        proc.into_iter().map(|row| (key(row.family, row.flow.local, row.inode), row)).collect();
    let mut listeners: Vec<Listener> = diag
        .into_iter()
        .map(|row| {
            let other = refs.remove(&key(row.family, row.flow.local, row.inode));
            listener_from_diag(&row, other.map(|row| row.ref_count))
        })
        .collect();
    listeners.extend(refs.into_values().map(|row| listener_from_proc(&row)));
    order::sort_by_key(&mut listeners, |listener| {
        (listener.local, listener.family, listener.inode)
    });
    listeners
}

fn listener_from_diag(row: &DiagRow, ref_count: Option<u32>) -> Listener {
    Listener {
        local: row.flow.local,
        family: row.family,
        bound_ifindex: row.ifindex,
        accept_queue_count: row.rqueue,
        accept_queue_max_count: Some(row.wqueue),
        ref_count,
        drops_count: row.drops_count,
        optmem_bytes: row.optmem_bytes,
        uid: row.uid,
        inode: row.inode,
        v6only: row.v6only,
        mark: row.mark,
        owners: Owners::NotSought,
        options: None,
    }
}

fn listener_from_proc(row: &ProcRow) -> Listener {
    Listener {
        local: row.flow.local,
        family: row.family,
        bound_ifindex: 0,
        accept_queue_count: row.rx_queue,
        accept_queue_max_count: None,
        ref_count: Some(row.ref_count),
        drops_count: None,
        optmem_bytes: None,
        uid: row.uid,
        inode: row.inode,
        v6only: None,
        mark: None,
        owners: Owners::NotSought,
        options: None,
    }
}

/// A socket that is neither listener nor request, from `sock_diag`.
pub fn socket_from_diag(row: &DiagRow) -> Socket {
    Socket {
        state: row.state,
        flow: row.flow,
        family: row.family,
        ifindex: row.ifindex,
        recv_queue_bytes: row.rqueue,
        send_queue_bytes: row.wqueue,
        timer: timer(row.timer, row.expires_ms, u32::from(row.retrans_count)),
        uid: row.uid,
        inode: row.inode,
    }
}

/// The same from /proc, which does not know the device.
pub fn socket_from_proc(row: &ProcRow) -> Socket {
    // sock_diag counts probes for the timers that send them; /proc has a column for each.
    let retrans_count = match row.timer {
        2 | 4 => row.probe_count,
        _ => row.retrans_count,
    };
    Socket {
        state: row.state,
        flow: row.flow,
        family: row.family,
        ifindex: 0,
        recv_queue_bytes: row.rx_queue,
        send_queue_bytes: row.tx_queue,
        timer: timer(row.timer, row.expires_ms, retrans_count),
        uid: row.uid,
        inode: row.inode,
    }
}

fn timer(number: u8, expires_ms: u32, retrans_count: u32) -> Option<SocketTimer> {
    let kind = match number {
        0 => return None,
        1 => TimerKind::On,
        2 => TimerKind::Keepalive,
        3 => TimerKind::TimeWait,
        4 => TimerKind::Persist,
        other => TimerKind::Other(other),
    };
    Some(SocketTimer { kind, expires_ms, retrans_count })
}

#[cfg(test)]
mod tests;
