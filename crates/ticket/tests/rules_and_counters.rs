//! Outputs about counters, settings, rules, tracked connections and messages, of tools that were run
//! in scenarios of the lab or with rules of all kinds, and what must be read from them.

use std::collections::BTreeMap;
use std::path::Path;

use synrecv_model::view::filter::{Packet, stops};
use synrecv_model::{FilterChain, Hook, RuleVerdict, Test, TrackedState};
use synrecv_ticket::{Content, Cut, FloodReaction, Kind, Limits, Piece, Said, Taken, read};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read_to_string(path).expect(name)
}

/// The pieces of a fixture.
fn pieces(name: &str) -> Vec<Piece> {
    read(fixture(name).as_bytes(), Limits::default()).expect("small").pieces
}

#[track_caller]
fn only(name: &str) -> Piece {
    let mut pieces = pieces(name).into_iter();
    let only = pieces.next().expect(name);
    assert_eq!(pieces.next(), None, "{name}");
    only
}

#[track_caller]
fn chains(name: &str) -> Vec<FilterChain> {
    let Content::Chains(chains) = only(name).content else { panic!("{name}") };
    chains
}

fn counters(name: &str) -> BTreeMap<String, u64> {
    let rows = pieces(name).into_iter().flat_map(|piece| match piece.content {
        Content::Counters(_, rows) => rows,
        _ => Vec::new(),
    });
    rows.map(|row| (row.name, row.value)).collect()
}

#[test]
fn every_line_is_read() {
    for (name, kind, row_count) in [
        ("netstat-s-accept-queue-full.txt", Kind::NetstatS, 40),
        ("netstat-s-6.txt", Kind::NetstatS, 32),
        ("nstat-accept-queue-full.txt", Kind::Nstat, 391),
        ("proc-counters.txt", Kind::Proc, 8),
        ("proc-snmp6.txt", Kind::Proc, 87),
        ("sysctl-netfilter.txt", Kind::Sysctl, 53),
        ("iptables-L.txt", Kind::Iptables, 24),
        ("iptables-L-numbered.txt", Kind::Iptables, 24),
        ("iptables-S-v.txt", Kind::Iptables, 24),
        ("iptables-save-tables.txt", Kind::Iptables, 40),
        ("iptables-legacy-drops-ack.txt", Kind::Iptables, 11),
        ("iptables-legacy-drops-ack-save.txt", Kind::Iptables, 11),
        ("iptables-nft-drops-ack.txt", Kind::Iptables, 7),
        ("iptables-nft-beside-legacy.txt", Kind::Iptables, 3),
        ("ip6tables-L.txt", Kind::Iptables, 8),
        ("nft-drops-ack.txt", Kind::Nft, 11),
        ("nft-all-kinds.txt", Kind::Nft, 76),
        ("nft-all-kinds-json.txt", Kind::Nft, 1),
        ("conntrack-L-untracked.txt", Kind::Conntrack, 24),
        ("conntrack-proc.txt", Kind::Conntrack, 24),
        ("conntrack-S.txt", Kind::Conntrack, 2),
        ("conntrack-stat.txt", Kind::Conntrack, 2),
        ("dmesg-martian.txt", Kind::KernelLog, 8),
        ("dmesg-flood.txt", Kind::KernelLog, 3),
    ] {
        let piece = only(name);
        assert_eq!(
            (piece.kind, piece.row_count, piece.rejected_count),
            (kind, row_count, 0),
            "{name}"
        );
        let ticket = read(fixture(name).as_bytes(), Limits::default()).expect("small");
        let stray =
            ticket.lines().find(|(_, _, taken)| matches!(taken, Taken::Prose | Taken::Repaired(_)));
        assert_eq!(stray, None, "{name}");
    }
}

