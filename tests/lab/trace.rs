//! `trace` against traceroute(8), a capture, and ways that are known.

mod packets;

use std::net::IpAddr;
use std::process::Output;

use serde_json::Value;
use synrecv_collect::traces::{self, FirstHopQuestion};
use synrecv_faults::{LongWay, Namespace, long_way_hops};
use synrecv_tests::schema::violations;

use crate::inside::{NOBODY, json, list, need_rights, run_doctor, stand, text};

const METHODS: [(&str, &[&str]); 3] = [("udp", &[]), ("icmp", &["-I"]), ("tcp", &["-T"])];

fn long_way() -> LongWay {
    need_rights();
    LongWay::build().expect("the way can be built")
}

/// What a trace says, in JSON, and before it on standard error.
struct Said {
    trace: Value,
    announced: u64,
    status: Option<i32>,
}

fn trace(way: &LongWay, args: &[&str], uid: Option<u32>) -> Said {
    way.refill().expect("the limit can be set anew");
    trace_in(way.source(), args, uid)
}

fn trace_in(namespace: &Namespace, args: &[&str], uid: Option<u32>) -> Said {
    let output = run_doctor(namespace, &[&["trace", "--format", "json"], args].concat(), uid);
    let all: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{args:?}: {error}: {output:?}"));
    Said {
        trace: all["trace"].clone(),
        announced: announced(&output),
        status: output.status.code(),
    }
}

/// The first number on standard error; 0 when nothing is said.
fn announced(output: &Output) -> u64 {
    let error = String::from_utf8_lossy(&output.stderr);
    let Some((_, rest)) = error.split_once("sends at most ") else { return 0 };
    rest.split(' ').next().and_then(|count| count.parse().ok()).expect("a number")
}

/// Who answered first at each distance; silence at the end is left out.
fn hops(trace: &Value) -> Vec<Option<IpAddr>> {
    let first = |hop: &Value| {
        let address = hop["answers"][0]["address"].as_str()?;
        Some(address.parse().expect("an address"))
    };
    trimmed(list(&trace["hops"]).iter().map(first).collect())
}

fn trimmed(mut hops: Vec<Option<IpAddr>>) -> Vec<Option<IpAddr>> {
    while hops.last().is_some_and(Option::is_none) {
        hops.pop();
    }
    hops
}

/// The same of what traceroute(8) prints with `-n`, and whether it ends with `!X`.
fn by_traceroute(way: &LongWay, args: &[&str]) -> (Vec<Option<IpAddr>>, bool) {
    way.refill().expect("the limit can be set anew");
    let printed = text(way.source(), "traceroute", &[&["-n"], args].concat());
    let line = |line: &str| line.split_whitespace().skip(1).find_map(|word| word.parse().ok());
    let found = printed.lines().skip(1).map(line).collect();
    (trimmed(found), printed.contains("!X"))
}

fn is_prohibited(trace: &Value) -> bool {
    let answers = list(&trace["hops"]).iter().flat_map(|hop| list(&hop["answers"]));
    let codes = answers.map(|answer| (answer["icmp_type"].as_u64(), answer["icmp_code"].as_u64()));
    codes.into_iter().any(|code| matches!(code, (Some(3), Some(13)) | (Some(1), Some(1))))
}

#[test]
fn the_same_hops_as_traceroute() {
    let way = long_way();
    let ends =
        [(LongWay::OPEN, "arrived"), (LongWay::REJECTED, "refused"), (LongWay::DROPPED, "silent")];
    for (method, args) in METHODS {
        for (target, end) in ends {
            let said = trace(&way, &[target, "--method", method], None);
            // Where nothing answers any more it would wait for half a minute.
            let short: &[&str] = if end == "silent" { &["-w", "1", "-m", "12"] } else { &[] };
            let (expected, prohibited) = by_traceroute(&way, &[args, short, &[target]].concat());
            let what = format!("{method} {target}: {:#}", said.trace);
            assert_eq!(hops(&said.trace), expected, "{what}");
            assert_eq!(is_prohibited(&said.trace), prohibited, "{what}");
            assert_eq!((said.status, &said.trace["end"]), (Some(0), &end.into()), "{what}");
            assert_eq!(said.trace["first_hop"]["verdict"], "equal", "{what}");
            assert_eq!(said.trace["unattributed_count"], 0, "{what}");
            let asymmetric = |hop: &Value| hop.get("distance_back").is_some();
            assert!(!list(&said.trace["hops"]).iter().any(asymmetric), "{what}");
        }
    }
}

