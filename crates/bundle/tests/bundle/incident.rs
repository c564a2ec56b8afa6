//! The recorded incident that the doctor carries for `demo`.

use crate::support::{Damage, bundle, gzip, lines};
use synrecv_bundle::{Bundle, read};
use synrecv_model::{Confidence, Diagnosis, SourceKind};
use synrecv_report::{Paint, Report, Style, json, markdown, text};

const INCIDENT: &[u8] =
    include_bytes!("../../../../bins/synrecv-doctor/recordings/incident.bundle");

/// Clients of the scenario: eight with two connections each.
const CONNECTIONS: usize = 16;

fn incident() -> Bundle {
    read(INCIDENT).expect("the recording is a bundle of this version")
}

fn diagnosis(bundle: &Bundle) -> Diagnosis {
    synrecv_checks::diagnose(&bundle.facts, &bundle.observation)
}

/// The JSON report, and all others for what they may panic at.
fn reports(bundle: &Bundle) -> String {
    let Bundle { facts, observation } = bundle;
    let diagnosis = &diagnosis(bundle);
    let report = Report { diagnosis, facts, observation, peer: None };
    text::render(&report, Style { width: 80, paint: Paint::default(), verbosity: 1 });
    markdown::render(&report);
    json::render(&report)
}

#[test]
fn its_cause_is_found_for_every_connection() {
    let diagnosis = diagnosis(&incident());
    assert_eq!(diagnosis.verdict.finding, Some("bad-netmask"));
    assert_eq!(diagnosis.verdict.confidence, Some(Confidence::Confirmed));
    assert_eq!(diagnosis.verdict.stuck_count, CONNECTIONS);
    let attributed = |connection: &&synrecv_model::Connection| {
        connection.findings.first() == Some(&"bad-netmask")
    };
    assert_eq!(diagnosis.connections.iter().filter(attributed).count(), CONNECTIONS);
}

#[test]
fn live_and_saved_facts_give_the_same_bytes() {
    let mut live = incident();
    live.facts.source = SourceKind::Live;
    let saved = read(&bundle(&live.facts, &live.observation)[..]).unwrap();
    let (live, saved) = (reports(&live), reports(&saved));
    assert!(live.contains(r#""kind": "live""#) && saved.contains(r#""kind": "bundle""#));
    assert_eq!(live.replacen(r#""kind": "live""#, r#""kind": "bundle""#, 1), saved);
}

#[test]
fn the_same_facts_give_the_same_bytes_twice() {
    assert_eq!(reports(&incident()), reports(&incident()));
}

#[test]
fn damaged_content_is_judged_without_a_panic() {
    let lines = lines(INCIDENT);
    let mut damage = Damage::new(0xdead);
    let mut read_count = 0;
    for _ in 0..600 {
        if let Ok(bundle) = read(&gzip(&damage.to(&lines))[..]) {
            reports(&bundle);
            read_count += 1;
        }
    }
    assert!(read_count > 25, "only {read_count} were read at all");
}

#[test]
fn it_is_small_and_names_no_machine() {
    assert!(INCIDENT.len() < 64 << 10);
    let facts = incident().facts;
    assert_eq!(facts.host.name.0, "server");
    let others = facts.namespaces.whole().expect("they were looked at");
    assert_eq!(others.with_requests, []);
    let lab: ipnet::IpNet = "192.168.0.0/16".parse().unwrap();
    let sockets = facts.sockets.whole().expect("they were read in full");
    assert!(sockets.requests.iter().all(|request| lab.contains(&request.flow.peer.ip)));
}
