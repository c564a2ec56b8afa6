//! Which entries got another link-layer address. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::{Mac, MacChange, Neighbour};

/// Entries remembered beside those of the first table, and link-layer addresses of each.
const ENTRIES_KEPT: usize = 4_096;
const MACS_KEPT: usize = 8;

/// Device and address.
type Key = (u32, IpAddr);

/// Link-layer addresses that entries had, from a first reading on.
#[derive(Clone, Debug, Default)]
pub struct MacHistory {
    /// Of the first table, in order: a table of 150,000 entries is large, and few of them change.
    first: Vec<(Key, Mac)>,
    /// Of entries that are not in it, or that changed.
    later: BTreeMap<Key, Vec<Mac>>,
    /// Of this host, which are never a change.
    own: Vec<Mac>,
}

impl MacHistory {
    /// Starts with a table. `own` are the link-layer addresses of this host's devices.
    pub fn new(table: &[Neighbour], own: impl IntoIterator<Item = Mac>) -> Self {
        let mut history = Self { own: own.into_iter().collect(), ..Self::default() };
        history.own.sort_unstable();
        let rows = table.iter().filter_map(|row| history.mac_of(row));
        let mut first: Vec<(Key, Mac)> = rows.collect();
        first.sort_unstable();
        first.dedup_by_key(|(key, _)| *key);
        history.first = first;
        history
    }

    /// Takes an entry as it is now.
    pub fn note(&mut self, entry: &Neighbour) {
        let Some((key, mac)) = self.mac_of(entry) else { return };
        if let Some(macs) = self.later.get_mut(&key) {
            if !macs.contains(&mac) && macs.len() < MACS_KEPT {
                macs.push(mac);
            }
            return;
        }
        let known = self.first.binary_search_by_key(&key, |(key, _)| *key);
        let known = known.ok().map(|place| self.first[place].1);
        if known != Some(mac) && self.later.len() < ENTRIES_KEPT {
            self.later.insert(key, known.into_iter().chain([mac]).collect());
        }
    }

    /// The entries that had more than one, by device and address.
    pub fn changes(&self) -> Vec<MacChange> {
        let changed = self.later.iter().filter(|(_, macs)| macs.len() > 1);
        changed
            .map(|(&(ifindex, address), macs)| MacChange { ifindex, address, macs: macs.clone() })
            .collect()
    }

    /// The link-layer address of another station. Entries that do not answer and proxy entries have
    /// none.
    fn mac_of(&self, entry: &Neighbour) -> Option<(Key, Mac)> {
        let mac = entry.mac?;
        let group = mac.0[0] & 1 != 0;
        let other = !mac.is_zero() && !group && self.own.binary_search(&mac).is_err();
        other.then_some(((entry.ifindex, entry.address), mac))
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{NeighbourFlags, Nud};

    use super::*;

    fn entry(address: &str, last: u8) -> Neighbour {
        Neighbour {
            ifindex: 2,
            address: address.parse().unwrap(),
            state: Nud::Reachable,
            mac: Some(Mac([2, 0, 0, 0, 0, last])),
            flags: NeighbourFlags::default(),
            ages: None,
            probes_count: None,
            protocol: None,
        }
    }

    fn history() -> MacHistory {
        let table = [entry("10.1.0.2", 2), entry("10.1.0.1", 1)];
        MacHistory::new(&table, [Mac([2, 0, 0, 0, 0, 0xee])])
    }

    fn macs(history: &MacHistory) -> Vec<Vec<u8>> {
        let last = |change: MacChange| change.macs.iter().map(|mac| mac.0[5]).collect();
        history.changes().into_iter().map(last).collect()
    }

    #[test]
    fn a_gateway_that_moves_and_comes_back_is_one_change() {
        let mut history = history();
        for last in [1, 7, 1, 7] {
            history.note(&entry("10.1.0.1", last));
        }
        assert_eq!(macs(&history), [[1, 7]]);
        assert_eq!(history.changes()[0].address.to_string(), "10.1.0.1");
    }

    #[test]
    fn a_new_entry_is_no_change_until_it_changes() {
        let mut history = history();
        history.note(&entry("10.1.0.9", 9));
        assert!(history.changes().is_empty());
        history.note(&entry("10.1.0.9", 8));
        assert_eq!(macs(&history), [[9, 8]]);
    }

    #[test]
    fn own_zero_and_group_addresses_are_no_change() {
        let mut history = history();
        history.note(&entry("10.1.0.1", 0xee));
        history.note(&Neighbour { mac: Some(Mac([0; 6])), ..entry("10.1.0.1", 1) });
        history.note(&Neighbour { mac: Some(Mac([0xff; 6])), ..entry("10.1.0.1", 1) });
        history.note(&Neighbour { mac: None, state: Nud::Failed, ..entry("10.1.0.1", 1) });
        assert!(history.changes().is_empty());
    }

    #[test]
    fn the_same_address_on_another_device_is_another_entry() {
        let mut history = history();
        history.note(&Neighbour { ifindex: 3, ..entry("10.1.0.1", 7) });
        assert!(history.changes().is_empty());
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let mut history = history();
        for last in 0..=255 {
            history.note(&entry("10.1.0.1", last));
        }
        assert_eq!(history.changes()[0].macs.len(), MACS_KEPT);
        for number in 0..2 * ENTRIES_KEPT {
            let address = std::net::Ipv4Addr::from(0x0a02_0000 + u32::try_from(number).unwrap());
            history.note(&entry(&address.to_string(), 1));
        }
        assert_eq!(history.later.len(), ENTRIES_KEPT);
    }
}
