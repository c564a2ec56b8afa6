//! The facts as checks see them: requests with their reading, reply route and next hop.

mod build;
mod completed;
mod evidence;
mod groups;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Address, Counters, Endpoint, Facts, Flow, Foreign, Link, LinkNames, Listener, ListenerTrack,
    Mac, Neighbour, Nud, Observation, Part, Reply, Route, RouteKind, Rule, Section, Settings,
    Sockets, Track,
};

use crate::seen::Seen;
use crate::waiting::Waiting;

/// Facts and observation, indexed once. Accessors note what a check reads; a test compares that
/// with what it declares.
#[derive(Debug)]
pub struct View<'a> {
    facts: &'a Facts,
    observation: &'a Observation,
    names: LinkNames,
    requests: Vec<RequestView<'a>>,
    replies: HashMap<Flow, &'a Reply>,
    neighbours: HashMap<(u32, IpAddr), &'a Neighbour>,
    /// Of each local end that requests are made to: a flood has half a million requests to a few.
    listeners: BTreeMap<Endpoint, Option<&'a Listener>>,
    /// Requests that are still open, by local end.
    open: OnceCell<BTreeMap<Endpoint, usize>>,
    /// Gateways of all routes, by device.
    gateways: OnceCell<BTreeMap<u32, BTreeSet<IpAddr>>>,
    /// What several checks look at, found once.
    pub(crate) waiting: OnceCell<Vec<Waiting<'a>>>,
    read: RefCell<BTreeSet<Part>>,
    /// The parts in `read`, one bit each.
    noted: Cell<u32>,
}

/// One request with what belongs to it.
#[derive(Debug)]
pub struct RequestView<'a> {
    /// The 4-tuple over time.
    pub track: &'a Track,
    /// What the retry counters say.
    pub reading: RetryReading,
    /// The kernel's answer about its reply.
    pub reply: Option<&'a Reply>,
    /// Table entry of the reply's next hop.
    pub next_hop: Option<&'a Neighbour>,
    /// Its frames.
    pub seen: Option<Box<Seen<'a>>>,
}

impl RequestView<'_> {
    /// True when the request counts as stuck.
    pub fn is_stuck(&self) -> bool {
        self.reading != RetryReading::TooEarly
    }

    /// The client does not see the SYN-ACK, or nothing tells that it does.
    pub fn may_lose_synack(&self) -> bool {
        matches!(self.reading, RetryReading::ClientRepeatsSyn | RetryReading::Untold)
    }

    /// The client is not seen to repeat its SYN, or nothing tells that it does.
    pub fn may_lose_ack(&self) -> bool {
        matches!(self.reading, RetryReading::NoRepeatSeen | RetryReading::Untold)
    }

    /// The client's address.
    pub fn peer(&self) -> IpAddr {
        self.track.flow.peer.ip
    }

    /// Our address.
    pub fn local(&self) -> Endpoint {
        self.track.flow.local
    }
}

impl<'a> View<'a> {
    fn note(&self, part: Part) {
        let bit = 1 << part as u32;
        if self.noted.get() & bit == 0 {
            self.noted.set(self.noted.get() | bit);
            self.read.borrow_mut().insert(part);
        }
    }

    /// The parts read since the last call.
    pub(crate) fn take_read(&self) -> BTreeSet<Part> {
        self.noted.set(0);
        self.read.take()
    }

    /// All requests seen, in the report's order; indexes into it are used throughout.
    pub fn requests(&self) -> &[RequestView<'a>] {
        self.note(Part::Sockets);
        &self.requests
    }

    /// Indexes of the stuck requests that satisfy `wanted`.
    pub fn stuck(&self, wanted: impl Fn(&RequestView<'a>) -> bool) -> Vec<usize> {
        let stuck = |(index, request): (usize, &RequestView<'a>)| {
            (request.is_stuck() && wanted(request)).then_some(index)
        };
        self.requests().iter().enumerate().filter_map(stuck).collect()
    }

    /// The sockets of the last full reading.
    pub fn sockets(&self) -> Option<&'a Sockets> {
        self.note(Part::Sockets);
        self.facts.sockets.data()
    }

