//! Recordings: the one built in, and those that are collected.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;
use synrecv_tests::Scratch;

use crate::{Said, doctor_with, run};

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[test]
fn the_demo_finds_the_cause_and_says_that_it_is_a_recording() {
    let said = run(&["demo"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.lines().next().is_some_and(|line| line.contains("recording of host server")));
    assert!(said.err.contains("a recorded incident"), "{said:?}");
    let report = json(&run(&["demo", "--format", "json"]));
    assert_eq!(report["source"]["kind"], "bundle");
    assert_eq!(report["verdict"]["finding"], "bad-netmask");
    assert_eq!(report["verdict"]["stuck_count"], 16);
}

#[test]
fn the_demo_gives_the_same_bytes_every_time() {
    for format in ["text", "markdown", "json"] {
        let demo = ["demo", "--format", format, "--observe", "1s", "--width", "80"];
        assert_eq!(run(&demo).out, run(&demo).out, "{format}");
    }
}

#[test]
fn what_was_collected_is_diagnosed() {
    let scratch = Scratch::new();
    let file = scratch.path().join("host.bundle");
    let name = file.to_str().expect("a plain name");
    let said = run(&["collect", "-o", name, "--observe", "0"]);
    assert_eq!((said.code, &said.out[..]), (Some(0), ""), "{said:?}");
    assert!(said.err.contains(name), "{said:?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(scratch.names(), ["host.bundle"]);

    let by_name = run(&[name, "--format", "json"]);
    assert_eq!(json(&by_name)["source"]["kind"], "bundle");
    let mut piped = doctor_with(&["diagnose", "-", "--format", "json"]);
    piped.stdin(Stdio::from(fs::File::open(&file).unwrap()));
    let piped = Said::from(piped.output().expect("the doctor can be started"));
    assert_eq!(piped.out, by_name.out);
    let table = json(&run(&["sockets", name, "--format", "json"]));
    assert_eq!((&table["table"], &table["source"]["kind"]), (&"sockets".into(), &"bundle".into()));

    fs::write(&file, &fs::read(&file).unwrap()[..500]).unwrap();
    let cut = run(&[name]);
    assert_eq!((cut.code, &cut.out[..]), (Some(4), ""), "{cut:?}");
    assert!(cut.err.contains(name) && cut.err.contains("cut short"), "{cut:?}");
}

#[test]
fn other_files_are_not_read() {
    let scratch = Scratch::new();
    let file = scratch.path().join("netstat.txt");
    fs::write(&file, "Proto Recv-Q Send-Q\n").unwrap();
    let name = file.to_str().expect("a plain name");
    let said = run(&[name]);
    assert_eq!((said.code, &said.out[..]), (Some(4), ""), "{said:?}");
    assert!(said.err.contains("not a bundle"), "{said:?}");
    for args in [[name, "--port", "80"], [name, "--observe", "1s"]] {
        assert_eq!(run(&args).code, Some(2), "{args:?}");
    }
    // Two texts are one ticket, and nothing in them is known.
    assert_eq!(run(&[name, name]).code, Some(4));
}

#[test]
fn a_bundle_that_cannot_be_written_is_known_at_once() {
    let said = run(&["collect", "-o", "/no/such/directory/bundle"]);
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(said.err.contains("/no/such/directory/bundle"), "{said:?}");
}
