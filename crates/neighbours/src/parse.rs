//! `RTM_NEWNEIGH` and `RTM_DELNEIGH` payloads, see rtnetlink(7) and `linux/neighbour.h`.

use synrecv_model::{Family, Neighbour, NeighbourAges, NeighbourFlags, Nud};
use synrecv_netlink::{Attribute, Attributes, Malformed, Undecodable};

/// `struct ndmsg`.
const HEADER_LEN: usize = 12;
/// Milliseconds of a tick of `USER_HZ`.
const TICK_MS: u64 = 10;

const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NDA_CACHEINFO: u16 = 3;
const NDA_PROBES: u16 = 4;
const NDA_PROTOCOL: u16 = 12;
const NDA_FLAGS_EXT: u16 = 15;

const NTF_USE: u8 = 0x01;
const NTF_PROXY: u8 = 0x08;
const NTF_EXT_LEARNED: u8 = 0x10;
const NTF_OFFLOADED: u8 = 0x20;
const NTF_ROUTER: u8 = 0x80;
const NTF_EXT_MANAGED: u32 = 0x01;

/// One message of the neighbour table.
///
/// `Ok(None)` is an entry of another table that shares the message type: bridge forwarding
/// entries (`AF_BRIDGE`) and the like. The state `noarp` is kept.
pub fn neighbour(payload: &[u8]) -> Result<Option<Neighbour>, Undecodable> {
    let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return Err(Undecodable::new("neighbour message shorter than its header"));
    };
    let [family, _, _, _, i0, i1, i2, i3, s0, s1, flags, _] = *header;
    if Family::from_number(family).is_none() {
        return Ok(None);
    }
    let mut address = None;
    let mut managed = flags & NTF_USE != 0;
    let mut mac = None;
    let mut ages = None;
    let mut probes_count = None;
    let mut protocol = None;

    for attribute in Attributes::new(attributes) {
        let attribute = attribute?;
        match attribute.kind {
            NDA_DST => address = Some(attribute.ip()?),
            NDA_LLADDR => mac = attribute.mac(),
            NDA_CACHEINFO => ages = Some(cacheinfo(&attribute)?),
            NDA_PROBES => probes_count = Some(attribute.u32()?),
            NDA_PROTOCOL => protocol = Some(attribute.u8()?),
            NDA_FLAGS_EXT => managed |= attribute.u32()? & NTF_EXT_MANAGED != 0,
            _ => {}
        }
    }
    Ok(Some(Neighbour {
        ifindex: u32::from_ne_bytes([i0, i1, i2, i3]),
        address: address.ok_or_else(|| Undecodable::new("neighbour without NDA_DST"))?,
        state: Nud::from_number(u16::from_ne_bytes([s0, s1])),
        mac,
        flags: NeighbourFlags {
            router: flags & NTF_ROUTER != 0,
            proxy: flags & NTF_PROXY != 0,
            extern_learn: flags & NTF_EXT_LEARNED != 0,
            offload: flags & NTF_OFFLOADED != 0,
            managed,
        },
        ages,
        probes_count,
        protocol: protocol.filter(|&number| number != 0),
    }))
}

/// `struct nda_cacheinfo`: confirmed, used, updated in `USER_HZ`, then a reference count.
fn cacheinfo(attribute: &Attribute<'_>) -> Result<NeighbourAges, Malformed> {
    let (fields, _) = attribute.payload.as_chunks::<4>();
    let [confirmed, used, updated, ..] = fields else {
        return Err(Malformed);
    };
    let ms = |ticks: &[u8; 4]| u64::from(u32::from_ne_bytes(*ticks)) * TICK_MS;
    Ok(NeighbourAges { used_ms: ms(used), confirmed_ms: ms(confirmed), updated_ms: ms(updated) })
}

#[cfg(test)]
mod tests {
    use synrecv_model::Mac;

    use super::*;

    fn payloads() -> Vec<Vec<u8>> {
        let lines = include_str!("../testdata/neighbours.hex").lines();
        let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        lines
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.as_bytes().chunks(2).map(octet).collect())
            .collect()
    }

    fn rows() -> Vec<Neighbour> {
        payloads().iter().filter_map(|payload| neighbour(payload).unwrap()).collect()
    }

    fn row(address: &str) -> Neighbour {
        rows().into_iter().find(|row| row.address.to_string() == address).unwrap()
    }

    #[test]
    fn state_address_and_maker() {
        let stale = row("10.1.0.52");
        assert_eq!((stale.ifindex, stale.state), (2, Nud::Stale));
        assert_eq!(stale.mac, Some(Mac([2, 0, 0, 0, 0, 0x52])));
        assert_eq!((stale.protocol, stale.probes_count), (Some(42), Some(0)));
        let ages = NeighbourAges { used_ms: 720, confirmed_ms: 60_720, updated_ms: 720 };
        assert_eq!(stale.ages, Some(ages));
        assert_eq!(row("10.1.0.50").state, Nud::Permanent);
        assert_eq!(row("10.1.0.50").protocol, None);
        assert_eq!(row("224.0.0.22").state, Nud::NoArp);
    }

    #[test]
    fn flags() {
        assert!(row("10.1.0.51").flags.extern_learn);
        assert!(row("2001:db8:1::50").flags.router);
        let proxy = row("10.1.0.98");
        assert!(proxy.flags.proxy && proxy.mac.is_none() && proxy.ages.is_none());
        assert_eq!(proxy.protocol, Some(7));
        assert!(row("2001:db8:1::99").flags.proxy);
    }

    #[test]
    fn bridge_forwarding_entries_are_left_out() {
        let payloads = payloads();
        assert_eq!(rows().len() + 1, payloads.len());
        assert_eq!(neighbour(payloads.last().unwrap()), Ok(None));
    }

    #[test]
    fn a_cut_message_is_no_other_neighbour() {
        for payload in payloads() {
            let whole = neighbour(&payload).unwrap();
            for len in 0..payload.len() {
                let cut = neighbour(&payload[..len]).ok().flatten();
                let name = |row: &Option<Neighbour>| row.as_ref().map(|row| row.address);
                assert!(cut.is_none() || name(&cut) == name(&whole), "{len}");
            }
        }
    }
}
