//! Devices by name: most tools print no index.

use std::collections::BTreeMap;

/// Indexes for names. Each host has its own.
#[derive(Debug, Default)]
pub(super) struct Devices {
    host: usize,
    by_name: BTreeMap<(usize, String), u32>,
    next: u32,
}

impl Devices {
    /// From here on, devices are of this host.
    pub(super) fn start(&mut self, host: usize) {
        self.host = host;
    }

    /// The index of a device; the same name on the same host has the same.
    pub(super) fn index(&mut self, name: &str) -> u32 {
        // 1 is loopback in every namespace; so `lo` of the first host keeps it.
        if name == "lo" && self.host == 0 {
            return 1;
        }
        let next = &mut self.next;
        *self.by_name.entry((self.host, name.to_owned())).or_insert_with(|| {
            *next += 1;
            *next + 1
        })
    }

    /// Names of this host with their indexes, `lo` left out.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, u32)> {
        self.by_name
            .iter()
            .filter(|((host, _), _)| *host == self.host)
            .map(|((_, name), index)| (name.as_str(), *index))
    }
}
