//! What the model promises and its types do not hold: a bundle may come from anybody.

use synrecv_model::{Facts, Flaw, NamespaceSurvey, Observation, Section};

use crate::Bundle;

/// `Err` says what is impossible.
pub(crate) fn check(bundle: &Bundle) -> Result<(), &'static str> {
    let Bundle { facts, observation } = bundle;
    facts_fit(facts)?;
    observation_fits(observation)
}

fn facts_fit(facts: &Facts) -> Result<(), &'static str> {
    let Facts {
        source: _,
        host: _,
        sockets,
        links,
        addresses,
        settings,
        neighbours,
        routes,
        nexthops,
        rules,
        replies,
        counters,
        namespaces,
        filters,
        device_filters,
        tracked,
        traces,
        probed,
        messages,
        mentions: _,
    } = facts;
    let partial = [
        flaws(sockets),
        flaws(links),
        flaws(addresses),
        flaws(settings),
        flaws(neighbours),
        flaws(routes),
        flaws(nexthops),
        flaws(rules),
        flaws(replies),
        flaws(counters),
        flaws::<NamespaceSurvey>(namespaces),
        flaws(filters),
        flaws(device_filters),
        flaws(tracked),
        flaws(traces),
        flaws(probed),
        flaws(messages),
    ];
    if partial.into_iter().flatten().any(<[Flaw]>::is_empty) {
        return Err("a part that is incomplete and has no flaw");
    }
    let too_long = |address: &synrecv_model::Address| {
        address.prefix_len > if address.address.is_ipv4() { 32 } else { 128 }
    };
    if addresses.data().is_some_and(|addresses| addresses.iter().any(too_long)) {
        return Err("an address whose prefix is longer than the address");
    }
    Ok(())
}

/// The flaws of a part that says it is incomplete.
fn flaws<T>(section: &Section<T>) -> Option<&[Flaw]> {
    match section {
        Section::Partial { flaws, .. } => Some(flaws),
        Section::Collected { .. } | Section::Missing(_) => None,
    }
}

fn observation_fits(observation: &Observation) -> Result<(), &'static str> {
    if observation.sample_count == 0 {
        return Err("an observation without a sample");
    }
    if observation.tracks.iter().any(|track| track.lives.is_empty()) {
        return Err("a request that was never seen");
    }
    if flaws(&observation.rules_moved).is_some_and(<[Flaw]>::is_empty) {
        return Err("rules that are incomplete and have no flaw");
    }
    if observation.mac_changes.iter().any(|change| change.macs.len() < 2) {
        return Err("a change of link-layer address with one address");
    }
    if flaws(&observation.counters).is_some_and(<[Flaw]>::is_empty) {
        return Err("counters that are incomplete and have no flaw");
    }
    if flaws(&observation.frames).is_some_and(<[Flaw]>::is_empty) {
        return Err("frames that are incomplete and have no flaw");
    }
    Ok(())
}
