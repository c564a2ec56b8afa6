//! What entries of the neighbour tables show when they are seen together.

use std::borrow::Cow;
use std::net::IpAddr;

use synrecv_model::view::{Machine, Neighbourhood};
use synrecv_model::{Foreign, LinkNames, Mac, Neighbour, Nud, Severity};

use crate::escape::{foreign, printable};
use crate::table::counted;

/// Something about one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::table) enum Mark {
    /// The MAC has several addresses.
    SharedMac(Share),
    /// A gateway of the device has the same MAC.
    GatewayMac,
    /// The MAC is that of a device of this host.
    OwnMac(Foreign),
    /// A MAC that is made up in a way that is known.
    KnownMac(KnownMac),
    /// Set by hand, and never asked for again.
    Permanent,
    /// No answer, the questions asked, and whether that matters: a host of this wire may be off.
    Unresolved { probes: Option<u32>, matters: bool },
    /// Nothing puts the address on the wire of this device; the device on whose wire it is.
    NoRoute(Option<Foreign>),
}

/// Several addresses behind one MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::table) struct Share {
    machine: Machine,
    /// Whose MAC it is, as far as that can be told.
    pub(super) owner: Option<IpAddr>,
    is_owner: bool,
}

impl Share {
    pub(super) fn address_count(self) -> u32 {
        self.machine.address_count
    }

    /// True when the machine answers for addresses beyond its wire and is no gateway.
    pub(super) fn is_suspect(self) -> bool {
        is_suspect(&self.machine)
    }
}

/// True when the machine answers for addresses beyond its wire and is no gateway.
pub(super) fn is_suspect(machine: &Machine) -> bool {
    machine.gateway.is_none() && machine.outside_count > 0
}

/// MACs that no machine has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::table) enum KnownMac {
    /// 00:00:5e:00:01:xx, or :02:xx for IPv6, with the number of the virtual router. RFC 9568.
    Vrrp(u8),
    /// 00:00:0c:07:ac:xx, or 00:00:0c:9f:fx:xx, with the group.
    Hsrp(u16),
    /// ee:ee:ee:ee:ee:ee, on the host's side of each pod.
    Calico,
}

impl KnownMac {
    pub(in crate::table) fn of(mac: Mac) -> Option<Self> {
        match mac.0 {
            [0x00, 0x00, 0x5e, 0x00, 0x01 | 0x02, router] => Some(Self::Vrrp(router)),
            [0x00, 0x00, 0x0c, 0x07, 0xac, group] => Some(Self::Hsrp(group.into())),
            [0x00, 0x00, 0x0c, 0x9f, high @ 0xf0..=0xff, low] => {
                Some(Self::Hsrp(u16::from_be_bytes([high & 0x0f, low])))
            }
            [0xee, 0xee, 0xee, 0xee, 0xee, 0xee] => Some(Self::Calico),
            _ => None,
        }
    }

    pub(in crate::table) fn words(self) -> String {
        match self {
            Self::Vrrp(router) => format!("VRRP router {router}"),
            Self::Hsrp(group) => format!("HSRP group {group}"),
            Self::Calico => "Calico's MAC".to_owned(),
        }
    }
}