/// `nstat` ran first, and clients went on: what it had counted is not less a moment later.
#[test]
fn words_and_names_are_the_same_counters() {
    let names = counters("nstat-accept-queue-full.txt");
    for other in [
        "netstat-s-accept-queue-full.txt",
        "netstat-s-6.txt",
        "proc-counters.txt",
        "proc-snmp6.txt",
    ] {
        let found = counters(other);
        for (name, value) in &found {
            // Settings, and a gauge: `nstat` leaves them out.
            if matches!(name.as_str(), "IpForwarding" | "IpDefaultTTL" | "TcpCurrEstab")
                || name.starts_with("TcpRto")
            {
                continue;
            }
            let known = names.get(name).copied();
            assert!(
                known.is_some_and(|known| (known..=known + 500).contains(value)),
                "{other}: {name} {value} {known:?}"
            );
        }
    }
    let words = counters("netstat-s-accept-queue-full.txt");
    assert_eq!(words.get("TcpExtListenOverflows"), Some(&50));
    // Not printed, because it is zero.
    assert_eq!(words.get("TcpExtSyncookiesSent"), Some(&0));
    let is_v4 = |name: &str| !name.contains('6');
    for (name, _) in names.iter().filter(|(name, value)| **value > 0 && is_v4(name)) {
        assert!(words.contains_key(name), "{name}");
    }
}

/// What ends an ACK to port 80: the chain, packets that ended there, and whether it is certain.
fn ack_stops(chains: &[FilterChain]) -> Vec<(String, Option<u64>, bool)> {
    let packet = Packet {
        source: "198.51.100.7".parse().ok(),
        destination: "10.1.0.10".parse().expect("address"),
        source_port: Some(40_000),
        destination_port: Some(80),
        flags: 0x10,
        in_device: None,
        out_device: None,
        conntrack: None,
    };
    let shown = |stop: &synrecv_model::view::filter::Stop<'_>| {
        let packets = stop.rule.and_then(|rule| rule.packet_count);
        (stop.chain.name.0.clone(), packets, stop.certain)
    };
    stops(chains, Hook::Input, &packet).iter().map(shown).collect()
}

#[test]
fn pasted_rules_say_what_the_kernel_says() {
    // A rule for `lo` stands before it, and it is not known by which device the packet came.
    let stops = |name: &str| {
        let all = ack_stops(&chains(name));
        all.into_iter()
            .filter(|(_, packets, _)| packets.is_some_and(|count| count > 0))
            .collect::<Vec<_>>()
    };
    assert_eq!(stops("nft-drops-ack.txt"), [("web".to_owned(), Some(15), false)]);
    assert_eq!(stops("iptables-legacy-drops-ack.txt"), [("WEB".to_owned(), Some(15), false)]);
    assert_eq!(stops("iptables-legacy-drops-ack-save.txt"), stops("iptables-legacy-drops-ack.txt"));
    assert_eq!(stops("iptables-nft-drops-ack.txt"), [("INPUT".to_owned(), Some(15), false)]);
}

#[test]
fn listings_of_one_ruleset_agree() {
    let drafts = |name: &str| -> Vec<(String, usize, RuleVerdict)> {
        let rules = chains(name).into_iter().filter(|chain| chain.table.0 == "filter");
        rules
            .flat_map(|chain| {
                let name = chain.name.0.clone();
                chain.rules.into_iter().map(move |rule| {
                    // How many options of a match are not known does not matter.
                    let known = rule.terms.iter().filter(|term| term.test != Test::Other);
                    (name.clone(), known.count(), rule.verdict)
                })
            })
            .collect()
    };
    let numbered = drafts("iptables-L-numbered.txt");
    assert_eq!(numbered.len(), 19);
    assert_eq!(drafts("iptables-S-v.txt"), numbered);
    assert_eq!(drafts("iptables-save-tables.txt"), numbered);
    let plain = drafts("iptables-L.txt");
    assert!(
        plain
            .iter()
            .map(|(_, _, verdict)| verdict)
            .eq(numbered.iter().map(|(_, _, verdict)| verdict))
    );
    let json = drafts("nft-all-kinds-json.txt");
    let words = drafts("nft-all-kinds.txt");
    assert_eq!(json.len(), words.len());
    assert!(
        json.iter().map(|(_, _, verdict)| verdict).eq(words.iter().map(|(_, _, verdict)| verdict))
    );
}

#[test]
fn what_an_output_cannot_show_is_noted() {
    let notes = |name: &str| only(name).notes.len();
    // No devices, and one table only.
    assert_eq!(notes("iptables-L.txt"), 2);
    assert_eq!(notes("iptables-L-numbered.txt"), 1);
    assert_eq!(notes("iptables-save-tables.txt"), 0);
}

