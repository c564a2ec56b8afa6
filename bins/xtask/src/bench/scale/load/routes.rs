//! A full table: as many routes as the internet has, with the lengths that they have there.

use std::net::Ipv4Addr;

use anyhow::{Result, bail};
use synrecv_faults::Namespace;
use synrecv_netlink::RequestBuilder;

use super::{SINK, index_of, plus};
use crate::bench::scale::wire::{self, Changes, REQUEST};

/// `RTM_NEWROUTE`
const NEW_ROUTE: u16 = 24;
/// `NLM_F_CREATE | NLM_F_EXCL`
const CREATE: u16 = 0x400 | 0x200;
const AF_INET: u8 = 2;
const TABLE_MAIN: u8 = 254;
/// `RTPROT_BGP`
const BGP: u8 = 186;
const UNICAST: u8 = 1;
/// Routers on the sink that the routes lead to.
const GATEWAY_COUNT: u32 = 16;
const FIRST_GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);

/// Prefix lengths and how many of 1,000 routes have them, about as in the tables that collectors
/// of BGP show.
const LENGTHS: [(u8, u32); 10] = [
    (24, 610),
    (23, 100),
    (22, 110),
    (21, 52),
    (20, 46),
    (19, 27),
    (18, 15),
    (17, 10),
    (16, 16),
    (15, 14),
];

/// Adds so many routes to the table `main`.
pub(super) fn add(server: &Namespace, wanted: u32) -> Result<()> {
    let added = server.run(move || {
        let device = index_of(SINK)?;
        let mut changes = Changes::open()?;
        let mut number = 0;
        for (length, share) in LENGTHS {
            let of_length = u32::try_from(u64::from(wanted) * u64::from(share) / 1_000)?;
            for prefix in prefixes(length).take(usize::try_from(of_length)?) {
                changes.make(&route(prefix, length, number, device))?;
                number += 1;
            }
        }
        changes.flush()?;
        wire::count_routes()
    })??;
    // The lengths share a space that is large enough, but /15 and /16 run out of it first.
    if added < u64::from(wanted) * 97 / 100 {
        bail!("only {added} of {wanted} routes were added");
    }
    Ok(())
}

/// Prefixes of one length in an order that jumps about, each once.
fn prefixes(length: u8) -> impl Iterator<Item = Ipv4Addr> {
    /// Odd, so that it reaches each prefix of a power of two.
    const STRIDE: u32 = 0x9e37_79b1;
    let mask = u32::MAX >> (32 - u32::from(length));
    (0..=mask)
        .map(move |n| (n.wrapping_mul(STRIDE) & mask) << (32 - u32::from(length)))
        .filter(move |&bits| is_public(bits, length))
        .map(Ipv4Addr::from)
}

/// What the lab itself uses is left out, and what no router carries.
fn is_public(bits: u32, length: u8) -> bool {
    let [first, second, ..] = bits.to_be_bytes();
    let benchmarks = first == 198
        && (18..20).contains(&(second & (0xff << 16_u8.saturating_sub(length).min(7))));
    let flat_network = first == 172 && (16..32).contains(&second);
    (1..224).contains(&first) && first != 10 && first != 127 && !benchmarks && !flat_network
}

fn route(prefix: Ipv4Addr, length: u8, number: u32, device: u32) -> Vec<u8> {
    const DST: u16 = 1;
    const OIF: u16 = 4;
    const GATEWAY: u16 = 5;
    let fixed = [AF_INET, length, 0, 0, TABLE_MAIN, BGP, 0, UNICAST, 0, 0, 0, 0];
    RequestBuilder::new(&fixed)
        .ip(DST, prefix.into())
        .ip(GATEWAY, plus(FIRST_GATEWAY, number % GATEWAY_COUNT).into())
        .u32(OIF, device)
        .message(NEW_ROUTE, REQUEST | CREATE, 0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn prefixes_differ_and_avoid_the_lab() {
        let some: Vec<Ipv4Addr> = prefixes(24).take(200_000).collect();
        assert_eq!(some.iter().collect::<HashSet<_>>().len(), 200_000);
        for reserved in [[10, 8, 0, 0], [127, 0, 0, 0], [198, 19, 3, 0], [172, 20, 1, 0]] {
            assert!(!is_public(u32::from_be_bytes(reserved), 24), "{reserved:?}");
        }
        assert!(is_public(u32::from_be_bytes([198, 20, 0, 0]), 24));
        assert!(!is_public(u32::from_be_bytes([198, 18, 0, 0]), 15));
    }

    #[test]
    fn the_shares_add_up() {
        assert_eq!(LENGTHS.iter().map(|(_, share)| share).sum::<u32>(), 1_000);
    }
}
