//! Which rules can end a packet.
//!
//! Three-valued: a rule matches, does not, or cannot be judged from what is known about the packet. Of
//! what cannot be judged both outcomes are followed.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::{
    ConntrackStates, FilterChain, FilterRule, FilterSystem, Foreign, Hook, RuleId, RuleVerdict,
    Term, Test,
};

/// Chains called one from another at most; the kernel allows 16.
const DEPTH_MAX: usize = 16;

/// Rules looked at for one packet at most: jumps can make their number grow exponentially.
const STEPS_MAX: usize = 200_000;

/// A TCP packet as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Source address.
    pub source: Option<IpAddr>,
    /// Destination address; it decides the family.
    pub destination: IpAddr,
    /// Source port.
    pub source_port: Option<u16>,
    /// Destination port.
    pub destination_port: Option<u16>,
    /// TCP flags: 0x02 SYN, 0x04 RST, 0x10 ACK.
    pub flags: u8,
    /// Device it came by.
    pub in_device: Option<&'a str>,
    /// Device it leaves by.
    pub out_device: Option<&'a str>,
    /// States that connection tracking can have for it.
    pub conntrack: Option<ConntrackStates>,
}

/// A place where a packet ends.
#[derive(Clone, Copy, Debug)]
pub struct Stop<'a> {
    /// The hook it is called from.
    pub hook: Hook,
    /// Chain of the rule.
    pub chain: &'a FilterChain,
    /// The rule; `None` for the policy of the chain.
    pub rule: Option<&'a FilterRule>,
    /// Every packet of this kind that gets here ends here; otherwise it depends on what is not known.
    pub certain: bool,
}

impl Stop<'_> {
    /// Its counter, to find it in a second reading.
    pub fn id(&self) -> RuleId {
        RuleId {
            system: self.chain.system,
            family: self.chain.family,
            table: self.chain.table.clone(),
            chain: self.chain.name.clone(),
            handle: self.rule.map_or(0, |rule| rule.handle),
        }
    }

    /// True when it counts the packets that end here.
    pub fn counts(&self) -> bool {
        match self.rule {
            Some(rule) => rule.packet_count.is_some(),
            None => self.chain.base.as_ref().is_some_and(|base| base.policy_packet_count.is_some()),
        }
    }

    /// The conditions of the rule; none for a policy.
    pub fn terms(&self) -> &[Term] {
        self.rule.map_or(&[], |rule| &rule.terms)
    }
}

/// Everything at `hook` that ends the packet or can, in the order of the kernel's calls.
pub fn stops<'a>(chains: &'a [FilterChain], hook: Hook, packet: &Packet<'_>) -> Vec<Stop<'a>> {
    let mut bases: Vec<&FilterChain> = chains
        .iter()
        .filter(|chain| chain.family.covers(packet.destination))
        .filter(|chain| chain.base.as_ref().is_some_and(|base| base.hook == hook))
        .filter(|chain| on_device(chain, packet))
        .collect();
    bases.sort_by_key(|chain| chain.base.as_ref().map_or(0, |base| base.priority));
    let mut walk = Walk { chains, packet, hook, stops: Vec::new(), steps: 0 };
    for base in bases {
        let policy = base.base.as_ref().map(|base| &base.policy);
        let end = walk.chain(base, 0, true);
        if end.passes != Passes::Never && policy.is_some_and(RuleVerdict::ends_packet) {
            let certain = end.passes == Passes::Always && end.certain;
            walk.stops.push(Stop { hook, chain: base, rule: None, certain });
        }
    }
    walk.stops
}

fn on_device(chain: &FilterChain, packet: &Packet<'_>) -> bool {
    let devices = chain.base.as_ref().map_or(&[][..], |base| &base.devices);
    let device = packet.in_device.or(packet.out_device);
    devices.is_empty() || device.is_none_or(|name| names(devices, name))
}

/// Whether a packet goes on after a chain's last rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passes {
    Always,
    Sometimes,
    Never,
}

struct End {
    passes: Passes,
    /// What was found on the way holds for every such packet.
    certain: bool,
}

struct Walk<'a, 'p> {
    chains: &'a [FilterChain],
    packet: &'p Packet<'p>,
    hook: Hook,
    stops: Vec<Stop<'a>>,
    steps: usize,
}

