//! The stuck clients of one on-link prefix, sorted by what the neighbour table says about them.

use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::view::RetryReading;
use synrecv_model::{Mac, SourceKind};

use crate::asked::{first_hop, gateway_macs, loud_proxies};
use crate::phrase;
use crate::seen::Seen;
use crate::view::View;

/// What the neighbour table says about the stuck clients of one prefix.
pub(super) struct Suspects {
    pub(super) ifindex: u32,
    pub(super) prefix: IpNet,
    /// Stuck requests whose peer resolves to a MAC that answers for others and is not the gateway's.
    pub(super) proxied: Vec<usize>,
    pub(super) proxy: Option<(Mac, Vec<IpAddr>)>,
    /// Stuck requests whose peer does not answer at all.
    pub(super) unanswered: Vec<usize>,
    /// Stuck requests whose peer resolves to the gateway's MAC: a right prefix sends there too.
    pub(super) behind_gateway: Vec<usize>,
    /// Stuck requests whose SYN, as frames show, came through a router and whose SYN-ACK went
    /// straight to another machine.
    pub(super) routed: Vec<usize>,
    /// Stuck requests whose peer was traced: a router stands between, with its address.
    pub(super) traced: Vec<(usize, IpAddr)>,
    /// Of these, those that an own packet showed, which lived for one hop.
    pub(super) first_hop: Option<(usize, IpAddr)>,
    /// Stuck requests whose peer was asked for aloud and is answered for by a proxy.
    pub(super) asked: Vec<usize>,
    pub(super) gateway: Option<(IpAddr, Option<Mac>)>,
    /// Addresses that answer for themselves, and gateways.
    pub(super) inside: Vec<IpAddr>,
}

impl Suspects {
    pub(super) fn new(view: &View<'_>, ifindex: u32, prefix: IpNet, requests: &[usize]) -> Self {
        let by_mac = view.addresses_by_mac(ifindex);
        let gateways: Vec<IpAddr> =
            view.gateways(ifindex).into_iter().filter(|gateway| prefix.contains(gateway)).collect();
        let mac_of = |ip: IpAddr| view.neighbour(ifindex, ip).and_then(|entry| entry.mac);
        let gateway_macs = gateway_macs(view, ifindex);
        let stuck = phrase::peers(view, requests);
        let mut inside = gateways.clone();
        inside.extend(
            by_mac
                .values()
                .filter(|addresses| addresses.len() == 1)
                .map(|alone| alone[0])
                .filter(|alone| prefix.contains(alone) && !stuck.contains(alone)),
        );
        let mut found = Self {
            ifindex,
            prefix,
            proxied: Vec::new(),
            proxy: None,
            unanswered: Vec::new(),
            behind_gateway: Vec::new(),
            routed: Vec::new(),
            traced: Vec::new(),
            first_hop: None,
            asked: Vec::new(),
            gateway: gateways.first().map(|&ip| (ip, mac_of(ip))),
            inside,
        };
        let loud = loud_proxies(view, ifindex);
        for &index in requests {
            let request = &view.requests()[index];
            let own = first_hop(view, request.peer()).filter(|router| !gateways.contains(router));
            match own {
                Some(router) => {
                    found.traced.push((index, router));
                    found.first_hop.get_or_insert((index, router));
                }
                None if view.source() == SourceKind::Ticket => {
                    let router = view.router_to(request.peer());
                    found.traced.extend(router.map(|router| (index, router)));
                }
                None => {}
            }
            if request.reading == RetryReading::NextHopUnresolved {
                found.unanswered.push(index);
                continue;
            }
            if request.seen.as_deref().is_some_and(came_by_router) {
                found.routed.push(index);
            }
            let Some(mac) = request.next_hop.and_then(|entry| entry.mac) else { continue };
            if gateway_macs.contains(&mac) {
                found.behind_gateway.push(index);
                continue;
            }
            if loud.contains(&mac) {
                found.asked.push(index);
            }
            if let Some(addresses) = by_mac.get(&mac).filter(|shared| shared.len() > 1) {
                found.proxied.push(index);
                found.proxy.get_or_insert_with(|| (mac, addresses.clone()));
            }
        }
        found
    }
}

/// The SYN crossed a router, and the SYN-ACK goes to another machine than the one that it came from.
fn came_by_router(seen: &Seen<'_>) -> bool {
    seen.routers_crossed().is_some_and(|crossed| crossed > 0 && crossed < FAR_HOPS)
        && seen.other_mac().is_some()
}

/// Routers beyond which a TTL rather started at another value.
const FAR_HOPS: u8 = 40;
