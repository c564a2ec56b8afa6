//! Hosts written as text: `ip`'s words, cut short.

use std::collections::BTreeMap;
use std::str::SplitWhitespace;

use ipnet::IpNet;

use super::super::{Cannot, Fib, FibAnswer, FibFacts, FibQuery, Refusal};
use super::parse::{HOP, device, number, route, rule};
use crate::{
    Address, DeviceSettings, Family, Foreign, Link, Neighbour, NeighbourFlags, NextHop,
    NextHopObject, Nud, OperState, Route, Rule, Settings, Span,
};

/// A host with `lo` and the devices `eth0` to `eth3`, ifindex 2 to 5.
pub(super) struct World {
    pub(super) rules: Vec<Rule>,
    pub(super) routes: Vec<Route>,
    pub(super) nexthops: Vec<NextHopObject>,
    pub(super) links: Option<Vec<Link>>,
    pub(super) addresses: Option<Vec<Address>>,
    pub(super) neighbours: Option<Vec<Neighbour>>,
    pub(super) settings: Option<Settings>,
    pub(super) rules_changed_v4: Option<bool>,
    pub(super) rules_changed_v6: Option<bool>,
}

fn link(name: &str) -> Link {
    Link {
        ifindex: device(name),
        name: Foreign(name.to_owned()),
        alias: None,
        up: true,
        carrier: true,
        loopback: name == "lo",
        point_to_point: false,
        noarp: false,
        promiscuous: false,
        operstate: OperState::Up,
        kind: None,
        mac: None,
        mtu_bytes: 1500,
        master_ifindex: None,
        peer_ifindex: None,
        peer_netns_id: None,
        xdp_program_ids: Vec::new(),
        traffic: None,
    }
}

impl World {
    /// Lines begin with `addr`, `rule`, `rule6`, `route`, `route6`, `nexthop`, `neigh`. The rules
    /// of a new namespace are there. An address brings its local route and that of its prefix.
    pub(super) fn new(text: &str) -> Self {
        let names = ["lo", "eth0", "eth1", "eth2", "eth3"];
        let closed = DeviceSettings { route_localnet: Some(false), ..DeviceSettings::default() };
        let settings = Settings {
            devices: names.iter().map(|name| (device(name), closed)).collect(),
            values: BTreeMap::from([("net.ipv6.conf.all.forwarding".into(), 0)]),
        };
        let mut world = Self {
            rules: Vec::new(),
            routes: Vec::new(),
            nexthops: Vec::new(),
            links: Some(names.iter().map(|name| link(name)).collect()),
            addresses: Some(Vec::new()),
            neighbours: Some(Vec::new()),
            settings: Some(settings),
            rules_changed_v4: None,
            rules_changed_v6: None,
        };
        for (family, line) in [
            (Family::V4, "0 lookup local"),
            (Family::V4, "32766 lookup main"),
            (Family::V4, "32767 lookup default"),
            (Family::V6, "0 lookup local"),
            (Family::V6, "32766 lookup main"),
        ] {
            world.rules.push(rule(family, line));
        }
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (noun, rest) = line.split_once(' ').unwrap();
            match noun {
                "rule" => world.rules.push(rule(Family::V4, rest)),
                "rule6" => world.rules.push(rule(Family::V6, rest)),
                "route" => world.routes.push(route(Family::V4, rest)),
                "route6" => world.routes.push(route(Family::V6, rest)),
                "addr" => world.address(rest.split_whitespace()),
                "nexthop" => world.nexthop(rest.split_whitespace()),
                "neigh" => world.neighbour(rest.split_whitespace()),
                noun => panic!("{noun}"),
            }
        }
        world
    }

    fn address(&mut self, mut words: SplitWhitespace<'_>) {
        let net: IpNet = words.next().unwrap().parse().unwrap();
        let name = words.next().unwrap();
        self.addresses.get_or_insert_default().push(Address {
            secondary: words.next() == Some("secondary"),
            ..Address::new(device(name), net)
        });
        let family = Family::of(net.addr());
        let metric = if family == Family::V6 { 256 } else { 0 };
        let own = net.addr();
        let local = format!("local {own} table local metric 0 proto 2 dev {name}");
        let connected = format!("{} metric {metric} proto 2 dev {name}", net.trunc());
        self.routes.push(route(family, &local));
        self.routes.push(route(family, &connected));
    }

    fn nexthop(&mut self, mut words: SplitWhitespace<'_>) {
        let id = number(words.next().unwrap());
        let mut object = NextHopObject { id, group: Vec::new(), next_hop: None, blackhole: false };
        while let Some(word) = words.next() {
            match word {
                "blackhole" => object.blackhole = true,
                "group" => {
                    let members = words.next().unwrap().split('/');
                    object.group = members.map(|member| (number(member), 1)).collect();
                }
                "via" => {
                    let gateway = words.next().unwrap().parse().unwrap();
                    object.next_hop.get_or_insert(HOP).gateway = Some(gateway);
                }
                "dev" => object.next_hop.get_or_insert(HOP).ifindex = device(words.next().unwrap()),
                "dead" => object.next_hop.get_or_insert(HOP).flags.dead = true,
                word => panic!("{word}"),
            }
        }
        self.nexthops.push(object);
    }

    fn neighbour(&mut self, mut words: SplitWhitespace<'_>) {
        let address = words.next().unwrap().parse().unwrap();
        let ifindex = device(words.next().unwrap());
        let state = match words.next().unwrap() {
            "failed" => Nud::Failed,
            "reachable" => Nud::Reachable,
            "stale" => Nud::Stale,
            word => panic!("{word}"),
        };
        self.neighbours.get_or_insert_default().push(Neighbour {
            ifindex,
            address,
            state,
            mac: None,
            flags: NeighbourFlags::default(),
            ages: None,
            probes_count: None,
            protocol: None,
        });
    }

    pub(super) fn fib(&self) -> Fib<'_> {
        Fib::new(FibFacts {
            rules: &self.rules,
            routes: &self.routes,
            nexthops: &self.nexthops,
            links: self.links.as_deref(),
            addresses: self.addresses.as_deref(),
            neighbours: self.neighbours.as_deref(),
            settings: self.settings.as_ref(),
            rules_changed_v4: self.rules_changed_v4,
            rules_changed_v6: self.rules_changed_v6,
        })
    }

    /// The answer to a question such as `10.9.0.1 from 10.1.0.10 oif eth0`, in words.
    pub(super) fn ask(&self, question: &str) -> String {
        words(&self.fib().lookup(&query(question)))
    }

    #[track_caller]
    pub(super) fn check(&self, question: &str, expected: &str) {
        assert_eq!(self.ask(question), expected, "{question}");
    }
}

