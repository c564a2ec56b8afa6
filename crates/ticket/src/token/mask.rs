//! Netmasks.

use std::net::Ipv4Addr;

/// The prefix length of a mask whose ones stand together.
pub(crate) fn len(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let ones = bits.leading_ones();
    (ones + bits.trailing_zeros() >= 32).then(|| u8::try_from(ones).ok()).flatten()
}

/// The prefix length that a word means as a mask: `255.255.255.0`, or `0xffffff00` of BSD.
pub(crate) fn word(word: &str) -> Option<u8> {
    let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    match hex {
        Some(digits) if digits.len() == 8 => {
            len(Ipv4Addr::from_bits(u32::from_str_radix(digits, 16).ok()?))
        }
        Some(_) => None,
        None => len(word.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn masks_are_contiguous() {
        for (mask, length) in [
            ("255.255.255.0", Some(24)),
            ("0.0.0.0", Some(0)),
            ("255.255.255.255", Some(32)),
            ("255.255.240.0", Some(20)),
            ("0xffff0000", Some(16)),
            ("0xffffff00", Some(24)),
            ("255.0.255.0", None),
            ("0.0.0.255", None),
            ("192.0.2.1", None),
            ("0xffff", None),
            ("ffffff00", None),
        ] {
            assert_eq!(word(mask), length, "{mask}");
        }
    }
}
