//! One host out of its pieces.

use std::collections::BTreeSet;

use synrecv_model::{
    Capabilities, Counters, Facts, Flaw, Flow, Foreign, Gap, Host, Mention, Mono, NamespaceSurvey,
    Observation, PrintedFrame, PrintedPacket, Reading, Reason, Section, SourceKind, Text, Trace,
    Tracked, WallClock, is_stand_in, text,
};

use super::devices::Devices;
use super::{PastedHost, counters, links, replies, routes, settings, sockets};
use crate::rows::{FloodReaction, Said};
use crate::{Content, Cut, Piece, Taken, Ticket};

/// `(uid_t) -1`, which no process has.
const UNKNOWN_UID: u32 = u32::MAX;

/// Networks and addresses in lines that no tool printed.
pub(super) fn mentions(ticket: &Ticket) -> Vec<Mention> {
    // A heading that names a command is prose, too.
    let is_prose = |taken: &Taken| matches!(taken, Taken::Prose | Taken::Prompt);
    let prose = ticket.lines().filter(|(_, _, taken)| is_prose(taken));
    prose
        .flat_map(|(line, words, _)| {
            super::mentions::of(words).into_iter().map(move |network| Mention { line, network })
        })
        .take(MENTIONS_MAX)
        .collect()
}

/// Enough for any description of a network.
const MENTIONS_MAX: usize = 256;

pub(super) fn host(
    pieces: &[&Piece],
    indexes: Vec<usize>,
    devices: &mut Devices,
    mentions: &[Mention],
) -> PastedHost {
    let name = pieces.iter().find_map(|piece| piece.command.as_ref()?.host.clone());
    let socket_rows = sockets::rows(pieces, devices);
    let routes = routes::routes(pieces, devices);
    let rules = routes::rules(pieces);
    let neighbours = links::neighbours(pieces, devices);
    let (links, addresses) = links::links(pieces, devices, &routes, &socket_rows);
    let (before, after) = counters::counters(pieces);
    let compared = after.data().is_some();
    let mut facts = Facts {
        source: SourceKind::Ticket,
        host: Host {
            name: Foreign(name.clone().unwrap_or_default()),
            kernel: Foreign(String::new()),
            netns_inode: None,
            started_at: WallClock(0),
            uid: UNKNOWN_UID,
            capabilities: Capabilities::default(),
        },
        settings: settings::settings(pieces, devices),
        neighbours,
        routes,
        rules,
        links,
        addresses,
        nexthops: missing("next-hop objects"),
        replies: missing("no tables to look replies up in, no `ip route get`"),
        sockets: missing("no sockets"),
        counters: before,
        namespaces: missing::<NamespaceSurvey>("other network namespaces"),
        filters: filters(pieces),
        device_filters: missing("filters of traffic control"),
        tracked: tracked(pieces),
        traces: traces(pieces),
        probed: missing("answers to `arp --probe`"),
        messages: messages(pieces),
        mentions: mentions.to_vec(),
    };
    let observation = sockets::observe(&socket_rows, &mut facts, after, compared);
    let frames = frames(pieces);
    let mut flows = flows(&frames);
    flows.extend(observation.tracks.iter().map(|track| track.flow));
    flows.extend(observation.completed.iter().copied());
    // What stands for a name is in no table.
    flows.retain(|flow| !is_stand_in(flow.peer.ip) && !is_stand_in(flow.local.ip));
    facts.replies = replies::replies(pieces, &facts, &flows, devices);
    PastedHost {
        name,
        pieces: indexes,
        facts,
        observation,
        frames,
        frames_are_cut: pieces
            .iter()
            .any(|piece| matches!(piece.content, Content::Frames(_)) && piece.cut.is_some()),
    }
}

/// A part that no piece holds.
pub(super) fn missing<T>(what: &'static str) -> Section<T> {
    Section::Missing(Gap::new(Reason::NotInInput, text![what, ": not pasted"]))
}

/// A part that some pieces hold, with what is missing from them.
pub(super) fn section<T>(data: T, of: &[&Piece], mut flaws: Vec<Flaw>) -> Section<T> {
    flaws.extend(of.iter().filter_map(|piece| flaw(piece)));
    Section::from_reading(data, flaws, reading(of))
}

