//! Rules and their counters against `nft` and `iptables-save`, before and after packets.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use synrecv_faults::{Lab, Namespace};
use synrecv_filters::moved;
use synrecv_filters::read::netfilter;
use synrecv_model::{FilterChain, FilterSystem, Hook, RuleVerdict};

use super::compare::{Row, assert_equal, shown};
use crate::inside::{json, list, need_rights, text};

const NFT: &str = "\
table inet filter {
    set blocked { type ipv4_addr; elements = { 10.9.9.9 } }
    chain input {
        type filter hook input priority filter - 1; policy drop;
        ct state invalid counter drop
        ct state vmap { established : accept, invalid : drop }
        ip saddr @blocked counter drop
        iif lo udp dport 1001 counter drop
        iifname \"l*\" udp dport { 1002, 2000-2010 } ip saddr 127.0.0.0/8 counter jump called
        udp dport 1003 counter reject
        counter udp dport 1004 accept
        iif lo counter accept
    }
    chain called {
        udp sport != 1 counter return comment \"a comment\"
    }
    chain output {
        type route hook output priority mangle;
        meta l4proto { tcp, udp } th dport 1005 limit rate 1/second counter accept
    }
}
table ip6 only { chain c { type nat hook postrouting priority srcnat; oifname \"x\" counter masquerade; }; }
table netdev wire {
    chain in { type filter hook ingress device \"lo\" priority -500; udp dport 1006 counter drop; }
}
";

/// The same for both kinds of `iptables`; the version of IP is in the addresses.
const IPTABLES: &str = "\
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:CALLED - [0:0]
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -i lo -p udp -m udp --dport 1001 -j DROP
-A INPUT -s NET -i l+ -p udp -m multiport --dports 1002,2000:2010 -j CALLED
-A INPUT -p udp -m udp --dport 1003 -j REJECT
-A INPUT -p udp -m udp --dport 1004 -m comment --comment \"a comment\" -g CALLED
-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK ACK
-A INPUT -i lo -p udp -j ACCEPT
-A CALLED -p udp -m udp ! --sport 1 -j RETURN
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -m rpfilter --invert -j DROP
-A OUTPUT ! -o lo -p udp -m udp --dport 1006 -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING ! -o lo -j MASQUERADE
COMMIT
";

/// Datagrams sent: port and how many.
const SENT: &[(u16, u64)] = &[(1001, 3), (1002, 4), (1003, 1), (1004, 2), (1006, 5), (1007, 6)];

struct World {
    host: Namespace,
    _lab: Lab,
}

impl World {
    fn build() -> Self {
        need_rights();
        let mut lab = Lab::new().expect("a lab");
        let host = lab.host("host").expect("a host");
        text(&host, "ip", &["link", "set", "lo", "up"]);
        Self { host, _lab: lab }
    }

    fn chains(&self) -> Vec<FilterChain> {
        let read = || netfilter(Path::new("/proc/thread-self/net"), Ok(()));
        let section = self.host.run(read).expect("the namespace is there");
        section.whole().unwrap_or_else(|| panic!("not whole: {section:?}")).clone()
    }

    /// Each datagram passes the chains once; what is refused for one does not hinder the next.
    fn send(&self, to: &'static str) {
        let send = move || {
            for (port, count) in SENT {
                for _ in 0..*count {
                    let socket = UdpSocket::bind((to, 0)).expect("a socket");
                    // A rule may answer with an error.
                    let _ = socket.send_to(b"datagram", (to, *port));
                }
            }
        };
        self.host.run(send).expect("the namespace is there");
    }

    /// Feeds a program that reads rules.
    fn load(&self, program: &'static str, rules: String) {
        let feed = move || {
            let mut child = Command::new(program).stdin(Stdio::piped()).spawn()?;
            child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(rules.as_bytes()))?;
            child.wait()
        };
        let status = self.host.run(feed).expect("the namespace is there");
        assert!(status.expect("the program can be started").success(), "{program}");
    }
}

fn verdict(verdict: &RuleVerdict) -> String {
    match verdict {
        RuleVerdict::Accept => "accept".to_owned(),
        RuleVerdict::Drop => "drop".to_owned(),
        RuleVerdict::Reject => "reject".to_owned(),
        RuleVerdict::Return => "return".to_owned(),
        RuleVerdict::Queue => "queue".to_owned(),
        RuleVerdict::Continue => String::new(),
        RuleVerdict::Jump(chain) => format!("jump {}", chain.0),
        RuleVerdict::Goto(chain) => format!("goto {}", chain.0),
        RuleVerdict::Unknown => "unknown".to_owned(),
    }
}

fn count(number: Option<u64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn chain_row(chain: &FilterChain) -> Row {
    let base = chain.base.as_ref();
    let text = |of: fn(&synrecv_model::BaseChain) -> String| base.map(of).unwrap_or_default();
    Row::default()
        .with("family", chain.family.name())
        .with("table", chain.table.0.clone())
        .with("chain", chain.name.0.clone())
        .with("hook", text(|base| base.hook.name().to_owned()))
        .with("policy", text(|base| verdict(&base.policy)))
}

/// Rules of `nft -j`: the verdicts of a map are rules of their own here.
fn our_rules(chains: &[FilterChain]) -> Vec<Row> {
    let mut rows = BTreeSet::new();
    for chain in chains {
        for rule in &chain.rules {
            let is_map = rule.text.0.contains("vmap");
            let row = Row::default()
                .with("family", chain.family.name())
                .with("table", chain.table.0.clone())
                .with("chain", chain.name.0.clone())
                .with("handle", rule.handle.to_string())
                .with("packets", count(rule.packet_count))
                .with("verdict", if is_map { "vmap".to_owned() } else { verdict(&rule.verdict) });
            rows.insert(row);
        }
    }
    rows.into_iter().collect()
}

fn nft_rule(rule: &Value) -> Row {
    let expressions = list(&rule["expr"]);
    let at = |name: &str| expressions.iter().position(|e| e.get(name).is_some());
    let counter = at("counter");
    let last_condition = expressions.iter().rposition(|e| e.get("match").is_some());
    let packets = counter
        .filter(|at| Some(*at) > last_condition)
        .map_or(String::new(), |at| shown(&expressions[at]["counter"]["packets"]));
    let words = ["accept", "drop", "reject", "return", "queue", "vmap"];
    let mut verdict = words.iter().find(|word| at(word).is_some()).map(|word| (*word).to_owned());
    for word in ["jump", "goto"] {
        if let Some(at) = at(word) {
            verdict = Some(format!("{word} {}", shown(&expressions[at][word]["target"])));
        }
    }
    // A translation lets the packet pass.
    let verdict = verdict.or(at("masquerade").map(|_| "accept".to_owned()));
    Row::default()
        .field("family", rule, "family")
        .field("table", rule, "table")
        .field("chain", rule, "chain")
        .field("handle", rule, "handle")
        .with("packets", packets)
        .with("verdict", verdict.unwrap_or_default())
}

fn agree_with_nft(world: &World) {
    let listed = json(&world.host, "nft", &["-j", "list", "ruleset"]);
    let objects = |kind: &'static str| {
        let all = list(&listed["nftables"]).iter();
        all.filter_map(move |object| object.get(kind)).collect::<Vec<_>>()
    };
    let chains = world.chains();
    let theirs = objects("chain").into_iter().map(|chain| {
        Row::default()
            .field("family", chain, "family")
            .field("table", chain, "table")
            .field("chain", chain, "name")
            .field("hook", chain, "hook")
            .field("policy", chain, "policy")
    });
    assert_equal("chains", chains.iter().map(chain_row).collect(), theirs.collect(), NFT);
    let theirs = objects("rule").into_iter().map(nft_rule).collect();
    assert_equal("rules", our_rules(&chains), theirs, NFT);
}

#[test]
fn rules_agree_with_nft() {
    let world = World::build();
    assert_eq!(world.chains(), []);
    world.host.nft(NFT).expect("rules");
    agree_with_nft(&world);
    let before = world.chains();
    world.send("127.0.0.1");
    agree_with_nft(&world);
    let after = world.chains();

    // What comes back of a refusal is accepted here, and how much that is depends on the kernel.
    let accepted = "iif \"lo\" counter accept";
    let mut found: Vec<(String, u64)> = moved(&before, &after)
        .into_iter()
        .map(|delta| {
            let chain = after.iter().find(|chain| chain.name == delta.rule.chain).expect("a chain");
            let rule = chain.rules.iter().find(|rule| rule.handle == delta.rule.handle);
            (rule.expect("a rule").text.0.clone(), delta.packet_count)
        })
        .filter(|(text, _)| text != accepted)
        .collect();
    found.sort();
    let mut expected = [
        ("iif \"lo\" udp dport 1001 counter drop", 3),
        (
            "iifname \"l*\" udp dport { 1002, 2000-2010 } ip saddr 127.0.0.0/8 counter jump called",
            4,
        ),
        ("udp sport != 1 counter return comment \"a comment\"", 4),
        ("udp dport 1003 counter reject", 1),
        ("udp dport 1006 counter drop", 5),
    ]
    .map(|(text, packets)| (text.to_owned(), packets));
    expected.sort();
    assert_eq!(found, expected);
}

/// A rule or policy of `iptables-save -c` by chain, text, counter and verdict.
fn saved_rows(saved: &str, with_text: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut table = "";
    let mut place = std::collections::BTreeMap::new();
    for line in saved.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name;
        }
        let counted = line.strip_prefix('[').and_then(|rest| rest.split_once("] -A "));
        let policy = line.strip_prefix(':').and_then(|rest| rest.split_once(" ["));
        let packets = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        if let Some((counters, rule)) = counted {
            let (chain, rule) = rule.split_once(' ').unwrap_or((rule, ""));
            let handle = place.entry((table, chain)).or_insert(0);
            *handle += 1;
            let row = Row::default()
                .with("table", table)
                .with("chain", chain)
                .with("place", handle.to_string())
                .with("packets", packets(counters))
                .with("text", if with_text { rule } else { "" });
            rows.push(row);
        } else if let Some((chain, counters)) = policy
            && let Some((chain, policy)) = chain.split_once(' ')
            && policy != "-"
        {
            rows.push(
                Row::default()
                    .with("table", table)
                    .with("chain", chain)
                    .with("policy", policy.to_lowercase())
                    .with("packets", packets(counters)),
            );
        }
    }
    rows
}

