use synrecv_model::{DeviceSettings, Flow, MatchedRoute, Nud, RouteKind, RuleAction};

use super::super::fixture::{
    end, hop, host, ip, links, mac, missing, net, parsed, route, style, whole, written,
};
use super::*;

fn question(from: &str, to: &str) -> ReplyQuestion {
    let flow = Flow { local: end(from, 0), peer: end(to, 0) };
    ReplyQuestion { flow, mark: 0, uid: None, oif: 0 }
}

fn reply(question: ReplyQuestion, resolved: RouteLookup<ResolvedRoute>, prefix: &str) -> Reply {
    let matched = resolved.as_ref().ok().map(|route| MatchedRoute {
        prefix: net(prefix),
        table: route.table,
        protocol: 2,
        next_hop_count: 1,
        expires_s: None,
    });
    Reply { question, resolved, matched, inputs: Vec::new() }
}

/// By `eth0`.
fn way(gateway: Option<&str>, table: u32) -> ResolvedRoute {
    ResolvedRoute {
        kind: RouteKind::Unicast,
        oif: 2,
        gateway: gateway.map(ip),
        table,
        prefsrc: Some(ip("10.0.0.1")),
        redirected: false,
    }
}

fn rule(priority: u32, from: Option<&str>, table: u32) -> Rule {
    Rule {
        family: synrecv_model::Family::V4,
        priority,
        invert: false,
        from: from.map(net),
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

fn own(ifindex: u32, address: &str, prefix_len: u8) -> Address {
    Address::new(ifindex, net(&format!("{address}/{prefix_len}")))
}

fn neighbour(address: &str, last: u8) -> Neighbour {
    Neighbour {
        ifindex: 2,
        address: ip(address),
        state: if last == 0 { Nud::Incomplete } else { Nud::Reachable },
        mac: (last != 0).then(|| mac(last)),
        flags: synrecv_model::NeighbourFlags::default(),
        ages: None,
        probes_count: Some(3),
        protocol: None,
    }
}

/// 10.0.0.1/8 on `eth0` with a gateway, 10.2.0.1/24 on `e<esc>[2J`, and a rule for the latter.
struct Given {
    host: Host,
    plain: Option<Section<Reply>>,
    inputs: Option<Section<Vec<InputAnswer>>>,
    rules: Section<Vec<Rule>>,
    routes: Section<Vec<Route>>,
    neighbours: Section<Vec<Neighbour>>,
    settings: Settings,
}

fn given() -> Given {
    let strict = DeviceSettings { rp_filter_effective: Some(1), ..DeviceSettings::default() };
    Given {
        host: host(),
        plain: None,
        inputs: None,
        rules: whole(vec![
            rule(0, None, 255),
            rule(100, Some("10.2.0.1/32"), 102),
            rule(32_766, None, 254),
        ]),
        routes: whole(vec![
            route(254, "10.0.0.0/8", vec![hop(2, None)]),
            route(254, "0.0.0.0/0", vec![hop(2, Some("10.0.0.254"))]),
            route(254, "192.0.2.0/24", Vec::new()).with(|route| {
                route.kind = RouteKind::Unreachable;
                route.protocol = 4;
            }),
            route(102, "0.0.0.0/0", vec![hop(3, Some("10.2.0.254"))]),
        ]),
        neighbours: whole(vec![neighbour("10.9.0.7", 2)]),
        settings: Settings { devices: [(3, strict)].into(), ..Settings::default() },
    }
}

impl Given {
    fn both(&self, reply: Reply) -> (String, serde_json::Value) {
        let (reply, nexthops, links) = (whole(reply), whole(Vec::new()), whole(links()));
        let addresses = whole(vec![own(2, "10.0.0.1", 8), own(3, "10.2.0.1", 24)]);
        let settings = whole(self.settings.clone());
        let get = RouteGet {
            kind: SourceKind::Live,
            host: &self.host,
            reply: &reply,
            plain: self.plain.as_ref(),
            inputs: self.inputs.as_ref(),
            rules: &self.rules,
            routes: &self.routes,
            nexthops: &nexthops,
            neighbours: &self.neighbours,
            addresses: &addresses,
            links: &links,
            settings: &settings,
        };
        let text = written(|out| get.write_text(style(80), out));
        let answer = parsed(&written(|out| get.write_json(out)))["answer"].clone();
        (text, answer)
    }
}

#[test]
fn the_way_and_what_decided() {
    let input = InputAnswer { iif: 2, result: Ok(RouteKind::Local) };
    let given = Given { inputs: Some(whole(vec![input])), ..given() };
    let asked = question("0.0.0.0", "10.9.0.7");
    let (text, json) = given.both(reply(asked, Ok(way(None, 254)), "10.0.0.0/8"));
    let expected = r"TO         10.9.0.7
SOURCE     10.0.0.1, chosen by the kernel
DEVICE     eth0
NEXT HOP   10.9.0.7 itself, no gateway
NEIGHBOUR  02:00:00:00:00:02 reachable
RULE       32766: all lookup main
TABLE      main
ENTRY      10.0.0.0/8, made by kernel
COMING IN  by eth0: taken
";
    assert_eq!(text, expected);
    assert_eq!((&json["table_name"], &json["rule"]["priority"]), (&"main".into(), &32_766.into()));
    assert_eq!(json["neighbour"]["mac"], "02:00:00:00:00:02");
    assert_eq!(json["entry"]["prefix"], "10.0.0.0/8");
    assert_eq!(
        (&json["inputs"][0]["accepted"], &json["inputs"][0]["owns_local"]),
        (&true.into(), &true.into())
    );
    assert!(json["plain"].is_null() && json["in_main"].is_null());
}

#[test]
fn a_refusal_is_an_answer_with_its_rule_and_route() {
    let asked = question("10.0.0.1", "192.0.2.7");
    let (text, json) = given().both(reply(asked, Err(RouteErrno::EHOSTUNREACH), ""));
    let expected = r"TO         192.0.2.7
FROM       10.0.0.1, of eth0
ANSWER     ! EHOSTUNREACH: a route of type unreachable matches
RULE       32766: all lookup main
TABLE      main
ENTRY      unreachable 192.0.2.0/24, made by static
";
    assert_eq!(text, expected);
    assert_eq!((&json["error"], &json["errno"]), (&"EHOSTUNREACH".into(), &113.into()));
    assert_eq!(json["refused_by"], "route");
    assert_eq!(json["refusing_route"]["destination"], "192.0.2.0/24");

    let stranger = question("10.0.0.99", "10.9.0.7");
    let (text, json) = given().both(reply(stranger, Err(RouteErrno::ENETUNREACH), ""));
    assert!(text.contains("ENETUNREACH: 10.0.0.99 is no address of this host"), "{text}");
    assert_eq!(json["refused_by"], "source");

    let unread = Given { routes: missing(), ..given() };
    let (text, json) = unread.both(reply(asked, Err(RouteErrno::EINVAL), ""));
    assert!(text.contains("EINVAL: a route or rule of type blackhole matches, or the source"));
    assert!(text.contains("RULE       not known: the routes were not read in full\n"), "{text}");
    assert!(json["refused_by"].is_null() && json["rule"].is_null());
}

#[test]
fn another_table_than_main_is_compared() {
    let asked = question("10.2.0.1", "198.51.100.7");
    let by_rule = ResolvedRoute { oif: 3, ..way(Some("10.2.0.254"), 102) };
    let plain = question("0.0.0.0", "198.51.100.7");
    let plain = reply(plain, Ok(way(Some("10.0.0.254"), 254)), "0.0.0.0/0");
    let inputs = vec![
        InputAnswer { iif: 2, result: Ok(RouteKind::Local) },
        InputAnswer { iif: 3, result: Err(RouteErrno::EINVAL) },
    ];
    let mut given = Given { plain: Some(whole(plain)), inputs: Some(whole(inputs)), ..given() };
    let answer = reply(asked, Ok(by_rule), "0.0.0.0/0");
    let (text, json) = given.both(answer.clone());
    let expected = r"TO         198.51.100.7
FROM       10.2.0.1, of e\x1b[2J
DEVICE     e\x1b[2J
NEXT HOP   10.2.0.254, a gateway
NEIGHBOUR  no entry yet
RULE       100: from 10.2.0.1/32 lookup 102
TABLE      102
ENTRY      default, made by kernel
PLAIN      i without --from: eth0, gateway 10.0.0.254, table main
COMING IN  by eth0: taken
           ! by e\x1b[2J: refused, EINVAL: the reverse-path filter is strict:
             the peer is expected elsewhere
";
    assert_eq!(text, expected);
    assert_eq!(
        (&json["plain"]["gateway"], &json["plain"]["table"]),
        (&"10.0.0.254".into(), &254.into())
    );
    assert_eq!(json["inputs"][1]["rp_filter_effective"], 1);

    // A rule without a selector: only `main` itself can be compared.
    given.rules = whole(vec![rule(100, None, 102), rule(32_766, None, 254)]);
    given.plain = None;
    let asked = question("0.0.0.0", "198.51.100.7");
    let (text, json) = given.both(Reply { question: asked, ..answer });
    assert!(
        text.contains("MAIN       i table main alone: eth0, gateway 10.0.0.254 (default)\n"),
        "{text}"
    );
    assert_eq!(json["in_main"]["prefix"], "0.0.0.0/0");
}

#[test]
fn what_is_special_about_the_next_hop() {
    let given = Given { neighbours: whole(vec![neighbour("10.0.0.254", 0)]), ..given() };
    let asked = question("0.0.0.0", "198.51.100.7");
    let redirected = ResolvedRoute { redirected: true, ..way(Some("10.0.0.254"), 254) };
    let (text, json) = given.both(reply(asked, Ok(redirected), "0.0.0.0/0"));
    let expected = "NEXT HOP   10.0.0.254, a gateway\n           i by an ICMP redirect: an exception \
                    that no table shows, until it\n             expires\nNEIGHBOUR  incomplete\n           \
                    ! no answer to 3 questions\n";
    assert!(text.contains(expected), "{text}");
    assert_eq!(
        (&json["redirected"], &json["neighbour_marks"][0]),
        (&true.into(), &"unresolved".into())
    );
}

#[test]
fn ipv6_says_that_nothing_is_known_about_the_way_in() {
    let asked = question("::", "2001:db8::7");
    let v6 = ResolvedRoute { prefsrc: Some(ip("2001:db8::1")), ..way(None, 254) };
    let (text, json) = given().both(reply(asked, Ok(v6), "2001:db8::/64"));
    assert!(text.contains("COMING IN  not tested: IPv6 has no reverse-path filter"), "{text}");
    assert!(json.get("inputs").is_none());
}

#[test]
fn a_device_that_was_asked_for_needs_no_entry() {
    let asked = ReplyQuestion { oif: 2, ..question("0.0.0.0", "203.0.113.7") };
    let assumed = Reply { matched: None, ..reply(asked, Ok(way(None, 0)), "0.0.0.0/0") };
    let given = Given { routes: whole(Vec::new()), ..given() };
    let (text, _) = given.both(assumed);
    assert!(text.ends_with("ENTRY      none: the peer is taken to be on eth0\n"), "{text}");
    assert!(!text.contains("TABLE") && !text.contains("RULE"), "{text}");
}
