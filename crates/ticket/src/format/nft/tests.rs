use synrecv_model::{ChainKind, FilterRule, Foreign, Hook, RuleVerdict, Term, Test};

use super::*;

fn lines(text: &str) -> Vec<Line> {
    let line = |(number, text): (u32, &str)| Line {
        number,
        text: text.to_owned(),
        part_count: 1,
        rebuilt: false,
    };
    (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()).map(line).collect()
}

fn read(text: &str) -> (Vec<FilterChain>, Table) {
    let table = Nft.read(&lines(text), None);
    let Content::Chains(chains) = &table.content else { panic!("{table:?}") };
    (chains.clone(), table)
}

const SETS: &str = "set bad {\n type ipv4_addr\n flags interval\n elements = { 10.66.0.0/16,\n 192.168.5.1 timeout 1m expires 3s }\n}\n\
                    set dyn {\n type ipv4_addr\n flags dynamic,timeout\n}\n\
                    map ports {\n type inet_service : verdict\n elements = { 22 : accept, 80 : jump web, 81 : drop, 82 : drop }\n}\n";

fn rules(rule: &str) -> Vec<FilterRule> {
    let text = format!("table inet t {{\n{SETS}chain c {{\n{rule}\n}}\n}}");
    let (chains, table) = read(&text);
    assert!(!table.taken.iter().any(|taken| matches!(taken, Taken::Rejected(_))), "{rule}");
    assert_eq!(table.cut, None);
    chains[0].rules.clone()
}

fn terms(rule: &str) -> Vec<Term> {
    rules(rule)[0].terms.clone()
}

fn yes(test: Test) -> Term {
    Term { negated: false, test }
}

fn no(test: Test) -> Term {
    Term { negated: true, test }
}

fn tcp() -> Term {
    yes(Test::Protocol(vec![6]))
}

fn net(low: &str, high: &str) -> (std::net::IpAddr, std::net::IpAddr) {
    (low.parse().unwrap(), high.parse().unwrap())
}

