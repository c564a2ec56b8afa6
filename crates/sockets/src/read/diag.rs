//! Requests to `sock_diag`.

use std::net::IpAddr;

use synrecv_model::{Family, Flow, TcpState};
use synrecv_netlink::{
    Answer, DumpReport, NetlinkError, Protocol, Question, RequestBuilder, Socket,
};

use crate::StateSet;
use crate::parse::diag::{self, DiagRow};

/// `SOCK_DIAG_BY_FAMILY`
const BY_FAMILY: u16 = 20;
/// `TCPDIAG_GETSOCK`
const OF_ALL_FAMILIES: u16 = 18;
const IPPROTO_TCP: u8 = 6;
/// `INET_DIAG_SKMEMINFO` alone, as a bit of `idiag_ext`. Never `INET_DIAG_INFO`: to root it brings
/// the TCP-MD5 keys of the socket along.
const EXTENSIONS: u8 = 1 << (7 - 1);
/// `INET_DIAG_REQ_BYTECODE`
const BYTECODE: u16 = 1;
const IN_FLIGHT: usize = 64;

/// Dumps both families, filtered by state and local port in the kernel.
///
/// The older request knows no family: the kernel walks its hash table, in which the sockets of all
/// network namespaces are, once rather than once for each. Where it is no longer known, each family
/// is asked for.
pub(super) fn dump(
    socket: &mut Socket,
    states: StateSet,
    port: Option<u16>,
    mut each: impl FnMut(DiagRow),
) -> Result<DumpReport, NetlinkError> {
    let mut rows = 0_u64;
    let mut dump = |kind, fixed: &[u8]| {
        let mut request = RequestBuilder::new(fixed);
        if let Some(port) = port {
            request = request.attribute(BYTECODE, &local_port_is(port));
        }
        let dumped = socket.dump(kind, 0, &request.into_payload(), |message| {
            rows += 1;
            each(diag::row(&message)?);
            Ok(())
        });
        dumped.map_err(|error| (error, rows > 0))
    };
    match dump(OF_ALL_FAMILIES, &inet_diag_req(states)) {
        Err((error, false)) if error.errno().is_some() => {}
        dumped => return dumped.map_err(|(error, _)| error),
    }
    let mut of = |family| dump(BY_FAMILY, &inet_diag_req_v2(family, states, None));
    let mut report = of(Family::V4).map_err(|(error, _)| error)?;
    report.merge(of(Family::V6).map_err(|(error, _)| error)?);
    Ok(report)
}

/// One request to look at once more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) family: Family,
    pub(super) flow: Flow,
    pub(super) ifindex: u32,
}

/// Looks up requests by both ends; hands over the index and the row of those that are still there.
pub(super) fn look_up(
    socket: &mut Socket,
    looks: &[Look],
    mut each: impl FnMut(usize, DiagRow),
) -> Result<(), NetlinkError> {
    let question = |look: &Look| Question {
        kind: BY_FAMILY,
        flags: 0,
        payload: inet_diag_req_v2(look.family, StateSet::ALL, Some(look)).to_vec(),
    };
    let questions: Vec<_> = looks.iter().map(question).collect();
    socket.ask_all(&questions, IN_FLIGHT, |index, answer| {
        // An error says that it is gone by now; then the kernel may also answer with the listener.
        if let (Answer::Message(message), Some(look)) = (answer, looks.get(index))
            && let Ok(row) = diag::row(&message)
            && row.state == TcpState::SynRecv
            && row.flow == look.flow
        {
            each(index, row);
        }
    })?;
    Ok(())
}

/// `struct inet_diag_req`
fn inet_diag_req(states: StateSet) -> [u8; 60] {
    let mut request = [0; 60];
    request[3] = EXTENSIONS;
    request[52..56].copy_from_slice(&states.bits().to_ne_bytes());
    request
}

