//! Several machines answer when the wire is asked who has the next hop.

use std::net::IpAddr;

use synrecv_model::view::probe::{ProbeView, ProbeWord};
use synrecv_model::{Mac, Text, Value, Weight, text};

use super::{advise, argue, open};
use crate::asked::{answers_fact, asked};
use crate::cases::Cases;
use crate::seen::ways;
use crate::view::View;

/// The answers to a question that was asked aloud, when machines that do not stand in for others gave
/// several and no virtual router is among them.
pub(super) fn owners<'a>(
    view: &View<'a>,
    (ifindex, address): (u32, IpAddr),
) -> Option<ProbeView<'a>> {
    asked(view, ifindex, address).filter(|probe| {
        probe.word == ProbeWord::DuplicateAddress
            && !probe.answerers.iter().any(|answerer| answerer.mac.is_virtual_router())
    })
}

pub(super) fn report(
    view: &View<'_>,
    cases: &mut Cases,
    hop: (u32, IpAddr),
    requests: &[usize],
    probe: &ProbeView<'_>,
) {
    let macs: Vec<Mac> = probe.answerers.iter().map(|answerer| answerer.mac).collect();
    let entry = view.requests()[requests[0]].next_hop.and_then(|entry| entry.mac);
    let goes_to_one = entry.is_some_and(|mac| macs.contains(&mac));
    let case = open(view, cases, hop, requests);
    case.summary(text![
        hop.1,
        " on ",
        view.dev(hop.0),
        " is claimed by ",
        Text::join(macs.iter().copied(), " and "),
    ])
    .arg("macs", Value::List(macs.iter().copied().map(Value::Mac).collect()));
    // Decisive: several machines said at once that the address is theirs, and the SYN-ACKs that get
    // lost go to one of them.
    let weight = if goes_to_one { Weight::Decisive } else { Weight::Strong };
    case.supports(weight, answers_fact(view, probe));
    if let Some(fact) = ways(view, requests) {
        case.supports(Weight::Strong, fact);
    }
    argue(view, case, requests);
    advise(case, hop.1, &view.dev(hop.0).to_string());
}
