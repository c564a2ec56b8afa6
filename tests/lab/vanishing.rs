//! Things that are missing or go away: the namespace while it is watched, and `/proc/net/tcp6`.

use std::process::{Command, Stdio};

use serde_json::Value;
use synrecv_tests::doctor;

use crate::inside::{Resident, list, stand};

#[test]
fn a_namespace_whose_last_process_dies_is_still_watched() {
    let running = stand("silent-client");
    let resident = Resident::of(&running);
    let pid = resident.pid().to_string();
    let mut command = Command::new(doctor());
    command.args(["--netns", &pid, "--observe", "3", "--format", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the doctor can be started");
    // Its thread has entered as soon as its namespace is another one than that of its process.
    let entered = || {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).into_iter().flatten();
        let namespaces =
            tasks.flatten().filter_map(|task| std::fs::read_link(task.path().join("ns/net")).ok());
        namespaces.collect::<std::collections::BTreeSet<_>>().len() > 1
    };
    let began = std::time::Instant::now();
    while !entered() {
        assert!(began.elapsed().as_secs() < 10, "it never entered the namespace");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    drop(resident);
    drop(running);
    let output = child.wait_with_output().expect("it ends");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{output:?}");
    assert!(report["source"]["sample_count"].as_u64() > Some(1), "{:#}", report["source"]);
    // The requests stay until their timers end them; the doctor holds the namespace.
    assert_eq!(report["source"]["sockets_from"], "sock_diag and /proc/net/tcp");
    assert!(!list(&report["connections"]).is_empty(), "{report:#}");
}

#[test]
fn without_tcp6_the_rest_is_read() {
    let running = stand("silent-client");
    // An empty directory over /proc/PID/net of this very process, with all files but tcp6.
    let script = "set -e; mount -t tmpfs none /mnt; mkdir /mnt/net; cp /proc/self/net/* /mnt/net/ 2>/dev/null || true; \
                  rm -f /mnt/net/tcp6; mount --bind /mnt/net \"/proc/$$/task/$$/net\"; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
    command.arg(doctor()).args(["sockets", "--source", "proc", "--format", "json"]);
    let output = running.server().output(command, None).expect("unshare can be started");
    let table: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(table["sections"]["sockets"]["state"], "collected", "{table:#}");
    assert!(!list(&table["requests"]).is_empty(), "{table:#}");
}
