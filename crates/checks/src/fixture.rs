//! A host for tests: starts healthy and empty; each method adds one thing.

mod facts;
mod file;
mod frames;
mod judged;
mod options;
mod path;
mod probes;

use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{
    Address, Capture, Counters, DeviceFilter, Endpoint, Family, FilterChain, Flow, Foreign, Gap,
    Life, Link, LinkTraffic, Listener, ListenerTrack, Mac, MacChange, MatchedRoute, Mono,
    Neighbour, NeighbourFlags, NextHop, NextHopFlags, Nud, Owners, Probed, Reading, Reason, Reply,
    ReplyQuestion, ResolvedRoute, RetryCounters, Route, RouteInfo, RouteKind, RouteScope,
    RuleDelta, Section, Settings, Sighting, SocketSource, Sockets, SourceKind, Step, Trace, Track,
    Tracked, text,
};

pub(crate) use frames::Frames;
pub(crate) use judged::Judged;

#[derive(Debug)]
pub(crate) struct HostFixture {
    links: Vec<Link>,
    addresses: Vec<Address>,
    routes: Vec<Route>,
    neighbours: Option<Vec<Neighbour>>,
    replies: Vec<Reply>,
    sockets: Sockets,
    tracks: Vec<Track>,
    listener_tracks: Vec<ListenerTrack>,
    before: Counters,
    after: Counters,
    completed: Vec<Flow>,
    settings: Settings,
    ended_young: Vec<Flow>,
    last_flow: Option<Flow>,
    filters: Section<Vec<FilterChain>>,
    rules_moved: Section<Vec<RuleDelta>>,
    device_filters: Vec<DeviceFilter>,
    tracked: Section<Vec<Tracked>>,
    mac_changes: Vec<MacChange>,
    traffic: Vec<LinkTraffic>,
    steps: Vec<Step>,
    frames: Section<Capture>,
    source: SourceKind,
    probed: Section<Vec<Probed>>,
    traces: Section<Vec<Trace>>,
}

fn endpoint(text: &str) -> Endpoint {
    let address: std::net::SocketAddr = text.parse().unwrap();
    Endpoint::new(address.ip(), address.port())
}

fn collected<T>(data: T) -> Section<T> {
    let reading = Reading { source: "test".into(), started: Mono(0), ended: Mono(1) };
    Section::Collected { data, reading }
}

/// What only root may read.
fn unread<T>() -> Section<T> {
    Section::Missing(Gap::new(Reason::NeedsRoot, text!["not read"]))
}

impl HostFixture {
    pub(crate) fn new() -> Self {
        Self {
            links: Vec::new(),
            addresses: Vec::new(),
            routes: Vec::new(),
            neighbours: Some(Vec::new()),
            replies: Vec::new(),
            sockets: Sockets {
                source: SocketSource::Both,
                listeners: Vec::new(),
                requests: Vec::new(),
                others: Vec::new(),
            },
            tracks: Vec::new(),
            listener_tracks: Vec::new(),
            before: Counters::default(),
            after: Counters::default(),
            completed: Vec::new(),
            settings: Settings::default(),
            ended_young: Vec::new(),
            last_flow: None,
            filters: unread(),
            rules_moved: unread(),
            device_filters: Vec::new(),
            tracked: unread(),
            mac_changes: Vec::new(),
            traffic: Vec::new(),
            steps: Vec::new(),
            frames: unread(),
            source: SourceKind::Live,
            probed: unread(),
            traces: unread(),
        }
    }

    pub(crate) fn device(mut self, ifindex: u32, name: &str) -> Self {
        let mac = Some(Mac([2, 0, 0, 0, 1, u8::try_from(ifindex).unwrap()]));
        self.links.push(Link { mac, ..Link::new(ifindex, Foreign(name.to_owned())) });
        self
    }

    /// The last device is the loopback device.
    pub(crate) fn loopback(mut self) -> Self {
        let link = self.links.last_mut().unwrap();
        (link.loopback, link.mac) = (true, None);
        self
    }

