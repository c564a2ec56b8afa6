//! What changed while watching.

mod lives;

use std::time::Duration;

use crate::{
    Capture, Counters, Endpoint, Family, Flow, LinkTraffic, MacChange, Mono, Neighbour,
    RetryCounters, RuleDelta, Section,
};

pub use lives::Lives;

/// The requests and listeners sampled over time, and counters at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Observation {
    /// First sample.
    pub started: Mono,
    /// Last sample.
    pub ended: Mono,
    /// Samples taken, at least 1.
    pub sample_count: u32,
    /// Milliseconds between samples that were reached; 0 for a single sample.
    pub interval_ms: u64,
    /// Ended by the user before its time.
    pub interrupted: bool,
    /// Requests seen in all, those that completed included.
    pub seen_count: u64,
    /// Requests that went away young, but after a client repeats its SYN for the first time: a
    /// SYN-ACK or ACK of theirs was lost. They are not in `tracks`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub late_completed_count: u64,
    /// Every 4-tuple in SYN_RECV that did not go away young, in order of flow.
    pub tracks: Vec<Track>,
    /// Connections to our listeners whose handshake completed, a sample of up to 64 peers for each
    /// local end, in order: the control group of the stuck ones. Those seen in a later state, and
    /// requests that went away young while the kernel ended none (EmbryonicRsts, ListenDrops).
    pub completed: Vec<Flow>,
    /// A sample of the requests that went away young, when the kernel ended some (a reset, an ICMP
    /// error): how each of these ended is not known.
    #[cfg_attr(feature = "serde", serde(default))]
    pub ended_young: Vec<Flow>,
    /// Neighbours that were announced as unresolved while watching, by device and address. The
    /// table can have forgotten them at its end.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unresolved: Vec<Neighbour>,
    /// Addresses whose link-layer address changed while watching, by device and address.
    #[cfg_attr(feature = "serde", serde(default))]
    pub mac_changes: Vec<MacChange>,
    /// Rules and policies that matched packets while watching, those that count; in order.
    #[cfg_attr(feature = "serde", serde(default = "crate::facts::not_in_input"))]
    pub rules_moved: Section<Vec<RuleDelta>>,
    /// Traffic of devices at the end, by device; that of the start is in the facts.
    #[cfg_attr(feature = "serde", serde(default))]
    pub traffic: Vec<LinkTraffic>,
    /// Counts at each sample, oldest first.
    #[cfg_attr(feature = "serde", serde(default))]
    pub steps: Vec<Step>,
    /// Every listener, in order of the last sample.
    pub listeners: Vec<ListenerTrack>,
    /// Counters at the end; those of the start are in the facts.
    pub counters: Section<Counters>,
    /// Frames of handshakes on the wire.
    #[cfg_attr(feature = "serde", serde(default = "crate::facts::not_in_input"))]
    pub frames: Section<Capture>,
}

impl Observation {
    /// Time from the first to the last sample.
    pub fn length(&self) -> Duration {
        self.ended.since(self.started)
    }
}

/// Counts at one sample. Those of packets are since boot, and only their differences mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// When it was taken.
    pub at: Mono,
    /// Timer expiries so far, of requests whose client does not repeat its SYN: SYN-ACKs sent again.
    pub expiry_count: u64,
    /// Requests made so far: SYN-ACKs sent for the first time.
    pub made_count: u64,
    /// Packets that the reverse-path filter dropped.
    pub reverse_path: Option<i64>,
    /// Packets that listeners dropped (`sk_drops`), all together.
    pub listener_drops: Option<i64>,
    /// [`crate::view::books::undelivered`] of IPv4.
    pub undelivered_v4: Option<i64>,
    /// [`crate::view::books::undelivered`] of IPv6.
    pub undelivered_v6: Option<i64>,
    /// Frames that devices received less packets that IP received; `None` when not known.
    pub before_ip: Option<i64>,
    /// Packets that connection tracking called invalid.
    pub invalid: Option<i64>,
}

/// One 4-tuple that was seen in SYN_RECV.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Track {
    /// The two ends.
    pub flow: Flow,
    /// Family of the listener.
    pub listener_family: Family,
    /// Device of a link-local peer or a bound listener, as ifindex; else 0.
    pub ifindex: u32,
    /// Uid of the listener.
    pub uid: Option<u32>,
    /// Mark of the reply.
    pub mark: Option<u32>,
    /// Requests of this 4-tuple one after another, oldest first. A request that dies and is made
    /// anew by the client's next SYN starts a new life. At least one; the last 8 are kept.
    pub lives: Lives,
    /// Lives seen in all.
    pub life_count: u32,
}

impl Track {
    /// The last life.
    #[inline]
    pub fn last_life(&self) -> Life {
        self.lives.last().expect("a track starts with a life")
    }

    /// First sighting, last sighting, and whether it is gone, of the last life: for those who walk all.
    #[inline]
    pub fn last_seen(&self) -> (&Sighting, &Sighting, bool) {
        self.lives.last_seen().expect("a track starts with a life")
    }
}

/// One request from its first to its last sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Life {
    /// First time it was seen.
    pub first: Sighting,
    /// Last time it was seen.
    pub last: Sighting,
    /// Times that its timer was found armed anew from one sample to the next without an expiry: the
    /// client repeated its SYN, or before the first expiry, the request may have been made anew.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rearmed_count: u32,
    /// When it was found to be gone; `None` while it is there in the last sample.
    pub gone: Option<Mono>,
}

impl Life {
    /// A request that was seen once.
    #[inline]
    pub fn seen_once(sighting: Sighting) -> Self {
        Self { first: sighting, last: sighting, rearmed_count: 0, gone: None }
    }

    /// Milliseconds between first and last sighting.
    pub fn seen_for_ms(&self) -> u64 {
        self.last.at.ms_since(self.first.at)
    }

    /// Least age at the last sighting in milliseconds: the larger of what the timer tells at the
    /// last sighting and what it told at the first one plus the time it was seen.
    pub fn least_age_ms(&self) -> u64 {
        let then = self.first.counters.age_ms().unwrap_or(0) + self.seen_for_ms();
        then.max(self.last.counters.age_ms().unwrap_or(0))
    }
}

/// A request in one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sighting {
    /// When its row was read.
    pub at: Mono,
    /// Counters and timer in that row.
    pub counters: RetryCounters,
}

/// A listener over time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ListenerTrack {
    /// Address and port.
    pub local: Endpoint,
    /// Family of the socket.
    pub family: Family,
    /// Inode, which tells members of a SO_REUSEPORT group apart.
    pub inode: u64,
    /// Largest accept queue of all samples.
    pub accept_queue_peak_count: u32,
    /// Smallest accept queue of all samples.
    pub accept_queue_least_count: u32,
    /// Its limit.
    pub accept_queue_max_count: Option<u32>,
    /// Increase of `sk_drops`; `None` when unknown at either end.
    pub drops_delta: Option<u32>,
    /// There in the last sample.
    pub present: bool,
    /// Requests to its address and port in the last sample that it was there in.
    #[cfg_attr(feature = "serde", serde(default))]
    pub outstanding_count: u64,
    /// Requests to its address and port that were first seen after the first sample. Those that came
    /// and went between two samples are not among them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub made_count: u64,
}
