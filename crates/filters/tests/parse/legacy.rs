//! x_tables, as `iptables-save` writes them.

use synrecv_filters::parse::legacy::table;
use synrecv_model::{FilterChain, FilterRule, Foreign, Hook, RuleVerdict, Term, Test};

use crate::{bytes, lines};

const HEX: &str = include_str!("../../testdata/legacy.hex");
const SAVE: &str = include_str!("../../testdata/legacy.save");

/// What is written in another way than by `iptables-save`.
const OTHERWISE: &[(&str, &str)] = &[
    ("-m pkttype --pkt-type broadcast", "-m pkttype ..."),
    ("NFQUEUE --queue-num 3", "NFQUEUE ..."),
];

/// IP version and the two answers, for each table.
fn answers() -> Vec<(u8, Vec<u8>, Vec<u8>)> {
    let answer = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let [version, info, entries] = fields[..] else { panic!("three fields") };
        (version.parse().expect("a version"), bytes(info), bytes(entries))
    };
    lines(HEX).map(answer).collect()
}

fn chains() -> Vec<FilterChain> {
    let read = |(version, info, entries): (u8, Vec<u8>, Vec<u8>)| {
        table(version, &info, &entries).expect("a table of the kernel")
    };
    answers().into_iter().flat_map(read).collect()
}

#[test]
fn rules_read_as_iptables_save_writes_them() {
    let mut ours = Vec::new();
    for chain in chains() {
        for rule in &chain.rules {
            ours.push(format!("-A {} {}", chain.name.0, rule.text.0));
        }
    }
    let theirs: Vec<String> = lines(SAVE)
        .filter(|line| line.starts_with("-A"))
        .map(|line| {
            OTHERWISE.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
        })
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn chains_and_policies_are_those_of_iptables_save() {
    let mut ours = Vec::new();
    for chain in chains() {
        let policy = match chain.base.as_ref().map(|base| &base.policy) {
            Some(RuleVerdict::Drop) => "DROP",
            Some(_) => "ACCEPT",
            None => "-",
        };
        ours.push(format!(":{} {policy} [0:0]", chain.name));
    }
    let theirs: Vec<&str> = lines(SAVE).filter(|line| line.starts_with(':')).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn hooks_jumps_and_places() {
    let chains = chains();
    let find = |table: &str, name: &str| {
        let found = chains.iter().find(|chain| chain.table.0 == table && chain.name.0 == name);
        found.expect("the chain is there")
    };
    let base = |table, name| find(table, name).base.as_ref().expect("a base chain");
    assert_eq!(base("raw", "PREROUTING").priority, -300);
    assert_eq!(base("nat", "POSTROUTING").priority, 100);
    assert_eq!(base("filter", "OUTPUT").hook, Hook::Output);
    assert_eq!(base("filter", "INPUT").policy_packet_count, Some(0));
    let rules = &find("filter", "INPUT").rules;
    let verdict = |text: &str| {
        let found = rules.iter().find(|rule| rule.text.0.ends_with(text));
        found.map(|rule| rule.verdict.clone()).expect("the rule is there")
    };
    assert_eq!(verdict("-j SUB"), RuleVerdict::Jump(Foreign("SUB".into())));
    assert_eq!(verdict("-g SUB"), RuleVerdict::Goto(Foreign("SUB".into())));
    assert_eq!(verdict("-p tcp"), RuleVerdict::Continue);
    assert!(rules.iter().map(|rule| rule.handle).eq(1..=rules.len() as u64));
    assert_eq!(find("filter", "SUB").rules.len(), 1);
}

#[test]
fn terms() {
    let rules: Vec<FilterRule> = chains().into_iter().flat_map(|chain| chain.rules).collect();
    let find = |text: &str| {
        let found = rules.iter().find(|rule| rule.text.0.contains(text));
        found.map(|rule| rule.terms.clone()).expect("the rule is there")
    };
    let term = |negated, test| Term { negated, test };
    let ip = |text: &str| text.parse().expect("an address");
    let range = |low, high| vec![(ip(low), ip(high))];
    let device = |name: &str| vec![Foreign(name.into())];
    assert_eq!(
        find("! -i eth+"),
        [
            term(false, Test::Source(range("10.0.0.0", "10.255.255.255"))),
            term(true, Test::Destination(range("10.1.2.3", "10.1.2.3"))),
            term(true, Test::InDevice(device("eth*"))),
            term(false, Test::Protocol(vec![6])),
            term(false, Test::DestinationPort(vec![22..=22])),
        ]
    );
    assert_eq!(find("-i lo"), [term(false, Test::InDevice(device("lo")))]);
    let documentation = range("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_eq!(find("2001:db8::/32").first(), Some(&term(false, Test::Source(documentation))));
}

/// Nothing that a kernel could answer ends the program, whole or not.
#[test]
fn damaged_tables_do_no_harm() {
    for (version, info, entries) in answers() {
        for at in 0..info.len() {
            let mut damaged = info.clone();
            damaged[at] ^= 0xff;
            let _ = table(version, &damaged, &entries);
            assert!(table(version, &info[..at], &entries).is_err(), "{at}");
        }
        for at in 0..entries.len() {
            let mut damaged = entries.clone();
            damaged[at] ^= 0xff;
            let _ = table(version, &info, &damaged);
            assert!(table(version, &info, &entries[..at]).is_err(), "{at}");
        }
    }
}
