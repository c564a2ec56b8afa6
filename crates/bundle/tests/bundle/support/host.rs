//! A host with every variant of every noun on it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::Step;
use synrecv_model::{
    Address, AddressScope, Capabilities, ConntrackCpu, Counters, DeviceSettings, Endpoint, Facts,
    Family, Flaw, Flow, Foreign, Gap, Host, InputAnswer, Life, Link, LinkTraffic, ListenerTrack,
    Mac, MatchedRoute, Mono, NamespaceCount, NamespaceSurvey, Neighbour, NeighbourAges,
    NeighbourFlags, NextHop, NextHopFlags, NextHopObject, Nud, Observation, OperState, PortRange,
    Reading, Reason, Reply, ReplyQuestion, ResolvedRoute, Route, RouteErrno, RouteInfo, RouteKind,
    RouteMetric, RouteScope, Rule, RuleAction, Section, Settings, Sighting, SoftnetCpu, SourceKind,
    Span, Text, Track, WallClock, text,
};

use super::sockets::{retries, sockets};
use super::{filter, frame, ticket};

pub(crate) const EVIL: &str = "a\u{1b}[31m\"\\\r\n\u{202e}|`";

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(crate) fn end(text: &str, port: u16) -> Endpoint {
    Endpoint::new(ip(text), port)
}

pub(crate) fn flow() -> Flow {
    Flow { local: end("2001:db8::1", 443), peer: end("fe80::2", 65_535) }
}

fn reading(at: u64) -> Reading {
    Reading { source: "sock_diag".into(), started: Mono(at), ended: Mono(u64::MAX) }
}

fn whole<T>(data: T) -> Section<T> {
    Section::Collected { data, reading: reading(7) }
}

/// All reasons, one a gap.
pub(crate) fn gaps() -> Vec<Gap> {
    let reasons = [
        Reason::NeedsRoot,
        Reason::NeedsProbe,
        Reason::NeedsModule("tcp_diag".into()),
        Reason::NotOnThisHost,
        Reason::KernelTooOld,
        Reason::NotInInput,
        Reason::TimedOut,
        Reason::NotApplicable,
    ];
    let mut detail = text!["read ", 17_u32, " of ", Foreign(EVIL.into()), ip("192.0.2.1")];
    detail.push(Span::Command("ip addr show".into()));
    reasons.into_iter().map(|reason| Gap::new(reason, &detail)).collect()
}

fn flaws() -> Vec<Flaw> {
    let mut flaws = vec![
        Flaw::Interrupted,
        Flaw::ChangedWhileRead,
        Flaw::Lost,
        Flaw::Undecodable { count: u64::MAX, first: Text::new() },
    ];
    flaws.extend(gaps().into_iter().map(Flaw::PartMissing));
    flaws
}

fn counters(value: u64) -> Counters {
    Counters {
        values: BTreeMap::from([("TcpExtListenOverflows".to_owned(), value)]),
        softnet: vec![SoftnetCpu { processed_count: 1, dropped_count: 2, time_squeeze_count: 3 }],
        conntrack: Some(vec![ConntrackCpu { entries_count: 4, ..ConntrackCpu::default() }]),
    }
}

fn links() -> Vec<Link> {
    let states = [
        OperState::Unknown,
        OperState::NotPresent,
        OperState::Down,
        OperState::LowerLayerDown,
        OperState::Testing,
        OperState::Dormant,
        OperState::Up,
        OperState::Other(200),
    ];
    let link = |operstate| Link {
        ifindex: 2,
        name: Foreign("e\u{1b}0".into()),
        alias: Some(Foreign(EVIL.into())),
        up: true,
        carrier: false,
        loopback: true,
        point_to_point: false,
        noarp: true,
        promiscuous: false,
        operstate,
        kind: Some(Foreign("veth".into())),
        mac: Some(Mac([0, 1, 0x80, 0xff, 0xab, 9])),
        mtu_bytes: 1500,
        master_ifindex: Some(3),
        peer_ifindex: None,
        peer_netns_id: Some(-1),
        xdp_program_ids: vec![7],
        traffic: Some(LinkTraffic {
            ifindex: 2,
            rx_count: 9,
            tx_count: u64::MAX,
            rx_dropped_count: 1,
            tx_dropped_count: 2,
        }),
    };
    states.map(link).to_vec()
}

