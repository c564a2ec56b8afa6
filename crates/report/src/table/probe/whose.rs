//! Whose MAC it is that was given as an answer.

use std::net::IpAddr;

use synrecv_model::view::Neighbourhood;
use synrecv_model::view::probe::{ProbeView, ProbeWord};
use synrecv_model::{Foreign, Link, Mac, Neighbour, ProbePurpose, Probed, order};

use super::super::arp::KnownMac;
use crate::escape::foreign;

/// What is known about a MAC beside the answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Whose {
    /// Device of this host.
    pub(super) own: Option<Foreign>,
    /// A MAC that no machine has for itself.
    pub(super) known: Option<KnownMac>,
    /// Gateways of routes by the device that have the MAC.
    pub(super) gateways: Vec<IpAddr>,
    /// Other addresses that have it: by the tables of this host, and as the only owner by the answers.
    /// Those that nobody should own are left out, and the target.
    pub(super) others: Vec<IpAddr>,
}

impl Whose {
    pub(super) fn is_gateway(&self) -> bool {
        !self.gateways.is_empty()
    }

    /// In a word for a column; empty when nothing is known.
    pub(super) fn short(&self) -> String {
        match (&self.own, self.known) {
            (Some(dev), _) => format!("own {}", foreign(&dev.0)),
            (None, Some(known)) => known.words(),
            (None, None) if self.is_gateway() => "gateway".to_owned(),
            (None, None) if self.others.is_empty() => String::new(),
            (None, None) => format!("{} more", self.others.len()),
        }
    }

    /// In few words; empty when nothing is known.
    pub(super) fn words(&self) -> String {
        if let Some(dev) = &self.own {
            return format!("this host's {}", foreign(&dev.0));
        }
        let known = self.known.map(KnownMac::words);
        if let Some(gateway) = self.gateways.first() {
            let known = known.map_or_else(String::new, |known| format!(", {known}"));
            return format!("gateway {gateway}{known}");
        }
        match (known, self.others.as_slice()) {
            (Some(known), _) => known,
            (None, []) => String::new(),
            (None, [other]) => format!("also {other}"),
            (None, others) => {
                format!("has {} other addresses by the tables of this host", others.len())
            }
        }
    }
}

/// The tables to look into.
#[derive(Debug)]
pub(super) struct Faces<'a> {
    pub(super) links: &'a [Link],
    pub(super) neighbours: &'a [Neighbour],
    pub(super) seen: &'a Neighbourhood,
    pub(super) views: &'a [ProbeView<'a>],
}

impl Faces<'_> {
    pub(super) fn whose(&self, probed: &Probed, mac: Mac) -> Whose {
        let ifindex = probed.ifindex;
        let entries = self.neighbours.iter().filter(|entry| {
            let in_use = !entry.state.is_unresolved() && !entry.flags.proxy;
            entry.ifindex == ifindex && entry.mac == Some(mac) && in_use
        });
        let owned = self.views.iter().filter(|view| {
            view.probed.ifindex == ifindex
                && view.word == ProbeWord::OneOwner
                && view.answerers.iter().any(|answerer| answerer.mac == mac)
        });
        let is_unused = |ip: &IpAddr| {
            let mut unused = self.views.iter().map(|view| view.probed);
            unused.any(|one| one.target == *ip && one.purpose == ProbePurpose::Unused)
        };
        let all = entries.map(|entry| entry.address).chain(owned.map(|view| view.probed.target));
        let all = order::set(all.filter(|ip| !is_unused(ip)));
        let (gateways, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|ip| self.seen.is_gateway(ifindex, *ip));
        Whose {
            own: self.links.iter().find(|link| link.mac == Some(mac)).map(|link| link.name.clone()),
            known: KnownMac::of(mac),
            gateways,
            others: others.into_iter().filter(|ip| *ip != probed.target).collect(),
        }
    }
}
