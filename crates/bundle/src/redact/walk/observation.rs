//! What was seen over time. What was in order of addresses is in order of pseudonyms then.

use synrecv_model::{Counters, ListenerTrack, MacChange, Observation, Track, order};

use super::Redact;
use crate::redact::pseudonyms::Pseudonyms;

impl Redact for Observation {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            started: _,
            ended: _,
            sample_count: _,
            interval_ms: _,
            interrupted: _,
            seen_count: _,
            late_completed_count: _,
            tracks,
            completed,
            ended_young,
            unresolved,
            mac_changes,
            rules_moved,
            traffic: _,
            steps: _,
            listeners,
            counters,
            frames,
        } = self;
        tracks.redact(names);
        order::sort_by_key(tracks, |track| (track.flow, track.ifindex));
        completed.redact(names);
        order::sort(completed);
        ended_young.redact(names);
        order::sort(ended_young);
        unresolved.redact(names);
        order::sort_by_key(unresolved, |entry| (entry.ifindex, entry.address));
        mac_changes.redact(names);
        order::sort_by_key(mac_changes, |change| (change.ifindex, change.address));
        rules_moved.redact(names);
        if let Some(moved) = rules_moved.data_mut() {
            order::sort_by(moved, |one, other| one.rule.cmp(&other.rule));
        }
        listeners.redact(names);
        counters.redact(names);
        frames.redact(names);
    }
}

impl Redact for Track {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { flow, listener_family: _, ifindex: _, uid: _, mark: _, lives: _, life_count: _ } =
            self;
        flow.redact(names);
    }
}

impl Redact for MacChange {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { ifindex: _, address, macs } = self;
        address.redact(names);
        macs.redact(names);
    }
}

impl Redact for ListenerTrack {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            local,
            family: _,
            inode: _,
            accept_queue_peak_count: _,
            accept_queue_least_count: _,
            accept_queue_max_count: _,
            drops_delta: _,
            present: _,
            outstanding_count: _,
            made_count: _,
        } = self;
        local.redact(names);
    }
}

/// Counters have the names that the kernel gives them.
impl Redact for Counters {
    fn redact(&mut self, _names: &Pseudonyms) {
        let Self { values: _, softnet: _, conntrack: _ } = self;
    }
}
