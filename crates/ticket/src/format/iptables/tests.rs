use synrecv_model::{ChainKind, FilterChain, FilterFamily, FilterRule, Hook, RuleVerdict};

use super::*;

fn lines(text: &str) -> Vec<Line> {
    let line = |(number, text): (u32, &str)| Line {
        number,
        text: text.to_owned(),
        part_count: 1,
        rebuilt: false,
    };
    (1..).zip(text.lines()).filter(|(_, text)| !text.is_empty()).map(line).collect()
}

fn command(words: &str) -> Command {
    let mut words = words.split(' ').map(str::to_owned);
    Command { program: words.next().unwrap(), args: words.collect(), ..Command::default() }
}

fn read(text: &str) -> (Vec<FilterChain>, Table) {
    let table = Iptables.read(&lines(text), None);
    let rejected = table.taken.iter().filter(|taken| matches!(taken, Taken::Rejected(_))).count();
    assert_eq!(rejected, 0, "{:?}", table.taken);
    let Content::Chains(chains) = &table.content else { panic!() };
    (chains.clone(), table)
}

fn rule(row: &str) -> FilterRule {
    let (chains, _) = read(&format!("Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n{row}"));
    chains[0].rules[0].clone()
}

fn spec(row: &str) -> FilterRule {
    read(&format!("-P INPUT ACCEPT\n{row}")).0[0].rules[0].clone()
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

#[test]
fn a_column_can_be_empty_and_a_number_can_be_a_name() {
    let all = rule("    0     0            0    --  *      *       0.0.0.0/0            0.0.0.0/0");
    assert_eq!(
        (all.verdict, all.terms, all.packet_count),
        (RuleVerdict::Continue, vec![], Some(0))
    );
    let old = rule("   12   720 DROP       all  --  any    any     anywhere             anywhere");
    assert_eq!((old.verdict, old.terms, old.packet_count), (RuleVerdict::Drop, vec![], Some(12)));
    let udp = rule(
        "    0     0            17   --  *      *       0.0.0.0/0            0.0.0.0/0            udp dpt:53",
    );
    let port = yes(Test::DestinationPort(vec![53..=53]));
    assert_eq!(udp.terms, [yes(Test::Protocol(vec![17])), port]);
    let numbered =
        rule("7   12K  720M logdrop    6    --  eth+   !lo     198.51.100.0/24     !192.0.2.1");
    let address = |text: &str| text.parse().unwrap();
    assert_eq!(numbered.verdict, RuleVerdict::Jump(Foreign("logdrop".into())));
    assert_eq!(numbered.packet_count, Some(12_000));
    let expected = [
        tcp(),
        yes(Test::InDevice(vec![Foreign("eth*".into())])),
        no(Test::OutDevice(vec![Foreign("lo".into())])),
        yes(Test::Source(vec![(address("198.51.100.0"), address("198.51.100.255"))])),
        no(Test::Destination(vec![(address("192.0.2.1"), address("192.0.2.1"))])),
    ];
    assert_eq!(numbered.terms, expected);
}

#[test]
fn ipv6_without_the_column_of_options() {
    let row = "    3   240 DROP       tcp      eth0   *       2001:db8::/32        ::/0                 tcp dpt:80";
    let (chains, _) = read(&format!("Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n{row}"));
    assert_eq!(chains[0].family, FilterFamily::Ip6);
    let rule = &chains[0].rules[0];
    assert_eq!(
        (rule.packet_count, rule.terms.len(), &rule.verdict),
        (Some(3), 4, &RuleVerdict::Drop)
    );
    assert_eq!(
        Iptables.sees("ACCEPT     ipv6-icmp    anywhere             anywhere", false),
        Sees::Row
    );
}

#[test]
fn what_stands_behind_the_addresses() {
    let terms = |rest: &str| {
        rule(&format!("    0     0 DROP       tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            {rest}"))
            .terms
            .into_iter()
            .skip(1)
            .collect::<Vec<_>>()
    };
    let invalid = states(["INVALID"]);
    assert_eq!(terms("ctstate INVALID"), std::slice::from_ref(&invalid));
    assert_eq!(terms("/* dpt:80 or not */ state INVALID"), [invalid]);
    let ports = vec![80..=80, 443..=443, 8000..=8010];
    assert_eq!(terms("multiport dports 80,443,8000:8010"), [yes(Test::DestinationPort(ports))]);
    let flags = |mask, value| Test::TcpFlags { mask, values: vec![value] };
    assert_eq!(terms("tcp flags:0x17/0x10"), [yes(flags(0x17, 0x10))]);
    assert_eq!(terms("tcp flags:!FIN,SYN,RST,ACK/SYN"), [no(flags(0x17, 2))]);
    assert_eq!(terms("tcp dpt:!22"), [no(Test::DestinationPort(vec![22..=22]))]);
    assert_eq!(terms("rpfilter invert"), [no(Test::ReversePath)]);
    assert_eq!(terms("limit: avg 5/sec burst 5"), [yes(Test::Other)]);
    assert_eq!(terms("#conn src/32 > 20"), [yes(Test::Other)]);
    assert_eq!(terms("ctstate INVALID ctdir ORIGINAL").len(), 2);
}

fn states(words: [&str; 1]) -> Term {
    super::super::rule_words::state_term(super::super::rule_words::states(words).unwrap(), false)
}

#[test]
fn settings_of_targets_are_no_conditions() {
    for (row, verdict) in [
        (
            "REJECT     tcp  --  *  *  0.0.0.0/0  0.0.0.0/0  tcp dpt:25 reject-with tcp-reset",
            RuleVerdict::Reject,
        ),
        (
            "LOG        tcp  --  *  *  0.0.0.0/0  0.0.0.0/0  tcp dpt:25 LOG flags 0 level 4 prefix \"a b\"",
            RuleVerdict::Continue,
        ),
        (
            "DNAT       tcp  --  *  *  0.0.0.0/0  0.0.0.0/0  tcp dpt:25 to:192.0.2.7:443",
            RuleVerdict::Accept,
        ),
        (
            "NFQUEUE    tcp  --  *  *  0.0.0.0/0  0.0.0.0/0  tcp dpt:25 NFQUEUE num 3",
            RuleVerdict::Queue,
        ),
        (
            "CT         tcp  --  *  *  0.0.0.0/0  0.0.0.0/0  tcp dpt:25 CT notrack",
            RuleVerdict::Continue,
        ),
        (
            "gone       tcp  --  *  *  0.0.0.0/0  0.0.0.0/0  tcp dpt:25 [goto]",
            RuleVerdict::Goto(Foreign("gone".into())),
        ),
    ] {
        let rule = rule(&format!("    1    60 {row}"));
        assert_eq!((rule.terms.len(), rule.verdict), (2, verdict), "{row}");
    }
}

#[test]
fn without_counters_there_are_no_devices() {
    let text = "Chain INPUT (policy DROP)\ntarget     prot opt source               destination\n\
                ACCEPT     all  --  anywhere             anywhere";
    let (chains, table) = read(text);
    assert_eq!(chains[0].rules[0].terms, [yes(Test::Other)]);
    assert_eq!(chains[0].rules[0].packet_count, None);
    assert_eq!(chains[0].base.as_ref().map(|base| base.policy.clone()), Some(RuleVerdict::Drop));
    assert_eq!(table.notes.len(), 2);
}

#[test]
fn rules_as_options() {
    let rule_1 = spec(
        "-A INPUT ! -i lo -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack ! --ctstate NEW -j DROP",
    );
    assert_eq!(rule_1.verdict, RuleVerdict::Drop);
    assert_eq!(rule_1.terms[0], no(Test::InDevice(vec![Foreign("lo".into())])));
    assert_eq!(rule_1.terms[2], no(Test::TcpFlags { mask: 0x17, values: vec![2] }));
    let Test::ConntrackState(not_new) = &rule_1.terms[3].test else { panic!() };
    assert!(not_new.invalid && not_new.established && !not_new.new);
    let rule_2 =
        spec("-A INPUT -p tcp -m comment --comment \"-j DROP; it's [1:2]\" -c 7 420 -g next");
    assert_eq!((rule_2.terms.len(), rule_2.packet_count), (1, Some(7)));
    assert_eq!(rule_2.verdict, RuleVerdict::Goto(Foreign("next".into())));
    assert_eq!(rule_2.text.0, "-p tcp -m comment --comment \"-j DROP; it's [1:2]\" -g next");
    assert_eq!(
        spec("-A INPUT -m rpfilter --invert --loose -j DROP").terms,
        [no(Test::ReversePath)]
    );
    assert_eq!(
        spec("-A INPUT -m hashlimit --hashlimit-above 5/s --hashlimit-name x -j DROP").terms.len(),
        2
    );
    assert_eq!(spec("-A INPUT -s 0.0.0.0/0 -j DROP").terms, []);
    assert_eq!(spec("-A INPUT").verdict, RuleVerdict::Continue);
}

#[test]
fn several_tables_of_a_save() {
    let text = "# Generated by ip6tables-save v1.8.9 (nf_tables) on Mon Nov 23 03:48:01 2026\n*raw\n\
                :PREROUTING ACCEPT [9:540]\n[4:240] -A PREROUTING -p tcp -j CT --notrack\nCOMMIT\n\
                # Completed on Mon Nov 23 03:48:01 2026\n*mangle\n:OUTPUT ACCEPT [0:0]\n:x - [0:0]\nCOMMIT";
    let (chains, table) = read(text);
    let names: Vec<(&str, &str)> =
        chains.iter().map(|chain| (chain.table.0.as_str(), chain.name.0.as_str())).collect();
    assert_eq!(names, [("raw", "PREROUTING"), ("mangle", "OUTPUT"), ("mangle", "x")]);
    let raw = chains[0].base.as_ref().unwrap();
    assert_eq!(
        (raw.hook, raw.priority, raw.policy_packet_count),
        (Hook::Prerouting, -300, Some(9))
    );
    assert_eq!(chains[1].base.as_ref().unwrap().kind, ChainKind::Route);
    assert_eq!(chains[2].base, None);
    assert!(chains.iter().all(|chain| chain.family == FilterFamily::Ip6));
    assert!(chains.iter().all(|chain| chain.system == FilterSystem::Nftables));
    assert_eq!((chains[0].rules[0].packet_count, table.cut), (Some(4), None));
    assert_eq!(read(text.rsplit_once('\n').unwrap().0).1.cut, Some(Cut::LastRow));
}

#[test]
fn tables_without_titles_are_told_apart() {
    let text = "Chain INPUT (policy ACCEPT)\nChain FORWARD (policy ACCEPT)\nChain OUTPUT (policy ACCEPT)\n\
                Chain PREROUTING (policy ACCEPT)\nChain INPUT (policy ACCEPT)\nChain OUTPUT (policy ACCEPT)\nChain POSTROUTING (policy ACCEPT)";
    let (chains, _) = read(text);
    let tables: Vec<&str> = chains.iter().map(|chain| chain.table.0.as_str()).collect();
    assert_eq!(tables, ["filter", "filter", "filter", "nat", "nat", "nat", "nat"]);
    let command = command("iptables -t nat -vnL");
    let table = Iptables
        .read(&lines("Chain PREROUTING (policy ACCEPT 5 packets, 300 bytes)"), Some(&command));
    let Content::Chains(chains) = table.content else { panic!() };
    assert_eq!(
        (chains[0].table.0.as_str(), chains[0].base.as_ref().unwrap().priority),
        ("nat", -100)
    );
}

#[test]
fn rows_out_of_a_filter_have_no_chain() {
    let row = "   25  1500 DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate INVALID";
    assert_eq!(Iptables.sees(row, false), Sees::Row);
    let (chains, table) = read(row);
    assert_eq!((chains[0].name.0.as_str(), chains[0].base.is_none()), ("", true));
    assert_eq!(chains[0].rules[0].packet_count, Some(25));
    assert!(table.notes.len() == 2);
}

#[test]
fn a_refusal_is_said() {
    let text = "iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)";
    assert_eq!(Iptables.sees(text, false), Sees::Title);
    let table = Iptables.read(&lines(text), None);
    assert_eq!(table.taken, [Taken::Aside("not permitted: asked without root")]);
}

#[test]
fn prose_and_commands_are_not_claimed() {
    for line in [
        "Chain of events (see below)",
        "-A is an option",
        "drop all -- please",
        "* filter",
        ":INPUT is a chain",
        "iptables -A INPUT -j DROP",
        "tcp -- 80",
        "the rule DROP tcp -- any any anywhere",
    ] {
        assert_eq!(Iptables.sees(line, false), Sees::Nothing, "{line}");
    }
}
