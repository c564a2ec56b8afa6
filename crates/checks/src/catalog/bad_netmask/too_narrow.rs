//! Too narrow: neighbours look like clients behind the router.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::view::common_bits;
use synrecv_model::{Address, Origin, Subject, Value, Weight, text};

use super::advice;
use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::view::{RequestView, View};

/// Leading bits that a neighbour shares with us at least; less is no question of one subnet.
fn shared_least(address: &Address) -> u8 {
    if address.address.is_ipv4() { 16 } else { 48 }
}

pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut groups: BTreeMap<(u32, IpAddr), Vec<usize>> = BTreeMap::new();
    for index in view.stuck(RequestView::may_lose_synack) {
        let request = &view.requests()[index];
        if let Some((address, _)) = neighbour_by_gateway(view, request) {
            groups.entry((address.ifindex, address.address)).or_default().push(index);
        }
    }
    for requests in groups.into_values() {
        let sample = &view.requests()[requests[0]];
        if let Some((address, gateway)) = neighbour_by_gateway(view, sample) {
            report(view, cases, address, gateway, &requests);
        }
    }
}

/// Our address on the wire and the gateway of the reply, when the peer is known on that very wire
/// with a MAC of its own, close to our address and outside its prefix.
fn neighbour_by_gateway<'a>(
    view: &View<'a>,
    request: &RequestView<'_>,
) -> Option<(&'a Address, IpAddr)> {
    let route = request.reply?.resolved.as_ref().ok()?;
    let gateway = route.gateway?;
    let (peer, local) = (request.peer(), request.local().ip);
    let address = view
        .addresses()
        .iter()
        .find(|address| address.ifindex == route.oif && address.address == local)?;
    let host_route = address.prefix_len >= if peer.is_ipv4() { 32 } else { 128 };
    let shared = common_bits(address.address, peer)?;
    if host_route || shared >= address.prefix_len || shared < shared_least(address) {
        return None;
    }
    let mac = view.neighbour(route.oif, peer)?.mac?;
    let alone = view.addresses_by_mac(route.oif).get(&mac).is_some_and(|all| all.len() == 1);
    let gateway_mac = view.neighbour(route.oif, gateway).and_then(|entry| entry.mac);
    (alone && gateway_mac != Some(mac)).then_some((address, gateway))
}

fn report(
    view: &View<'_>,
    cases: &mut Cases,
    address: &Address,
    gateway: IpAddr,
    requests: &[usize],
) {
    let peers = phrase::peers(view, requests);
    let shared = peers.iter().filter_map(|&peer| common_bits(address.address, peer)).min();
    let usual = if address.address.is_ipv4() { 24 } else { 64 };
    let right_len = shared.unwrap_or(usual).min(usual);
    let dev = view.dev(address.ifindex);
    let case = cases.about(Subject::Prefix(address.ifindex, address.prefix()));
    case.headline(text![
        phrase::stuck(view, requests),
        ": replies go by the gateway although the client is on the same wire",
    ])
    .summary(text![
        dev.clone(),
        " has prefix /",
        address.prefix_len,
        ", so neighbours look like hosts behind the router",
    ])
    .arg("direction", Value::Word("too-narrow"))
    .arg("interface", Value::Foreign(dev))
    .arg("address", Value::Ip(address.address))
    .arg("prefix_len", Value::Number(address.prefix_len.into()))
    .arg("fitting_prefix_len", Value::Number(right_len.into()))
    .arg("affected_peers", Value::List(peers.iter().copied().map(Value::Ip).collect()))
    .affects(requests.iter().copied());
    argue(view, case, address, gateway, requests);
    let sample = &view.requests()[requests[0]];
    advice::give(view, case, address, address.prefix(), right_len, sample, None);
}

fn argue(view: &View<'_>, case: &mut Case, address: &Address, gateway: IpAddr, requests: &[usize]) {
    let sample = &view.requests()[requests[0]];
    let dev = view.dev(address.ifindex);
    let peers = phrase::peers(view, requests);
    // Strong: a host that asks for us by ARP on this wire takes us for a neighbour.
    case.supports(
        Weight::Strong,
        Fact::new(
            Origin::Arp,
            "client-is-a-neighbour",
            text![
                phrase::name_peers(&peers),
                if peers.len() == 1 { " is" } else { " are" },
                " in the neighbour table of ",
                dev.clone(),
                " with a MAC of ",
                if peers.len() == 1 { "its" } else { "their" },
                " own, and replies go to the gateway ",
                gateway,
            ],
        )
        .with("peer", Value::Ip(sample.peer()))
        .with("gateway", Value::Ip(gateway))
        .recheck(format!("ip neigh show dev {dev}"))
        .recheck(phrase::route_get(sample)),
    );
    let redirected = requests.iter().any(|&index| {
        view.requests()[index]
            .reply
            .is_some_and(|reply| reply.resolved.as_ref().is_ok_and(|route| route.redirected))
    });
    let redirects = view.delta("IcmpInRedirects").unwrap_or(0);
    if redirected || redirects > 0 {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Counters,
                "redirects",
                text![
                    "the router sent ",
                    redirects,
                    " redirects while watching: the client is nearer than it"
                ],
            )
            .with("in_redirects_delta_count", Value::Number(redirects))
            .recheck("nstat -az IcmpInRedirects"),
        );
    }
    case.supports(
        Weight::Weak,
        phrase::retries(
            view,
            requests,
            "the client repeats its SYN, so the SYN-ACK is lost, not the ACK",
        ),
    );
    if let Some(queue) = phrase::queue(view, sample.local()) {
        case.supports(Weight::Weak, queue);
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Value};

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/25")
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
            .stuck_request("10.1.0.10:80", "10.1.0.200:4000", (4, 1))
            .via(2, "10.1.0.1")
    }

    #[test]
    fn a_neighbour_answered_by_the_gateway_makes_it_likely() {
        let judged = host().neighbour(2, "10.1.0.200", "02:00:00:00:00:20").diagnose();
        let finding = judged.finding("bad-netmask").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert!(finding.args.contains(&("direction", Value::Word("too-narrow"))));
        assert!(finding.args.contains(&("fitting_prefix_len", Value::Number(24))));
    }

    #[test]
    fn a_client_that_nobody_knows_on_this_wire_is_routed() {
        assert!(host().diagnose().finding("bad-netmask").is_none());
    }

    #[test]
    fn the_routers_mac_on_the_client_is_no_neighbour() {
        let judged = host().neighbour(2, "10.1.0.200", "02:00:00:00:00:01").diagnose();
        assert!(judged.finding("bad-netmask").is_none());
    }

    #[test]
    fn a_host_address_with_an_onlink_gateway_is_no_narrow_mask() {
        let judged = HostFixture::new()
            .device(2, "eth0")
            .address(2, "10.1.0.10/32")
            .default_route(2, "169.254.1.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.5", "02:00:00:00:00:05")
            .stuck_request("10.1.0.10:80", "10.1.0.5:4000", (4, 1))
            .via(2, "169.254.1.1")
            .diagnose();
        assert!(judged.finding("bad-netmask").is_none());
    }
}
