//! A host with random addresses, routes, rules and neighbours of both families.

use std::fmt::Write as _;
use std::fs;

use synrecv_faults::{Lab, Namespace, mac};
use synrecv_tests::Scratch;

use super::random::Random;
use crate::inside::text;

const DEVICES: [&str; 4] = ["eth0", "eth1", "eth2", "eth3"];
const TABLES: [&str; 3] = ["main", "100", "70000"];

const SCOPES: [&str; 2] = ["global", "link"];

const ROUTES_PER_FAMILY: u64 = 270;
const RULES_PER_FAMILY: u64 = 12;
const NEIGHBOURS_PER_FAMILY: u64 = 160;
const ADDRESSES_PER_FAMILY: u64 = 28;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Family {
    /// The option of `ip`.
    fn flag(self) -> &'static str {
        match self {
            Self::V4 => "-4",
            Self::V6 => "-6",
        }
    }
}

/// Runs a batch of `ip`, which stops at the first error.
fn ip(host: &Namespace, options: &[&str], batch: &str) {
    let scratch = Scratch::new();
    let file = scratch.path().join("batch");
    fs::write(&file, batch).expect("a file can be written");
    let file = file.to_str().expect("a plain name");
    text(host, "ip", &[options, &["-batch", file]].concat());
}

/// A lab with one host in it.
pub(super) struct World {
    pub(super) host: Namespace,
    pub(super) origin: String,
    /// Keeps the wires.
    _lab: Lab,
}

impl World {
    pub(super) fn build() -> Self {
        let mut random = Random::seeded();
        let mut lab = Lab::new().expect("a lab");
        let host = lab.host("host").expect("a host");
        let wire = lab.segment("wire").expect("a segment");
        for (at, device) in DEVICES.iter().enumerate() {
            let address = mac(u8::try_from(at + 1).expect("few devices"));
            lab.plug(&wire, &host, device, address).expect("a device");
        }
        for family in [Family::V4, Family::V6] {
            let mut batch = String::new();
            addresses(family, &mut random, &mut batch);
            next_hops(family, &mut batch);
            ip(&host, &[family.flag()], &batch);
        }
        ip(&host, &[], "nexthop add id 5 group 1/2,3\nnexthop add id 15 group 11/12,3\n");
        for family in [Family::V4, Family::V6] {
            let mut batch = String::new();
            routes(family, &mut random, &mut batch);
            rules(family, &mut random, &mut batch);
            neighbours(family, &mut random, &mut batch);
            ip(&host, &[family.flag()], &batch);
        }
        let links = "link set eth1 alias uplink\nlink set eth2 mtu 1400\nlink set eth3 promisc on\n\
                     link add br0 type bridge\nlink set eth2 master br0\n";
        ip(&host, &[], links);
        Self { host, origin: random.origin(), _lab: lab }
    }
}

/// Adds a line to a batch of `ip`.
macro_rules! line {
    ($batch:expr, $($words:tt)*) => {
        writeln!($batch, $($words)*).expect("writing to a String does not fail")
    };
}

/// Number of a device, and the device.
fn device(random: &mut Random) -> (usize, &'static str) {
    let at = *random.pick(&[0, 1, 2, 3]);
    (at, DEVICES[at])
}

/// An address on the wire of device `at`; the host itself is 1.
fn on_wire(family: Family, at: usize, last: u64) -> String {
    match family {
        Family::V4 => format!("172.16.{at}.{last}"),
        Family::V6 => format!("fd00:{at}::{last:x}"),
    }
}

