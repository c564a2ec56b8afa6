//! `completions`: a script that completes the command line in a shell.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::{documents, output};

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    /// Where the script is below `docs/`, under the name that the shell looks for.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Bash => "completions/synrecv-doctor.bash",
            Self::Elvish => "completions/synrecv-doctor.elv",
            Self::Fish => "completions/synrecv-doctor.fish",
            Self::Powershell => "completions/_synrecv-doctor.ps1",
            Self::Zsh => "completions/_synrecv-doctor",
        }
    }
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<ExitCode> {
    let script = documents::page(args.shell.path())?.context("find the script of the shell")?;
    output::stdout(&script)?;
    Ok(ExitCode::SUCCESS)
}
