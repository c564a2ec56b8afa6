//! TCP sockets: listeners with their queues, requests with both counters, and the rest.

mod requests;
#[cfg(test)]
mod tests;
mod watched;

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;
use synrecv_model::{
    Endpoint, Family, Host, Link, LinkNames, Listener, ListenerOptions, Owners, Request, Section,
    Severity, Socket, SocketTimer, Sockets, SourceKind, TcpState, order,
};

use super::columns::{Row, write_filled, write_rows};
use super::json::{Rows, RowsJson};
use super::{heading, lasting, or_unknown, shortcomings};
use crate::Style;
use crate::digits::decimal;
use crate::escape::foreign;
use crate::layout::{Column, wrap};
use crate::rows::{
    SectionRow, ShownEndpoint, SocketRow, WatchedListenerRow, WatchedRequestRow, known_uid,
};

pub use watched::Watched;
use watched::WatchedRequest;

/// What the table of sockets is made of.
#[derive(Clone, Copy, Debug)]
pub struct SocketsTable<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// The sockets.
    pub sockets: &'a Section<Sockets>,
    /// Devices; `None` when no socket needs the name of one.
    pub links: Option<&'a Section<Vec<Link>>>,
    /// States that were asked for.
    pub states: &'a [TcpState],
    /// The local port that was asked for.
    pub port: Option<u16>,
    /// What changed; `None` for one look.
    pub watched: Option<&'a Watched<'a>>,
}

/// `sockets` in JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct SocketsJson<'a> {
    /// States that were asked for, as in `state`.
    states: Vec<&'static str>,
    /// The local port that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// With --observe: time from the first to the last sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_ms: Option<u64>,
    /// With --observe: samples taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_count: Option<u32>,
    /// With --observe: ended by the user before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<bool>,
    /// Sockets in LISTEN.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<WatchedListenerRow>>"))]
    listeners: Option<Rows<'a, Listener, WatchedListenerRow>>,
    /// Requests in SYN_RECV.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<WatchedRequestRow>>"))]
    requests: Option<RequestRows<'a>>,
    /// Sockets in every other state.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<SocketRow>>"))]
    sockets: Option<Rows<'a, Socket, SocketRow>>,
}

impl SocketsTable<'_> {
    fn names(&self) -> LinkNames {
        let links = self.links.and_then(Section::data);
        links.map(|links| LinkNames::new(links)).unwrap_or_default()
    }

    /// Writes the table as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = self.names();
        let mut sections = order::map([("sockets", SectionRow::of(self.sockets))]);
        if let Some(links) = self.links {
            sections.insert("links", SectionRow::of(links));
        }
        let data = self.sockets.data();
        let observation = self.watched.map(|watched| watched.observation);
        let rows = SocketsJson {
            states: self.states.iter().map(|state| state.name()).collect(),
            port: self.port,
            observed_ms: observation.map(|seen| seen.ended.ms_since(seen.started)),
            sample_count: observation.map(|seen| seen.sample_count),
            interrupted: observation.map(|seen| seen.interrupted),
            listeners: data.map(|data| {
                Rows::new(&data.listeners, |listener| {
                    let track = self.watched.and_then(|watched| watched.listener(listener));
                    WatchedListenerRow::new(listener, track, &names)
                })
            }),
            requests: data.map(|data| match self.watched {
                Some(watched) => RequestRows::Watched(watched.rows(&names)),
                None => RequestRows::SeenOnce(Rows::named(
                    &data.requests,
                    &names,
                    WatchedRequestRow::seen_once,
                )),
            }),
            sockets: data.map(|data| Rows::named(&data.others, &names, SocketRow::new)),
        };
        super::json::write(out, self.kind, self.host, sections, RowsJson::Sockets(rows))
    }

    /// Writes the table as text.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "sockets", self.sockets, style)?;
        let Some(sockets) = self.sockets.data() else { return Ok(()) };
        let names = self.names();
        let wanted = |state| self.states.contains(&state);
        let mut first = true;
        let mut gap = |out: &mut dyn Write| {
            if std::mem::take(&mut first) { Ok(()) } else { writeln!(out) }
        };
        if wanted(TcpState::Listen) {
            gap(out)?;
            listeners(out, sockets, &names, wanted(TcpState::SynRecv), self.watched, style)?;
        }
        if wanted(TcpState::SynRecv) {
            gap(out)?;
            match self.watched {
                Some(watched) => watched.write(out, &names, style)?,
                None => requests::write(out, &sockets.requests, &names, style)?,
            }
        }
        if self.states.iter().any(|state| !matches!(state, TcpState::Listen | TcpState::SynRecv)) {
            gap(out)?;
            others(out, &sockets.others, &names, style)?;
        }
        gap(out)?;
        if let Some(links) = self.links {
            shortcomings(out, "device names", links, style)?;
        }
        let unsought = |listener: &Listener| listener.owners == Owners::NotSought;
        let alone = self.kind == SourceKind::Live && sockets.listeners.iter().any(unsought);
        let alone = if alone { " alone, which names no process" } else { "" };
        let mut words = format!("Read from {}{alone}.", sockets.source.name());
        if let Some(watched) = self.watched {
            words = format!("{} {words}", watched.length());
        }
        out.write_all(wrap("", &words, style.width).as_bytes())
    }
}

