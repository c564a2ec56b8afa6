//! Running programs in the namespaces of the lab.

use std::process::{Child, Command, Output};
use std::time::Duration;

use serde_json::Value;
use synrecv_faults::scenario;
use synrecv_faults::{Namespace, Program, Refusal, Running};
use synrecv_tests::doctor;

use crate::captures::Recording;

/// A user without rights: `nobody`.
pub(crate) const NOBODY: u32 = 65534;

/// A fault shows when a SYN-ACK timer fired, after 1 s; the rest is for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fails, and says how to do better, where no lab can be built.
pub(crate) fn need_rights() {
    if let Err(error) = synrecv_faults::preflight() {
        panic!("the lab cannot be built here: {error}. Run it as root: cargo xtask test");
    }
}

/// The doctor under test, opened so that any user can run it.
pub(crate) fn program() -> Program {
    Program::open(doctor()).expect("the doctor was built")
}

/// A scenario that shows what it is meant to.
pub(crate) fn stand(id: &str) -> Running {
    let running = build(id);
    wait(id, &running);
    running
}

/// The same, captured on all its hosts from the beginning.
pub(crate) fn stand_recorded(id: &str) -> (Running, Recording) {
    let running = build(id);
    let recording = Recording::start(&running);
    wait(id, &running);
    (running, recording)
}

fn build(id: &str) -> Running {
    need_rights();
    let scenario = scenario::find(id).unwrap_or_else(|| panic!("no scenario `{id}`"));
    scenario.build().unwrap_or_else(|error| panic!("build `{id}`: {error}"))
}

fn wait(id: &str, running: &Running) {
    running.wait_ready(PATIENCE).unwrap_or_else(|error| panic!("`{id}`: {error}"));
}

/// Runs the doctor in a namespace, as `uid` without capabilities when one is given.
pub(crate) fn run_doctor(namespace: &Namespace, args: &[&str], uid: Option<u32>) -> Output {
    run(namespace, args, uid, None)
}

/// The same while some system calls of the doctor are refused.
pub(crate) fn run_doctor_refused(
    namespace: &Namespace,
    args: &[&str],
    uid: Option<u32>,
    refusal: &Refusal,
) -> Output {
    run(namespace, args, uid, Some(refusal))
}

fn run(
    namespace: &Namespace,
    args: &[&str],
    uid: Option<u32>,
    refusal: Option<&Refusal>,
) -> Output {
    let program = program();
    let mut command = program.command(uid);
    command.args(args);
    if let Some(refusal) = refusal {
        refusal.impose_on(&mut command);
    }
    namespace.output(command, uid).expect("the doctor can be started")
}

/// Standard output of a program in a namespace, which has to succeed.
pub(crate) fn text(namespace: &Namespace, program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args);
    let output = namespace.output(command, None).expect("the program can be started");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {} {error}", output.status);
    String::from_utf8(output.stdout).expect("it writes UTF-8")
}

/// The JSON that a program writes in a namespace; nothing at all is an empty list, as `ip` has it.
pub(crate) fn json(namespace: &Namespace, program: &str, args: &[&str]) -> Value {
    let text = text(namespace, program, args);
    if text.trim().is_empty() {
        return Value::Array(Vec::new());
    }
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{program} {args:?}: {error}"))
}

/// The elements of a JSON list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A process that does nothing in the server's namespace, so that the namespace has a PID.
pub(crate) struct Resident(Child);

impl Resident {
    pub(crate) fn of(running: &Running) -> Self {
        let mut command = Command::new("sleep");
        command.arg("infinity");
        Self(running.spawn_in_server(command, None).expect("sleep can be started"))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        // It may have been killed with its namespace already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