fn addresses(family: Family, random: &mut Random, batch: &mut String) {
    for (at, device) in DEVICES.iter().enumerate() {
        let own = on_wire(family, at, 1);
        match family {
            Family::V4 => line!(batch, "address add {own}/24 brd + dev {device}"),
            Family::V6 => line!(batch, "address add {own}/64 dev {device} nodad"),
        }
    }
    for number in 4..ADDRESSES_PER_FAMILY {
        let (_, device) = device(random);
        let length = random.between(20, 32);
        match family {
            Family::V4 => {
                // Two of one prefix: the second is secondary.
                let net = number / 2;
                let last = number % 2 + 1;
                let mut words = format!("10.200.{net}.{last}/{length}");
                if random.chance(20) {
                    words = format!("10.201.{number}.1 peer 10.202.{number}.1/{length}");
                } else if random.chance(50) && length < 31 {
                    words += " brd +";
                }
                if random.chance(30) {
                    words = format!("{words} label {device}:{number}");
                }
                // Addresses of one prefix have to have one scope.
                words = format!("{words} scope {}", SCOPES[usize::from(length.is_multiple_of(3))]);
                line!(batch, "address add {words}{} dev {device}", lifetime(random));
            }
            Family::V6 => {
                let flags = random.pick(&["", " noprefixroute", " home"]);
                let prefix = 48 + length;
                let lifetime = lifetime(random);
                line!(
                    batch,
                    "address add fd01:{number:x}::1/{prefix} dev {device} nodad{flags}{lifetime}"
                );
            }
        }
    }
}

/// Long enough to outlast the test.
fn lifetime(random: &mut Random) -> &'static str {
    const LIFETIMES: [&str; 4] =
        ["", "", " valid_lft 7200 preferred_lft 3600", " valid_lft 7200 preferred_lft 0"];
    random.pick::<&str>(&LIFETIMES)
}

/// Next-hop objects 1 to 4 of IPv4, 11 to 14 of IPv6.
fn next_hops(family: Family, batch: &mut String) {
    let first = if family == Family::V4 { 1 } else { 11 };
    for (at, device) in DEVICES.iter().enumerate() {
        let gateway = on_wire(family, at, 254);
        line!(batch, "nexthop add id {} via {gateway} dev {device}", first + at);
    }
}

fn routes(family: Family, random: &mut Random, batch: &mut String) {
    for number in 0..ROUTES_PER_FAMILY {
        let table = random.pick(&TABLES);
        let length = random.between(24, 32);
        let (high, low) = (number / 200, number % 200);
        let prefix = match family {
            // Room for 256 hosts each: any length from 24 is one of its own.
            Family::V4 => format!("10.{high}.{low}.0/{length}"),
            Family::V6 => format!("fd02:{number:x}::/{}", 24 + length),
        };
        let way = way(family, random);
        let kind = random.pick(&["blackhole", "unreachable", "prohibit", "throw"]);
        let (kind, way) = if random.chance(15) { (*kind, String::new()) } else { ("unicast", way) };
        let mut rest = String::new();
        if random.chance(40) {
            let protocol = random.pick(&["static", "bgp", "ra", "123", "kernel"]);
            rest = format!("{rest} proto {protocol}");
        }
        if random.chance(40) {
            rest = format!("{rest} metric {}", random.between(1, 5000));
        }
        if random.chance(20) && kind == "unicast" && !way.contains("nhid") {
            rest = format!("{rest} mtu {} advmss 1000 initcwnd 20", random.between(1280, 1500));
        }
        if family == Family::V4 && random.chance(10) {
            rest = format!("{rest} tos 0x10");
        }
        if family == Family::V6 && kind == "unicast" && random.chance(10) {
            rest = format!("{rest} pref {}", random.pick(&["low", "high"]));
        }
        line!(batch, "route add {kind} {prefix} table {table}{rest} {way}");
    }
}