    /// Every socket, when none can be missing.
    pub fn whole_sockets(&self) -> Option<&'a Sockets> {
        self.note(Part::Sockets);
        self.facts.sockets.whole()
    }

    /// The listener that a request to `local` belongs to: an exact address before a wildcard.
    pub fn listener(&self, local: Endpoint) -> Option<&'a Listener> {
        self.note(Part::Sockets);
        let known = self.listeners.get(&local).copied();
        known.unwrap_or_else(|| listener_of(self.facts, local))
    }

    /// Listeners over time.
    pub fn listener_tracks(&self) -> &'a [ListenerTrack] {
        self.note(Part::Sockets);
        &self.observation.listeners
    }

    /// The observation, for its length and sample count.
    pub fn observation(&self) -> &'a Observation {
        self.observation
    }

    /// Name of a device.
    pub fn dev(&self, ifindex: u32) -> Foreign {
        self.names.name(ifindex)
    }

    /// Devices.
    pub fn links(&self) -> &'a [Link] {
        self.note(Part::Links);
        rows(&self.facts.links)
    }

    /// Addresses of this host.
    pub fn addresses(&self) -> &'a [Address] {
        self.note(Part::Addresses);
        rows(&self.facts.addresses)
    }

    /// Addresses of this host, only when they were read in full.
    pub fn whole_addresses(&self) -> Option<&'a [Address]> {
        self.note(Part::Addresses);
        self.facts.addresses.whole().map(Vec::as_slice)
    }

    /// True when addresses and routes were read in full and neither holds the address.
    pub fn is_gone(&self, local: IpAddr) -> bool {
        let Some(addresses) = self.whole_addresses() else { return false };
        let Some(routes) = self.whole_routes() else { return false };
        !addresses.iter().any(|address| address.address == local)
            && !routes
                .iter()
                .any(|route| route.kind == RouteKind::Local && route.destination.contains(&local))
    }

    /// True when requests were made to an address that is not here any more.
    pub fn some_local_is_gone(&self) -> bool {
        let locals: BTreeSet<IpAddr> =
            self.requests().iter().map(|request| request.local().ip).collect();
        locals.into_iter().any(|local| self.is_gone(local))
    }

    /// Routes of all tables, only when they were read in full.
    pub fn whole_routes(&self) -> Option<&'a [Route]> {
        self.note(Part::Routes);
        self.facts.routes.whole().map(Vec::as_slice)
    }

    /// Routes of all tables.
    pub fn routes(&self) -> &'a [Route] {
        self.note(Part::Routes);
        rows(&self.facts.routes)
    }

    /// Policy rules of both families.
    pub fn rules(&self) -> &'a [Rule] {
        self.note(Part::Rules);
        rows(&self.facts.rules)
    }

    /// Entries of the ARP and ND tables: those of other machines. Proxy entries of this host and
    /// entries that are never asked for (multicast) are left out.
    pub fn neighbours(&self) -> impl Iterator<Item = &'a Neighbour> {
        self.note(Part::Neighbours);
        rows(&self.facts.neighbours)
            .iter()
            .filter(|entry| !entry.flags.proxy && entry.state != Nud::NoArp)
    }

    /// Addresses that this host looks or looked for in vain on some device, in the table or heard of
    /// while watching.
    pub fn unresolved(&self) -> BTreeSet<IpAddr> {
        self.note(Part::Neighbours);
        let in_vain = self.neighbours.values().filter(|entry| entry.state.is_unresolved());
        in_vain.map(|entry| entry.address).collect()
    }

    /// One entry.
    pub fn neighbour(&self, ifindex: u32, address: IpAddr) -> Option<&'a Neighbour> {
        self.note(Part::Neighbours);
        self.neighbours.get(&(ifindex, address)).copied()
    }

    /// The kernel's answer about the reply of a flow that is not a request (a control question).
    pub fn reply(&self, flow: Flow) -> Option<&'a Reply> {
        self.note(Part::Replies);
        self.replies.get(&flow).copied()
    }

    /// The kernel's answer about the reply to some flow of this client to this local end.
    pub fn reply_to(&self, local: Endpoint, peer: IpAddr) -> Option<&'a Reply> {
        self.note(Part::Replies);
        let replies = self.facts.replies.data()?;
        replies.iter().find(|reply| {
            let flow = reply.question.flow;
            (flow.local, flow.peer.ip) == (local, peer)
        })
    }

    /// Settings.
    pub fn settings(&self) -> Option<&'a Settings> {
        self.note(Part::Settings);
        self.facts.settings.data()
    }

    /// Increase of a counter during the observation; `None` when unknown.
    pub fn delta(&self, name: &str) -> Option<u64> {
        let (before, after) = self.counters()?;
        after.delta(before, name)
    }

    /// Counters at both ends of the observation; `None` for a single sample.
    pub fn counters(&self) -> Option<(&'a Counters, &'a Counters)> {
        self.note(Part::Counters);
        if self.observation.sample_count < 2 {
            return None;
        }
        Some((self.facts.counters.data()?, self.observation.counters.data()?))
    }

    /// Link-layer addresses on one device with the addresses that resolve to them, own and link-local
    /// ones left out.
    pub fn addresses_by_mac(&self, ifindex: u32) -> BTreeMap<Mac, Vec<IpAddr>> {
        let own: BTreeSet<Mac> = self.links().iter().filter_map(|link| link.mac).collect();
        let mut by_mac: BTreeMap<Mac, Vec<IpAddr>> = BTreeMap::new();
        for neighbour in self.neighbours().filter(|neighbour| neighbour.ifindex == ifindex) {
            let Some(mac) = neighbour.mac.filter(|mac| !mac.is_zero() && mac.0[0] & 1 == 0) else {
                continue;
            };
            // A machine has a link-local address beside each of its others.
            let link_local =
                matches!(neighbour.address, IpAddr::V6(v6) if v6.is_unicast_link_local());
            if !own.contains(&mac) && !neighbour.state.is_unresolved() && !link_local {
                by_mac.entry(mac).or_default().push(neighbour.address);
            }
        }
        for addresses in by_mac.values_mut() {
            addresses.sort_unstable();
        }
        by_mac
    }
}

fn listener_of(facts: &Facts, local: Endpoint) -> Option<&Listener> {
    let listeners = &facts.sockets.data()?.listeners;
    let exact = listeners.iter().find(|listener| listener.local == local);
    exact.or_else(|| listeners.iter().find(|listener| listener.accepts(local)))
}

fn rows<T>(section: &Section<Vec<T>>) -> &[T] {
    section.data().map_or(&[], Vec::as_slice)
}
