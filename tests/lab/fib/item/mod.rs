//! What a topology is made of, as a netlink request and as a command of `ip`.

mod object;
mod route;
mod rule;

use std::fmt;

use synrecv_model::{Family, Rule};
use synrecv_netlink::Question;

pub(super) use object::{NewNeighbour, Object, object_deletion};
pub(super) use route::{Hop, NewRoute, route_deletion};
pub(super) use rule::{rule_deletion, rule_words};

const RTM_NEWLINK: u16 = 16;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;
const RTM_NEWRULE: u16 = 32;
const RTM_DELRULE: u16 = 33;
const RTM_NEWNEXTHOP: u16 = 104;
const RTM_DELNEXTHOP: u16 = 105;

const NLM_F_ACK: u16 = 0x4;
const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;
const NLM_F_APPEND: u16 = 0x800;

/// `rtm_protocol` of everything made here, by which it is found again.
pub(super) const PROTOCOL: u8 = 99;

/// One piece of a topology.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Object(Object),
    Route(NewRoute),
    Rule(Rule),
    Neighbour(NewNeighbour),
    Switch(Switch),
}

/// A device is switched on or off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Switch {
    pub(super) device: &'static str,
    pub(super) ifindex: u32,
    pub(super) up: bool,
}

impl Switch {
    /// `struct ifinfomsg`.
    fn payload(self) -> Vec<u8> {
        const IFF_UP: u32 = 1;
        let flags = if self.up { IFF_UP } else { 0 };
        let [ifindex, flags, change] = [self.ifindex, flags, IFF_UP].map(u32::to_ne_bytes);
        [[0; 4], ifindex, flags, change].concat()
    }
}

impl Item {
    /// The request that adds it.
    pub(super) fn request(&self) -> Question {
        let (kind, how, payload) = match self {
            Self::Object(object) => (RTM_NEWNEXTHOP, NLM_F_EXCL, object.payload()),
            Self::Route(route) => {
                let how = if route.append { NLM_F_APPEND } else { NLM_F_EXCL };
                (RTM_NEWROUTE, how, route.payload())
            }
            Self::Rule(rule) => (RTM_NEWRULE, NLM_F_EXCL, rule::payload(rule)),
            Self::Neighbour(neighbour) => (RTM_NEWNEIGH, 0, neighbour.payload()),
            Self::Switch(switch) => {
                let payload = switch.payload();
                return Question { kind: RTM_NEWLINK, flags: NLM_F_ACK, payload };
            }
        };
        Question { kind, flags: NLM_F_ACK | NLM_F_CREATE | how, payload }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(object) => object.fmt(f),
            Self::Route(route) => route.fmt(f),
            Self::Rule(rule) => {
                write!(f, "ip {} rule add {}", option(rule.family), rule_words(rule))
            }
            Self::Neighbour(neighbour) => neighbour.fmt(f),
            Self::Switch(Switch { device, up, .. }) => {
                write!(f, "ip link set {device} {}", if *up { "up" } else { "down" })
            }
        }
    }
}

/// The option of `ip` for a family.
fn option(family: Family) -> &'static str {
    match family {
        Family::V4 => "-4",
        Family::V6 => "-6",
    }
}