impl Mark {
    pub(in crate::table) fn name(&self) -> &'static str {
        match self {
            Self::SharedMac(_) => "shared-mac",
            Self::GatewayMac => "gateway-mac",
            Self::OwnMac(_) => "own-mac",
            Self::KnownMac(KnownMac::Vrrp(_)) => "vrrp-mac",
            Self::KnownMac(KnownMac::Hsrp(_)) => "hsrp-mac",
            Self::KnownMac(KnownMac::Calico) => "calico-mac",
            Self::Permanent => "permanent",
            Self::Unresolved { .. } => "unresolved",
            Self::NoRoute(_) => "no-route",
        }
    }

    pub(in crate::table) fn severity(&self) -> Option<Severity> {
        match self {
            Self::SharedMac(share) if share.is_suspect() => Some(Severity::Warning),
            Self::SharedMac(share) => share.machine.gateway.map(|_| Severity::Info),
            Self::Unresolved { matters: true, .. } => Some(Severity::Warning),
            Self::Unresolved { matters: false, .. } => Some(Severity::Info),
            Self::GatewayMac | Self::OwnMac(_) | Self::Permanent | Self::NoRoute(Some(_)) => {
                Some(Severity::Info)
            }
            Self::KnownMac(_) | Self::NoRoute(None) => None,
        }
    }

    /// For people; empty when another mark says it.
    pub(in crate::table) fn words(&self) -> Cow<'static, str> {
        match self {
            Self::SharedMac(share) => {
                let others = share.machine.address_count.saturating_sub(1);
                let words = match share.owner {
                    _ if share.is_owner => {
                        format!("answers for {}", counted(others as usize, "other", "others"))
                    }
                    Some(owner) => format!("MAC of {owner}"),
                    None => format!("same MAC as {others} more"),
                };
                words.into()
            }
            // Said above, with the address.
            Self::GatewayMac => "".into(),
            Self::OwnMac(dev) => {
                format!("MAC of this host's {}", printable(&foreign(&dev.0))).into()
            }
            Self::KnownMac(known) => known.words().into(),
            Self::Permanent => "set by hand".into(),
            Self::Unresolved { probes: Some(probes @ 1..), .. } => {
                format!("no answer to {}", counted(*probes as usize, "question", "questions"))
                    .into()
            }
            Self::Unresolved { .. } => "no answer".into(),
            Self::NoRoute(None) => "no route on this device".into(),
            Self::NoRoute(Some(dev)) => format!("no route here, is on {}", foreign(&dev.0)).into(),
        }
    }
}

/// What an address is to this host.
pub(super) fn role(seen: &Neighbourhood, entry: &Neighbour) -> Option<&'static str> {
    if seen.is_gateway(entry.ifindex, entry.address) {
        Some("gateway")
    } else {
        seen.is_own(entry.address).then_some("own")
    }
}

/// All that is to be said about an entry.
pub(in crate::table) fn marks(
    seen: &Neighbourhood,
    entry: &Neighbour,
    names: &LinkNames,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    each_mark(seen, entry, names, &mut |mark| marks.push(mark));
    marks
}

/// Hands over all that is to be said about an entry.
pub(super) fn each_mark(
    seen: &Neighbourhood,
    entry: &Neighbour,
    names: &LinkNames,
    each: &mut dyn FnMut(Mark),
) {
    if entry.state.is_unresolved() && !entry.flags.proxy {
        let is_gateway = seen.is_gateway(entry.ifindex, entry.address);
        let matters = is_gateway || seen.is_outside(entry) == Some(true);
        each(Mark::Unresolved { probes: entry.probes_count, matters });
    }
    let own = seen.own_device(entry);
    if let Some(dev) = own {
        each(Mark::OwnMac(names.name(dev)));
    }
    let known = entry.mac.filter(|_| own.is_none()).and_then(KnownMac::of);
    if let Some(machine) = seen.shared_machine(entry) {
        share_marks(machine, entry, each);
    }
    if let Some(known) = known {
        each(Mark::KnownMac(known));
    }
    if entry.state == Nud::Permanent && !entry.flags.extern_learn {
        each(Mark::Permanent);
    }
    if seen.is_ghost(entry) && known != Some(KnownMac::Calico) {
        let elsewhere = seen.wire_of(entry.address).filter(|&dev| dev != entry.ifindex);
        each(Mark::NoRoute(elsewhere.map(|dev| names.name(dev))));
    }
}

fn share_marks(machine: Machine, entry: &Neighbour, each: &mut dyn FnMut(Mark)) {
    // A machine has several addresses of IPv6 as a rule; they count when some are not its own.
    let several = machine.address_count > 1 && entry.address.is_ipv4();
    if several || machine.outside_count > 0 {
        let owner = machine.gateway.or(machine.owner);
        let is_owner = owner == Some(entry.address);
        each(Mark::SharedMac(Share { machine, owner, is_owner }));
        if machine.gateway.is_some() && !is_owner {
            each(Mark::GatewayMac);
        }
    }
}
