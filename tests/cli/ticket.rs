//! Output of other tools as a source.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use synrecv_tests::Scratch;

use super::{Said, doctor_with, run};

/// A server whose prefix takes clients behind the router for neighbours.
const TOO_WIDE: &str = "\
Hi, since the move clients of the other building hang. Thanks!

[root@web1 ~]# netstat -ant
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN
tcp        0      0 198.51.100.10:80        198.51.20.7:41000       SYN_RECV
tcp        0      0 198.51.100.10:80        198.51.20.8:41001       SYN_RECV
tcp        0      0 198.51.100.10:80        198.51.100.20:52000     ESTABLISHED
[root@web1 ~]# ip route
default via 198.51.100.1 dev eth0
198.51.0.0/16 dev eth0 proto kernel scope link src 198.51.100.10
[root@web1 ~]# ip neigh
198.51.100.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE
198.51.100.20 dev eth0 lladdr 02:00:00:00:00:20 REACHABLE
198.51.20.7 dev eth0 lladdr 02:00:00:00:00:0b STALE
198.51.20.8 dev eth0 lladdr 02:00:00:00:00:0b STALE
";

pub(super) fn judge(text: &str, args: &[&str]) -> Said {
    let mut child = doctor_with(&[args, &["-"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the doctor can be started");
    let mut input = child.stdin.take().expect("standard input is a pipe");
    input.write_all(text.as_bytes()).expect("the doctor reads all of it");
    drop(input);
    Said::from(child.wait_with_output().expect("it ends"))
}

pub(super) fn report(text: &str) -> (Value, Option<i32>) {
    let said = judge(text, &["--format", "json"]);
    let report = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
    (report, said.code)
}

#[test]
fn tables_of_one_host_lead_to_its_fault() {
    let (report, code) = report(TOO_WIDE);
    assert_eq!(report["verdict"]["finding"], "bad-netmask");
    assert_eq!(report["verdict"]["stuck_count"], 2);
    assert_eq!(report["source"]["kind"], "ticket");
    assert_eq!(report["source"]["host"], "web1");
    assert_eq!(code, Some(1));
    let pieces = report["pieces"].as_array().expect("pieces are listed");
    let kinds: Vec<&str> = pieces.iter().filter_map(|piece| piece["kind"].as_str()).collect();
    assert_eq!(kinds, ["netstat", "ip-route", "ip-neigh"]);
    assert!(pieces.iter().all(|piece| piece["host"] == 1));
}

#[test]
fn quoted_and_with_lost_blanks_it_says_the_same() {
    let squeezed: Vec<String> = TOO_WIDE
        .lines()
        .map(|line| format!("> {}", line.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    assert_eq!(report(&squeezed.join("\r\n")).0["verdict"]["finding"], "bad-netmask");
}

#[test]
fn outputs_of_two_hosts_are_judged_one_by_one() {
    let text = TOO_WIDE.replace("[root@web1 ~]# ip route", "[root@web2 ~]# ip route");
    let (report, _) = report(&text);
    assert_ne!(report["verdict"]["finding"], "bad-netmask");
    let hosts: Vec<u64> = report["pieces"]
        .as_array()
        .expect("pieces are listed")
        .iter()
        .filter_map(|piece| piece["host"].as_u64())
        .collect();
    assert_eq!(hosts, [1, 2, 1]);
    let said = judge(&text, &[]);
    assert!(said.out.contains("at least 2 hosts"), "{}", said.out);
}

#[test]
fn rows_without_counters_are_stuck_and_unexplained() {
    let text = "tcp 0 0 192.0.2.1:443 198.51.100.9:5001 SYN_RECV\n";
    let (report, code) = report(text);
    assert_eq!(report["verdict"]["status"], "unexplained");
    assert_eq!(report["connections"][0]["reading"], Value::Null);
    assert_eq!(code, Some(3));
    let questions = report["questions"].as_array().expect("it says what would decide");
    let asks = |word: &str| {
        questions.iter().any(|one| one["command"].as_str().is_some_and(|line| line.contains(word)))
    };
    assert!(asks("ip route get 198.51.100.9 from 192.0.2.1") && asks("tcp port 443"));
}

#[test]
fn a_message_of_the_kernel_names_its_cause() {
    let text = "[ 8123.4] nf_conntrack: nf_conntrack: table full, dropping packet\n";
    assert_eq!(report(text).0["verdict"]["finding"], "conntrack-full");
}

#[test]
fn tables_of_a_healthy_host_alarm_nobody() {
    let text = "\
# ip route
default via 192.0.2.1 dev eth0 proto dhcp metric 100
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10 metric 100
172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1
# ip neigh
192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE
# ss -tan
State  Recv-Q Send-Q Local Address:Port Peer Address:Port
LISTEN 0      128    0.0.0.0:22         0.0.0.0:*
ESTAB  0      0      192.0.2.10:22      192.0.2.77:50222
";
    let (report, code) = report(text);
    assert_eq!(report["findings"], Value::Array(vec![]));
    assert_eq!(code, Some(0));
}

#[test]
fn each_line_says_what_was_taken_from_it() {
    let said = judge(TOO_WIDE, &["--explain-parse"]);
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("-- 1 netstat, lines 3-9: 4 rows, 0 unreadable"), "{}", said.out);
    assert!(said.out.contains("Hi, since the move"), "prose is shown, too");
}

#[test]
fn text_without_any_output_is_an_error_that_says_so() {
    let said = judge("Dear support,\nit hangs.\n", &[]);
    assert_eq!(said.code, Some(4));
    assert!(said.err.contains("no output of a tool that is known was found"), "{}", said.err);
    assert_eq!(said.err.lines().count(), 1);
}

#[test]
fn what_is_asked_for_is_read_with_certainty() {
    let script = run(&["ask", "--format", "sh"]);
    assert!(script.out.starts_with("#!/bin/sh\n") && script.code == Some(0));
    // What a host prints when it runs the script, as far as a marker goes.
    let text = "\
### synrecv-doctor ask 1: ip neigh show dev eth0
192.0.2.1 lladdr 02:00:00:00:00:01 REACHABLE
### synrecv-doctor end
";
    let said = judge(text, &["--explain-parse"]);
    assert!(said.out.contains("1 ip-neigh"), "{}", said.out);
}

#[test]
fn less_is_asked_for_when_more_is_there() {
    let scratch = Scratch::new();
    let file = scratch.path().join("ticket.txt");
    fs::write(&file, TOO_WIDE).expect("a file in a directory of our own");
    let path = file.to_str().expect("a path of our own");
    let (all, rest) = (run(&["ask"]), run(&["ask", path]));
    assert!(all.out.contains("ip -s neigh") && !rest.out.contains("ip -s neigh"));
    assert!(rest.out.contains("ip route get 198.51.20.7 from 198.51.100.10"), "{}", rest.out);
}

/// A text in a file.
fn saved(scratch: &Scratch, name: &str, text: &str) -> String {
    let file = scratch.path().join(name);
    fs::write(&file, text).expect("a file in a directory of our own");
    file.to_str().expect("a path of our own").to_owned()
}

#[test]
fn several_texts_are_one_ticket() {
    let scratch = Scratch::new();
    let (sockets, tables) =
        TOO_WIDE.split_at(TOO_WIDE.find("[root@web1 ~]# ip route").expect("its prompt"));
    let paths = [saved(&scratch, "a.txt", sockets), saved(&scratch, "b.txt", tables)];
    let said = run(&[&paths[0], &paths[1], "--format", "json"]);
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
    assert_eq!(report["verdict"]["finding"], "bad-netmask");
    assert!(report["pieces"][1].to_string().contains("lines 1-3 of b.txt"), "{}", said.out);
    let explained = run(&[&paths[0], &paths[1], "--explain-parse"]);
    assert!(explained.out.contains("== b.txt, from line 10"), "{}", explained.out);
}

#[test]
fn only_texts_can_be_joined() {
    let scratch = Scratch::new();
    let text = saved(&scratch, "a.txt", TOO_WIDE);
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/frames/tests/data/incident.pcap");
    for args in [[&text, capture], [capture, &text]] {
        let said = run(&args);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(&*text) && said.err.contains(capture), "{}", said.err);
    }
    assert_eq!(run(&["-", "-"]).code, Some(2));
    assert_eq!(run(&[&text, "no-such-file"]).code, Some(2));
}

#[test]
fn tables_of_a_text() {
    let scratch = Scratch::new();
    let text = saved(&scratch, "a.txt", TOO_WIDE);
    for (table, row) in [
        ("sockets", "198.51.20.7:41000"),
        ("arp", "02:00:00:00:00:0b"),
        ("route", "198.51.0.0/16"),
        ("interfaces", "198.51.100.10/16"),
    ] {
        let said = run(&[table, &text]);
        assert!(said.code == Some(0) && said.out.contains(row), "{said:?}");
        let said = run(&[table, &text, "--format", "json"]);
        let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
        assert_eq!(json["source"]["kind"], "ticket", "{table}");
    }
    let bundle =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/bundle/tests/data/incident.v1.bundle");
    assert_eq!(run(&["arp", bundle]).code, Some(0));
    let none = saved(&scratch, "b.txt", "tcp 0 0 192.0.2.1:443 198.51.100.9:5001 SYN_RECV\n");
    assert_eq!(run(&["arp", &none]).code, Some(4));
    assert_eq!(run(&["route", &text, "--netns", "1"]).code, Some(2));
}

#[test]
fn a_table_of_listeners_is_no_proof_that_nothing_is_stuck() {
    let listener = "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n";
    let shown = |command: &str| {
        let (report, _) = report(&format!("$ {command}\n{listener}"));
        (report["pieces"][0]["cut"].clone(), judge(&format!("$ {command}\n{listener}"), &[]).out)
    };
    let (cut, said) = shown("netstat -tan");
    assert!(cut.is_null() && said.contains("No connection is in SYN_RECV"), "{said}");
    let (cut, said) = shown("netstat -tln");
    assert!(cut.is_string() && !said.contains("No connection is in SYN_RECV"), "{said}");
}