/// Rows of requests, as they are written.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum RequestRows<'a> {
    SeenOnce(Rows<'a, Request, WatchedRequestRow>),
    Watched(Rows<'a, WatchedRequest<'a>, WatchedRequestRow>),
}

const LISTENERS: &[Column] = &[
    Column::left("LOCAL"),
    Column::right("ACCEPT QUEUE"),
    Column::right("SYN_RECV"),
    Column::right("DROPS"),
    Column::left("PROCESS"),
    Column::right("UID").optional(),
];

/// With what changed while watching.
const LISTENERS_WATCHED: &[Column] = &[
    Column::left("LOCAL"),
    Column::right("ACCEPT QUEUE"),
    Column::right("SYN_RECV"),
    Column::right("MADE"),
    Column::right("DROPS"),
    Column::left("PROCESS"),
    Column::right("UID").optional(),
];

fn listeners(
    out: &mut dyn Write,
    sockets: &Sockets,
    names: &LinkNames,
    with_requests: bool,
    watched: Option<&Watched<'_>>,
    style: Style,
) -> io::Result<()> {
    let count = sockets.listeners.len();
    heading(out, &format!("LISTENERS  {count}"), style)?;
    if count == 0 {
        return Ok(());
    }
    let pending = Pending::new(sockets);
    let rows = sockets.listeners.iter().map(|listener| {
        let syn_recv = if with_requests { pending.of(listener) } else { "-".to_owned() };
        let mut row = listener_row(listener, &syn_recv, names);
        if let Some(watched) = watched {
            watched.add_changes(listener, &mut row);
        }
        row
    });
    let columns = if watched.is_some() { LISTENERS_WATCHED } else { LISTENERS };
    write_rows(out, columns, rows, style)
}

fn listener_row(listener: &Listener, syn_recv: &str, names: &LinkNames) -> Row {
    let max = listener.accept_queue_max_count;
    let mut row = Row::new(&[
        &ShownEndpoint { end: listener.local, ifindex: listener.bound_ifindex, names },
        &format!("{}/{}", listener.accept_queue_count, or_unknown(max)),
        &syn_recv,
        &or_unknown(listener.drops_count),
        &owners(&listener.owners),
        &or_unknown(known_uid(listener.uid)),
    ]);
    // sk_acceptq_is_full: the queue takes one more than its limit.
    if max.is_some_and(|max| listener.accept_queue_count > max) {
        row.remark(Some(Severity::Problem), "accept queue full");
    }
    if let Owners::Known(processes) = &listener.owners
        && let Some(stopped) = processes.iter().find(|process| matches!(process.state, 'T' | 't'))
    {
        row.remark(Some(Severity::Warning), &format!("process {} is stopped", stopped.pid));
    }
    let filter = listener.options.and_then(|options| options.filter_instructions);
    if let Some(count) = filter.filter(|&count| count > 0) {
        row.remark(Some(Severity::Info), &format!("filter of {count} instructions"));
    } else if let Some(bytes) = listener.optmem_bytes.filter(|&bytes| bytes > 0) {
        let holds =
            if filter == Some(0) { "TCP-MD5 keys" } else { "a socket filter or TCP-MD5 keys" };
        row.remark(Some(Severity::Info), &format!("option memory {bytes} bytes: {holds}"));
    }
    for words in listener.options.iter().flat_map(set_options) {
        row.remark(None, &words);
    }
    if listener.bound_ifindex != 0 {
        row.remark(None, &format!("bound to {}", foreign(&names.name(listener.bound_ifindex).0)));
    }
    row
}

