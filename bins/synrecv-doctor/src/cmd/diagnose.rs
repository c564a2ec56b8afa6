//! `diagnose`: the main job.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use super::UsageError;
use crate::cli::{Capture, DiagnoseArgs, LiveArgs, Observe, nearest_subcommand};
use crate::deliver::Delivery;
use crate::input::{Input, Kind};
use crate::redacted::Told;
use crate::{output, pasted, source, terminal};

pub(crate) fn run(args: &DiagnoseArgs) -> Result<ExitCode> {
    let files = files(args)?;
    let delivery = Delivery::new(&args.report)?;
    let redaction = args.redact.wanted()?;
    let quiet = args.report.common.quiet;
    let told = match files {
        [] if args.explain_parse => {
            return Err(UsageError("`--explain-parse` needs a SOURCE".to_owned()).into());
        }
        [] => {
            // Names are made up in the order of all facts.
            let judged_only = redaction.is_none();
            let case = source::live(&args.live, args.probe, judged_only, quiet)?;
            Told::new(case, redaction.as_ref())?
        }
        [path, ..] if args.probe => {
            let words = format!(
                "`--probe` asks the network that this host is on, and `{}` is a file; run it on the host",
                path.display()
            );
            return Err(UsageError(words).into());
        }
        [path, ..] => {
            let input = Input::open_all(files)?;
            if let Some(option) = unfit_option(&args.live, input.kind()) {
                let shown = path.display();
                let words = format!("`{option}` does not apply to a file of this kind: `{shown}`");
                return Err(UsageError(words).into());
            }
            if args.explain_parse {
                if redaction.is_some() {
                    let words = "`--explain-parse` shows the text as it is, without `--redact`";
                    return Err(UsageError(words.to_owned()).into());
                }
                if input.kind() != Kind::Text {
                    let words =
                        format!("`--explain-parse` is for text; `{}` is none", path.display());
                    return Err(UsageError(words).into());
                }
                let names = input.names();
                output::stdout(&pasted::explain(&input.ticket()?, &names))?;
                return Ok(ExitCode::SUCCESS);
            }
            input.told(&args.live.filter, quiet, redaction.as_ref())?
        }
    };
    if let Some(redaction) = redaction.filter(|_| args.report.common.verbose > 0) {
        terminal::complain(&redaction.note());
    }
    let peer = args.live.filter.peer.map(|peer| told.net(peer));
    delivery.about(peer).deliver(&told.case)
}

/// The files to read instead of this host; a mistyped subcommand lands here too.
fn files(args: &DiagnoseArgs) -> Result<&[PathBuf], UsageError> {
    let is_missing = |path: &&PathBuf| path.as_os_str() != "-" && !path.exists();
    let Some(path) = args.sources.iter().find(is_missing) else { return Ok(&args.sources) };
    let shown = path.display();
    let hint = nearest_subcommand(&path.to_string_lossy())
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    Err(UsageError(format!("`{shown}` is neither a subcommand nor a file{hint}")))
}

/// The first option given that only a running host can follow; captures know peers and ports.
fn unfit_option(args: &LiveArgs, kind: Kind) -> Option<&'static str> {
    let filtered = kind != Kind::Capture;
    let given = [
        (args.observe != Observe::Auto, "--observe"),
        (args.capture != Capture::Auto, "--capture"),
        (args.place.netns.is_some(), "--netns"),
        (args.place.load_modules, "--load-modules"),
        (filtered && args.filter.peer.is_some(), "--peer"),
        (filtered && args.filter.port.is_some(), "--port"),
    ];
    given.into_iter().find_map(|(given, option)| given.then_some(option))
}
