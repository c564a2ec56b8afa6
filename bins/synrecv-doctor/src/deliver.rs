//! What becomes of a case: the report on standard output and in files, and the exit status.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use ipnet::IpNet;
use synrecv_model::{Diagnosis, Severity, Status};
use synrecv_report::{Paint, Report, Style, json, markdown, text};

use crate::cli::{FailOn, Format, ReportArgs};
use crate::cmd::UsageError;
use crate::output;
use crate::source::Case;

/// Stuck, and no cause could be established.
const UNEXPLAINED: u8 = 3;

/// Columns of text written to a file.
const FILE_WIDTH: usize = 100;

/// Reports that are wanted, checked before anything is looked at.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    args: &'a ReportArgs,
    files: Vec<(&'a Path, Format)>,
    peer: Option<IpNet>,
}

impl<'a> Delivery<'a> {
    /// `Err` when a file has a suffix that stands for no format.
    pub(crate) fn new(args: &'a ReportArgs) -> Result<Self, UsageError> {
        let formats = args.outputs.iter().map(|path| Ok((path.as_path(), format_of(path)?)));
        Ok(Self { args, files: formats.collect::<Result<_, UsageError>>()?, peer: None })
    }

    /// The same about these peers: the frames of one of them are shown.
    pub(crate) fn about(self, peer: Option<IpNet>) -> Self {
        Self { peer, ..self }
    }

    /// Writes all reports; the exit status is the one of the case.
    pub(crate) fn deliver(&self, case: &Case) -> Result<ExitCode> {
        let Case { facts, observation, diagnosis } = case;
        let report = Report { diagnosis, facts, observation, peer: self.peer };
        let style = self.args.common.style();
        let in_file = Style { width: FILE_WIDTH, paint: Paint::default(), ..style };
        let mut failed = Vec::new();
        for (path, format) in &self.files {
            let written = output::file(path, render(*format, &report, in_file).as_bytes());
            failed.extend(written.err());
        }
        // What was watched for is not lost because a disk is full.
        output::stdout(&render(self.args.format, &report, style))?;
        match failed.into_iter().next() {
            Some(error) => Err(error.into()),
            None => Ok(status(self.args.fail_on, diagnosis)),
        }
    }
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
