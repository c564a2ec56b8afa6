//! nftables, as `nft` writes its rules.

use std::net::IpAddr;

use synrecv_filters::parse::{Ruleset, generation};
use synrecv_model::{
    BaseChain, ChainKind, ConntrackStates, FilterChain, FilterFamily, FilterRule, Foreign, Hook,
    RuleVerdict, Term, Test,
};

use crate::{feed, lines, messages, ruleset};

const HEX: &str = include_str!("../../testdata/nft.hex");
const LIST: &str = include_str!("../../testdata/nft.list");

/// What is written in another way than by `nft`: handle in chain `input` or `sub` of `inet t`.
const OTHERWISE: &[(&str, &str)] = &[
    ("inet t sub 14", "tcp flags { syn, syn | ack } accept"),
    ("inet t input 54", "tcp option @2,16,16 1-500 counter drop"),
    ("inet t input 65", "meta nfproto ipv4 @nh,8,8 & 0xfc == 0x20 accept"),
    ("inet t input 77", "quota over 104857600 bytes drop"),
    ("inet t input 78", "socket ... 0x01 accept"),
    ("inet t input 79", "numgen ... < 0x00000003 drop"),
    ("inet t input 80", "rt ... 0x05000000 drop"),
    ("inet t input 81", "meta hour 28800-61200 drop"),
    ("inet t input 83", "meta nfproto ipv4 @nh,0,8 & 0xf0 == 0x40 accept"),
    ("inet t pre 96", "ip daddr 10.9.9.9 tcp dport 80 tproxy to :8080"),
    ("inet t predn 102", "dnat ip to tcp dport map { ... }"),
    ("bridge b f 4", "ether type vlan @ll,112,16 & 0x0fff == 0x0005 drop"),
];

fn chains() -> Vec<FilterChain> {
    ruleset(&messages(HEX))
}

fn name(chain: &FilterChain) -> String {
    format!("{} {} {}", chain.family.name(), chain.table, chain.name)
}

/// The rules with a handle in `inet t`.
fn rules(handle: u64) -> Vec<FilterRule> {
    let chains = chains().into_iter().filter(|chain| chain.table.0 == "t");
    chains.flat_map(|chain| chain.rules).filter(|rule| rule.handle == handle).collect()
}

fn rule(handle: u64) -> FilterRule {
    let mut rules = rules(handle);
    assert_eq!(rules.len(), 1, "{handle}");
    rules.remove(0)
}

fn base(of: &str) -> Option<BaseChain> {
    chains().into_iter().find(|chain| name(chain) == of).expect("the chain is there").base
}

fn holds(test: Test) -> Term {
    Term { negated: false, test }
}

fn not(test: Test) -> Term {
    Term { negated: true, test }
}

fn range(low: &str, high: &str) -> (IpAddr, IpAddr) {
    (low.parse().expect("an address"), high.parse().expect("an address"))
}

fn source(low: &str, high: &str) -> Term {
    holds(Test::Source(vec![range(low, high)]))
}

const TCP: u8 = 6;
const NONE: ConntrackStates = ConntrackStates {
    invalid: false,
    established: false,
    related: false,
    new: false,
    untracked: false,
};

