//! ICMP errors, and the segment that they quote.

use super::{Address, Ip, Node, Quote, be16, be32, ip};

/// Destination unreachable, redirect, time exceeded, parameter problem.
const V4: [u8; 4] = [3, 5, 11, 12];

/// Destination unreachable, packet too big, time exceeded, parameter problem.
const V6: [u8; 4] = [1, 2, 3, 4];

/// `None` for a message that is no error, or quotes no TCP segment.
pub(super) fn quote_v4(message: &[u8]) -> Option<Quote> {
    quote(message, V4, Ip::v4)
}

/// As [`quote_v4`].
pub(super) fn quote_v6(message: &[u8]) -> Option<Quote> {
    quote(message, V6, Ip::v6)
}

fn quote<'a>(
    message: &'a [u8],
    errors: [u8; 4],
    open: fn(&'a [u8]) -> Option<Ip<'a>>,
) -> Option<Quote> {
    let (&icmp_type, &code) = message.first().zip(message.get(1))?;
    if !errors.contains(&icmp_type) {
        return None;
    }
    let quoted = open(message.get(8..)?)?;
    if quoted.protocol != ip::TCP || !quoted.is_first() {
        return None;
    }
    let node = |ip: Address, at| Some(Node { ip, port: be16(quoted.payload, at)? });
    Some(Quote {
        icmp_type,
        code,
        src: node(quoted.src, 0)?,
        dst: node(quoted.dst, 2)?,
        seq: be32(quoted.payload, 4)?,
    })
}
