//! Options of listeners, read by a copy of the application's descriptor that is closed at once.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use synrecv_faults::{Lab, Namespace, Refusal, Refused, RefusedWith};

use crate::inside::{NOBODY, list, need_rights, run_doctor, run_doctor_refused, stand};

/// A moment for a loaded machine; the doctor itself needs microseconds.
const MOMENT: Duration = Duration::from_millis(500);

const LISTENERS: [&str; 5] = ["sockets", "--state", "listen", "--format", "json"];

/// The listener on `port` as `sockets` tells it.
fn listener(server: &Namespace, port: u16, uid: Option<u32>) -> Value {
    row_of(&run_doctor(server, &LISTENERS, uid), port)
}

fn row_of(output: &Output, port: u16) -> Value {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let end = format!(":{port}");
    let own = |row: &&Value| row["local"].as_str().is_some_and(|local| local.ends_with(&end));
    let row = list(&report["listeners"]).iter().find(own);
    row.unwrap_or_else(|| panic!("no listener on {port}: {report:#}")).clone()
}

#[test]
fn root_reads_what_the_application_set() {
    let running = stand("defer-accept");
    let deferring = listener(running.server(), 8080, None);
    // 30 s, rounded up to the schedule of retries.
    assert_eq!(deferring["options"]["defer_accept_s"], 31, "{deferring:#}");
    assert_eq!(deferring["options"]["filter_instructions_count"], 0, "{deferring:#}");
    assert!(deferring["options"].get("syn_retries_count").is_none(), "{deferring:#}");
    let healthy = listener(running.server(), 443, None);
    assert_eq!(healthy["options"]["defer_accept_s"], 0, "{healthy:#}");
    drop(running);

    let running = stand("socket-filter");
    let filtered = listener(running.server(), 8082, None);
    let count = filtered["options"]["filter_instructions_count"].as_u64();
    assert!(count.is_some_and(|count| count > 0), "{filtered:#}");
}

#[test]
fn without_rights_there_are_none() {
    let running = stand("defer-accept");
    let row = listener(running.server(), 8080, Some(NOBODY));
    assert_eq!(row["processes_missing"], "needs-root", "{row:#}");
    assert!(row.get("options").is_none(), "{row:#}");

    // Before Linux 5.6, or in a container that does not allow it.
    for with in [RefusedWith::Enosys, RefusedWith::Eperm] {
        let refusal = Refusal::new(&[Refused::PidfdGetfd], with).expect("a filter");
        let output = run_doctor_refused(running.server(), &LISTENERS, None, &refusal);
        let row = row_of(&output, 8080);
        assert!(!list(&row["processes"]).is_empty(), "{row:#}");
        assert!(row.get("options").is_none(), "{row:#}");
    }
}

#[test]
fn the_option_is_evidence() {
    for finding in ["defer-accept", "socket-filter"] {
        let running = stand(finding);
        let seen = |uid| {
            let output =
                run_doctor(running.server(), &["--observe", "5s", "--format", "json"], uid);
            let report: Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|error| panic!("{error}: {output:?}"));
            let own = |row: &&Value| row["id"] == finding;
            let row = list(&report["findings"]).iter().find(own);
            let row = row.unwrap_or_else(|| panic!("no {finding}: {report:#}")).clone();
            let option = |piece: &Value| piece["fact"] == "listener-option";
            (list(&row["evidence"]).iter().any(option), row)
        };
        let (named, row) = seen(None);
        assert!(named && row["confidence"] == "confirmed", "{row:#}");
        let (named, row) = seen(Some(NOBODY));
        assert!(!named, "{row:#}");
    }
}

/// A listener can only be opened anew on its port when nothing holds the one that was closed.
#[test]
fn a_listener_closed_meanwhile_is_gone() {
    need_rights();
    let mut lab = Lab::new().expect("a lab");
    let server = lab.host("server").expect("a host");
    let over = Arc::new(AtomicBool::new(false));
    let until = Arc::clone(&over);
    let application = server.run(move || thread::spawn(move || reopen(&until)));
    let application = application.expect("a namespace");
    for _ in 0..20 {
        run_doctor(&server, &["sockets", "--format", "json"], None);
    }
    run_doctor(&server, &["--observe", "3s", "--format", "json"], None);
    over.store(true, Ordering::Relaxed);
    let (opened, slowest) = application.join().expect("the listener could be opened each time");
    assert!(opened > 100, "opened only {opened} times");
    assert!(slowest < MOMENT, "{slowest:?} until the port was free again");
}

/// Opens and closes a listener until told to stop; returns how often, and how long at most its port
/// was still taken after it had been closed.
fn reopen(over: &AtomicBool) -> (usize, Duration) {
    let (mut opened, mut slowest) = (0, Duration::ZERO);
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let listener = loop {
            match TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8090)) {
                Ok(listener) => break listener,
                Err(error) if error.kind() == ErrorKind::AddrInUse && began.elapsed() < MOMENT => {
                    thread::yield_now();
                }
                Err(error) => panic!("open the listener again: {error}"),
            }
        };
        slowest = slowest.max(began.elapsed());
        opened += 1;
        thread::sleep(Duration::from_millis(1));
        drop(listener);
    }
    (opened, slowest)
}
