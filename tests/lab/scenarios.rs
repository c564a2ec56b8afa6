//! Every scenario, built once and diagnosed at the same time as root and without rights.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Output;
use std::sync::{PoisonError, RwLock};
use std::thread;

use serde_json::Value;
use synrecv_faults::Outcome;
use synrecv_faults::scenario::{self, Scenario};

use crate::inside::{NOBODY, need_rights, run_doctor, stand};

macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                judge(&stringify!($name).replace('_', "-"));
            }
        )+

        #[test]
        fn each_scenario_has_a_test() {
            let mut listed = [$(stringify!($name).replace('_', "-")),+];
            listed.sort();
            let mut all: Vec<&str> = scenario::all().iter().map(|known| known.id).collect();
            all.sort_unstable();
            assert_eq!(listed.as_slice(), all);
        }
    };
}

scenarios!(
    incident,
    right_mask,
    multihomed_stateful,
    source_policy_routing,
    accept_queue_full,
    silent_client,
    busy_healthy,
);

/// Who looks, and as which user.
const MODES: [(&str, Option<u32>); 2] = [("root", None), ("unprivileged", Some(NOBODY))];

/// Scenarios share the machine; one that touches limits of all of it has it alone.
static MACHINE: RwLock<()> = RwLock::new(());

fn judge(id: &str) {
    need_rights();
    let scenario = scenario::find(id).unwrap_or_else(|| panic!("no scenario `{id}`"));
    // A test that failed while it held the machine has left nothing behind.
    let (_shared, _alone) = if scenario.machine_wide {
        (None, Some(MACHINE.write().unwrap_or_else(PoisonError::into_inner)))
    } else {
        (Some(MACHINE.read().unwrap_or_else(PoisonError::into_inner)), None)
    };

    let running = stand(id);
    let answers: Vec<Output> = thread::scope(|scope| {
        let ask = |uid| run_doctor(running.server(), &["--format", "json"], uid);
        let asked = MODES.map(|(_, uid)| scope.spawn(move || ask(uid)));
        asked.into_iter().map(|answer| answer.join().expect("no panic")).collect()
    });
    drop(running);

    let (mut scores, mut wrong) = (String::new(), String::new());
    for ((mode, uid), answer) in MODES.iter().zip(&answers) {
        let differences = score(scenario, mode, answer, *uid, &mut scores);
        if !differences.is_empty() {
            let said = String::from_utf8_lossy(&answer.stdout);
            let error = String::from_utf8_lossy(&answer.stderr);
            let _ = writeln!(wrong, "{id}, {mode}: {}\n{said}\n{error}", differences.join("; "));
        }
    }
    #[expect(clippy::print_stdout, reason = "the harness shows it when asked, or on failure")]
    {
        print!("{scores}");
    }
    if let Some(directory) = std::env::var_os("SYNRECV_LAB_SCORES") {
        let path = PathBuf::from(directory).join(id);
        std::fs::write(&path, scores).expect("the directory for scores can be written");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Adds the line of one mode: values with a tab between them, as `cargo xtask test` tabulates them.
/// Gives the differences from what is expected.
fn score(
    scenario: &Scenario,
    mode: &str,
    answer: &Output,
    uid: Option<u32>,
    scores: &mut String,
) -> Vec<String> {
    let Some(found) = Outcome::from_report(&answer.stdout, answer.status.code()) else {
        let _ = writeln!(scores, "{}\t{mode}\tno report\t-\t-\t-\t-\t0\tWRONG", scenario.id);
        return vec![format!("no report ({})", answer.status)];
    };
    let mut differences = scenario.expect.differences(&found);
    let report: Value = serde_json::from_slice(&answer.stdout).expect("a report was read above");
    let asked = u64::from(uid.unwrap_or(0));
    if report["source"]["uid"] != asked {
        differences.push(format!("read as uid {}, not {asked}", report["source"]["uid"]));
    }
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let above_info = found.findings.iter().filter(|(_, severity)| severity != "info").count();
    let cells = [
        scenario.id.to_owned(),
        mode.to_owned(),
        word(&found.finding),
        word(&found.class),
        word(&found.confidence),
        format!("{} of {}", found.attributed_count, found.stuck_count),
        found.exit.map_or_else(|| "signal".to_owned(), |code| code.to_string()),
        above_info.to_string(),
        if differences.is_empty() { "right" } else { "WRONG" }.to_owned(),
    ];
    let _ = writeln!(scores, "{}", cells.join("\t"));
    differences
}
