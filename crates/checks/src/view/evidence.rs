//! Filters, connection tracking, traffic and frames.

use std::net::IpAddr;

use synrecv_model::view::probe::{self, ProbeView};
use synrecv_model::{
    Capture, ConntrackCpu, ConntrackEntry, DeviceFilter, FilterChain, Flow, Link, LinkTraffic,
    MacChange, Mention, Message, Outcome, Part, RuleId, SourceKind, Step, Trace,
};

use super::{View, rows};
use crate::seen::Seen;

impl<'a> View<'a> {
    /// Chains of netfilter, only when they were read in full.
    pub fn whole_filters(&self) -> Option<&'a [FilterChain]> {
        self.note(Part::Filters);
        self.facts.filters.whole().map(Vec::as_slice)
    }

    /// Chains of netfilter that were read.
    pub fn filters(&self) -> &'a [FilterChain] {
        self.note(Part::Filters);
        rows(&self.facts.filters)
    }

    /// Packets that a rule or policy matched while watching; `None` when that is not known.
    pub fn matched(&self, rule: &RuleId) -> Option<u64> {
        self.note(Part::Filters);
        let moved = self.observation.rules_moved.data()?;
        Some(moved.iter().find(|delta| delta.rule == *rule).map_or(0, |delta| delta.packet_count))
    }

    /// Filters of traffic control, only when they were read in full.
    pub fn whole_device_filters(&self) -> Option<&'a [DeviceFilter]> {
        self.note(Part::DeviceFilters);
        self.facts.device_filters.whole().map(Vec::as_slice)
    }

    /// What connection tracking holds for a flow: `None` when it was not asked, `Some(None)` when
    /// there is no entry.
    pub fn tracked(&self, flow: Flow) -> Option<Option<&'a ConntrackEntry>> {
        self.note(Part::Conntrack);
        let tracked = self.facts.tracked.data()?;
        Some(tracked.iter().find(|tracked| tracked.flow == flow)?.entry.as_ref())
    }

    /// Increase of a counter of connection tracking, all CPUs; `None` when unknown or not in use.
    pub fn conntrack_delta(&self, field: fn(&ConntrackCpu) -> u32) -> Option<u64> {
        let (before, after) = self.counters()?;
        after.conntrack_delta(before, field)
    }

    /// Devices, and their traffic at both ends of the observation.
    pub fn all_traffic(&self) -> Option<(&'a [Link], Vec<LinkTraffic>, &'a [LinkTraffic])> {
        let links = self.links();
        let before = links.iter().filter_map(|link| link.traffic).collect();
        let after = &self.observation.traffic;
        (!after.is_empty()).then_some((links, before, after.as_slice()))
    }

    /// The captured frames.
    pub fn capture(&self) -> Option<&'a Capture> {
        self.note(Part::Frames);
        self.observation.frames.data()
    }

    /// Where the facts are from.
    pub fn source(&self) -> SourceKind {
        self.facts.source
    }

    /// Messages of a log in a ticket.
    pub fn messages(&self) -> impl Iterator<Item = &'a Message> {
        self.facts.messages.data().into_iter().flatten()
    }

    /// Networks that a ticket speaks of.
    pub fn mentions(&self) -> &'a [Mention] {
        &self.facts.mentions
    }

    /// A counter since boot, at its last reading.
    pub fn total(&self, name: &str) -> Option<u64> {
        let last = self.observation.counters.data().or(self.facts.counters.data())?;
        last.get(name)
    }

    /// SYNs that nobody answers, or that are refused, wherever the capture was taken.
    pub fn seen_unanswered_anywhere(&self) -> bool {
        let fails = |outcome| matches!(outcome, Outcome::Unanswered | Outcome::Refused);
        self.capture().is_some_and(|capture| {
            capture.handshakes.iter().any(|handshake| fails(handshake.outcome))
        })
    }

    /// The first router on the way to this address, where the way was traced.
    pub fn router_to(&self, target: IpAddr) -> Option<IpAddr> {
        self.first_router(target).map(|(_, router)| router)
    }

    /// The same with its distance in hops.
    pub fn first_router(&self, target: IpAddr) -> Option<(u8, IpAddr)> {
        self.trace(target)?.first_router()
    }

    /// The way to this address, where it was traced.
    pub fn trace(&self, target: IpAddr) -> Option<&'a Trace> {
        self.note(Part::Probes);
        self.facts.traces.data()?.iter().find(|trace| trace.target == target)
    }

    /// What was asked aloud; empty unless the user wanted it.
    pub fn probes(&self) -> Vec<ProbeView<'a>> {
        self.note(Part::Probes);
        let own = rows(&self.facts.addresses);
        let is_own = |ip: IpAddr| own.iter().any(|address| address.address == ip);
        probe::views(rows(&self.facts.probed), is_own)
    }

    /// The frames of handshakes that completed, a sample.
    pub fn seen_completed(&self) -> impl Iterator<Item = Seen<'a>> {
        self.seen_with(Outcome::Completed)
    }

    /// The frames of SYNs that came in and were not answered.
    pub fn seen_unanswered(&self) -> impl Iterator<Item = Seen<'a>> {
        self.seen_with(Outcome::Unanswered)
    }

    /// The frames of handshakes that a reset or an ICMP error ended.
    pub fn seen_refused(&self) -> impl Iterator<Item = Seen<'a>> {
        self.seen_with(Outcome::Refused)
    }

    /// The frames of handshakes in which a reset or an ICMP error was seen, the completed ones left out.
    pub fn seen_reset(&self) -> impl Iterator<Item = Seen<'a>> {
        self.capture().into_iter().flat_map(|capture| {
            capture
                .handshakes
                .iter()
                .filter(|handshake| {
                    let counts = handshake.counts;
                    counts.rst_count + counts.icmp_count > 0
                        && handshake.outcome != Outcome::Completed
                        && !handshake.is_outgoing()
                })
                .filter_map(move |handshake| Seen::new(capture, handshake))
        })
    }

    fn seen_with(&self, outcome: Outcome) -> impl Iterator<Item = Seen<'a>> {
        self.capture().into_iter().flat_map(move |capture| {
            capture
                .handshakes
                .iter()
                .filter(move |handshake| handshake.outcome == outcome && !handshake.is_outgoing())
                .filter_map(move |handshake| Seen::new(capture, handshake))
        })
    }

    /// Counts at each sample.
    pub fn steps(&self) -> &'a [Step] {
        self.note(Part::Counters);
        &self.observation.steps
    }

    /// Addresses whose link-layer address changed while watching.
    pub fn mac_changes(&self) -> &'a [MacChange] {
        self.note(Part::Neighbours);
        &self.observation.mac_changes
    }
}
