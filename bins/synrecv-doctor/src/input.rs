//! Files to judge instead of the running host; their kind is found by content.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use synrecv_collect::captures::{self, Damage};
use synrecv_model::{Capture, Facts, Foreign, NotChecked, Reason, text};
use synrecv_report::escape::printable;
use synrecv_ticket::Ticket;

use crate::cli::FilterArgs;
use crate::cmd::UsageError;
use crate::observe::Interrupt;
use crate::pasted;
use crate::redacted::{Changed, Redaction, Told};
use crate::source::{self, Case};
use crate::terminal::{self, Progress};

/// Octets that tell the kind of a file, compressed or not.
const BEGINNING: u64 = 512;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What `collect` wrote.
    Bundle,
    /// pcap or pcapng.
    Capture,
    /// Neither: output of other tools, as far as any is found in it.
    Text,
}

impl Kind {
    /// With its article.
    fn name(self) -> &'static str {
        match self {
            Self::Bundle => "a bundle",
            Self::Capture => "a capture",
            Self::Text => "text",
        }
    }
}

/// An open file.
pub(crate) struct Input<'a> {
    path: &'a Path,
    beginning: Vec<u8>,
    rest: Box<dyn Read>,
    /// Octets, where that is known.
    size: Option<u64>,
    /// Texts that are joined with this one.
    more: Vec<Self>,
}

