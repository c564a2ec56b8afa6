//! A capture file as a source of facts: what it shows of handshakes, in the nouns that the live host
//! would give.

mod lives;

use std::collections::BTreeSet;

use synrecv_model::{
    Capabilities, Capture, Facts, Family, Flaw, Flow, Foreign, Gap, Handshake, Host, Observation,
    Outcome, Reading, Reason, Request, Section, SocketSource, Sockets, SourceKind, Track,
    WallClock, text,
};

use crate::file::CaptureFile;

/// Lives of a track that are kept.
const LIVES_MAX: usize = 8;

/// Flows in the sample of requests that were ended.
const ENDED_MAX: usize = 64;

/// Facts and observation of a capture file. `name` stands for the host.
///
/// The local end of a connection is that of the server, whoever took the capture.
pub fn observed(file: CaptureFile, name: Foreign) -> (Facts, Observation) {
    let CaptureFile { capture, damage } = file;
    let mut flaws = Vec::new();
    flaws.extend(
        damage.map(|damage| Flaw::PartMissing(Gap::new(Reason::NotInInput, damage.text()))),
    );
    if capture.undecoded_count > 0 {
        let first =
            text!["frames that were cut too short, are malformed or of an unknown link type"];
        flaws.push(Flaw::Undecodable { count: capture.undecoded_count, first });
    }
    flaws.extend(capture.lost_count.is_some_and(|lost| lost > 0).then_some(Flaw::Lost));
    let mut facts = facts(name, capture.started_at);
    let observation = observation(capture, flaws);
    facts.sockets = sockets(&observation);
    (facts, observation)
}

fn facts(name: Foreign, started_at: WallClock) -> Facts {
    Facts {
        source: SourceKind::Capture,
        host: Host {
            name,
            kernel: Foreign(String::new()),
            netns_inode: None,
            started_at,
            uid: UNKNOWN_UID,
            capabilities: Capabilities::default(),
        },
        sockets: missing(),
        links: missing(),
        addresses: missing(),
        settings: missing(),
        neighbours: missing(),
        routes: missing(),
        nexthops: missing(),
        rules: missing(),
        replies: missing(),
        counters: missing(),
        namespaces: missing(),
        filters: missing(),
        device_filters: missing(),
        tracked: missing(),
        traces: missing(),
        probed: missing(),
        messages: missing(),
        mentions: Vec::new(),
    }
}

/// `(uid_t) -1`, which no process has.
const UNKNOWN_UID: u32 = u32::MAX;

fn missing<T>() -> Section<T> {
    Section::Missing(Gap::new(Reason::NotInInput, text!["a capture does not contain it"]))
}

/// Requests that are there at the end; what listens is not to be seen.
fn sockets(observation: &Observation) -> Section<Sockets> {
    let there = |track: &&Track| track.last_life().gone.is_none();
    let requests = observation.tracks.iter().filter(there).map(|track| Request {
        flow: track.flow,
        listener_family: track.listener_family,
        ifindex: track.ifindex,
        counters: track.last_life().last.counters,
        uid: track.uid,
        mark: track.mark,
        fastopen: false,
    });
    let data = Sockets {
        source: SocketSource::Frames,
        listeners: Vec::new(),
        requests: requests.collect(),
        others: Vec::new(),
    };
    let gap = Gap::new(Reason::NotInInput, text!["a capture does not contain listeners"]);
    let (started, ended) = (observation.started, observation.ended);
    let reading = Reading { source: "capture file".into(), started, ended };
    Section::Partial { data, flaws: vec![Flaw::PartMissing(gap)], reading }
}

fn observation(capture: Capture, flaws: Vec<Flaw>) -> Observation {
    let sum = |of: fn(&synrecv_model::Service) -> u64| capture.services.iter().map(of).sum();
    let requests = |service: &synrecv_model::Service| {
        service.completed_count
            + service.ack_missing_count
            + service.ack_ignored_count
            + service.too_early_count
    };
    let (started, ended) = (capture.started, capture.ended);
    Observation {
        started,
        ended,
        sample_count: 1,
        interval_ms: 0,
        interrupted: false,
        seen_count: sum(requests),
        late_completed_count: sum(|service| service.late_completed_count),
        tracks: tracks(&capture),
        completed: flows(&capture, |handshake| handshake.outcome == Outcome::Completed),
        ended_young: flows(&capture, is_ended_young).into_iter().take(ENDED_MAX).collect(),
        unresolved: Vec::new(),
        mac_changes: Vec::new(),
        rules_moved: missing(),
        traffic: Vec::new(),
        steps: Vec::new(),
        listeners: Vec::new(),
        counters: missing(),
        frames: Section::from_reading(
            capture,
            flaws,
            Reading { source: "capture file".into(), started, ended },
        ),
    }
}

fn is_ended_young(handshake: &Handshake) -> bool {
    handshake.outcome == Outcome::Refused && handshake.counts.synack_count > 0
}

/// In order, each once.
fn flows(capture: &Capture, wanted: fn(&Handshake) -> bool) -> Vec<Flow> {
    let flows = capture.handshakes.iter().filter(|handshake| wanted(handshake));
    let flows: BTreeSet<Flow> = flows.map(|handshake| handshake.flow).collect();
    flows.into_iter().collect()
}

/// Requests that stayed, and those that are too young to say, in order of flow. Handshakes of one flow,
/// one after another, are lives of one track.
fn tracks(capture: &Capture) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for handshake in capture.handshakes.iter().filter(|handshake| is_request(handshake)) {
        let lives = lives::of(handshake, capture.ended);
        if lives.is_empty() {
            continue;
        }
        let flow = handshake.flow;
        let count = u32::try_from(lives.len()).unwrap_or(u32::MAX);
        match tracks.last_mut().filter(|track| track.flow == flow) {
            Some(track) => {
                track.lives.extend(lives);
                track.life_count = track.life_count.saturating_add(count);
            }
            None => tracks.push(Track {
                flow,
                listener_family: Family::of(flow.local.ip),
                ifindex: 0,
                uid: None,
                mark: None,
                lives: lives.into(),
                life_count: count,
            }),
        }
    }
    for track in &mut tracks {
        track.lives.keep_last(LIVES_MAX);
    }
    tracks
}

/// The server has, or had, a request for it that did not become a connection.
fn is_request(handshake: &Handshake) -> bool {
    let young = handshake.outcome == Outcome::TooEarly && handshake.counts.ack_count == 0;
    handshake.outcome.is_stuck() || young
}

#[cfg(test)]
mod tests;
