//! The requests that one source shows.
//!
//! A flood has half a million, in the order of a hash table. What is sorted are numbers that hold both
//! ends of an IPv4 flow and the place of the rest, which stays where it was put.

use std::net::{IpAddr, Ipv4Addr};

use synrecv_model::{Endpoint, Family, Flow};

use super::Key;

/// The requests that one source shows, with what it says of each.
#[derive(Clone, Debug)]
pub struct Side<S> {
    /// IPv4 flows: both ends in the upper 96 bits, the place in `seen` in the lower 32. Those of IPv4
    /// listeners, then those of IPv6 listeners.
    pub(super) packed: [Vec<u128>; 2],
    /// The others, all of IPv6 listeners, with the place.
    pub(super) rest: Vec<(Key, u32)>,
    seen: Vec<S>,
}

impl<S> Default for Side<S> {
    fn default() -> Self {
        Self { packed: [Vec::new(), Vec::new()], rest: Vec::new(), seen: Vec::new() }
    }
}

impl<S> Side<S> {
    /// Adds a request. Of one that is shown twice the later showing counts.
    pub fn push(&mut self, family: Family, flow: Flow, seen: S) {
        // No table has more.
        let Ok(at) = u32::try_from(self.seen.len()) else { return };
        match pack(flow) {
            Some(flow) => {
                let [v4, v6] = &mut self.packed;
                let of_family = if family == Family::V4 { v4 } else { v6 };
                of_family.push(flow << u32::BITS | u128::from(at));
            }
            None => self.rest.push(((family, flow), at)),
        }
        self.seen.push(seen);
    }

    /// How many were added.
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// True when there is a request of a listener of this family.
    pub fn has(&self, family: Family) -> bool {
        let [v4, v6] = &self.packed;
        match family {
            Family::V4 => !v4.is_empty(),
            Family::V6 => !v6.is_empty() || !self.rest.is_empty(),
        }
    }

    /// What stands at a place.
    pub(super) fn get(&self, at: u32) -> Option<S>
    where
        S: Copy,
    {
        self.seen.get(usize::try_from(at).ok()?).copied()
    }

    /// What the last of some packed flows has, which is the row that was shown last.
    pub(super) fn last(&self, packed: &[u128]) -> Option<S>
    where
        S: Copy,
    {
        #[expect(clippy::cast_possible_truncation, reason = "the lower bits are the place")]
        self.get(*packed.last()? as u32)
    }

    /// Sorts by family and both ends; of one request the later showing comes last.
    pub(super) fn sort(&mut self) {
        self.packed.iter_mut().for_each(|packed| packed.sort_unstable());
        self.rest.sort_unstable();
    }
}

impl<'a, R, S: From<&'a R>> FromIterator<(Key, &'a R)> for Side<S> {
    fn from_iter<I: IntoIterator<Item = (Key, &'a R)>>(rows: I) -> Self {
        let mut side = Self::default();
        rows.into_iter().for_each(|((family, flow), row)| side.push(family, flow, S::from(row)));
        side
    }
}

/// Bits of the address and port of one end.
const END_BITS: u32 = 48;

/// Both ends of an IPv4 flow in 96 bits, in the order of [`Flow`].
fn pack(flow: Flow) -> Option<u128> {
    let (IpAddr::V4(local), IpAddr::V4(peer)) = (flow.local.ip, flow.peer.ip) else { return None };
    let end = |ip: Ipv4Addr, port: u16| u128::from(u32::from(ip)) << u16::BITS | u128::from(port);
    Some(end(local, flow.local.port) << END_BITS | end(peer, flow.peer.port))
}

/// An IPv4 flow, as small as can be and in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PackedFlow([u32; 3]);

impl PackedFlow {
    pub(super) fn flow(self) -> Flow {
        let Self([high, middle, low]) = self;
        let halves = |word: u32| {
            let [a, b, c, d] = word.to_be_bytes();
            (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
        };
        // The local address, its port and half of the peer's address, the other half and its port.
        let (local_port, peer_high) = halves(middle);
        let (peer_low, peer_port) = halves(low);
        let peer = u32::from(peer_high) << u16::BITS | u32::from(peer_low);
        let end = |ip: u32, port| Endpoint { ip: IpAddr::V4(Ipv4Addr::from(ip)), port };
        Flow { local: end(high, local_port), peer: end(peer, peer_port) }
    }
}

impl From<u128> for PackedFlow {
    /// From the 96 bits of [`pack`].
    fn from(packed: u128) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "words are cut out")]
        let word = |shift: u32| (packed >> shift) as u32;
        Self([word(64), word(32), word(0)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_flow_is_the_same_flow_in_the_same_order() {
        let end = |ip: &str, port| Endpoint::new(ip.parse().unwrap(), port);
        let flow = Flow { local: end("192.0.2.255", 65_535), peer: end("10.1.2.3", 258) };
        let packed = PackedFlow::from(pack(flow).unwrap());
        assert_eq!(packed.flow(), flow);
        let later = Flow { peer: end("10.1.2.4", 1), ..flow };
        assert!(flow < later && packed < PackedFlow::from(pack(later).unwrap()));
        assert_eq!(pack(Flow { peer: end("2001:db8::1", 1), ..flow }), None);
    }
}
