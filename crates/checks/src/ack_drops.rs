//! What the checks on ACKs that die below TCP share: the counters that such packets leave behind.

use synrecv_model::view::books::{Rhythm, rhythm};
use synrecv_model::{Hook, Origin, Severity, TrackedState, Value, Weight, text};

use crate::cases::{Case, Fact};
use crate::droppers::{Dropper, Step, droppers};
use crate::seen::{ack_came, ack_fact};
use crate::undelivered::{Version, close, undelivered};
use crate::view::View;
use crate::waiting::{Waiting, waiting};
use crate::{phrase, share};

/// A listener whose requests wait for an ACK that does not come to it.
#[derive(Debug)]
pub(crate) struct Missing<'a> {
    pub(crate) waiting: Waiting<'a>,
    /// ACKs that all such clients of this host can have sent while watching, by IP version of this
    /// listener's clients.
    pub(crate) expected: u64,
    pub(crate) version: Version,
    /// Packets of that version that ended between IP's entrance and TCP while watching.
    pub(crate) undelivered: Option<u64>,
    /// Packets that connection tracking called invalid while watching.
    pub(crate) invalid: Option<u64>,
    /// Whether they keep time with the SYN-ACKs that are sent again.
    pub(crate) undelivered_rhythm: Rhythm,
    /// The same of invalid packets.
    pub(crate) invalid_rhythm: Rhythm,
    /// The same of frames that devices received and IP did not.
    pub(crate) before_ip_rhythm: Rhythm,
    /// The same of packets that the reverse-path filter dropped.
    pub(crate) reverse_path_rhythm: Rhythm,
    /// Entries of these requests by state.
    pub(crate) entries: Entries,
    /// Whether frames show their ACKs come in.
    pub(crate) ack_came: Option<bool>,
}

/// What connection tracking holds for some requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entries {
    /// Requests that it was asked about.
    pub(crate) asked: usize,
    /// It saw the ACK: ESTABLISHED.
    pub(crate) established: usize,
    /// It saw no valid ACK: SYN_SENT or SYN_RECV.
    pub(crate) opening: usize,
    /// Of these, it saw no SYN-ACK either: SYN_SENT.
    pub(crate) no_reply: usize,
}

impl Entries {
    /// Connection tracking follows these flows and saw none of their SYN-ACKs.
    pub(crate) fn unreplied(self) -> bool {
        self.no_reply > 0 && self.no_reply * 2 >= self.asked
    }
}

impl Missing<'_> {
    /// The undelivered packets come when the ACKs are due, or are as many.
    pub(crate) fn undelivered_fit(&self) -> bool {
        self.fit(self.undelivered, self.undelivered_rhythm)
    }

    /// The invalid packets come when the ACKs are due, or are as many.
    pub(crate) fn invalid_fit(&self) -> bool {
        self.fit(self.invalid, self.invalid_rhythm)
    }

    fn fit(&self, count: Option<u64>, rhythm: Rhythm) -> bool {
        count.is_some_and(|count| match rhythm {
            Rhythm::Keeps => self.accounts(count),
            Rhythm::Misses => false,
            Rhythm::Unclear => count > 1 && close(count, self.expected),
        })
    }

    /// The undelivered packets, when the ACKs can be among them.
    pub(crate) fn undelivered_enough(&self) -> Option<u64> {
        self.undelivered
            .filter(|&count| self.accounts(count) && self.undelivered_rhythm != Rhythm::Misses)
    }

    /// What the case is worth: with ACKs that are seen to come in it is no matter of silent clients.
    pub(crate) fn at_least(&self, weight: Weight) -> Weight {
        if self.ack_came == Some(true) { weight.max(Weight::Strong) } else { weight }
    }

    /// Whether a count accounts for at least half of the SYN-ACKs that were sent again.
    pub(crate) fn accounts(&self, count: u64) -> bool {
        count > 0 && count * 2 >= u64::from(self.waiting.retries)
    }

    /// What these requests' ACKs can end by on this host; `None` when its rules are not known.
    pub(crate) fn droppers<'a>(&self, view: &View<'a>, hooks: &[Hook]) -> Option<Vec<Dropper<'a>>> {
        let mut list = droppers(view, hooks, Step::Ack, &self.waiting.requests)?;
        // What connection tracking has not seen did not come to a rule behind it.
        let none_passed = self.entries.opening > 0 && self.entries.established == 0;
        list.retain(|dropper| {
            !(none_passed && dropper.runs_after_conntrack() && !dropper.is_about_invalid())
        });
        Some(list)
    }

    /// How much a rule is worth as the one that these ACKs end by; `None` when it is not.
    pub(crate) fn weigh(&self, dropper: &Dropper<'_>) -> Option<Weight> {
        let rhythm = match dropper.stop.hook {
            Hook::Ingress => self.before_ip_rhythm,
            _ => self.undelivered_rhythm,
        };
        match (dropper.matched, dropper.stop.certain) {
            (Some(count), _) if !self.accounts(count) => None,
            (_, false) if rhythm == Rhythm::Misses => None,
            // Decisive: these ACKs meet the rule by all its conditions, and it matched as many.
            (Some(_), true) if self.waiting.retries > 0 => Some(Weight::Decisive),
            (Some(count), false) if rhythm == Rhythm::Keeps || close(count, self.expected) => {
                Some(Weight::Strong)
            }
            (Some(_), _) => Some(Weight::Weak),
            (None, true) => Some(Weight::Strong),
            (None, false) if rhythm == Rhythm::Keeps || self.undelivered_fit() => {
                Some(Weight::Strong)
            }
            (None, false) if self.undelivered_enough().is_some() => Some(Weight::Weak),
            (None, false) => None,
        }
    }
}

