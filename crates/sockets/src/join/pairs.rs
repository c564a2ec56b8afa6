//! Which rows of the two sources are of the same request.

use synrecv_model::{Family, Flow, Mono, Request};

use super::side::{NOWHERE, PackedFlow};
use super::{DiagSeen, Key, ProcSeen, RequestPair, Side};
use crate::parse::diag::DiagRow;

/// Requests of both sources, in order of family and both ends.
///
/// A row that a source shows twice (it moved within the table while that was read) counts once,
/// the last time. Only link-local peers can be the same on two devices; those are paired by
/// nearest deadline.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    diag: Vec<DiagSeen>,
    proc: Vec<ProcSeen>,
    /// IPv4 flows of IPv4 listeners, then of IPv6 listeners.
    packed: [Vec<(PackedFlow, Places)>; 2],
    /// The others.
    rest: Vec<(Key, Places)>,
}

/// Where the rows of one request are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Places {
    diag: u32,
    proc: u32,
}

impl Pairs {
    /// Pairs the rows of requests.
    pub fn new(mut diag: Side<DiagSeen>, mut proc: Side<ProcSeen>) -> Self {
        diag.sort();
        proc.sort();
        let mut pairs = Self { diag: diag.seen, proc: proc.seen, ..Self::default() };
        for ((diag, proc), all) in diag.packed.into_iter().zip(proc.packed).zip(&mut pairs.packed) {
            all.reserve_exact(diag.len().max(proc.len()));
            merge(
                &diag,
                &proc,
                |packed| packed >> u32::BITS,
                |flow, diag, proc| {
                    let places = Places { diag: last(diag), proc: last(proc) };
                    all.push((PackedFlow::from(flow), places));
                },
            );
        }
        let mut groups = Vec::new();
        merge(
            &diag.rest,
            &proc.rest,
            |&(key, _)| key,
            |key, diag, proc| {
                let places = |group: &[(Key, u32)]| group.iter().map(|&(_, at)| at).collect();
                groups.push((key, places(diag), places(proc)));
            },
        );
        for (key, diag, proc) in groups {
            pairs.pair_group(key, diag, proc);
        }
        pairs
    }

    /// Rows of one family and flow: one request, or one for each device.
    fn pair_group(&mut self, key: Key, mut diag: Vec<u32>, mut proc: Vec<u32>) {
        let (_, flow) = key;
        if !flow.peer.needs_device() {
            let place = |group: &[u32]| group.last().copied().unwrap_or(NOWHERE);
            self.rest.push((key, Places { diag: place(&diag), proc: place(&proc) }));
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
                self::row(&self.proc, at).map(|proc| row.deadline_ms.abs_diff(proc.deadline_ms))
            };
            let nearest = (0..proc.len()).min_by_key(|&index| proc.get(index).and_then(distance));
            let found = nearest.map_or(NOWHERE, |index| proc.swap_remove(index));
            self.rest.push((key, Places { diag: at, proc: found }));
        }
        let proc = proc.into_iter().map(|at| (key, Places { diag: NOWHERE, proc: at }));
        self.rest.extend(proc);
    }

    fn pair(&self, (family, flow): Key, places: Places) -> RequestPair {
        let (diag, proc) = (row(&self.diag, places.diag), row(&self.proc, places.proc));
        RequestPair { family, flow, diag, proc }
    }

    /// How many requests there are.
    pub fn len(&self) -> usize {
        self.packed.iter().map(Vec::len).sum::<usize>() + self.rest.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One request.
    pub fn get(&self, mut at: usize) -> Option<RequestPair> {
        for (packed, family) in self.packed.iter().zip([Family::V4, Family::V6]) {
            if let Some(&(flow, places)) = packed.get(at) {
                return Some(self.pair((family, flow.flow()), places));
            }
            at -= packed.len();
        }
        self.rest.get(at).map(|&(key, places)| self.pair(key, places))
    }

    /// The places at which a family and both ends are; several only for link-local peers.
    pub fn find(&self, key: (Family, Flow)) -> std::ops::Range<usize> {
        let [v4, v6] = &self.packed;
        let (list, before) = if key.0 == Family::V4 { (v4, 0) } else { (v6, v4.len()) };
        if let Some(flow) = PackedFlow::of(key.1) {
            return range_of(list, before, |&(of, _)| of, &flow);
        }
        range_of(&self.rest, v4.len() + v6.len(), |&(of, _)| of, &key)
    }

    /// Takes a fresh row of `sock_diag` if that fits better; true when the pair is one of the same
    /// instant afterwards.
    pub fn refresh(&mut self, at: usize, fresh: &DiagRow) -> bool {
        let Some(pair) = self.get(at) else { return false };
        let fresh = DiagSeen::from(fresh);
        let candidate = RequestPair { diag: Some(fresh), ..pair };
        let fits = candidate.same_instant();
        if !fits && pair.diag.is_some() {
            return pair.same_instant();
        }
        let next = u32::try_from(self.diag.len()).unwrap_or(NOWHERE);
        let Some(places) = self.places_mut(at) else { return false };
        let known = usize::try_from(places.diag).unwrap_or(usize::MAX);
        if pair.diag.is_none() {
            places.diag = next;
            self.diag.push(fresh);
        } else if let Some(known) = self.diag.get_mut(known) {
            *known = fresh;
        }
        fits
    }

    fn places_mut(&mut self, mut at: usize) -> Option<&mut Places> {
        for packed in &mut self.packed {
            if at < packed.len() {
                return packed.get_mut(at).map(|(_, places)| places);
            }
            at -= packed.len();
        }
        self.rest.get_mut(at).map(|(_, places)| places)
    }

    /// All requests. Timers are those at `as_of`, however much earlier the rows were read.
    pub fn requests(&self, as_of: Mono) -> Vec<Request> {
        let mut requests = Vec::with_capacity(self.len());
        for (packed, family) in self.packed.iter().zip([Family::V4, Family::V6]) {
            let pairs = packed.iter().map(|&(flow, at)| self.pair((family, flow.flow()), at));
            requests.extend(pairs.filter_map(|pair| pair.request(as_of)));
        }
        let rest = self.rest.iter().map(|&(key, places)| self.pair(key, places));
        requests.extend(rest.filter_map(|pair| pair.request(as_of)));
        requests
    }
}

fn row<S: Copy>(rows: &[S], at: u32) -> Option<S> {
    rows.get(usize::try_from(at).ok()?).copied()
}

/// Where an item of this key is in a sorted list, counted from `before`.
fn range_of<T, K: Ord>(
    list: &[T],
    before: usize,
    key: impl Fn(&T) -> K,
    wanted: &K,
) -> std::ops::Range<usize> {
    let start = list.partition_point(|item| key(item) < *wanted);
    let rest = list.get(start..).unwrap_or_default();
    let count = rest.iter().take_while(|item| key(item) == *wanted).count();
    before + start..before + start + count
}

/// The place in the last of some packed flows, which is the row that was shown last.
fn last(packed: &[u128]) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are the place")]
    packed.last().map_or(NOWHERE, |&packed| packed as u32)
}

/// Walks two sorted lists together and hands over each key with its items.
fn merge<T, K: Copy + Ord>(
    mut left: &[T],
    mut right: &[T],
    key: impl Fn(&T) -> K,
    mut each: impl FnMut(K, &[T], &[T]),
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
        each(least, of_left, of_right);
    }
}
