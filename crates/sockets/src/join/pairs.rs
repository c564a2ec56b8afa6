//! Which rows of the two sources are of the same request.

use synrecv_model::{Family, Mono, Request};

use super::side::PackedFlow;
use super::{DiagSeen, Key, ProcSeen, RequestPair, Side, same_instant};
use crate::parse::diag::DiagRow;

/// Requests of both sources, in order of family and both ends.
///
/// A row that a source shows twice (it moved within the table while that was read) counts once,
/// the last time. Only link-local peers can be the same on two devices; those are paired by
/// nearest deadline.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// IPv4 flows of IPv4 listeners, then of IPv6 listeners.
    packed: [Vec<(PackedFlow, Seen)>; 2],
    /// The others.
    rest: Vec<(Key, Seen)>,
}

/// What the sources show of one request beside its ends.
///
/// It stands beside them, as half a million rows that are looked up in the order in which they were
/// read would each be fetched from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    diag: Option<DiagSeen>,
    proc: Option<ProcSeen>,
}

/// The two ends of a request, as small as its family allows.
enum Ends {
    Packed(Family, PackedFlow),
    Whole(Key),
}

/// The requests of sources that nobody looks at again, at `as_of` as [`Pairs::requests`]. None of them
/// takes a place in between.
pub fn requests_at_once(diag: Side<DiagSeen>, proc: Side<ProcSeen>, as_of: Mono) -> Vec<Request> {
    let mut requests = Vec::with_capacity(diag.len().max(proc.len()));
    each_pair(diag, proc, |ends, seen| {
        let key = match ends {
            Ends::Packed(family, flow) => (family, flow.flow()),
            Ends::Whole(key) => key,
        };
        requests.extend(seen.pair(key).request(as_of));
    });
    requests
}

/// Hands over the rows of both sources that belong together, in order of family and both ends.
fn each_pair(mut diag: Side<DiagSeen>, mut proc: Side<ProcSeen>, mut each: impl FnMut(Ends, Seen)) {
    diag.sort();
    proc.sort();
    let families = [Family::V4, Family::V6];
    for ((of_diag, of_proc), family) in diag.packed.iter().zip(&proc.packed).zip(families) {
        merge(
            of_diag,
            of_proc,
            |packed| packed >> u32::BITS,
            |flow, of_diag, of_proc| {
                let seen = Seen { diag: diag.last(of_diag), proc: proc.last(of_proc) };
                each(Ends::Packed(family, PackedFlow::from(flow)), seen);
            },
        );
    }
    merge(
        &diag.rest,
        &proc.rest,
        |&(key, _)| key,
        |key, of_diag, of_proc| {
            let of_diag = of_diag.iter().filter_map(|&(_, at)| diag.get(at)).collect();
            let of_proc = of_proc.iter().filter_map(|&(_, at)| proc.get(at)).collect();
            pair_group(key, of_diag, of_proc, |seen| each(Ends::Whole(key), seen));
        },
    );
}

/// Rows of one family and flow: one request, or one for each device.
fn pair_group(
    (_, flow): Key,
    mut diag: Vec<DiagSeen>,
    mut proc: Vec<ProcSeen>,
    mut each: impl FnMut(Seen),
) {
    if !flow.peer.needs_device() {
        return each(Seen { diag: diag.pop(), proc: proc.pop() });
    }
    // The last row of each device: later ones come first now.
    diag.reverse();
    let mut devices = Vec::new();
    for row in diag {
        if devices.contains(&row.ifindex) {
            continue;
        }
        devices.push(row.ifindex);
        let distance = |at: &usize| {
            proc.get(*at).map(|proc: &ProcSeen| row.deadline_ms.abs_diff(proc.deadline_ms))
        };
        let nearest = (0..proc.len()).min_by_key(distance);
        let found = nearest.map(|at| proc.swap_remove(at));
        each(Seen { diag: Some(row), proc: found });
    }
    for row in proc {
        each(Seen { diag: None, proc: Some(row) });
    }
}

