//! Too wide: clients behind the router look like neighbours.

mod asked_aloud;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use synrecv_model::view::{Fit, RetryReading, fit};
use synrecv_model::{Address, Origin, Subject, Text, Value, Weight, text};

use super::advice;
use super::claim::{address_of, on_link_claim};
use super::suspects::Suspects;
use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::seen::{claimants, ways};
use crate::view::{RequestView, View};

pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    clear_by_gateway(view, cases);
    for ((ifindex, prefix), requests) in on_link_stuck(view) {
        let Some(address) = address_of(view, ifindex, prefix, &requests) else { continue };
        let suspects = Suspects::new(view, ifindex, prefix, &requests);
        suspects.judge(view, address, cases);
    }
}

/// A reply that goes by a gateway does not depend on the width of a prefix.
fn clear_by_gateway(view: &View<'_>, cases: &mut Cases) {
    let routed = view.stuck(|request| {
        request.may_lose_synack()
            && request.reply.is_some_and(|reply| {
                reply.resolved.as_ref().is_ok_and(|route| route.gateway.is_some())
            })
    });
    let Some(&first) = routed.first() else { return };
    cases.about(Subject::Host).refutes(
        Weight::Decisive,
        Fact::new(
            Origin::Route,
            "reply-has-gateway",
            text![
                "replies to ",
                phrase::name_peers(&phrase::peers(view, &routed)),
                " go by a gateway, so no prefix takes them for neighbours",
            ],
        )
        .recheck(phrase::route_get(&view.requests()[first])),
    );
}

/// Stuck requests whose reply goes straight to the wire, by device and matched prefix.
fn on_link_stuck(view: &View<'_>) -> BTreeMap<(u32, IpNet), Vec<usize>> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    let wanted = |request: &RequestView<'_>| {
        request.may_lose_synack() || request.reading == RetryReading::NextHopUnresolved
    };
    for index in view.stuck(wanted) {
        if let Some(claim) = on_link_claim(view, &view.requests()[index]) {
            groups.entry(claim).or_default().push(index);
        }
    }
    groups
}

impl Suspects {
    fn judge(&self, view: &View<'_>, address: &Address, cases: &mut Cases) {
        let mut affected = self.proxied.clone();
        affected.extend(&self.unanswered);
        affected.extend(&self.routed);
        affected.extend(&self.asked);
        affected.extend(self.traced.iter().map(|(index, _)| *index));
        affected.sort_unstable();
        affected.dedup();
        if affected.is_empty() {
            return self.clear(view, cases);
        }
        let outside = phrase::peers(view, &affected);
        let Some(fit) = fit(address.address, &self.inside, &outside) else {
            return; // No prefix length tells the stuck clients from the real neighbours.
        };
        let dev = view.dev(self.ifindex);
        let case = cases.about(Subject::Prefix(self.ifindex, self.prefix));
        case.headline(text![
            phrase::stuck(view, &affected),
            ": replies do not go back the way the SYN came",
        ])
        .summary(text![
            dev.clone(),
            " has prefix /",
            self.prefix.prefix_len(),
            ", so clients behind the router look directly connected",
        ])
        .arg("direction", Value::Word("too-wide"))
        .arg("interface", Value::Foreign(dev))
        .arg("address", Value::Ip(address.address))
        .arg("prefix_len", Value::Number(self.prefix.prefix_len().into()))
        .arg("fitting_prefix_len", Value::Number(fit.suggested.into()))
        .arg("affected_peers", Value::List(outside.iter().copied().map(Value::Ip).collect()))
        .affects(affected.iter().copied());
        self.argue(view, case, address, fit, &affected);
        let sample = &view.requests()[affected[0]];
        let machine = self.machine();
        advice::give(view, case, address, self.prefix, fit.suggested, sample, machine);
    }

