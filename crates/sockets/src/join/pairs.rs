//! Which rows of the two sources are of the same request.
//!
//! A flood has half a million rows in either, in the order of a hash table. They stay where they were
//! put; what is sorted and merged are small keys.

use std::net::{IpAddr, Ipv4Addr};

use synrecv_model::{Family, Flow, Mono, Request};

use super::{Key, RequestPair, deadline, proc_deadline};
use crate::parse::diag::DiagRow;
use crate::parse::proc_tcp::ProcRow;

/// Requests of both sources, in order of family and both ends.
///
/// A row that a source shows twice (it moved within the table while that was read) counts once,
/// the last time. Only link-local peers can be the same on two devices; those are paired by
/// nearest deadline.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    diag: Vec<DiagRow>,
    proc: Vec<ProcRow>,
    places: Vec<Places>,
}

/// Where the rows of one request are.
#[derive(Clone, Copy, Debug)]
struct Places {
    diag: u32,
    proc: u32,
}

/// No row: no table has so many.
const NOWHERE: u32 = u32::MAX;

impl Pairs {
    /// Pairs the rows of requests.
    pub fn new(diag: Vec<DiagRow>, proc: Vec<ProcRow>) -> Self {
        let mut pairs = Self { diag, proc, places: Vec::new() };
        let diag = Order::of(&pairs.diag, |row| (row.family, row.flow));
        let proc = Order::of(&pairs.proc, |row| (row.family, row.flow));
        pairs.places.reserve_exact(diag.len().max(proc.len()));
        for (diag, proc) in diag.packed.iter().zip(&proc.packed) {
            merge(
                diag,
                proc,
                |packed| packed >> u32::BITS,
                |diag, proc| {
                    pairs.places.push(Places { diag: last(diag), proc: last(proc) });
                },
            );
        }
        let key = |place: Either| match place {
            Either::Diag(at) => row_key(&pairs.diag, at, |row| (row.family, row.flow)),
            Either::Proc(at) => row_key(&pairs.proc, at, |row| (row.family, row.flow)),
        };
        let diag: Vec<Either> = diag.rest.into_iter().map(Either::Diag).collect();
        let proc: Vec<Either> = proc.rest.into_iter().map(Either::Proc).collect();
        let mut groups = Vec::new();
        merge(
            &diag,
            &proc,
            |&place| key(place),
            |diag, proc| {
                let places =
                    |group: &[Either]| group.iter().map(|place| place.at()).collect::<Vec<_>>();
                groups.push((places(diag), places(proc)));
            },
        );
        for (diag, proc) in groups {
            pairs.pair_group(diag, proc);
        }
        pairs
    }

    /// Rows of one family and flow: one request, or one for each device.
    fn pair_group(&mut self, mut diag: Vec<u32>, mut proc: Vec<u32>) {
        let several_devices = self
            .pair(diag.last().copied(), proc.last().copied())
            .key()
            .is_some_and(|(_, flow)| flow.peer.needs_device());
        if !several_devices {
            let place = |group: &[u32]| group.last().copied().unwrap_or(NOWHERE);
            self.places.push(Places { diag: place(&diag), proc: place(&proc) });
            return;
        }
        // The last row of each device: later ones come first now.
        diag.reverse();
        let mut seen = Vec::new();
        for at in diag {
            let Some(row) = row(&self.diag, at) else { continue };
            if seen.contains(&row.ifindex) {
                continue;
            }
            seen.push(row.ifindex);
            let distance = |&at: &u32| {
                self.pair(None, Some(at))
                    .proc
                    .map(|proc| deadline(row).abs_diff(proc_deadline(proc)))
            };
            let nearest = (0..proc.len()).min_by_key(|&index| proc.get(index).and_then(distance));
            let found = nearest.map_or(NOWHERE, |index| proc.swap_remove(index));
            self.places.push(Places { diag: at, proc: found });
        }
        self.places.extend(proc.into_iter().map(|at| Places { diag: NOWHERE, proc: at }));
    }