impl<'a> Walk<'a, '_> {
    /// `certain`: every packet of this kind comes to the first rule.
    fn chain(&mut self, chain: &'a FilterChain, depth: usize, mut certain: bool) -> End {
        let mut passes = Passes::Always;
        for rule in &chain.rules {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return End { passes: Passes::Sometimes, certain: false };
            }
            let matched = matches(rule, self.packet);
            if matched == Some(false) {
                continue;
            }
            let sure = matched == Some(true);
            let ends = match &rule.verdict {
                RuleVerdict::Continue => continue,
                RuleVerdict::Drop | RuleVerdict::Reject => {
                    let stop =
                        Stop { hook: self.hook, chain, rule: Some(rule), certain: sure && certain };
                    self.stops.push(stop);
                    Passes::Never
                }
                RuleVerdict::Accept => Passes::Never,
                RuleVerdict::Return => {
                    if sure {
                        return End { passes, certain };
                    }
                    certain = false;
                    continue;
                }
                RuleVerdict::Queue => {
                    // What the process says is not known.
                    let stop = Stop { hook: self.hook, chain, rule: Some(rule), certain: false };
                    self.stops.push(stop);
                    Passes::Sometimes
                }
                RuleVerdict::Unknown => Passes::Sometimes,
                RuleVerdict::Jump(name) | RuleVerdict::Goto(name) => {
                    let jump = matches!(rule.verdict, RuleVerdict::Jump(_));
                    let end = self.called(chain, name, depth, certain && sure);
                    certain &= end.certain || !sure;
                    match (jump, sure) {
                        (true, _) => end.passes,
                        // What comes back from a goto goes on after the caller's caller.
                        (false, true) => {
                            return End { passes: weaker(passes, end.passes), certain };
                        }
                        (false, false) => Passes::Sometimes,
                    }
                }
            };
            match (ends, sure) {
                (Passes::Never, true) => return End { passes: Passes::Never, certain },
                (Passes::Always, _) => {}
                _ => {
                    passes = Passes::Sometimes;
                    certain = false;
                }
            }
        }
        End { passes, certain }
    }

    fn called(&mut self, from: &FilterChain, name: &Foreign, depth: usize, certain: bool) -> End {
        let target = self.chains.iter().find(|chain| {
            chain.name == *name
                && (chain.system, chain.family) == (from.system, from.family)
                && chain.table == from.table
        });
        match target {
            Some(target) if depth < DEPTH_MAX => self.chain(target, depth + 1, certain),
            // A chain that was not read, or more calls than the kernel permits.
            _ => End { passes: Passes::Sometimes, certain: false },
        }
    }
}

fn weaker(one: Passes, other: Passes) -> Passes {
    match (one, other) {
        (Passes::Always, other) => other,
        (_, Passes::Never) => Passes::Never,
        _ => Passes::Sometimes,
    }
}

