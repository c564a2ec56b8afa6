//! Numbers.

/// A number, decimal or hexadecimal with `0x`.
pub(crate) fn any(word: &str) -> Option<u64> {
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => decimal(word),
    }
}

/// A number of nothing but decimal digits.
pub(crate) fn decimal(word: &str) -> Option<u64> {
    word.bytes().all(|octet| octet.is_ascii_digit()).then(|| word.parse().ok()).flatten()
}

/// As [`any`], when it fits 32 bits.
pub(crate) fn any32(word: &str) -> Option<u32> {
    any(word)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{any, any32, decimal};

    #[test]
    fn numbers() {
        assert_eq!(any("80"), Some(80));
        assert_eq!(any("0xff0000"), Some(0xff_0000));
        assert_eq!(any32("4294967295"), Some(u32::MAX));
        assert_eq!(any32("4294967296"), None);
        for word in ["", "+1", "-1", "0x", "1k", "0xg"] {
            assert_eq!(any(word), None, "{word}");
        }
        assert_eq!(decimal("0x1"), None);
    }
}
