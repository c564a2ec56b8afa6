//! What `iptables-nft` writes into nf_tables.

use synrecv_model::{ConntrackStates, FilterRule, RuleVerdict, Term, Test};

use crate::{messages, ruleset};

const HEX: &str = include_str!("../../testdata/xt.hex");

fn rules(table: &str, family: &str) -> Vec<FilterRule> {
    let chains = ruleset(&messages(HEX)).into_iter();
    let chains = chains.filter(|chain| chain.table.0 == table && chain.family.name() == family);
    chains.flat_map(|chain| chain.rules).collect()
}

#[test]
fn compat_matches_and_targets_read_as_in_iptables() {
    let texts: Vec<String> = rules("filter", "ip").into_iter().map(|rule| rule.text.0).collect();
    let expected = [
        "iifname \"lo\" counter accept",
        "iifname != \"eth*\" ip saddr 10.0.0.0/8 ip daddr != 10.1.2.3 tcp dport 22 counter accept",
        "tcp sport 1000-2000 tcp dport != 80 counter jump SUB",
        "meta l4proto tcp counter goto SUB",
        "meta l4proto tcp -m multiport --dports 80,443,8000:8100 counter accept",
        "meta l4proto tcp -m multiport ! --sports 80,443 counter accept",
        "meta l4proto tcp -m multiport --ports 80 counter accept",
        "-m conntrack --ctstate INVALID counter drop",
        "-m conntrack ! --ctstate NEW,UNTRACKED counter accept",
        "-m conntrack --ctstate RELATED,DNAT counter accept",
        "-m state --state UNTRACKED counter accept",
        "meta l4proto tcp -m tcp --tcp-option 8 --tcp-flags SYN,ACK ACK counter drop",
        "udp dport 53 counter drop",
        "meta l4proto icmp -m icmp --icmp-type 8 counter accept",
        "limit rate 5/minute burst 7 packets counter -j LOG --log-prefix \"x: \"",
        "meta l4proto tcp counter -j REJECT --reject-with tcp-reset",
        "-m comment --comment \"hello world\" counter -j REJECT --reject-with \
         icmp-port-unreachable",
        "meta mark & 0x000000ff == 0x00000010 counter -j MARK --set-xmark 0x5/0xffffffff",
        "-m iprange --src-range 10.0.0.1-10.0.0.9 counter drop",
        "-m pkttype ... counter drop",
        "meta l4proto tcp counter",
        "tcp dport 99 counter return",
        "oifname \"br0\" meta l4proto tcp counter -j NFQUEUE ...",
    ];
    assert_eq!(texts, expected);
    let texts = |table, family| -> Vec<String> {
        rules(table, family).into_iter().map(|rule| rule.text.0).collect()
    };
    assert_eq!(
        texts("filter", "ip6"),
        [
            "iifname \"eth*\" ip6 saddr 2001:db8::/32 tcp dport 22 counter accept",
            "meta l4proto tcp ip6 daddr != 2001:db8::1 counter -j REJECT --reject-with tcp-reset",
            "meta l4proto ipv6-icmp -m icmp6 --icmpv6-type 135 counter accept",
            "-m iprange --dst-range 2001:db8::1-2001:db8::9 counter -j REJECT --reject-with \
             icmp6-port-unreachable",
        ]
    );
    assert_eq!(
        texts("raw", "ip"),
        ["-m rpfilter --loose --invert counter drop", "tcp dport 5 counter -j CT --notrack",]
    );
    assert_eq!(
        texts("nat", "ip"),
        [
            "tcp dport 80 counter -j DNAT --to-destination 10.0.0.1:8080",
            "tcp dport 80 counter -j REDIRECT --to-ports 8080",
            "counter -j SNAT --to-source 1.2.3.4-1.2.3.9",
            "oifname != \"docker0\" counter -j MASQUERADE",
        ]
    );
}

#[test]
fn terms_and_verdicts() {
    let find = |text: &str| {
        let tables = [("filter", "ip"), ("raw", "ip"), ("nat", "ip")];
        let rules = tables.iter().flat_map(|(table, family)| rules(table, family));
        let found = rules.into_iter().find(|rule| rule.text.0.contains(text));
        found.unwrap_or_else(|| panic!("no rule `{text}`"))
    };
    let term = |test| Term { negated: false, test };
    let tcp = || term(Test::Protocol(vec![6]));
    let invalid = ConntrackStates { invalid: true, ..ConntrackStates::default() };
    assert_eq!(find("--ctstate INVALID").terms, [term(Test::ConntrackState(invalid))]);
    let known = ConntrackStates { established: true, related: true, ..invalid };
    assert_eq!(find("NEW,UNTRACKED").terms, [term(Test::ConntrackState(known))]);
    let untracked = ConntrackStates { untracked: true, ..ConntrackStates::default() };
    assert_eq!(find("--state UNTRACKED").terms, [term(Test::ConntrackState(untracked))]);
    assert_eq!(find("RELATED,DNAT").terms, [term(Test::Other)]);
    let ports = Test::DestinationPort(vec![80..=80, 443..=443, 8000..=8100]);
    assert_eq!(find("--dports").terms, [tcp(), term(ports)]);
    let flags = Test::TcpFlags { mask: 0x12, values: vec![0x10] };
    assert_eq!(find("--tcp-flags").terms, [tcp(), term(Test::Other), term(flags)]);
    assert_eq!(find("rpfilter").terms, [Term { negated: true, test: Test::ReversePath }]);
    assert_eq!(find("pkttype").terms, [term(Test::Other)]);
    assert_eq!(find("--comment").terms, []);

    assert_eq!(find("tcp-reset").verdict, RuleVerdict::Reject);
    assert_eq!(find("LOG").verdict, RuleVerdict::Continue);
    assert_eq!(find("MARK").verdict, RuleVerdict::Continue);
    assert_eq!(find("NFQUEUE").verdict, RuleVerdict::Queue);
    assert_eq!(find("MASQUERADE").verdict, RuleVerdict::Accept);
    assert_eq!(find("CT --notrack").verdict, RuleVerdict::Continue);
}

#[test]
fn policies_of_iptables_chains_are_counted() {
    let chains = ruleset(&messages(HEX));
    let input = chains.iter().find(|chain| chain.name.0 == "INPUT").expect("a chain");
    let base = input.base.as_ref().expect("a base chain");
    assert_eq!((&base.policy, base.policy_packet_count), (&RuleVerdict::Drop, Some(0)));
}
