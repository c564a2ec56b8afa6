//! Which prefix takes a peer for a neighbour, and which own address stands for it.

use ipnet::IpNet;
use synrecv_model::{Address, RouteKind};

use crate::view::{RequestView, View};

/// Device and prefix that claim the peer to be a neighbour.
pub(super) fn on_link_claim(view: &View<'_>, request: &RequestView<'_>) -> Option<(u32, IpNet)> {
    let reply = request.reply?;
    let route = reply.resolved.as_ref().ok()?;
    if route.gateway.is_some() || route.kind != RouteKind::Unicast {
        return None;
    }
    let peer = request.peer();
    let prefix = match &reply.matched {
        Some(matched) => matched.prefix,
        None => view
            .addresses()
            .iter()
            .filter(|address| address.ifindex == route.oif)
            .map(Address::prefix)
            .find(|prefix| prefix.contains(&peer))?,
    };
    let full = if peer.is_ipv4() { 32 } else { 128 };
    (prefix.prefix_len() > 0 && prefix.prefix_len() < full).then_some((route.oif, prefix))
}

/// The own address on the device that stands for the prefix, provided the SYNs went to an address
/// of this very device: a prefix of another device that catches the peer is `overlapping-route`.
pub(super) fn address_of<'a>(
    view: &View<'a>,
    ifindex: u32,
    prefix: IpNet,
    requests: &[usize],
) -> Option<&'a Address> {
    let on_device = || view.addresses().iter().filter(|address| address.ifindex == ifindex);
    let here = requests.iter().any(|&index| {
        let local = view.requests()[index].local().ip;
        on_device().any(|address| address.address == local)
    });
    if !here {
        return None;
    }
    on_device()
        .find(|address| address.prefix() == prefix)
        .or_else(|| on_device().find(|address| prefix.contains(&address.address)))
}
