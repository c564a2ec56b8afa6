//! What tells of which host a piece is.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{Flow, PrintedPacket, RouteKind, TcpState};

use crate::rows::Said;
use crate::{Content, Piece, RouteGetRow};

/// Neighbours and networks of a piece that are compared with those of another.
const COMPARED_MAX: usize = 2048;

/// Marks of one piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Name in the prompt.
    host: Option<String>,
    /// Addresses of the host itself.
    own: BTreeSet<IpAddr>,
    /// Networks on the wire of a device.
    wires: BTreeSet<(String, IpNet)>,
    /// Neighbours and gateways, with their device.
    near: BTreeSet<(String, IpAddr)>,
    /// Connections.
    flows: BTreeSet<Flow>,
    /// The other ends of connections that are not up.
    peers: BTreeSet<IpAddr>,
    /// Hosts that were asked about: targets of traces and of route questions.
    asked: BTreeSet<IpAddr>,
    /// Addresses that were asked for by ARP, whoever asked.
    resolved: BTreeSet<IpAddr>,
    /// First hops of traces.
    first_hops: BTreeSet<IpAddr>,
}

impl Marks {
    /// True when nothing tells whose it is.
    pub(super) fn is_neutral(&self) -> bool {
        self.own.is_empty()
            && self.wires.is_empty()
            && self.near.is_empty()
            && self.flows.is_empty()
            && self.asked.is_empty()
            && self.first_hops.is_empty()
    }

    /// True when both are of one host.
    pub(super) fn meets(&self, other: &Self) -> bool {
        // Who has the addresses of a host is asked by others, and is a fact about that host.
        if !self.resolved.is_disjoint(&other.own) || !other.resolved.is_disjoint(&self.own) {
            return true;
        }
        if let (Some(one), Some(two)) = (&self.host, &other.host) {
            return one == two;
        }
        !self.own.is_disjoint(&other.own)
            || !self.flows.is_disjoint(&other.flows)
            || !self.wires.is_disjoint(&other.wires)
            || !self.near.is_disjoint(&other.near)
            || self.lies_on(other)
            || other.lies_on(self)
            || self.asks_about(other)
            || other.asks_about(self)
    }

    /// An address of the one, or a neighbour of its device, lies in a network of the other.
    fn lies_on(&self, other: &Self) -> bool {
        other.wires.iter().any(|(device, net)| {
            self.own.iter().any(|own| net.contains(own))
                || self.near.iter().any(|(dev, ip)| dev == device && net.contains(ip))
        })
    }

    /// The one was asked about peers of the other, or goes out by its gateway.
    fn asks_about(&self, other: &Self) -> bool {
        !self.asked.is_disjoint(&other.peers)
            || self.first_hops.iter().any(|hop| other.near.iter().any(|(_, near)| near == hop))
    }
}

pub(super) fn of(piece: &Piece) -> Marks {
    let mut marks = Marks {
        host: piece.command.as_ref().and_then(|command| command.host.clone()),
        ..Marks::default()
    };
    marks.take(&piece.content);
    let is_own = |ip: &IpAddr| {
        let link_local = matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local());
        !ip.is_loopback() && !ip.is_unspecified() && !ip.is_multicast() && !link_local
    };
    marks.own.retain(is_own);
    // A network that holds one of many neighbours holds one of the first.
    marks.near = marks.near.into_iter().take(COMPARED_MAX).collect();
    marks.wires = marks.wires.into_iter().take(COMPARED_MAX).collect();
    marks
}

