//! `diagnose --probe`: the network is asked after watching. The finding stays.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::Duration;

use serde_json::Value;
use synrecv_collect::{CapturePolicy, ModulePolicy, Options, Place, Session, netns};
use synrecv_faults::scenario::{self, Scenario};
use synrecv_faults::{Namespace, Outcome, Running};
use synrecv_model::{Confidence, Diagnosis, Finding, Severity};

use crate::captures::Judged;
use crate::inside::{json, list, need_rights, run_doctor, stand};

/// What the doctor says before it sends.
const ANNOUNCED: &str = "--probe sends at most";

/// Between samples.
const INTERVAL: Duration = Duration::from_millis(250);

/// Some timers of requests expire meanwhile.
const WATCHED_MS: u64 = 6_000;

/// Scenarios that are compared unless others are named: the cause is sure before, is sure only after, and
/// nothing is wrong.
const COMPARED: [&str; 3] = ["incident", "duplicate-address-silent", "router-proxy-arp"];

/// Scenarios at a time.
const AT_ONCE: usize = 3;

/// What lines about scenarios say.
const NOT_ASKED: &str = "nothing to ask";
const WORSE: &str = "WORSE";

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

/// Asks the doctor once more, in some scenarios. It is the second look: rows are older, and fewer of their
/// timers expire while it watches.
pub(crate) fn judge(running: &Running, scenario: &Scenario) -> Option<Judged> {
    if !FAULTS.contains(&scenario.id) && !LOOK_ALIKES.contains(&scenario.id) {
        return None;
    }
    let answer = run_doctor(running.server(), &["--probe", "--format", "json"], None);
    let differences = match Outcome::from_report(&answer.stdout, answer.status.code()) {
        Some(found) => scenario.expect.differences(&found),
        None => vec![format!("no report ({})", answer.status)],
    };
    let mode = "--probe".to_owned();
    Some(Judged { mode, of_server: true, answer, is_gap: false, differences })
}

/// In some scenarios; in those that `SYNRECV_LAB_PROBE` names with commas between them, or in `all`, which
/// takes a quarter of an hour.
#[test]
fn asking_makes_no_diagnosis_worse() {
    need_rights();
    let named = std::env::var("SYNRECV_LAB_PROBE").unwrap_or_else(|_| COMPARED.join(","));
    let is_wanted = |id: &str| named == "all" || named.split(',').any(|name| name == id);
    let wanted = scenario::all().filter(|known| is_wanted(known.id));
    let (alone, together): (Vec<_>, Vec<_>) = wanted.partition(|known| known.machine_wide);
    let left = Mutex::new(together.into_iter());
    let next = || left.lock().expect("no panic").next();
    let told: Vec<String> = thread::scope(|scope| {
        let work = || std::iter::from_fn(next).map(compared).collect::<Vec<_>>();
        let workers = [(); AT_ONCE].map(|()| scope.spawn(work));
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    let told: Vec<String> = told.into_iter().chain(alone.into_iter().map(compared)).collect();
    let worse: Vec<String> = told.into_iter().filter(|line| line.contains(WORSE)).collect();
    assert!(worse.is_empty(), "{}", worse.join("\n"));
}

/// A line about a scenario: what was said before the network was asked, and after.
fn compared(scenario: &'static Scenario) -> String {
    // One that could not be built costs none of the others.
    let line = catch_unwind(|| before_after(scenario));
    let line = line.unwrap_or_else(|_| format!("{}\t{WORSE}: it could not be seen", scenario.id));
    #[expect(clippy::print_stdout, reason = "the harness shows it when asked, or on failure")]
    {
        println!("{line}");
    }
    line
}

fn before_after(scenario: &'static Scenario) -> String {
    let running = stand(scenario.id);
    let look = || netns::run(None, before_and_after).expect("the namespace is there");
    let looked = running.server().run(look).expect("the namespace is there");
    let Some((before, after)) = looked else { return format!("{}\t{NOT_ASKED}", scenario.id) };
    let [was, is] = [&before, &after].map(said);
    let mut worse = worse(&before, &after);
    let is_alarm = |finding: &Finding| finding.severity > Severity::Info;
    if !scenario.expect.is_fault() && after.findings.iter().any(is_alarm) {
        worse.push("a false alarm".to_owned());
    }
    if worse.is_empty() {
        return format!("{}\t{was}\t{is}", scenario.id);
    }
    format!("{}\t{was}\t{is}\t{WORSE}: {}", scenario.id, worse.join("; "))
}

/// The leading finding and how sure it is.
fn said(diagnosis: &Diagnosis) -> String {
    let verdict = &diagnosis.verdict;
    let sure = verdict.confidence.map_or("-", Confidence::name);
    format!("{} {sure}", verdict.finding.unwrap_or("-"))
}

/// Watches once and judges what it saw twice, before and after the network was asked.
/// `None` where there is nothing to ask.
fn before_and_after(place: Place) -> Option<(Diagnosis, Diagnosis)> {
    let options = Options {
        peer: None,
        port: None,
        modules: ModulePolicy::LoadNothing,
        capture: CapturePolicy::Permitted,
        one_look: false,
        judged_only: false,
    };
    let mut session = Session::survey(place, options);
    while session.elapsed_ms() < WATCHED_MS {
        sleep(INTERVAL);
        session.sample();
    }
    session.sample_all(true);
    let observation = session.conclude(INTERVAL.as_millis().try_into().expect("short"), false);
    let before = synrecv_checks::diagnose(session.facts(), &observation);
    let plan = session.plan_probes(&observation, &before);
    if plan.is_empty() {
        return None;
    }
    session.probe(plan);
    Some((before, synrecv_checks::diagnose(session.facts(), &observation)))
}

fn worse(before: &Diagnosis, after: &Diagnosis) -> Vec<String> {
    let leading = |diagnosis: &Diagnosis| diagnosis.verdict.finding.unwrap_or("none");
    let mut worse = Vec::new();
    // What nothing explained before may be explained.
    if before.verdict.finding.is_some() && leading(before) != leading(after) {
        worse.push(format!("{} leads, before it asked {}", leading(after), leading(before)));
    } else if before.verdict.confidence > after.verdict.confidence {
        let [was, is] = [before, after].map(|diagnosis| diagnosis.verdict.confidence);
        worse.push(format!("{is:?}, before it asked {was:?}"));
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
