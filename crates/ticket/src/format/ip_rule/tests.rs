use super::{IpRule, reading};
use crate::Content;
use crate::format::fixture::{read, reason};
use crate::format::{Format, Sees, Table};
use synrecv_model::{Family, PortRange, Rule, RuleAction};

fn rules(table: &Table) -> Vec<Rule> {
    match &table.content {
        Content::Rules(rules) => rules.iter().map(|(_, rule)| rule.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

fn shown(text: &str) -> Vec<String> {
    let rules = rules(&read(&IpRule, None, text));
    rules
        .iter()
        .map(|rule| reading(rule).spans().iter().map(synrecv_model::Span::raw).collect())
        .collect()
}

const LIST: &str = "\
0:	from all lookup local
100:	from 192.0.2.11 lookup 100
200:	not from 10.0.0.0/8 to 198.51.100.0/24 fwmark 0x80000/0xff0000 iif eth0 ipproto tcp sport 80 dport 1024-2000 lookup 100
300:	from all tos 0x10 fwmark 0x1 oif eth0 uidrange 1000-2000 goto 32766
400:	from all lookup main suppress_prefixlength 0
1000:	from all lookup [l3mdev-table]
5250:	from all fwmark 0x80000/0xff0000 unreachable
5260:	from 203.0.113.9 blackhole
5261:	from 203.0.113.10 prohibit
5262:	from 203.0.113.11 iif eth9 [detached] goto 9999 [unresolved]
5270:	from all lookup vpn
32766:	from all lookup main
32767:	from all lookup default";

const READINGS: [&str; 10] = [
    "0: to table local",
    "100: from 192.0.2.11/32 to table 100",
    "200: not from 10.0.0.0/8 to 198.51.100.0/24 iif eth0 mark 524288 of mask 16711680 with more selectors to table 100",
    "300: oif eth0 mark 1 of mask 4294967295 with more selectors to rule 32766",
    "400: to table main",
    "1000: in a VRF to the table of the VRF",
    "5250: mark 524288 of mask 16711680 unreachable",
    "5260: from 203.0.113.9/32 blackhole",
    "5261: from 203.0.113.10/32 prohibit",
    "5262: from 203.0.113.11/32 iif eth9 to rule 9999",
];

#[test]
fn selectors_and_actions() {
    assert_eq!(shown(LIST)[..10], READINGS);
    let table = read(&IpRule, None, LIST);
    let rules = rules(&table);
    assert_eq!(rules[2].sport, Some(PortRange { start: 80, end: 80 }));
    assert_eq!(rules[2].dport, Some(PortRange { start: 1024, end: 2000 }));
    assert_eq!(rules[2].ip_protocol, Some(6));
    assert_eq!(
        (rules[3].tos, rules[3].uid_range),
        (0x10, Some(PortRange { start: 1000, end: 2000 }))
    );
    assert_eq!(rules[4].suppress_prefix_len, Some(0));
    assert!(
        rules.iter().all(|rule| rule.unknown_selectors.is_empty() && rule.family == Family::V4)
    );
    assert_eq!(table.notes.len(), 1);
    // Tabs become blanks or get lost.
    assert_eq!(shown(&LIST.replace('\t', " ")), shown(LIST));
    assert_eq!(shown(&LIST.replace('\t', "")), shown(LIST));
}

#[test]
fn the_family_is_that_of_the_list() {
    let text =
        "0:	from all lookup local\n100:	from 2001:db8::/64 lookup 100\n32766:	from all lookup main";
    assert!(rules(&read(&IpRule, None, text)).iter().all(|rule| rule.family == Family::V6));
    let plain = "0:	from all lookup local\n32766:	from all lookup main";
    assert!(
        rules(&read(&IpRule, Some("ip -6 rule"), plain))
            .iter()
            .all(|rule| rule.family == Family::V6)
    );
}

#[test]
fn details_numbers_and_busybox() {
    let rules = rules(&read(
        &IpRule,
        None,
        "\
0:	from all lookup 255 proto kernel
200:	from all ipproto ipproto-6 lookup 100
5250:	from all fwmark 0x80000/0xff0000 7
5260:	from 203.0.113.9 lookup unspec blackhole
5262:	from 203.0.113.11 lookup unspec local
5263:	from all newselector 7 lookup main",
    ));
    assert_eq!((rules[0].table, rules[0].protocol), (255, 2));
    assert_eq!(rules[1].ip_protocol, Some(6));
    assert_eq!(rules[2].action, RuleAction::Unreachable);
    assert_eq!(rules[3].action, RuleAction::Blackhole);
    assert_eq!((rules[4].action, rules[4].goto), (RuleAction::Goto, None));
    assert!(!rules[5].unknown_selectors.is_empty());
}

#[test]
fn rules_as_json() {
    let text = r#"[{"priority":0,"src":"all","table":"local"},{"priority":100,"src":"192.0.2.11","table":"100"},{"priority":200,"not":null,"src":"10.0.0.0","srclen":8,"dst":"198.51.100.0","dstlen":24,"fwmark":"0x80000","fwmask":"0xff0000","iif":"eth0","ipproto":"tcp","sport":80,"dport_start":1024,"dport_end":2000,"table":"100"},{"priority":300,"src":"all","tos":"0x10","fwmark":"0x1","oif":"eth0","uid_start":1000,"uid_end":2000,"goto":32766},{"priority":400,"src":"all","table":"main","suppress_prefixlen":0},{"priority":1000,"src":"all","l3mdev":null},{"priority":5250,"src":"all","fwmark":"0x80000","fwmask":"0xff0000","action":"unreachable"},{"priority":5260,"src":"203.0.113.9","action":"blackhole"},{"priority":5261,"src":"203.0.113.10","action":"prohibit"},{"priority":5262,"src":"203.0.113.11","iif":"eth9","goto":9999,"unresolved":null}]"#;
    assert_eq!(IpRule.sees(text, false), Sees::Row);
    assert_eq!(shown(text), READINGS);
    let of_words = rules(&read(&IpRule, None, LIST));
    assert_eq!(rules(&read(&IpRule, None, text)), of_words[..10]);
}

#[test]
fn other_lines_are_no_rules() {
    for line in [
        "12: from the beginning",
        "1: lo: <LOOPBACK,UP> mtu 65536",
        "10:00:00 from all",
        "5: see the rule",
        "Table 1: from",
    ] {
        assert_eq!(IpRule.sees(line, false), Sees::Nothing, "{line}");
    }
    let cut = read(&IpRule, None, "0:	from all lookup local\n100:	from 192.0.2.11");
    assert_eq!(reason(&cut, 1), "the end of the rule is missing");
    let bad = read(&IpRule, None, "100:	from nowhere lookup main");
    assert_eq!(reason(&bad, 0), "nothing that can be read behind from");
}

#[test]
fn rules_that_lost_their_line_ends() {
    let parts =
        IpRule.split("ip rule 0: from all lookup local 32766: from all lookup main").unwrap();
    assert_eq!(parts, ["ip rule", "0: from all lookup local", "32766: from all lookup main"]);
    assert_eq!(IpRule.split("0: from all lookup local"), None);
}