    /// The machine that takes the replies, as far as it is known.
    fn machine(&self) -> Option<Text> {
        let mac = self.proxy.as_ref().map(|(mac, _)| *mac);
        match (mac, self.first_hop.map(|(_, router)| router)) {
            (Some(mac), Some(router)) => Some(text![mac, " (", router, ")"]),
            (Some(mac), None) => Some(text![mac]),
            (None, router) => router.map(|router| text![router]),
        }
    }

    /// The replies of all stuck clients go to the gateway's MAC: so they would with any prefix.
    fn clear(&self, view: &View<'_>, cases: &mut Cases) {
        let (Some(&first), Some((gateway, _))) = (self.behind_gateway.first(), self.gateway) else {
            return;
        };
        cases.about(Subject::Prefix(self.ifindex, self.prefix)).refutes(
            Weight::Decisive,
            Fact::new(
                Origin::Arp,
                "reply-goes-to-gateway",
                text![
                    "replies to ",
                    phrase::name_peers(&phrase::peers(view, &self.behind_gateway)),
                    " go to the MAC of the gateway ",
                    gateway,
                    ", as with any prefix",
                ],
            )
            .recheck(phrase::route_get(&view.requests()[first])),
        );
    }

    fn argue(
        &self,
        view: &View<'_>,
        case: &mut Case,
        address: &Address,
        fit: Fit,
        affected: &[usize],
    ) {
        let sample = &view.requests()[affected[0]];
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Route,
                "on-link-by-prefix",
                text![
                    "replies to ",
                    phrase::name_peers(&phrase::peers(view, affected)),
                    " leave by ",
                    view.dev(self.ifindex),
                    " without a gateway: ",
                    self.prefix,
                    " takes them for neighbours",
                ],
            )
            .with("prefix", Value::Net(self.prefix))
            .with("dev", Value::Foreign(view.dev(self.ifindex)))
            .with("peer", Value::Ip(sample.peer()))
            .recheck(phrase::route_get(sample)),
        );
        self.argue_arp(view, case);
        self.argue_trace(view, case);
        self.argue_answers(view, case, affected);
        self.argue_frames(view, case);
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Address,
                "narrower-prefix-fits",
                text![
                    "any prefix from /",
                    fit.shortest,
                    " to /",
                    fit.longest,
                    " holds ",
                    address.address,
                    " and the ",
                    phrase::count(self.inside.len(), "address", "addresses"),
                    " of this wire that answer for themselves, and none of the stuck clients",
                ],
            )
            .with("shortest_len", Value::Number(fit.shortest.into()))
            .with("longest_len", Value::Number(fit.longest.into()))
            .recheck(format!("ip addr show dev {}", view.dev(self.ifindex))),
        );
        case.supports(
            Weight::Weak,
            phrase::retries(
                view,
                affected,
                "the client repeats its SYN, so the SYN-ACK is lost, not the ACK",
            ),
        );
        self.argue_controls(view, case);
        if let Some(queue) = phrase::queue(view, sample.local()) {
            case.supports(Weight::Weak, queue);
        }
    }

    fn argue_arp(&self, view: &View<'_>, case: &mut Case) {
        let dev = view.dev(self.ifindex);
        if let Some((mac, addresses)) = &self.proxy {
            let mut text = text![
                phrase::name_peers(&phrase::peers(view, &self.proxied)),
                " resolve to ",
                *mac,
                ", which answers for ",
                addresses.len(),
                " addresses",
            ];
            match self.gateway {
                Some((gateway, Some(own))) => {
                    text.push(text![" and is not the gateway (", gateway, " is ", own, ")"]);
                }
                Some((gateway, None)) => {
                    text.push(text!["; the MAC of the gateway ", gateway, " is not known"]);
                }
                None => {}
            }
            // Strong, not decisive: without frames, one host with several addresses that lost our
            // SYN-ACKs looks the same.
            case.supports(
                Weight::Strong,
                Fact::new(Origin::Arp, "one-mac-for-stuck-clients", text)
                    .with("mac", Value::Mac(*mac))
                    .with("address_count", Value::Number(addresses.len() as u64))
                    .with("gateway", self.gateway.map_or(Value::Unknown, |(ip, _)| Value::Ip(ip)))
                    .recheck(format!("ip -s neigh show dev {dev}")),
            );
        }
        if !self.unanswered.is_empty() {
            // A neighbour that opens a connection has asked for us before, which makes an entry.
            case.supports(
                Weight::Strong,
                Fact::new(
                    Origin::Arp,
                    "clients-do-not-answer",
                    text![
                        phrase::name_peers(&phrase::peers(view, &self.unanswered)),
                        " send SYNs and do not answer on ",
                        dev.clone(),
                        ": they are not on this wire",
                    ],
                )
                .recheck(format!("ip neigh show dev {dev}")),
            );
        }
    }

    /// A routed SYN and a SYN-ACK that goes straight to the wire.
    fn argue_frames(&self, view: &View<'_>, case: &mut Case) {
        let Some(fact) = ways(view, &self.routed) else { return };
        // Decisive: the client is behind a router (TTL), the route says that it is on this wire, and
        // the reply goes to a machine that the SYN did not come from.
        case.supports(Weight::Decisive, fact);
        let Some(capture) = view.capture() else { return };
        let claimed = self.routed.iter().find_map(|&index| {
            let peer = view.requests()[index].peer();
            let macs = claimants(capture, peer);
            (macs.len() > 1).then_some((peer, macs))
        });
        if let Some((peer, macs)) = claimed {
            case.supports(
                Weight::Strong,
                Fact::new(
                    Origin::Frames,
                    "several-answer",
                    text![
                        "asked who has ",
                        peer,
                        ", ",
                        Text::join(macs.iter().copied(), " and "),
                        " answered: proxies",
                    ],
                )
                .with("macs", Value::List(macs.into_iter().map(Value::Mac).collect())),
            );
        }
    }

    /// Clients in the wrong part of the prefix that reach the gateway's MAC and are connected.
    fn argue_controls(&self, view: &View<'_>, case: &mut Case) {
        let Some((_, Some(gateway_mac))) = self.gateway else { return };
        let proxied_macs = self.proxy.as_ref().map(|(mac, _)| *mac);
        let (mut by_gateway, mut by_proxy) = (BTreeSet::new(), BTreeSet::new());
        for reply in view.completed() {
            let Ok(route) = &reply.resolved else { continue };
            let peer = reply.question.flow.peer.ip;
            if route.gateway.is_some() || route.oif != self.ifindex || !self.prefix.contains(&peer)
            {
                continue;
            }
            match view.neighbour(self.ifindex, peer).and_then(|entry| entry.mac) {
                Some(mac) if mac == gateway_mac => {
                    by_gateway.insert(peer);
                }
                Some(mac) if Some(mac) == proxied_macs => {
                    by_proxy.insert(peer);
                }
                _ => {}
            }
        }
        let (by_gateway, by_proxy) = (by_gateway.len(), by_proxy.len());
        if by_gateway > 0 && by_proxy == 0 {
            case.supports(
                Weight::Strong,
                Fact::new(
                    Origin::Arp,
                    "connected-clients-have-gateway-mac",
                    text![
                        phrase::count(by_gateway, "client", "clients"),
                        " of this prefix with the gateway's MAC ",
                        if by_gateway == 1 { "is" } else { "are" },
                        " connected; none with the other MAC",
                    ],
                )
                .with("connected_count", Value::Number(by_gateway as u64)),
            );
        } else if by_proxy > 0 {
            case.refutes(
                Weight::Weak,
                Fact::new(
                    Origin::Arp,
                    "connected-through-the-same-mac",
                    text![
                        phrase::count(by_proxy, "client", "clients"),
                        " with the same MAC completed a handshake",
                    ],
                )
                .with("connected_count", Value::Number(by_proxy as u64)),
            );
        }
    }
}

#[cfg(test)]
mod tests;
