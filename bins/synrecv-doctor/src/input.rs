//! Files to judge instead of the running host; their kind is found by content.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use synrecv_collect::captures::{self, Damage};
use synrecv_model::{
    Capabilities, Capture, Facts, Flaw, Foreign, Gap, Host, NotChecked, Observation, Reading,
    Reason, Section, SourceKind, Text, text,
};

use crate::cli::FilterArgs;
use crate::observe::Interrupt;
use crate::source::{self, Case};
use crate::terminal::Progress;

/// Octets that tell the kind of a file, compressed or not.
const BEGINNING: u64 = 512;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What `collect` wrote.
    Bundle,
    /// pcap or pcapng.
    Capture,
    /// Neither.
    Unknown,
}

/// An open file.
pub(crate) struct Input<'a> {
    path: &'a Path,
    beginning: Vec<u8>,
    rest: Box<dyn Read>,
    /// Octets, where that is known.
    size: Option<u64>,
}

impl<'a> Input<'a> {
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
        Ok(Self { path, beginning, rest, size })
    }

    /// By its first octets.
    pub(crate) fn kind(&self) -> Kind {
        if captures::is_capture(&self.beginning) {
            Kind::Capture
        } else if synrecv_bundle::is_gzip(&self.beginning) {
            Kind::Bundle
        } else {
            Kind::Unknown
        }
    }

    /// Reads and judges it; of a capture, what `filter` wants.
    pub(crate) fn judge(self, filter: &FilterArgs, quiet: bool) -> Result<Case> {
        let path = self.path;
        let case = match self.kind() {
            Kind::Bundle => source::bundle(Cursor::new(self.beginning).chain(self.rest)),
            Kind::Capture => self.capture(filter, quiet),
            Kind::Unknown => {
                bail!(
                    "`{}` is not a capture (pcap, pcapng), and not a bundle of `synrecv-doctor \
                     collect`",
                    path.display()
                )
            }
        };
        case.with_context(|| cannot_read(path))
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
        })?;
        drop(progress);
        let (mut capture, damage) = (read.capture, read.damage);
        if capture.received_count == 0
            && let Some(damage) = damage
        {
            return Err(damage.into());
        }
        narrow(&mut capture, filter);
        let (facts, mut observation) = observed(capture);
        observation.interrupted = matches!(damage, Some(Damage::Stopped { .. }));
        if let Some(damage) = &damage {
            let gap = Gap::new(Reason::NotInInput, described(damage));
            observation.frames = with_flaw(observation.frames, Flaw::PartMissing(gap));
        }
        let mut diagnosis = synrecv_checks::diagnose(&facts, &observation);
        if let Some(damage) = damage {
            diagnosis.not_checked.push(NotChecked {
                check: "frames",
                reason: Reason::NotInInput,
                detail: described(&damage),
            });
        }
        Ok(Case { facts, observation, diagnosis })
    }
}

/// The section, known not to be whole.
fn with_flaw<T>(section: Section<T>, flaw: Flaw) -> Section<T> {
    match section {
        Section::Collected { data, reading } => {
            Section::Partial { data, flaws: vec![flaw], reading }
        }
        Section::Partial { data, mut flaws, reading } => {
            flaws.push(flaw);
            Section::Partial { data, flaws, reading }
        }
        missing @ Section::Missing(_) => missing,
    }
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

/// Where a file ends too early, for people.
fn described(damage: &Damage) -> Text {
    let rest = "; everything before it was used";
    match damage {
        Damage::Cut { packet } => text!["the file ends in the middle of packet ", *packet, rest],
        Damage::PacketLength { packet, len } => {
            text!["packet ", *packet, " claims to have ", *len, " octets", rest]
        }
        Damage::Block { packet, what } => {
            text!["the file is damaged before packet ", *packet, ": ", *what, rest]
        }
        Damage::Io { packet, source } => {
            text!["packet ", *packet, " could not be read: ", Foreign(source.to_string()), rest]
        }
        Damage::Stopped { packet } => {
            text!["reading was stopped before packet ", *packet, rest]
        }
        other => text![Foreign(other.to_string()), rest],
    }
}

/// A host of which nothing but frames is known.
fn observed(capture: Capture) -> (Facts, Observation) {
    fn unknown<T>() -> Section<T> {
        Section::Missing(Gap::new(Reason::NotInInput, "a capture does not hold it"))
    }
    let host = Host {
        name: Foreign::default(),
        kernel: Foreign::default(),
        netns_inode: None,
        started_at: capture.started_at,
        uid: 0,
        capabilities: Capabilities::default(),
    };
    let facts = Facts {
        source: SourceKind::Capture,
        host,
        sockets: unknown(),
        links: unknown(),
        addresses: unknown(),
        settings: unknown(),
        neighbours: unknown(),
        routes: unknown(),
        nexthops: unknown(),
        rules: unknown(),
        replies: unknown(),
        counters: unknown(),
        namespaces: unknown(),
        filters: unknown(),
        device_filters: unknown(),
        tracked: unknown(),
    };
    let (started, ended) = (capture.started, capture.ended);
    let reading = Reading { source: "capture file".into(), started, ended };
    let observation = Observation {
        started,
        ended,
        sample_count: 1,
        interval_ms: 0,
        interrupted: false,
        seen_count: 0,
        late_completed_count: 0,
        tracks: Vec::new(),
        completed: Vec::new(),
        ended_young: Vec::new(),
        unresolved: Vec::new(),
        mac_changes: Vec::new(),
        rules_moved: unknown(),
        traffic: Vec::new(),
        steps: Vec::new(),
        listeners: Vec::new(),
        counters: unknown(),
        frames: Section::Collected { data: capture, reading },
    };
    (facts, observation)
}
