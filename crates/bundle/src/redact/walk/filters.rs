//! Rules of netfilter and filters of traffic control.

use std::net::IpAddr;

use synrecv_model::{
    BaseChain, DeviceFilter, FilterChain, FilterRule, Foreign, RuleDelta, RuleId, RuleVerdict,
    Term, Test,
};

use super::Redact;
use crate::redact::pseudonyms::Pseudonyms;

impl Redact for FilterChain {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { system: _, family: _, table, name, base, rules } = self;
        *table = names.table(table);
        *name = names.chain(name);
        base.redact(names);
        rules.redact(names);
    }
}

impl Redact for BaseChain {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { hook: _, priority: _, kind: _, policy, policy_packet_count: _, devices } = self;
        policy.redact(names);
        *devices = names.devices(devices);
    }
}

impl Redact for FilterRule {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { handle: _, text, terms, verdict, packet_count: _ } = self;
        *text = Foreign(names.rule_text(&text.0));
        terms.redact(names);
        verdict.redact(names);
    }
}

impl Redact for RuleVerdict {
    fn redact(&mut self, names: &Pseudonyms) {
        match self {
            Self::Jump(chain) | Self::Goto(chain) => *chain = names.chain(chain),
            Self::Accept
            | Self::Drop
            | Self::Reject
            | Self::Return
            | Self::Queue
            | Self::Continue
            | Self::Unknown => {}
        }
    }
}

impl Redact for Term {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { negated: _, test } = self;
        match test {
            Test::Source(ranges) | Test::Destination(ranges) => *ranges = images(names, ranges),
            Test::InDevice(devices) | Test::OutDevice(devices) => *devices = names.devices(devices),
            Test::IpVersion(_)
            | Test::Protocol(_)
            | Test::SourcePort(_)
            | Test::DestinationPort(_)
            | Test::TcpFlags { .. }
            | Test::ConntrackState(_)
            | Test::ReversePath
            | Test::Other => {}
        }
    }
}

/// What lies in a range is spread over prefixes.
fn images(names: &Pseudonyms, ranges: &[(IpAddr, IpAddr)]) -> Vec<(IpAddr, IpAddr)> {
    let nets = ranges.iter().flat_map(|&range| names.ranges(range));
    nets.map(|net| (net.network(), net.broadcast())).collect()
}

impl Redact for RuleDelta {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { rule, packet_count: _ } = self;
        let RuleId { system: _, family: _, table, chain, handle: _ } = rule;
        *table = names.table(table);
        *chain = names.chain(chain);
    }
}

impl Redact for DeviceFilter {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            ifindex: _,
            direction: _,
            kind: _,
            name,
            program_id: _,
            direct_action: _,
            drops: _,
            dropped_count: _,
        } = self;
        *name = name.as_ref().map(|name| names.program(name));
    }
}
