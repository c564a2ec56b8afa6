//! Kernel messages to nouns: bytes in, values out, nothing else.

mod answer;
mod nexthop;
mod route;
mod rule;
mod shared;

pub use answer::{Answer, answer, input_answer};
#[cfg(feature = "read")]
pub(crate) use answer::{Answered, combine};
pub use nexthop::{fill_next_hops, nexthop};
pub use route::route;
pub use rule::rule;
pub use shared::Routes;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use synrecv_model::Family;
use synrecv_netlink::{Attribute, Malformed, Undecodable};

/// Ticks of a second in `rta_cacheinfo`, on every architecture but Alpha and Itanium.
const USER_HZ: u32 = 100;

/// A prefix with its host bits as the kernel gave them.
fn prefix(address: IpAddr, len: u8) -> Result<IpNet, Undecodable> {
    IpNet::new(address, len).map_err(|_| Undecodable::new("prefix longer than its address"))
}

pub(crate) fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// `rta_expires` of `struct rta_cacheinfo`, in `USER_HZ`: 0 is no lifetime, less is over.
pub(crate) fn lifetime_s(ticks: i32) -> Option<u32> {
    (ticks != 0).then(|| u32::try_from(ticks).unwrap_or(0) / USER_HZ)
}

/// The address of a `struct rtvia`, after its own family; the length tells as much.
fn via(attribute: &Attribute<'_>) -> Result<IpAddr, Malformed> {
    let payload = attribute.payload.get(2..).ok_or(Malformed)?;
    Attribute { kind: attribute.kind, payload }.ip()
}

#[cfg(test)]
mod fixture {
    /// The payloads of a file of hexadecimal lines; lines with `#` tell where they come from.
    pub(super) fn payloads(text: &str) -> Vec<Vec<u8>> {
        let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.as_bytes().chunks(2).map(octet).collect())
            .collect()
    }

    /// Hands over every way to cut each payload short.
    pub(super) fn cuts(text: &str, mut each: impl FnMut(&[u8])) {
        for payload in payloads(text) {
            (0..payload.len()).for_each(|len| each(&payload[..len]));
        }
    }
}
