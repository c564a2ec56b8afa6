//! Sockets and who holds them.

use synrecv_model::{ConntrackEntry, Listener, Owners, Process, Request, Socket, Sockets, Tracked};

use super::Redact;
use crate::redact::pseudonyms::Pseudonyms;

impl Redact for Sockets {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { source: _, listeners, requests, others } = self;
        listeners.redact(names);
        requests.redact(names);
        others.redact(names);
    }
}

impl Redact for Listener {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            local,
            family: _,
            bound_ifindex: _,
            accept_queue_count: _,
            accept_queue_max_count: _,
            ref_count: _,
            drops_count: _,
            optmem_bytes: _,
            uid: _,
            inode: _,
            v6only: _,
            mark: _,
            owners,
            options: _,
        } = self;
        local.redact(names);
        owners.redact(names);
    }
}

impl Redact for Owners {
    fn redact(&mut self, names: &Pseudonyms) {
        match self {
            Self::NotSought => {}
            Self::Unreadable(gap) => gap.redact(names),
            Self::Known(processes) => processes.redact(names),
        }
    }
}

impl Redact for Process {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { pid: _, comm, state: _ } = self;
        *comm = names.process(comm);
    }
}

impl Redact for Request {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            flow,
            listener_family: _,
            ifindex: _,
            counters: _,
            uid: _,
            mark: _,
            fastopen: _,
        } = self;
        flow.redact(names);
    }
}

impl Redact for Socket {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            state: _,
            flow,
            family: _,
            ifindex: _,
            recv_queue_bytes: _,
            send_queue_bytes: _,
            timer: _,
            uid: _,
            inode: _,
        } = self;
        flow.redact(names);
    }
}

impl Redact for Tracked {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { flow, entry } = self;
        flow.redact(names);
        entry.redact(names);
    }
}

impl Redact for ConntrackEntry {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { state: _, seen_reply: _, assured: _, original, reply, timeout_s: _ } = self;
        original.redact(names);
        reply.redact(names);
    }
}