/// What the application set, as far as it says how handshakes end.
fn set_options(options: &ListenerOptions) -> impl Iterator<Item = String> + use<> {
    let set = |value: Option<u32>| value.filter(|&value| value > 0);
    let deferred = set(options.defer_accept_s).map(|seconds| format!("defer {seconds} s"));
    let retries = options.syn_retries.map(|count| format!("syncnt {count}"));
    let fastopen = set(options.fastopen_queue_max).map(|max| format!("fastopen {max}"));
    [deferred, retries, fastopen].into_iter().flatten()
}

fn owners(owners: &Owners) -> String {
    match owners {
        Owners::Known(processes) => match processes.split_first() {
            None => "(kernel)".to_owned(),
            Some((first, [])) => format!("{} {}", foreign(&first.comm.0), first.pid),
            Some((first, rest)) => {
                format!("{} {} +{}", foreign(&first.comm.0), first.pid, rest.len())
            }
        },
        Owners::Unreadable(gap) => format!("? ({})", gap.reason.word()),
        Owners::NotSought => "-".to_owned(),
    }
}

/// Requests by listener: those of the same address first, else those of the wildcard.
struct Pending {
    by_listener: HashMap<(Family, Endpoint), u64>,
    members: HashMap<(Family, Endpoint), u32>,
}

impl Pending {
    fn new(sockets: &Sockets) -> Self {
        let mut members: HashMap<_, u32> = HashMap::new();
        for listener in &sockets.listeners {
            *members.entry((listener.family, listener.local)).or_default() += 1;
        }
        let mut by_listener: HashMap<_, u64> = HashMap::new();
        // In order of the flow those of one local end are together.
        let same_end = |one: &Request, other: &Request| {
            one.flow.local == other.flow.local && one.listener_family == other.listener_family
        };
        for together in sockets.requests.chunk_by(same_end) {
            let Some(request) = together.first() else { continue };
            let family = request.listener_family;
            let local = request.flow.local;
            let own = (family, local);
            let unspecified = match family {
                Family::V4 => std::net::Ipv4Addr::UNSPECIFIED.into(),
                Family::V6 => std::net::Ipv6Addr::UNSPECIFIED.into(),
            };
            let wildcard = (family, Endpoint::new(unspecified, local.port));
            let key = if members.contains_key(&own) { own } else { wildcard };
            *by_listener.entry(key).or_default() += together.len() as u64;
        }
        Self { by_listener, members }
    }

    /// Listeners of one SO_REUSEPORT group share the number: a row does not name its member.
    fn of(&self, listener: &Listener) -> String {
        let key = (listener.family, listener.local);
        let count = self.by_listener.get(&key).copied().unwrap_or(0);
        match self.members.get(&key) {
            Some(&members) if members > 1 && count > 0 => format!("{count} shared"),
            _ => count.to_string(),
        }
    }
}

const OTHERS: &[Column] = &[
    Column::left("STATE"),
    Column::left("LOCAL"),
    Column::left("PEER"),
    Column::right("RECV-Q"),
    Column::right("SEND-Q"),
    Column::left("TIMER"),
    Column::right("UID").optional(),
    Column::right("INODE").optional(),
];

fn others(
    out: &mut dyn Write,
    sockets: &[Socket],
    names: &LinkNames,
    style: Style,
) -> io::Result<()> {
    heading(out, &format!("OTHER SOCKETS  {}", sockets.len()), style)?;
    if sockets.is_empty() {
        return Ok(());
    }
    let fill = |socket: &Socket, row: &mut Row| {
        let end = |end| Some(ShownEndpoint { end, ifindex: socket.ifindex, names });
        row.word(socket.state.name());
        row.value(end(socket.flow.local), "", ShownEndpoint::append);
        row.value(end(socket.flow.peer), "", ShownEndpoint::append);
        row.value(Some(socket.recv_queue_bytes.into()), "", decimal);
        row.value(Some(socket.send_queue_bytes.into()), "", decimal);
        row.value(socket.timer, "-", timer);
        row.value(known_uid(socket.uid).map(u64::from), "?", decimal);
        row.value(Some(socket.inode), "", decimal);
    };
    write_filled(out, OTHERS, sockets, fill, style)
}

/// Appends `keepalive 45s`, `on 0.2s try 3`.
fn timer(out: &mut Vec<u8>, timer: SocketTimer) {
    let SocketTimer { kind, expires_ms, retrans_count } = timer;
    out.extend_from_slice(kind.name().as_bytes());
    out.push(b' ');
    lasting(out, expires_ms.into());
    if retrans_count > 0 {
        out.extend_from_slice(b" try ");
        decimal(out, retrans_count.into());
    }
}
