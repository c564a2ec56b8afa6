//! Requests and listeners that were watched: what changed, and what the whole track says.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Connection, Diagnosis, Endpoint, Flow, LinkNames, Listener, ListenerTrack, Observation,
    Severity, Track, order,
};

use super::super::columns::{Cells, Row, write_rows};
use super::super::json::Rows;
use super::super::{duration, heading, legend, or_unknown};
use super::requests::{LEGEND, ROWS_MAX, Range};
use crate::Style;
use crate::escape::foreign;
use crate::layout::Column;
use crate::rows::{ShownEndpoint, WatchedRequestRow};
use crate::text::connections::age;

/// What watching showed.
#[derive(Debug)]
pub struct Watched<'a> {
    pub(super) observation: &'a Observation,
    requests: Vec<WatchedRequest<'a>>,
}

/// A request over time, and what was concluded about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct WatchedRequest<'a> {
    track: &'a Track,
    connection: &'a Connection,
}

impl<'a> Watched<'a> {
    /// Puts together what was seen and what was concluded from it.
    pub fn new(observation: &'a Observation, diagnosis: &'a Diagnosis) -> Self {
        // Only peers with a link-local address can be there twice, once for each device.
        let mut tracks: HashMap<Flow, Vec<&Track>> = HashMap::new();
        for track in observation.tracks.iter().rev() {
            tracks.entry(track.flow).or_default().push(track);
        }
        let known = diagnosis.connections.iter();
        let requests = known
            .filter_map(|connection| {
                let track = tracks.get_mut(&connection.flow)?.pop()?;
                Some(WatchedRequest { track, connection })
            })
            .collect();
        Self { observation, requests }
    }

    pub(super) fn listener(&self, listener: &Listener) -> Option<&'a ListenerTrack> {
        let mut tracks = self.observation.listeners.iter();
        tracks.find(|track| track.inode == listener.inode && track.local == listener.local)
    }

    pub(super) fn rows<'b>(
        &'b self,
        names: &'b LinkNames,
    ) -> Rows<'b, WatchedRequest<'a>, WatchedRequestRow> {
        Rows::new(&self.requests, |request| {
            WatchedRequestRow::watched(request.track, request.connection, names)
        })
    }

    /// Puts the changes of a listener into its row: requests made, and drops.
    pub(super) fn add_changes(&self, listener: &Listener, row: &mut Row) {
        const DROPS: usize = 3;
        let track = self.listener(listener);
        let delta = track.and_then(|track| track.drops_delta);
        let mut cells = Cells::default();
        for (at, cell) in row.cells.iter().enumerate() {
            if at == DROPS {
                cells.push(&or_unknown(track.map(|track| track.made_count)));
            }
            match delta.filter(|_| at == DROPS) {
                Some(delta) => cells.push(&format_args!("{cell} (+{delta})")),
                None => cells.push(&cell),
            }
        }
        row.cells = cells;
        let full = |track: &&ListenerTrack| {
            track.accept_queue_max_count.is_some_and(|max| track.accept_queue_peak_count > max)
        };
        let is_full =
            listener.accept_queue_max_count.is_some_and(|max| listener.accept_queue_count > max);
        if !is_full && track.as_ref().is_some_and(full) {
            row.remark(Some(Severity::Warning), "accept queue was full");
        }
    }

    /// `Watched 5 s, 18 samples.`
    pub(super) fn length(&self) -> String {
        let seen = self.observation;
        let length = duration(seen.ended.ms_since(seen.started));
        let interrupted = if seen.interrupted { ", interrupted" } else { "" };
        format!("Watched {length}, {} samples{interrupted}.", seen.sample_count)
    }

    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        names: &LinkNames,
        style: Style,
    ) -> io::Result<()> {
        let count = self.requests.len();
        if count == 0 {
            return heading(out, "SYN_RECV  0", style);
        }
        if count > ROWS_MAX && style.verbosity < 1 {
            self.groups(out, style)?;
        } else {
            heading(out, &format!("SYN_RECV  {count}, oldest first"), style)?;
            write_rows(out, ROWS, self.by_age().map(|request| request.row(names)), style)?;
        }
        legend(out, LEGEND, style)
    }

    fn by_age(&self) -> impl Iterator<Item = WatchedRequest<'a>> {
        let mut oldest = self.requests.clone();
        order::sort_by_key(&mut oldest, |request| {
            (Reverse(request.connection.age_ms), request.track.flow)
        });
        oldest.into_iter()
    }

    fn groups(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        let mut groups: BTreeMap<(Endpoint, RetryReading, &str), Group> = BTreeMap::new();
        for request in &self.requests {
            let connection = request.connection;
            let key = (request.track.flow.local, connection.reading, request.finding());
            groups.entry(key).or_default().add(connection);
        }
        let mut largest: Vec<_> = groups.iter().collect();
        order::sort_by_key(&mut largest, |(key, group)| (Reverse(group.count), *key));
        let hidden = largest.len().saturating_sub(ROWS_MAX);
        let count = self.requests.len();
        let title = format!("SYN_RECV  {count}, by local end and reading (-v: every row)");
        heading(out, &title, style)?;
        let rows = largest
            .iter()
            .take(ROWS_MAX)
            .map(|&(&(local, reading, finding), group)| group.row(local, reading, finding));
        write_rows(out, GROUPS, rows, style)?;
        if hidden > 0 {
            writeln!(out, "... {hidden} smaller groups")?;
        }
        Ok(())
    }
}

