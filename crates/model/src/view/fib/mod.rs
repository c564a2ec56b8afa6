//! The look-up that the kernel's routing tables would answer, from facts alone.
//!
//! It follows the kernel function by function, odd turns included, and says [`Cannot`] where the
//! facts do not decide: it never guesses. What no dump shows, it cannot see:
//!
//! - exceptions that the kernel learned (ICMP redirects, path MTUs);
//! - IPv6 routes without a gateway between two routes by gateways of the same prefix and metric,
//!   which a dump shows as one and for which it leaves out the rest;
//! - router preferences of the second and later of such gateways;
//! - that a prefix which lost its IPv6 routes without a source prefix may keep those with one from
//!   being found.
//!
//! A property test of the lab compares it with RTM_GETROUTE of Linux 6.18.

mod answer;
mod hops;
mod path;
mod query;
mod reverse;
mod rules;
mod select;
mod tables;
#[cfg(test)]
mod tests;
mod v4;
mod v6;

use std::collections::HashMap;
use std::net::IpAddr;

pub use answer::{Cannot, FibAnswer, FibMatch, FibPart, Refusal};
pub use query::FibQuery;
pub use reverse::{SourceCheck, SourceRules};

use crate::{
    Address, Facts, Family, Link, Neighbour, NextHop, NextHopObject, Nud, Route, RouteErrno, Rule,
    Settings, order,
};
use tables::TableSet;

const DEFAULT: u32 = 253;
const MAIN: u32 = 254;
const LOCAL: u32 = 255;

/// The ifindex of `lo` in every network namespace. LOOPBACK_IFINDEX.
const LOOPBACK: u32 = 1;

/// What look-ups are made from.
#[derive(Clone, Copy, Debug)]
pub struct FibFacts<'a> {
    /// All rules of both families, in the kernel's order.
    pub rules: &'a [Rule],
    /// All tables, equal routes in the order of the dump.
    pub routes: &'a [Route],
    /// Next-hop objects, as far as they are known.
    pub nexthops: &'a [NextHopObject],
    /// All devices.
    pub links: Option<&'a [Link]>,
    /// All addresses.
    pub addresses: Option<&'a [Address]>,
    /// All neighbours. IPv6 avoids gateways that do not answer, and IPv4 does so among default
    /// routes of one metric.
    pub neighbours: Option<&'a [Neighbour]>,
    /// Settings of devices and namespace: `route_localnet`, and `net.ipv6.conf.all.forwarding`, as
    /// a router does not ask whether gateways answer.
    pub settings: Option<&'a Settings>,
    /// Whether an IPv4 rule was ever added or deleted; a rule list like that of a new namespace
    /// does not tell.
    pub rules_changed_v4: Option<bool>,
    /// Whether an IPv6 rule was ever added; a rule list that lacks some of a new namespace's does
    /// not tell.
    pub rules_changed_v6: Option<bool>,
}

/// The routing tables of a host, ready for look-ups.
#[derive(Debug)]
pub struct Fib<'a> {
    facts: FibFacts<'a>,
    tables: TableSet<'a>,
    objects: HashMap<u32, &'a NextHopObject>,
    neighbours: Option<HashMap<(u32, IpAddr), Nud>>,
    /// The least and the greatest prefix length of the IPv6 routes by each next-hop object.
    lengths: HashMap<u32, (u8, u8)>,
    /// An IPv4 route of the type `local` was made by hand.
    local_by_hand: bool,
}

/// What one table says.
#[derive(Clone, Copy, Debug)]
enum TableAnswer<'a> {
    /// Take this.
    Found(Pick<'a>),
    /// The errno of an entry that refuses.
    Refused(RouteErrno, &'a Route),
    /// No entry, or one that says `throw`: on to the next rule.
    Again,
}

/// An entry and the first of its next hops that will do.
#[derive(Clone, Copy, Debug)]
struct Pick<'a> {
    route: &'a Route,
    /// `None` for a next-hop object that drops.
    hop: Option<NextHop>,
}