#[test]
fn ports_and_addresses() {
    let ports = vec![80..=80, 443..=443, 8000..=8010];
    assert_eq!(
        terms("tcp dport { 80, 443, 8000-8010 } drop"),
        [tcp(), yes(Test::DestinationPort(ports))]
    );
    assert_eq!(terms("tcp dport != 1-1024 drop")[1], no(Test::DestinationPort(vec![1..=1024])));
    assert_eq!(terms("tcp sport >= 1024 drop")[1], yes(Test::SourcePort(vec![1024..=u16::MAX])));
    let source = Test::Source(vec![net("10.0.0.0", "10.255.255.255")]);
    assert_eq!(terms("ip saddr 10.0.0.0/8 drop"), [yes(Test::IpVersion(4)), yes(source)]);
    let set = vec![net("10.66.0.0", "10.66.255.255"), net("192.168.5.1", "192.168.5.1")];
    assert_eq!(terms("ip saddr @bad counter packets 1 bytes 60 drop")[1], yes(Test::Source(set)));
    assert_eq!(terms("ip saddr @dyn drop")[1], yes(Test::Other));
    assert_eq!(terms("ip saddr @gone drop")[1], yes(Test::Other));
    let to = Test::Destination(vec![net("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]);
    assert_eq!(terms("ip6 daddr != 2001:db8::/32 drop"), [yes(Test::IpVersion(6)), no(to)]);
}

#[test]
fn flags_are_bits_without_a_sign() {
    let flags = |mask, value| Test::TcpFlags { mask, values: vec![value] };
    assert_eq!(terms("tcp flags syn accept"), [tcp(), no(flags(2, 0))]);
    assert_eq!(terms("tcp flags ack / fin,syn,rst,ack drop")[1], yes(flags(0x17, 0x10)));
    assert_eq!(terms("tcp flags != syn / fin,syn,rst,ack drop")[1], no(flags(0x17, 2)));
    assert_eq!(terms("tcp flags & (fin | syn | rst | ack) == ack drop")[1], yes(flags(0x17, 0x10)));
    assert_eq!(terms("tcp flags & (fin|syn|rst|ack) != syn drop")[1], no(flags(0x17, 2)));
    assert_eq!(terms("tcp flags 0x10 / 0x1,0x2,0x4,0x10 drop")[1], yes(flags(0x17, 0x10)));
    assert_eq!(terms("tcp flags != syn drop")[1], no(flags(0xff, 2)));
    assert_eq!(terms("tcp flags ! fin,rst drop")[1], yes(flags(5, 0)));
    assert_eq!(
        terms("tcp flags { syn, ack } drop")[1],
        yes(Test::TcpFlags { mask: 0xff, values: vec![2, 16] })
    );
}

#[test]
fn states_and_the_way_back() {
    let state = |rule: &str| match &terms(rule)[0].test {
        Test::ConntrackState(state) => *state,
        other => panic!("{other:?}"),
    };
    assert!(state("ct state invalid drop").invalid && state("ct state 0x1 drop").invalid);
    let others = state("ct state != { established, new } drop");
    assert!(others.invalid && others.related && others.untracked && !others.new);
    assert!(state("ct state established,related accept").related);
    assert_eq!(terms("fib saddr . iif oif missing drop"), [no(Test::ReversePath)]);
    assert_eq!(terms("fib saddr oif 0 drop"), [no(Test::ReversePath)]);
    assert_eq!(terms("fib saddr . iif oif != 0 accept"), [yes(Test::ReversePath)]);
    assert_eq!(terms("fib daddr type local accept"), [yes(Test::Other)]);
}

#[test]
fn verdict_maps_are_several_rules() {
    let found = rules(
        "ct state vmap { invalid : drop, established : accept, related : accept } # handle 14",
    );
    let verdicts: Vec<&RuleVerdict> = found.iter().map(|rule| &rule.verdict).collect();
    assert_eq!(verdicts, [&RuleVerdict::Drop, &RuleVerdict::Accept]);
    assert!(found.iter().all(|rule| rule.handle == 14));
    let found = rules("tcp dport vmap @ports");
    assert_eq!(found.len(), 3);
    assert_eq!(found[1].verdict, RuleVerdict::Jump(Foreign("web".into())));
    assert_eq!(found[2].terms, [tcp(), yes(Test::DestinationPort(vec![81..=81, 82..=82]))]);
    let found = rules("tcp dport vmap { 8080 : goto web, 8081-8090 : drop }");
    assert_eq!(found[0].verdict, RuleVerdict::Goto(Foreign("web".into())));
    assert_eq!(rules("tcp dport vmap @gone")[0].verdict, RuleVerdict::Unknown);
}

#[test]
fn statements_are_no_conditions() {
    for (rule, count, verdict) in [
        ("iif \"lo\" accept comment \"loopback; { brace # 7\"", 1, RuleVerdict::Accept),
        (
            "tcp dport 22 log prefix \"IN: drop \" flags all counter packets 1 bytes 60 reject with icmpx admin-prohibited",
            2,
            RuleVerdict::Reject,
        ),
        ("tcp dport 22 log level debug group 3 queue flags bypass to 3", 2, RuleVerdict::Queue),
        ("meta mark set ct mark", 0, RuleVerdict::Continue),
        ("tcp option maxseg size set rt mtu accept", 1, RuleVerdict::Accept),
        ("tcp dport 8443 dnat ip to 192.0.2.7:443", 2, RuleVerdict::Accept),
        ("oifname \"eth0\" masquerade", 1, RuleVerdict::Accept),
        ("tcp dport 80 notrack", 2, RuleVerdict::Continue),
        ("limit rate 10/second burst 5 packets accept", 1, RuleVerdict::Accept),
        ("limit name \"slow\" accept", 1, RuleVerdict::Accept),
        ("update @dyn { ip saddr limit rate over 10/minute } drop", 1, RuleVerdict::Drop),
        (
            "meta l4proto tcp xt match connlimit counter packets 0 bytes 0 reject",
            2,
            RuleVerdict::Reject,
        ),
        ("meta mark & 0x00010000 == 0x00010000 return", 1, RuleVerdict::Return),
        ("ct count over 10 drop", 1, RuleVerdict::Drop),
        ("ip saddr . tcp dport { 10.1.0.1 . 80, 10.1.0.2 . 443 } drop", 5, RuleVerdict::Drop),
        ("meta mark 0x00000001 ip ttl < 5 drop", 3, RuleVerdict::Drop),
        ("icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept", 2, RuleVerdict::Accept),
        (
            "counter packets 3 bytes 180 jump web # handle 7",
            0,
            RuleVerdict::Jump(Foreign("web".into())),
        ),
    ] {
        let found = &rules(rule)[0];
        assert_eq!(
            (found.terms.len(), &found.verdict),
            (count, &verdict),
            "{rule}: {:?}",
            found.terms
        );
    }
}

#[test]
fn a_counter_before_a_condition_is_not_that_of_the_rule() {
    let found = &rules("counter packets 9 bytes 540 tcp dport 80 drop")[0];
    assert_eq!(found.packet_count, None);
    let found = &rules("tcp dport 80 counter packets 9 bytes 540 drop # handle 5")[0];
    assert_eq!((found.packet_count, found.handle), (Some(9), 5));
    assert_eq!(found.text.0, "tcp dport 80 counter drop");
}

#[test]
fn chains_and_their_bindings() {
    let text = "# Warning: table ip filter is managed by iptables-nft, do not touch!\n\
        table netdev dev { # handle 7\nchain ing { # handle 1\ntype filter hook ingress devices = { eth0, \"lo\" } priority -500; policy accept;\n}\n}\n\
        table ip sleepy {\nflags dormant\nchain in {\ntype filter hook input priority filter + 5; policy drop;\n}\n}\n\
        table bridge b {\nchain f {\ntype filter hook forward priority filter; policy drop;\n}\n}\n\
        table inet m {\nchain o {\ntype route hook output priority mangle - 1; policy accept;\n";
    let (chains, table) = read(text);
    let base = |at: usize| chains[at].base.clone().unwrap();
    assert_eq!((base(0).hook, base(0).priority), (Hook::Ingress, -500));
    assert_eq!(base(0).devices, [Foreign("eth0".into()), Foreign("lo".into())]);
    assert_eq!(chains[1].base, None);
    assert_eq!((base(2).priority, base(2).policy), (-200, RuleVerdict::Drop));
    assert_eq!((base(3).priority, base(3).kind), (-151, ChainKind::Route));
    assert_eq!(table.cut, Some(Cut::LastRow));
}

#[test]
fn two_lines_that_were_taken_for_one_are_not_read() {
    let line = "type filter hook input priority filter; policy drop;";
    assert_eq!(Nft.sees(line, false), Sees::Row);
    for more in ["}", "}}", "counter", "accept"] {
        assert_eq!(Nft.sees(&format!("{line} {more}"), true), Sees::Nothing, "{more}");
        assert_eq!(Nft.sees(&format!("{line}{more}"), true), Sees::Nothing, "{more}");
    }
    for line in ["tcp dport 80 drop }", "tcp dport 80 drop}", "counter packets 0 bytes 0 }"] {
        assert_eq!(Nft.sees(line, true), Sees::Nothing, "{line}");
    }
}

#[test]
fn json_says_the_same() {
    let json = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "t", "handle": 6}},
        {"set": {"family": "inet", "name": "bad", "table": "t", "type": "ipv4_addr", "elem": [{"prefix": {"addr": "10.66.0.0", "len": 16}}, "192.168.5.1"]}},
        {"chain": {"family": "inet", "table": "t", "name": "c", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
        {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 14, "expr": [{"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [["invalid", {"drop": null}], ["new", {"jump": {"target": "web"}}]]}}}]}},
        {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 20, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@bad"}},
         {"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["fin", "syn", "rst", "ack"]]}, "right": "ack"}}, {"counter": {"packets": 7, "bytes": 420}}, {"drop": null}]}}]}"#;
    assert_eq!(Nft.sees(json.lines().next().unwrap(), false), Sees::Title);
    let (chains, table) = read(json);
    let rules = &chains[0].rules;
    assert_eq!(rules.len(), 3);
    assert_eq!(rules[1].verdict, RuleVerdict::Jump(Foreign("web".into())));
    assert_eq!((rules[2].packet_count, rules[2].handle), (Some(7), 20));
    assert_eq!(rules[2].terms.len(), 4);
    assert_eq!(rules[2].terms[3], yes(Test::TcpFlags { mask: 0x17, values: vec![16] }));
    assert_eq!(
        (chains[0].base.as_ref().unwrap().policy.clone(), table.cut),
        (RuleVerdict::Drop, None)
    );
    let cut = Nft.read(&lines(&json[..400]), None);
    assert_eq!((cut.content, cut.cut), (Content::Nothing, Some(Cut::LastRow)));
}

#[test]
fn prose_is_not_claimed() {
    for line in [
        "tcp connections are stuck",
        "drop me a line",
        "ip route shows nothing",
        "table of contents {",
        "log in and reject the request",
        "counter",
        "accept the offer",
        "return to sender",
        "set x {",
        "}",
        "limit the rate to 5",
        "ct state says invalid",
        "ip link set eth0 up",
    ] {
        assert_eq!(Nft.sees(line, false), Sees::Nothing, "{line}");
    }
}
