use synrecv_model::{
    Endpoint, Flow, MatchedRoute, NeighbourFlags, Nud, ReplyQuestion, ResolvedRoute, RouteErrno,
    RouteKind, RouteLookup, TraceMethod,
};

use super::super::fixture::{host, ip, links, mac, missing, net, parsed, style, whole, written};
use super::*;

fn answer(from: &str, kind: u8, code: u8, ttl: u8) -> HopAnswer {
    let said = HopSaid::Icmp { kind, code };
    HopAnswer { from: ip(from), said, delay_us: 310, ttl: Some(ttl) }
}

fn hop(distance: u8, asked_count: u8, answers: Vec<HopAnswer>) -> TracedHop {
    TracedHop { distance, asked_count, answers }
}

fn trace(hops: Vec<TracedHop>, end: TraceEnd) -> PathTrace {
    PathTrace {
        target: ip("10.0.9.9"),
        source: ip("10.0.0.10"),
        method: TraceMethod::Udp,
        ports: Some((40_000, 33_434)),
        sent_count: hops.iter().map(|hop| u32::from(hop.asked_count)).sum(),
        hops,
        end,
        unattributed_count: 0,
    }
}

/// Through a silent hop and one with a longer way back.
fn arrived() -> PathTrace {
    let hops = vec![
        hop(1, 1, vec![answer("10.0.0.1", 11, 0, 64)]),
        hop(2, 3, vec![]),
        hop(3, 1, vec![answer("10.0.3.1", 11, 0, 251), answer("10.0.3.2", 11, 0, 251)]),
        hop(4, 1, vec![answer("10.0.9.9", 3, 3, 61)]),
    ];
    trace(hops, TraceEnd::Arrived)
}

fn reply(gateway: Option<&str>) -> Section<Reply> {
    resolved(Ok(ResolvedRoute {
        kind: RouteKind::Unicast,
        oif: 2,
        gateway: gateway.map(ip),
        table: 254,
        prefsrc: Some(ip("10.0.0.10")),
        redirected: false,
    }))
}

fn resolved(resolved: RouteLookup<ResolvedRoute>) -> Section<Reply> {
    let flow = Flow {
        local: Endpoint { ip: ip("0.0.0.0"), port: 0 },
        peer: Endpoint { ip: ip("10.0.9.9"), port: 0 },
    };
    let question = ReplyQuestion { flow, mark: 0, uid: None, oif: 0 };
    let matched = MatchedRoute {
        prefix: net("0.0.0.0/0"),
        table: 254,
        protocol: 3,
        next_hop_count: 1,
        expires_s: None,
    };
    whole(Reply { question, resolved, matched: Some(matched), inputs: Vec::new() })
}

fn neighbour(address: &str, last: u8) -> Neighbour {
    Neighbour {
        ifindex: 2,
        address: ip(address),
        mac: Some(mac(last)),
        state: Nud::Reachable,
        flags: NeighbourFlags::default(),
        ages: None,
        probes_count: None,
        protocol: None,
    }
}

