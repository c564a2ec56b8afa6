//! Bundles of schema 1 as they were when it was frozen. These files never change.

use crate::support::{bundle, full, gzip, lines};
use serde_json::Value;
use synrecv_bundle::{Bundle, read};
use synrecv_model::{Class, Confidence, Origin, Status};

/// The incident of the lab with its frames, by `collect --observe 15s` as root.
const INCIDENT: &[u8] = include_bytes!("../data/incident.v1.bundle");

/// Every noun with every variant that there was.
const EVERY_NOUN: &[u8] = include_bytes!("../data/every-noun.v1.bundle");

fn content(bundle: &[u8]) -> Value {
    let lines = String::from_utf8(lines(bundle)).expect("JSON is UTF-8");
    let content = lines.lines().nth(1).expect("two lines");
    serde_json::from_str(content).expect("JSON")
}

/// Fails where something of `frozen` is not in `now`. There may be more in objects.
fn is_in(frozen: &Value, now: &Value, path: &str) {
    match (frozen, now) {
        (Value::Object(frozen), Value::Object(now)) => {
            for (key, value) in frozen {
                let path = format!("{path}.{key}");
                let now = now.get(key).unwrap_or_else(|| panic!("{path} is gone"));
                is_in(value, now, &path);
            }
        }
        (Value::Array(frozen), Value::Array(now)) => {
            assert_eq!(frozen.len(), now.len(), "{path}");
            for (at, (frozen, now)) in frozen.iter().zip(now).enumerate() {
                is_in(frozen, now, &format!("{path}[{at}]"));
            }
        }
        _ => assert_eq!(frozen, now, "{path}"),
    }
}

#[test]
fn it_is_diagnosed_as_it_was() {
    let Bundle { facts, observation } = read(INCIDENT).unwrap();
    let diagnosis = synrecv_checks::diagnose(&facts, &observation);
    let verdict = &diagnosis.verdict;
    assert_eq!((verdict.status, verdict.class), (Status::Problem, Some(Class::Path)));
    assert_eq!(verdict.finding, Some("bad-netmask"));
    assert_eq!(verdict.confidence, Some(Confidence::Confirmed));
    assert_eq!(verdict.stuck_count, 16);
    let explained = |one: &&synrecv_model::Connection| one.findings.first() == Some(&"bad-netmask");
    assert_eq!(diagnosis.connections.iter().filter(explained).count(), 16);
    let leading = &diagnosis.findings[0];
    assert!(leading.evidence.iter().any(|piece| piece.origin == Origin::Frames));
    assert!(leading.explains.iter().any(|explained| explained.id == "proxy-arp"));
    assert_eq!(diagnosis.handshake_count, Some(15));
}

#[test]
fn nothing_of_it_is_lost_in_reading() {
    for frozen in [INCIDENT, EVERY_NOUN] {
        let Bundle { mut facts, observation } = read(frozen).unwrap();
        // The one thing that reading changes.
        if content(frozen)["facts"]["source"] == "Live" {
            facts.source = synrecv_model::SourceKind::Live;
        }
        is_in(&content(frozen), &content(&bundle(&facts, &observation)), "");
    }
}

/// What a later version of schema 1 adds.
#[test]
fn unknown_fields_are_passed_over() {
    let (facts, observation) = full();
    let written = bundle(&facts, &observation);
    let mut content = content(&written);
    let added = add_fields(&mut content);
    assert!(added > 500, "only {added} objects were found");
    let header = lines(&written);
    let header = header.split(|byte| *byte == b'\n').next().expect("a line");
    let mut header: Value = serde_json::from_slice(header).expect("JSON");
    add_fields(&mut header);
    let read = read(&gzip(format!("{header}\n{content}\n").as_bytes())[..]).unwrap();
    assert_eq!((read.facts, read.observation), (facts, observation));
}

/// Adds a field to every struct, in front of the others, and gives their number. The names of
/// variants begin with a capital, and no name of a counter or a setting is one of a field.
fn add_fields(value: &mut Value) -> usize {
    let is_field = |key: &String| {
        key.starts_with(|first: char| first.is_ascii_lowercase()) && !key.contains('.')
    };
    match value {
        Value::Array(items) => items.iter_mut().map(add_fields).sum(),
        Value::Object(members) => {
            let inside: usize = members.values_mut().map(add_fields).sum();
            // The standard library's range knows its two ends and takes nothing else.
            let is_range = members.keys().eq(["start", "end"]);
            if members.is_empty() || is_range || !members.keys().all(is_field) {
                return inside;
            }
            let later = serde_json::json!({"at": [1, -2, "three", null, {"Four": true}], "": {}});
            let rest = std::mem::take(members);
            members.insert("of_a_later_version".to_owned(), later);
            members.extend(rest);
            inside + 1
        }
        _ => 0,
    }
}