    pub(crate) fn address(mut self, ifindex: u32, cidr: &str) -> Self {
        let net: IpNet = cidr.parse().unwrap();
        self.addresses.push(Address::new(ifindex, net));
        self
    }

    pub(crate) fn default_route(mut self, ifindex: u32, gateway: &str) -> Self {
        self.routes.push(Route::new(
            "0.0.0.0/0".parse().unwrap(),
            RouteInfo {
                family: Family::V4,
                table: 254,
                kind: RouteKind::Unicast,
                source: None,
                tos: 0,
                protocol: 3,
                scope: RouteScope(0),
                metric: 0,
                prefsrc: None,
                next_hops: vec![NextHop {
                    ifindex,
                    gateway: Some(gateway.parse().unwrap()),
                    weight: 1,
                    flags: NextHopFlags::default(),
                }],
                nexthop_id: None,
                metrics: Vec::new(),
                expires_s: None,
                preference: None,
            },
        ));
        self
    }

    pub(crate) fn neighbour(mut self, ifindex: u32, address: &str, mac: &str) -> Self {
        self.neighbours.as_mut().unwrap().push(Neighbour {
            ifindex,
            address: address.parse().unwrap(),
            state: Nud::Reachable,
            mac: Some(mac.parse().unwrap()),
            flags: NeighbourFlags::default(),
            ages: None,
            probes_count: None,
            protocol: None,
        });
        self
    }

    pub(crate) fn unresolved(mut self, ifindex: u32, address: &str) -> Self {
        self = self.neighbour(ifindex, address, "00:00:00:00:00:00");
        let entry = self.neighbours.as_mut().unwrap().last_mut().unwrap();
        (entry.state, entry.mac) = (Nud::Failed, None);
        self
    }

    pub(crate) fn without_neighbours(mut self) -> Self {
        self.neighbours = None;
        self
    }

    pub(crate) fn listener(mut self, local: &str, queue: u32, max: u32) -> Self {
        let local = endpoint(local);
        let inode = 100 + self.sockets.listeners.len() as u64;
        self.sockets.listeners.push(Listener {
            local,
            family: Family::of(local.ip),
            bound_ifindex: 0,
            accept_queue_count: queue,
            accept_queue_max_count: Some(max),
            ref_count: None,
            drops_count: Some(0),
            optmem_bytes: Some(0),
            uid: 0,
            inode,
            v6only: None,
            mark: None,
            owners: Owners::NotSought,
            options: None,
        });
        self.listener_tracks.push(ListenerTrack {
            made_count: 0,
            local,
            family: Family::of(local.ip),
            inode,
            accept_queue_peak_count: queue,
            accept_queue_least_count: queue,
            accept_queue_max_count: Some(max),
            drops_delta: None,
            present: true,
            outstanding_count: 0,
        });
        self
    }

    /// Drops of the last listener while watching, and one timer expiry of each request in view.
    pub(crate) fn listener_drops(mut self, drops: u32) -> Self {
        self.listener_tracks.last_mut().unwrap().drops_delta = Some(drops);
        for track in &mut self.tracks {
            let life = track.lives.last_mut().unwrap();
            let expiries = &mut life.first.counters.timer_expiry_count;
            *expiries = expiries.map(|count| count - 1);
        }
        self
    }

    pub(crate) fn stuck_request(
        mut self,
        local: &str,
        peer: &str,
        (sent, expired): (u32, u32),
    ) -> Self {
        let flow = Flow { local: endpoint(local), peer: endpoint(peer) };
        let counters = RetryCounters {
            synack_retrans_count: Some(sent),
            timer_expiry_count: Some(expired),
            same_instant: true,
            timer_ms: Some(500),
        };
        let sighting = |at| Sighting { at: Mono(0).plus_ms(at), counters };
        self.tracks.push(Track {
            flow,
            listener_family: Family::V4,
            ifindex: 0,
            uid: Some(0),
            mark: None,
            lives: Life { last: sighting(5_000), ..Life::seen_once(sighting(0)) }.into(),
            life_count: 1,
        });
        self.last_flow = Some(flow);
        self
    }

