//! Filters of every kind.

use std::net::IpAddr;

use synrecv_model::{
    BaseChain, ChainKind, ConntrackEntry, ConntrackStates, DeviceFilter, Direction, FilterChain,
    FilterFamily, FilterRule, FilterSystem, Flow, Foreign, Hook, Mac, MacChange, RuleDelta, RuleId,
    RuleVerdict, Term, Test, Tracked, TrackedState,
};

use super::host::{EVIL, end, ip};

fn evil() -> Foreign {
    Foreign(EVIL.into())
}

fn tests() -> Vec<Test> {
    let range = vec![(ip("10.0.0.0"), ip("10.0.0.255")), (ip("::"), ip("::1"))];
    vec![
        Test::IpVersion(4),
        Test::Protocol(vec![6, 17]),
        Test::Source(range.clone()),
        Test::Destination(range),
        Test::SourcePort(vec![0..=65_535]),
        Test::DestinationPort(vec![80..=80, 443..=443]),
        Test::InDevice(vec![evil()]),
        Test::OutDevice(vec![Foreign("eth*".into())]),
        Test::TcpFlags { mask: 0x17, values: vec![0x02, 0x12] },
        Test::ConntrackState(ConntrackStates { invalid: true, ..ConntrackStates::default() }),
        Test::ReversePath,
        Test::Other,
    ]
}

pub(super) fn chains() -> Vec<FilterChain> {
    let verdicts = [
        RuleVerdict::Accept,
        RuleVerdict::Drop,
        RuleVerdict::Reject,
        RuleVerdict::Jump(evil()),
        RuleVerdict::Goto(evil()),
        RuleVerdict::Return,
        RuleVerdict::Queue,
        RuleVerdict::Continue,
        RuleVerdict::Unknown,
    ];
    let rules = verdicts
        .into_iter()
        .enumerate()
        .map(|(index, verdict)| FilterRule {
            handle: index as u64,
            text: evil(),
            terms: tests().into_iter().map(|test| Term { negated: index % 2 == 0, test }).collect(),
            verdict,
            packet_count: (index % 2 == 0).then_some(u64::MAX),
        })
        .collect();
    let chain = |system, family, hook, kind| FilterChain {
        system,
        family,
        table: evil(),
        name: evil(),
        base: Some(BaseChain {
            hook,
            priority: -300,
            kind,
            policy: RuleVerdict::Drop,
            policy_packet_count: Some(1),
            devices: vec![evil()],
        }),
        rules: Vec::new(),
    };
    vec![
        FilterChain {
            system: FilterSystem::Nftables,
            family: FilterFamily::Other(99),
            table: evil(),
            name: evil(),
            base: None,
            rules,
        },
        chain(FilterSystem::XTables, FilterFamily::Ip, Hook::Output, ChainKind::Route),
        chain(FilterSystem::Nftables, FilterFamily::Netdev, Hook::Egress, ChainKind::Filter),
    ]
}

pub(super) fn rules_moved() -> Vec<RuleDelta> {
    let rule = RuleId {
        system: FilterSystem::Nftables,
        family: FilterFamily::Inet,
        table: evil(),
        chain: evil(),
        handle: 7,
    };
    vec![RuleDelta { rule, packet_count: 12 }]
}

pub(super) fn device_filters() -> Vec<DeviceFilter> {
    vec![DeviceFilter {
        ifindex: 2,
        direction: Direction::In,
        kind: Foreign("bpf".into()),
        name: Some(evil()),
        program_id: Some(7),
        direct_action: true,
        drops: true,
        dropped_count: Some(3),
    }]
}

pub(super) fn tracked(flow: Flow) -> Vec<Tracked> {
    let entry = ConntrackEntry {
        state: TrackedState::Other(200),
        seen_reply: true,
        assured: false,
        original: (end("10.0.0.1", 1), end("10.0.0.2", 2)),
        reply: (end("10.0.0.3", 2), end("10.0.0.1", 1)),
        timeout_s: 432_000,
    };
    vec![Tracked { flow, entry: Some(entry) }, Tracked { flow, entry: None }]
}

pub(super) fn mac_change() -> MacChange {
    let address: IpAddr = ip("10.0.0.9");
    MacChange { ifindex: 2, address, macs: vec![Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2])] }
}
