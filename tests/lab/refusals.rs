//! Scenarios looked at while single system calls are refused, as in a container or on a kernel that
//! lacks them: the same finding, and the gap is named.

use std::fmt::Write as _;
use std::process::Output;
use std::thread;

use serde_json::Value;
use synrecv_faults::RefusedWith::{Enoent, Enosys, Eperm, Eprotonosupport};
use synrecv_faults::scenario::{self, Scenario};
use synrecv_faults::{Outcome, Refusal, Refused, RefusedWith, Running};

use crate::inside::{NOBODY, list, need_rights, run_doctor_refused, stand};

/// Calls that fail, with what, and for which user.
type Case = (&'static [Refused], RefusedWith, Option<u32>);

const SOCK_DIAG: &[Refused] = &[Refused::SockDiag];

/// Errnos that a kernel, a security module or a container's filter really gives.
const CASES: &[Case] = &[
    (SOCK_DIAG, Enoent, None),
    (SOCK_DIAG, Enoent, Some(NOBODY)),
    (SOCK_DIAG, Enosys, None),
    (SOCK_DIAG, Eperm, None),
    (SOCK_DIAG, Eprotonosupport, None),
    (&[Refused::StrictCheck], Enosys, None),
    (&[Refused::StrictCheck], Eperm, Some(NOBODY)),
    (&[Refused::ExtAck], Enosys, None),
    (&[Refused::NetlinkMulticast], Eperm, None),
    (&[Refused::NetlinkMulticast], Enosys, Some(NOBODY)),
    (&[Refused::PidfdGetfd], Enosys, None),
    (&[Refused::PidfdGetfd], Eperm, None),
    (&[Refused::Packet], Eperm, None),
    (&[Refused::Packet], Eprotonosupport, None),
    (&Refused::ALL, Enosys, None),
    (&Refused::ALL, Eperm, Some(NOBODY)),
];

/// Doctors that look at one scenario at the same time: a loaded machine reads its rows late.
const AT_ONCE: usize = 8;

macro_rules! refusals {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                judge(&stringify!($name).replace('_', "-"));
            }
        )+
    };
}

refusals!(
    incident,
    right_mask,
    multihomed_stateful,
    accept_queue_full,
    silent_client,
    busy_healthy,
);

fn judge(id: &str) {
    need_rights();
    let scenario = scenario::find(id).unwrap_or_else(|| panic!("no scenario `{id}`"));
    let running = stand(id);
    let mut answers = Vec::new();
    for cases in CASES.chunks(AT_ONCE) {
        thread::scope(|scope| {
            let asked: Vec<_> =
                cases.iter().map(|case| scope.spawn(|| ask(&running, case))).collect();
            answers.extend(asked.into_iter().map(|answer| answer.join().expect("no panic")));
        });
    }
    drop(running);

    let mut wrong = String::new();
    for (case, answer) in CASES.iter().zip(&answers) {
        let differences = differences(scenario, case, answer);
        if !differences.is_empty() {
            let said = String::from_utf8_lossy(&answer.stdout);
            let error = String::from_utf8_lossy(&answer.stderr);
            let (case, differences) = (described(case), differences.join("; "));
            let _ = writeln!(wrong, "{id}, {case}: {differences}\n{said}\n{error}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn ask(running: &Running, &(calls, errno, uid): &Case) -> Output {
    let refusal = Refusal::new(calls, errno).expect("a filter for this machine");
    run_doctor_refused(running.server(), &["--format", "json"], uid, &refusal)
}

fn described((calls, errno, uid): &Case) -> String {
    let calls: Vec<&str> = calls.iter().map(|call| call.name()).collect();
    let user = uid.map_or_else(|| "root".to_owned(), |uid| format!("uid {uid}"));
    format!("{} {} as {user}", calls.join(","), errno.name())
}

fn differences(scenario: &Scenario, (calls, _, uid): &Case, answer: &Output) -> Vec<String> {
    let Some(found) = Outcome::from_report(&answer.stdout, answer.status.code()) else {
        return vec![format!("no report ({})", answer.status)];
    };
    let without_diag = calls.contains(&Refused::SockDiag);
    let sees_frames = uid.is_none() && !calls.contains(&Refused::Packet);
    let expect = match scenario.expect {
        fault if fault.is_fault() && without_diag && !sees_frames => fault.less_sure(),
        as_it_is => as_it_is,
    };
    let mut differences = expect.differences(&found);

    let report: Value = serde_json::from_slice(&answer.stdout).expect("a report was read above");
    let source = if without_diag { "/proc/net/tcp" } else { "sock_diag and /proc/net/tcp" };
    if report["source"]["sockets_from"] != source {
        differences.push(format!("sockets read from {}", report["source"]["sockets_from"]));
    }
    let mut gaps = Vec::new();
    gaps.extend(without_diag.then_some("sock_diag"));
    gaps.extend(calls.contains(&Refused::NetlinkMulticast).then_some("NETLINK_ADD_MEMBERSHIP"));
    // Named where a capture would have told more.
    let stuck = report["verdict"]["stuck_count"] != 0;
    gaps.extend((stuck && calls.contains(&Refused::Packet)).then_some("packet socket"));
    for gap in gaps {
        let names_it =
            |entry: &Value| entry["detail"].as_str().is_some_and(|detail| detail.contains(gap));
        if !list(&report["not_checked"]).iter().any(names_it) {
            differences.push(format!("not_checked does not name `{gap}`"));
        }
    }
    differences
}