    /// A request that dies at its first timer and is made anew, twice.
    pub(crate) fn dying_request(mut self, local: &str, peer: &str) -> Self {
        self = self.stuck_request(local, peer, (0, 0));
        let track = self.tracks.last_mut().unwrap();
        let life = track.lives.last_mut().unwrap();
        life.last.at = Mono(0).plus_ms(400);
        life.gone = Some(Mono(0).plus_ms(1_050));
        let again = *life;
        track.lives.push(again);
        track.life_count = 2;
        self
    }

    pub(crate) fn ended_young(mut self, local: &str, peer: &str) -> Self {
        self.ended_young.push(Flow { local: endpoint(local), peer: endpoint(peer) });
        self
    }

    pub(crate) fn connected(mut self, local: &str, peer: &str) -> Self {
        let flow = Flow { local: endpoint(local), peer: endpoint(peer) };
        self.completed.push(flow);
        self.last_flow = Some(flow);
        self
    }

    /// The reply of the last flow goes straight to the wire by this prefix.
    pub(crate) fn on_link(self, oif: u32, prefix: &str) -> Self {
        self.reply(oif, None, prefix)
    }

    /// The reply of the last flow goes by this gateway.
    pub(crate) fn via(self, oif: u32, gateway: &str) -> Self {
        self.reply(oif, Some(gateway.parse().unwrap()), "0.0.0.0/0")
    }

    /// The reply of the last flow goes by one of two equal ways.
    pub(crate) fn multipath(mut self, oif: u32, gateway: &str) -> Self {
        self = self.via(oif, gateway);
        let matched = &mut self.replies.last_mut().unwrap().matched;
        matched.as_mut().unwrap().next_hop_count = 2;
        self
    }

    fn reply(mut self, oif: u32, gateway: Option<IpAddr>, prefix: &str) -> Self {
        let flow = self.last_flow.unwrap();
        self.replies.push(Reply {
            question: ReplyQuestion { flow, mark: 0, uid: Some(0), oif: 0 },
            resolved: Ok(ResolvedRoute {
                kind: RouteKind::Unicast,
                oif,
                gateway,
                table: 254,
                prefsrc: None,
                redirected: false,
            }),
            matched: Some(MatchedRoute {
                prefix: prefix.parse().unwrap(),
                table: 254,
                protocol: 2,
                next_hop_count: 1,
                expires_s: None,
            }),
            inputs: Vec::new(),
        });
        self
    }

    pub(crate) fn passive_opens(self, delta: u64) -> Self {
        self.counter("TcpPassiveOpens", 1_000, 1_000 + delta)
    }

    pub(crate) fn listen_overflows(self, delta: u64) -> Self {
        self.counter("TcpExtListenOverflows", 7, 7 + delta)
    }

    pub(crate) fn listen_overflows_before(self, total: u64) -> Self {
        self.counter("TcpExtListenOverflows", total, total)
    }

    pub(crate) fn counter_moved(self, name: &str, delta: u64) -> Self {
        self.counter(name, 100, 100 + delta)
    }

    pub(crate) fn setting(mut self, name: &'static str, value: i64) -> Self {
        self.settings.values.insert(name.into(), value);
        self
    }

    /// The last listener closed with this many requests open.
    pub(crate) fn listener_closed(mut self, outstanding: u64) -> Self {
        let track = self.listener_tracks.last_mut().unwrap();
        (track.present, track.outstanding_count) = (false, outstanding);
        self
    }

    fn counter(mut self, name: &str, before: u64, after: u64) -> Self {
        self.before.values.insert(name.to_owned(), before);
        self.after.values.insert(name.to_owned(), after);
        self
    }
}
