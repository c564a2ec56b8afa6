//! `diagnose --probe`: the network is asked after watching. The finding stays.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;
use synrecv_faults::scenario::Scenario;
use synrecv_faults::{Namespace, Outcome, Running};

use crate::captures::Judged;
use crate::inside::{json, list, run_doctor, stand};

/// What the doctor says before it sends.
const ANNOUNCED: &str = "--probe sends at most";

/// Faults on which answers of the network tell most, and whose requests stay.
const FAULTS: [&str; 17] = [
    "incident",
    "incident-race",
    "incident-v6",
    "incident-responder-v6",
    "incident-advertised-v6",
    "wide-mask-one-client",
    "narrow-mask",
    "multihomed-stateful",
    "duplicate-address-silent",
    "duplicate-address-silent-v6",
    "duplicate-address-flips",
    "duplicate-gateway",
    "neighbour-wrong-gateway",
    "neighbour-wrong-gateway-v6",
    "neighbour-wrong-peer",
    "gateway-dead",
    "synack-lost-outside",
];

/// Healthy hosts on which somebody answers for others, or for one address in the place of another.
const LOOK_ALIKES: [&str; 10] = [
    "router-proxy-arp",
    "vrrp-mac",
    "vrrp-mac-v6",
    "five-addresses",
    "calico-pod",
    "calico-host",
    "proxy-nd-host-v6",
    "private-vlan",
    "gateway-failover",
    "permanent-gateway",
];

/// Asks the doctor once more, in some scenarios; with `SYNRECV_LAB_PROBE=all` in all. It is the second look:
/// rows are older, fewer of their timers expire, and where clients wait half a minute before they try
/// again, nothing may be stuck any more. So outside of the lists above there is something to compare only
/// where the network was asked, and how sure the doctor is compares only with what it says at the same time
/// without asking.
pub(crate) fn judge(running: &Running, scenario: &Scenario) -> Option<Judged> {
    let all = std::env::var_os("SYNRECV_LAB_PROBE").is_some_and(|word| word == "all");
    let stays = FAULTS.contains(&scenario.id) || LOOK_ALIKES.contains(&scenario.id);
    if !all && !stays {
        return None;
    }
    let ask = |args: &[&str]| {
        let answer = run_doctor(running.server(), &[args, &["--format", "json"]].concat(), None);
        let found = Outcome::from_report(&answer.stdout, answer.status.code());
        (answer, found)
    };
    let ((_, plain), (answer, found)) = thread::scope(|scope| {
        let plain = scope.spawn(|| ask(&[]));
        let probed = ask(&["--probe"]);
        (plain.join().expect("no panic"), probed)
    });
    if !stays && found.is_some() && !String::from_utf8_lossy(&answer.stderr).contains(ANNOUNCED) {
        return None;
    }
    let differences = match (found, plain) {
        (Some(found), Some(plain)) => {
            let mut differences = scenario.expect.differences(&found);
            differences.extend(worse(&plain, &found));
            differences
        }
        _ => vec![format!("no report ({})", answer.status)],
    };
    let mode = "--probe".to_owned();
    Some(Judged { mode, of_server: true, answer, is_gap: false, differences })
}

/// In what the answers of the network made the diagnosis worse.
fn worse(plain: &Outcome, probed: &Outcome) -> Vec<String> {
    let sureness = |found: &Outcome| {
        let levels = ["possible", "likely", "confirmed"];
        levels.iter().position(|level| found.confidence.as_deref() == Some(level))
    };
    let leading = |found: &Outcome| found.finding.clone().unwrap_or_else(|| "none".to_owned());
    let mut worse = Vec::new();
    // What nothing explained before may be explained.
    if plain.finding.is_some() && plain.finding != probed.finding {
        worse.push(format!("{} leads, without --probe {}", leading(probed), leading(plain)));
    } else if sureness(probed) < sureness(plain) {
        let [now, before] = [probed, plain].map(|found| found.confidence.clone());
        worse.push(format!("{now:?}, without --probe {before:?}"));
    }
    worse
}

/// Device, address and link-layer address of each entry; states and ages move with the traffic.
fn neighbours(namespace: &Namespace) -> BTreeSet<[String; 3]> {
    let table = json(namespace, "ip", &["-j", "neighbour"]);
    let word = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    list(&table).iter().map(|row| ["dev", "dst", "lladdr"].map(|field| word(row, field))).collect()
}

fn peers(report: &Value) -> BTreeSet<&str> {
    let stuck = list(&report["connections"]).iter();
    stuck.filter_map(|connection| connection["peer"].as_str()?.split(':').next()).collect()
}

#[test]
fn without_capture_the_box_that_takes_the_replies_is_named_and_nothing_heals() {
    let running = stand("incident");
    let before = neighbours(running.server());
    let args = ["--probe", "--capture", "off", "--format", "json"];
    let answer = run_doctor(running.server(), &args, None);
    let report: Value = serde_json::from_slice(&answer.stdout).expect("a report");
    assert_eq!(report["verdict"]["finding"], "bad-netmask", "{report:#}");
    assert_eq!(report["verdict"]["confidence"], "confirmed", "{report:#}");
    let finding = &report["findings"][0];
    let texts: Vec<&str> = list(&finding["evidence"])
        .iter()
        .filter(|piece| piece["from"] == "probe")
        .filter_map(|piece| piece["text"].as_str())
        .collect();
    for word in ["192.168.4.2", "02:00:00:00:00:02 after", "02:00:00:00:00:01 after"] {
        assert!(texts.iter().any(|text| text.contains(word)), "no `{word}` in {texts:#?}");
    }
    assert_eq!(finding["explains"][0]["id"], "proxy-arp", "{finding:#}");
    assert_eq!(finding["explains"][0]["confidence"], "confirmed", "{finding:#}");
    let after = neighbours(running.server());
    assert!(before.is_subset(&after), "before {before:?}, after {after:?}");
    // The balancer asks for this host before it can say that a packet lived too short.
    let new: Vec<_> = after.difference(&before).map(|[_, address, _]| address).collect();
    assert!(new.iter().all(|address| *address == "192.168.4.2"), "new entries {new:?}");

    let again = run_doctor(running.server(), &["--capture", "off", "--format", "json"], None);
    let after: Value = serde_json::from_slice(&again.stdout).expect("a report");
    assert_eq!(peers(&report), peers(&after), "the same clients stay stuck");
    let told = String::from_utf8_lossy(&answer.stderr);
    assert!(told.contains(ANNOUNCED), "{told}");
    assert!(!String::from_utf8_lossy(&again.stderr).contains("sends"), "not without --probe");
}

#[test]
fn where_nothing_is_stuck_nothing_is_sent() {
    let running = stand("right-mask");
    let answer = run_doctor(running.server(), &["--probe", "--observe", "3s"], None);
    assert_eq!(answer.status.code(), Some(0), "{answer:?}");
    let told = String::from_utf8_lossy(&answer.stderr);
    assert!(!told.contains("sends"), "{told}");
}
