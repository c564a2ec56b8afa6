//! `--redact`: the same case with pseudonyms, if it is diagnosed as before.

mod key;
mod same;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use synrecv_bundle::redact::{Key, Mode, Pseudonyms, redact};
use synrecv_model::{Diagnosis, NotChecked, PieceView};

use crate::source::Case;

/// Whether names and addresses are shown.
#[derive(Clone, Debug, Args)]
pub(crate) struct RedactArgs {
    /// Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of
    /// processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows
    /// some of the addresses can still tell prefixes of others
    #[arg(
        long,
        value_enum,
        value_name = "strict",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "usual"
    )]
    redact: Option<Extent>,
    /// File with the key of pseudonyms, made where there is none; what was written with one key has the
    /// same pseudonyms. none = a key that is not kept [default:
    /// $XDG_STATE_HOME/synrecv-doctor/redact.key]
    #[arg(long, value_name = "FILE|none", requires = "redact")]
    redact_key: Option<PathBuf>,
    /// Leave the vendor's number in link-layer addresses
    #[arg(long, requires = "redact")]
    keep_oui: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Extent {
    #[value(hide = true)]
    Usual,
    /// Also names of processes, devices and chains
    Strict,
}

/// The diagnosis does not survive redaction.
#[derive(Debug, thiserror::Error)]
#[error("redaction would change the diagnosis ({0}), so nothing is written; please report it")]
pub(crate) struct Changed(&'static str);

/// Redaction that is wanted, with its key.
#[derive(Debug)]
pub(crate) struct Redaction {
    key: Key,
    mode: Mode,
    place: Option<PathBuf>,
}

/// A case as it is written: with pseudonyms, when these are wanted.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) case: Case,
    names: Option<Pseudonyms>,
}

impl RedactArgs {
    /// `None` when nothing is to be redacted. Asked before anything is looked at: without a key, what
    /// was watched for would be lost.
    pub(crate) fn wanted(&self) -> Result<Option<Redaction>> {
        let Some(extent) = self.redact else { return Ok(None) };
        let place = match &self.redact_key {
            Some(word) if word.as_os_str() == "none" => None,
            Some(file) => Some(file.clone()),
            None => Some(key::default_place()?),
        };
        let key = match &place {
            Some(place) => key::read_or_make(place)?,
            None => key::random()?,
        };
        let mode = Mode { strict: extent == Extent::Strict, keep_vendor: self.keep_oui };
        Ok(Some(Redaction { key, mode, place }))
    }
}

impl Redaction {
    /// Replaces names and addresses, and compares what follows from the facts before and after.
    fn of(&self, case: Case) -> Result<Told, Changed> {
        let Case { facts, observation, diagnosis: before } = case;
        let (facts, observation, names) = redact(facts, observation, &self.key, self.mode);
        let mut diagnosis = synrecv_checks::diagnose(&facts, &observation);
        if let Some(what) = same::difference(&before, &diagnosis, &names) {
            return Err(Changed(what));
        }
        add_from_input(&before, &mut diagnosis, &names);
        Ok(Told { case: Case { facts, observation, diagnosis }, names: Some(names) })
    }

    /// What to tell the user about it.
    pub(crate) fn note(&self) -> String {
        let key = match &self.place {
            Some(place) => format!("by the key `{}`", place.display()),
            None => "by a key that was not kept".to_owned(),
        };
        let rest =
            if self.mode.strict { "" } else { "; names of processes and devices as they are" };
        format!("pseudonyms {key}{rest}")
    }
}

impl Told {
    /// `Err` when the diagnosis would be another one.
    pub(crate) fn new(case: Case, redaction: Option<&Redaction>) -> Result<Self, Changed> {
        match redaction {
            Some(redaction) => redaction.of(case),
            None => Ok(Self { case, names: None }),
        }
    }

    /// A prefix that the user named.
    pub(crate) fn net(&self, net: IpNet) -> IpNet {
        self.names.as_ref().map_or(net, |names| names.net(net))
    }

    /// An output that was found in a ticket.
    pub(crate) fn piece(&self, mut piece: PieceView) -> PieceView {
        if let Some(names) = &self.names {
            let PieceView { host_name, notes, .. } = &mut piece;
            *host_name = host_name.as_ref().map(|name| names.host(name));
            for note in notes {
                *note = names.text(note);
            }
        }
        piece
    }
}

/// What the input itself had to say: it is behind what the checks say, which is the same.
fn add_from_input(before: &Diagnosis, after: &mut Diagnosis, names: &Pseudonyms) {
    let more = before.not_checked.get(after.not_checked.len()..).unwrap_or_default();
    after.not_checked.extend(more.iter().map(|entry| {
        let NotChecked { check, reason, detail } = entry;
        NotChecked { check, reason: reason.clone(), detail: names.text(detail) }
    }));
}