fn our_saved_rows(chains: &[FilterChain], with_text: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for chain in chains {
        let row = || {
            Row::default().with("table", chain.table.0.clone()).with("chain", chain.name.0.clone())
        };
        if let Some(base) = &chain.base {
            let packets = count(base.policy_packet_count);
            rows.push(row().with("policy", verdict(&base.policy)).with("packets", packets));
        }
        for (rule, place) in chain.rules.iter().zip(1..) {
            rows.push(
                row()
                    .with("place", format!("{place}"))
                    .with("packets", count(rule.packet_count))
                    .with("text", if with_text { rule.text.0.as_str() } else { "" }),
            );
        }
    }
    rows
}

/// `kind` is `legacy` or `nft`.
fn agree_with_iptables(kind: &str, version: &str, family: &str) {
    let world = World::build();
    let program =
        |what: &str| -> &'static str { format!("ip{version}tables-{kind}-{what}").leak() };
    let (net, local) =
        if version.is_empty() { ("127.0.0.0/8", "127.0.0.1") } else { ("::1/128", "::1") };
    world.load(program("restore"), IPTABLES.replace("NET", net));
    world.send(local);
    let saved = text(&world.host, program("save"), &["-c"]);
    let chains = world.chains();
    let is_legacy = kind == "legacy";
    let system = if is_legacy { FilterSystem::XTables } else { FilterSystem::Nftables };
    assert!(chains.iter().all(|chain| chain.system == system && chain.family.name() == family));
    let ours = our_saved_rows(&chains, is_legacy);
    // The other kind writes its rules in the language of `nft`.
    assert_equal("rules", ours, saved_rows(&saved, is_legacy), &saved);

    let input = chains.iter().find(|chain| chain.name.0 == "INPUT" && chain.table.0 == "filter");
    let input = input.expect("the chain is there");
    let base = input.base.as_ref().expect("a base chain");
    assert_eq!((base.hook, &base.policy), (Hook::Input, &RuleVerdict::Drop));
    let found: Vec<String> = input.rules.iter().map(|rule| verdict(&rule.verdict)).collect();
    assert_eq!(found, ["drop", "drop", "jump CALLED", "reject", "goto CALLED", "", "accept"]);
    let packets: Vec<Option<u64>> = input.rules.iter().map(|rule| rule.packet_count).collect();
    assert_eq!(packets[..5], [Some(0), Some(3), Some(4), Some(1), Some(2)]);
}

#[test]
fn rules_agree_with_iptables_legacy() {
    agree_with_iptables("legacy", "", "ip");
}

#[test]
fn rules_agree_with_ip6tables_legacy() {
    agree_with_iptables("legacy", "6", "ip6");
}

#[test]
fn rules_agree_with_iptables_nft() {
    agree_with_iptables("nft", "", "ip");
}

#[test]
fn rules_agree_with_ip6tables_nft() {
    agree_with_iptables("nft", "6", "ip6");
}
