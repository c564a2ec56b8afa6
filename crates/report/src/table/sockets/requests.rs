//! Requests: row by row, or in groups where there are many.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;

use synrecv_model::view::snapshot_reading;
use synrecv_model::{Endpoint, LinkNames, Request, order};

use super::super::columns::{Row, write_rows};
use super::super::{duration, heading, legend, or_unknown};
use crate::Style;
use crate::layout::Column;
use crate::rows::ShownEndpoint;

/// With more requests than this they are grouped, unless more detail is wanted.
pub(super) const ROWS_MAX: usize = 50;

/// Peers named in a group.
const PEERS_NAMED: usize = 2;

/// What the two counters are.
pub(super) const LEGEND: &str = "RESENT: SYN-ACKs sent again (ss). TIMER: expiries of the own timer (netstat -o). \
     More RESENT than TIMER: the client repeats its SYN. Less: the ACK is here, the kernel waits for data.";

pub(super) fn write(
    out: &mut dyn Write,
    requests: &[Request],
    names: &LinkNames,
    style: Style,
) -> io::Result<()> {
    let count = requests.len();
    if count == 0 {
        return heading(out, "SYN_RECV  0", style);
    }
    if count > ROWS_MAX && style.verbosity < 1 {
        groups(out, requests, style)?;
    } else {
        heading(out, &format!("SYN_RECV  {count}, oldest first"), style)?;
        rows(out, requests, names, style)?;
    }
    legend(out, LEGEND, style)
}

const ROWS: &[Column] = &[
    Column::left("LOCAL"),
    Column::left("PEER"),
    Column::right("AGE"),
    Column::right("RESENT"),
    Column::right("TIMER"),
    Column::right("NEXT").optional(),
    Column::left("READING"),
    Column::right("UID").optional(),
];

fn rows(
    out: &mut dyn Write,
    requests: &[Request],
    names: &LinkNames,
    style: Style,
) -> io::Result<()> {
    let mut oldest: Vec<&Request> = requests.iter().collect();
    order::sort_by_key(&mut oldest, |request| (Reverse(request.counters.age_ms()), request.flow));
    let rows = oldest.into_iter().map(|request| {
        let end = |end| ShownEndpoint { end, ifindex: request.ifindex, names };
        let counters = &request.counters;
        let mut row = Row::new(&[
            &end(request.flow.local),
            &end(request.flow.peer),
            &age(request),
            &or_unknown(counters.synack_retrans_count),
            &or_unknown(counters.timer_expiry_count),
            &counters.timer_ms.map_or_else(|| "?".to_owned(), |ms| duration(u64::from(ms))),
            &reading(request),
            &or_unknown(request.uid),
        ]);
        if request.fastopen {
            row.remark(None, "Fast Open: has data already");
        } else if is_torn(request) {
            row.remark(None, "the counters are of different instants");
        }
        if let Some(mark) = request.mark.filter(|&mark| mark != 0) {
            row.remark(None, &format!("mark {mark:#x}"));
        }
        row
    });
    write_rows(out, ROWS, rows, style)
}

/// Both counters are known, and do not belong together.
fn is_torn(request: &Request) -> bool {
    let counters = &request.counters;
    counters.synack_retrans_count.is_some()
        && counters.timer_expiry_count.is_some()
        && !counters.same_instant
}

fn reading(request: &Request) -> &'static str {
    snapshot_reading(request).map_or("?", synrecv_model::view::RetryReading::name)
}

fn age(request: &Request) -> String {
    let counters = &request.counters;
    let least = if counters.age_is_lower_bound() { ">=" } else { "" };
    counters.age_ms().map_or_else(|| "?".to_owned(), |ms| format!("{least}{}", duration(ms)))
}

const GROUPS: &[Column] = &[
    Column::left("LOCAL"),
    Column::left("READING"),
    Column::right("COUNT"),
    Column::right("OLDEST"),
    Column::right("RESENT"),
    Column::right("TIMER"),
    Column::left("PEERS"),
];