/// Listeners whose requests wait for an ACK that no counter of theirs saw arrive.
pub(crate) fn missing<'a>(view: &View<'a>) -> Vec<Missing<'a>> {
    let all: Vec<Waiting<'a>> = waiting(view)
        .into_iter()
        .filter(|listener| !listener.queue_was_full())
        .map(|listener| without_silent(view, listener))
        .filter(|listener| listener.sure_drops.is_none_or(|drops| drops < listener.retries.max(1)))
        .collect();
    let version =
        |listener: &Waiting<'_>| Version::of(view.requests()[listener.requests[0]].peer());
    let expected = |wanted: Version| -> u64 {
        let same = all.iter().filter(|listener| version(listener) == wanted);
        same.map(|listener| u64::from(listener.expected_acks)).sum()
    };
    let sums = [Version::V4, Version::V6].map(|version| (version, expected(version)));
    all.into_iter()
        .map(|waiting| {
            let version = version(&waiting);
            let entries = entries(view, &waiting.requests);
            let expected =
                sums.iter().find(|(of, _)| *of == version).map_or(0, |&(_, expected)| expected);
            Missing {
                expected,
                version,
                undelivered: undelivered(view, version),
                invalid: view.conntrack_delta(|cpu| cpu.invalid_count),
                undelivered_rhythm: rhythm(view.steps(), |step| match version {
                    Version::V4 => step.undelivered_v4,
                    Version::V6 => step.undelivered_v6,
                }),
                invalid_rhythm: rhythm(view.steps(), |step| step.invalid),
                reverse_path_rhythm: rhythm(view.steps(), |step| step.reverse_path),
                before_ip_rhythm: rhythm(view.steps(), |step| step.before_ip),
                entries,
                ack_came: ack_came(view, &waiting.requests),
                waiting,
            }
        })
        .collect()
}

/// Without the requests whose clients sent no ACK, as frames show, when others of the listener may
/// have sent one.
fn without_silent<'a>(view: &View<'a>, mut waiting: Waiting<'a>) -> Waiting<'a> {
    let silent = |index: &usize| ack_came(view, &[*index]) == Some(false);
    let (silent, others): (Vec<usize>, Vec<usize>) =
        waiting.requests.iter().partition(|i| silent(i));
    if silent.is_empty() || others.is_empty() {
        return waiting;
    }
    let theirs = phrase::retries_watched(view, &silent);
    waiting.retries = waiting.retries.saturating_sub(theirs);
    waiting.expected_acks = waiting.expected_acks.saturating_sub(theirs);
    waiting.requests = others;
    waiting
}

fn entries(view: &View<'_>, requests: &[usize]) -> Entries {
    let mut entries = Entries::default();
    for &index in requests {
        let Some(entry) = view.tracked(view.requests()[index].track.flow) else { continue };
        entries.asked += 1;
        match entry.map(|entry| entry.state) {
            Some(TrackedState::Established) => entries.established += 1,
            Some(TrackedState::SynRecv) => entries.opening += 1,
            Some(TrackedState::SynSent) => {
                entries.opening += 1;
                entries.no_reply += 1;
            }
            _ => {}
        }
    }
    entries
}

/// How far the ACKs came by connection tracking.
pub(crate) fn argue_entries(case: &mut Case, missing: &Missing<'_>, weight: Weight) {
    let Entries { asked, established, opening, .. } = missing.entries;
    if established == 0 {
        return;
    }
    case.supports(
        weight,
        Fact::new(
            Origin::Conntrack,
            "tracked-as-established",
            text![
                "connection tracking of this host saw the ACK of ",
                established,
                " of ",
                phrase::count(asked, "connection", "connections"),
                " (ESTABLISHED), TCP did not",
            ],
        )
        .with("asked_count", Value::Number(asked as u64))
        .with("established_count", Value::Number(established as u64))
        .with("opening_count", Value::Number(opening as u64))
        .recheck(format!(
            "conntrack -L -p tcp --dport {} --state ESTABLISHED",
            missing.waiting.listener.local.port
        )),
    );
}

/// Frames: the ACKs came in.
pub(crate) fn argue_frames(view: &View<'_>, case: &mut Case, missing: &Missing<'_>) {
    if missing.ack_came == Some(true)
        && let Some(fact) = ack_fact(view, &missing.waiting.requests)
    {
        case.supports(Weight::Strong, fact);
    }
}

/// The listener's own counter: nothing arrived there.
pub(crate) fn argue_listener(case: &mut Case, missing: &Missing<'_>) {
    let waiting = &missing.waiting;
    if let Some(drops) = waiting.drops {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Queue,
                "listener-drops",
                text![
                    ":",
                    waiting.listener.local.port,
                    " dropped ",
                    phrase::count(drops as usize, "packet", "packets"),
                    " while ",
                    phrase::count(waiting.retries as usize, "SYN-ACK was", "SYN-ACKs were"),
                    " sent again: the ACKs do not come to it",
                ],
            )
            .with("drops_delta_count", Value::Number(drops.into()))
            .recheck(format!("ss -ltnm 'sport = :{}'", waiting.listener.local.port)),
        );
    }
}

/// Severity of a case: weak evidence beside a few silent clients is what every server has.
pub(crate) fn severity(view: &View<'_>, requests: &[usize], heaviest: Weight) -> Severity {
    if heaviest >= Weight::Strong { Severity::Problem } else { share::severity(view, requests).0 }
}
