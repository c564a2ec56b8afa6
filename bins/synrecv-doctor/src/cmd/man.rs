//! `man`: the manual pages in roff.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::UsageError;
use crate::cli::Cli;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page of this subcommand; without it, the main page
    #[arg(value_name = "SUBCOMMAND")]
    path: Vec<String>,
}

pub(crate) fn run(args: &ManArgs) -> Result<ExitCode> {
    let page = page(&args.path)?.render().context("render the manual page")?;
    output::stdout_with(|out| out.write_all(&page))?;
    Ok(ExitCode::SUCCESS)
}

/// A command with its full name, ready to be rendered.
struct Page(clap::Command);

impl Page {
    fn render(self) -> std::io::Result<Vec<u8>> {
        let mut roff = Vec::new();
        Man::new(self.0).render(&mut roff)?;
        Ok(roff)
    }
}

fn page(path: &[String]) -> Result<Page, UsageError> {
    let mut root = Cli::command();
    // Gives subcommands their full names (`synrecv-doctor-explain`).
    root.build();
    let mut command = &root;
    for name in path {
        command = command
            .find_subcommand(name)
            .ok_or_else(|| UsageError(format!("`{name}` is not a subcommand")))?;
    }
    Ok(Page(command.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(path: &[&str]) -> String {
        let path: Vec<String> = path.iter().map(|&name| name.to_owned()).collect();
        String::from_utf8(page(&path).unwrap().render().unwrap()).unwrap()
    }

    #[test]
    fn the_main_page_names_the_subcommands() {
        let main = rendered(&[]);
        assert!(main.contains(".TH synrecv\\-doctor 1") || main.contains(".TH synrecv-doctor 1"));
        assert!(main.contains("explain") && main.contains("\\-\\-fail\\-on"));
    }

    #[test]
    fn a_subcommand_has_a_page_of_its_own() {
        assert!(rendered(&["explain"]).replace('\\', "").contains(".TH synrecv-doctor-explain 1"));
        assert!(page(&["nothing".to_owned()]).is_err());
    }
}
