//! `man`: the manual pages in roff.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::UsageError;
use crate::{documents, output};

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page of this subcommand; without it, the main page
    #[arg(value_name = "SUBCOMMAND")]
    path: Vec<String>,
}

pub(crate) fn run(args: &ManArgs) -> Result<ExitCode> {
    output::stdout(&page(&args.path)?)?;
    Ok(ExitCode::SUCCESS)
}

fn page(words: &[String]) -> Result<String> {
    let no_such = || UsageError(format!("`{}` is not a subcommand", words.join(" ")));
    Ok(documents::page(&documents::man_path(words))?.ok_or_else(no_such)?)
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn the_main_page_names_the_subcommands() {
        let main = page(&[]).unwrap();
        assert!(main.contains(".TH synrecv\\-doctor 1") || main.contains(".TH synrecv-doctor 1"));
        assert!(main.contains("explain") && main.contains("\\-\\-fail\\-on"));
    }

    #[test]
    fn a_subcommand_has_a_page_of_its_own() {
        let explain = page(&["explain".to_owned()]).unwrap();
        assert!(explain.replace('\\', "").contains(".TH synrecv-doctor-explain 1"));
        assert!(page(&["nothing".to_owned()]).is_err());
    }
}
