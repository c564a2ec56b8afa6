//! Walks of packets through rules.

use super::*;
use crate::{BaseChain, ChainKind, FilterFamily, Test};

const ACK: u8 = 0x10;

fn ack() -> Packet<'static> {
    Packet {
        source: Some("10.9.0.7".parse().unwrap()),
        destination: "10.1.0.10".parse().unwrap(),
        source_port: Some(4000),
        destination_port: Some(80),
        flags: ACK,
        in_device: None,
        out_device: None,
        conntrack: None,
    }
}

fn rule(handle: u64, tests: Vec<Test>, verdict: RuleVerdict) -> FilterRule {
    let terms = tests.into_iter().map(|test| Term { negated: false, test }).collect();
    FilterRule { handle, text: Foreign(String::new()), terms, verdict, packet_count: Some(0) }
}

fn chain(name: &str, policy: Option<RuleVerdict>, rules: Vec<FilterRule>) -> FilterChain {
    FilterChain {
        system: FilterSystem::Nftables,
        family: FilterFamily::Inet,
        table: Foreign("lab".into()),
        name: Foreign(name.into()),
        base: policy.map(|policy| BaseChain {
            hook: Hook::Input,
            priority: 0,
            kind: ChainKind::Filter,
            policy,
            policy_packet_count: None,
            devices: Vec::new(),
        }),
        rules,
    }
}

/// Handles of what ends an ACK, 0 for the policy; negative when it depends.
#[track_caller]
fn check(chains: &[FilterChain], packet: &Packet<'_>, expected: &[i64]) {
    let found: Vec<i64> = stops(chains, Hook::Input, packet)
        .iter()
        .map(|stop| {
            let handle = stop.rule.map_or(1_000, |rule| i64::try_from(rule.handle).unwrap());
            if stop.certain { handle } else { -handle }
        })
        .collect();
    assert_eq!(found, expected);
}

fn port(number: u16) -> Test {
    Test::DestinationPort(vec![number..=number])
}

#[test]
fn a_drop_ends_what_it_matches() {
    use RuleVerdict::{Accept, Drop};
    let rules = vec![rule(1, vec![port(443)], Drop), rule(2, vec![port(80)], Drop)];
    check(&[chain("in", Some(Accept), rules)], &ack(), &[2]);
}

#[test]
fn what_is_accepted_before_is_safe() {
    use RuleVerdict::{Accept, Drop};
    let rules = vec![rule(1, vec![port(80)], Accept)];
    check(&[chain("in", Some(Drop), rules.clone())], &ack(), &[]);
    let other = Packet { destination_port: Some(22), ..ack() };
    check(&[chain("in", Some(Drop), rules)], &other, &[1_000]);
}

#[test]
fn what_is_not_known_can_go_both_ways() {
    use RuleVerdict::{Accept, Drop};
    let limited = rule(1, vec![Test::Other], Accept);
    check(&[chain("in", Some(Drop), vec![limited.clone()])], &ack(), &[-1_000]);
    let rules = vec![rule(2, vec![Test::Other], Drop), rule(3, vec![port(80)], Drop)];
    check(&[chain("in", Some(Accept), rules)], &ack(), &[-2, 3]);
    let rules = vec![limited, rule(3, vec![port(80)], Drop)];
    check(&[chain("in", Some(Accept), rules)], &ack(), &[-3]);
}

#[test]
fn jumps_are_followed_and_come_back() {
    use RuleVerdict::{Accept, Drop, Jump, Return};
    let to = |name: &str| Jump(Foreign(name.into()));
    let chains = [
        chain("in", Some(Drop), vec![rule(1, vec![], to("web")), rule(2, vec![port(80)], Accept)]),
        chain(
            "web",
            None,
            vec![rule(3, vec![port(443)], Drop), rule(4, vec![], Return), rule(5, vec![], Drop)],
        ),
    ];
    check(&chains, &ack(), &[]);
    let other = Packet { destination_port: Some(443), ..ack() };
    check(&chains, &other, &[3]);
}

#[test]
fn a_circle_of_jumps_ends() {
    use RuleVerdict::{Accept, Jump};
    let to = |name: &str| Jump(Foreign(name.into()));
    let chains = [
        chain("in", Some(Accept), vec![rule(1, vec![], to("a")), rule(2, vec![], to("a"))]),
        chain("a", None, vec![rule(3, vec![], to("a")), rule(4, vec![], to("a"))]),
    ];
    check(&chains, &ack(), &[]);
}

#[test]
fn the_state_decides_when_it_is_known() {
    use RuleVerdict::{Accept, Drop};
    let invalid = ConntrackStates { invalid: true, ..ConntrackStates::default() };
    let established = ConntrackStates { established: true, ..ConntrackStates::default() };
    let either = ConntrackStates { invalid: true, established: true, ..invalid };
    let chains =
        [chain("in", Some(Accept), vec![rule(1, vec![Test::ConntrackState(invalid)], Drop)])];
    check(&chains, &Packet { conntrack: Some(established), ..ack() }, &[]);
    check(&chains, &Packet { conntrack: Some(invalid), ..ack() }, &[1]);
    check(&chains, &Packet { conntrack: Some(either), ..ack() }, &[-1]);
}

#[test]
fn a_chain_of_devices_or_bridges_is_not_for_every_packet() {
    let certain = |family, devices: &[&str], in_device| -> Vec<bool> {
        let counts = rule(1, vec![port(80)], RuleVerdict::Drop);
        let silent = FilterRule { packet_count: None, ..counts.clone() };
        let stops_of = |rule: FilterRule| {
            let mut chain = chain("in", Some(RuleVerdict::Accept), vec![rule]);
            chain.family = family;
            if let Some(base) = &mut chain.base {
                base.devices = devices.iter().map(|name| Foreign((*name).into())).collect();
            }
            let packet = Packet { in_device, ..ack() };
            let found = stops(std::slice::from_ref(&chain), Hook::Input, &packet);
            found.iter().map(|stop| stop.certain).collect::<Vec<_>>()
        };
        [stops_of(counts), stops_of(silent)].concat()
    };
    assert_eq!(certain(FilterFamily::Inet, &[], None), [true, true]);
    assert_eq!(certain(FilterFamily::Netdev, &["eth0"], Some("eth0")), [true, true]);
    assert_eq!(certain(FilterFamily::Netdev, &["eth0"], Some("eth1")), [false; 0]);
    assert_eq!(certain(FilterFamily::Netdev, &["eth0"], None), [true, true]);
    assert_eq!(certain(FilterFamily::Bridge, &[], Some("eth0")), [true, false]);
}
