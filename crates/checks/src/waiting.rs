//! Listeners with requests that wait for an ACK, and what their drop counters say.
//!
//! TCP counters are kept per network namespace, `sk_drops` per listener: together they tie a cause to
//! a listener.

use std::collections::BTreeMap;

use synrecv_model::view::RetryReading;
use synrecv_model::view::books::{Rhythm, rhythm};
use synrecv_model::{Listener, ListenerTrack, RetryCounters, Weight};

use crate::phrase;
use crate::seen::ack_came;
use crate::undelivered::close;
use crate::view::{RequestView, View};

/// A listener and its requests whose clients do not repeat their SYN.
#[derive(Clone, Debug)]
pub(crate) struct Waiting<'a> {
    pub(crate) listener: &'a Listener,
    pub(crate) track: Option<&'a ListenerTrack>,
    /// Indexes into the view's requests.
    pub(crate) requests: Vec<usize>,
    /// Timer expiries of these requests while watching: SYN-ACKs sent again.
    pub(crate) retries: u32,
    /// ACKs that clients can have sent while watching: one for each SYN-ACK sent again, and the first
    /// one of each request made meanwhile.
    pub(crate) expected_acks: u32,
    /// Packets that the listener dropped while watching; `None` when unknown.
    pub(crate) drops: Option<u32>,
    /// Of these, the ones that no repeated SYN explains: a listener counts each repeated SYN, too.
    pub(crate) sure_drops: Option<u32>,
    /// Whether drops of listeners keep time with the SYN-ACKs that are sent again.
    pub(crate) drops_rhythm: Rhythm,
    /// Others connect to the same local end meanwhile.
    pub(crate) completes: bool,
}

impl Waiting<'_> {
    /// How much `count` packets are worth as the answers to these SYN-ACKs: on a listener that others
    /// connect to, stray packets and silent clients have to be told from answers that are rejected.
    pub(crate) fn worth(&self, count: u64) -> Weight {
        let as_many = close(count, u64::from(self.expected_acks));
        if !self.completes || as_many || self.drops_rhythm == Rhythm::Keeps {
            Weight::Strong
        } else {
            Weight::Weak
        }
    }

    /// True when the accept queue was at its limit in some sample.
    pub(crate) fn queue_was_full(&self) -> bool {
        self.track.is_some_and(|track| {
            track
                .accept_queue_max_count
                .is_some_and(|max| track.accept_queue_peak_count >= max.max(1))
        })
    }
}

/// Listeners that can have rejected an ACK: all that wait but those whose ACKs, as frames show, never
/// came in.
pub(crate) fn rejecting<'a>(view: &View<'a>) -> Vec<Waiting<'a>> {
    let mut list = waiting(view);
    list.retain(|listener| ack_came(view, &listener.requests) != Some(false));
    list
}

/// Every listener with at least one waiting request.
pub(crate) fn waiting<'a>(view: &View<'a>) -> Vec<Waiting<'a>> {
    view.waiting.get_or_init(|| find(view)).clone()
}

fn find<'a>(view: &View<'a>) -> Vec<Waiting<'a>> {
    let repeated = repeated_syns_at_most(view);
    let drops_rhythm = rhythm(view.steps(), |step| step.listener_drops);
    let mut own = by_listener(view);
    let listeners = view.sockets().into_iter().flat_map(|sockets| &sockets.listeners);
    listeners
        .filter_map(|listener| {
            let Own { all, waiting: requests } = own.get_mut(&listener.inode)?;
            let (all, requests) = (std::mem::take(all), std::mem::take(requests));
            if requests.is_empty() {
                return None;
            }
            let track = view.listener_tracks().iter().find(|track| track.inode == listener.inode);
            Some(Waiting {
                listener,
                track,
                retries: phrase::retries_watched(view, &requests),
                expected_acks: expected_acks(view, &all),
                drops: track.and_then(|track| track.drops_delta),
                drops_rhythm,
                completes: view.completes(view.requests()[requests[0]].local()),
                sure_drops: track
                    .and_then(|track| track.drops_delta)
                    .map(|drops| drops.saturating_sub(repeated)),
                requests,
            })
        })
        .collect()
}

/// Requests of one listener, as indexes into the view's.
#[derive(Debug, Default)]
struct Own {
    all: Vec<usize>,
    /// Those that are stuck and whose clients do not repeat their SYN.
    waiting: Vec<usize>,
}

