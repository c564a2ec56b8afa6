//! One MAC answers for several addresses that are not its own.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::view::fit;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Mac, Manual, Origin, Part, Severity, Subject,
    Text, Value, Weight, text,
};

use crate::asked::{answers_fact, asked, first_hop, loud_proxies};
use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

/// Addresses behind one MAC from which it is worth a note although nothing is stuck. A host with a
/// few addresses of its own is common; measured look-alikes have up to 5.
const NOTABLE_ADDRESSES: usize = 8;

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "proxy-arp",
        class: Class::Path,
        summary: "one MAC answers for several addresses that are not its own",
        severity: "problem when connections are stuck behind it, else info",
        needs: &[
            Part::Sockets,
            Part::Replies,
            Part::Neighbours,
            Part::Addresses,
            Part::Routes,
            Part::Links,
        ],
        also_reads: &[Part::Probes],
        ipv6: "the same by proxy ND; such answers carry no override flag, so the first one wins",
        explains: &["asymmetric-route", "synack-lost-outside"],
        disproved_by: &[
            "the addresses all belong to that one machine",
            "an ACK from one of these clients in a capture on this device",
        ],
        manual: Manual {
            meaning: "A machine answers ARP questions for addresses it does not own and forwards what it gets. That is \
                      harmless while it forwards everything. It breaks handshakes when it keeps state and the SYN came \
                      by another machine: it drops a SYN-ACK it has no connection for.",
            picture: &["who-has CLIENT --> proxy: \"me\"      SYN-ACK --> proxy  X  client"],
            recognised: &[
                ("several addresses of one device resolve to one MAC", "neighbours"),
                ("the stuck ones among them repeat their SYN", "sockets"),
            ],
            looks_like: &[
                ("duplicate-address", "two MACs for one address, not one MAC for several"),
                ("asymmetric-route", "the reply has a gateway, or another device"),
            ],
            by_hand: &[
                ("ip neigh show dev DEV", "the same lladdr on several addresses"),
                (
                    "ping -t 1 CLIENT",
                    "`Time to live exceeded` names the machine that took the packet",
                ),
            ],
            fix: "Correct the prefix that makes this host ask for routed clients (see bad-netmask). Turn proxy ARP off \
                  where it is not meant: net.ipv4.conf.DEV.proxy_arp = 0 on Linux.",
            references: &[
                "RFC 1027",
                "RFC 4389",
                "Documentation/networking/ip-sysctl.rst: proxy_arp",
            ],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let devices: Vec<u32> = view.links().iter().map(|link| link.ifindex).collect();
    for ifindex in devices {
        let by_mac = view.addresses_by_mac(ifindex);
        let loud = loud_proxies(view, ifindex);
        let answers_for_others =
            |(mac, addresses): &(&Mac, &Vec<IpAddr>)| addresses.len() > 1 || loud.contains(mac);
        for (&mac, addresses) in by_mac.iter().filter(answers_for_others) {
            let stuck = view.stuck(|request| {
                request.may_lose_synack()
                    && request.next_hop.is_some_and(|entry| {
                        entry.ifindex == ifindex
                            && entry.mac == Some(mac)
                            && entry.address == request.peer()
                    })
            });
            if !stuck.is_empty() && !is_gateway(view, ifindex, addresses) {
                behind_proxy(view, cases, ifindex, mac, addresses, &stuck);
            } else if stuck.is_empty() && addresses.len() >= NOTABLE_ADDRESSES {
                notable(view, cases, ifindex, mac, addresses);
            }
        }
    }
}

fn is_gateway(view: &View<'_>, ifindex: u32, addresses: &[IpAddr]) -> bool {
    let gateways = view.gateways(ifindex);
    addresses.iter().any(|address| gateways.contains(address))
}

fn one_mac(view: &View<'_>, ifindex: u32, mac: Mac, addresses: &[IpAddr]) -> Fact {
    Fact::new(
        Origin::Arp,
        "one-mac-for-many",
        text![
            mac,
            " on ",
            view.dev(ifindex),
            " answers for ",
            addresses.len(),
            " addresses: ",
            phrase::name_peers(addresses),
        ],
    )
    .with("mac", Value::Mac(mac))
    .with("address_count", Value::Number(addresses.len() as u64))
    .recheck(format!("ip neigh show dev {}", view.dev(ifindex)))
}