/// Whether a trace went by the left; fails where some of it went by the right.
fn went_left(way: &LongWay, (target, method, uid): (&str, &str, Option<u32>)) -> bool {
    let said = trace(way, &[target, "--method", method], uid);
    let found = hops(&said.trace);
    let v6 = target == LongWay::OPEN_V6;
    let by_left = [true, false].into_iter().find(|&left| found == long_way_hops(v6, left));
    for hop in list(&said.trace["hops"]) {
        let first = &hop["answers"][0]["address"];
        let same = |answer: &Value| &answer["address"] == first;
        assert!(list(&hop["answers"]).iter().all(same), "{hop}");
    }
    by_left.unwrap_or_else(|| panic!("{method} {target} {uid:?}: {found:?}"))
}

#[test]
fn every_flow_takes_one_way_through_shared_load() {
    const ROUNDS: usize = 20;
    let way = long_way();
    // By addresses, and for IPv6 by the flow label, which sockets of TCP have one of their own of.
    for _ in 0..ROUNDS {
        went_left(&way, (LongWay::OPEN_V6, "tcp", Some(NOBODY)));
    }
    way.share_by_ports().expect("the setting can be written");
    let mut ways = Vec::new();
    // Without `connect`: on a veth, and on no wire, packets carry a random hash of their socket.
    for _ in 0..ROUNDS {
        for (target, method) in [
            (LongWay::OPEN, "udp"),
            (LongWay::OPEN, "tcp"),
            (LongWay::OPEN_V6, "udp"),
            (LongWay::OPEN_V6, "icmp"),
        ] {
            ways.push((method, went_left(&way, (target, method, None))));
        }
    }
    // Each trace has a port of its own: once in half a million times all of one method take the same way.
    for method in ["udp", "tcp"] {
        let both = [true, false].map(|left| ways.contains(&(method, left)));
        assert_eq!(both, [true, true], "{method}");
    }
}

#[test]
fn ipv6_as_ipv4() {
    let way = long_way();
    for (method, _) in METHODS {
        let open = trace(&way, &[LongWay::OPEN_V6, "--method", method], None).trace;
        let found = hops(&open);
        assert!([true, false].iter().any(|&left| found == long_way_hops(true, left)), "{found:?}");
        assert_eq!(
            (&open["end"], &open["first_hop"]["verdict"]),
            (&"arrived".into(), &"equal".into())
        );
        let rejected = trace(&way, &[LongWay::REJECTED_V6, "--method", method], None).trace;
        assert_eq!((&rejected["end"], is_prohibited(&rejected)), (&"refused".into(), true));
    }
    // The router by its link-local address, which it does not answer from.
    let links = json(way.source(), "ip", &["-j", "-6", "neigh", "show", "dev", "up1"]);
    let device = json(way.source(), "ip", &["-j", "-6", "addr", "show", "dev", "up1"]);
    assert!(!list(&links).is_empty() && !list(&device).is_empty());
    let first = way.hosts().iter().find(|host| host.name() == "first").expect("the first router");
    let addresses = json(first, "ip", &["-j", "-6", "addr", "show", "dev", "down1"]);
    let addresses = list(&addresses[0]["addr_info"]);
    let local =
        addresses.iter().find(|address| address["scope"] == "link").expect("a link-local one");
    let local = format!("{}%up1", local["local"].as_str().expect("an address"));
    for (method, uid) in
        [("udp", Some(NOBODY)), ("icmp", None), ("tcp", None), ("tcp", Some(NOBODY))]
    {
        let near = trace(&way, &[&local, "--method", method], uid).trace;
        assert_eq!((&near["end"], list(&near["hops"]).len()), (&"arrived".into(), 1), "{near:#}");
        assert_eq!(near["first_hop"]["verdict"], "equal", "{near:#}");
    }
}

#[test]
fn without_rights_udp_and_tcp_see_the_same() {
    let way = long_way();
    for target in [LongWay::OPEN, LongWay::REJECTED] {
        for method in ["udp", "tcp"] {
            let args = [target, "--method", method];
            let [root, nobody] = [None, Some(NOBODY)].map(|uid| trace(&way, &args, uid));
            assert_eq!(hops(&root.trace), hops(&nobody.trace), "{method} {target}");
            assert_eq!(root.trace["end"], nobody.trace["end"], "{method} {target}");
            assert_eq!(nobody.status, Some(0));
        }
    }
    let args = ["trace", LongWay::OPEN, "--method", "icmp"];
    let refused = run_doctor(way.source(), &args, Some(NOBODY));
    let said = String::from_utf8_lossy(&refused.stdout);
    assert_eq!((refused.status.code(), announced(&refused)), (Some(4), 0), "{refused:?}");
    assert!(said.contains("needs-root") && said.contains("CAP_NET_RAW"), "{said}");
    // A ping socket, where the group may have one.
    way.source().sysctl("net/ipv4/ping_group_range", "0 65534").expect("a setting");
    for target in [LongWay::OPEN, LongWay::OPEN_V6, LongWay::REJECTED] {
        let args = [target, "--method", "icmp"];
        let [root, nobody] = [None, Some(NOBODY)].map(|uid| trace(&way, &args, uid));
        assert_eq!(root.trace["end"], nobody.trace["end"], "{target}");
        if target != LongWay::OPEN_V6 {
            assert_eq!(hops(&root.trace), hops(&nobody.trace), "{target}");
        }
    }
}

