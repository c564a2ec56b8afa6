//! What a look-up ends with.

use std::net::IpAddr;

use crate::{NextHop, Route, RouteErrno, Rule, Text, text};

/// The answer of the kernel's tables to one look-up.
#[derive(Clone, Debug)]
pub enum FibAnswer<'a> {
    /// An entry says where the packet goes.
    Found(FibMatch<'a>),
    /// The look-up fails.
    Refused {
        /// What it fails with.
        errno: RouteErrno,
        /// What refuses.
        by: Refusal<'a>,
    },
    /// No entry leads out by the device that was asked for, so IPv4 takes the destination to be on
    /// the wire of that device.
    AssumedOnLink {
        /// Ifindex of the device.
        oif: u32,
    },
}

/// The entry that decides.
#[derive(Clone, Debug)]
pub struct FibMatch<'a> {
    /// The rule that led to its table; `None` when a single table was looked into.
    pub rule: Option<&'a Rule>,
    /// The entry, with prefix, table, metric and kind.
    pub route: &'a Route,
    /// The ways out that it can take. Among several a hash over the packet decides, which is not
    /// predicted. Empty when it leads to this host.
    pub next_hops: Vec<NextHop>,
    /// Those of `next_hops` whose device has the packet's source as the address it would choose
    /// itself. When there are any, Linux 6.16 and later takes one of these. IPv4 only, and not for
    /// next-hop objects.
    pub source_matched: Vec<NextHop>,
}

/// What makes a look-up fail.
#[derive(Clone, Copy, Debug)]
pub enum Refusal<'a> {
    /// No entry matches.
    NoRoute,
    /// An entry of the kind blackhole, unreachable or prohibit.
    Route {
        /// The rule that led to its table; `None` when a single table was looked into.
        rule: Option<&'a Rule>,
        /// The entry.
        route: &'a Route,
    },
    /// A rule of that kind.
    Rule(&'a Rule),
    /// The source is not an address of this host.
    Source(IpAddr),
    /// The device that was asked for does not exist, or is switched off.
    Device(u32),
}

impl FibAnswer<'_> {
    /// True when both say the same: the same entry and ways out, or the same errno from the same
    /// rule or entry.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Found(one), Self::Found(two)) => {
                std::ptr::eq(one.route, two.route) && one.next_hops == two.next_hops
            }
            (Self::Refused { errno: one, .. }, Self::Refused { errno: two, .. }) => one == two,
            (Self::AssumedOnLink { oif: one }, Self::AssumedOnLink { oif: two }) => one == two,
            _ => false,
        }
    }
}

/// Why the facts do not tell what the kernel would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cannot {
    /// This part of the facts was not read, or not in full.
    NotRead(FibPart),
    /// The rule of this priority has an attribute that this program does not know.
    UnknownSelector {
        /// Priority of the rule.
        priority: u32,
        /// Number of the attribute, `FRA_*`.
        attribute: u16,
    },
    /// The rule of this priority has an action that this program does not know.
    UnknownAction {
        /// Priority of the rule.
        priority: u32,
    },
    /// The rule of this priority asks for the uid, which is not known.
    Uid {
        /// Priority of the rule.
        priority: u32,
    },
    /// The rule of this priority asks for the group of the device, which is not among the facts.
    DeviceGroup {
        /// Priority of the rule.
        priority: u32,
    },
    /// The rule of this priority suppresses by prefix length, and IPv6 routes of several lengths
    /// share a next-hop object: the kernel takes the length of the one that was first used.
    SharedNextHop {
        /// Priority of the rule.
        priority: u32,
    },
    /// The next-hop object is not among the facts.
    NextHopObject {
        /// Its id.
        id: u32,
    },
    /// A device belongs to a VRF, whose look-up is not modelled.
    Vrf {
        /// Ifindex of the device.
        ifindex: u32,
    },
    /// What goes to this address is not decided by the tables alone: unspecified, multicast or
    /// limited broadcast.
    Destination(IpAddr),
    /// The gateway is an address of this host. If it was one when the route was made, the kernel
    /// takes the destination to be on the wire.
    OwnGateway(IpAddr),
    /// An entry is in the last second of its lifetime.
    Expiring,
    /// Several default routes of one metric: the kernel remembers which gateway failed last.
    DefaultGateways,
    /// It depends on whether the gateways of an IPv6 route answer, which is not known.
    Reachability,
    /// It depends on whether rules were ever changed since the host started: IPv4 keeps `local` and
    /// `main` in one table until then, IPv6 does not look at its rules.
    RuleHistory,
    /// It depends on `route_localnet` of the device, which is not among the facts.
    RouteLocalnet,
}

/// A part of the facts that look-ups need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FibPart {
    /// Policy rules.
    Rules,
    /// Routing tables.
    Routes,
    /// Devices.
    Links,
    /// Addresses of this host.
    Addresses,
}

impl Cannot {
    /// The reason for people, to follow "because".
    pub fn text(&self) -> Text {
        match *self {
            Self::NotRead(FibPart::Rules) => text!["the rules were not read in full"],
            Self::NotRead(FibPart::Routes) => text!["the routing tables were not read in full"],
            Self::NotRead(FibPart::Links) => text!["the devices were not read in full"],
            Self::NotRead(FibPart::Addresses) => text!["the addresses were not read in full"],
            Self::UnknownSelector { priority, attribute } => {
                text!["rule ", priority, " has the unknown selector ", attribute]
            }
            Self::UnknownAction { priority } => text!["rule ", priority, " has an unknown action"],
            Self::Uid { priority } => {
                text!["rule ", priority, " asks for the uid, which is not known"]
            }
            Self::DeviceGroup { priority } => {
                text!["rule ", priority, " asks for the group of the device, which is not known"]
            }
            Self::SharedNextHop { priority } => {
                text!["rule ", priority, " asks for the prefix of routes that share a next hop"]
            }
            Self::NextHopObject { id } => text!["next-hop object ", id, " is not known"],
            Self::Vrf { ifindex } => text!["device ", ifindex, " belongs to a VRF"],
            Self::Destination(ip) => text!["tables alone do not decide about ", ip],
            Self::OwnGateway(gateway) => text!["the gateway ", gateway, " is this host itself"],
            Self::Expiring => text!["a route is just expiring"],
            Self::DefaultGateways => {
                text!["the kernel chooses among several default gateways by what it remembers"]
            }
            Self::Reachability => text!["it is not known whether the gateways answer"],
            Self::RuleHistory => text!["it is not known whether rules were ever changed"],
            Self::RouteLocalnet => text!["route_localnet is not known"],
        }
    }
}
