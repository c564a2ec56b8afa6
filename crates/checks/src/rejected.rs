//! What the checks on rejected ACKs share: one counter, one listener, the same story.

use synrecv_model::{Action, ActionLabel, Command, Origin, Subject, Text, Value, text};

use crate::ack_drops::severity;
use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::View;
use crate::waiting::{Counter, Drop, Suspect, suspects};

/// A reason for which TCP rejects the ACK of a handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rejection {
    /// Counters that move, by the names that `nstat` prints; their increases are added up.
    pub(crate) counters: &'static [&'static str],
    /// Whether they count anything else.
    pub(crate) counter: Counter,
    /// Whether the listener counts the packet as dropped.
    pub(crate) drop: Drop,
    /// `an ACK arrives and its checksum is wrong`.
    pub(crate) effect: &'static str,
    /// `something between the client and here damages its packets`.
    pub(crate) cause: &'static str,
    /// What to look at in a capture.
    pub(crate) look: &'static str,
}

/// Opens a case for each listener that the rejection explains.
pub(crate) fn examine(view: &View<'_>, cases: &mut Cases, rejection: &Rejection) {
    let moved: Vec<(&'static str, u64)> = rejection
        .counters
        .iter()
        .filter_map(|&name| Some((name, view.delta(name)?)))
        .filter(|&(_, delta)| delta > 0)
        .collect();
    let counted = moved.iter().map(|&(_, delta)| delta).sum();
    for suspect in suspects(view, counted, rejection.drop, rejection.counter) {
        open(view, cases, rejection, &suspect, &moved);
    }
}

fn open(
    view: &View<'_>,
    cases: &mut Cases,
    rejection: &Rejection,
    suspect: &Suspect<'_>,
    moved: &[(&'static str, u64)],
) {
    let waiting = &suspect.waiting;
    let local = waiting.listener.local;
    let sample = &view.requests()[waiting.requests[0]];
    let names: Vec<Text> = moved.iter().map(|&(name, delta)| text![name, " +", delta]).collect();
    let mut counters = Fact::new(
        Origin::Counters,
        "counters-moved",
        text![
            Text::join(names, ", "),
            " while ",
            phrase::count(waiting.retries as usize, "SYN-ACK was", "SYN-ACKs were"),
            " sent again",
        ],
    );
    for &(name, delta) in moved {
        counters = counters.with(name, Value::Number(delta));
    }
    let counters = counters.recheck(format!(
        "nstat -az {}",
        moved.iter().map(|&(name, _)| name).collect::<Vec<_>>().join(" ")
    ));
    let case = cases.about(Subject::Listener(local));
    case.headline(text![phrase::stuck(view, &waiting.requests), ": ", rejection.effect])
        .summary(text![rejection.cause])
        .arg("local", Value::Endpoint(local))
        .arg("counted_count", Value::Number(suspect.counted))
        .affects(waiting.requests.iter().copied())
        .severity(severity(view, &waiting.requests, suspect.weight))
        .supports(suspect.weight, counters)
        .supports(synrecv_model::Weight::Weak, drops(suspect, rejection.drop))
        .supports(
            synrecv_model::Weight::Weak,
            phrase::retries(
                view,
                &waiting.requests,
                "the client does not repeat its SYN: it has the SYN-ACK",
            ),
        )
        .action(Action {
            id: "see-ack",
            label: ActionLabel::Investigate,
            text: text![rejection.look],
            commands: vec![Command(format!(
                "tcpdump -vvni any 'host {} and tcp port {}'",
                sample.peer(),
                local.port
            ))],
            verify: Text::new(),
        });
}

fn drops(suspect: &Suspect<'_>, drop: Drop) -> Fact {
    let waiting = &suspect.waiting;
    let mut text = match waiting.drops {
        Some(drops) => text![
            ":",
            waiting.listener.local.port,
            " dropped ",
            phrase::count(drops as usize, "packet", "packets"),
            match drop {
                Drop::Counted => "",
                Drop::NotCounted => "; packets rejected for this are not counted there",
            },
        ],
        None => text!["drops of :", waiting.listener.local.port, " are not known"],
    };
    if suspect.others > 0 {
        text.push(text![
            "; the counter is the host's, and ",
            phrase::count(suspect.others, "other listener waits", "other listeners wait"),
            " too",
        ]);
    }
    Fact::new(Origin::Queue, "listener-drops", text)
        .with("drops_delta_count", phrase::number(waiting.drops))
        .recheck(format!("ss -ltnm 'sport = :{}'", waiting.listener.local.port))
}
