//! Addresses as numbers: octets are compared by a call, and a flat network has 150,000 entries, of
//! each of which it is asked several times whether its address is known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Mac;

/// An address, in the order of [`IpAddr`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Number {
    V4(u32),
    V6(u128),
}

impl From<IpAddr> for Number {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => Self::V6(v6.to_bits()),
        }
    }
}

impl From<Number> for IpAddr {
    fn from(number: Number) -> Self {
        match number {
            Number::V4(bits) => Self::V4(Ipv4Addr::from_bits(bits)),
            Number::V6(bits) => Self::V6(Ipv6Addr::from_bits(bits)),
        }
    }
}

/// A MAC, in the same order.
pub(super) fn number(mac: Mac) -> u64 {
    let [a, b, c, d, e, g] = mac.0;
    u64::from_be_bytes([0, 0, a, b, c, d, e, g])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_the_order_of_addresses_and_back() {
        let words = ["0.0.0.0", "9.255.255.255", "10.0.0.1", "255.0.0.0", "::", "::1", "fe80::1"];
        let addresses = words.map(|word| word.parse::<IpAddr>().unwrap());
        let numbers = addresses.map(Number::from);
        assert!(addresses.is_sorted() && numbers.is_sorted());
        assert_eq!(numbers.map(IpAddr::from), addresses);
        assert!(number(Mac([0, 1, 0, 0, 0, 255])) < number(Mac([0, 1, 0, 0, 1, 0])));
    }
}
