//! Pseudonyms for what a host must not show, so that the diagnosis stays what it is.
//!
//! Addresses keep their prefixes: two hosts on one wire still are, a netmask that is too wide still
//! is, a range of private addresses is replaced by private ones. Link-layer addresses, also those inside
//! of IPv6 addresses, have one pseudonym wherever they stand. Sequence numbers and timestamps of TCP
//! count from the beginning of their connection.
//!
//! This is pseudonymisation and no more: who knows some of the addresses can tell prefixes of others.

mod address;
mod edges;
mod key;
mod known;
mod mac;
mod names;
mod prose;
mod pseudonyms;
mod rule_text;
mod space;
mod walk;

pub use key::Key;
pub use pseudonyms::Pseudonyms;

use synrecv_model::{Facts, Observation};

use known::Known;
use walk::Redact as _;

/// How much is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Also names of processes, devices, chains, sets and programs.
    pub strict: bool,
    /// Link-layer addresses still begin with the number of their vendor (OUI).
    pub keep_vendor: bool,
}

/// Replaces everything that shows which host this is, of whom, and who its clients are. Gives the
/// pseudonyms, too.
pub fn redact(
    mut facts: Facts,
    mut observation: Observation,
    key: &Key,
    mode: Mode,
) -> (Facts, Observation, Pseudonyms) {
    let names = Pseudonyms::new(key, mode, Known::of(&facts, &observation));
    facts.redact(&names);
    observation.redact(&names);
    (facts, observation, names)
}