const ROWS: &[Column] = &[
    Column::left("LOCAL"),
    Column::left("PEER"),
    Column::right("AGE"),
    Column::right("SEEN FOR"),
    Column::right("RESENT"),
    Column::right("TIMER"),
    Column::left("READING"),
    Column::left("REPLY VIA"),
    Column::left("FINDING").optional(),
];

const GROUPS: &[Column] = &[
    Column::left("READING"),
    Column::left("LOCAL"),
    Column::left("PEERS"),
    Column::right("N"),
    Column::right("SEEN FOR"),
    Column::right("RESENT"),
    Column::right("TIMER"),
    Column::left("REPLY VIA"),
    Column::left("FINDING").optional(),
];

impl WatchedRequest<'_> {
    fn finding(&self) -> &'static str {
        self.connection.findings.first().copied().unwrap_or("-")
    }

    fn row(&self, names: &LinkNames) -> Row {
        let Self { track, connection } = self;
        let end = |end| ShownEndpoint { end, ifindex: track.ifindex, names };
        let mut row = Row::new(&[
            &end(track.flow.local),
            &end(track.flow.peer),
            &age(connection),
            &duration(connection.seen_for_ms),
            &or_unknown(connection.counters.synack_retrans_count),
            &or_unknown(connection.counters.timer_expiry_count),
            &connection.reading.name(),
            &via(connection),
            &self.finding(),
        ]);
        if connection.life_count > 1 {
            row.remark(None, &format!("made anew {} times", connection.life_count - 1));
        }
        if track.last_life().gone.is_some() {
            row.remark(None, "gone");
        }
        row
    }
}

/// The gateway and device of the reply, or `?` when that is not known.
fn via(connection: &Connection) -> String {
    let Some(dev) = &connection.out_dev else { return "?".to_owned() };
    let dev = foreign(&dev.0);
    let unresolved = connection.out_state.filter(|state| state.is_unresolved());
    let state = unresolved.map_or_else(String::new, |state| format!(" {}", state.name()));
    match (connection.via_gateway, connection.out_next_hop) {
        (Some(true), Some(gateway)) => format!("{gateway} {dev}{state}"),
        _ => format!("on-link {dev}{state}"),
    }
}

/// Requests of one local end with one reading and one finding.
#[derive(Default)]
struct Group {
    count: usize,
    seen_for_ms: u64,
    synack: Range,
    timer: Range,
    peers: BTreeSet<IpAddr>,
    ways: BTreeSet<String>,
}

impl Group {
    fn add(&mut self, connection: &Connection) {
        self.count += 1;
        self.seen_for_ms = self.seen_for_ms.max(connection.seen_for_ms);
        self.synack.add(connection.counters.synack_retrans_count);
        self.timer.add(connection.counters.timer_expiry_count);
        self.peers.insert(connection.flow.peer.ip);
        if connection.out_dev.is_some() {
            self.ways.insert(via(connection));
        }
    }

    fn row(&self, local: Endpoint, reading: RetryReading, finding: &str) -> Row {
        Row::new(&[
            &reading.name(),
            &local,
            &named(self.peers.iter().map(ToString::to_string), self.peers.len(), 1),
            &self.count,
            &duration(self.seen_for_ms),
            &self.synack.words(),
            &self.timer.words(),
            &named(self.ways.iter().cloned(), self.ways.len(), 1),
            &finding,
        ])
    }
}

/// The first of some words, and how many more there are; `?` for none.
fn named(words: impl Iterator<Item = String>, count: usize, most: usize) -> String {
    let mut shown: Vec<String> = words.take(most).collect();
    match count.saturating_sub(shown.len()) {
        0 if shown.is_empty() => "?".to_owned(),
        0 => shown.join(", "),
        more => {
            shown.push(format!("{more} more"));
            shown.join(", ")
        }
    }
}
