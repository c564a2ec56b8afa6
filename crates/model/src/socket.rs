//! TCP sockets: listeners, requests (SYN_RECV), and the rest.

mod options;

use crate::{Endpoint, Family, Flow, Foreign, Gap};

pub use options::ListenerOptions;

/// State of a TCP socket, `include/net/tcp_states.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TcpState {
    /// 1
    Established,
    /// 2
    SynSent,
    /// 3; also 12 (NEW_SYN_RECV), which the kernel reports as 3
    SynRecv,
    /// 4
    FinWait1,
    /// 5
    FinWait2,
    /// 6
    TimeWait,
    /// 7; a socket that is bound and neither connected nor listening
    Close,
    /// 8
    CloseWait,
    /// 9
    LastAck,
    /// 10
    Listen,
    /// 11
    Closing,
}

impl TcpState {
    /// All states, in the kernel's order.
    pub const ALL: [Self; 11] = [
        Self::Established,
        Self::SynSent,
        Self::SynRecv,
        Self::FinWait1,
        Self::FinWait2,
        Self::TimeWait,
        Self::Close,
        Self::CloseWait,
        Self::LastAck,
        Self::Listen,
        Self::Closing,
    ];

    /// The kernel's number, 1 to 11.
    pub fn number(self) -> u8 {
        (1..=11).find(|&number| Self::from_number(number) == Some(self)).unwrap_or(0)
    }

    /// From the kernel's number; 12 (NEW_SYN_RECV) is `SynRecv`.
    pub fn from_number(number: u8) -> Option<Self> {
        if number == 12 {
            return Some(Self::SynRecv);
        }
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The name that `netstat` prints (`SYN_RECV`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::FinWait1 => "FIN_WAIT1",
            Self::FinWait2 => "FIN_WAIT2",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
        }
    }
}

/// Where the rows came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SocketSource {
    /// Both sources, requests joined row by row.
    Both,
    /// sock_diag only: no timer expiries of requests, no `ref` of listeners.
    Diag,
    /// `/proc/net/tcp{,6}` only: no SYN-ACK counts, no accept-queue limit, no drops.
    Proc,
    /// Frames: requests as a capture shows them, and no listeners.
    Frames,
    /// Output of other tools in a ticket.
    Pasted,
}

impl SocketSource {
    /// For people and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "sock_diag and /proc/net/tcp",
            Self::Diag => "sock_diag",
            Self::Proc => "/proc/net/tcp",
            Self::Frames => "frames",
            Self::Pasted => "pasted tables",
        }
    }
}

/// All TCP sockets of one network namespace, both families.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sockets {
    /// Where the rows came from.
    pub source: SocketSource,
    /// Sockets in LISTEN.
    pub listeners: Vec<Listener>,
    /// Request sockets: SYN received, SYN-ACK sent, ACK outstanding.
    pub requests: Vec<Request>,
    /// Sockets in every other state.
    pub others: Vec<Socket>,
}

/// A socket in LISTEN.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Listener {
    /// Address and port; the address may be unspecified.
    pub local: Endpoint,
    /// Family of the socket. A `[::]` listener is V6 and also takes IPv4 clients unless `v6only`.
    pub family: Family,
    /// SO_BINDTODEVICE as ifindex; 0 when not bound. `idiag_if`; unknown (0) from /proc.
    pub bound_ifindex: u32,
    /// Connections completed and not accepted. `idiag_rqueue` / `rx_queue`.
    pub accept_queue_count: u32,
    /// min(listen backlog, somaxconn). `idiag_wqueue`; /proc does not have it.
    pub accept_queue_max_count: Option<u32>,
    /// 1 + accept queue + pending requests of this very socket (2 + … for MPTCP). `ref` of /proc.
    pub ref_count: Option<u32>,
    /// Packets this listener dropped since it was created. `sk_drops` (SK_MEMINFO_DROPS).
    pub drops_count: Option<u32>,
    /// Option memory: not 0 with a socket filter or MD5 keys. SK_MEMINFO_OPTMEM.
    pub optmem_bytes: Option<u32>,
    /// Owner of the socket at creation.
    pub uid: u32,
    /// Inode in sockfs; links to `/proc/PID/fd`.
    pub inode: u64,
    /// IPV6_V6ONLY; `None` for IPv4 or when not reported. INET_DIAG_SKV6ONLY.
    pub v6only: Option<bool>,
    /// SO_MARK; reported only to callers with CAP_NET_ADMIN. INET_DIAG_MARK.
    pub mark: Option<u32>,
    /// Processes that hold the socket.
    pub owners: Owners,
    /// Options that only a holder of the socket can read; `None` when nobody looked or might not.
    #[cfg_attr(feature = "serde", serde(default))]
    pub options: Option<ListenerOptions>,
}

