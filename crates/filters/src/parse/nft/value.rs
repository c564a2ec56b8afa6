//! Bytes of a register as text.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::selector::{Kind, Piece};
use crate::parse::words::{flag_words, word};

/// Name of a device by its number, where it is known.
pub type DeviceNames<'a> = &'a dyn Fn(u32) -> Option<String>;

/// Up to eight bytes as a number.
pub(super) fn number(bytes: &[u8], big_endian: bool) -> Option<u64> {
    let digit = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    let big_endian = big_endian || cfg!(target_endian = "big");
    (bytes.len() <= 8).then(|| {
        if big_endian { bytes.iter().fold(0, digit) } else { bytes.iter().rev().fold(0, digit) }
    })
}

pub(super) fn small(bytes: &[u8], big_endian: bool) -> Option<u32> {
    u32::try_from(number(bytes, big_endian)?).ok()
}

pub(in crate::parse) fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        16 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        // Writing to a `String` does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A name in a register of 16 bytes; one that fills it without a NUL is the start of names.
pub(super) fn name(bytes: &[u8]) -> String {
    let mut text = crate::parse::fields::text(bytes);
    if !bytes.contains(&0) && bytes.len() < 16 {
        text.push('*');
    }
    text
}

/// The names from `low` to `high` when these are all with one start.
pub(super) fn name_range(low: &[u8], high: &[u8]) -> Option<String> {
    if low == high {
        return Some(name(low));
    }
    let start = low.iter().zip(high).take_while(|(one, other)| one == other).count();
    let rest = low.iter().zip(high).skip(start).all(|pair| pair == (&0, &0xff));
    rest.then(|| name(low.get(..start).unwrap_or_default()))
}

/// Number of leading ones when a mask is that of a prefix.
pub(in crate::parse) fn prefix_len(mask: &[u8]) -> Option<u32> {
    let ones = |byte: &u8| byte.leading_ones();
    let whole = mask.iter().take_while(|byte| **byte == 0xff).count();
    let (partial, rest) = mask.get(whole..)?.split_first().unwrap_or((&0, &[]));
    let is_prefix = partial.count_ones() == ones(partial) && rest.iter().all(|byte| *byte == 0);
    is_prefix.then(|| u32::try_from(whole * 8).unwrap_or(0) + ones(partial))
}

/// First and last address, of full width, that a comparison of (a part of) an address lets through.
pub(super) fn address_range(
    piece: &Piece,
    mask: Option<&[u8]>,
    low: &[u8],
    high: &[u8],
) -> Option<(IpAddr, IpAddr)> {
    let mut low_bytes = low.to_vec();
    low_bytes.resize(piece.whole, 0);
    let mut high_bytes = high.to_vec();
    high_bytes.resize(piece.whole, 0xff);
    if let Some(mask) = mask {
        prefix_len(mask)?;
        for (at, mask) in mask.iter().enumerate() {
            let (low, high) = (low_bytes.get(at)?, high_bytes.get_mut(at)?);
            // A bit outside the mask that has to be set never is.
            if low != high || low & !mask != 0 {
                return None;
            }
            *high |= !mask;
        }
    }
    Some((address(&low_bytes)?, address(&high_bytes)?))
}

/// `10.0.0.1`, `10.0.0.0/8` or `10.0.0.1-10.0.0.9`.
pub(super) fn address_text(low: IpAddr, high: IpAddr) -> String {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let width = if low.is_ipv4() { 32 } else { 128 };
    let differing = bits(low) ^ bits(high);
    let host_bits = 128 - differing.leading_zeros();
    let is_prefix = differing.count_ones() == host_bits && bits(low) & differing == 0;
    match (is_prefix, host_bits) {
        (true, 0) => low.to_string(),
        (true, host_bits) => format!("{low}/{}", width - host_bits),
        (false, _) => format!("{low}-{high}"),
    }
}

/// A value as `nft` writes it.
pub(super) fn value_text(
    piece: &Piece,
    value: &[u8],
    big_endian: bool,
    devices: DeviceNames<'_>,
) -> String {
    let number = number(value, big_endian);
    let small = number.and_then(|number| u32::try_from(number).ok());
    match (piece.kind, number, small) {
        (Kind::Name, ..) => format!("\"{}\"", name(value)),
        (Kind::Address, ..) => match address_range(piece, None, value, value) {
            Some((low, high)) => address_text(low, high),
            None => hex(value),
        },
        (Kind::Mac, ..) if value.len() == 6 => {
            let octets: Vec<String> = value.iter().map(|byte| format!("{byte:02x}")).collect();
            octets.join(":")
        }
        (Kind::Device, _, Some(index)) => match devices(index) {
            Some(name) => format!("\"{name}\""),
            None => index.to_string(),
        },
        (Kind::Mark, Some(number), _) => format!("0x{number:08x}"),
        (Kind::Words(words), _, Some(number)) => word(words, number),
        (Kind::Flags(words), _, Some(number)) => flag_words(words, number, ","),
        (Kind::Number, Some(number), _) => number.to_string(),
        _ => hex(value),
    }
}

/// A range as `nft` writes it.
pub(super) fn range_text(
    piece: &Piece,
    low: &[u8],
    high: &[u8],
    big_endian: bool,
    devices: DeviceNames<'_>,
) -> String {
    if low == high {
        return value_text(piece, low, big_endian, devices);
    }
    if piece.kind == Kind::Address
        && let Some((low, high)) = address_range(piece, None, low, high)
    {
        return address_text(low, high);
    }
    if piece.kind == Kind::Name
        && let Some(name) = name_range(low, high)
    {
        return format!("\"{name}\"");
    }
    let end = |value| value_text(piece, value, big_endian, devices);
    format!("{}-{}", end(low), end(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_ranges_of_addresses() {
        let text =
            |low: &str, high: &str| address_text(low.parse().unwrap(), high.parse().unwrap());
        assert_eq!(text("10.0.0.1", "10.0.0.1"), "10.0.0.1");
        assert_eq!(text("10.0.0.0", "10.255.255.255"), "10.0.0.0/8");
        assert_eq!(text("0.0.0.0", "255.255.255.255"), "0.0.0.0/0");
        assert_eq!(text("10.0.0.1", "10.0.0.2"), "10.0.0.1-10.0.0.2");
        assert_eq!(text("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::/0");
        assert_eq!(text("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "fe80::/10");
    }

    #[test]
    fn masks_of_prefixes() {
        assert_eq!(prefix_len(&[0xff, 0xfe, 0, 0]), Some(15));
        assert_eq!(prefix_len(&[0xff; 4]), Some(32));
        assert_eq!(prefix_len(&[0; 4]), Some(0));
        assert_eq!(prefix_len(&[0xff, 0, 0xff, 0]), None);
        assert_eq!(prefix_len(&[0xfd, 0]), None);
    }

    #[test]
    fn starts_of_names() {
        assert_eq!(name(b"eth"), "eth*");
        assert_eq!(name(b"eth0\0"), "eth0");
        assert_eq!(name_range(b"eth\0\0", b"eth\xff\xff").as_deref(), Some("eth*"));
        assert_eq!(name_range(b"eth\x01\0", b"eth\xff\xff"), None);
    }
}
