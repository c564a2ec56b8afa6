//! Puts samples together: which request was there when, and what became of it. Pure.

mod lives;

use std::collections::{BTreeMap, BTreeSet};

use lives::{end_unless_seen, expired_between, first_seen, has_passed, key, see_again, stays_away};
use synrecv_checks::plan;
use synrecv_model::view::completed_late;
use synrecv_model::{
    Endpoint, Flaw, Flow, Listener, ListenerTrack, Mono, Request, Section, Sighting, Sockets, Track,
};

/// Completed connections kept for each local end.
const COMPLETED_KEPT: usize = 64;

/// From so many 4-tuples on, those that went away are forgotten at once.
const TRACKS_MANY: usize = 65_536;

/// Everything seen so far.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    started: Option<Mono>,
    ended: Mono,
    samples: u32,
    seen: u64,
    /// In order of flow and device: a flood has a hundred thousand, which a map would double.
    tracks: Vec<Track>,
    listeners: BTreeMap<(u64, Endpoint), Watched>,
    /// Requests first seen after the first sample, by local end.
    made: BTreeMap<Endpoint, u64>,
    /// Flows seen in a state after SYN_RECV, by local end.
    completed: BTreeMap<Endpoint, BTreeSet<Flow>>,
    /// Flows whose request went away young, by local end.
    passed: BTreeMap<Endpoint, BTreeSet<Flow>>,
    /// Of those, how many lasted until a client repeats its SYN.
    passed_late: u64,
    /// Timer expiries of requests whose client does not repeat its SYN.
    expired: u64,
    /// Drops of all listeners together, in the last sample.
    drops: Option<i64>,
}

#[derive(Debug)]
struct Watched {
    track: ListenerTrack,
    first_drops: Option<u32>,
    last: u32,
}

impl Recorder {
    /// Adds one sample. A sample that could not be read changes nothing.
    pub(crate) fn add(&mut self, sample: &Section<Sockets>) {
        let (Some(sockets), Some(reading)) = (sample.data(), sample.reading()) else { return };
        let at = reading.ended;
        self.started.get_or_insert(at);
        self.ended = at;
        self.samples += 1;
        self.see_all(&sockets.requests, at);
        if shows_all_requests(sample) {
            self.tracks.iter_mut().for_each(|track| end_unless_seen(track, at));
            self.forget_passed();
        }
        let mut outstanding: BTreeMap<Endpoint, u64> = BTreeMap::new();
        for request in &sockets.requests {
            *outstanding.entry(request.flow.local).or_default() += 1;
        }
        self.drops =
            sockets.listeners.iter().map(|listener| listener.drops_count.map(i64::from)).sum();
        for listener in &sockets.listeners {
            let own = |counts: &BTreeMap<Endpoint, u64>| {
                let own = counts.iter().filter(|(local, _)| listener.accepts(**local));
                own.map(|(_, count)| count).sum()
            };
            let (outstanding, made) = (own(&outstanding), own(&self.made));
            self.watch(listener, outstanding, made);
        }
    }

    /// Moves 4-tuples that went away young, once, and did not come back to the sample of those: on a
    /// busy host that is nearly all of them. A request that dies is made anew by the client's next SYN.
    fn forget_passed(&mut self) {
        let (passed, passed_late, now) = (&mut self.passed, &mut self.passed_late, self.ended);
        let crowded = self.tracks.len() > TRACKS_MANY;
        self.tracks.retain(|track| {
            let keep = !has_passed(track) || !(crowded || stays_away(track, now));
            if !keep {
                keep_some(passed, track.flow);
                *passed_late += u64::from(completed_late(&track.last_life()));
            }
            keep
        });
    }

    /// Notes connections to our listeners that are past their handshake.
    pub(crate) fn note_completed(&mut self, sockets: &Sockets) {
        for socket in sockets.others.iter().filter(|socket| plan::is_completed(socket)) {
            let local = socket.flow.local;
            if sockets.listeners.iter().any(|listener| listener.accepts(local)) {
                keep_some(&mut self.completed, socket.flow);
            }
        }
    }

    /// The control group. `none_killed`: no request was reset or ended by an ICMP error, so that one
    /// which went away young completed.
    pub(crate) fn completed(&self, none_killed: bool) -> Vec<Flow> {
        let mut flows: BTreeSet<Flow> = self.completed.values().flatten().copied().collect();
        if none_killed {
            flows.extend(self.passed.values().flatten());
        }
        flows.into_iter().collect()
    }

    /// Requests that went away young, however they ended.
    pub(crate) fn ended_young(&self) -> Vec<Flow> {
        let recent = self.tracks.iter().filter(|track| has_passed(track));
        let flows: BTreeSet<Flow> = self
            .passed
            .values()
            .flatten()
            .copied()
            .chain(recent.map(|track| track.flow).take(COMPLETED_KEPT))
            .collect();
        flows.into_iter().collect()
    }

