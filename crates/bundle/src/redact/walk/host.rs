//! The host, its devices, and what it says of itself.

use synrecv_model::{
    Address, Event, Facts, Foreign, Hop, Host, Link, Mention, Message, NamespaceCount,
    NamespaceSurvey, ProbeAnswer, ProbeSender, Probed, Settings, Trace,
};

use super::Redact;
use crate::redact::pseudonyms::Pseudonyms;

impl Redact for Facts {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            source: _,
            host,
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
            mentions,
        } = self;
        host.redact(names);
        sockets.redact(names);
        links.redact(names);
        addresses.redact(names);
        settings.redact(names);
        neighbours.redact(names);
        routes.redact(names);
        nexthops.redact(names);
        rules.redact(names);
        replies.redact(names);
        counters.redact(names);
        namespaces.redact(names);
        filters.redact(names);
        device_filters.redact(names);
        tracked.redact(names);
        traces.redact(names);
        probed.redact(names);
        messages.redact(names);
        mentions.redact(names);
    }
}

impl Redact for Host {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { name, kernel: _, netns_inode: _, started_at: _, uid: _, capabilities: _ } = self;
        *name = names.host(name);
    }
}

impl Redact for Link {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            ifindex: _,
            name,
            alias,
            up: _,
            carrier: _,
            loopback: _,
            point_to_point: _,
            noarp: _,
            promiscuous: _,
            operstate: _,
            kind: _,
            mac,
            mtu_bytes: _,
            master_ifindex: _,
            peer_ifindex: _,
            peer_netns_id: _,
            xdp_program_ids: _,
            traffic: _,
        } = self;
        *name = names.device(name);
        *alias = alias.as_ref().map(|alias| names.alias(alias));
        mac.redact(names);
    }
}

impl Redact for Address {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            ifindex: _,
            address,
            prefix_len: _,
            peer,
            broadcast,
            scope: _,
            secondary: _,
            permanent: _,
            tentative: _,
            dad_failed: _,
            deprecated: _,
            noprefixroute: _,
            label,
            valid_s: _,
        } = self;
        address.redact(names);
        peer.redact(names);
        broadcast.redact(names);
        *label = label.as_ref().map(|label| names.label(label));
    }
}

/// Devices are numbers in it, and settings have the names that the kernel gives them.
impl Redact for Settings {
    fn redact(&mut self, _names: &Pseudonyms) {
        let Self { devices: _, values: _ } = self;
    }
}

impl Redact for NamespaceSurvey {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { with_requests, seen_count: _ } = self;
        with_requests.redact(names);
    }
}

impl Redact for NamespaceCount {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { pid: _, comm, syn_recv_count: _ } = self;
        *comm = names.process(comm);
    }
}

impl Redact for Trace {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { target, hops } = self;
        target.redact(names);
        hops.redact(names);
    }
}

impl Redact for Probed {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { target, ifindex: _, purpose: _, sender, question_count: _, answers } = self;
        target.redact(names);
        match sender {
            ProbeSender::Administered(mac) | ProbeSender::Device(mac) => mac.redact(names),
        }
        answers.redact(names);
    }
}

impl Redact for ProbeAnswer {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { mac, question: _, delay_us: _, overrides: _, router: _ } = self;
        mac.redact(names);
    }
}

impl Redact for Hop {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { distance: _, answers } = self;
        answers.redact(names);
    }
}

impl Redact for Mention {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { line: _, network } = self;
        network.redact(names);
    }
}

impl Redact for Message {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { line: _, event } = self;
        event.redact(names);
    }
}

impl Redact for Event {
    fn redact(&mut self, names: &Pseudonyms) {
        let device = |device: &Option<Foreign>| device.as_ref().map(|device| names.device(device));
        match self {
            Self::ConntrackFull
            | Self::NeighbourTableFull
            | Self::SynFlooding { port: _, cookies: _ } => {}
            Self::MartianSource { destination, source, device }
            | Self::InputRefused { destination, source, device } => {
                destination.redact(names);
                source.redact(names);
                *device = names.device(device);
            }
            Self::AddressConflict { address, mac } => {
                address.redact(names);
                mac.redact(names);
            }
            Self::Logged { prefix, in_device, out_device, source, destination, flags: _ } => {
                *prefix = Foreign(names.log_prefix(&prefix.0));
                *in_device = device(in_device);
                *out_device = device(out_device);
                source.redact(names);
                destination.redact(names);
            }
            Self::Balanced { state, client, service, server } => {
                *state = Foreign(names.foreign(&state.0));
                client.redact(names);
                service.redact(names);
                server.redact(names);
            }
        }
    }
}