fn with<R>(
    trace: &Section<PathTrace>,
    reply: &Section<Reply>,
    neighbours: Vec<Neighbour>,
    see: impl FnOnce(&TraceTable<'_>) -> R,
) -> R {
    let (host, neighbours, links) = (host(), whole(neighbours), whole(links()));
    see(&TraceTable {
        kind: SourceKind::Live,
        host: &host,
        trace,
        reply,
        neighbours: &neighbours,
        links: &links,
    })
}

fn text(trace: PathTrace, reply: &Section<Reply>, neighbours: Vec<Neighbour>) -> String {
    with(&whole(trace), reply, neighbours, |table| written(|out| table.write_text(style(80), out)))
}

fn verdict(trace: PathTrace, reply: &Section<Reply>, neighbours: Vec<Neighbour>) -> String {
    let json = with(&whole(trace), reply, neighbours, |table| written(|out| table.write_json(out)));
    parsed(&json)["trace"]["first_hop"]["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn a_way_that_arrives() {
    let expected = "\
TO         10.0.9.9, udp port 33434 from port 40000
FROM       10.0.0.10
ROUTE      via 10.0.0.1 on eth0, MAC 02:00:00:00:00:01 (reachable)
FIRST HOP  - 10.0.0.1, the gateway of the route

HOP  ANSWERED BY    DELAY  TTL  ASKED
  1  10.0.0.1     0.31 ms   64      1
  2  -                  -    -      3
  3  10.0.3.1     0.31 ms  251      1
    i 10.0.3.2 as well, came back over 5 hops by its TTL
  4  10.0.9.9     0.31 ms   61      1  - the target

10.0.9.9 answered at distance 4; 6 packets sent.
";
    let found = text(arrived(), &reply(Some("10.0.0.1")), vec![neighbour("10.0.0.1", 1)]);
    assert_eq!(found, expected);
}

#[test]
fn silence_and_refusals_say_where() {
    let mut hops = vec![hop(1, 1, vec![answer("10.0.0.1", 11, 0, 64)])];
    hops.extend((2..=11).map(|distance| hop(distance, 3, vec![])));
    let silent = text(trace(hops, TraceEnd::Silent), &reply(Some("10.0.0.1")), vec![]);
    assert!(silent.contains("2-11  -"), "{silent}");
    assert!(silent.contains("Nobody answered behind distance 1; 31 packets sent."), "{silent}");

    let hops = vec![
        hop(1, 1, vec![answer("10.0.0.1", 11, 0, 64)]),
        hop(2, 1, vec![answer("10.0.0.1", 3, 13, 64)]),
    ];
    let refused = text(trace(hops, TraceEnd::Refused), &reply(Some("10.0.0.1")), vec![]);
    assert!(refused.contains("- !X administratively prohibited"), "{refused}");
    assert!(refused.contains("10.0.0.1 says at distance 2 that it goes no further"), "{refused}");
}

#[test]
fn a_routing_loop_is_named() {
    let routers = ["10.0.0.1", "10.0.1.1"].into_iter().cycle().zip(1..=30);
    // What goes round comes back by a shorter way than it went.
    let hops = routers.map(|(ip, distance)| hop(distance, 1, vec![answer(ip, 11, 0, 64)]));
    let trace = trace(hops.collect(), TraceEnd::TooFar);
    let found = text(trace.clone(), &reply(Some("10.0.0.1")), vec![]);
    let words = "Routing loop: from distance 1 on packets go round, by 10.0.0.1, 10.0.1.1.";
    assert!(found.contains(words) && !found.contains("came back"), "{found}");
    let reply = reply(Some("10.0.0.1"));
    let json = with(&whole(trace), &reply, vec![], |table| written(|out| table.write_json(out)));
    let routers = &parsed(&json)["trace"]["loop_routers"];
    assert_eq!(*routers, serde_json::json!(["10.0.0.1", "10.0.1.1"]));
}

#[test]
fn the_first_hop_is_compared_with_the_route() {
    let by = |gateway| verdict(arrived(), &reply(gateway), vec![]);
    assert_eq!(by(Some("10.0.0.1")), "equal");
    assert_eq!(by(Some("10.0.0.7")), "other");
    let entries = vec![neighbour("10.0.0.1", 1), neighbour("10.0.0.7", 1)];
    assert_eq!(verdict(arrived(), &reply(Some("10.0.0.7")), entries), "same-machine");
    assert_eq!(verdict(arrived(), &reply(Some("fe80::1")), vec![]), "unknown");
    assert_eq!(verdict(arrived(), &missing(), vec![]), "unknown");
    assert_eq!(verdict(arrived(), &resolved(Err(RouteErrno::ENETUNREACH)), vec![]), "unknown");
    let silent = trace(vec![hop(1, 3, vec![])], TraceEnd::Silent);
    assert_eq!(verdict(silent, &reply(None), vec![]), "silent");
    let own = trace(vec![hop(1, 3, vec![answer("10.0.0.10", 3, 1, 64)])], TraceEnd::Refused);
    assert_eq!(verdict(own, &reply(None), vec![]), "unresolved");
}

/// The incident: the peer is taken for a neighbour, and a balancer answers in its place.
#[test]
fn a_router_in_place_of_a_neighbour_is_a_warning() {
    let found = text(arrived(), &reply(None), vec![neighbour("10.0.9.9", 2)]);
    assert!(
        found.contains("ROUTE      10.0.9.9 itself, on eth0, MAC 02:00:00:00:00:02"),
        "{found}"
    );
    assert!(
        found.contains("FIRST HOP  ! the route says that 10.0.9.9 itself is on eth0"),
        "{found}"
    );
    let itself = trace(vec![hop(1, 1, vec![answer("10.0.9.9", 3, 3, 64)])], TraceEnd::Arrived);
    assert_eq!(verdict(itself, &reply(None), vec![]), "equal");
}

#[test]
fn what_could_not_be_sent_is_told() {
    let nothing = missing();
    let (text, json) = with(&nothing, &missing(), vec![], |table| {
        (written(|out| table.write_text(style(80), out)), written(|out| table.write_json(out)))
    });
    assert!(text.starts_with(" ?  trace not read: "), "{text}");
    let json = parsed(&json);
    assert!(json["trace"].is_null());
    assert_eq!(json["sections"]["trace"]["reason"], "needs-root");
}
