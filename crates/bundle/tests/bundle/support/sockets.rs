//! Sockets of every kind.

use synrecv_model::{
    Family, Flow, Foreign, Listener, ListenerOptions, Owners, Process, Request, RetryCounters,
    Socket, SocketSource, SocketTimer, Sockets, TcpState, TimerKind,
};

use super::host::{EVIL, end, flow, gaps};

pub(crate) fn retries() -> RetryCounters {
    RetryCounters {
        synack_retrans_count: Some(3),
        timer_expiry_count: None,
        same_instant: true,
        timer_ms: Some(0),
    }
}

pub(crate) fn sockets() -> Sockets {
    let process = Process { pid: 1, comm: Foreign(EVIL.into()), state: 'T' };
    let owners = [
        Owners::NotSought,
        Owners::Unreadable(gaps().swap_remove(0)),
        Owners::Known(vec![process]),
    ];
    let listeners = owners.map(|owners| Listener {
        local: end("::", 443),
        family: Family::V6,
        bound_ifindex: 0,
        accept_queue_count: 5,
        accept_queue_max_count: Some(u32::MAX),
        ref_count: Some(1),
        drops_count: None,
        optmem_bytes: Some(0),
        uid: 33,
        inode: u64::MAX,
        v6only: Some(false),
        mark: Some(0xffff_ffff),
        owners,
        options: Some(ListenerOptions {
            defer_accept_s: Some(7),
            syn_retries: None,
            fastopen_queue_max: Some(u32::MAX),
            filter_instructions: Some(0),
        }),
    });
    let request = Request {
        flow: flow(),
        listener_family: Family::V6,
        ifindex: 2,
        counters: retries(),
        uid: Some(33),
        mark: None,
        fastopen: true,
    };
    let kinds = [
        TimerKind::On,
        TimerKind::Keepalive,
        TimerKind::TimeWait,
        TimerKind::Persist,
        TimerKind::Other(9),
    ];
    let timers = kinds.map(|kind| SocketTimer { kind, expires_ms: 1, retrans_count: 2 });
    let others = TcpState::ALL.into_iter().enumerate().map(|(at, state)| Socket {
        state,
        flow: Flow { local: end("192.0.2.1", 22), peer: end("0.0.0.0", 0) },
        family: Family::V4,
        ifindex: 0,
        recv_queue_bytes: 0,
        send_queue_bytes: u32::MAX,
        timer: timers.get(at).copied(),
        uid: 0,
        inode: 0,
    });
    Sockets {
        source: SocketSource::Both,
        listeners: listeners.to_vec(),
        requests: vec![request],
        others: others.collect(),
    }
}