impl<'a> Input<'a> {
    /// Opens files that are judged as one: several texts are joined, anything else stands alone.
    pub(crate) fn open_all(paths: &'a [PathBuf]) -> Result<Self> {
        let [first, others @ ..] = paths else {
            return Err(UsageError("no SOURCE".to_owned()).into());
        };
        if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
            let words = "`-` is given twice, and standard input can be read once";
            return Err(UsageError(words.to_owned()).into());
        }
        let mut input = Self::open(first)?;
        for path in others {
            input.more.push(Self::open(path)?);
        }
        let all = || std::iter::once(&input).chain(&input.more);
        if others.is_empty() || all().all(|one| one.kind() == Kind::Text) {
            return Ok(input);
        }
        let other = |one: &Self| one.kind() != Kind::Text;
        let (Some(alone), Some(beside)) = (
            all().find(|one| other(one)),
            all().position(other).and_then(|at| all().nth(usize::from(at == 0))),
        ) else {
            return Ok(input);
        };
        let words = format!(
            "`{}` is {} and `{}` is {}: only texts can be judged together; give {} by itself",
            alone.path.display(),
            alone.kind().name(),
            beside.path.display(),
            beside.kind().name(),
            alone.kind().name(),
        );
        Err(UsageError(words).into())
    }

    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &'a Path) -> Result<Self> {
        let mut size = None;
        let mut rest: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(path).with_context(|| cannot_read(path))?;
            size = file.metadata().ok().filter(Metadata::is_file).map(|meta| meta.len());
            Box::new(file)
        };
        let mut beginning = Vec::new();
        rest.by_ref()
            .take(BEGINNING)
            .read_to_end(&mut beginning)
            .with_context(|| cannot_read(path))?;
        Ok(Self { path, beginning, rest, size, more: Vec::new() })
    }

    /// By its first octets.
    pub(crate) fn kind(&self) -> Kind {
        if captures::is_capture(&self.beginning) {
            Kind::Capture
        } else if synrecv_bundle::is_gzip(&self.beginning) {
            Kind::Bundle
        } else {
            Kind::Text
        }
    }

    /// Reads and judges it; of a capture, what `filter` wants.
    pub(crate) fn judge(self, filter: &FilterArgs, quiet: bool) -> Result<Case> {
        self.told(filter, quiet, None).map(|told| told.case)
    }

    /// The same with pseudonyms, where these are wanted.
    pub(crate) fn told(
        self,
        filter: &FilterArgs,
        quiet: bool,
        redaction: Option<&Redaction>,
    ) -> Result<Told> {
        let path = self.path;
        let tell = |case| Ok(Told::new(case, redaction)?);
        let told = match self.kind() {
            Kind::Bundle => {
                source::bundle(Cursor::new(self.beginning).chain(self.rest)).and_then(tell)
            }
            Kind::Capture => self.capture(filter, quiet).and_then(tell),
            Kind::Text => {
                let names = self.names();
                self.ticket().and_then(|ticket| pasted::judge(&ticket, &names, redaction))
            }
        };
        told.map_err(
            |error| {
                if error.is::<Changed>() { error } else { error.context(cannot_read(path)) }
            },
        )
    }

    /// Takes texts apart.
    pub(crate) fn ticket(self) -> Result<Ticket> {
        let path = self.path;
        let Self { beginning, rest, more, .. } = self;
        let first = Cursor::new(beginning).chain(rest);
        let more = more.into_iter().map(|text| Cursor::new(text.beginning).chain(text.rest));
        pasted::read(std::iter::once(first).chain(more)).with_context(|| cannot_read(path))
    }

    /// What the files are called in reports.
    pub(crate) fn names(&self) -> Vec<Foreign> {
        std::iter::once(self).chain(&self.more).map(|text| name(text.path)).collect()
    }

    /// The case for a table: of a text with several hosts, the first host that has what is wanted.
    pub(crate) fn table(self, wanted: impl Fn(&Facts) -> bool) -> Result<Case> {
        if self.kind() != Kind::Text {
            return self.judge(&FilterArgs { peer: None, port: None }, true);
        }
        let (path, names) = (self.path, self.names());
        let read = self.ticket().and_then(|ticket| pasted::with(&ticket, &names, wanted));
        let (case, other_count) = read.with_context(|| cannot_read(path))?;
        if other_count > 0 {
            let name = printable(&case.facts.host.name.0).into_owned();
            terminal::complain(&format!(
                "the text shows {} hosts; this is of the first that has such a table: {name}",
                other_count + 1
            ));
        }
        Ok(case)
    }

    fn capture(self, filter: &FilterArgs, quiet: bool) -> Result<Case> {
        let interrupt = Interrupt::listen();
        let mut progress = Progress::new(quiet);
        let of = self.size.map_or_else(String::new, |size| format!(" of {}", size >> 20));
        let bytes = Cursor::new(self.beginning).chain(self.rest);
        let read = captures::read(bytes, |far| {
            progress.show(&format!(
                "reading {}{of} MiB   packets {}  SYN {}  SYN-ACK {}   Ctrl-C: stop, report now",
                far.input_bytes >> 20,
                far.found.frame_count,
                far.found.syn_count,
                far.found.synack_count,
            ));
            if interrupt.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        drop(progress);
        let mut file = read?;
        if file.capture.received_count == 0
            && let Some(damage) = file.damage
        {
            return Err(damage.into());
        }
        narrow(&mut file.capture, filter);
        let damage = file.damage.as_ref().map(Damage::text);
        let interrupted = matches!(file.damage, Some(Damage::Stopped { .. }));
        let (facts, mut observation) = captures::observed(file, name(self.path));
        observation.interrupted = interrupted;
        let mut diagnosis = synrecv_checks::diagnose(&facts, &observation);
        if let Some(damage) = damage {
            diagnosis.not_checked.push(NotChecked {
                check: "frames",
                reason: Reason::NotInInput,
                detail: text![damage, "; everything before it was used"],
            });
        }
        Ok(Case { facts, observation, diagnosis })
    }
}

/// What a file is called in reports.
fn name(path: &Path) -> Foreign {
    let name = path.file_name().filter(|name| *name != "-");
    Foreign(name.map_or("standard input".into(), |name| name.to_string_lossy().into_owned()))
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}

/// Leaves the handshakes of the peers and the port that are wanted.
fn narrow(capture: &mut Capture, filter: &FilterArgs) {
    let FilterArgs { peer, port } = *filter;
    if let Some(port) = port {
        capture.services.retain(|service| service.local.port == port);
    }
    capture.handshakes.retain(|handshake| {
        port.is_none_or(|port| handshake.flow.local.port == port)
            && peer.is_none_or(|peer| peer.contains(&handshake.flow.peer.ip))
    });
}