/// The requests of each listener, by inode. One pass, however many listeners there are.
fn by_listener(view: &View<'_>) -> BTreeMap<u64, Own> {
    let mut own: BTreeMap<u64, Own> = BTreeMap::new();
    let mut index = 0;
    for together in view.requests().chunk_by(|one, other| one.local() == other.local()) {
        let first = index;
        index += together.len();
        let listener = together.first().and_then(|request| view.listener(request.local()));
        let Some(listener) = listener else { continue };
        let own = own.entry(listener.inode).or_default();
        own.all.extend(first..index);
        let waits = |request: &RequestView<'_>| {
            request.is_stuck() && request.reading == RetryReading::NoRepeatSeen
        };
        own.waiting.extend(
            (first..index)
                .zip(together)
                .filter_map(|(index, request)| waits(request).then_some(index)),
        );
    }
    own
}

fn expected_acks(view: &View<'_>, own: &[usize]) -> u32 {
    let started = view.observation().started;
    let born = own
        .iter()
        .filter(|&&index| view.requests()[index].track.last_seen().0.at > started)
        .count();
    phrase::retries_watched(view, own) + u32::try_from(born).unwrap_or(u32::MAX)
}

/// SYNs that clients repeated while watching, on the whole host, at most: the SYN-ACKs sent again
/// less those that the timers of the stuck requests account for.
fn repeated_syns_at_most(view: &View<'_>) -> u32 {
    let sent = view.delta("TcpExtTCPSynRetrans").unwrap_or(0);
    let by_timer: u64 = view
        .stuck(|request| request.reading == RetryReading::NoRepeatSeen)
        .into_iter()
        .map(|index| {
            let (first, last, _) = view.requests()[index].track.last_seen();
            let sent = |counters: RetryCounters| counters.synack_retrans_count.unwrap_or(0);
            u64::from(sent(last.counters).saturating_sub(sent(first.counters)))
        })
        .sum();
    u32::try_from(sent.saturating_sub(by_timer)).unwrap_or(u32::MAX)
}

/// Whether TCP counts the rejected packet as a drop of the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drop {
    /// `sk_drops` +1 for each.
    Counted,
    /// It is rejected before the listener is known, or answered: `sk_drops` stays.
    NotCounted,
}

/// A listener that a counter of the namespace can belong to.
#[derive(Debug)]
pub(crate) struct Suspect<'a> {
    pub(crate) waiting: Waiting<'a>,
    /// Increase of the counter.
    pub(crate) counted: u64,
    /// How well counter and listener fit.
    pub(crate) weight: Weight,
    /// Listeners that fit as well.
    pub(crate) others: usize,
}

/// What a counter is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// Counts this cause only.
    Specific,
    /// Counts other things too (RSTs of every kind): it has to match the SYN-ACKs sent again.
    Common,
    /// Stays behind, because the kernel limits what it counts; the listener's own drops have to match
    /// the SYN-ACKs sent again.
    Limited,
}

/// Listeners whose waiting requests a moved counter explains: the client answers each SYN-ACK that is
/// sent again, so the counter has to account for at least half of them.
///
/// Strong for the only listener that fits, or for one whose drops equal the counter; weak for one of
/// several.
pub(crate) fn suspects<'a>(
    view: &View<'a>,
    counted: u64,
    drop: Drop,
    kind: Counter,
) -> Vec<Suspect<'a>> {
    if counted == 0 {
        return Vec::new();
    }
    let fitting: Vec<Waiting<'a>> = rejecting(view)
        .into_iter()
        .filter(|listener| listener.retries > 0 && !listener.queue_was_full())
        .filter(|listener| match kind {
            Counter::Specific => counted * 2 >= u64::from(listener.retries),
            Counter::Common => close(counted, u64::from(listener.expected_acks)),
            Counter::Limited => listener.sure_drops.is_some_and(|drops| drops >= listener.retries),
        })
        .filter(|listener| match (drop, listener.drops) {
            (Drop::Counted, Some(drops)) => drops > 0 && listener.drops_rhythm != Rhythm::Misses,
            (Drop::NotCounted, Some(_)) => listener.sure_drops == Some(0),
            (_, None) => true,
        })
        .collect();
    let alone = fitting.len() == 1;
    let others = fitting.len().saturating_sub(1);
    fitting
        .into_iter()
        .map(|waiting| {
            let equal = drop == Drop::Counted
                && waiting.drops.is_some_and(|drops| close(u64::from(drops), counted));
            let weight = if alone || equal { waiting.worth(counted) } else { Weight::Weak };
            Suspect { waiting, counted, weight, others }
        })
        .collect()
}
