//! A way of six hops with all that makes tracing hard. No scenario: nothing gets stuck on it.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::configure::{End, cable, mac};
use crate::error::Result;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;

/// The way:
///
/// ```text
/// source - first - silent - limited - left --- filter - target
///                                  \- right -/
/// ```
///
/// Cable `n` has 10.0.n.0/24 and fd00:n::/64, `.1` at the end of the source and `.2` at the other; the
/// two between `limited` and `filter` are 4 and 6 on the left, 5 and 7 on the right. No router limits its
/// errors but the limited one.
#[derive(Debug)]
pub struct LongWay {
    lab: Lab,
    source: Namespace,
    limited: Namespace,
    target: Namespace,
}

/// Hop 2 says nothing.
const SILENT: &str = "\
table inet lab {
    chain output {
        type filter hook output priority filter; policy accept;
        icmp type time-exceeded drop
        icmpv6 type time-exceeded drop
    }
}
";

/// Hop 3 answers twice, then once an hour.
const LIMITED: &str = "\
table inet lab {
    chain output {
        type filter hook output priority filter; policy accept;
        icmp type time-exceeded limit rate over 1/hour burst 2 packets drop
        icmpv6 type time-exceeded limit rate over 1/hour burst 2 packets drop
    }
}
";

/// Hop 5 lets through what is for the first address of the target only.
const FILTER: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        ip daddr 10.0.8.3 reject with icmpx admin-prohibited
        ip6 daddr fd00:8::3 reject with icmpx admin-prohibited
        ip daddr 10.0.8.4 drop
        ip6 daddr fd00:8::4 drop
    }
}
";

impl LongWay {
    /// Where packets arrive.
    pub const OPEN: &'static str = "10.0.8.2";
    /// The filter says that it is prohibited.
    pub const REJECTED: &'static str = "10.0.8.3";
    /// The filter drops it in silence.
    pub const DROPPED: &'static str = "10.0.8.4";
    /// The same for IPv6.
    pub const OPEN_V6: &'static str = "fd00:8::2";
    /// The same for IPv6.
    pub const REJECTED_V6: &'static str = "fd00:8::3";

    /// Builds it.
    ///
    /// # Errors
    /// Without root, or without `nft`.
    pub fn build() -> Result<Self> {
        let mut lab = Lab::new()?;
        let source = lab.host("source")?;
        let [first, silent, limited, left, right, filter] =
            ["first", "silent", "limited", "left", "right", "filter"].map(|name| lab.router(name));
        let (first, silent, limited) = (first?, silent?, limited?);
        let (left, right, filter) = (left?, right?, filter?);
        let target = lab.host("target")?;
        let cables = [
            (1, &source, &first),
            (2, &first, &silent),
            (3, &silent, &limited),
            (4, &limited, &left),
            (5, &limited, &right),
            (6, &left, &filter),
            (7, &right, &filter),
            (8, &filter, &target),
        ];
        for (number, near, far) in cables {
            connect(number, near, far)?;
        }
        for host in lab.hosts() {
            host.sysctl("net/ipv4/icmp_ratelimit", "0")?;
            host.sysctl("net/ipv6/icmp/ratelimit", "0")?;
        }
        for (host, number) in [(&source, 1), (&first, 2), (&silent, 3), (&left, 6), (&right, 7)] {
            for gateway in ends(number, 2) {
                host.route(NewRoute::default_via(gateway.addr()))?;
            }
        }
        for (at_left, at_right) in ends(4, 2).into_iter().zip(ends(5, 2)) {
            let hops = [(at_left.addr(), "up4"), (at_right.addr(), "up5")];
            limited.route(NewRoute::default_over(&hops))?;
        }
        let back =
            [(&silent, 2), (&limited, 3), (&left, 4), (&right, 5), (&filter, 6), (&target, 8)];
        for (host, number) in back {
            for (home, gateway) in ends(1, 0).into_iter().zip(ends(number, 1)) {
                host.route(NewRoute::to(home.trunc()).via(gateway.addr()))?;
            }
        }
        for address in ["10.0.8.3/24", "10.0.8.4/24", "fd00:8::3/64", "fd00:8::4/64"] {
            target.address("down8", net(address))?;
        }
        // Says by which of the two ways a packet came.
        filter.sysctl("net/ipv4/icmp_errors_use_inbound_ifaddr", "1")?;
        silent.nft(SILENT)?;
        filter.nft(FILTER)?;
        limited.nft(LIMITED)?;
        Ok(Self { lab, source, limited, target })
    }

    /// Where traces begin.
    pub fn source(&self) -> &Namespace {
        &self.source
    }

    /// Where they end.
    pub fn target(&self) -> &Namespace {
        &self.target
    }

    /// All hosts and routers.
    pub fn hosts(&self) -> &[Namespace] {
        self.lab.hosts()
    }

    /// Lets the limited hop answer twice again.
    ///
    /// # Errors
    /// When `nft` objects.
    pub fn refill(&self) -> Result<()> {
        self.limited.nft(&format!("delete table inet lab\n{LIMITED}"))
    }

    /// Lets load be shared by ports instead of addresses alone.
    ///
    /// # Errors
    /// When the setting cannot be written.
    pub fn share_by_ports(&self) -> Result<()> {
        self.limited.sysctl("net/ipv4/fib_multipath_hash_policy", "1")?;
        self.limited.sysctl("net/ipv6/fib_multipath_hash_policy", "1")
    }
}

/// An end of a cable in both families: 1 is that of the source, 2 the other.
fn ends(number: u8, end: u8) -> [IpNet; 2] {
    let v6 = if end == 0 { String::new() } else { end.to_string() };
    [net(&format!("10.0.{number}.{end}/24")), net(&format!("fd00:{number}::{v6}/64"))]
}

/// Lays a cable; its devices are called after the direction that they lead to.
fn connect(number: u8, near: &Namespace, far: &Namespace) -> Result<()> {
    let (up, down) = (format!("up{number}"), format!("down{number}"));
    cable(
        End { namespace: near, device: &up, mac: mac(number) },
        End { namespace: far, device: &down, mac: mac(0x10 + number) },
    )?;
    for (host, device, end) in [(near, &up, 1), (far, &down, 2)] {
        for address in ends(number, end) {
            host.address(device, address)?;
        }
    }
    Ok(())
}

/// Addresses of [`LongWay`] that answer at each distance from 1, where somebody does: by the left, or by
/// the right.
pub fn long_way_hops(is_v6: bool, by_left: bool) -> [Option<IpAddr>; 6] {
    let (fourth, fifth) = if by_left { (4, 6) } else { (5, 7) };
    let at = |number: u8| {
        let text = if is_v6 { format!("fd00:{number}::2") } else { format!("10.0.{number}.2") };
        Some(ip(&text))
    };
    [at(1), None, at(3), at(fourth), at(fifth), at(8)]
}