/// `struct inet_diag_req_v2`
fn inet_diag_req_v2(family: Family, states: StateSet, look: Option<&Look>) -> [u8; 56] {
    let mut request = [0; 56];
    request[0] = family.number();
    request[1] = IPPROTO_TCP;
    request[2] = EXTENSIONS;
    request[4..8].copy_from_slice(&states.bits().to_ne_bytes());
    if let Some(look) = look {
        request[8..10].copy_from_slice(&look.flow.local.port.to_be_bytes());
        request[10..12].copy_from_slice(&look.flow.peer.port.to_be_bytes());
        request[12..28].copy_from_slice(&address(look.family, look.flow.local.ip));
        request[28..44].copy_from_slice(&address(look.family, look.flow.peer.ip));
        request[44..48].copy_from_slice(&look.ifindex.to_ne_bytes());
        // INET_DIAG_NOCOOKIE, twice
        request[48..56].copy_from_slice(&[0xff; 8]);
    }
    request
}

/// An IPv4 client of a `[::]` listener is known to the kernel as v4-mapped.
fn address(family: Family, ip: IpAddr) -> [u8; 16] {
    match (family, ip) {
        (Family::V6, IpAddr::V4(v4)) => v4.to_ipv6_mapped().octets(),
        (_, IpAddr::V6(v6)) => v6.octets(),
        (Family::V4, IpAddr::V4(v4)) => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&v4.octets());
            octets
        }
    }
}

/// Two `struct inet_diag_bc_op` with their operands: port >= `port` and port <= `port`.
///
/// `INET_DIAG_BC_S_EQ` would be one, but only since Linux 5.1.
fn local_port_is(port: u16) -> [u8; 16] {
    const S_GE: u8 = 2;
    const S_LE: u8 = 3;
    let mut code = [0; 16];
    let mut op = |at: usize, code_number: u8, yes: u8, no: u16| {
        code[at] = code_number;
        code[at + 1] = yes;
        code[at + 2..at + 4].copy_from_slice(&no.to_ne_bytes());
    };
    // A jump to the end accepts, one to 4 beyond it refuses.
    op(0, S_GE, 8, 20);
    op(4, 0, 0, port);
    op(8, S_LE, 8, 12);
    op(12, 0, 0, port);
    code
}

/// A socket for the calling thread's namespace.
pub(super) fn open() -> Result<Socket, NetlinkError> {
    Socket::open(Protocol::SockDiag)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `INET_DIAG_SKMEMINFO`: nothing else may be asked for, least of all `INET_DIAG_INFO`.
    const MEMORY_ONLY: u8 = 0x40;

    #[test]
    fn no_request_asks_for_keys() {
        let of_all = inet_diag_req(StateSet::ALL);
        assert_eq!(of_all[..4], [0, 0, 0, MEMORY_ONLY]);
        assert_eq!(of_all[52..56], StateSet::ALL.bits().to_ne_bytes());
        let of_one = inet_diag_req_v2(Family::V6, StateSet::ALL, None);
        assert_eq!(of_one[..4], [10, IPPROTO_TCP, MEMORY_ONLY, 0]);
    }

    #[test]
    fn one_walk_shows_the_listeners_of_both_families() {
        let listeners = ["127.0.0.1:0", "[::1]:0"]
            .map(|address| std::net::TcpListener::bind(address).ok())
            .into_iter()
            .flatten();
        let listeners: Vec<_> = listeners.collect();
        // Where sock_diag may not be asked there is nothing to see.
        let Ok(mut socket) = open() else { return };
        for listener in &listeners {
            let end = listener.local_addr().unwrap();
            let mut seen = 0;
            let states = StateSet::only(TcpState::Listen);
            let dumped = dump(&mut socket, states, Some(end.port()), |row| {
                seen += usize::from(row.flow.local.ip == end.ip());
            });
            assert!(dumped.is_err() || seen == 1, "{end}");
        }
    }
}