#[test]
fn rules_read_as_nft_writes_them() {
    let mut ours = Vec::new();
    for chain in chains() {
        for rule in &chain.rules {
            let line = format!("{} {}: {}", name(&chain), rule.handle, rule.text.0);
            // One of several with the same handle, for a verdict map.
            if ours.last() != Some(&line) {
                ours.push(line);
            }
        }
    }
    let theirs: Vec<String> = lines(LIST)
        .map(|line| {
            let (place, _) = line.split_once(": ").expect("a place and a rule");
            match OTHERWISE.iter().find(|(otherwise, _)| *otherwise == place) {
                Some((_, text)) => format!("{place}: {text}"),
                None => line.to_owned(),
            }
        })
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn base_chains() {
    let input = base("inet t input").expect("a base chain");
    assert_eq!((input.hook, input.priority, input.kind), (Hook::Input, -5, ChainKind::Filter));
    assert_eq!((input.policy, input.policy_packet_count), (RuleVerdict::Drop, None));
    assert_eq!(base("inet t sub"), None);
    let nat = base("inet t post").expect("a base chain");
    assert_eq!((nat.hook, nat.priority, nat.kind), (Hook::Postrouting, 100, ChainKind::Nat));
    for name in ["inet t ing", "netdev nd in"] {
        let ingress = base(name).expect("a base chain");
        assert_eq!((ingress.hook, ingress.devices), (Hook::Ingress, vec![Foreign("lo".into())]));
    }
    assert_eq!(base("ip mr o").expect("a base chain").kind, ChainKind::Route);
    assert_eq!(base("arp a in").expect("a base chain").hook, Hook::Input);
    // Its table is dormant.
    assert_eq!(base("ip dorm c"), None);
    assert!(!FilterFamily::Arp.covers("10.0.0.1".parse().expect("an address")));
}

#[test]
fn terms_of_addresses_ports_and_protocols() {
    use Test::{
        Destination, DestinationPort, InDevice, IpVersion, OutDevice, Protocol, SourcePort,
    };
    let tcp = || holds(Protocol(vec![TCP]));
    let v4 = || holds(IpVersion(4));
    let eth = |names: &[&str]| names.iter().map(|name| Foreign((*name).into())).collect::<Vec<_>>();
    let cases = [
        (23, vec![holds(InDevice(eth(&["lo"])))]),
        (24, vec![holds(InDevice(eth(&["eth*"]))), tcp(), holds(DestinationPort(vec![22..=22]))]),
        (26, vec![holds(InDevice(eth(&["eth0", "eth1"]))), not(OutDevice(eth(&["br0"])))]),
        (
            28,
            vec![
                v4(),
                source("10.0.0.0", "10.255.255.255"),
                tcp(),
                holds(DestinationPort(vec![80..=80, 443..=443, 8000..=8100])),
            ],
        ),
        (
            30,
            vec![
                v4(),
                source("10.1.2.1", "10.1.2.1"),
                holds(Destination(vec![range("192.168.1.1", "192.168.1.1")])),
                tcp(),
                holds(SourcePort(vec![5..=5])),
                holds(DestinationPort(vec![6..=6])),
            ],
        ),
        (
            31,
            vec![holds(IpVersion(6)), source("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff")],
        ),
        (40, vec![holds(Protocol(vec![6, 17])), holds(DestinationPort(vec![53..=53]))]),
        (51, vec![tcp(), holds(DestinationPort(vec![1024..=65535]))]),
        (52, vec![tcp(), holds(DestinationPort(vec![1025..=65535]))]),
        (53, vec![tcp(), holds(DestinationPort(vec![0..=1024]))]),
        (
            64,
            vec![
                v4(),
                not(Test::Source(vec![
                    range("10.0.0.1", "10.0.0.5"),
                    range("10.0.1.0", "10.0.1.255"),
                ])),
            ],
        ),
    ];
    for (handle, terms) in cases {
        assert_eq!(rule(handle).terms, terms, "{handle}");
    }
}

#[test]
fn terms_of_flags_states_and_the_way_back() {
    let state = |states| vec![holds(Test::ConntrackState(states))];
    let (invalid, new) = (true, true);
    let accepted = ConntrackStates { established: true, related: true, ..NONE };
    assert_eq!(rule(16).terms, state(accepted));
    assert_eq!(rule(17).terms, state(ConntrackStates { invalid, ..NONE }));
    let but_new = ConntrackStates { invalid, untracked: true, ..accepted };
    assert_eq!(rule(18).terms, state(but_new));
    assert_eq!(rule(22).terms, state(ConntrackStates { new, untracked: true, ..NONE }));

    let flags = |mask, values: &[u8]| Test::TcpFlags { mask, values: values.to_vec() };
    let tcp = || holds(Test::Protocol(vec![TCP]));
    assert_eq!(rule(10).terms, [tcp(), not(flags(0x02, &[0]))]);
    assert_eq!(rule(11).terms, [tcp(), holds(flags(0x17, &[0x02]))]);
    assert_eq!(rule(14).terms, [tcp(), holds(flags(0xff, &[0x02, 0x12]))]);
    assert_eq!(rule(49).terms, [not(Test::ReversePath)]);
}

#[test]
fn a_verdict_map_is_a_rule_for_each_verdict() {
    let parts = |handle| -> Vec<_> {
        rules(handle).into_iter().map(|rule| (rule.verdict, rule.terms)).collect()
    };
    let state = |states| vec![holds(Test::ConntrackState(states))];
    let (established, related, invalid) = (true, true, true);
    assert_eq!(
        parts(20),
        [
            (RuleVerdict::Drop, state(ConntrackStates { invalid, ..NONE })),
            (RuleVerdict::Accept, state(ConntrackStates { established, related, ..NONE })),
        ]
    );
    // A named one.
    let v4 = || holds(Test::IpVersion(4));
    let jump = RuleVerdict::Jump(Foreign("sub".into()));
    assert_eq!(
        parts(34),
        [
            (jump, vec![v4(), source("10.0.0.9", "10.0.0.9")]),
            (RuleVerdict::Drop, vec![v4(), source("10.0.0.10", "10.0.0.10")]),
        ]
    );
    // Keys of two fields.
    let drop = parts(38).remove(1);
    assert_eq!(drop.0, RuleVerdict::Drop);
    assert!(drop.1.contains(&source("10.0.0.2", "10.0.0.2")), "{drop:?}");
    assert!(!drop.1.contains(&holds(Test::Other)), "{drop:?}");
}

#[test]
fn what_is_not_certain_is_something_else() {
    for handle in [33, 36, 42, 45, 47, 48, 50, 54, 58, 66, 69, 77, 79, 84, 94, 96, 102] {
        let terms = rule(handle).terms;
        assert!(terms.contains(&holds(Test::Other)), "{handle}: {terms:?}");
    }
}

#[test]
fn a_counter_before_a_condition_does_not_count_the_rule() {
    assert_eq!(rule(17).packet_count, Some(0));
    assert_eq!(rule(74).packet_count, None);
    assert_eq!(rule(16).packet_count, None);
}

#[test]
fn an_unknown_expression_leaves_the_verdict_open() {
    let mut messages = messages(HEX);
    let (_, last) = messages.last_mut().expect("messages");
    let at = last.windows(9).position(|part| part == b"immediate").expect("an immediate");
    last[at] = b'x';
    let chains = ruleset(&messages);
    let rule = chains.last().and_then(|chain| chain.rules.last()).expect("a rule");
    assert_eq!(rule.verdict, RuleVerdict::Unknown);
    assert!(rule.terms.contains(&holds(Test::Other)) && rule.text.0.contains("..."), "{rule:?}");
}

#[test]
fn generations() {
    assert_eq!(generation(&[0, 0, 0, 2, 8, 0, 1, 0, 0, 0, 0, 2]), Ok(2));
    for len in 0..12 {
        assert!(generation(&[0, 0, 0, 2, 8, 0, 1, 0, 0, 0, 0, 2][..len]).is_err());
    }
}

/// Nothing that a kernel could send ends the program, whole or not.
#[test]
fn damaged_messages_do_no_harm() {
    let messages = messages(HEX);
    let mut ruleset = Ruleset::default();
    for (kind, payload) in &messages {
        if *kind != "rule" {
            feed(&mut ruleset, kind, payload);
        }
    }
    for set in ruleset.wanted() {
        ruleset.elements_end(&set);
    }
    for (kind, payload) in &messages {
        for at in 0..payload.len() {
            feed(&mut ruleset, kind, &payload[..at]);
            let mut damaged = payload.clone();
            damaged[at] ^= 0xff;
            feed(&mut ruleset, kind, &damaged);
        }
        for set in ruleset.wanted() {
            ruleset.elements_end(&set);
        }
    }
}
