use synrecv_model::{Flow, Nud, ReplyQuestion, RouteLookup};

use super::super::fixture::{end, host, ip, links, mac, net, parsed, style, whole, written};
use super::*;

fn reply(from: &str, resolved: RouteLookup<ResolvedRoute>) -> Reply {
    let matched = resolved.as_ref().ok().map(|route| MatchedRoute {
        prefix: net("10.0.0.0/8"),
        table: route.table,
        protocol: 2,
        next_hop_count: 1,
        expires_s: None,
    });
    let flow = Flow { local: end(from, 0), peer: end("10.9.0.7", 0) };
    let question = ReplyQuestion { flow, mark: 0, uid: None, oif: 0 };
    Reply { question, resolved, matched, inputs: Vec::new() }
}

fn way() -> ResolvedRoute {
    ResolvedRoute {
        kind: RouteKind::Unicast,
        oif: 3,
        gateway: None,
        table: 254,
        prefsrc: Some(ip("10.0.0.1")),
        redirected: false,
    }
}

fn neighbour() -> Neighbour {
    Neighbour {
        ifindex: 3,
        address: ip("10.9.0.7"),
        state: Nud::Reachable,
        mac: Some(mac(2)),
        flags: synrecv_model::NeighbourFlags::default(),
        ages: None,
        probes_count: None,
        protocol: None,
    }
}

fn both(reply: Reply) -> (String, serde_json::Value) {
    let (host, reply, neighbours, links) =
        (host(), whole(reply), whole(vec![neighbour()]), whole(links()));
    let get = RouteGet {
        kind: SourceKind::Live,
        host: &host,
        reply: &reply,
        neighbours: &neighbours,
        links: &links,
    };
    let text = written(|out| get.write_text(style(80), out));
    (text, parsed(&written(|out| get.write_json(out))))
}

#[test]
fn the_way_and_the_entry_behind_it() {
    let (text, json) = both(reply("0.0.0.0", Ok(way())));
    let expected = r"TO         10.9.0.7
SOURCE     10.0.0.1, chosen by the kernel
DEVICE     e\x1b[2J
NEXT HOP   10.9.0.7 itself, no gateway
NEIGHBOUR  02:00:00:00:00:02 reachable
TABLE      main
ENTRY      10.0.0.0/8, made by kernel
";
    assert_eq!(text, expected);
    let answer = &json["answer"];
    assert_eq!(
        (&answer["table_name"], &answer["neighbour"]["mac"]),
        (&"main".into(), &"02:00:00:00:00:02".into())
    );
    assert_eq!(answer["entry"]["prefix"], "10.0.0.0/8");
}

#[test]
fn a_refusal_is_an_answer() {
    let (text, json) = both(reply("10.0.0.1", Err(RouteErrno::EHOSTUNREACH)));
    let expected = r"TO         10.9.0.7
FROM       10.0.0.1
ANSWER     EHOSTUNREACH: a route of type unreachable matches
";
    assert_eq!(text, expected);
    assert_eq!(
        (&json["answer"]["error"], &json["answer"]["errno"]),
        (&"EHOSTUNREACH".into(), &113.into())
    );
}

#[test]
fn a_gateway_without_an_entry() {
    let (text, _) =
        both(reply("10.0.0.1", Ok(ResolvedRoute { gateway: Some(ip("10.0.0.254")), ..way() })));
    assert!(text.contains("NEXT HOP   10.0.0.254, a gateway\nNEIGHBOUR  no entry yet\n"));
}