    fn see_all(&mut self, requests: &[Request], at: Mono) {
        let mut fresh: Vec<Track> = Vec::new();
        if self.tracks.is_empty() {
            fresh.reserve_exact(requests.len());
        }
        for request in requests.iter().filter(|request| !request.fastopen) {
            let sighting = Sighting { at, counters: request.counters };
            match self.tracks.binary_search_by_key(&(request.flow, request.ifindex), key) {
                Ok(known) => {
                    let before = self.tracks[known].last_life().last;
                    if see_again(&mut self.tracks[known], request, sighting) {
                        self.note_made(request.flow.local);
                    } else {
                        self.expired += expired_between(&before, request);
                    }
                }
                Err(_) => fresh.push(first_seen(request, sighting)),
            }
        }
        fresh.sort_unstable_by_key(key);
        fresh.dedup_by_key(|track| key(track));
        for track in &fresh {
            self.note_made(track.flow.local);
        }
        if self.tracks.is_empty() {
            self.tracks = fresh;
        } else if !fresh.is_empty() {
            self.tracks.append(&mut fresh);
            self.tracks.sort_unstable_by_key(key);
        }
    }

    fn note_made(&mut self, local: Endpoint) {
        self.seen += 1;
        if self.samples > 1 {
            *self.made.entry(local).or_default() += 1;
        }
    }

    fn watch(&mut self, listener: &Listener, outstanding: u64, made: u64) {
        let key = (listener.inode, listener.local);
        let sample = self.samples;
        let queue = listener.accept_queue_count;
        let watched = self.listeners.entry(key).or_insert_with(|| Watched {
            track: ListenerTrack {
                local: listener.local,
                family: listener.family,
                inode: listener.inode,
                accept_queue_peak_count: queue,
                accept_queue_least_count: queue,
                accept_queue_max_count: listener.accept_queue_max_count,
                drops_delta: None,
                present: true,
                outstanding_count: outstanding,
                made_count: made,
            },
            first_drops: listener.drops_count,
            last: sample,
        });
        watched.last = sample;
        let track = &mut watched.track;
        track.outstanding_count = outstanding;
        track.made_count = made;
        track.accept_queue_peak_count = track.accept_queue_peak_count.max(queue);
        track.accept_queue_least_count = track.accept_queue_least_count.min(queue);
        track.accept_queue_max_count =
            listener.accept_queue_max_count.or(track.accept_queue_max_count);
        if sample > 1 {
            // `sk_drops` is a 32-bit counter that wraps.
            track.drops_delta = listener
                .drops_count
                .zip(watched.first_drops)
                .map(|(now, first)| now.wrapping_sub(first));
        }
    }

    /// When the first and the last sample were read, and how many there were.
    pub(crate) fn span(&self) -> (Mono, Mono, u32) {
        (self.started.unwrap_or(self.ended), self.ended, self.samples)
    }

    /// Requests there in the last sample.
    pub(crate) fn request_count(&self) -> usize {
        self.tracks.iter().filter(|track| track.last_life().gone.is_none()).count()
    }

    /// Timer expiries seen of requests whose client does not repeat its SYN.
    pub(crate) fn expired(&self) -> u64 {
        self.expired
    }

    /// Drops of all listeners together, in the last sample.
    pub(crate) fn drops(&self) -> Option<i64> {
        self.drops
    }

    /// Requests seen, counting each life.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// Requests that went away young after a client repeats its SYN.
    pub(crate) fn late_completed(&self) -> u64 {
        let recent = self.tracks.iter().filter(|track| has_passed(track));
        self.passed_late + recent.filter(|track| completed_late(&track.last_life())).count() as u64
    }

    /// The 4-tuples that did not go away young.
    pub(crate) fn tracks(&self) -> Vec<&Track> {
        self.tracks.iter().filter(|track| !has_passed(track)).collect()
    }

    /// The same, when nothing more is recorded.
    pub(crate) fn take_tracks(&mut self) -> Vec<Track> {
        let mut tracks = std::mem::take(&mut self.tracks);
        tracks.retain(|track| !has_passed(track));
        tracks
    }

    pub(crate) fn listeners(&self) -> Vec<ListenerTrack> {
        self.listeners
            .values()
            .map(|watched| ListenerTrack {
                present: watched.last == self.samples,
                ..watched.track.clone()
            })
            .collect()
    }
}

/// True when a request that is not in the sample is gone.
///
/// Each of the two sources shows every request, so that one suffices; what it lost or tore does not.
fn shows_all_requests(sample: &Section<Sockets>) -> bool {
    sample.flaws().iter().all(|flaw| matches!(flaw, Flaw::PartMissing(_)))
}

