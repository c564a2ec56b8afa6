//! Nouns for the tests of tables.

use std::io::{self, Write};
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{
    Capabilities, Endpoint, Family, Foreign, Gap, Host, Link, Mac, Mono, NextHop, NextHopFlags,
    Reading, Reason, Route, RouteInfo, RouteKind, RouteScope, Section, WallClock,
};

use crate::{Paint, Style};

/// A device name that the kernel takes and a terminal obeys.
pub(super) const EVIL: &str = "e\u{1b}[2J";

pub(super) fn host() -> Host {
    Host {
        name: Foreign("app\u{7}03".into()),
        kernel: Foreign("6.18".into()),
        netns_inode: Some(4_026_531_833),
        started_at: WallClock(0),
        uid: 0,
        capabilities: Capabilities::default(),
    }
}

pub(super) fn whole<T>(data: T) -> Section<T> {
    let reading = Reading { source: "rtnetlink".into(), started: Mono(0), ended: Mono(3_000_000) };
    Section::Collected { data, reading }
}

pub(super) fn missing<T>() -> Section<T> {
    Section::Missing(Gap::new(Reason::NeedsRoot, Foreign("line\nbreak".into())))
}

pub(super) fn style(width: usize) -> Style {
    Style { width, paint: Paint::default(), verbosity: 0 }
}

pub(super) fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub(super) fn parsed(json: &str) -> serde_json::Value {
    let controls = json.chars().filter(|&c| c.is_control() && c != '\n').count();
    assert_eq!(controls, 0, "JSON escapes control characters");
    serde_json::from_str(json).unwrap()
}

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(super) fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

pub(super) fn end(address: &str, port: u16) -> Endpoint {
    Endpoint::new(ip(address), port)
}

pub(super) fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

/// `lo`, `eth0` with MAC ...:10, and a device with an evil name and alias.
pub(super) fn links() -> Vec<Link> {
    let link = |ifindex, name: &str, last| Link {
        loopback: last == 0,
        mac: Some(Mac([if last == 0 { 0 } else { 2 }, 0, 0, 0, 0, last])),
        ..Link::new(ifindex, Foreign(name.into()))
    };
    let evil = Link {
        alias: Some(Foreign("x\nfake line".into())),
        kind: Some(Foreign("veth".into())),
        carrier: false,
        master_ifindex: Some(2),
        xdp_program_ids: vec![7],
        ..link(3, EVIL, 0x11)
    };
    vec![link(1, "lo", 0), link(2, "eth0", 0x10), evil]
}

pub(super) fn hop(ifindex: u32, gateway: Option<&str>) -> NextHop {
    NextHop { ifindex, gateway: gateway.map(ip), weight: 1, flags: NextHopFlags::default() }
}

pub(super) fn route(table: u32, destination: &str, next_hops: Vec<NextHop>) -> Route {
    let destination = net(destination);
    Route::new(
        destination,
        RouteInfo {
            family: Family::of(destination.addr()),
            table,
            kind: RouteKind::Unicast,
            source: None,
            tos: 0,
            protocol: 2,
            scope: RouteScope(0),
            metric: 0,
            prefsrc: None,
            next_hops,
            nexthop_id: None,
            metrics: Vec::new(),
            expires_s: None,
            preference: None,
        },
    )
}
