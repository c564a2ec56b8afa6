use synrecv_model::{Foreign, NextHop, PortRange, RouteMetric, RuleAction};

use super::super::fixture::{
    EVIL, hop, host, ip, links, missing, net, parsed, route, style, whole, written,
};
use super::*;

fn rule(priority: u32, table: u32) -> Rule {
    Rule {
        family: Family::V4,
        priority,
        invert: false,
        from: None,
        to: None,
        iif: None,
        oif: None,
        fwmark: None,
        tos: 0,
        dscp: None,
        uid_range: None,
        ip_protocol: None,
        sport: None,
        dport: None,
        tun_id: None,
        l3mdev: false,
        action: RuleAction::ToTable,
        table,
        goto: None,
        suppress_prefix_len: None,
        suppress_if_group: None,
        protocol: 2,
        unknown_selectors: Vec::new(),
    }
}

fn rules() -> Vec<Rule> {
    vec![
        rule(0, 255),
        Rule {
            invert: true,
            from: Some(net("10.0.0.0/8")),
            iif: Some(Foreign(EVIL.into())),
            fwmark: Some((1, 0xff)),
            dport: Some(PortRange { start: 80, end: 81 }),
            suppress_prefix_len: Some(0),
            unknown_selectors: vec![40],
            ..rule(100, 70_000)
        },
        Rule { action: RuleAction::Goto, goto: Some(32_766), ..rule(200, 0) },
        rule(32_766, 254),
    ]
}

fn routes() -> Vec<Route> {
    let weighted = NextHop { weight: 3, ..hop(3, Some("fe80::9")) };
    let mut down = hop(2, Some("10.0.0.253"));
    down.flags.linkdown = true;
    vec![
        route(70_000, "10.0.0.0/8", vec![down, weighted]).with(|route| {
            let metric = |number, value| RouteMetric { number, value };
            route.metrics = vec![metric(1, 1 << 2), metric(2, 1400)];
        }),
        route(254, "0.0.0.0/0", vec![hop(2, Some("10.0.0.254"))]).with(|route| route.protocol = 4),
        route(254, "10.0.0.0/24", vec![hop(2, None)])
            .with(|route| route.prefsrc = Some(ip("10.0.0.1"))),
        route(254, "10.66.0.0/16", Vec::new())
            .with(|route| (route.kind, route.metric) = (RouteKind::Blackhole, 9)),
        route(255, "10.0.0.1/32", vec![hop(2, None)]).with(|route| route.kind = RouteKind::Local),
        route(255, "ff00::/8", vec![hop(2, None)]).with(|route| route.kind = RouteKind::Multicast),
    ]
}

struct Given {
    host: Host,
    routes: Section<Vec<Route>>,
    rules: Section<Vec<Rule>>,
    nexthops: Section<Vec<NextHopObject>>,
    links: Section<Vec<Link>>,
}

fn given() -> Given {
    let object = NextHopObject { id: 3, group: vec![(1, 2)], next_hop: None, blackhole: false };
    Given {
        host: host(),
        routes: whole(routes()),
        rules: whole(rules()),
        nexthops: whole(vec![object]),
        links: whole(links()),
    }
}

impl Given {
    fn table(&self, all: bool) -> RouteTable<'_> {
        RouteTable {
            kind: SourceKind::Live,
            host: &self.host,
            routes: &self.routes,
            rules: &self.rules,
            nexthops: &self.nexthops,
            links: &self.links,
            all,
        }
    }
}

#[test]
fn rules_first_then_the_main_table() {
    let expected = r"RULES  4
PRIORITY  FAMILY  MATCHES                         DOES
       0  ipv4    all                             lookup local
     100  ipv4    not from 10.0.0.0/8 iif e\x1b[2J fwmark 0x1/0xff dport 80-81  lookup 70000 suppress_prefixlength 0
    ! also matches by what is not understood: attribute 40
     200  ipv4    all                             goto 32766
   32766  ipv4    all                             lookup main

TABLE main  3
PREFIX                  DEV   VIA         SRC       METRIC  PROTO
default                 eth0  10.0.0.254  -              0  static
10.0.0.0/24             eth0  on-link     10.0.0.1       0  kernel
blackhole 10.66.0.0/16  -     -           -              9  kernel

TABLE 70000  1
PREFIX      DEV       VIA         SRC  METRIC  PROTO
10.0.0.0/8  eth0      10.0.0.253  -         0  kernel
    ! mtu lock 1400, weight 1, linkdown
  or        e\x1b[2J  fe80::9                          - weight 3

Hidden: 2 routes of the kernel's own (local, broadcast, multicast); --all shows
them.
";
    let given = given();
    let text = written(|out| given.table(false).write_text(style(80), out));
    assert_eq!(text, expected);
}

#[test]
fn all_means_all() {
    let given = given();
    let text = written(|out| given.table(true).write_text(style(80), out));
    assert!(text.contains("TABLE local  2") && text.contains("local 10.0.0.1/32"), "{text}");
    assert!(!text.contains("hidden"));
}

#[test]
fn json_has_everything() {
    let given = given();
    let json = parsed(&written(|out| given.table(false).write_json(out)));
    assert_eq!(json["routes"].as_array().unwrap().len(), 6);
    assert_eq!(json["routes"][0]["next_hops"][1]["dev"], EVIL);
    assert_eq!(json["rules"][1]["unknown_selectors"], serde_json::json!([40]));
    assert_eq!(json["nexthops"][0]["group"], serde_json::json!([[1, 2]]));
}

#[test]
fn unread_rules_are_null() {
    let given = Given { rules: missing(), ..given() };
    let json = parsed(&written(|out| given.table(false).write_json(out)));
    assert_eq!(json["rules"], serde_json::Value::Null);
    let text = written(|out| given.table(false).write_text(style(80), out));
    assert!(text.starts_with(" ?  rules not read: needs-root") && text.contains("TABLE main"));
}
