//! What was read, and what could not be read, as different values.

use std::borrow::Cow;

use crate::{Mono, Text};

/// One part of the facts: its data, or the reason there is none.
///
/// "The table was empty" and "the table could not be read" are different answers; a check must not
/// be able to mistake one for the other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Saved<T>"))]
pub enum Section<T> {
    /// Read in full. Absence in `data` is evidence.
    Collected {
        /// The rows.
        data: T,
        /// From where and when.
        reading: Reading,
    },
    /// Read, but some rows are missing or were not understood. Absence proves nothing.
    Partial {
        /// The rows that were understood.
        data: T,
        /// What is wrong with them. Never empty.
        flaws: Vec<Flaw>,
        /// From where and when.
        reading: Reading,
    },
    /// Not read.
    Missing(Gap),
}

/// A section as it is saved. Both ways to have data are one type here, so that the decoder of each
/// kind of data is compiled once.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
enum Saved<T> {
    Collected(SavedData<T>),
    Partial(SavedData<T>),
    Missing(Gap),
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedData<T> {
    data: T,
    #[serde(default)]
    flaws: Vec<Flaw>,
    reading: Reading,
}

#[cfg(feature = "serde")]
impl<T> From<Saved<T>> for Section<T> {
    fn from(saved: Saved<T>) -> Self {
        match saved {
            Saved::Collected(SavedData { data, reading, .. }) => Self::Collected { data, reading },
            Saved::Partial(SavedData { data, flaws, reading }) => {
                Self::Partial { data, flaws, reading }
            }
            Saved::Missing(gap) => Self::Missing(gap),
        }
    }
}

impl<T> Section<T> {
    /// `Collected` without flaws, else `Partial`.
    pub fn from_reading(data: T, flaws: Vec<Flaw>, reading: Reading) -> Self {
        if flaws.is_empty() {
            Self::Collected { data, reading }
        } else {
            Self::Partial { data, flaws, reading }
        }
    }

    /// The data, whole or partial.
    pub fn data(&self) -> Option<&T> {
        match self {
            Self::Collected { data, .. } | Self::Partial { data, .. } => Some(data),
            Self::Missing(_) => None,
        }
    }

    /// The data, whole or partial, for a source that refines it before it becomes a fact.
    pub fn data_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Collected { data, .. } | Self::Partial { data, .. } => Some(data),
            Self::Missing(_) => None,
        }
    }

    /// The data only if it was read in full, so that absence in it is evidence.
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Collected { data, .. } => Some(data),
            Self::Partial { .. } | Self::Missing(_) => None,
        }
    }

    /// Why there is no data.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Missing(gap) => Some(gap),
            Self::Collected { .. } | Self::Partial { .. } => None,
        }
    }

    /// What is wrong with a partial section; empty otherwise.
    pub fn flaws(&self) -> &[Flaw] {
        match self {
            Self::Partial { flaws, .. } => flaws,
            Self::Collected { .. } | Self::Missing(_) => &[],
        }
    }

    /// From where and when the data was read.
    pub fn reading(&self) -> Option<&Reading> {
        match self {
            Self::Collected { reading, .. } | Self::Partial { reading, .. } => Some(reading),
            Self::Missing(_) => None,
        }
    }

    /// The same section with other data; gaps, flaws and times stay.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Section<U> {
        match self {
            Self::Collected { data, reading } => Section::Collected { data: change(data), reading },
            Self::Partial { data, flaws, reading } => {
                Section::Partial { data: change(data), flaws, reading }
            }
            Self::Missing(gap) => Section::Missing(gap),
        }
    }
}

/// Where a section came from and when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reading {
    /// The source, for people: `sock_diag`, `rtnetlink`, `/proc/net/netstat`.
    pub source: Cow<'static, str>,
    /// Before the first byte was asked for.
    pub started: Mono,
    /// After the last byte was read.
    pub ended: Mono,
}

/// Why a section holds less than the kernel has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Flaw {
    /// The kernel set NLM_F_DUMP_INTR: the table changed during the dump.
    Interrupted,
    /// Our own consistency check saw the table change during the dump.
    ChangedWhileRead,
    /// The socket buffer overflowed (ENOBUFS); messages were lost.
    Lost,
    /// This many rows could not be decoded.
    Undecodable {
        /// How many.
        count: u64,
        /// The first one, described.
        first: Text,
    },
    /// One of several sources of the section could not be read.
    PartMissing(Gap),
}

/// A part that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Gap {
    /// The reason, out of the fixed set.
    pub reason: Reason,
    /// What exactly failed, for people.
    pub detail: Text,
}

impl Gap {
    /// A gap with its explanation.
    pub fn new(reason: Reason, detail: impl Into<Text>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// Why something was not read or not checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Reason {
    /// Needs root or a capability.
    NeedsRoot,
    /// Needs packets to be sent (`--probe`).
    NeedsProbe,
    /// Would load this kernel module.
    NeedsModule(Cow<'static, str>),
    /// Only another machine can tell.
    NotOnThisHost,
    /// This kernel does not offer it.
    KernelTooOld,
    /// The given input does not contain it.
    NotInInput,
    /// Took too long, or vanished while being read.
    TimedOut,
    /// Makes no sense here (another address family, nothing to look at).
    NotApplicable,
}

impl Reason {
    /// The word used in reports and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NeedsRoot => "needs-root",
            Self::NeedsProbe => "needs-probe",
            Self::NeedsModule(_) => "needs-module",
            Self::NotOnThisHost => "not-on-this-host",
            Self::KernelTooOld => "kernel-too-old",
            Self::NotInInput => "not-in-input",
            Self::TimedOut => "timed-out",
            Self::NotApplicable => "not-applicable",
        }
    }
}