/// Whether all conditions of a rule hold for a packet; `None` when that is not known.
pub fn matches(rule: &FilterRule, packet: &Packet<'_>) -> Option<bool> {
    let mut known = true;
    for term in &rule.terms {
        match test(&term.test, packet).map(|holds| holds != term.negated) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

fn test(test: &Test, packet: &Packet<'_>) -> Option<bool> {
    match test {
        Test::IpVersion(version) => {
            Some(*version == if packet.destination.is_ipv4() { 4 } else { 6 })
        }
        Test::Protocol(protocols) => Some(protocols.contains(&TCP)),
        Test::Source(ranges) => Some(holds_address(ranges, packet.source?)),
        Test::Destination(ranges) => Some(holds_address(ranges, packet.destination)),
        Test::SourcePort(ranges) => Some(holds_port(ranges, packet.source_port?)),
        Test::DestinationPort(ranges) => Some(holds_port(ranges, packet.destination_port?)),
        Test::InDevice(devices) => Some(names(devices, packet.in_device?)),
        Test::OutDevice(devices) => Some(names(devices, packet.out_device?)),
        Test::TcpFlags { mask, values } => Some(values.contains(&(packet.flags & mask))),
        Test::ConntrackState(states) => within(packet.conntrack?, *states),
        Test::ReversePath | Test::Other => None,
    }
}

const TCP: u8 = 6;

fn holds_address(ranges: &[(IpAddr, IpAddr)], address: IpAddr) -> bool {
    ranges.iter().any(|(low, high)| {
        low.is_ipv4() == address.is_ipv4() && *low <= address && address <= *high
    })
}

fn holds_port(ranges: &[RangeInclusive<u16>], port: u16) -> bool {
    ranges.iter().any(|range| range.contains(&port))
}

fn names(devices: &[Foreign], name: &str) -> bool {
    devices.iter().any(|device| match device.0.strip_suffix(['*', '+']) {
        Some(start) => name.starts_with(start),
        None => device.0 == name,
    })
}

/// Whether the state is one of `states`, when it is one of `can_be`.
fn within(can_be: ConntrackStates, states: ConntrackStates) -> Option<bool> {
    let pairs = [
        (can_be.invalid, states.invalid),
        (can_be.established, states.established),
        (can_be.related, states.related),
        (can_be.new, states.new),
        (can_be.untracked, states.untracked),
    ];
    let inside = pairs.iter().any(|&(can, wanted)| can && wanted);
    let outside = pairs.iter().any(|&(can, wanted)| can && !wanted);
    match (inside, outside) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

impl FilterSystem {
    /// The command that lists a table with its counters.
    pub fn listing(self, chain: &FilterChain) -> String {
        match self {
            Self::Nftables => format!("nft -a list table {} {}", chain.family.name(), chain.table),
            Self::XTables => {
                let tool = if chain.family.name() == "ip6" { "ip6tables" } else { "iptables" };
                format!("{tool}-legacy -t {} -vnxL {}", chain.table, chain.name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseChain, ChainKind, FilterFamily};

    const ACK: u8 = 0x10;

    fn ack() -> Packet<'static> {
        Packet {
            source: Some("10.9.0.7".parse().unwrap()),
            destination: "10.1.0.10".parse().unwrap(),
            source_port: Some(4000),
            destination_port: Some(80),
            flags: ACK,
            in_device: None,
            out_device: None,
            conntrack: None,
        }
    }

    fn rule(handle: u64, tests: Vec<Test>, verdict: RuleVerdict) -> FilterRule {
        let terms = tests.into_iter().map(|test| Term { negated: false, test }).collect();
        FilterRule { handle, text: Foreign(String::new()), terms, verdict, packet_count: Some(0) }
    }

    fn chain(name: &str, policy: Option<RuleVerdict>, rules: Vec<FilterRule>) -> FilterChain {
        FilterChain {
            system: FilterSystem::Nftables,
            family: FilterFamily::Inet,
            table: Foreign("lab".into()),
            name: Foreign(name.into()),
            base: policy.map(|policy| BaseChain {
                hook: Hook::Input,
                priority: 0,
                kind: ChainKind::Filter,
                policy,
                policy_packet_count: None,
                devices: Vec::new(),
            }),
            rules,
        }
    }

    /// Handles of what ends an ACK, 0 for the policy; negative when it depends.
    #[track_caller]
    fn check(chains: &[FilterChain], packet: &Packet<'_>, expected: &[i64]) {
        let found: Vec<i64> = stops(chains, Hook::Input, packet)
            .iter()
            .map(|stop| {
                let handle = stop.rule.map_or(1_000, |rule| i64::try_from(rule.handle).unwrap());
                if stop.certain { handle } else { -handle }
            })
            .collect();
        assert_eq!(found, expected);
    }

    fn port(number: u16) -> Test {
        Test::DestinationPort(vec![number..=number])
    }

    #[test]
    fn a_drop_ends_what_it_matches() {
        use RuleVerdict::{Accept, Drop};
        let rules = vec![rule(1, vec![port(443)], Drop), rule(2, vec![port(80)], Drop)];
        check(&[chain("in", Some(Accept), rules)], &ack(), &[2]);
    }

    #[test]
    fn what_is_accepted_before_is_safe() {
        use RuleVerdict::{Accept, Drop};
        let rules = vec![rule(1, vec![port(80)], Accept)];
        check(&[chain("in", Some(Drop), rules.clone())], &ack(), &[]);
        let other = Packet { destination_port: Some(22), ..ack() };
        check(&[chain("in", Some(Drop), rules)], &other, &[1_000]);
    }

    #[test]
    fn what_is_not_known_can_go_both_ways() {
        use RuleVerdict::{Accept, Drop};
        let limited = rule(1, vec![Test::Other], Accept);
        check(&[chain("in", Some(Drop), vec![limited.clone()])], &ack(), &[-1_000]);
        let rules = vec![rule(2, vec![Test::Other], Drop), rule(3, vec![port(80)], Drop)];
        check(&[chain("in", Some(Accept), rules)], &ack(), &[-2, -3]);
    }

    #[test]
    fn jumps_are_followed_and_come_back() {
        use RuleVerdict::{Accept, Drop, Jump, Return};
        let to = |name: &str| Jump(Foreign(name.into()));
        let chains = [
            chain(
                "in",
                Some(Drop),
                vec![rule(1, vec![], to("web")), rule(2, vec![port(80)], Accept)],
            ),
            chain(
                "web",
                None,
                vec![
                    rule(3, vec![port(443)], Drop),
                    rule(4, vec![], Return),
                    rule(5, vec![], Drop),
                ],
            ),
        ];
        check(&chains, &ack(), &[]);
        let other = Packet { destination_port: Some(443), ..ack() };
        check(&chains, &other, &[3]);
    }

    #[test]
    fn a_circle_of_jumps_ends() {
        use RuleVerdict::{Accept, Jump};
        let to = |name: &str| Jump(Foreign(name.into()));
        let chains = [
            chain("in", Some(Accept), vec![rule(1, vec![], to("a")), rule(2, vec![], to("a"))]),
            chain("a", None, vec![rule(3, vec![], to("a")), rule(4, vec![], to("a"))]),
        ];
        check(&chains, &ack(), &[]);
    }

    #[test]
    fn the_state_decides_when_it_is_known() {
        use RuleVerdict::{Accept, Drop};
        let invalid = ConntrackStates { invalid: true, ..ConntrackStates::default() };
        let established = ConntrackStates { established: true, ..ConntrackStates::default() };
        let either = ConntrackStates { invalid: true, established: true, ..invalid };
        let chains =
            [chain("in", Some(Accept), vec![rule(1, vec![Test::ConntrackState(invalid)], Drop)])];
        check(&chains, &Packet { conntrack: Some(established), ..ack() }, &[]);
        check(&chains, &Packet { conntrack: Some(invalid), ..ack() }, &[1]);
        check(&chains, &Packet { conntrack: Some(either), ..ack() }, &[-1]);
    }
}
