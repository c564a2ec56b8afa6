//! `diagnose`: the main job.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use synrecv_collect::{ModulePolicy, Options, Session, Target, netns};
use synrecv_model::{Diagnosis, Severity, Status};
use synrecv_report::{Paint, Report, Style, json, markdown, text};

use super::UsageError;
use crate::cli::{DiagnoseArgs, FailOn, Format, PlaceArgs, nearest_subcommand};
use crate::observe::{Interrupt, watch};
use crate::output;
use crate::terminal::Progress;

/// Stuck, and no cause could be established.
const UNEXPLAINED: u8 = 3;

/// Columns of text written to a file.
const FILE_WIDTH: usize = 100;

pub(crate) fn run(args: &DiagnoseArgs) -> Result<ExitCode> {
    refuse_sources(args)?;
    let formats = args.outputs.iter().map(|path| Ok((path.as_path(), format_of(path)?)));
    let files: Vec<(&Path, Format)> = formats.collect::<Result<_, UsageError>>()?;
    let interrupt = Interrupt::listen();
    let target = args.place.netns.as_deref().map(Target::parse);
    let options = Options {
        peer: args.filter.peer,
        port: args.filter.port,
        modules: module_policy(&args.place),
    };
    netns::run(target.as_ref(), |place| {
        let mut progress = Progress::new(args.common.quiet);
        let mut session = Session::survey(place, options);
        let watched = watch(&mut session, args.observe, &interrupt, &mut progress)
            .context("start watching")?;
        drop(progress);
        let report = Report {
            diagnosis: &watched.diagnosis,
            facts: session.facts(),
            observation: &watched.observation,
        };
        write(args, &files, &report)?;
        Ok(status(args.fail_on, &watched.diagnosis))
    })?
}

pub(crate) fn module_policy(place: &PlaceArgs) -> ModulePolicy {
    if place.load_modules { ModulePolicy::MayLoad } else { ModulePolicy::LoadNothing }
}

/// Sources other than this host come with later versions; a mistyped subcommand lands here too.
fn refuse_sources(args: &DiagnoseArgs) -> Result<(), UsageError> {
    let Some(source) = args.sources.first() else { return Ok(()) };
    let shown = source.display();
    if source.as_os_str() == "-" || source.exists() {
        return Err(UsageError(format!(
            "cannot read `{shown}`: this version diagnoses the running host only"
        )));
    }
    let hint = nearest_subcommand(&source.to_string_lossy())
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    Err(UsageError(format!("`{shown}` is neither a subcommand nor a file{hint}")))
}

fn format_of(path: &Path) -> Result<Format, UsageError> {
    match path.extension().and_then(|suffix| suffix.to_str()) {
        Some("txt") => Ok(Format::Text),
        Some("md") => Ok(Format::Markdown),
        Some("json") => Ok(Format::Json),
        _ => Err(UsageError(format!(
            "`--output {}`: the suffix must be .txt, .md or .json",
            path.display()
        ))),
    }
}

fn write(args: &DiagnoseArgs, files: &[(&Path, Format)], report: &Report<'_>) -> Result<()> {
    for (path, format) in files {
        let style = Style { width: FILE_WIDTH, paint: Paint::default(), ..args.common.style() };
        output::file(path, &render(*format, report, style))?;
    }
    output::stdout(&render(args.format, report, args.common.style()))?;
    Ok(())
}

fn render(format: Format, report: &Report<'_>, style: Style) -> String {
    match format {
        Format::Text => text::render(report, style),
        Format::Markdown => markdown::render(report),
        Format::Json => json::render(report),
    }
}

fn status(fail_on: FailOn, diagnosis: &Diagnosis) -> ExitCode {
    let least = match fail_on {
        FailOn::Never => return ExitCode::SUCCESS,
        FailOn::Problem => Severity::Problem,
        FailOn::Warning => Severity::Warning,
    };
    if diagnosis.findings.iter().any(|finding| finding.severity >= least) {
        ExitCode::from(1)
    } else if diagnosis.verdict.status == Status::Unexplained {
        ExitCode::from(UNEXPLAINED)
    } else {
        ExitCode::SUCCESS
    }
}