/// Requests of one local end with one reading.
#[derive(Default)]
struct Group<'a> {
    count: usize,
    oldest: Option<&'a Request>,
    synack: Range,
    timer: Range,
    /// In order of the flow the requests of a peer are together, and it is here once.
    peers: Vec<IpAddr>,
    named: Vec<IpAddr>,
}

#[derive(Default)]
pub(super) struct Range(Option<(u32, u32)>);

impl Range {
    pub(super) fn add(&mut self, value: Option<u32>) {
        let Some(value) = value else { return };
        let (least, most) = self.0.unwrap_or((value, value));
        self.0 = Some((least.min(value), most.max(value)));
    }

    pub(super) fn words(&self) -> String {
        match self.0 {
            None => "?".to_owned(),
            Some((least, most)) if least == most => least.to_string(),
            Some((least, most)) => format!("{least}-{most}"),
        }
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, request: &'a Request) {
        self.count += 1;
        if self.oldest.is_none_or(|old| old.counters.age_ms() < request.counters.age_ms()) {
            self.oldest = Some(request);
        }
        self.synack.add(request.counters.synack_retrans_count);
        self.timer.add(request.counters.timer_expiry_count);
        let peer = request.flow.peer.ip;
        if self.peers.last() == Some(&peer) {
            return;
        }
        self.peers.push(peer);
        if self.named.len() < PEERS_NAMED && !self.named.contains(&peer) {
            self.named.push(peer);
        }
    }

    /// Different peers.
    fn peer_count(&self) -> usize {
        if self.peers.is_sorted_by(|one, next| one < next) {
            return self.peers.len();
        }
        order::set(self.peers.iter()).len()
    }

    fn row(&self, local: Endpoint, reading: &str) -> Row {
        let mut peers: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        let more = self.peer_count() - self.named.len();
        if more > 0 {
            peers.push(format!("{more} more"));
        }
        Row::new(&[
            &local,
            &reading,
            &self.count,
            &self.oldest.map_or_else(|| "?".to_owned(), age),
            &self.synack.words(),
            &self.timer.words(),
            &peers.join(", "),
        ])
    }
}

fn grouped(requests: &[Request]) -> BTreeMap<(Endpoint, &'static str), Group<'_>> {
    let mut groups: BTreeMap<(Endpoint, &str), Group<'_>> = BTreeMap::new();
    // In order of the flow those of one local end are together, and there are few readings: half a
    // million requests need few look-ups.
    for together in requests.chunk_by(|one, next| one.flow.local == next.flow.local) {
        let Some(local) = together.first().map(|first| first.flow.local) else { continue };
        let mut of_end: Vec<(&str, Group<'_>)> = Vec::new();
        for request in together {
            let reading = reading(request);
            let place = of_end.iter().position(|&(known, _)| known == reading);
            let place = place.unwrap_or_else(|| {
                of_end.push((reading, groups.remove(&(local, reading)).unwrap_or_default()));
                of_end.len() - 1
            });
            of_end[place].1.add(request);
        }
        for (reading, group) in of_end {
            groups.insert((local, reading), group);
        }
    }
    groups
}

fn groups(out: &mut dyn Write, requests: &[Request], style: Style) -> io::Result<()> {
    let groups = grouped(requests);
    let mut largest: Vec<_> = groups.iter().collect();
    order::sort_by_key(&mut largest, |(key, group)| (Reverse(group.count), *key));
    let hidden = largest.len().saturating_sub(ROWS_MAX);
    let title = format!("SYN_RECV  {}, by local end and reading (-v: every row)", requests.len());
    heading(out, &title, style)?;
    let rows =
        largest.iter().take(ROWS_MAX).map(|&(&(local, reading), group)| group.row(local, reading));
    write_rows(out, GROUPS, rows, style)?;
    if hidden > 0 {
        writeln!(out, "... {hidden} smaller groups")?;
    }
    Ok(())
}
