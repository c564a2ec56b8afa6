//! The workbench of one scenario: its namespaces and the segments between them.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::configure::{End, MacBytes, cable};
use crate::error::{LabError, Result};
use crate::namespace::Namespace;

/// Settings that differ between machines because new namespaces inherit them from the first one,
/// or that would let addresses stay tentative. Written before any device exists, so devices start
/// with them.
const BASELINE: &[(&str, &str)] = &[
    ("net/ipv4/ip_forward", "0"),
    ("net/ipv4/conf/all/rp_filter", "0"),
    ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/conf/all/arp_ignore", "0"),
    ("net/ipv4/conf/default/arp_ignore", "0"),
    ("net/ipv4/conf/all/arp_announce", "0"),
    ("net/ipv4/conf/default/arp_announce", "0"),
    ("net/ipv4/conf/all/proxy_arp", "0"),
    ("net/ipv4/conf/default/proxy_arp", "0"),
    ("net/ipv4/tcp_syncookies", "1"),
    ("net/ipv4/tcp_synack_retries", "5"),
    ("net/ipv4/tcp_syn_retries", "6"),
    ("net/ipv4/tcp_abort_on_overflow", "0"),
    ("net/core/somaxconn", "4096"),
];

/// The same for IPv6, which a kernel may lack.
const BASELINE_V6: &[(&str, &str)] = &[
    ("net/ipv6/conf/all/forwarding", "0"),
    ("net/ipv6/conf/default/accept_dad", "0"),
    ("net/ipv6/conf/default/accept_ra", "0"),
    ("net/ipv6/conf/default/router_solicitations", "0"),
];

/// Builds namespaces and wires them up. Nothing of it touches the namespace of the caller.
#[derive(Debug)]
pub struct Lab {
    /// Holds the bridges of all segments, apart from every host so that none sees their traffic.
    fabric: Namespace,
    ports: u16,
    namespaces: Vec<Namespace>,
}

/// A shared wire: a bridge in the fabric of the lab.
#[derive(Debug, Clone)]
pub struct Segment {
    bridge: String,
}

impl Lab {
    /// An empty lab.
    ///
    /// # Errors
    /// [`LabError::CreateNamespace`] without root.
    pub fn new() -> Result<Self> {
        let fabric = Namespace::create("fabric")?;
        if ipv6_exists() {
            fabric.sysctl("net/ipv6/conf/default/disable_ipv6", "1")?;
        }
        Ok(Self { fabric, ports: 0, namespaces: Vec::new() })
    }

    /// A host: a namespace with its loopback up and the settings of a freshly booted Linux,
    /// whatever this machine's own are. IPv6 addresses are usable at once (no duplicate detection).
    pub fn host(&mut self, name: &str) -> Result<Namespace> {
        let namespace = Namespace::create(name)?;
        for (key, value) in BASELINE {
            namespace.sysctl(key, value)?;
        }
        if ipv6_exists() {
            for (key, value) in BASELINE_V6 {
                namespace.sysctl(key, value)?;
            }
        }
        namespace.link_up("lo")?;
        self.namespaces.push(namespace.clone());
        Ok(namespace)
    }

    /// A host that forwards both families.
    pub fn router(&mut self, name: &str) -> Result<Namespace> {
        let namespace = self.host(name)?;
        namespace.sysctl("net/ipv4/ip_forward", "1")?;
        if ipv6_exists() {
            namespace.sysctl("net/ipv6/conf/all/forwarding", "1")?;
        }
        Ok(namespace)
    }

    /// A shared wire that hosts can be plugged into.
    pub fn segment(&mut self, name: &str) -> Result<Segment> {
        self.fabric.bridge(name)?;
        Ok(Segment { bridge: name.to_owned() })
    }

    /// Gives `host` a device on a segment.
    pub fn plug(
        &mut self,
        segment: &Segment,
        host: &Namespace,
        device: &str,
        address: MacBytes,
    ) -> Result<()> {
        self.ports += 1;
        let port = format!("port{}", self.ports);
        let [high, low] = self.ports.to_be_bytes();
        // Of a range of its own, so that it is not mixed up with any host's.
        let port_mac = [2, 0xfb, 0, 0, high, low];
        cable(
            End { namespace: &self.fabric, device: &port, mac: port_mac },
            End { namespace: host, device, mac: address },
        )?;
        self.fabric.enslave(&port, &segment.bridge)
    }

    /// Gives `host` a device on a segment, with these addresses.
    pub fn attach(
        &mut self,
        segment: &Segment,
        host: &Namespace,
        device: &str,
        address: MacBytes,
        addresses: &[IpNet],
    ) -> Result<()> {
        self.plug(segment, host, device, address)?;
        addresses.iter().try_for_each(|net| host.address(device, *net))
    }

    /// All hosts, in the order in which they were made.
    pub fn hosts(&self) -> &[Namespace] {
        &self.namespaces
    }
}

fn ipv6_exists() -> bool {
    std::path::Path::new("/proc/sys/net/ipv6").exists()
}

/// Parses an address that is written in the source of a scenario.
///
/// # Panics
/// When it is not an address, which every run of the scenario would show.
pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("scenarios write valid addresses")
}

/// Parses an address with prefix length that is written in the source of a scenario.
///
/// # Panics
/// As [`ip`].
pub(crate) fn net(text: &str) -> IpNet {
    text.parse().expect("scenarios write valid prefixes")
}

/// Checks that this process may build labs at all, before anything is started.
///
/// # Errors
/// [`LabError::CreateNamespace`] without root.
pub fn preflight() -> Result<(), LabError> {
    Namespace::create("preflight").map(drop)
}
