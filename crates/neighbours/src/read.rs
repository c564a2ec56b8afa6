//! The tables of the calling thread's network namespace, as the kernel has them now.

use std::collections::HashMap;
use std::net::IpAddr;

use synrecv_model::{Neighbour, Section};
use synrecv_netlink::{
    Change, DumpReport, Message, NetlinkError, Protocol, Socket, Undecodable, steady_dump,
};

use crate::parse;

const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;
const RTM_GETNEIGH: u16 = 30;
const RTNLGRP_NEIGH: u32 = 3;

/// `struct ndmsg` of any family; the second asks for proxy entries (`ndm_flags` = `NTF_PROXY`),
/// which the first leaves out.
const ENTRIES: [u8; 12] = [0; 12];
const PROXY_ENTRIES: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0];

/// Reads the ARP and ND tables and the proxy entries, in order of device and address. Blocks for the
/// time of the dumps.
///
/// The kernel does not flag a torn neighbour dump, so the notices of the table are watched
/// meanwhile: a new state of an entry replaces the row; an entry that came or went makes it read
/// once more, and the second time a [`Flaw::ChangedWhileRead`](synrecv_model::Flaw).
pub fn neighbours() -> Section<Vec<Neighbour>> {
    let section = steady_dump(Protocol::Route, &[RTNLGRP_NEIGH], dump, |table, notice| {
        table.absorb(notice.kind, notice.payload)
    });
    section.map(|table| table.rows)
}

fn dump(socket: &mut Socket) -> Result<(Table, DumpReport), NetlinkError> {
    let mut rows = Vec::new();
    let mut take = |message: Message<'_>| {
        rows.extend(parse::neighbour(message.payload)?);
        Ok(())
    };
    let mut report = socket.dump(RTM_GETNEIGH, 0, &ENTRIES, &mut take)?;
    report.merge(socket.dump(RTM_GETNEIGH, 0, &PROXY_ENTRIES, &mut take)?);
    sort(&mut rows);
    Ok((Table { rows, places: None }, report))
}

/// Puts the rows in order of device, family and address; the kernel's order is that of a hash table.
/// Once here, and every later sort finds it done.
///
/// What is sorted are numbers with the place of their row: a flat network has 150,000 rows, of which
/// each would move some twenty times.
fn sort(rows: &mut [Neighbour]) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (row, at) in rows.iter().zip(0_u32..) {
        let device = u128::from(row.ifindex);
        match row.address {
            IpAddr::V4(address) => {
                v4.push(device << 64 | u128::from(u32::from(address)) << 32 | u128::from(at));
            }
            IpAddr::V6(address) => v6.push((device, u128::from(address), at)),
        }
    }
    v4.sort_unstable();
    v6.sort_unstable();
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are the place")]
    let v4 = v4.into_iter().map(|key| (key >> 64, key as u32));
    let mut v4 = v4.peekable();
    let mut v6 = v6.into_iter().map(|(device, _, at)| (device, at)).peekable();
    let mut from: Vec<usize> = Vec::with_capacity(rows.len());
    while let Some(&(device, _)) = v4.peek().into_iter().chain(v6.peek()).min_by_key(|next| next.0)
    {
        while let Some((_, at)) = v4.next_if(|next| next.0 == device) {
            from.push(at as usize);
        }
        while let Some((_, at)) = v6.next_if(|next| next.0 == device) {
            from.push(at as usize);
        }
    }
    // Each cycle of the permutation is walked once; a place that is done comes from itself.
    for start in 0..from.len() {
        let mut place = start;
        while from[place] != start {
            let source = from[place];
            rows.swap(place, source);
            from[place] = place;
            place = source;
        }
        from[place] = place;
    }
}

/// What an entry is found by.
type Key = (u32, IpAddr, bool);

fn key(row: &Neighbour) -> Key {
    (row.ifindex, row.address, row.flags.proxy)
}

struct Table {
    rows: Vec<Neighbour>,
    /// Made when the first notice comes; most dumps see none.
    places: Option<HashMap<Key, usize>>,
}

impl Table {
    fn absorb(&mut self, kind: u16, payload: &[u8]) -> Result<Change, Undecodable> {
        let Some(row) = parse::neighbour(payload)? else {
            return Ok(Change::Absorbed);
        };
        match kind {
            RTM_NEWNEIGH => {
                let index = || self.rows.iter().map(key).zip(0..).collect();
                let places = self.places.get_or_insert_with(index);
                let known = places.get(&key(&row)).and_then(|&place| self.rows.get_mut(place));
                Ok(known.map_or(Change::Torn, |old| {
                    *old = row;
                    Change::Absorbed
                }))
            }
            RTM_DELNEIGH => Ok(Change::Torn),
            _ => Ok(Change::Absorbed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERMANENT: [u8; 28] =
        [2, 0, 0, 0, 2, 0, 0, 0, 0x80, 0, 0, 1, 8, 0, 1, 0, 10, 1, 0, 50, 8, 0, 4, 0, 7, 0, 0, 0];

    #[test]
    fn a_new_state_replaces_the_row_and_an_unknown_entry_tears() {
        let rows = parse::neighbour(&PERMANENT).unwrap().into_iter().collect();
        let mut table = Table { rows, places: None };
        let mut stale = PERMANENT;
        stale[8] = 0x04;
        assert_eq!(table.absorb(RTM_NEWNEIGH, &stale), Ok(Change::Absorbed));
        assert_eq!(table.rows[0].state, synrecv_model::Nud::Stale);
        let mut other = PERMANENT;
        other[19] = 51;
        assert_eq!(table.absorb(RTM_NEWNEIGH, &other), Ok(Change::Torn));
        assert_eq!(table.absorb(RTM_DELNEIGH, &stale), Ok(Change::Torn));
    }

    #[test]
    fn rows_are_in_order_of_device_family_and_address() {
        let one = parse::neighbour(&PERMANENT).unwrap().unwrap();
        let row = |ifindex: u32, address: &str, proxy: bool| {
            let mut row = Neighbour { ifindex, address: address.parse().unwrap(), ..one.clone() };
            row.flags.proxy = proxy;
            row
        };
        let sorted = [
            row(1, "fe80::1", false),
            row(2, "9.255.0.1", false),
            row(2, "10.1.0.2", false),
            row(2, "10.1.0.2", true),
            row(2, "::1", false),
            row(2, "2001:db8::", false),
            row(7, "1.0.0.0", true),
        ];
        // Two of them are of one address, and stay in the order in which they were read.
        for seed in 0..500_u32 {
            let mut number = seed;
            let mut rows = sorted.to_vec();
            for at in (1..rows.len()).rev() {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                rows.swap(at, (number >> 8) as usize % (at + 1));
            }
            let mut expected = rows.clone();
            expected.sort_by_key(|row| (row.ifindex, row.address));
            sort(&mut rows);
            assert_eq!(rows, expected);
        }
        sort(&mut []);
    }

    #[test]
    fn bridge_forwarding_entries_are_no_change() {
        let mut bridge = PERMANENT;
        bridge[0] = 7;
        let mut table = Table { rows: Vec::new(), places: None };
        assert_eq!(table.absorb(RTM_NEWNEIGH, &bridge), Ok(Change::Absorbed));
    }
}