    fn pair(&self, diag: Option<u32>, proc: Option<u32>) -> RequestPair<'_> {
        RequestPair {
            diag: diag.and_then(|at| row(&self.diag, at)),
            proc: proc.and_then(|at| row(&self.proc, at)),
        }
    }

    /// How many requests there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// One request.
    pub fn get(&self, at: usize) -> Option<RequestPair<'_>> {
        self.places.get(at).map(|&Places { diag, proc }| self.pair(Some(diag), Some(proc)))
    }

    /// The places at which a family and both ends are; several only for link-local peers.
    pub fn find(&self, key: (Family, Flow)) -> std::ops::Range<usize> {
        let key_of = |places: &Places| self.pair(Some(places.diag), Some(places.proc)).key();
        let start = self.places.partition_point(|places| key_of(places) < Some(key));
        let rest = self.places.get(start..).unwrap_or_default();
        let count = rest.iter().take_while(|places| key_of(places) == Some(key)).count();
        start..start + count
    }

    /// Takes a fresh row of `sock_diag` if that fits better; true when the pair is one of the same
    /// instant afterwards.
    pub fn refresh(&mut self, at: usize, fresh: DiagRow) -> bool {
        let Some(pair) = self.get(at) else { return false };
        let candidate = RequestPair { diag: Some(&fresh), ..pair };
        let fits = candidate.same_instant();
        if !fits && pair.diag.is_some() {
            return pair.same_instant();
        }
        let place = u32::try_from(self.diag.len()).unwrap_or(NOWHERE);
        let Some(places) = self.places.get_mut(at) else { return false };
        match usize::try_from(places.diag).ok().and_then(|known| self.diag.get_mut(known)) {
            Some(known) => *known = fresh,
            None => {
                places.diag = place;
                self.diag.push(fresh);
            }
        }
        fits
    }

    /// All requests. Timers are those at `as_of`, however much earlier the rows were read.
    pub fn requests(&self, as_of: Mono) -> Vec<Request> {
        let mut requests = Vec::with_capacity(self.len());
        requests.extend((0..self.len()).filter_map(|at| self.get(at)?.request(as_of)));
        requests
    }
}

fn row<R>(rows: &[R], at: u32) -> Option<&R> {
    rows.get(usize::try_from(at).ok()?)
}

fn row_key<R>(rows: &[R], at: u32, key: impl Fn(&R) -> Key) -> Option<Key> {
    row(rows, at).map(key)
}

/// The place in the last of some packed keys, which is the row that was shown last.
fn last(packed: &[u128]) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are the place")]
    packed.last().map_or(NOWHERE, |&packed| packed as u32)
}

/// The place of a row whose key does not fit a number.
#[derive(Clone, Copy, Debug)]
enum Either {
    Diag(u32),
    Proc(u32),
}

impl Either {
    fn at(self) -> u32 {
        match self {
            Self::Diag(at) | Self::Proc(at) => at,
        }
    }
}

/// The rows of one source in order of family and both ends, rows of one key in the order in which they
/// were shown.
#[derive(Debug, Default)]
struct Order {
    /// IPv4 flows: both ends in the upper 96 bits, the place in the lower 32. Those of IPv4 listeners,
    /// then those of IPv6 listeners.
    packed: [Vec<u128>; 2],
    /// Places of the others, all of IPv6 listeners and after those.
    rest: Vec<u32>,
}

impl Order {
    fn of<R>(rows: &[R], key: impl Fn(&R) -> Key) -> Self {
        let mut order = Self::default();
        for (row, at) in rows.iter().zip(0..NOWHERE) {
            let (family, flow) = key(row);
            match (flow.local.ip, flow.peer.ip) {
                (IpAddr::V4(local), IpAddr::V4(peer)) => {
                    let end = |ip: Ipv4Addr, port: u16| {
                        u128::from(u32::from(ip)) << 16 | u128::from(port)
                    };
                    let flow = end(local, flow.local.port) << 48 | end(peer, flow.peer.port);
                    let [v4, v6] = &mut order.packed;
                    let of_family = if family == Family::V4 { v4 } else { v6 };
                    of_family.push(flow << u32::BITS | u128::from(at));
                }
                _ => order.rest.push(at),
            }
        }
        for packed in &mut order.packed {
            packed.sort_unstable();
        }
        order.rest.sort_by_key(|&at| row_key(rows, at, &key));
        order
    }

    fn len(&self) -> usize {
        self.packed.iter().map(Vec::len).sum::<usize>() + self.rest.len()
    }
}

/// Walks two sorted lists together and hands over the items of each key.
fn merge<T, K: Ord>(
    mut left: &[T],
    mut right: &[T],
    key: impl Fn(&T) -> K,
    mut each: impl FnMut(&[T], &[T]),
) {
    loop {
        let least = match (left.first().map(&key), right.first().map(&key)) {
            (None, None) => return,
            (Some(one), None) | (None, Some(one)) => one,
            (Some(one), Some(other)) => one.min(other),
        };
        let run = |items: &[T]| items.iter().take_while(|item| key(item) == least).count();
        let (of_left, rest) = left.split_at(run(left));
        left = rest;
        let (of_right, rest) = right.split_at(run(right));
        right = rest;
        each(of_left, of_right);
    }
}
