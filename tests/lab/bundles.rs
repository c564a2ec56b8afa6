//! What was collected is diagnosed as it would have been there.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use synrecv_collect::{CapturePolicy, ModulePolicy, Options, Session, Target, netns};
use synrecv_model::{Diagnosis, Facts, Observation, SourceKind};
use synrecv_report::{Paint, Report, Style, json, markdown, text};
use synrecv_tests::doctor;

use crate::elsewhere::Collected;
use crate::inside::{Resident, stand};

/// How the doctor writes text into a pipe.
const STYLE: Style = Style { width: 100, paint: Paint { colour: false }, verbosity: 0 };

/// Watches a server as the doctor does, in this process: what it says of the host and of a bundle has
/// to be of the same facts.
fn watched(running: &synrecv_faults::Running) -> (Facts, Observation) {
    let resident = Resident::of(running);
    let target = Target::parse(&resident.pid().to_string());
    let options = Options {
        peer: None,
        port: None,
        modules: ModulePolicy::LoadNothing,
        capture: CapturePolicy::Permitted,
        one_look: false,
        judged_only: false,
    };
    let watch = |place| {
        let mut session = Session::survey(place, options);
        while session.elapsed_ms() < 2_000 {
            std::thread::sleep(Duration::from_millis(250));
            session.sample();
        }
        session.sample_all(true);
        let observation = session.conclude(250, false);
        (session.into_facts(), observation)
    };
    netns::run(Some(&target), watch).expect("the namespace can be entered")
}

/// The doctor on a bundle, on another machine as far as it can tell: no network, another time since
/// boot.
fn elsewhere(bundle: &[u8], args: &[&str]) -> String {
    let mut command = Command::new("unshare");
    command.args(["--net", "--time", "--monotonic", "86400", "--boottime", "86400"]);
    command.arg(doctor()).arg("-").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("unshare can be started");
    let mut input = child.stdin.take().expect("standard input is a pipe");
    input.write_all(bundle).expect("the doctor reads it all");
    drop(input);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
    assert!(matches!(status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("a report is UTF-8")
}

fn same_report(id: &str) {
    let running = stand(id);
    let (mut facts, observation) = watched(&running);
    let mut bundle = Vec::new();
    synrecv_bundle::write(&facts, &observation, "test", &mut bundle).expect("memory takes it");
    drop(running);

    let diagnosis: &Diagnosis = &synrecv_checks::diagnose(&facts, &observation);
    let live = Report { diagnosis, facts: &facts, observation: &observation, peer: None };
    let live = json::render(&live);
    let saved = elsewhere(&bundle, &["--format", "json"]);
    let [live_kind, saved_kind] = [r#""kind": "live""#, r#""kind": "bundle""#];
    assert_eq!(live.matches(live_kind).count(), 1, "{live}");
    assert!(live.replacen(live_kind, saved_kind, 1) == saved, "{id}: {live}\n{saved}");

    facts.source = SourceKind::Bundle;
    let report = Report { diagnosis, facts: &facts, observation: &observation, peer: None };
    let width = ["--width", "100", "--color", "never"];
    let shown = elsewhere(&bundle, &[&["--format", "text"][..], &width].concat());
    assert!(text::render(&report, STYLE) == shown, "{id}: {shown}");
    let shown = elsewhere(&bundle, &["--format", "markdown"]);
    assert!(markdown::render(&report) == shown, "{id}: {shown}");
}

#[test]
fn the_same_facts_give_the_same_report_there_and_elsewhere() {
    same_report("incident");
}

#[test]
fn the_same_for_ipv6() {
    same_report("incident-v6");
}

#[test]
fn the_same_behind_a_firewall() {
    same_report("incident-behind-firewall");
}

/// A live answer beside that of a bundle collected at the same time.
#[test]
fn live_and_collected_lead_to_the_same() {
    let running = stand("two-faults");
    let (live, collected) = std::thread::scope(|scope| {
        let running = &running;
        let live = scope.spawn(move || {
            crate::inside::run_doctor(running.server(), &["--format", "json"], None)
        });
        let collected = Collected::in_namespace(running.server(), None);
        (live.join().expect("no panic"), collected)
    });
    let collected = collected.unwrap_or_else(|output| panic!("{output:?}")).diagnose();
    assert_eq!(live.status.code(), collected.status.code());
    let [live, collected] = [live, collected].map(|output| {
        serde_json::from_slice::<Value>(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {output:?}"))
    });
    let leading = |report: &Value| {
        let verdict = &report["verdict"];
        ["finding", "class", "confidence", "stuck_count"].map(|key| verdict[key].clone())
    };
    assert_eq!(leading(&live), leading(&collected));
}