#[test]
fn what_cannot_be_sent_is_told() {
    let way = long_way();
    let ask = |namespace: &Namespace, args: &[&str]| {
        let output = run_doctor(namespace, &[&["trace"], args].concat(), None);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said, announced(&output))
    };
    let (status, said, announced) = ask(way.target(), &["203.0.113.1"]);
    assert_eq!((status, announced), (Some(4), 0), "{said}");
    assert!(said.contains("find a way to 203.0.113.1"), "{said}");
    let flat: Vec<&str> = said.split_whitespace().collect();
    assert!(flat.join(" ").contains("why: synrecv-doctor route get 203.0.113.1"), "{said}");
    let (status, _, announced) = ask(way.source(), &["10.0.1.255"]);
    assert_eq!((status, announced), (Some(2), 0), "a broadcast address");
    let (status, said, _) = ask(way.source(), &[LongWay::OPEN, "--from", "10.0.1.99"]);
    assert_eq!(status, Some(4), "{said}");
    assert!(said.contains("send from 10.0.1.99"), "{said}");
    // A next hop that is not there.
    let (status, said, _) = ask(way.source(), &["10.0.1.77"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("10.0.1.77 does not resolve"), "{said}");
    // A filter of this host itself.
    let rules = "table inet own {
        chain output {
            type filter hook output priority filter; policy accept;
            udp dport 33434 drop
        }
    }
    ";
    way.source().nft(rules).expect("a rule");
    let (status, said, announced) = ask(way.source(), &[LongWay::OPEN]);
    assert!(status == Some(4) && announced > 0, "{said}");
    assert!(said.contains("send to 10.0.8.2"), "{said}");
}

#[test]
fn the_balancer_of_the_incident_is_named_and_nothing_is_healed() {
    let running = stand("incident");
    let server = running.server();
    let neighbours = || {
        let rows = json(server, "ip", &["-j", "neigh"]);
        let row = |row: &Value| (row["dst"].to_string(), row["lladdr"].to_string());
        let mut rows: Vec<_> = list(&rows).iter().map(row).collect();
        rows.sort();
        rows
    };
    let stuck = || text(server, "ss", &["-Htn", "state", "syn-recv"]).lines().count();
    let before = (neighbours(), stuck());
    let said = trace_in(server, &["192.168.5.11", "--from", "192.168.4.10"], Some(NOBODY));
    let first = &said.trace["first_hop"];
    assert_eq!(
        (&first["verdict"], &first["answered_by"]),
        (&"other".into(), &"192.168.4.2".into())
    );
    assert_eq!((&first["is_gateway"], &first["next_hop"]), (&false.into(), &"192.168.5.11".into()));
    assert_eq!(first["mac"], "02:00:00:00:00:02", "{first}");

    let peers = ["192.168.5.11", "192.168.5.12", "192.168.4.20"];
    let questions: Vec<FirstHopQuestion> = peers
        .iter()
        .map(|peer| FirstHopQuestion {
            peer: peer.parse().expect("an address"),
            from: Some(IpAddr::from([192, 168, 4, 10])),
            ifindex: 0,
        })
        .collect();
    let found = server.run(move || traces::ways(&questions, None)).expect("the server is there");
    let routers: Vec<Option<IpAddr>> = found
        .whole()
        .expect("all were asked")
        .iter()
        .map(|trace| trace.first_router().map(|(_, router)| router))
        .collect();
    let balancer = Some(IpAddr::from([192, 168, 4, 2]));
    assert_eq!(routers, [balancer, balancer, None]);
    let after = (neighbours(), stuck());
    // Clients come and go; what is stuck stays stuck.
    assert_eq!(before.0, after.0);
    assert!(after.1 > 0 && before.1 > 0, "{} {}", before.1, after.1);
}

#[test]
fn json_is_what_its_schema_says() {
    let way = long_way();
    let schema =
        json(way.source(), synrecv_tests::doctor().to_str().expect("a path"), &["schema", "table"]);
    for args in [
        &[LongWay::OPEN][..],
        &[LongWay::REJECTED_V6, "--method", "tcp"],
        &[LongWay::OPEN, "--from", "10.0.1.99"],
    ] {
        let output =
            run_doctor(way.source(), &[&["trace", "--format", "json"], args].concat(), None);
        let table: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(violations(&schema, &table), [""; 0], "{args:?}");
    }
}
