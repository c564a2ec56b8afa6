//! `RTM_NEWADDR` and `RTM_DELADDR` payloads.

use netlink_packet_core::Parseable;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressHeader};
use synrecv_model::{Address, AddressScope, Family, Foreign};
use synrecv_netlink::Undecodable;

use super::{attributes, text, undecodable};

/// `struct ifaddrmsg`.
const HEADER_LEN: usize = 8;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const IFA_BROADCAST: u16 = 4;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;

/// INFINITY_LIFE_TIME
const FOR_EVER: u32 = u32::MAX;

/// One address of this host. `Ok(None)` is one of another family.
pub fn address(payload: &[u8]) -> Result<Option<Address>, Undecodable> {
    let header = AddressHeader::parse(payload).map_err(undecodable)?;
    let Some(family) = Family::from_number(header.family.into()) else {
        return Ok(None);
    };
    let bits = if family == Family::V4 { 32 } else { 128 };
    if header.prefix_len > bits {
        return Err(Undecodable::new("prefix longer than its address"));
    }
    let mut local = None;
    let mut remote = None;
    let mut broadcast = None;
    let mut label: Option<Foreign> = None;
    let mut valid_s = None;
    // IFA_FLAGS has all bits since Linux 3.14; the header has the first eight.
    let mut flags = AddressFlags::from_bits_retain(u32::from(header.flags.bits()));
    for attribute in attributes(payload, HEADER_LEN) {
        let attribute = attribute?;
        match attribute.kind() {
            IFA_LABEL => label = Some(text(attribute.value())),
            IFA_ADDRESS | IFA_LOCAL | IFA_BROADCAST | IFA_CACHEINFO | IFA_FLAGS => {
                match AddressAttribute::parse(&attribute).map_err(undecodable)? {
                    AddressAttribute::Address(ip) => remote = Some(ip),
                    AddressAttribute::Local(ip) => local = Some(ip),
                    AddressAttribute::Broadcast(ip) => broadcast = Some(ip.into()),
                    AddressAttribute::Flags(bits) => flags = bits,
                    AddressAttribute::CacheInfo(info) => {
                        valid_s = (info.ifa_valid != FOR_EVER).then_some(info.ifa_valid);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let address =
        local.or(remote).ok_or_else(|| Undecodable::new("address message without an address"))?;
    Ok(Some(Address {
        ifindex: header.index,
        address,
        prefix_len: header.prefix_len,
        peer: remote.filter(|&remote| remote != address),
        broadcast,
        scope: AddressScope::from_number(header.scope.into()),
        secondary: flags.contains(AddressFlags::Secondary),
        permanent: flags.contains(AddressFlags::Permanent),
        tentative: flags.contains(AddressFlags::Tentative),
        dad_failed: flags.contains(AddressFlags::Dadfailed),
        deprecated: flags.contains(AddressFlags::Deprecated),
        noprefixroute: flags.contains(AddressFlags::Noprefixroute),
        label,
        valid_s,
    }))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::fixture::{damaged, payloads};
    use super::*;

    const ADDRESSES: &str = include_str!("../../testdata/addresses.hex");

    fn row(text: &str) -> Address {
        let ip: IpAddr = text.parse().unwrap();
        let rows = payloads(ADDRESSES);
        let mut rows = rows.iter().map(|payload| address(payload).unwrap().unwrap());
        rows.find(|row| row.address == ip).unwrap()
    }

    #[test]
    fn prefix_broadcast_and_label() {
        let first = row("10.1.0.10");
        assert_eq!(first.prefix().to_string(), "10.1.0.0/24");
        assert_eq!(first.broadcast, Some("10.1.0.255".parse().unwrap()));
        assert!(first.permanent && !first.secondary);
        let second = row("10.1.0.11");
        assert_eq!((second.secondary, second.label), (true, Some(Foreign("v0:1".into()))));
        assert_eq!(row("127.0.0.1").scope, AddressScope::Host);
        assert_eq!(row("fe80::ff:fe00:a").scope, AddressScope::Link);
    }

    #[test]
    fn the_other_end_of_a_point_to_point_address() {
        let v4 = row("10.200.0.1");
        assert_eq!((v4.peer, v4.prefix_len), (Some("10.200.0.2".parse().unwrap()), 32));
        assert_eq!(row("2001:db8:9::1").prefix().to_string(), "2001:db8:9::2/128");
        assert_eq!(row("10.1.0.10").peer, None);
    }

    #[test]
    fn lifetimes_and_flags() {
        let lease = row("10.2.0.10");
        assert!(!lease.permanent && lease.valid_s.is_some_and(|valid_s| valid_s <= 3600));
        assert_eq!(row("10.1.0.10").valid_s, None);
        assert!(row("10.3.0.10").noprefixroute);
        assert!(row("2001:db8:77::1").tentative);
    }

    #[test]
    fn a_prefix_longer_than_the_address_is_refused() {
        let mut long = payloads(ADDRESSES).remove(0);
        long[1] = 33;
        assert!(address(&long).is_err());
    }

    #[test]
    fn any_bytes_are_survived() {
        damaged(ADDRESSES, |bytes| drop(address(bytes)));
    }
}
