//! The Internet checksum (RFC 1071).

use super::Ip;

/// Sum of 16-bit words, not folded.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    // Words of 32 bits: sums are the same after folding, and half as many additions are needed.
    let (words, rest) = bytes.as_chunks::<4>();
    let sum: u64 = words.iter().map(|&word| u64::from(u32::from_be_bytes(word))).sum();
    let mut last = [0; 4];
    for (place, &byte) in last.iter_mut().zip(rest) {
        *place = byte;
    }
    sum + u64::from(u32::from_be_bytes(last))
}

/// Folds a sum into 16 bits.
pub(super) fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(0)
}

/// Sum of the pseudo header, not folded.
pub(super) fn pseudo_header(ip: &Ip<'_>, protocol: u8) -> u64 {
    // The ten octets before a mapped IPv4 address are no part of it.
    let skip = if ip.is_v4 { 12 } else { 0 };
    sum(&ip.src[skip..])
        + sum(&ip.dst[skip..])
        + u64::from(protocol)
        + u64::try_from(ip.payload_len).unwrap_or(0)
}
