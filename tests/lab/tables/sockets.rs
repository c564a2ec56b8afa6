//! `sockets` against `ss`.

mod crowd;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use synrecv_faults::{Lab, Namespace, mac};

use super::compare::{Row, assert_equal, shown};
use super::table;
use crate::inside::{json, list, need_rights, text};

/// A timer as `ss` shows it: kind, time left, retransmissions.
#[derive(Debug)]
struct Timer {
    kind: String,
    left_ms: u64,
    /// `ss` leaves the smaller digits of longer times out.
    step_ms: u64,
    retrans: u64,
}

/// What of one socket both views have: the fields that stay, and the timer, which does not.
struct Seen {
    row: Row,
    timer: Option<Timer>,
}

type Ends = (String, String);

/// More than any connection of the crowd has unsent whose peer reads.
const FULL_OCTETS: u64 = 4_096;

fn state(name: &str) -> String {
    match name {
        "ESTAB" => "ESTABLISHED".to_owned(),
        "UNCONN" => "CLOSE".to_owned(),
        "FIN-WAIT-1" => "FIN_WAIT1".to_owned(),
        "FIN-WAIT-2" => "FIN_WAIT2".to_owned(),
        other => other.replace('-', "_"),
    }
}

/// Family, and address and port as the doctor writes them.
fn endpoint(text: &str) -> (&'static str, String) {
    let (host, port) = text.rsplit_once(':').unwrap_or_else(|| panic!("no port in `{text}`"));
    let port = if port == "*" { "0" } else { port };
    // `[fe80::1]%eth0` and `0.0.0.0%eth0`.
    let (host, device) = match host.rsplit_once('%') {
        Some((host, device)) => (host, format!("%{device}")),
        None => (host, String::new()),
    };
    if host == "*" {
        return ("ipv6", format!("[::]:{port}"));
    }
    let Some(host) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) else {
        return ("ipv4", format!("{host}:{port}"));
    };
    match host.strip_prefix("::ffff:") {
        Some(mapped) => ("ipv6", format!("{mapped}:{port}")),
        None => ("ipv6", format!("[{host}{device}]:{port}")),
    }
}

/// `59sec`, `1.660ms` (seconds and milliseconds), `660ms`, `1min59sec`.
fn timer(text: &str) -> Timer {
    let parts: Vec<&str> = text.split(',').collect();
    let [kind, time, retrans] = parts[..] else { panic!("no timer: `{text}`") };
    let (minutes, rest) = time.split_once("min").unwrap_or(("0", time));
    let number = |text: &str| match text {
        "" => 0,
        text => text.parse::<u64>().unwrap_or_else(|_| panic!("no time: `{time}`")),
    };
    let (seconds, ms, step_ms) = match (rest.strip_suffix("sec"), rest.strip_suffix("ms")) {
        (Some(seconds), _) => (number(seconds), 0, 1000),
        (None, Some(rest)) => {
            let (seconds, ms) = rest.split_once('.').unwrap_or(("0", rest));
            (number(seconds), number(ms), 1)
        }
        (None, None) => (number(rest), 0, 60_000),
    };
    let left_ms = (number(minutes) * 60 + seconds) * 1000 + ms;
    Timer { kind: kind.to_owned(), left_ms, step_ms, retrans: number(retrans) }
}

/// Names and ids of the processes in `users:(("sshd",pid=1,fd=3),("sshd",pid=2,fd=3))`.
fn users(text: &str) -> String {
    let processes: BTreeSet<String> = text
        .split("(\"")
        .skip(1)
        .map(|one| {
            let (name, rest) = one.split_once("\",pid=").expect("a name and an id");
            let (pid, _) = rest.split_once(',').expect("an id and a descriptor");
            format!("{name}/{pid}")
        })
        .collect();
    processes.into_iter().collect::<Vec<_>>().join(" ")
}

fn ss(host: &Namespace) -> BTreeMap<Ends, Seen> {
    let text = text(host, "ss", &["-tanHOep"]);
    let sockets: Vec<(Ends, Seen)> = text.lines().map(ss_row).collect();
    let count = sockets.len();
    let sockets: BTreeMap<Ends, Seen> = sockets.into_iter().collect();
    assert_eq!(sockets.len(), count, "two sockets with the same ends");
    sockets
}

fn ss_row(line: &str) -> (Ends, Seen) {
    let mut words = line.split_whitespace();
    let mut word = || words.next().unwrap_or_else(|| panic!("too short: `{line}`"));
    let (state, recv_q, send_q) = (state(word()), word(), word());
    let ((family, local), (_, peer)) = (endpoint(word()), endpoint(word()));
    let details: BTreeMap<&str, &str> = words.filter_map(|word| word.split_once(':')).collect();
    let detail = |name: &str| details.get(name).copied().unwrap_or_default();
    let in_parentheses = |text: &'static str| detail(text).trim_matches(['(', ')']);
    let is_listener = state == "LISTEN";
    let is_request = state == "SYN_RECV";
    let or_zero = |text: &str| if text.is_empty() { "0".to_owned() } else { text.to_owned() };
    let mut row = Row::default()
        .with("family", family)
        .with("local", &local)
        .with("peer", if is_listener { "" } else { peer.as_str() })
        .with("uid", or_zero(detail("uid")));
    if !is_request {
        row =
            row.with("recv-q", recv_q).with("send-q", send_q).with("inode", or_zero(detail("ino")));
    }
    if is_listener {
        row = row.with("processes", users(detail("users")));
        row = row.with("v6only", if family == "ipv6" { detail("v6only") } else { "" });
    }
    let time = in_parentheses("timer");
    let timer = (!time.is_empty()).then(|| timer(time));
    (
        (local, if is_listener { String::new() } else { peer }),
        Seen { row: row.with("state", state), timer },
    )
}

