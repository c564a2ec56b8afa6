//! A host to put topologies on, and what is there.

use std::path::Path;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use synrecv_faults::{Lab, Namespace, mac};
use synrecv_model::view::fib::{Fib, FibFacts};
use synrecv_model::{Address, Link, Section};

use super::place::{History, Tables};
use crate::inside::text;

/// Devices with a carrier; `quiet` is an empty bridge, without one.
pub(super) const WIRED: [&str; 4] = ["eth0", "eth1", "eth2", "eth3"];
pub(super) const QUIET: &str = "quiet";
/// A device without addresses that topologies switch off.
pub(super) const FLAPPING: &str = "flapping";
/// A device that is off, with an IPv4 address.
pub(super) const OFF: &str = "off";

/// How hosts differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Config {
    /// Both families forward.
    pub(super) router: bool,
    /// `ignore_routes_with_linkdown` of both families.
    pub(super) ignore_linkdown: bool,
    /// `rp_filter` of IPv4.
    pub(super) rp_filter: u32,
}

/// Addresses of the host: overlapping prefixes, secondary addresses, a device without a carrier.
const ADDRESSES: [(&str, &str); 15] = [
    ("eth0", "10.0.0.1/24"),
    ("eth0", "10.0.0.2/24"),
    ("eth1", "10.0.1.1/24"),
    ("eth1", "10.0.1.130/25"),
    ("eth2", "10.0.2.1/23"),
    ("eth3", "10.0.3.1/16"),
    (QUIET, "10.0.4.1/24"),
    (OFF, "10.0.5.1/24"),
    ("lo", "10.9.9.9/32"),
    ("eth0", "fd00:0:0:1::1/64"),
    ("eth1", "fd00:0:0:2::1/64"),
    ("eth2", "fd00:0:0:3::1/64"),
    ("eth3", "fd00:0:0:1::9/48"),
    (QUIET, "fd00:0:0:4::1/64"),
    ("lo", "fd09::9/128"),
];

/// Builds a host with its devices and addresses.
pub(super) fn build(lab: &mut Lab, name: &str, config: Config) -> Namespace {
    let host = if config.router { lab.router(name) } else { lab.host(name) }.expect("a host");
    let wire = lab.segment(&format!("w{name}")).expect("a segment");
    for (at, device) in WIRED.iter().enumerate() {
        let address = mac(u8::try_from(at + 1).expect("few devices"));
        lab.plug(&wire, &host, device, address).expect("a device");
    }
    for device in [QUIET, FLAPPING, OFF] {
        text(&host, "ip", &["link", "add", device, "type", "bridge"]);
    }
    text(&host, "ip", &["link", "set", FLAPPING, "addrgenmode", "none"]);
    text(&host, "ip", &["link", "set", QUIET, "up"]);
    text(&host, "ip", &["link", "set", FLAPPING, "up"]);
    let ignore = if config.ignore_linkdown { "1" } else { "0" };
    for family in ["ipv4", "ipv6"] {
        for device in ["all", QUIET, FLAPPING] {
            let key = format!("net/{family}/conf/{device}/ignore_routes_with_linkdown");
            host.sysctl(&key, ignore).expect("a setting");
        }
    }
    host.sysctl("net/ipv4/conf/all/rp_filter", &config.rp_filter.to_string()).expect("a setting");
    host.sysctl("net/ipv4/conf/eth1/route_localnet", "1").expect("a setting");
    for (device, address) in ADDRESSES {
        let net: IpNet = address.parse().expect("an address");
        if net.addr().is_ipv6() {
            text(&host, "ip", &["address", "add", address, "dev", device, "nodad"]);
        } else {
            text(&host, "ip", &["address", "add", address, "brd", "+", "dev", device]);
        }
    }
    host
}

/// What does not change from topology to topology.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) links: Vec<Link>,
    pub(super) addresses: Vec<Address>,
    pub(super) config: Config,
    pub(super) sysctls: synrecv_model::Settings,
}

/// Reads a section until nothing changed meanwhile.
pub(super) fn whole<T>(read: impl Fn() -> Section<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match read() {
            Section::Collected { data, .. } => return data,
            other => {
                let flaws = other.flaws();
                assert!(Instant::now() < deadline, "not read in full: {flaws:?} {:?}", other.gap());
            }
        }
    }
}

impl Ground {
    /// Waits until all addresses can be used.
    pub(super) fn read(config: Config) -> Self {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let devices = synrecv_interfaces::read::links();
            let proc_sys = Path::new("/proc/sys");
            let mut sysctls = whole(|| synrecv_interfaces::read::settings(proc_sys, &devices));
            let forwards = i64::from(config.router);
            sysctls.values.insert("net.ipv6.conf.all.forwarding".into(), forwards);
            let links = whole(|| devices.clone()).links;
            let addresses = whole(synrecv_interfaces::read::addresses);
            let routes = whole(synrecv_routes::read::routes);
            let off = links.iter().find(|link| link.name.0 == OFF).map(|link| link.ifindex);
            let ready = |own: &Address| {
                let host = IpNet::from(own.address);
                let local = routes.iter().any(|r| r.table == 255 && r.destination == host);
                Some(own.ifindex) == off || (!own.tentative && local)
            };
            let wired = |link: &&Link| WIRED.contains(&link.name.0.as_str());
            if addresses.iter().all(ready) && links.iter().filter(wired).all(|link| link.carrier) {
                return Self { links, addresses, config, sysctls };
            }
            assert!(Instant::now() < deadline, "addresses not usable: {addresses:?}");
        }
    }

    pub(super) fn ifindex(&self, device: &str) -> u32 {
        let link = self.links.iter().find(|link| link.name.0 == device);
        link.expect("a device of this host").ifindex
    }

    pub(super) fn fib<'a>(&'a self, tables: &'a Tables, history: History) -> Fib<'a> {
        Fib::new(FibFacts {
            rules: &tables.rules,
            routes: &tables.routes,
            nexthops: &tables.nexthops,
            links: Some(&tables.links),
            addresses: Some(&self.addresses),
            neighbours: Some(&tables.neighbours),
            settings: Some(&self.sysctls),
            rules_changed_v4: Some(history.v4),
            rules_changed_v6: Some(history.v6),
        })
    }
}
