//! The host of the incident.

use synrecv_model::{
    Address, AddressScope, Capabilities, Counters, Facts, Family, Foreign, Gap, Host, Link, Mono,
    NamespaceSurvey, Neighbour, NeighbourFlags, NextHop, NextHopFlags, Nud, Observation, OperState,
    Reading, Reason, Route, RouteInfo, RouteKind, RouteScope, Rule, RuleAction, Section, Settings,
    SocketSource, Sockets, SourceKind, WallClock, text,
};

use super::{Names, ip, mac};

pub(super) fn collected<T>(data: T) -> Section<T> {
    let reading = Reading { source: "test".into(), started: Mono(0), ended: Mono(1_000_000) };
    Section::Collected { data, reading }
}

pub(super) fn facts(names: &Names) -> Facts {
    let counters = |opens| Counters {
        values: [("TcpPassiveOpens".to_owned(), opens)].into(),
        ..Counters::default()
    };
    Facts {
        source: SourceKind::Live,
        host: Host {
            name: Foreign(names.host.clone()),
            kernel: Foreign(names.kernel.clone()),
            netns_inode: Some(4_026_531_840),
            started_at: WallClock(1_763_869_614_000),
            uid: 0,
            capabilities: Capabilities::default(),
        },
        sockets: collected(Sockets {
            source: SocketSource::Both,
            listeners: vec![],
            requests: vec![],
            others: vec![],
        }),
        links: collected(vec![link(names)]),
        addresses: collected(vec![address()]),
        settings: collected(Settings::default()),
        neighbours: collected(vec![neighbour("192.168.4.1", 1), neighbour("192.168.5.11", 2)]),
        routes: collected(vec![default_route()]),
        nexthops: collected(vec![]),
        rules: collected(vec![rule(names)]),
        replies: Section::Missing(Gap::new(
            Reason::TimedOut,
            text!["replies by ", Foreign(names.dev.clone())],
        )),
        counters: collected(counters(1_000)),
        namespaces: collected(NamespaceSurvey::default()),
        filters: collected(vec![]),
        device_filters: collected(vec![]),
        tracked: collected(vec![]),
        traces: collected(vec![]),
        probed: collected(vec![]),
        messages: collected(vec![]),
        mentions: vec![],
    }
}

fn link(names: &Names) -> Link {
    Link {
        ifindex: 2,
        name: Foreign(names.dev.clone()),
        alias: Some(Foreign(names.alias.clone())),
        up: true,
        carrier: true,
        loopback: false,
        point_to_point: false,
        noarp: false,
        promiscuous: false,
        operstate: OperState::Up,
        kind: None,
        mac: Some(mac(10)),
        mtu_bytes: 1_500,
        master_ifindex: None,
        peer_ifindex: None,
        peer_netns_id: None,
        xdp_program_ids: vec![],
        traffic: None,
    }
}

fn address() -> Address {
    Address {
        ifindex: 2,
        address: ip("192.168.4.10"),
        prefix_len: 22,
        peer: None,
        broadcast: None,
        scope: AddressScope::Global,
        secondary: false,
        permanent: true,
        tentative: false,
        dad_failed: false,
        deprecated: false,
        noprefixroute: false,
        label: None,
        valid_s: None,
    }
}

fn neighbour(address: &str, last: u8) -> Neighbour {
    Neighbour {
        ifindex: 2,
        address: ip(address),
        state: Nud::Reachable,
        mac: Some(mac(last)),
        flags: NeighbourFlags::default(),
        ages: None,
        probes_count: None,
        protocol: None,
    }
}

fn default_route() -> Route {
    Route::new(
        "0.0.0.0/0".parse().expect("a prefix"),
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
                ifindex: 2,
                gateway: Some(ip("192.168.4.1")),
                weight: 1,
                flags: NextHopFlags::default(),
            }],
            nexthop_id: None,
            metrics: vec![],
            expires_s: None,
            preference: None,
        },
    )
}

fn rule(names: &Names) -> Rule {
    Rule {
        family: Family::V4,
        priority: 100,
        invert: false,
        from: None,
        to: None,
        iif: Some(Foreign(names.dev.clone())),
        oif: None,
        fwmark: Some((1, 0xff)),
        tos: 0,
        dscp: None,
        uid_range: None,
        ip_protocol: None,
        sport: None,
        dport: None,
        tun_id: None,
        l3mdev: false,
        action: RuleAction::ToTable,
        table: 100,
        goto: None,
        suppress_prefix_len: None,
        suppress_if_group: None,
        protocol: 4,
        unknown_selectors: vec![],
    }
}

pub(super) fn observation() -> Observation {
    Observation {
        started: Mono(0),
        ended: Mono(0).plus_ms(5_000),
        sample_count: 11,
        interval_ms: 500,
        interrupted: false,
        seen_count: 3,
        tracks: vec![],
        completed: vec![],
        ended_young: Vec::new(),
        unresolved: Vec::new(),
        mac_changes: Vec::new(),
        steps: Vec::new(),
        rules_moved: collected(vec![]),
        traffic: Vec::new(),
        late_completed_count: 0,
        listeners: vec![],
        counters: collected(Counters {
            values: [("TcpPassiveOpens".to_owned(), 1_040)].into(),
            ..Counters::default()
        }),
        frames: Section::Missing(Gap::new(Reason::NeedsRoot, "no frames")),
    }
}
