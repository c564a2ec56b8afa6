//! Which rules can end a packet.
//!
//! Three-valued: a rule matches, does not, or cannot be judged from what is known about the packet. Of
//! what cannot be judged both outcomes are followed.

mod matching;
mod reach;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use self::matching::names;
use crate::{
    ConntrackStates, FilterChain, FilterFamily, FilterRule, FilterSystem, Foreign, Hook, RuleId,
    RuleVerdict, Term, order,
};

pub use self::matching::matches;
pub use self::reach::bases;

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
    order::sort_by_key(&mut bases, |chain| chain.base.as_ref().map_or(0, |base| base.priority));
    let mut walk = Walk { chains, packet, hook, stops: Vec::new(), steps: 0 };
    for base in bases {
        let policy = base.base.as_ref().map(|base| &base.policy);
        let first = walk.stops.len();
        let end = walk.chain(base, 0, true);
        if end.passes != Passes::Never && policy.is_some_and(RuleVerdict::ends_packet) {
            let certain = end.certain;
            walk.stops.push(Stop { hook, chain: base, rule: None, certain });
        }
        // Only what comes or leaves through a bridge passes its chains: whether these packets do, a
        // counter has to tell.
        if base.family == FilterFamily::Bridge {
            for stop in walk.stops.iter_mut().skip(first) {
                stop.certain &= stop.counts();
            }
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
                    if !sure {
                        // What does not end here comes to the next rule as before.
                        passes = Passes::Sometimes;
                        continue;
                    }
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
                    passes = Passes::Sometimes;
                    continue;
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
