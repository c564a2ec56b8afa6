//! Frames: the SYN-ACK leaves by another device, or to another machine, than the SYN came from.

use std::collections::{BTreeMap, BTreeSet};

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, Command, Mac, Origin, Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::seen::{Seen, completed_alike, ways};
use crate::view::View;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Split {
    /// Device in, device out.
    Devices(u32, u32),
    /// One device, two machines.
    Machines(u32, Mac, Mac),
}

/// Adds frames to cases whose cause is known better than frames alone tell.
pub(super) fn strengthen(view: &View<'_>, cases: &mut Cases) {
    for case in &mut cases.0 {
        let requests = case.affected().to_vec();
        let mut splits =
            requests.iter().filter_map(|&index| view.requests()[index].seen.as_deref()).map(split);
        let Some(Some(first)) = splits.next() else { continue };
        if splits.all(|other| other.is_some())
            && let Some(fact) = ways(view, &requests)
        {
            case.supports(weight(view, first), fact);
        }
    }
}

/// Opens cases for connections whose ways differ for a reason that no other hypothesis here names.
pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    let known: BTreeSet<usize> =
        cases.0.iter().flat_map(|case| case.affected().iter().copied()).collect();
    let mut splits: BTreeMap<Split, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| request.reading == RetryReading::ClientRepeatsSyn) {
        let Some(split) = view.requests()[index].seen.as_deref().and_then(split) else { continue };
        if !known.contains(&index) {
            splits.entry(split).or_default().push(index);
        }
    }
    for (split, requests) in splits {
        report(view, cases, split, &requests);
    }
}

/// Decisive: both ways are on the wire, the client gets no SYN-ACK, and nobody whose frames take the
/// same two ways connects.
fn weight(view: &View<'_>, split: Split) -> Weight {
    match (tolerated(view, split), split) {
        (0, Split::Devices(..)) => Weight::Decisive,
        (0, Split::Machines(..)) => Weight::Strong,
        _ => Weight::Weak,
    }
}

fn split(seen: &Seen<'_>) -> Option<Split> {
    if seen.changes_device() {
        return Some(Split::Devices(*seen.in_devices.first()?, *seen.out_devices.first()?));
    }
    let (from, to) = seen.other_mac()?;
    let device = seen.in_devices.first().copied().unwrap_or(0);
    Some(Split::Machines(device, from, to))
}

fn report(view: &View<'_>, cases: &mut Cases, split: Split, requests: &[usize]) {
    let tolerated = tolerated(view, split);
    let (subject, headline, summary) = match split {
        Split::Devices(entry, exit) => (
            Subject::Link(exit),
            text![": the SYN came by ", view.dev(entry), ", the SYN-ACK left by ", view.dev(exit)],
            text!["replies leave by ", view.dev(exit), ", where the SYN did not come from",],
        ),
        Split::Machines(device, from, to) => (
            Subject::Mac(device, to),
            text![": the SYN came from one machine, the SYN-ACK goes to another"],
            text!["SYNs come from ", from, ", SYN-ACKs go to ", to],
        ),
    };
    let case = cases.about(subject);
    case.headline(text![phrase::stuck(view, requests), headline])
        .summary(summary)
        .affects(requests.iter().copied());
    match split {
        Split::Devices(entry, exit) => {
            case.arg("in_interface", Value::Foreign(view.dev(entry)))
                .arg("out_interface", Value::Foreign(view.dev(exit)));
        }
        Split::Machines(_, from, to) => {
            case.arg("in_mac", Value::Mac(from)).arg("out_mac", Value::Mac(to));
        }
    }
    if let Some(fact) = ways(view, requests) {
        case.supports(weight(view, split), fact);
    }
    if tolerated > 0 {
        case.refutes(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "tolerated",
                text![
                    phrase::count(tolerated, "handshake", "handshakes"),
                    " with the same two ways completed",
                ],
            )
            .with("completed_count", Value::Number(tolerated as u64)),
        );
    }
    advise(view, case, requests);
}

/// Handshakes that completed although their frames took the same two ways.
fn tolerated(view: &View<'_>, split: Split) -> usize {
    match split {
        Split::Devices(entry, exit) => view
            .seen_completed()
            .filter(|seen| {
                seen.changes_device()
                    && seen.in_devices.contains(&entry)
                    && seen.out_devices.contains(&exit)
            })
            .count(),
        Split::Machines(_, from, to) => completed_alike(view, (from, to)),
    }
}

fn advise(view: &View<'_>, case: &mut Case, requests: &[usize]) {
    let sample = &view.requests()[requests[0]];
    case.action(Action {
        id: "see-both-ways",
        label: ActionLabel::Investigate,
        text: text!["see both ways on the wire"],
        commands: vec![Command(format!(
            "tcpdump -eni any 'host {} and tcp port {}'",
            sample.peer(),
            sample.local().port
        ))],
        verify: Text::new(),
    })
    .action(Action {
        id: "why-this-way",
        label: ActionLabel::Investigate,
        text: text!["ask the kernel why replies go there; make them go back where SYNs come from"],
        commands: vec![Command(phrase::route_get(sample)), Command("ip rule".to_owned())],
        verify: text!["SYN-ACKs leave to where SYNs come from; connections complete"],
    });
}
