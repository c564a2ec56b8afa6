//! Looking into another network namespace, with and without the right to enter it.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

use serde_json::Value;
use synrecv_faults::Lab;

use crate::inside::{NOBODY, Resident, list, program, run_doctor, stand};

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The doctor in the namespace of this test, as `uid` without capabilities when one is given.
fn from_outside(args: &[&str], uid: Option<u32>) -> Output {
    let program = program();
    let mut command = program.command(uid);
    command.args(args);
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    command.output().expect("the doctor can be started")
}

const SNAPSHOT: [&str; 4] = ["--observe", "3s", "--format", "json"];

#[test]
fn root_enters_by_pid_path_and_name() {
    let running = stand("incident");
    let resident = Resident::of(&running);
    let pid = resident.pid().to_string();
    let path = format!("/proc/{pid}/ns/net");
    for target in [&pid, &path] {
        let output = from_outside(&[&SNAPSHOT[..], &["--netns", target]].concat(), None);
        let report = report(&output);
        assert_eq!(report["verdict"]["finding"], "bad-netmask", "--netns {target}: {report:#}");
    }

    // A name lives in /run/netns; a mount namespace of its own keeps it from the machine's.
    let script = "set -e; mount -t tmpfs none /run; mkdir /run/netns; : > /run/netns/blue; \
                  mount --bind \"$1\" /run/netns/blue; shift; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh", &path]);
    command.arg(synrecv_tests::doctor()).args(SNAPSHOT).args(["--netns", "blue"]);
    let output = command.output().expect("unshare can be started");
    let report = report(&output);
    assert_eq!(report["verdict"]["finding"], "bad-netmask", "--netns blue: {report:#}");
}

#[test]
fn without_rights_the_sockets_are_seen_and_the_rest_is_named() {
    let running = stand("incident");
    let resident = Resident::of(&running);
    let pid = resident.pid().to_string();
    let output = from_outside(&[&SNAPSHOT[..], &["--netns", &pid]].concat(), Some(NOBODY));
    let report = report(&output);
    assert_eq!(report["source"]["uid"], NOBODY);
    assert_eq!(report["source"]["sockets_from"], "/proc/net/tcp", "{:#}", report["source"]);
    let peers = list(&report["connections"]).iter().filter_map(|row| row["peer"].as_str());
    let routed = peers.filter(|peer| peer.starts_with("192.168.5.")).count();
    assert!(routed > 0, "no stuck client in {:#}", report["connections"]);

    // What needs netlink cannot be read from outside, and nothing may be concluded from that.
    assert_ne!(report["verdict"]["finding"], "bad-netmask");
    let missing = |entry: &&Value| entry["reason"] == "needs-root";
    let missing: Vec<&Value> = list(&report["not_checked"]).iter().filter(missing).collect();
    assert!(!missing.is_empty(), "{:#}", report["not_checked"]);
    let enter = format!("pid {pid}");
    let says_how = |entry: &&Value| entry["detail"].as_str().is_some_and(|t| t.contains(&enter));
    assert!(missing.iter().any(says_how), "{missing:#?}");
}

#[test]
fn requests_of_other_namespaces_are_counted() {
    let running = stand("silent-client");
    let resident = Resident::of(&running);
    let mut lab = Lab::new().expect("a lab");
    let elsewhere = lab.host("elsewhere").expect("a host");
    let output = run_doctor(&elsewhere, &["--observe", "0", "--format", "json"], None);
    let report = report(&output);
    assert_eq!(report["verdict"]["stuck_count"], 0);
    let ours = |row: &&Value| row["pid"] == resident.pid();
    let row = list(&report["namespaces"]).iter().find(ours);
    let row = row.unwrap_or_else(|| panic!("no row of the namespace: {:#}", report["namespaces"]));
    assert_eq!(row["comm"], "sleep");
    assert!(row["count"].as_u64().is_some_and(|count| count > 0), "{row}");
}