/// Where packets of a unicast route go.
fn way(family: Family, random: &mut Random) -> String {
    let (at, device) = device(random);
    let gateway = on_wire(family, at, random.between(2, 250));
    match random.between(0, 9) {
        0 => format!("dev {device}"),
        1 if family == Family::V4 => format!("dev {device} scope link"),
        2 => format!("via 192.0.2.{at} dev {device} onlink")
            .replace("192.0.2.", if family == Family::V4 { "192.0.2." } else { "2001:db8::" }),
        3 => {
            let hops = (0..DEVICES.len()).map(|at| {
                let (last, weight) = (random.between(2, 250), random.between(1, 200));
                let gateway = on_wire(family, at, last);
                format!("nexthop via {gateway} dev {} weight {weight}", DEVICES[at])
            });
            let hops: Vec<String> = hops.collect();
            let count = usize::try_from(random.between(2, 4)).expect("few hops");
            hops[..count].join(" ")
        }
        4 => {
            let first = if family == Family::V4 { 1 } else { 11 };
            format!("nhid {}", random.between(first, first + 4))
        }
        5 => format!("via {gateway} dev {device} src {}", on_wire(family, at, 1)),
        _ => format!("via {gateway} dev {device}"),
    }
}

fn rules(family: Family, random: &mut Random, batch: &mut String) {
    for number in 0..RULES_PER_FAMILY {
        let (from, to) = match family {
            Family::V4 => (format!("10.5.{number}.0/24"), format!("10.6.{number}.0/25")),
            Family::V6 => (format!("fd05:{number:x}::/64"), format!("fd06:{number:x}::/80")),
        };
        let mut words = String::new();
        let mut add = |percent: u64, random: &mut Random, more: String| {
            if random.chance(percent) {
                words = format!("{words} {more}");
            }
        };
        add(20, random, "not".to_owned());
        add(50, random, format!("from {from}"));
        add(30, random, format!("to {to}"));
        let mark = random.between(1, 0xffff);
        add(30, random, format!("fwmark {mark:#x}"));
        let bits = random.between(1, 0xff);
        add(20, random, format!("fwmark {:#x}/{bits:#x}", mark & bits));
        add(20, random, "iif eth0".to_owned());
        add(20, random, "oif nodevice".to_owned());
        add(20, random, "uidrange 1000-2000".to_owned());
        let protocol = *random.pick(&["tcp", "udp", "ipv6-icmp"]);
        add(25, random, format!("ipproto {protocol}"));
        add(20, random, "sport 80".to_owned());
        add(20, random, "dport 1000-2000".to_owned());
        add(10, random, "tun_id 77".to_owned());
        add(10, random, "tos 0x10".to_owned());
        let table = random.pick(&TABLES);
        let priority = 100 + number;
        let action = match random.between(0, 7) {
            0 => "unreachable".to_owned(),
            1 => "blackhole".to_owned(),
            2 => "prohibit".to_owned(),
            3 => "goto 32766".to_owned(),
            4 => format!("lookup {table} suppress_prefixlength 8"),
            5 => "nop".to_owned(),
            _ => format!("lookup {table}"),
        };
        line!(batch, "rule add priority {priority}{words} {action}");
    }
}

fn neighbours(family: Family, random: &mut Random, batch: &mut String) {
    for number in 0..NEIGHBOURS_PER_FAMILY {
        let (at, device) = device(random);
        let address = match family {
            Family::V4 => format!("172.16.{at}.{}", 20 + number),
            Family::V6 => format!("fd00:{at}::1:{number:x}"),
        };
        if random.chance(5) {
            line!(batch, "neighbour add proxy {address} dev {device}");
            continue;
        }
        let mut words = format!("lladdr 02:00:00:01:{at:02x}:{number:02x}");
        // States that stay without traffic for as long as the test looks.
        words =
            format!("{words} nud {}", random.pick(&["permanent", "permanent", "stale", "noarp"]));
        if random.chance(20) {
            words += " extern_learn";
        }
        if family == Family::V6 && random.chance(20) {
            words += " router";
        }
        if random.chance(20) {
            words = format!("{words} protocol {}", random.pick(&["static", "bgp"]));
        }
        line!(batch, "neighbour add {address} dev {device} {words}");
    }
}
