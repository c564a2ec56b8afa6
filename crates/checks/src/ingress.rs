//! What stands between the wire and IP: filters of traffic control, XDP programs, netdev chains.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::view::books::Rhythm;
use synrecv_model::{Direction, Foreign, Link, Origin, Text, Value, text};

use crate::ack_drops::Missing;
use crate::cases::Fact;
use crate::undelivered::before_ip;
use crate::view::View;

/// A filter or program that frames pass before IP.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) ifindex: u32,
    /// `XDP program 97`, `traffic control filter bpf x`.
    pub(crate) name: Text,
    /// The command that shows it.
    pub(crate) recheck: String,
    /// What it drops is not captured: XDP runs before AF_PACKET, traffic control after it.
    pub(crate) before_capture: bool,
    /// It counts what it drops, and this is how much in all.
    pub(crate) dropped_count: Option<u64>,
}

impl Gate {
    pub(crate) fn fact(&self, dev: Foreign) -> Fact {
        Fact::new(
            Origin::Filter,
            "ingress-filter",
            text![dev.clone(), " has ", &self.name, " between the wire and IP"],
        )
        .with("dev", Value::Foreign(dev))
        .with("dropped_count", crate::phrase::number(self.dropped_count))
        .recheck(self.recheck.clone())
    }
}

/// Gates on the devices by which packets to this address come in, as far as that is known.
pub(crate) fn gates(view: &View<'_>, local: IpAddr) -> Vec<Gate> {
    let owners: BTreeSet<u32> = view
        .addresses()
        .iter()
        .filter(|own| own.address == local)
        .map(|own| own.ifindex)
        .filter(|&ifindex| !is_loopback(view, ifindex))
        .collect();
    // A bridge gets its frames by its ports.
    let concerned = |link: &Link| {
        owners.is_empty()
            || owners.contains(&link.ifindex)
            || link.master_ifindex.is_some_and(|master| owners.contains(&master))
    };
    let mut list = Vec::new();
    for link in view.links().iter().filter(|link| !link.loopback && concerned(link)) {
        let dev = view.dev(link.ifindex);
        list.extend(link.xdp_program_ids.iter().map(|&id| Gate {
            ifindex: link.ifindex,
            name: text!["XDP program ", id],
            before_capture: true,
            recheck: format!("ip -d link show dev {dev}"),
            dropped_count: None,
        }));
        let filters = view.whole_device_filters().unwrap_or_default().iter().filter(|filter| {
            filter.ifindex == link.ifindex && filter.direction == Direction::In && filter.can_drop()
        });
        list.extend(filters.map(|filter| Gate {
            ifindex: link.ifindex,
            name: match &filter.name {
                Some(name) => text!["the filter ", &filter.kind, " ", name, " of traffic control"],
                None => text!["the filter ", &filter.kind, " of traffic control"],
            },
            before_capture: false,
            recheck: format!("tc -s filter show dev {dev} ingress"),
            dropped_count: filter.dropped_count,
        }));
    }
    list
}

fn is_loopback(view: &View<'_>, ifindex: u32) -> bool {
    view.links().iter().any(|link| link.ifindex == ifindex && link.loopback)
}

/// Frames that IP did not get and that can be the missing ACKs: they come when ACKs are due; or they
/// are at least as many, and ARP explains few of them.
pub(crate) fn swallowed(view: &View<'_>, missing: &Missing<'_>) -> Option<u64> {
    before_ip(view).filter(|&count| match missing.before_ip_rhythm {
        Rhythm::Keeps => missing.accounts(count),
        Rhythm::Misses => false,
        Rhythm::Unclear => {
            missing.waiting.retries > 0
                && count + 1 >= missing.expected
                && count <= missing.expected + missing.expected / 4 + ARP_FEW
        }
    })
}

/// ARP and other frames that are not IP, in some seconds on a quiet wire.
const ARP_FEW: u64 = 8;
