//! Counters of the running kernel.

use std::fs;
use std::io;
use std::path::Path;

use synrecv_model::{Counters, Flaw, Gap, Reading, Section, Text, text};
use synrecv_netlink::{clock, errno_gap};

use crate::parse::{self, NeighbourCpu, Parsed};

/// Reads the counters that a `net` directory of /proc shows (`/proc/thread-self/net`).
///
/// `netstat` and `snmp` must be there; what cannot be read of the others is named as a flaw, and
/// what this kernel does not have (IPv6, conntrack not loaded) is none. The caches of neighbours are
/// those of the whole machine; only the first network namespace shows them.
pub fn counters(proc_net: &Path) -> Section<Counters> {
    let started = clock::now();
    let mut reader = Reader { proc_net, flaws: Vec::new() };
    let mut counters = Counters::default();

    let groups = [
        reader.must("netstat", "/proc/net/netstat", parse::groups),
        reader.must("snmp", "/proc/net/snmp", parse::groups),
    ];
    if let [Err(gap), Err(_)] = groups {
        return Section::Missing(gap);
    }
    for group in groups {
        match group {
            Ok(rows) => counters.values.extend(rows),
            Err(gap) => reader.flaws.push(Flaw::PartMissing(gap)),
        }
    }
    let snmp6 = reader.may("snmp6", "/proc/net/snmp6", parse::snmp6);
    counters.values.extend(snmp6.unwrap_or_default());
    counters.softnet =
        reader.may("softnet_stat", "/proc/net/softnet_stat", parse::softnet).unwrap_or_default();
    counters.conntrack =
        reader.may("stat/nf_conntrack", "/proc/net/stat/nf_conntrack", parse::conntrack);

    for (name, shown, cache) in [
        ("stat/arp_cache", "/proc/net/stat/arp_cache", "ArpCache"),
        ("stat/ndisc_cache", "/proc/net/stat/ndisc_cache", "NdiscCache"),
    ] {
        let cpus = reader.may(name, shown, parse::neighbour_cache);
        counters.values.extend(neighbour_cache(cache, &cpus.unwrap_or_default()));
    }

    let reading = Reading { source: "/proc/net".into(), started, ended: clock::now() };
    Section::from_reading(counters, reader.flaws, reading)
}

/// `ArpCacheEntries`, a state rather than a count, and `ArpCacheTableFulls`.
fn neighbour_cache(cache: &str, cpus: &[NeighbourCpu]) -> impl Iterator<Item = (String, u64)> {
    let entries = cpus.first().map(|cpu| cpu.entries_count);
    let fulls =
        cpus.iter().map(|cpu| cpu.table_fulls_count).reduce(|a, b| Some(a?.saturating_add(b?)));
    [("Entries", entries), ("TableFulls", fulls.flatten())]
        .into_iter()
        .filter_map(move |(what, value)| Some((format!("{cache}{what}"), value?)))
}

struct Reader<'a> {
    proc_net: &'a Path,
    flaws: Vec<Flaw>,
}

impl Reader<'_> {
    /// A file that every kernel has.
    fn must<T>(
        &mut self,
        name: &str,
        shown: &'static str,
        parse: fn(&str) -> Parsed<T>,
    ) -> Result<Vec<T>, Gap> {
        self.read(name, shown, parse).map_err(|error| errno_gap(shown, &error))
    }

    /// A file that need not exist; that it cannot be read is a flaw.
    fn may<T>(
        &mut self,
        name: &str,
        shown: &'static str,
        parse: fn(&str) -> Parsed<T>,
    ) -> Option<Vec<T>> {
        match self.read(name, shown, parse) {
            Ok(rows) => Some(rows),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    self.flaws.push(Flaw::PartMissing(errno_gap(shown, &error)));
                }
                None
            }
        }
    }

    fn read<T>(
        &mut self,
        name: &str,
        shown: &'static str,
        parse: fn(&str) -> Parsed<T>,
    ) -> io::Result<Vec<T>> {
        let bytes = fs::read(self.proc_net.join(name))?;
        let parsed = parse(&String::from_utf8_lossy(&bytes));
        if let Some(first) = parsed.rejected.first() {
            let count = parsed.rejected.len() as u64;
            let first: Text = text!["line ", first.line, " of ", shown, ": ", first.why];
            self.flaws.push(Flaw::Undecodable { count, first });
        }
        Ok(parsed.rows)
    }
}