/// `TO [from IP] [oif DEV] [iif DEV] [mark N] [uid N] [tcp SPORT DPORT] [tos N] [bound]`; uid 0.
pub(super) fn query(question: &str) -> FibQuery {
    let mut words = question.split_whitespace();
    let mut query = FibQuery::to(words.next().unwrap().parse().unwrap());
    query.uid = Some(0);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap();
        match word {
            "from" => query.source = Some(value().parse().unwrap()),
            "oif" => query.oif = device(value()),
            "iif" => query.iif = device(value()),
            "mark" => query.mark = number(value()),
            "uid" => query.uid = value().parse().ok(),
            "tos" => query.tos = u8::try_from(number(value())).unwrap(),
            "bound" => query.bound = true,
            "tcp" => {
                query.ip_protocol = 6;
                query.sport = u16::try_from(number(value())).unwrap();
                query.dport = u16::try_from(number(value())).unwrap();
            }
            word => panic!("{word}"),
        }
    }
    query
}

fn hops(hops: &[NextHop]) -> String {
    let hop = |hop: &NextHop| {
        let gateway = hop.gateway.map_or_else(String::new, |ip| format!("via {ip} "));
        let name =
            if hop.ifindex == 1 { "lo".to_owned() } else { format!("eth{}", hop.ifindex - 2) };
        format!("{gateway}dev {name}")
    };
    hops.iter().map(hop).collect::<Vec<_>>().join(" | ")
}

/// The answer in words.
pub(super) fn words(answer: &Result<FibAnswer<'_>, Cannot>) -> String {
    let entry = |route: &Route| {
        format!("{} {} table {}", route.kind.name(), route.destination, route.table)
    };
    match answer {
        Err(cannot) => {
            let words: String = cannot.text().spans().iter().map(Span::raw).collect();
            format!("cannot: {words}")
        }
        Ok(FibAnswer::AssumedOnLink { oif }) => format!("on the wire of eth{}", oif - 2),
        Ok(FibAnswer::Found(found)) => {
            let mut words = entry(found.route);
            if !found.next_hops.is_empty() {
                words = format!("{words} {}", hops(&found.next_hops));
            }
            if !found.source_matched.is_empty() {
                words = format!("{words}, rather {}", hops(&found.source_matched));
            }
            words
        }
        Ok(FibAnswer::Refused { errno, by }) => {
            let by = match by {
                Refusal::NoRoute => "no route".to_owned(),
                Refusal::Route { route, .. } => entry(route),
                Refusal::Rule(rule) => format!("rule {}", rule.priority),
                Refusal::Source(_) => "source".to_owned(),
                Refusal::Device(_) => "device".to_owned(),
            };
            format!("{}: {by}", errno.name())
        }
    }
}
