//! Neighbours, routes, rules, and the kernel's answers.

use synrecv_model::{
    MatchedRoute, Neighbour, NextHop, NextHopObject, Reply, ReplyQuestion, ResolvedRoute, Route,
    RouteInfo, Rule,
};

use super::Redact;
use crate::redact::pseudonyms::Pseudonyms;

impl Redact for Neighbour {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            ifindex: _,
            address,
            state: _,
            mac,
            flags: _,
            ages: _,
            probes_count: _,
            protocol: _,
        } = self;
        address.redact(names);
        mac.redact(names);
    }
}

impl Redact for Route {
    fn redact(&mut self, names: &Pseudonyms) {
        self.destination.redact(names);
        let RouteInfo {
            family: _,
            table: _,
            kind: _,
            source,
            tos: _,
            protocol: _,
            scope: _,
            metric: _,
            prefsrc,
            next_hops,
            nexthop_id: _,
            metrics: _,
            expires_s: _,
            preference: _,
        } = &mut **self;
        source.redact(names);
        prefsrc.redact(names);
        next_hops.redact(names);
    }
}

impl Redact for NextHop {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { ifindex: _, gateway, weight: _, flags: _ } = self;
        gateway.redact(names);
    }
}

impl Redact for NextHopObject {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { id: _, group: _, next_hop, blackhole: _ } = self;
        next_hop.redact(names);
    }
}

impl Redact for Rule {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            family: _,
            priority: _,
            invert: _,
            from,
            to,
            iif,
            oif,
            fwmark: _,
            tos: _,
            dscp: _,
            uid_range: _,
            ip_protocol: _,
            sport: _,
            dport: _,
            tun_id: _,
            l3mdev: _,
            action: _,
            table: _,
            goto: _,
            suppress_prefix_len: _,
            suppress_if_group: _,
            protocol: _,
            unknown_selectors: _,
        } = self;
        from.redact(names);
        to.redact(names);
        *iif = iif.as_ref().map(|device| names.device(device));
        *oif = oif.as_ref().map(|device| names.device(device));
    }
}

impl Redact for Reply {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { question, resolved, matched, inputs: _ } = self;
        question.redact(names);
        resolved.redact(names);
        matched.redact(names);
    }
}

impl Redact for ReplyQuestion {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { flow, mark: _, uid: _, oif: _ } = self;
        flow.redact(names);
    }
}

impl Redact for ResolvedRoute {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { kind: _, oif: _, gateway, table: _, prefsrc, redirected: _ } = self;
        gateway.redact(names);
        prefsrc.redact(names);
    }
}

impl Redact for MatchedRoute {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { prefix, table: _, protocol: _, next_hop_count: _, expires_s: _ } = self;
        prefix.redact(names);
    }
}