#[test]
fn tracked_connections() {
    for name in ["conntrack-L-untracked.txt", "conntrack-proc.txt"] {
        let piece = only(name);
        assert_eq!(piece.cut, None);
        let Content::Tracked(rows) = piece.content else { panic!() };
        let unreplied = rows
            .iter()
            .filter(|row| row.entry.state == TrackedState::SynSent && !row.entry.seen_reply);
        assert!(unreplied.clone().count() >= 5, "{name}");
        assert!(unreplied.clone().all(|row| row.entry.original.1.port == 80), "{name}");
        assert!(rows.iter().all(|row| row.zone.is_none() && row.mark == Some(0)), "{name}");
    }
    for name in ["conntrack-S.txt", "conntrack-stat.txt"] {
        let Content::ConntrackCpus(rows) = only(name).content else { panic!() };
        assert_eq!(rows.iter().map(|(_, cpu)| cpu.invalid_count).sum::<u32>(), 15, "{name}");
    }
    let text: Vec<String> =
        fixture("conntrack-L-untracked.txt").lines().take(9).map(str::to_owned).collect();
    let ticket = read(text.join("\n").as_bytes(), Limits::default()).expect("small");
    assert_eq!(ticket.pieces[0].cut, Some(Cut::CountLine));
}

#[test]
fn messages() {
    let Content::Messages(martians) = only("dmesg-martian.txt").content else { panic!() };
    let has_frame = |said: &Said| matches!(said, Said::MartianSource { macs: Some(_), .. });
    assert_eq!(martians.len(), 8);
    assert!(martians.iter().all(|message| has_frame(&message.said) && message.stamp.is_some()));
    let Content::Messages(floods) = only("dmesg-flood.txt").content else { panic!() };
    let reactions: Vec<FloodReaction> = floods
        .iter()
        .map(|message| match message.said {
            Said::SynFlood { reaction, address: Some(_), .. } => reaction,
            _ => FloodReaction::Unknown,
        })
        .collect();
    assert!(
        reactions.contains(&FloodReaction::Cookies) && !reactions.contains(&FloodReaction::Unknown)
    );
}

/// Blanks, quotes, prompts and line ends do not change what is read.
#[test]
fn damage_that_people_do_changes_nothing() {
    let content = |text: &str| {
        let ticket = read(text.as_bytes(), Limits::default()).expect("small");
        // Lines differ, and the counters after another start.
        let shown: Vec<String> =
            ticket.pieces.iter().map(|piece| without_lines(&piece.content)).collect();
        shown
    };
    for name in [
        "netstat-s-accept-queue-full.txt",
        "sysctl-netfilter.txt",
        "iptables-L.txt",
        "iptables-L-numbered.txt",
        "iptables-S-v.txt",
        "iptables-save-tables.txt",
        "iptables-legacy-drops-ack.txt",
        "ip6tables-L.txt",
        "nft-drops-ack.txt",
        "nft-all-kinds.txt",
        "conntrack-L-untracked.txt",
        "conntrack-S.txt",
        "dmesg-martian.txt",
    ] {
        let text = fixture(name);
        let expected = content(&text);
        let collapsed: Vec<String> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(content(&collapsed.join("\n")), expected, "{name}: blanks");
        assert_eq!(content(&text.replace('\n', "\r\n")), expected, "{name}: line ends");
        let quoted: Vec<String> = text.lines().map(|line| format!("> {line}")).collect();
        assert_eq!(content(&quoted.join("\n")), expected, "{name}: quoted");
        assert_eq!(
            content(&format!("Hello,\nwe see this:\n\n{text}\nBest regards\n")),
            expected,
            "{name}: prose"
        );
    }
}

fn without_lines(content: &Content) -> String {
    fn all<T>(rows: &[T], shown: impl Fn(&T) -> String) -> String {
        rows.iter().map(shown).collect::<Vec<_>>().join(" ")
    }
    match content {
        Content::Counters(_, rows) => all(rows, |row| format!("{}={}", row.name, row.value)),
        Content::Settings(rows) => {
            all(rows, |row| format!("{}={}", row.key, row.value.replace('\t', " ")))
        }
        Content::Tracked(rows) => all(rows, |row| format!("{:?}", row.entry)),
        Content::ConntrackCpus(rows) => all(rows, |(_, cpu)| format!("{cpu:?}")),
        Content::Messages(rows) => all(rows, |row| format!("{:?}", row.said)),
        other => format!("{other:?}"),
    }
}