fn keep_some(sample: &mut BTreeMap<Endpoint, BTreeSet<Flow>>, flow: Flow) {
    let peers = sample.entry(flow.local).or_default();
    if peers.len() < COMPLETED_KEPT {
        peers.insert(flow);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use synrecv_model::{Family, Reading, RetryCounters, SocketSource};

    fn request(sent: u32, expired: u32, timer_ms: u32) -> Request {
        let end = |ip: &str, port| Endpoint::new(ip.parse().unwrap(), port);
        Request {
            flow: Flow { local: end("10.0.0.1", 80), peer: end("10.9.0.7", 4000) },
            listener_family: Family::V4,
            ifindex: 0,
            counters: RetryCounters {
                synack_retrans_count: Some(sent),
                timer_expiry_count: Some(expired),
                same_instant: true,
                timer_ms: Some(timer_ms),
            },
            uid: Some(0),
            mark: None,
            fastopen: false,
        }
    }

    fn sample(at_ms: u64, requests: Vec<Request>) -> Section<Sockets> {
        let at = Mono(0).plus_ms(at_ms);
        Section::Collected {
            data: Sockets {
                source: SocketSource::Both,
                listeners: Vec::new(),
                requests,
                others: Vec::new(),
            },
            reading: Reading { source: "test".into(), started: at, ended: at },
        }
    }

    fn record(samples: &[Section<Sockets>]) -> Recorder {
        let mut recorder = Recorder::default();
        for sample in samples {
            recorder.add(sample);
        }
        recorder
    }

    #[test]
    fn a_request_that_waits_has_one_life() {
        let recorder = record(&[
            sample(0, vec![request(0, 0, 900)]),
            sample(500, vec![request(0, 0, 400)]),
            sample(1_000, vec![request(1, 1, 1_900)]),
            sample(1_500, vec![request(2, 1, 1_950)]),
        ]);
        let tracks = recorder.tracks();
        assert_eq!((tracks.len(), tracks[0].life_count), (1, 1));
        assert_eq!(tracks[0].last_life().seen_for_ms(), 1_500);
        assert_eq!(tracks[0].last_life().rearmed_count, 1);
    }

    #[test]
    fn a_request_made_anew_starts_another_life() {
        let recorder = record(&[
            sample(0, vec![request(0, 0, 300)]),
            sample(500, vec![request(0, 0, 800)]),
            sample(1_000, vec![]),
            sample(1_500, vec![request(0, 0, 900)]),
        ]);
        let tracks = recorder.tracks();
        assert_eq!(tracks[0].life_count, 3);
        assert_eq!(recorder.seen(), 3);
    }

    #[test]
    fn a_completed_handshake_leaves_no_track() {
        let away = [sample(250, vec![]), sample(5_300, vec![])];
        let mut recorder = record(&[sample(0, vec![request(0, 0, 900)])]);
        recorder.add(&away[0]);
        assert!(recorder.tracks().is_empty());
        assert!(recorder.completed(true).is_empty(), "it can still come back");
        recorder.add(&away[1]);
        assert_eq!(recorder.completed(true).len(), 1);
        assert!(recorder.completed(false).is_empty());
        assert_eq!((recorder.seen(), recorder.late_completed()), (1, 0));
    }

    #[test]
    fn a_handshake_that_lost_a_packet_completes_late() {
        let recorder = record(&[
            sample(0, vec![request(0, 0, 900)]),
            sample(1_000, vec![request(2, 1, 1_950)]),
            sample(1_250, vec![]),
        ]);
        assert!(recorder.tracks().is_empty());
        assert_eq!(recorder.late_completed(), 1);
    }

    #[test]
    fn one_source_alone_shows_an_end() {
        let mut recorder = record(&[sample(0, vec![request(0, 0, 900)])]);
        let Section::Collected { data, reading } = sample(250, vec![]) else { unreachable!() };
        let gap = synrecv_model::Gap::new(synrecv_model::Reason::NeedsRoot, "sock_diag");
        recorder.add(&Section::Partial { data, flaws: vec![Flaw::PartMissing(gap)], reading });
        assert!(recorder.tracks().is_empty());
    }

    #[test]
    fn a_request_that_comes_back_is_one_track() {
        let recorder = record(&[
            sample(0, vec![request(0, 0, 900)]),
            sample(1_000, vec![]),
            sample(2_000, vec![request(0, 0, 900)]),
            sample(3_100, vec![]),
        ]);
        assert_eq!(recorder.tracks()[0].life_count, 2);
    }

    #[test]
    fn a_partial_sample_shows_no_end() {
        let mut recorder = record(&[sample(0, vec![request(0, 0, 900)])]);
        let Section::Collected { data, reading } = sample(250, vec![]) else { unreachable!() };
        let flaws = vec![Flaw::Lost];
        recorder.add(&Section::Partial { data, flaws, reading });
        assert!(recorder.tracks()[0].last_life().gone.is_none());
    }
}
