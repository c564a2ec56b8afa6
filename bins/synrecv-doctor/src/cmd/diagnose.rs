//! `diagnose`: the main job.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::UsageError;
use crate::cli::{Capture, DiagnoseArgs, LiveArgs, Observe, nearest_subcommand};
use crate::deliver::Delivery;
use crate::source;

pub(crate) fn run(args: &DiagnoseArgs) -> Result<ExitCode> {
    let recording = recording(args)?;
    let delivery = Delivery::new(&args.report)?.about(args.live.filter.peer);
    let case = match recording {
        None => source::live(&args.live, args.report.common.quiet)?,
        Some(path) => source::file(path)?,
    };
    delivery.deliver(&case)
}

/// The file to read instead of this host; a mistyped subcommand lands here too.
fn recording(args: &DiagnoseArgs) -> Result<Option<&Path>, UsageError> {
    let path = match &args.sources[..] {
        [] => return Ok(None),
        [path] => path,
        [_, second, ..] => {
            let shown = second.display();
            return Err(UsageError(format!("`{shown}`: this version reads one SOURCE at a time")));
        }
    };
    let shown = path.display();
    if path.as_os_str() != "-" && !path.exists() {
        let hint = nearest_subcommand(&path.to_string_lossy())
            .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        return Err(UsageError(format!("`{shown}` is neither a subcommand nor a file{hint}")));
    }
    match live_option(&args.live) {
        Some(option) => {
            Err(UsageError(format!("`{option}` is for the running host, and `{shown}` is a file")))
        }
        None => Ok(Some(path)),
    }
}

/// The first option given that only a running host can follow.
fn live_option(args: &LiveArgs) -> Option<&'static str> {
    let given = [
        (args.observe != Observe::Auto, "--observe"),
        (args.capture != Capture::Auto, "--capture"),
        (args.place.netns.is_some(), "--netns"),
        (args.place.load_modules, "--load-modules"),
        (args.filter.peer.is_some(), "--peer"),
        (args.filter.port.is_some(), "--port"),
    ];
    given.into_iter().find_map(|(given, option)| given.then_some(option))
}
