//! Running cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::output;

/// The root directory of the workspace.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).expect("the package lies two directories below the root")
}

/// Where administrators' programs are; not every root shell has them on its `PATH`.
const SBIN: [&str; 2] = ["/usr/sbin", "/sbin"];

/// `PATH` with the directories of administrators' programs.
pub(crate) fn search_path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&path).chain(SBIN.iter().map(PathBuf::from));
    std::env::join_paths(all).unwrap_or(path)
}

/// A cargo command in the root of the workspace.
pub(crate) fn cargo<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(args).env("PATH", search_path());
    // What cargo tells the program that it runs is not meant for the next cargo.
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_PKG_NAME");
    command
}

/// Runs a command with our own streams, after saying which.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let shown = shown(&command);
    output::heading(&shown);
    let status = command.status().with_context(|| format!("run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs a `cargo build` command and gives the path of the executable `name` that it made.
pub(crate) fn built(mut command: Command, name: &str) -> Result<PathBuf> {
    let shown = shown(&command);
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("run `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .with_context(|| format!("`{shown}` made no executable `{name}`"))
}
