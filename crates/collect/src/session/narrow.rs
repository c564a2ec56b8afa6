//! Which sockets are read, and which of them are kept.

use std::net::IpAddr;

use synrecv_model::{Counters, Gap, Section, Sockets};
use synrecv_sockets::{SocketQuery, StateSet, Wanted};

use super::Options;

/// Connections up to which every sample looks at them: where few connect, and for a short time, the
/// samples that read all sockets miss most.
pub(super) const CONNECTED_FEW: usize = 2_000;

pub(super) fn few_connected(counters: &Counters) -> bool {
    counters.get("TcpCurrEstab").is_some_and(|count| count <= CONNECTED_FEW as u64)
}

/// The table without what the recorder has.
pub(super) fn without_requests(section: Section<Sockets>) -> Section<Sockets> {
    section.map(|sockets| Sockets { requests: Vec::new(), ..sockets })
}

pub(super) fn every_state(options: &Options, diag_allowed: &Result<(), Gap>) -> SocketQuery {
    SocketQuery {
        source: Wanted::Both,
        states: StateSet::ALL,
        port: options.port,
        diag_allowed: diag_allowed.clone(),
        owners: false,
    }
}

/// Drops requests from peers that the user did not ask for.
pub(super) fn filtered(mut section: Section<Sockets>, options: &Options) -> Section<Sockets> {
    if let (Some(wanted), Some(sockets)) = (options.peer, section.data_mut()) {
        let keep = |peer: IpAddr| wanted.contains(&peer);
        sockets.requests.retain(|request| keep(request.flow.peer.ip));
        sockets.others.retain(|socket| keep(socket.flow.peer.ip));
    }
    section
}
