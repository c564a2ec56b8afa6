//! Listeners, requests and connections out of socket rows.

use std::collections::{BTreeMap, BTreeSet};

use synrecv_model::{
    Counters, Endpoint, Facts, Family, Flow, Foreign, Life, Listener, ListenerTrack, Mono,
    Observation, Owners, Process, Request, Section, Sighting, Socket, SocketSource, SocketTimer,
    Sockets, TcpState, Track,
};

use super::build;
use super::devices::Devices;
use super::requests::{self, Pasted};
use crate::{Content, Cut, Kind, Piece, SocketRow};

/// Peers that are kept for each local end as a control group.
const COMPLETED_MAX: usize = 64;

/// Letter of a process whose state nobody printed.
const UNKNOWN_STATE: char = '?';

/// The rows of all pieces, of one kind of tool each.
pub(super) struct Rows<'p> {
    found: Vec<(Kind, &'p SocketRow)>,
    pieces: Vec<&'p Piece>,
    devices: BTreeMap<String, u32>,
}

impl Rows<'_> {
    /// Addresses that connections come to.
    pub(super) fn own(&self) -> BTreeSet<std::net::IpAddr> {
        self.found.iter().map(|(_, row)| row.local.ip).collect()
    }
}

pub(super) fn rows<'p>(pieces: &[&'p Piece], devices: &mut Devices) -> Rows<'p> {
    let of = build::with(pieces, |content| matches!(content, Content::Sockets(_)));
    let mut rows = Vec::new();
    let mut names = BTreeMap::new();
    for piece in &of {
        let Content::Sockets(list) = &piece.content else { continue };
        for row in list {
            if let Some(device) = &row.device {
                names.insert(device.clone(), devices.index(device));
            }
            rows.push((piece.kind, row));
        }
    }
    Rows { found: rows, pieces: of, devices: names }
}

/// Fills `facts.sockets`; gives what was seen of the requests.
pub(super) fn observe(
    rows: &Rows<'_>,
    facts: &mut Facts,
    counters: Section<Counters>,
    compared: bool,
) -> Observation {
    let mut observation = build::nothing_seen(counters, compared);
    if rows.pieces.is_empty() {
        return observation;
    }
    let mut pasted_requests: BTreeMap<Flow, Pasted> = BTreeMap::new();
    let mut listeners: BTreeMap<(Endpoint, bool, u64), Listener> = BTreeMap::new();
    let mut others: BTreeMap<Flow, Socket> = BTreeMap::new();
    for (number, (kind, row)) in rows.found.iter().enumerate() {
        let ifindex = row.device.as_ref().map_or(0, |name| rows.devices[name]);
        match (row.state, row.peer) {
            (TcpState::Listen, _) => {
                let key = (row.local, row.is_v6_socket, row.inode.unwrap_or(0));
                listen(&mut listeners, key, *kind, row, ifindex);
            }
            (TcpState::SynRecv, Some(peer)) => {
                let flow = Flow { local: row.local, peer };
                let pasted = pasted_requests
                    .entry(flow)
                    .or_insert_with(|| Pasted::new(row.is_v6_socket, ifindex));
                pasted.take(*kind, row, number);
            }
            (_, Some(peer)) => {
                let flow = Flow { local: row.local, peer };
                others.insert(flow, socket(row, flow, ifindex));
            }
            (_, None) => {}
        }
    }
    observation.completed = completed(&others, &listeners);
    observation.seen_count = (pasted_requests.len() + others.len()) as u64;
    let mut by_port: BTreeMap<u16, Vec<Flow>> = BTreeMap::new();
    for flow in pasted_requests.keys() {
        by_port.entry(flow.local.port).or_default().push(*flow);
    }
    observation.listeners = listeners.values().map(|own| track_listener(own, &by_port)).collect();
    let between_ms = requests::between(pasted_requests.values());
    let requests: Vec<Request> =
        pasted_requests.into_iter().map(|(flow, own)| own.request(flow, between_ms)).collect();
    observation.tracks = requests.iter().map(track).collect();
    let data = Sockets {
        source: SocketSource::Pasted,
        listeners: listeners.into_values().collect(),
        requests,
        others: others.into_values().collect(),
    };
    facts.sockets = build::section(data, &telling(&rows.pieces), Vec::new());
    if shows_listeners(&rows.pieces) {
        return observation;
    }
    if let Section::Collected { data, reading } = facts.sockets.clone() {
        let flaw = build::part_missing(synrecv_model::text!["listeners: no row in LISTEN"]);
        facts.sockets = Section::Partial { data, flaws: vec![flaw], reading };
    }
    observation
}

/// The pieces that tell what is absent: one without requests does not matter beside one with them.
fn telling<'p>(pieces: &[&'p Piece]) -> Vec<&'p Piece> {
    let lacks = |piece: &&'p Piece| piece.cut == Some(Cut::WithoutRequests);
    let others: Vec<&Piece> = pieces.iter().copied().filter(|piece| !lacks(piece)).collect();
    if others.is_empty() { pieces.to_vec() } else { others }
}

