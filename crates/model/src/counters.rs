//! Kernel counters by name. A name that is not there is unknown, never 0.

use std::collections::BTreeMap;

/// Counters of one network namespace at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counters {
    /// /proc/net/{netstat,snmp,snmp6} by the name that `nstat` prints: `TcpExtListenOverflows`,
    /// `IpInReceives`, `Icmp6InDestUnreachs`.
    pub values: BTreeMap<String, u64>,
    /// /proc/net/softnet_stat, one entry a CPU; empty when not read.
    pub softnet: Vec<SoftnetCpu>,
    /// /proc/net/stat/nf_conntrack, one entry a CPU; `None` when conntrack is not loaded.
    pub conntrack: Option<Vec<ConntrackCpu>>,
}

/// One line of /proc/net/softnet_stat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SoftnetCpu {
    /// Packets processed.
    pub processed_count: u32,
    /// Dropped because the backlog was full.
    pub dropped_count: u32,
    /// Times that the budget ran out.
    pub time_squeeze_count: u32,
}

/// One line of /proc/net/stat/nf_conntrack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConntrackCpu {
    /// Entries now (the same number on every line).
    pub entries_count: u32,
    /// Packets that fit no connection.
    pub invalid_count: u32,
    /// Entries that could not be inserted.
    pub insert_failed_count: u32,
    /// Packets dropped because the table was full or an entry could not be made.
    pub drop_count: u32,
    /// Entries dropped early to make room.
    pub early_drop_count: u32,
}

impl Counters {
    /// A counter by the name that `nstat` prints; `None` when this kernel does not have it.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.values.get(name).copied()
    }

    /// Increase since `before`; `None` when unknown at either time or when it went backwards.
    pub fn delta(&self, before: &Self, name: &str) -> Option<u64> {
        self.get(name)?.checked_sub(before.get(name)?)
    }

    /// Increase of a conntrack counter summed over CPUs.
    pub fn conntrack_delta(&self, before: &Self, field: fn(&ConntrackCpu) -> u32) -> Option<u64> {
        let sum = |counters: &Self| {
            Some(counters.conntrack.as_ref()?.iter().map(|cpu| u64::from(field(cpu))).sum::<u64>())
        };
        sum(self)?.checked_sub(sum(before)?)
    }

    /// Names whose value grew since `before`, with the increase, in order of name.
    pub fn changes<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = (&'a str, u64)> {
        self.values.iter().filter_map(|(name, &now)| {
            let grown = now.checked_sub(before.get(name)?)?;
            (grown > 0).then_some((name.as_str(), grown))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(pairs: &[(&str, u64)]) -> Counters {
        let values = pairs.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        Counters { values, ..Counters::default() }
    }

    #[test]
    fn missing_or_shrinking_is_unknown() {
        let before = counters(&[("A", 5), ("B", 5)]);
        let after = counters(&[("A", 7), ("B", 4), ("C", 1)]);
        assert_eq!(after.delta(&before, "A"), Some(2));
        assert_eq!(after.delta(&before, "B"), None);
        assert_eq!(after.delta(&before, "C"), None);
        assert_eq!(after.changes(&before).collect::<Vec<_>>(), [("A", 2)]);
    }
}
