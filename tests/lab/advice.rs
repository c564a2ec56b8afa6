//! What the doctor tells people to type repairs the fault, in the order in which it says so.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use synrecv_faults::{Namespace, Running};

use crate::inside::{json, list, run_doctor, stand, text};

/// Stuck requests complete at their next retry, which can be 4 s away; the rest is for a loaded
/// machine.
const HEALED_WITHIN: Duration = Duration::from_secs(40);

#[test]
fn the_right_prefix_first_keeps_the_default_route_and_heals() {
    let running = stand("incident");
    let server = running.server();
    for command in advised(&running, "bad-netmask", "replace-prefix") {
        shell(server, &command);
    }
    assert!(has_default_route(server), "the advised order lost the default route");
    wait_until_healed(server);
}

#[test]
fn the_other_order_drops_the_default_route() {
    let running = stand("incident");
    let mut commands = advised(&running, "bad-netmask", "replace-prefix");
    commands.reverse();
    for command in &commands {
        shell(running.server(), command);
    }
    assert!(!has_default_route(running.server()), "the advice warns of an order that is harmless");
}

#[test]
fn a_table_for_the_source_address_heals() {
    let running = stand("multihomed-stateful");
    for command in advised(&running, "asymmetric-route", "route-by-source") {
        shell(running.server(), &command);
    }
    wait_until_healed(running.server());
}

/// The commands of one step that the doctor gives for the leading finding.
fn advised(running: &Running, finding: &str, step: &str) -> Vec<String> {
    let output = run_doctor(running.server(), &["--observe", "5", "--format", "json"], None);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    assert_eq!(report["verdict"]["finding"], finding, "{report:#}");
    let actions = list(&report["findings"][0]["actions"]);
    let action = actions
        .iter()
        .find(|action| action["id"] == step)
        .unwrap_or_else(|| panic!("no step `{step}` in {actions:#?}"));
    list(&action["commands"])
        .iter()
        .map(|command| command.as_str().expect("a command is a string").to_owned())
        .collect()
}

/// Types a line as a person would.
fn shell(server: &Namespace, line: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    let output = server.output(command, None).expect("sh can be started");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{line}`: {} {error}", output.status);
}

fn has_default_route(server: &Namespace) -> bool {
    !list(&json(server, "ip", &["-j", "route", "show", "default"])).is_empty()
}

/// Waits until no request is old enough to be stuck.
fn wait_until_healed(server: &Namespace) {
    let deadline = Instant::now() + HEALED_WITHIN;
    loop {
        let rows = text(server, "ss", &["-tnoH", "state", "syn-recv"]);
        // A request that was ever sent again is one that waited; fresh ones complete at once.
        let waiting: Vec<&str> = rows.lines().filter(|row| !row.contains(",0)")).collect();
        if waiting.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still stuck after the advised repair:\n{rows}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
