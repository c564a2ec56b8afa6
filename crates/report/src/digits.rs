//! Numbers and addresses as bytes, without the machinery of `core::fmt`: a table of a million rows has
//! some ten million of them, and a call of that machinery costs more than the digits.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use synrecv_model::{Endpoint, Mac};

/// Appends a number.
pub(crate) fn decimal(out: &mut Vec<u8>, mut number: u64) {
    // 20 digits are the most that 64 bits have.
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = digit(number % 10);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends an address as its type writes it.
pub(crate) fn ip(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => dotted(out, v4, None),
        // A vector takes everything.
        IpAddr::V6(v6) => drop(write!(out, "{v6}")),
    }
}

/// Appends an address and a port as [`Endpoint`] writes them.
pub(crate) fn endpoint(out: &mut Vec<u8>, end: Endpoint) {
    match end.ip {
        IpAddr::V4(v4) => dotted(out, v4, Some((b':', end.port))),
        IpAddr::V6(_) => drop(write!(out, "{end}")),
    }
}

/// Appends a prefix as its type writes it.
pub(crate) fn prefix(out: &mut Vec<u8>, prefix: IpNet) {
    match prefix {
        IpNet::V4(v4) => dotted(out, v4.addr(), Some((b'/', v4.prefix_len().into()))),
        IpNet::V6(v6) => drop(write!(out, "{v6}")),
    }
}

/// Appends a link-layer address as its type writes it.
pub(crate) fn mac(out: &mut Vec<u8>, address: Mac) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b':'; 17];
    for (octet, place) in address.0.iter().zip(text.chunks_mut(3)) {
        if let [high, low, ..] = place {
            *high = HEX[usize::from(octet >> 4)];
            *low = HEX[usize::from(octet & 0xf)];
        }
    }
    out.extend_from_slice(&text);
}

/// Appends `a.b.c.d`, and what follows behind a sign.
fn dotted(out: &mut Vec<u8>, address: Ipv4Addr, tail: Option<(u8, u16)>) {
    // `255.255.255.255:65535`
    let mut text = [0; 21];
    let mut len = 0;
    for octet in address.octets() {
        short(&mut text, &mut len, octet.into());
        text[len] = b'.';
        len += 1;
    }
    len -= 1;
    if let Some((sign, number)) = tail {
        text[len] = sign;
        len += 1;
        short(&mut text, &mut len, number);
    }
    out.extend_from_slice(&text[..len]);
}

fn short(text: &mut [u8; 21], len: &mut usize, number: u16) {
    let digits = match number {
        0..10 => 1,
        10..100 => 2,
        100..1_000 => 3,
        1_000..10_000 => 4,
        _ => 5,
    };
    let mut left = u32::from(number);
    for place in text[*len..*len + digits].iter_mut().rev() {
        *place = digit(u64::from(left % 10));
        left /= 10;
    }
    *len += digits;
}

fn digit(value: u64) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "a remainder by ten")]
    let value = value as u8;
    b'0' + value
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use super::*;

    fn same<T: Copy + Display>(value: T, write: impl Fn(&mut Vec<u8>, T)) {
        let mut out = b"before ".to_vec();
        write(&mut out, value);
        assert_eq!(String::from_utf8(out).unwrap(), format!("before {value}"));
    }

    #[test]
    fn numbers_are_written_as_their_type_does() {
        for number in [0, 9, 10, 99, 100, 4_294_967_295, u64::MAX] {
            same(number, decimal);
        }
    }

    #[test]
    fn every_octet_port_and_length_is_written_as_its_type_does() {
        for number in 0..=u16::MAX {
            let [high, low] = number.to_be_bytes();
            let address = Ipv4Addr::new(low, high, 255 - low, low / 7);
            same(IpAddr::V4(address), ip);
            same(Endpoint::new(address.into(), number), endpoint);
            let length = low % 33;
            same(IpNet::new(address.into(), length).unwrap(), prefix);
            same(Mac([low, high, 0, 0xff, 255 - low, 1]), mac);
        }
    }

    #[test]
    fn ipv6_is_written_as_its_type_does() {
        for text in ["::", "::1", "2001:db8::1:0:0:1", "fe80::ff:fe00:1", "64:ff9b::10.0.0.1"] {
            let address: IpAddr = text.parse().unwrap();
            same(address, ip);
            same(Endpoint::new(address, 65_535), endpoint);
            same(IpNet::new(address, 64).unwrap(), prefix);
        }
    }
}