fn addresses() -> Vec<Address> {
    let scopes = [
        AddressScope::Global,
        AddressScope::Site,
        AddressScope::Link,
        AddressScope::Host,
        AddressScope::Nowhere,
        AddressScope::Other(3),
    ];
    let address = |scope| Address {
        ifindex: 2,
        address: ip("192.0.2.1"),
        prefix_len: 32,
        peer: Some(ip("192.0.2.2")),
        broadcast: None,
        scope,
        secondary: true,
        permanent: false,
        tentative: true,
        dad_failed: false,
        deprecated: true,
        noprefixroute: false,
        label: Some(Foreign("eth0:1".into())),
        valid_s: Some(1),
    };
    scopes.map(address).to_vec()
}

fn neighbours() -> Vec<Neighbour> {
    let states = [
        Nud::None,
        Nud::Incomplete,
        Nud::Reachable,
        Nud::Stale,
        Nud::Delay,
        Nud::Probe,
        Nud::Failed,
        Nud::NoArp,
        Nud::Permanent,
        Nud::Other(0x300),
    ];
    let neighbour = |state| Neighbour {
        ifindex: 2,
        address: ip("2001:db8::2"),
        state,
        mac: None,
        flags: NeighbourFlags { router: true, managed: true, ..NeighbourFlags::default() },
        ages: Some(NeighbourAges { used_ms: 1, confirmed_ms: 2, updated_ms: u64::MAX }),
        probes_count: Some(3),
        protocol: None,
    };
    states.map(neighbour).to_vec()
}

fn route_kinds() -> Vec<RouteKind> {
    (1..=10).map(RouteKind::from_number).chain([RouteKind::Other(99)]).collect()
}

fn next_hop() -> NextHop {
    NextHop {
        ifindex: 2,
        gateway: Some(ip("fe80::1")),
        weight: 256,
        flags: NextHopFlags { dead: true, linkdown: false, onlink: true },
    }
}

fn routes() -> Vec<Route> {
    let route = |kind| {
        Route::new(
            "2001:db8::/32".parse().expect("a prefix"),
            RouteInfo {
                family: Family::V6,
                table: u32::MAX,
                kind,
                source: Some("::/0".parse().expect("a prefix")),
                tos: 0,
                protocol: 16,
                scope: RouteScope(253),
                metric: 1024,
                prefsrc: None,
                next_hops: vec![next_hop(), next_hop()],
                nexthop_id: Some(8),
                metrics: vec![RouteMetric { number: 2, value: 1400 }],
                expires_s: Some(0),
                preference: Some(3),
            },
        )
    };
    route_kinds().into_iter().map(route).collect()
}

fn rules() -> Vec<Rule> {
    let range = PortRange { start: 1, end: 65_535 };
    let rule = |action| Rule {
        family: Family::V4,
        priority: 32_766,
        invert: true,
        from: Some("10.0.0.0/8".parse().expect("a prefix")),
        to: None,
        iif: Some(Foreign(EVIL.into())),
        oif: None,
        fwmark: Some((1, u32::MAX)),
        tos: 16,
        dscp: Some(46),
        uid_range: Some(range),
        ip_protocol: Some(6),
        sport: None,
        dport: Some(range),
        tun_id: Some(u64::MAX),
        l3mdev: true,
        action,
        table: 254,
        goto: Some(100),
        suppress_prefix_len: Some(0),
        suppress_if_group: None,
        protocol: 2,
        unknown_selectors: vec![999],
    };
    [1, 2, 3, 6, 7, 8, 77].map(|number| rule(RuleAction::from_number(number))).to_vec()
}