/// When nothing is known about the time, all of it is one moment.
pub(super) fn reading(of: &[&Piece]) -> Reading {
    let kinds: Vec<String> = of
        .iter()
        .map(|piece| format!("{} in lines {}-{}", piece.kind.name(), piece.lines.0, piece.lines.1))
        .collect();
    Reading { source: kinds.join(", ").into(), started: Mono(0), ended: Mono(0) }
}

/// Why absence in a piece proves nothing.
fn flaw(piece: &Piece) -> Option<Flaw> {
    let why = match piece.cut? {
        Cut::Marked => "rows were left out by hand",
        Cut::LastRow => "the last row is cut",
        Cut::CountLine => "it counts more rows than were pasted",
        Cut::Filtered => "the command shows a part of them",
        Cut::Unreadable => "some rows could not be read",
        Cut::TooLong => "the text holds more rows than are read",
        Cut::WithoutRequests => "requests (SYN_RECV) were not asked for",
    };
    Some(part_missing(text![
        piece.kind.name(),
        " in lines ",
        piece.lines.0,
        "-",
        piece.lines.1,
        ": ",
        why,
    ]))
}

pub(super) fn part_missing(detail: Text) -> Flaw {
    Flaw::PartMissing(Gap::new(Reason::NotInInput, detail))
}

/// The pieces whose content fits.
pub(super) fn with<'p>(pieces: &[&'p Piece], fits: fn(&Content) -> bool) -> Vec<&'p Piece> {
    pieces.iter().copied().filter(|piece| fits(&piece.content)).collect()
}

fn filters(pieces: &[&Piece]) -> Section<Vec<synrecv_model::FilterChain>> {
    let of = with(pieces, |content| matches!(content, Content::Chains(_)));
    if of.is_empty() {
        return missing("rules of netfilter");
    }
    let mut chains = Vec::new();
    for piece in &of {
        let Content::Chains(rows) = &piece.content else { continue };
        chains.extend(rows.iter().cloned());
    }
    let flaw = part_missing(text!["only the tables that were listed"]);
    section(chains, &of, vec![flaw])
}

fn tracked(pieces: &[&Piece]) -> Section<Vec<Tracked>> {
    let of = with(pieces, |content| matches!(content, Content::Tracked(_)));
    if of.is_empty() {
        return missing("tracked connections");
    }
    let mut all = Vec::new();
    for piece in &of {
        let Content::Tracked(rows) = &piece.content else { continue };
        all.extend(rows.iter().map(|row| {
            let (peer, local) = row.entry.original;
            Tracked { flow: Flow { local, peer }, entry: Some(row.entry.clone()) }
        }));
    }
    section(all, &of, vec![part_missing(text!["connections that were pasted"])])
}

fn traces(pieces: &[&Piece]) -> Section<Vec<Trace>> {
    let of = with(pieces, |content| matches!(content, Content::Trace(_)));
    if of.is_empty() {
        return missing("traced ways");
    }
    let mut all = Vec::new();
    for piece in &of {
        let Content::Trace(row) = &piece.content else { continue };
        let Some(target) = row.target else { continue };
        let hops = row.hops.iter().map(|hop| synrecv_model::Hop {
            distance: hop.number,
            answers: hop.answers.iter().map(|(ip, _)| *ip).collect(),
        });
        all.push(Trace { target, hops: hops.collect() });
    }
    section(all, &of, Vec::new())
}

