use std::fmt;
use std::io::Write as _;

use serde::Serialize;
use synrecv_model::view::{RetryReading, snapshot_reading};
use synrecv_model::{
    Endpoint, LinkNames, Listener, ListenerOptions, Owners, Process, Request, Socket,
};

use crate::digits;
use crate::escape::printable;

/// An endpoint; a link-local address carries `%dev`.
pub(crate) fn endpoint(end: Endpoint, ifindex: u32, names: &LinkNames) -> String {
    on_device(end, ifindex, names).unwrap_or_else(|| end.to_string())
}

/// `[fe80::1%eth0]:80`; `None` where the address says enough.
fn on_device(end: Endpoint, ifindex: u32, names: &LinkNames) -> Option<String> {
    let wanted = end.needs_device() && ifindex != 0;
    wanted.then(|| format!("[{}%{}]:{}", end.ip, names.name(ifindex).0, end.port))
}

/// The same for a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownEndpoint<'a> {
    pub(crate) end: Endpoint,
    pub(crate) ifindex: u32,
    pub(crate) names: &'a LinkNames,
}

impl ShownEndpoint<'_> {
    /// Appends it as it is displayed.
    pub(crate) fn append(out: &mut Vec<u8>, shown: Self) {
        if shown.end.needs_device() {
            // A vector takes everything.
            drop(write!(out, "{shown}"));
        } else {
            digits::endpoint(out, shown.end);
        }
    }
}

impl fmt::Display for ShownEndpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match on_device(self.end, self.ifindex, self.names) {
            Some(named) => f.write_str(&printable(&named)),
            None => self.end.fmt(f),
        }
    }
}

/// A listener.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListenerRow {
    /// Address and port.
    pub local: String,
    /// Always `LISTEN`.
    pub state: &'static str,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Device it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_dev: Option<String>,
    /// Connections completed and not accepted.
    pub accept_queue_count: u32,
    /// Limit of the accept queue.
    pub accept_queue_max_count: Option<u32>,
    /// 1 + accept queue + pending requests.
    pub ref_count: Option<u32>,
    /// Packets dropped since it was made.
    pub drops_count: Option<u32>,
    /// Option memory.
    pub optmem_bytes: Option<u32>,
    /// Owner at creation.
    pub uid: Option<u32>,
    /// Inode in sockfs.
    pub inode: Option<u64>,
    /// IPV6_V6ONLY.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v6only: Option<bool>,
    /// SO_MARK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<u32>,
    /// Processes that hold it; `null` when they could not be found out. Where one is known, others can
    /// be missing that hold it behind hundreds of other descriptors.
    pub processes: Option<Vec<ProcessRow>>,
    /// Why the processes could not be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes_missing: Option<&'static str>,
    /// Options that only a holder of the socket can read; absent when they could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<OptionsRow>,
}

/// Socket options of a listener.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OptionsRow {
    /// How long an ACK without data is held (TCP_DEFER_ACCEPT), rounded up by the kernel; 0 is off.
    pub defer_accept_s: Option<u32>,
    /// SYN-ACKs sent again before a request is given up (TCP_SYNCNT); absent when the sysctl decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syn_retries_count: Option<u32>,
    /// Limit of Fast Open requests that wait (TCP_FASTOPEN); 0 is off.
    pub fastopen_queue_max_count: Option<u32>,
    /// Instructions of the socket filter (SO_ATTACH_FILTER); 0 is none, `null` for a program of eBPF.
    pub filter_instructions_count: Option<u32>,
}

impl OptionsRow {
    /// From the noun.
    pub fn new(options: ListenerOptions) -> Self {
        Self {
            defer_accept_s: options.defer_accept_s,
            syn_retries_count: options.syn_retries,
            fastopen_queue_max_count: options.fastopen_queue_max,
            filter_instructions_count: options.filter_instructions,
        }
    }
}

/// A process.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessRow {
    /// Process id.
    pub pid: u32,
    /// Name.
    pub comm: String,
    /// State letter.
    pub state: Option<char>,
}

/// Stands for a state that the source does not tell.
const NO_STATE: char = '?';

/// `(uid_t) -1` stands for an owner that the source does not name; no process has it.
pub(crate) fn known_uid(uid: u32) -> Option<u32> {
    (uid != u32::MAX).then_some(uid)
}

impl ProcessRow {
    /// From the noun.
    pub fn new(process: &Process) -> Self {
        let state = (process.state != NO_STATE).then_some(process.state);
        Self { pid: process.pid, comm: process.comm.0.clone(), state }
    }

    /// All owners, `None` when they are not known.
    pub fn all(owners: &Owners) -> Option<Vec<Self>> {
        match owners {
            Owners::Known(owners) => Some(owners.iter().map(Self::new).collect()),
            Owners::NotSought | Owners::Unreadable(_) => None,
        }
    }
}