fn replies() -> Vec<Reply> {
    let question = ReplyQuestion { flow: flow(), mark: 1, uid: Some(0), oif: 2 };
    let resolved = ResolvedRoute {
        kind: RouteKind::Unicast,
        oif: 2,
        gateway: None,
        table: 254,
        prefsrc: Some(ip("2001:db8::1")),
        redirected: true,
    };
    let matched = MatchedRoute {
        prefix: "::/0".parse().expect("a prefix"),
        table: 254,
        protocol: 9,
        next_hop_count: 1,
        expires_s: Some(1800),
    };
    let inputs = vec![
        InputAnswer { iif: 2, result: Ok(RouteKind::Local) },
        InputAnswer { iif: 3, result: Err(RouteErrno::EXDEV) },
    ];
    vec![
        Reply { question, resolved: Ok(resolved), matched: Some(matched), inputs },
        Reply {
            question,
            resolved: Err(RouteErrno::EHOSTUNREACH),
            matched: None,
            inputs: Vec::new(),
        },
    ]
}

/// Facts and observation with every variant that can be saved.
pub(crate) fn full() -> (Facts, Observation) {
    let gap = |at| gaps().swap_remove(at);
    let facts = Facts {
        source: SourceKind::Bundle,
        host: Host {
            name: Foreign(EVIL.into()),
            kernel: Foreign("6.1.0".into()),
            netns_inode: Some(4_026_531_840),
            started_at: WallClock(-1),
            uid: 65_534,
            capabilities: Capabilities { net_admin: true, ..Capabilities::default() },
        },
        sockets: Section::Partial { data: sockets(), flaws: flaws(), reading: reading(0) },
        links: whole(links()),
        addresses: whole(addresses()),
        settings: whole(Settings {
            devices: BTreeMap::from([(
                u32::MAX,
                DeviceSettings { rp_filter: Some(2), ..DeviceSettings::default() },
            )]),
            values: BTreeMap::from([("net.ipv4.tcp_synack_retries".into(), i64::MIN)]),
        }),
        neighbours: whole(neighbours()),
        routes: whole(routes()),
        nexthops: whole(vec![NextHopObject {
            id: 1,
            group: vec![(2, 3)],
            next_hop: Some(next_hop()),
            blackhole: true,
        }]),
        rules: whole(rules()),
        replies: whole(replies()),
        counters: whole(counters(1)),
        namespaces: whole(NamespaceSurvey {
            with_requests: vec![NamespaceCount {
                pid: 9,
                comm: Foreign(EVIL.into()),
                syn_recv_count: 5,
            }],
            seen_count: 2,
        }),
        filters: whole(filter::chains()),
        device_filters: whole(filter::device_filters()),
        tracked: whole(filter::tracked(flow())),
        traces: whole(ticket::traces()),
        probed: whole(ticket::probed()),
        messages: whole(ticket::messages()),
        mentions: ticket::mentions(),
    };
    let sighting = |at| Sighting { at: Mono(at), counters: retries() };
    let lives = vec![
        Life { first: sighting(1), last: sighting(2), rearmed_count: 1, gone: Some(Mono(3)) },
        Life { first: sighting(4), last: sighting(5), rearmed_count: 0, gone: None },
    ];
    let observation = Observation {
        started: Mono(1),
        ended: Mono(u64::MAX),
        sample_count: 2,
        interval_ms: 250,
        interrupted: true,
        seen_count: 3,
        late_completed_count: 0,
        completed: vec![flow()],
        ended_young: Vec::new(),
        unresolved: Vec::new(),
        mac_changes: vec![filter::mac_change()],
        steps: vec![Step::default()],
        rules_moved: whole(filter::rules_moved()),
        traffic: vec![LinkTraffic::default()],
        tracks: vec![Track {
            flow: flow(),
            listener_family: Family::V6,
            ifindex: 2,
            uid: None,
            mark: Some(1),
            lives: lives.into(),
            life_count: 9,
        }],
        listeners: vec![ListenerTrack {
            made_count: 3,
            local: end("::", 443),
            family: Family::V6,
            inode: 1,
            accept_queue_peak_count: 2,
            accept_queue_least_count: 1,
            accept_queue_max_count: Some(128),
            drops_delta: None,
            present: false,
            outstanding_count: 2,
        }],
        counters: Section::Missing(gap(2)),
        frames: whole(frame::capture(flow())),
    };
    (facts, observation)
}