impl<'a> Fib<'a> {
    /// From the facts about a host.
    ///
    /// # Errors
    /// When rules or routes were not read in full. Other parts are missed only by look-ups that
    /// need them.
    pub fn of(facts: &'a Facts) -> Result<Self, Cannot> {
        Ok(Self::new(FibFacts {
            rules: facts.rules.whole().ok_or(Cannot::NotRead(FibPart::Rules))?,
            routes: facts.routes.whole().ok_or(Cannot::NotRead(FibPart::Routes))?,
            nexthops: facts.nexthops.data().map_or(&[], Vec::as_slice),
            links: facts.links.whole().map(Vec::as_slice),
            addresses: facts.addresses.whole().map(Vec::as_slice),
            neighbours: facts.neighbours.whole().map(Vec::as_slice),
            settings: facts.settings.data(),
            rules_changed_v4: None,
            rules_changed_v6: None,
        }))
    }

    /// From the tables themselves.
    pub fn new(facts: FibFacts<'a>) -> Self {
        let states = |all: &[Neighbour]| {
            let entries = all.iter().filter(|entry| !entry.flags.proxy);
            entries.map(|entry| ((entry.ifindex, entry.address), entry.state)).collect()
        };
        let mut fib = Self {
            facts,
            tables: TableSet::new(facts.routes),
            objects: facts.nexthops.iter().map(|object| (object.id, object)).collect(),
            neighbours: facts.neighbours.map(states),
            lengths: HashMap::new(),
            local_by_hand: facts.routes.iter().any(reverse::is_local_by_hand),
        };
        for route in facts.routes.iter().filter(|route| route.family == Family::V6) {
            let len = route.destination.prefix_len();
            for id in fib.members(route) {
                let (least, most) = fib.lengths.entry(id).or_insert((len, len));
                (*least, *most) = (len.min(*least), len.max(*most));
            }
        }
        fib
    }

    /// What the kernel would answer: the look-up of a packet of this host, or with `iif` that of a
    /// packet that came in, as far as rules and tables decide about it (not the reverse path).
    ///
    /// # Errors
    /// When the facts do not decide.
    pub fn lookup(&self, query: &FibQuery) -> Result<FibAnswer<'a>, Cannot> {
        self.check(query)?;
        match query.family() {
            Family::V4 => self.lookup_v4(query),
            Family::V6 => self.lookup_v6(query),
        }
    }

    /// What one table alone would answer, whatever the rules.
    ///
    /// # Errors
    /// When the facts do not decide.
    pub fn lookup_table(&self, query: &FibQuery, table: u32) -> Result<FibAnswer<'a>, Cannot> {
        self.check(query)?;
        match query.family() {
            Family::V4 => self.lookup_table_v4(query, table),
            Family::V6 => self.lookup_table_v6(query, table),
        }
    }

    fn check(&self, query: &FibQuery) -> Result<(), Cannot> {
        let special = match query.destination {
            IpAddr::V4(v4) => v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_unspecified() || v6.is_multicast(),
        };
        if special {
            return Err(Cannot::Destination(query.destination));
        }
        for ifindex in [query.oif, query.iif] {
            if ifindex != 0 && self.belongs_to_vrf(ifindex)? {
                return Err(Cannot::Vrf { ifindex });
            }
        }
        Ok(())
    }

    fn belongs_to_vrf(&self, ifindex: u32) -> Result<bool, Cannot> {
        let is_vrf = |link: &Link| link.kind.as_ref().is_some_and(|kind| kind.0 == "vrf");
        let Some(link) = self.link(ifindex)? else { return Ok(false) };
        let master = match link.master_ifindex {
            Some(master) => self.link(master)?,
            None => None,
        };
        Ok(is_vrf(link) || master.is_some_and(is_vrf))
    }

    /// Whether IPv6 forwards, on any device.
    fn forwards_v6(&self) -> Option<bool> {
        let value = self.facts.settings?.values.get("net.ipv6.conf.all.forwarding")?;
        Some(*value != 0)
    }

    /// Whether loopback addresses are let through a device.
    fn routes_localnet(&self, ifindex: u32) -> Option<bool> {
        self.facts.settings?.devices.get(&ifindex)?.route_localnet
    }

    fn link(&self, ifindex: u32) -> Result<Option<&'a Link>, Cannot> {
        let links = self.facts.links.ok_or(Cannot::NotRead(FibPart::Links))?;
        Ok(links.iter().find(|link| link.ifindex == ifindex))
    }

    fn rules_of(&self, family: Family) -> Vec<&'a Rule> {
        let mut rules: Vec<&Rule> =
            self.facts.rules.iter().filter(|rule| rule.family == family).collect();
        order::sort_by_key(&mut rules, |rule| rule.priority);
        rules
    }
}