impl ListenerRow {
    /// From the noun.
    pub fn new(listener: &Listener, names: &LinkNames) -> Self {
        Self {
            local: endpoint(listener.local, listener.bound_ifindex, names),
            state: "LISTEN",
            family: listener.family.name(),
            bound_dev: (listener.bound_ifindex != 0).then(|| names.name(listener.bound_ifindex).0),
            accept_queue_count: listener.accept_queue_count,
            accept_queue_max_count: listener.accept_queue_max_count,
            ref_count: listener.ref_count,
            drops_count: listener.drops_count,
            optmem_bytes: listener.optmem_bytes,
            uid: known_uid(listener.uid),
            inode: (listener.inode != 0).then_some(listener.inode),
            v6only: listener.v6only,
            mark: listener.mark,
            processes: ProcessRow::all(&listener.owners),
            processes_missing: match &listener.owners {
                Owners::Unreadable(gap) => Some(gap.reason.word()),
                Owners::Known(_) | Owners::NotSought => None,
            },
            options: listener.options.map(OptionsRow::new),
        }
    }
}

/// A request socket in SYN_RECV.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestRow {
    /// Our end.
    pub local: String,
    /// The client's end.
    pub peer: String,
    /// Always `SYN_RECV`.
    pub state: &'static str,
    /// Family of the listener.
    pub listener_family: &'static str,
    /// Device of a link-local peer or a bound listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev: Option<String>,
    /// What the two counters say, seen once: `client-repeats-syn`, `no-repeat-seen`, `ack-held` or
    /// `too-early`; `null` unless both are known and belong together.
    pub reading: Option<&'static str>,
    /// SYN-ACKs sent again.
    pub synack_retrans_count: Option<u32>,
    /// Expiries of the own timer.
    pub timer_expiry_count: Option<u32>,
    /// Both counters belong to one state of the timer.
    pub counters_same_instant: bool,
    /// To the next timer expiry.
    pub timer_ms: Option<u32>,
    /// Least age.
    pub age_ms: Option<u64>,
    /// The age is only a lower bound.
    pub age_is_lower_bound: bool,
    /// Owner of the listener.
    pub uid: Option<u32>,
    /// Mark of the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<u32>,
    /// Made by Fast Open.
    pub fastopen: bool,
}

impl RequestRow {
    /// From the noun.
    pub fn new(request: &Request, names: &LinkNames) -> Self {
        let counters = &request.counters;
        Self {
            local: endpoint(request.flow.local, request.ifindex, names),
            peer: endpoint(request.flow.peer, request.ifindex, names),
            state: "SYN_RECV",
            listener_family: request.listener_family.name(),
            dev: (request.ifindex != 0).then(|| names.name(request.ifindex).0),
            reading: snapshot_reading(request).map(RetryReading::name),
            synack_retrans_count: counters.synack_retrans_count,
            timer_expiry_count: counters.timer_expiry_count,
            counters_same_instant: counters.same_instant,
            timer_ms: counters.timer_ms,
            age_ms: counters.age_ms(),
            age_is_lower_bound: counters.age_is_lower_bound(),
            uid: request.uid,
            mark: request.mark,
            fastopen: request.fastopen,
        }
    }
}

/// A socket in another state.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SocketRow {
    /// Our end.
    pub local: String,
    /// The other end.
    pub peer: String,
    /// `ESTABLISHED`, `TIME_WAIT` …
    pub state: &'static str,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Device it is bound to, or of a link-local peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev: Option<String>,
    /// Bytes received and not read.
    pub recv_queue_bytes: u32,
    /// Bytes written and not acknowledged.
    pub send_queue_bytes: u32,
    /// Running timer: `on`, `keepalive`, `timewait`, `persist`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer: Option<&'static str>,
    /// Until the timer expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer_ms: Option<u32>,
    /// Retransmissions or probes so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrans_count: Option<u32>,
    /// Owner at creation.
    pub uid: Option<u32>,
    /// Inode in sockfs; 0 for TIME_WAIT.
    pub inode: u64,
}

impl SocketRow {
    /// From the noun.
    pub fn new(socket: &Socket, names: &LinkNames) -> Self {
        Self {
            local: endpoint(socket.flow.local, socket.ifindex, names),
            peer: endpoint(socket.flow.peer, socket.ifindex, names),
            state: socket.state.name(),
            family: socket.family.name(),
            dev: (socket.ifindex != 0).then(|| names.name(socket.ifindex).0),
            recv_queue_bytes: socket.recv_queue_bytes,
            send_queue_bytes: socket.send_queue_bytes,
            timer: socket.timer.map(|timer| timer.kind.name()),
            timer_ms: socket.timer.map(|timer| timer.expires_ms),
            retrans_count: socket.timer.map(|timer| timer.retrans_count),
            uid: known_uid(socket.uid),
            inode: socket.inode,
        }
    }
}
