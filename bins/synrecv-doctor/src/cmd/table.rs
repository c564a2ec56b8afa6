//! What the table subcommands have in common.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use synrecv_collect::{Place, Target, netns};
use synrecv_model::Section;
use synrecv_report::Style;

use super::UNREADABLE;
use crate::cli::{TableArgs, TableFormat};
use crate::output;

/// Runs `work` in the network namespace that is meant.
pub(super) fn inside(
    args: &TableArgs,
    work: impl FnOnce(Place) -> Result<ExitCode> + Send,
) -> Result<ExitCode> {
    let target = args.place.netns.as_deref().map(Target::parse);
    netns::run(target.as_ref(), work)?
}

/// Asks netlink where that is possible.
pub(super) fn ask<T>(place: &Place, read: impl FnOnce() -> Section<T>) -> Section<T> {
    place.gap().map_or_else(read, |gap| Section::Missing(gap.clone()))
}

/// Writes the table in the format that is wanted; status 4 when `main` could not be read at all.
pub(super) fn write<T>(
    args: &TableArgs,
    main: &Section<T>,
    json: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    text: impl FnOnce(Style, &mut dyn Write) -> io::Result<()>,
) -> Result<ExitCode> {
    output::stdout_with(|out| match args.format {
        TableFormat::Json => json(out),
        TableFormat::Text => text(args.style(), out),
    })?;
    let unreadable = main.data().is_none();
    Ok(if unreadable { ExitCode::from(UNREADABLE) } else { ExitCode::SUCCESS })
}