impl Marks {
    fn take(&mut self, content: &Content) {
        match content {
            Content::Sockets(rows) => {
                for row in rows {
                    self.own.insert(row.local.ip);
                    let Some(peer) = row.peer else { continue };
                    self.flows.insert(Flow { local: row.local, peer });
                    if row.state == TcpState::SynRecv {
                        self.peers.insert(peer.ip);
                    }
                }
                self.flows.retain(|flow| !flow.local.ip.is_loopback());
            }
            Content::Neighbours(rows) => {
                let near = rows.iter().filter(|row| row.mac.is_some_and(|mac| !mac.is_zero()));
                self.near.extend(near.filter_map(|row| Some((row.device.clone()?, row.address))));
            }
            Content::Routes(rows) => {
                for row in rows {
                    self.own.extend(row.prefsrc);
                    if matches!(row.kind, RouteKind::Local) {
                        self.own.insert(row.destination.addr());
                    }
                    for hop in &row.hops {
                        let Some(device) = &hop.device else { continue };
                        match hop.gateway {
                            Some(gateway) => drop(self.near.insert((device.clone(), gateway))),
                            None if !hop.has_gateway() && is_wire(&row.destination) => {
                                self.wires.insert((device.clone(), row.destination));
                            }
                            None => {}
                        }
                    }
                }
            }
            Content::RouteGet(rows) => rows.iter().for_each(|row| self.take_answer(row)),
            Content::Links(rows) => {
                for row in rows.iter().filter(|row| !row.loopback) {
                    for address in &row.addresses {
                        self.own.insert(address.address);
                        let net = address.prefix_len.and_then(|len| {
                            IpNet::new(address.address, len).ok().map(|net| net.trunc())
                        });
                        self.wires.extend(net.filter(is_wire).map(|net| (row.name.clone(), net)));
                    }
                }
            }
            Content::Trace(trace) => {
                self.asked.extend(trace.target);
                let first = trace.hops.iter().find(|hop| hop.number == 1);
                self.first_hops
                    .extend(first.into_iter().flat_map(|hop| &hop.answers).map(|(ip, _)| *ip));
            }
            Content::Answers(rows) => {
                self.asked.extend(rows.iter().map(|row| row.address));
                self.resolved.extend(rows.iter().map(|row| row.address));
            }
            Content::Frames(frames) => {
                for frame in frames {
                    let PrintedPacket::Tcp(segment) = &frame.packet else { continue };
                    // SYN alone goes to the server, SYN with ACK comes from it.
                    let server = match segment.flags & 0x12 {
                        0x02 => (segment.dst, segment.src),
                        0x12 => (segment.src, segment.dst),
                        _ => continue,
                    };
                    self.own.insert(server.0.ip);
                    self.flows.insert(Flow { local: server.0, peer: server.1 });
                    self.peers.insert(server.1.ip);
                }
            }
            Content::Tracked(rows) => {
                for row in rows {
                    let (peer, local) = row.entry.original;
                    self.flows.insert(Flow { local, peer });
                }
            }
            Content::Messages(rows) => {
                for row in rows {
                    if let Said::AddressConflict { address: Some(address), .. } = row.said {
                        self.own.insert(address);
                    }
                    if self.host.is_none() {
                        self.host.clone_from(&row.host);
                    }
                }
            }
            Content::Rules(_)
            | Content::Counters(..)
            | Content::Settings(_)
            | Content::Chains(_)
            | Content::ConntrackCpus(_)
            | Content::Nothing => {}
        }
    }
}

impl Marks {
    /// An answer of the kernel about a way.
    fn take_answer(&mut self, row: &RouteGetRow) {
        self.asked.extend(row.destination);
        self.own.extend(row.src);
        self.own.extend(row.from.filter(|_| row.iif.is_none()));
        let hops = row.answer.iter().flat_map(|answer| &answer.hops);
        self.near.extend(hops.filter_map(|hop| Some((hop.device.clone()?, hop.gateway?))));
    }
}

/// A network of several machines that is no default route, and not the one of loopback.
fn is_wire(net: &IpNet) -> bool {
    let whole = if net.addr().is_ipv4() { 32 } else { 128 };
    let link_local = match net.addr() {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    net.prefix_len() > 0
        && net.prefix_len() < whole
        && !net.addr().is_loopback()
        && !net.addr().is_multicast()
        && !link_local
}