impl Pairs {
    /// Pairs the rows of requests.
    pub fn new(diag: Side<DiagSeen>, proc: Side<ProcSeen>) -> Self {
        let mut pairs = Self::default();
        for ((of_diag, of_proc), all) in diag.packed.iter().zip(&proc.packed).zip(&mut pairs.packed)
        {
            all.reserve_exact(of_diag.len().max(of_proc.len()));
        }
        let Self { packed: [v4, v6], rest } = &mut pairs;
        each_pair(diag, proc, |ends, seen| match ends {
            Ends::Packed(Family::V4, flow) => v4.push((flow, seen)),
            Ends::Packed(Family::V6, flow) => v6.push((flow, seen)),
            Ends::Whole(key) => rest.push((key, seen)),
        });
        pairs
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
            if let Some(&(flow, seen)) = packed.get(at) {
                return Some(seen.pair((family, flow.flow())));
            }
            at -= packed.len();
        }
        self.rest.get(at).map(|&(key, seen)| seen.pair(key))
    }

    fn seen_mut(&mut self, mut at: usize) -> Option<&mut Seen> {
        for packed in &mut self.packed {
            if at < packed.len() {
                return packed.get_mut(at).map(|(_, seen)| seen);
            }
            at -= packed.len();
        }
        self.rest.get_mut(at).map(|(_, seen)| seen)
    }

    /// Takes a fresh row of `sock_diag` if that fits better; true when the pair is one of the same
    /// instant afterwards.
    pub fn refresh(&mut self, at: usize, fresh: &DiagRow) -> bool {
        self.seen_mut(at).is_some_and(|seen| seen.refresh(DiagSeen::from(fresh)))
    }

    /// Takes those of many fresh rows of `sock_diag` that make a pair of one instant.
    pub fn refresh_all(&mut self, mut fresh: Side<DiagSeen>) {
        fresh.sort();
        for (rows, all) in fresh.packed.iter().zip(&mut self.packed) {
            let mut all = all.iter_mut().peekable();
            for row in rows {
                let flow = PackedFlow::from(row >> u32::BITS);
                while all.next_if(|(known, _)| *known < flow).is_some() {}
                let known = all.peek_mut().filter(|(known, _)| *known == flow);
                if let (Some((_, seen)), Some(row)) = (known, fresh.last(&[*row]))
                    && seen.wants(row)
                {
                    seen.refresh(row);
                }
            }
        }
        for &(key, at) in &fresh.rest {
            let Some(row) = fresh.get(at) else { continue };
            let start = self.rest.partition_point(|&(known, _)| known < key);
            let rest = self.rest.get_mut(start..).unwrap_or_default();
            let same = rest.iter_mut().take_while(|(known, _)| *known == key);
            if let Some(seen) = same.map(|(_, seen)| seen).find(|seen| seen.wants(row)) {
                seen.refresh(row);
            }
        }
    }

    /// All requests. Timers are those at `as_of`, however much earlier the rows were read.
    pub fn requests(&self, as_of: Mono) -> Vec<Request> {
        let mut requests = Vec::with_capacity(self.len());
        for (packed, family) in self.packed.iter().zip([Family::V4, Family::V6]) {
            let pairs = packed.iter().map(|&(flow, seen)| seen.pair((family, flow.flow())));
            requests.extend(pairs.filter_map(|pair| pair.request(as_of)));
        }
        let rest = self.rest.iter().map(|&(key, seen)| seen.pair(key));
        requests.extend(rest.filter_map(|pair| pair.request(as_of)));
        requests
    }

    /// The places of requests of which a fresh look by `sock_diag` could make a pair of one instant.
    pub fn torn(&self) -> Vec<usize> {
        let packed = self.packed.iter().flatten().map(|(_, seen)| seen);
        let all = packed.chain(self.rest.iter().map(|(_, seen)| seen));
        all.enumerate().filter(|(_, seen)| seen.wants_another_look()).map(|(at, _)| at).collect()
    }
}

impl Seen {
    fn pair(self, (family, flow): Key) -> RequestPair {
        RequestPair { family, flow, diag: self.diag, proc: self.proc }
    }

    fn same_instant(self) -> bool {
        same_instant(self.diag, self.proc)
    }

    fn wants_another_look(self) -> bool {
        self.proc.is_some() && !self.same_instant()
    }

    fn wants(self, fresh: DiagSeen) -> bool {
        let same_device = self.diag.is_none_or(|known| known.ifindex == fresh.ifindex);
        same_device && self.wants_another_look()
    }

    /// Takes a fresh row if that fits better; true when the pair is one of the same instant
    /// afterwards.
    fn refresh(&mut self, fresh: DiagSeen) -> bool {
        let fits = same_instant(Some(fresh), self.proc);
        if fits || self.diag.is_none() {
            self.diag = Some(fresh);
        }
        self.same_instant()
    }
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
