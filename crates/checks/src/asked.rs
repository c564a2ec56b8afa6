//! What came of asking the network, where the user wanted that.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::view::probe::{Answerer, ProbeView, ProbeWord};
use synrecv_model::{Mac, Origin, ProbePurpose, SourceKind, Text, Value, text};

use crate::cases::Fact;
use crate::view::View;

/// The address as it was asked for on the device.
pub(crate) fn asked<'a>(view: &View<'a>, ifindex: u32, address: IpAddr) -> Option<ProbeView<'a>> {
    let fits =
        |probe: &ProbeView<'_>| (probe.probed.ifindex, probe.probed.target) == (ifindex, address);
    let probe = view.probes().into_iter().find(fits)?;
    // Where the kernel has an answer and a made-up station gets none, the network lets none pass.
    let known = view
        .neighbour(ifindex, address)
        .is_some_and(|entry| entry.mac.is_some() && !entry.state.is_unresolved());
    (probe.word != ProbeWord::Nobody || !known).then_some(probe)
}

/// Link-layer addresses on the device that are known to answer for addresses of others, less those
/// that are meant to.
pub(crate) fn loud_proxies(view: &View<'_>, ifindex: u32) -> BTreeSet<Mac> {
    let probes = view.probes();
    let here = probes.iter().filter(|probe| probe.probed.ifindex == ifindex);
    let found: BTreeSet<Mac> = here
        .filter(|probe| !probe.is_by_design())
        .flat_map(ProbeView::proxies)
        .map(|answerer| answerer.mac)
        .collect();
    // That of a gateway takes replies with any prefix.
    let gateways = gateway_macs(view, ifindex);
    found.into_iter().filter(|mac| !gateways.contains(mac)).collect()
}

/// Link-layer addresses of gateways on the device: of its table, and as they answered.
pub(crate) fn gateway_macs(view: &View<'_>, ifindex: u32) -> BTreeSet<Mac> {
    let gateways = view.gateways(ifindex);
    let known = gateways.iter().filter_map(|&gateway| view.neighbour(ifindex, gateway)?.mac);
    let answered =
        gateways.iter().filter_map(|&gateway| asked(view, ifindex, gateway)).filter_map(|probe| {
            match probe.answerers[..] {
                [only] => Some(only.mac),
                _ => probe.owners().next().map(|owner| owner.mac),
            }
        });
    known.chain(answered).collect()
}

/// The router that an own packet to the peer came to first: it lived for one hop. Text that was
/// pasted does not tell who sent the packet.
pub(crate) fn first_hop(view: &View<'_>, peer: IpAddr) -> Option<IpAddr> {
    if view.source() == SourceKind::Ticket {
        return None;
    }
    view.first_router(peer).filter(|&(distance, _)| distance == 1).map(|(_, router)| router)
}

/// Who answered for an address, in order, with delays.
pub(crate) fn answers_fact(view: &View<'_>, probe: &ProbeView<'_>) -> Fact {
    let probed = probe.probed;
    let mut text =
        text!["asked aloud on ", view.dev(probed.ifindex), " who has ", probed.target, ": ",];
    if probe.word == ProbeWord::Nobody {
        text.push(text!["nobody answered ", u64::from(probed.question_count), " times"]);
    } else {
        text.push(Text::join(probe.answerers.iter().map(answer), ", "));
    }
    let others = view.probes();
    let nobodys = others.iter().find(|other| {
        other.probed.purpose == ProbePurpose::Unused
            && other.probed.ifindex == probed.ifindex
            && probe.proxies().any(|proxy| other.answerers.iter().any(|one| one.mac == proxy.mac))
    });
    if let Some(other) = nobodys {
        let same = probe
            .proxies()
            .filter(|proxy| other.answerers.iter().any(|one| one.mac == proxy.mac))
            .map(|proxy| proxy.mac);
        text.push(text![
            "; for ",
            other.probed.target,
            ", which should be nobody's, ",
            Text::join(same, " and "),
            " answered, too",
        ]);
    }
    let macs = probe.answerers.iter().map(|answerer| Value::Mac(answerer.mac));
    let delays = probe.answerers.iter().map(|one| Value::Number(one.fastest_us.into()));
    Fact::new(Origin::Probe, "answers", text)
        .with("address", Value::Ip(probed.target))
        .with("dev", Value::Foreign(view.dev(probed.ifindex)))
        .with("word", Value::Word(probe.word.name()))
        .with("macs", Value::List(macs.collect()))
        .with("delays_us", Value::List(delays.collect()))
        .recheck(format!("synrecv-doctor arp --probe {}", probed.target))
}

fn answer(answerer: &Answerer) -> Text {
    let us = u64::from(answerer.fastest_us);
    let mut text = text![answerer.mac, " after "];
    text.push(match us {
        0..1_000 => text![us, " us"],
        1_000..10_000 => text![us / 1_000, ".", us % 1_000 / 100, " ms"],
        _ => text![us / 1_000, " ms"],
    });
    text
}