fn messages(pieces: &[&Piece]) -> Section<Vec<synrecv_model::Message>> {
    use synrecv_model::{Endpoint, Event, Message};
    let of = with(pieces, |content| matches!(content, Content::Messages(_) | Content::RouteGet(_)));
    let mut all: Vec<Message> = of.iter().flat_map(|piece| refusals(piece)).collect();
    if all.is_empty() && !of.iter().any(|piece| matches!(piece.content, Content::Messages(_))) {
        return missing("messages of the kernel");
    }
    for piece in &of {
        let Content::Messages(rows) = &piece.content else { continue };
        for row in rows {
            let event = match &row.said {
                Said::ConntrackFull => Event::ConntrackFull,
                Said::SynFlood { port, reaction, .. } => {
                    Event::SynFlooding { port: *port, cookies: *reaction == FloodReaction::Cookies }
                }
                Said::MartianSource { destination, source, device, .. } => Event::MartianSource {
                    destination: *destination,
                    source: *source,
                    device: Foreign(device.clone()),
                },
                Said::NeighbourTableFull { .. } => Event::NeighbourTableFull,
                Said::AddressConflict { address: Some(address), mac, .. } => {
                    Event::AddressConflict { address: *address, mac: *mac }
                }
                Said::AddressMoved { address, macs, .. } => {
                    Event::AddressConflict { address: *address, mac: Some(macs.0) }
                }
                Said::LoggedPacket(packet) => {
                    let (from, to) = packet.ports.unwrap_or_default();
                    let end =
                        |ip: Option<std::net::IpAddr>, port| ip.map(|ip| Endpoint::new(ip, port));
                    Event::Logged {
                        prefix: Foreign(packet.prefix.clone()),
                        in_device: packet.in_device.clone().map(Foreign),
                        out_device: packet.out_device.clone().map(Foreign),
                        source: end(packet.source, from),
                        destination: end(packet.destination, to),
                        flags: packet.flags,
                    }
                }
                Said::Balanced { state, client, service, server, .. } => Event::Balanced {
                    state: Foreign(state.clone()),
                    client: *client,
                    service: *service,
                    server: *server,
                },
                Said::MartianDestination { .. } | Said::AddressConflict { .. } => continue,
            };
            all.push(Message { line: row.line, event });
        }
    }
    section(all, &of, Vec::new())
}

/// Packets that the kernel, asked by `ip route get`, would not take.
fn refusals(piece: &Piece) -> Vec<synrecv_model::Message> {
    use synrecv_model::{Event, Message, RouteErrno};
    let Content::RouteGet(rows) = &piece.content else { return Vec::new() };
    let refused = rows.iter().filter(|row| {
        row.answer
            .as_ref()
            .is_err_and(|errno| matches!(*errno, RouteErrno::EXDEV | RouteErrno::EINVAL))
    });
    let event = |row: &crate::RouteGetRow| {
        Some(Event::InputRefused {
            source: row.from?,
            destination: row.destination?,
            device: Foreign(row.iif.clone()?),
        })
    };
    refused.filter_map(|row| Some(Message { line: row.line, event: event(row)? })).collect()
}

/// Frames of all captures, and answers to ARP questions, which are frames too.
fn frames(pieces: &[&Piece]) -> Vec<PrintedFrame> {
    let mut all = Vec::new();
    for piece in pieces {
        match &piece.content {
            Content::Frames(frames) => all.extend(frames.iter().cloned()),
            Content::Answers(rows) => all.extend(rows.iter().map(|row| PrintedFrame {
                line: row.line,
                at_ns: row.delay_us.map(|delay| u64::from(delay) * 1_000),
                device: row.device.clone().map(Foreign),
                // It came in; a printed direction without a destination would tell of `any`.
                direction: synrecv_model::FrameDirection::Unknown,
                src_mac: Some(row.mac),
                dst_mac: None,
                vlans: Vec::new(),
                ttl: None,
                frame_len: None,
                packet: PrintedPacket::Claim {
                    kind: synrecv_model::ClaimKind::ArpReply,
                    address: row.address,
                    mac: Some(row.mac),
                },
            })),
            _ => {}
        }
    }
    all
}

/// Connections whose SYN or SYN-ACK was printed.
fn flows(frames: &[PrintedFrame]) -> BTreeSet<Flow> {
    let of = |frame: &PrintedFrame| {
        let PrintedPacket::Tcp(segment) = &frame.packet else { return None };
        match segment.flags & 0x12 {
            0x02 => Some(Flow { local: segment.dst, peer: segment.src }),
            0x12 => Some(Flow { local: segment.src, peer: segment.dst }),
            _ => None,
        }
    };
    frames.iter().filter_map(of).collect()
}

/// An observation in which nothing was seen.
pub(super) fn nothing_seen(counters: Section<Counters>, compared: bool) -> Observation {
    Observation {
        started: Mono(0),
        ended: Mono(0),
        sample_count: if compared { 2 } else { 1 },
        interval_ms: 0,
        interrupted: false,
        seen_count: 0,
        late_completed_count: 0,
        tracks: Vec::new(),
        completed: Vec::new(),
        ended_young: Vec::new(),
        unresolved: Vec::new(),
        mac_changes: Vec::new(),
        rules_moved: missing("counters of rules at two times"),
        traffic: Vec::new(),
        steps: Vec::new(),
        listeners: Vec::new(),
        counters,
        frames: missing("frames"),
    }
}
