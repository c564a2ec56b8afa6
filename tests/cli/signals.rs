//! Ctrl-C: once ends the watching, twice the program.

use std::fs;
use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::doctor_with;

const PATIENCE: Duration = Duration::from_secs(20);

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The doctor while it watches for an hour, as soon as it catches SIGINT.
fn watching(args: &[&str]) -> Child {
    let mut command = doctor_with(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the doctor can be started");
    let status = format!("/proc/{}/status", child.id());
    wait_until("catching SIGINT", || {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        // SIGINT is 2, bit 1.
        caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|m| m & 2 != 0))
    });
    child
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::INT).expect("it runs");
}

fn report_after_one(args: &[&str]) -> (Option<i32>, Value) {
    let child = watching(args);
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code(), json)
}

#[test]
fn once_prints_the_report() {
    let (code, report) =
        report_after_one(&["--observe", "1h", "--format", "json", "--fail-on", "never"]);
    assert_eq!(code, Some(0));
    assert_eq!(report["source"]["interrupted"], true);
    assert!(report["verdict"]["status"].is_string());
}

#[test]
fn once_prints_the_table() {
    let (code, table) = report_after_one(&["sockets", "--observe", "1h", "--format", "json"]);
    assert_eq!(code, Some(0));
    assert_eq!(table["interrupted"], true);
}

#[test]
fn twice_ends_at_once() {
    // Nobody reads the pipe, so that the report cannot be written to its end before the second.
    let mut child = watching(&["--observe", "1h", "-v", "--format", "json"]);
    interrupt(&child);
    wait_until("the end", || {
        // Signals of one kind are not queued: the first one has to be taken before the second.
        interrupt(&child);
        child.try_wait().expect("a child").is_some()
    });
    let code = child.wait().expect("it ends").code();
    let mut out = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("UTF-8");
    assert_eq!(code, Some(130), "{out}");
}