impl Listener {
    /// True when a SYN to `local` of `family_of_row` can belong to this listener.
    pub fn accepts(&self, local: Endpoint) -> bool {
        if self.local.port != local.port {
            return false;
        }
        if self.local.ip == local.ip {
            return true;
        }
        self.local.ip.is_unspecified()
            && match (self.family, Family::of(local.ip)) {
                (Family::V4, Family::V4) | (Family::V6, Family::V6) => true,
                (Family::V6, Family::V4) => self.v6only != Some(true),
                (Family::V4, Family::V6) => false,
            }
    }
}

/// Processes that hold a listening socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Owners {
    /// Nobody looked.
    #[default]
    NotSought,
    /// Some processes could not be looked into, and none of the others holds it.
    Unreadable(Gap),
    /// Those found; empty when none of all processes holds it (the kernel does). Beyond hundreds of
    /// descriptors without a listener a process was searched only if nobody else holds it.
    Known(Vec<Process>),
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Process {
    /// Process id in the reader's pid namespace.
    pub pid: u32,
    /// `comm` of /proc/PID/stat; may hold any byte.
    pub comm: Foreign,
    /// State letter of /proc/PID/stat: `T` is stopped, `D` uninterruptible, `Z` zombie.
    pub state: char,
}

/// A request socket (`request_sock`): one connection in SYN_RECV.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Request {
    /// The two ends.
    pub flow: Flow,
    /// Family of the listener; V6 for an IPv4 client of a `[::]` listener.
    pub listener_family: Family,
    /// Device for a link-local peer or a bound listener, as ifindex; else 0. `idiag_if`.
    pub ifindex: u32,
    /// The retry counters and the timer.
    pub counters: RetryCounters,
    /// Owner of the listener at its creation. /proc only (sock_diag says 0).
    pub uid: Option<u32>,
    /// Mark of the reply; only with CAP_NET_ADMIN. INET_DIAG_MARK.
    pub mark: Option<u32>,
    /// True for a Fast Open child: a full socket in state 3 with data already in it.
    pub fastopen: bool,
}

/// The two retry counters of a request and its timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RetryCounters {
    /// SYN-ACKs sent again, by timer or because the client repeated its SYN.
    /// `num_retrans`, from `idiag_retrans`.
    pub synack_retrans_count: Option<u32>,
    /// Expiries of the own timer. `num_timeout`, from `retrnsmt` of /proc/net/tcp.
    pub timer_expiry_count: Option<u32>,
    /// True when both counters were read from the same state of the timer (deadlines within 50 ms).
    pub same_instant: bool,
    /// Milliseconds to the next timer expiry, at the time of reading.
    pub timer_ms: Option<u32>,
}

/// `TCP_RTO_MAX`: no timer of a request is longer.
const RTO_MAX_S: u64 = 120;
/// Expiries after which doubling would make it longer.
const DOUBLINGS_MAX: u64 = 6;

impl RetryCounters {
    /// Least age in milliseconds: the times of all timers so far less what remains of the last one.
    /// The timer after n expiries lasts 2^n s, at most 120 s (`TCP_RTO_MAX`).
    ///
    /// Exact within 0.2 s up to n = 2 and 0.7 s up to n = 5 when the client does not repeat its
    /// SYN; a lower bound when it does, because each repeated SYN arms the timer anew.
    pub fn age_ms(&self) -> Option<u64> {
        let n = u64::from(self.timer_expiry_count?);
        let doubled = n.min(DOUBLINGS_MAX);
        let seconds = (1_u64 << (doubled + 1)) - 1 + (n - doubled) * RTO_MAX_S;
        let schedule_ms = seconds * 1000;
        Some(schedule_ms.saturating_sub(u64::from(self.timer_ms?)))
    }

    /// True when `age_ms` is only a lower bound, or when it is not known that it is exact.
    pub fn age_is_lower_bound(&self) -> bool {
        match (self.synack_retrans_count, self.timer_expiry_count) {
            (Some(sent), Some(expired)) => sent > expired || !self.same_instant,
            _ => true,
        }
    }

