//! Bundles of the lab: collected in a scenario, diagnosed where nothing of it is to be seen, without
//! rights; and the same with pseudonyms.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;
use std::sync::OnceLock;

use synrecv_bundle::redact::{Key, Mode, redact};
use synrecv_faults::{Lab, Namespace, Outcome};
use synrecv_tests::Scratch;
use synrecv_tests::leak::Secrets;

use crate::inside::{NOBODY, program, run_doctor};

/// Pseudonyms are the same in every run.
const KEY: [u8; 32] = *b"the same one in every run of it.";

/// What was collected in a namespace.
pub(crate) struct Collected {
    scratch: Scratch,
}

impl Collected {
    /// Runs `collect` as `uid`. `Err` is what it said when it failed.
    pub(crate) fn in_namespace(namespace: &Namespace, uid: Option<u32>) -> Result<Self, Output> {
        let scratch = Scratch::new();
        // Whoever collects writes into it, and so does who diagnoses.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o777))
            .expect("the directory is ours");
        let collected = Self { scratch };
        let file = collected.path("bundle");
        let file = file.to_str().expect("a plain name");
        let output = run_doctor(namespace, &["collect", "--quiet", "--output", file], uid);
        if output.status.success() { Ok(collected) } else { Err(output) }
    }

    /// With `SYNRECV_LAB_CAPTURES` the bundle is kept beside the captures of its scenario.
    pub(crate) fn keep(&self, id: &str, name: &str) {
        if let Some(directory) = std::env::var_os("SYNRECV_LAB_CAPTURES") {
            let directory = PathBuf::from(directory).join(id);
            fs::create_dir_all(&directory).expect("the directory for captures can be written");
            fs::copy(self.path("bundle"), directory.join(format!("{name}.bundle")))
                .expect("a copy of the bundle");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// The bytes of the bundle.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        fs::read(self.path("bundle")).expect("it was collected")
    }

    /// What the doctor says of it.
    pub(crate) fn diagnose(&self) -> Output {
        self.diagnose_with(&["--format", "json"])
    }

    /// By nobody, in a namespace of nothing.
    fn diagnose_with(&self, args: &[&str]) -> Output {
        let program = program();
        let mut command = program.command(Some(NOBODY));
        // As a file that is read by name it would be its collector's alone.
        let file = File::open(self.path("bundle")).expect("it was collected");
        command.arg("-").args(args).stdin(file);
        nowhere().output(command, Some(NOBODY)).expect("the doctor can be started")
    }

    /// What is wrong with what the doctor writes of it with pseudonyms; `said` is its plain answer.
    pub(crate) fn redacted_wrong(&self, said: &Output) -> Vec<String> {
        let key = self.path("key");
        fs::write(&key, KEY).expect("the directory is ours");
        fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("the file is ours");
        let mut wrong = Vec::new();
        for (extent, strict) in [("--redact", false), ("--redact=strict", true)] {
            let differences = self.redacted(extent, strict, said);
            wrong.extend(differences.into_iter().map(|what| format!("{extent}: {what}")));
        }
        wrong
    }

    fn redacted(&self, extent: &str, strict: bool, said: &Output) -> Vec<String> {
        let files = ["key", "report.txt", "report.md"].map(|name| self.path(name));
        let [key, text, markdown] = files.each_ref().map(|it| it.to_str().expect("a plain name"));
        let json = ["--format", "json"];
        let hidden = self.diagnose_with(
            &[&[extent, "--redact-key", key, "--output", text, "--output", markdown], &json[..]]
                .concat(),
        );
        let (Some(before), Some(after)) = (outcome(said), outcome(&hidden)) else {
            let error = String::from_utf8_lossy(&hidden.stderr);
            return vec![format!("no report ({}): {error}", hidden.status)];
        };
        let mut wrong = differences(before, after);

        let bundle = self.bytes();
        let read = synrecv_bundle::read(&bundle[..]).expect("the doctor has read it");
        let host = read.facts.host.name.0.clone();
        let mode = Mode { strict, ..Mode::default() };
        let (facts, observation, names) =
            redact(read.facts, read.observation, &Key::new(KEY), mode);
        let mut saved = Vec::new();
        synrecv_bundle::write(&facts, &observation, "test", &mut saved).expect("memory takes it");
        let written = [
            ("JSON", String::from_utf8_lossy(&hidden.stdout).into_owned()),
            ("text", fs::read_to_string(text).expect("it was written")),
            ("Markdown", fs::read_to_string(markdown).expect("it was written")),
            ("a bundle", synrecv_tests::leak::unpacked(&saved)),
        ];
        let secrets = Secrets::of(&bundle, &names);
        for (what, written) in written {
            let leaks = secrets.in_text(&written);
            if !leaks.is_empty() {
                wrong.push(format!("{what} shows {leaks:?}"));
            }
            // The hosts of the lab are called by what they are, so that the word alone is no leak.
            let spoken = ["\"host\": \"#\"", "\"name\":\"#\"", "host #", "host `#`"];
            if spoken.iter().any(|spoken| written.contains(&spoken.replace('#', &host))) {
                wrong.push(format!("{what} shows the host's name, {host}"));
            }
        }
        wrong
    }
}

/// An empty namespace.
fn nowhere() -> &'static Namespace {
    static NOWHERE: OnceLock<(Lab, Namespace)> = OnceLock::new();
    let (_, namespace) = NOWHERE.get_or_init(|| {
        let mut lab = Lab::new().expect("a lab");
        let namespace = lab.host("nowhere").expect("a host");
        (lab, namespace)
    });
    namespace
}

fn outcome(output: &Output) -> Option<Outcome> {
    let mut outcome = Outcome::from_report(&output.stdout, output.status.code())?;
    // Connections are in order of address.
    outcome.claims.sort();
    Some(outcome)
}

/// What is another answer.
fn differences(before: Outcome, after: Outcome) -> Vec<String> {
    let told = |outcome: Outcome| {
        let Outcome {
            exit,
            status,
            finding,
            class,
            confidence,
            stuck_count,
            attributed_count,
            findings,
            claims,
        } = outcome;
        [
            ("exit status", format!("{exit:?}")),
            ("status", format!("{status:?}")),
            ("leading finding", format!("{finding:?} {class:?} {confidence:?}")),
            ("connections", format!("{stuck_count} {attributed_count} {claims:?}")),
            ("findings", format!("{findings:?}")),
        ]
    };
    let pairs = told(before).into_iter().zip(told(after));
    pairs
        .filter(|(before, after)| before != after)
        .map(|((what, before), (_, after))| format!("{what}: {before} before, {after} after"))
        .collect()
}
