//! Who was first on the way, and who should have been.

use std::net::IpAddr;

use synrecv_model::{Neighbour, PathTrace, Reply, RouteKind, Section};

/// How the first hop and the route fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The next hop of the route answered.
    Equal,
    /// Another address answered that has the same MAC.
    SameMachine,
    /// Somebody else answered.
    Other,
    /// Nobody answered.
    Silent,
    /// This host itself says that the next hop does not resolve.
    Unresolved,
    /// The peer is an address of this host.
    Local,
    /// One of the two is not known, or they cannot be compared.
    Unknown,
}

impl Verdict {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::SameMachine => "same-machine",
            Self::Other => "other",
            Self::Silent => "silent",
            Self::Unresolved => "unresolved",
            Self::Local => "local",
            Self::Unknown => "unknown",
        }
    }
}

/// The first hop beside the route.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstHop<'a> {
    pub(super) verdict: Verdict,
    pub(super) answered_by: Option<IpAddr>,
    /// Next hop of the route: its gateway, else the peer.
    pub(super) next_hop: Option<IpAddr>,
    pub(super) is_gateway: bool,
    pub(super) oif: Option<u32>,
    /// Entry of the next hop.
    pub(super) entry: Option<&'a Neighbour>,
    /// The route has several next hops; each flow takes one.
    pub(super) is_shared: bool,
}

impl<'a> FirstHop<'a> {
    pub(super) fn new(
        trace: &PathTrace,
        reply: &Section<Reply>,
        neighbours: &'a Section<Vec<Neighbour>>,
    ) -> Self {
        let reply = reply.data();
        let way = reply.and_then(|reply| reply.resolved.as_ref().ok());
        let answered_by = trace.first_answer().map(|answer| answer.from);
        let entry_of = |ip: IpAddr| {
            let mut all = neighbours.data().into_iter().flatten();
            let oif = way?.oif;
            all.find(|entry| entry.ifindex == oif && entry.address == ip && !entry.flags.proxy)
        };
        let is_local = way.is_some_and(|way| way.kind == RouteKind::Local);
        let next_hop = reply.filter(|_| !is_local).and_then(Reply::next_hop);
        let mac_of = |ip| entry_of(ip)?.mac;
        let verdict = match (answered_by, next_hop) {
            _ if is_local => Verdict::Local,
            (None, _) => Verdict::Silent,
            (Some(from), _) if from == trace.source => Verdict::Unresolved,
            (_, None) => Verdict::Unknown,
            (Some(from), Some(next)) if from == next => Verdict::Equal,
            (Some(from), Some(next)) => match (mac_of(from), mac_of(next)) {
                (Some(one), Some(other)) if one == other => Verdict::SameMachine,
                // Routers answer from another address than the one that they are reached by.
                (None, _) if is_link_local(next) && next != trace.target => Verdict::Unknown,
                _ => Verdict::Other,
            },
        };
        let matched = reply.and_then(|reply| reply.matched.as_ref());
        Self {
            verdict,
            answered_by,
            next_hop,
            is_gateway: way.is_some_and(|way| way.gateway.is_some_and(|ip| ip != trace.target)),
            oif: way.map(|way| way.oif).filter(|&oif| oif != 0),
            entry: next_hop.and_then(entry_of),
            is_shared: matched.is_some_and(|entry| entry.next_hop_count > 1),
        }
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}
