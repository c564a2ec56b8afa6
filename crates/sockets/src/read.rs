//! Sockets of the running kernel.
//!
//! `sock_diag` first, `/proc/net/tcp{,6}` at once after it, so that the two rows of a request are read
//! close together. Where their timers disagree, one targeted second look is taken.

mod diag;
mod options;
mod owners;
mod proc_net;
mod sampler;

use std::path::Path;

use synrecv_model::{Gap, Section, Sockets};

use crate::StateSet;

pub(crate) use proc_net::{End, ProcFile};
pub use sampler::Sampler;

/// Which of the two sources to ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Both; /proc alone where `sock_diag` cannot be asked.
    #[default]
    Both,
    /// `sock_diag` alone; without it there is nothing.
    Diag,
    /// `/proc/net/tcp{,6}` alone.
    Proc,
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketQuery {
    /// Which sources.
    pub source: Wanted,
    /// Which states. LISTEN alone is far cheaper than any set with another state.
    pub states: StateSet,
    /// Only sockets with this local port.
    pub port: Option<u16>,
    /// Why `sock_diag` must not be asked, for instance because that would load a module.
    pub diag_allowed: Result<(), Gap>,
    /// Look for the processes that hold the listeners, and read with their descriptors the options
    /// that nothing else shows.
    pub owners: bool,
}

impl Default for SocketQuery {
    /// All sockets from both sources, without owners.
    fn default() -> Self {
        Self {
            source: Wanted::Both,
            states: StateSet::ALL,
            port: None,
            diag_allowed: Ok(()),
            owners: false,
        }
    }
}

/// Reads the sockets of the calling thread's network namespace once.
///
/// `proc_net` is a `net` directory of /proc that shows the same namespace
/// (`/proc/thread-self/net`), `proc_root` is `/proc`, for the owners.
pub fn sockets(query: &SocketQuery, proc_net: &Path, proc_root: &Path) -> Section<Sockets> {
    let mut section = Sampler::with_query(query.clone(), proc_net).sample();
    if query.owners {
        find_owners(&mut section, proc_root);
    }
    section
}

/// Looks for the processes that hold the listeners, and reads with their descriptors the options that
/// nothing else shows; as [`SocketQuery::owners`], for a table that was read without.
pub fn find_owners(section: &mut Section<Sockets>, proc_root: &Path) {
    if let Some(sockets) = section.data_mut() {
        let holders = owners::fill(&mut sockets.listeners, proc_root);
        options::fill(&mut sockets.listeners, &holders);
    }
}
