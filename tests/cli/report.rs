//! The report of this host, whatever its state is.

use std::process::Stdio;

use serde_json::Value;
use synrecv_checks::CATALOG;

use crate::{doctor_with, run};

/// What an idle, healthy, ailing or puzzling host may give.
const EXITS: [Option<i32>; 3] = [Some(0), Some(1), Some(3)];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in:\n{text}"))
}

#[test]
fn the_report_has_the_promised_fields() {
    let said = run(&["--observe", "0", "--format", "json"]);
    assert!(EXITS.contains(&said.code), "{said:?}");
    let report = json(&said.out);
    assert_eq!(report["schema"], "synrecv-doctor/report/1");
    for list in ["findings", "not_checked", "checks", "connections", "listeners", "namespaces"] {
        assert!(report[list].is_array(), "`{list}` is no list in {report:#}");
    }
    assert!(report["facts"].is_object());
    assert!(report["connections_total_count"].is_u64());

    let verdict = report["verdict"].as_object().expect("a verdict");
    for field in ["status", "class", "finding", "confidence", "stuck_count"] {
        assert!(verdict.contains_key(field), "no `{field}` in {verdict:?}");
    }
    let status = verdict["status"].as_str().expect("a word");
    assert!(["ok", "idle", "warning", "problem", "unexplained"].contains(&status), "{status}");

    let result = |check: &Value| (check["id"].clone(), check["result"].clone());
    let checks: Vec<(Value, Value)> =
        report["checks"].as_array().expect("a list").iter().map(result).collect();
    let ids: Vec<&str> = checks.iter().filter_map(|(id, _)| id.as_str()).collect();
    for check in CATALOG {
        assert!(ids.contains(&check.info.id), "no {} in {ids:?}", check.info.id);
    }
    let results = ["pass", "finding", "ruled-out", "not-checked"];
    for (id, result) in &checks {
        assert!(result.as_str().is_some_and(|word| results.contains(&word)), "{id}: {result}");
    }
}

#[test]
fn the_report_keeps_to_the_names_of_its_schema() {
    let schema = json(&run(&["schema", "report"]).out);
    let known = schema["properties"].as_object().expect("a schema of an object");
    let report = json(&run(&["--observe", "0", "--format", "json"]).out);
    for field in report.as_object().expect("an object").keys() {
        assert!(known.contains_key(field), "`{field}` is not in the schema");
    }
    for required in schema["required"].as_array().expect("a list").iter().filter_map(Value::as_str)
    {
        assert!(report.get(required).is_some(), "no `{required}`");
    }
}

#[test]
fn diagnose_is_the_default() {
    let plain = run(&["--observe", "0", "--format", "json"]);
    let named = run(&["diagnose", "--observe", "0", "--format", "json"]);
    assert_eq!(json(&plain.out)["schema"], json(&named.out)["schema"]);
    assert_eq!(plain.code, named.code);
}

#[test]
fn the_verdict_alone_is_one_line() {
    let said = run(&["--observe", "0", "--quiet"]);
    assert_eq!(said.out.lines().count(), 1, "{said:?}");
}

#[test]
fn fail_on_never_fails() {
    assert_eq!(run(&["--observe", "0", "--fail-on", "never"]).code, Some(0));
}

#[test]
fn colour_is_asked_for_or_not_there() {
    let escape = |args: &[&str], variable: Option<(&str, &str)>| {
        let mut command = doctor_with(args);
        command.envs(variable);
        let output = command.output().expect("the doctor can be started");
        output.stdout.contains(&0x1b)
    };
    let explain = ["explain", "bad-netmask"];
    let always = ["explain", "bad-netmask", "--color", "always"];
    assert!(!escape(&explain, None), "colour into a pipe");
    assert!(escape(&always, None), "no colour where it was asked for");
    assert!(escape(&explain, Some(("CLICOLOR_FORCE", "1"))));
    assert!(!escape(
        &["explain", "bad-netmask", "--color", "never"],
        Some(("CLICOLOR_FORCE", "1"))
    ));
    let no_colour_wins = |command: &mut std::process::Command| {
        command.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1");
        command.output().expect("the doctor can be started").stdout.contains(&0x1b)
    };
    assert!(!no_colour_wins(&mut doctor_with(&explain)));
    // The flag is the user's last word.
    assert!(escape(&always, Some(("NO_COLOR", "1"))));
}

#[test]
fn a_closed_pipe_is_silence() {
    for args in [&["schema"][..], &["--observe", "0", "--format", "json"], &["--help"]] {
        let mut command = doctor_with(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the doctor can be started");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert!(EXITS.contains(&output.status.code()), "{args:?}: {:?}", output.status);
    }
}
