//! `cargo xtask ci`: every step runs, so that one failure does not hide another.

use std::process::Stdio;

use anyhow::{Result, bail};

use crate::cargo::{self, cargo};
use crate::{codegen, output, test};

fn run_step(name: &'static str, step: impl FnOnce() -> Result<()>) -> Option<String> {
    let error = step().err()?;
    let failure = format!("{name}: {error:#}");
    output::say(&failure);
    Some(failure)
}

fn run_all() -> Vec<String> {
    let format = || cargo::run(cargo(["fmt", "--all", "--check"]));
    let lints = || {
        let all = ["clippy", "--workspace", "--all-targets", "--all-features"];
        let mut clippy = cargo(all);
        clippy.args(["--", "-D", "warnings"]);
        cargo::run(clippy)
    };
    let documents = || {
        let mut doc = cargo(["doc", "--workspace", "--no-deps"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        cargo::run(doc)
    };
    let mut failures = Vec::new();
    // A machine with nothing but cargo can still run the tests; what it cannot run is said.
    for (name, tool) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if !has(tool) {
            output::say(&format!("not run: cargo {tool} (get it: rustup component add {name})"));
        }
    }
    if has("fmt") {
        failures.extend(run_step("format", format));
    }
    if has("clippy") {
        failures.extend(run_step("lints", lints));
    }
    failures.extend(run_step("documents", documents));
    failures.extend(run_step("generated pages", || codegen::run(true)));
    // The last step: a reader of the output finds the results of the tests at its end.
    failures.extend(run_step("tests", || test::run(false)));
    failures
}

/// Whether cargo has this command.
fn has(tool: &str) -> bool {
    let mut version = cargo([tool, "--version"]);
    version.stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

pub(crate) fn run() -> Result<()> {
    let failures = run_all();
    if failures.is_empty() {
        return Ok(());
    }
    bail!("{} of the steps failed:\n  {}", failures.len(), failures.join("\n  "))
}