/// A whole table that shows listeners, too.
fn shows_listeners(pieces: &[&Piece]) -> bool {
    pieces.iter().any(|piece| {
        let Content::Sockets(rows) = &piece.content else { return false };
        rows.iter().any(|row| row.state == TcpState::Listen) && piece.cut != Some(Cut::Filtered)
    })
}

fn listen(
    listeners: &mut BTreeMap<(Endpoint, bool, u64), Listener>,
    key: (Endpoint, bool, u64),
    kind: Kind,
    row: &SocketRow,
    bound_ifindex: u32,
) {
    // A tool that prints no inode shows the same listener once more.
    let (local, is_v6, inode) = key;
    let mut alike = listeners.range((local, is_v6, 0)..=(local, is_v6, u64::MAX));
    let twin = alike.find(|(own, _)| own.2.min(inode) == 0).map(|(own, _)| *own);
    let key = twin.unwrap_or(key);
    let listener = listeners.entry(key).or_insert(Listener {
        local: row.local,
        family: if row.is_v6_socket { Family::V6 } else { Family::of(row.local.ip) },
        bound_ifindex,
        accept_queue_count: 0,
        accept_queue_max_count: None,
        ref_count: None,
        drops_count: None,
        optmem_bytes: None,
        uid: row.uid.unwrap_or(u32::MAX),
        inode: key.2,
        v6only: None,
        mark: None,
        owners: Owners::NotSought,
        options: None,
    });
    listener.accept_queue_count = row.recv_queue.unwrap_or(listener.accept_queue_count);
    if kind == Kind::Ss {
        listener.accept_queue_max_count = row.send_queue.or(listener.accept_queue_max_count);
    }
    listener.ref_count = row.ref_count.or(listener.ref_count);
    listener.drops_count = row.drops_count.or(listener.drops_count);
    if let Some(process) = &row.process {
        let comm = Foreign(process.name.clone());
        let pid = process.pid.unwrap_or(0);
        listener.owners = Owners::Known(vec![Process { pid, comm, state: UNKNOWN_STATE }]);
    }
}

fn track(request: &Request) -> Track {
    let sighting = Sighting { at: Mono(0), counters: request.counters };
    Track {
        flow: request.flow,
        listener_family: request.listener_family,
        ifindex: request.ifindex,
        uid: request.uid,
        mark: None,
        lives: Life::seen_once(sighting).into(),
        life_count: 1,
    }
}

fn track_listener(own: &Listener, requests: &BTreeMap<u16, Vec<Flow>>) -> ListenerTrack {
    let at_port = requests.get(&own.local.port).into_iter().flatten();
    ListenerTrack {
        local: own.local,
        family: own.family,
        inode: own.inode,
        accept_queue_peak_count: own.accept_queue_count,
        accept_queue_least_count: own.accept_queue_count,
        accept_queue_max_count: own.accept_queue_max_count,
        drops_delta: None,
        present: true,
        outstanding_count: at_port.filter(|flow| own.accepts(flow.local)).count() as u64,
        made_count: 0,
    }
}

fn socket(row: &SocketRow, flow: Flow, ifindex: u32) -> Socket {
    Socket {
        state: row.state,
        flow,
        family: if row.is_v6_socket { Family::V6 } else { Family::of(flow.local.ip) },
        ifindex,
        recv_queue_bytes: row.recv_queue.unwrap_or(0),
        send_queue_bytes: row.send_queue.unwrap_or(0),
        timer: row.timer.and_then(|timer| {
            let (kind, expires_ms) = (timer.kind?, timer.expires_ms);
            Some(SocketTimer { kind, expires_ms, retrans_count: timer.count })
        }),
        uid: row.uid.unwrap_or(u32::MAX),
        inode: row.inode.unwrap_or(0),
    }
}

/// Connections to listeners that are up: their handshakes completed.
fn completed(
    others: &BTreeMap<Flow, Socket>,
    listeners: &BTreeMap<(Endpoint, bool, u64), Listener>,
) -> Vec<Flow> {
    let mut kept: BTreeMap<Endpoint, usize> = BTreeMap::new();
    let mut by_port: BTreeMap<u16, Vec<&Listener>> = BTreeMap::new();
    for listener in listeners.values() {
        by_port.entry(listener.local.port).or_default().push(listener);
    }
    let accepts = |local: Endpoint| {
        let at_port = by_port.get(&local.port);
        at_port.is_some_and(|at_port| at_port.iter().any(|listener| listener.accepts(local)))
    };
    let up = others.values().filter(|socket| socket.state == TcpState::Established);
    let to_listeners = up.filter(|socket| accepts(socket.flow.local));
    to_listeners
        .filter(|socket| {
            let count = kept.entry(socket.flow.local).or_default();
            *count += 1;
            *count <= COMPLETED_MAX
        })
        .map(|socket| socket.flow)
        .collect()
}