/// A row of any of the three lists of the doctor.
fn doctors(row: &Value) -> (Ends, Seen) {
    let state = shown(&row["state"]);
    let mut seen = Row::default()
        .field("state", row, "state")
        .field("local", row, "local")
        .field("peer", row, "peer")
        .field("uid", row, "uid")
        .field("inode", row, "inode");
    seen = match state.as_str() {
        "LISTEN" => {
            let process = |one: &Value| format!("{}/{}", shown(&one["comm"]), one["pid"]);
            let processes: BTreeSet<String> = list(&row["processes"]).iter().map(process).collect();
            let processes: Vec<String> = processes.into_iter().collect();
            let v6only = match (&row["family"], row["v6only"].as_bool()) {
                (Value::String(family), Some(only)) if family == "ipv6" => {
                    i32::from(only).to_string()
                }
                _ => String::new(),
            };
            seen.field("family", row, "family")
                .field("recv-q", row, "accept_queue_count")
                .field("send-q", row, "accept_queue_max_count")
                .with("processes", processes.join(" "))
                .with("v6only", v6only)
        }
        "SYN_RECV" => seen.field("family", row, "listener_family"),
        _ => seen.field("family", row, "family").field("recv-q", row, "recv_queue_bytes").field(
            "send-q",
            row,
            "send_queue_bytes",
        ),
    };
    let is_request = state == "SYN_RECV";
    let timer = row["timer_ms"].as_u64().map(|left_ms| Timer {
        kind: if is_request { "on".to_owned() } else { shown(&row["timer"]) },
        left_ms,
        step_ms: 1,
        retrans: row[if is_request { "synack_retrans_count" } else { "retrans_count" }]
            .as_u64()
            .expect("a timer counts"),
    });
    ((shown(&row["local"]), shown(&row["peer"])), Seen { row: seen, timer })
}

/// Fails when the timer of the doctor cannot lie between those of `ss` before and after it.
fn assert_between(ends: &Ends, before: &Timer, ours: &Timer, after: &Timer) {
    let seen = format!("{ends:?}: ss {before:?}, doctor {ours:?}, ss {after:?}");
    assert!((before.retrans..=after.retrans).contains(&ours.retrans), "{seen}");
    if before.retrans == after.retrans && before.kind == after.kind {
        assert_eq!(ours.kind, before.kind, "{seen}");
        // The kernel's timers tick in hundredths of a second.
        let not_before = ours.left_ms <= before.left_ms + before.step_ms + 10;
        let not_after = ours.left_ms + 10 >= after.left_ms;
        assert!(not_before && not_after, "{seen}");
    }
}

#[test]
fn sockets_agree_with_ss() {
    need_rights();
    let mut lab = Lab::new().expect("a lab");
    let host = lab.host("host").expect("a host");
    let wire = lab.segment("wire").expect("a segment");
    lab.plug(&wire, &host, "eth0", mac(1)).expect("a device");
    let links = json(&host, "ip", &["-j", "link", "show", "eth0"]);
    let eth0 = links[0]["ifindex"].as_u64().and_then(|index| u32::try_from(index).ok());
    let crowd = crowd::gather(&host, eth0.expect("an index"));

    let before = ss(&host);
    let doctor = table(&host, &["sockets", "--all"]);
    let after = ss(&host);
    drop(crowd);
    let ours: BTreeMap<Ends, Seen> = ["listeners", "requests", "sockets"]
        .iter()
        .flat_map(|part| list(&doctor[*part]))
        .map(doctors)
        .collect();

    assert!(before.len() >= 300, "only {} sockets", before.len());
    let states: BTreeSet<String> =
        list(&doctor["sockets"]).iter().map(|row| shown(&row["state"])).collect();
    assert!(states.len() >= 6, "only {states:?}, LISTEN and SYN_RECV");
    let rows = |seen: &BTreeMap<Ends, Seen>| seen.values().map(|one| one.row.clone()).collect();
    assert_equal("sockets of ss before and after", rows(&before), rows(&after), "");
    assert_equal("sockets", rows(&ours), rows(&after), "");
    // The timer of a connection whose peer takes no more starts anew each time and counts nothing.
    let is_full =
        |seen: &Seen| seen.row.number("send-q").is_some_and(|octets| octets > FULL_OCTETS);
    for (ends, seen) in ours.iter().filter(|(_, seen)| !is_full(seen)) {
        match (&before[ends].timer, &seen.timer, &after[ends].timer) {
            (Some(before), Some(ours), Some(after)) => assert_between(ends, before, ours, after),
            (None, None, None) => {}
            // A timer can run out between two looks.
            (before, ours, after) => {
                assert!(
                    before.is_some() != after.is_some(),
                    "{ends:?}: {before:?} {ours:?} {after:?}"
                );
            }
        }
    }
}

#[test]
fn words_of_ss_are_understood() {
    assert_eq!(endpoint("*:80"), ("ipv6", "[::]:80".to_owned()));
    assert_eq!(endpoint("0.0.0.0:*"), ("ipv4", "0.0.0.0:0".to_owned()));
    assert_eq!(endpoint("[fe80::1]%eth0:80"), ("ipv6", "[fe80::1%eth0]:80".to_owned()));
    assert_eq!(endpoint("[::ffff:192.0.2.1]:80"), ("ipv6", "192.0.2.1:80".to_owned()));
    assert_eq!(timer("on,1.660ms,2").left_ms, 1660);
    assert_eq!(timer("timewait,1min5sec,0").left_ms, 65_000);
    assert_eq!(users("((\"a b\",pid=1,fd=3),(\"c\",pid=2,fd=3))"), "a b/1 c/2");
}