fn behind_proxy(
    view: &View<'_>,
    cases: &mut Cases,
    ifindex: u32,
    mac: Mac,
    addresses: &[IpAddr],
    stuck: &[usize],
) {
    // A machine with several addresses of its own has them beside ours. Strong only where a prefix
    // tells the stuck clients from this wire.
    let own = view.requests()[stuck[0]].local().ip;
    let inside: Vec<IpAddr> = view.gateways(ifindex).into_iter().collect();
    let apart = fit(own, &inside, &phrase::peers(view, stuck)).is_some() && !inside.is_empty();
    let weight = if apart { Weight::Strong } else { Weight::Weak };
    let case = cases.about(Subject::Mac(ifindex, mac));
    case.headline(text![
        phrase::stuck(view, stuck),
        ": replies go to a machine that answers for others"
    ])
    .summary(text![mac, " answers ARP for ", addresses.len(), " addresses and is not the gateway"])
    .arg("interface", Value::Foreign(view.dev(ifindex)))
    .arg("mac", Value::Mac(mac))
    .arg("address_count", Value::Number(addresses.len() as u64))
    .affects(stuck.iter().copied())
    .supports(weight, one_mac(view, ifindex, mac, addresses))
    .supports(
        Weight::Weak,
        phrase::retries(
            view,
            stuck,
            "the client repeats its SYN, so the SYN-ACK is lost, not the ACK",
        ),
    )
    .action(Action {
        id: "find-proxy",
        label: ActionLabel::Investigate,
        text: text![
            "find the machine with ",
            mac,
            " (switch MAC table), ask whether it is meant to answer for others",
        ],
        commands: vec![Command(format!("ping -c 1 -t 1 {}", view.requests()[stuck[0]].peer()))],
        verify: text!["`Time to live exceeded` names the machine that takes the replies"],
    });
    argue_answers(view, case, ifindex, mac, stuck);
}

/// What was answered when the wire was asked aloud.
fn argue_answers(view: &View<'_>, case: &mut Case, ifindex: u32, mac: Mac, stuck: &[usize]) {
    let probes = stuck
        .iter()
        .filter_map(|&index| asked(view, ifindex, view.requests()[index].peer()))
        .find(|probe| probe.proxies().any(|proxy| proxy.mac == mac));
    if let Some(probe) = probes {
        // Decisive: it answered for an address of nobody, or for the client without calling it its own.
        case.supports(Weight::Decisive, answers_fact(view, &probe));
    }
    let hops: BTreeSet<IpAddr> =
        stuck.iter().filter_map(|&index| first_hop(view, view.requests()[index].peer())).collect();
    for router in hops {
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Probe,
                "reply-taken-by",
                text!["packets to the stuck clients that live for one hop end at ", router],
            )
            .with("router", Value::Ip(router)),
        );
    }
}

fn notable(view: &View<'_>, cases: &mut Cases, ifindex: u32, mac: Mac, addresses: &[IpAddr]) {
    let summary =
        text![mac, " answers for ", addresses.len(), " addresses; no connection is stuck by it"];
    cases
        .about(Subject::Mac(ifindex, mac))
        .severity(Severity::Info)
        .class(Class::Latent)
        .headline(Text::new())
        .summary(summary)
        .arg("interface", Value::Foreign(view.dev(ifindex)))
        .arg("mac", Value::Mac(mac))
        .arg("address_count", Value::Number(addresses.len() as u64))
        .supports(Weight::Weak, one_mac(view, ifindex, mac, addresses));
}

#[cfg(test)]
mod tests {
    use synrecv_model::Severity;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "192.168.4.10/24")
            .default_route(2, "192.168.4.1")
            .listener("192.168.4.10:80", 0, 128)
            .neighbour(2, "192.168.4.1", "02:00:00:00:00:01")
    }

    #[test]
    fn a_host_with_five_addresses_is_nothing() {
        let host = (20..25).fold(host(), |host, last| {
            host.neighbour(2, &format!("192.168.4.{last}"), "02:00:00:00:00:20")
        });
        assert!(host.diagnose().finding("proxy-arp").is_none());
    }

    #[test]
    fn many_addresses_without_stuck_clients_are_worth_a_note() {
        let host = (20..40).fold(host(), |host, last| {
            host.neighbour(2, &format!("192.168.4.{last}"), "02:00:00:00:00:20")
        });
        assert_eq!(host.diagnose().finding("proxy-arp").unwrap().severity, Severity::Info);
    }

    #[test]
    fn the_gateway_as_proxy_is_not_blamed() {
        let host = host()
            .neighbour(2, "192.168.5.11", "02:00:00:00:00:01")
            .stuck_request("192.168.4.10:80", "192.168.5.11:4000", (4, 1))
            .on_link(2, "192.168.4.0/22");
        assert!(host.diagnose().finding("proxy-arp").is_none());
    }
}