    /// SYNs that the client repeated: SYN-ACKs sent again beyond those of the timer.
    ///
    /// `None` unless both counters are known and belong together.
    pub fn client_repeats(&self) -> Option<u32> {
        match (self.synack_retrans_count, self.timer_expiry_count) {
            (Some(sent), Some(expired)) if self.same_instant => Some(sent.saturating_sub(expired)),
            _ => None,
        }
    }
}

/// A TCP socket that is neither a listener nor a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Socket {
    /// State; never `Listen`.
    pub state: TcpState,
    /// The two ends; the peer is unspecified in CLOSE.
    pub flow: Flow,
    /// Family of the socket.
    pub family: Family,
    /// SO_BINDTODEVICE or the device of a link-local peer, as ifindex; else 0.
    pub ifindex: u32,
    /// Bytes received and not read.
    pub recv_queue_bytes: u32,
    /// Bytes written and not acknowledged.
    pub send_queue_bytes: u32,
    /// Running timer.
    pub timer: Option<SocketTimer>,
    /// Owner at creation; 0 for TIME_WAIT.
    pub uid: u32,
    /// Inode in sockfs; 0 for TIME_WAIT and orphans.
    pub inode: u64,
}

/// A running timer of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SocketTimer {
    /// Which one.
    pub kind: TimerKind,
    /// Milliseconds until it expires.
    pub expires_ms: u32,
    /// Retransmissions or probes so far.
    pub retrans_count: u32,
}

/// Kind of a running timer; `idiag_timer` and `tr` of /proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TimerKind {
    /// 1: retransmission (or a loss probe).
    On,
    /// 2: keepalive (or SYN-ACK timer of a listener on old kernels).
    Keepalive,
    /// 3: TIME_WAIT.
    TimeWait,
    /// 4: zero-window probe.
    Persist,
    /// Any other number.
    Other(u8),
}

impl TimerKind {
    /// The word that `ss` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Keepalive => "keepalive",
            Self::TimeWait => "timewait",
            Self::Persist => "persist",
            Self::Other(_) => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_the_kernels_numbers() {
        assert_eq!(TcpState::Established.number(), 1);
        assert_eq!(TcpState::Listen.number(), 10);
        assert_eq!(TcpState::from_number(12), Some(TcpState::SynRecv));
        assert_eq!(TcpState::from_number(0), None);
        assert_eq!(TcpState::from_number(13), None);
    }

    #[test]
    fn age_follows_the_schedule() {
        let counters = |n, timer_ms| RetryCounters {
            synack_retrans_count: Some(n),
            timer_expiry_count: Some(n),
            same_instant: true,
            timer_ms: Some(timer_ms),
        };
        assert_eq!(counters(0, 600).age_ms(), Some(400));
        assert_eq!(counters(2, 4000).age_ms(), Some(3000));
        // With tcp_synack_retries over 6: 127 s to the seventh timer, which lasts 120 s as all after it.
        assert_eq!(counters(6, 64_000).age_ms(), Some(63_000));
        assert_eq!(counters(7, 120_000).age_ms(), Some(127_000));
        assert_eq!(counters(16, 120_000).age_ms(), Some(127_000 + 9 * 120_000));
        assert!(!counters(2, 4000).age_is_lower_bound());
        let repeating = RetryCounters { synack_retrans_count: Some(4), ..counters(1, 1500) };
        assert!(repeating.age_is_lower_bound());
        assert_eq!(repeating.client_repeats(), Some(3));
    }

    #[test]
    fn a_v6_wildcard_takes_ipv4_clients_unless_v6only() {
        let mut listener = Listener {
            local: Endpoint::new("::".parse().unwrap(), 80),
            family: Family::V6,
            bound_ifindex: 0,
            accept_queue_count: 0,
            accept_queue_max_count: None,
            ref_count: None,
            drops_count: None,
            optmem_bytes: None,
            uid: 0,
            inode: 0,
            v6only: None,
            mark: None,
            owners: Owners::NotSought,
            options: None,
        };
        let v4 = Endpoint::new("10.0.0.1".parse().unwrap(), 80);
        assert!(listener.accepts(v4));
        listener.v6only = Some(true);
        assert!(!listener.accepts(v4));
    }
}
