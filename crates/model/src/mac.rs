//! Link-layer (Ethernet) addresses.

use std::fmt;
use std::str::FromStr;

/// A 48-bit Ethernet address; displayed in lower case with colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// From the bytes of a link-layer attribute; `None` unless there are exactly six.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 6]>::try_from(bytes).ok().map(Self)
    }

    /// True for 00:00:00:00:00:00, which devices such as `lo` carry.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 6]
    }

    /// True for ee:ee:ee:ee:ee:ee, which Calico gives the host side of each pod's cable: it stands for
    /// no machine.
    pub fn is_calico(self) -> bool {
        self.0 == [0xee; 6]
    }

    /// True for a virtual router address: VRRP (RFC 9568), HSRP version 1 and 2, or GLBP.
    pub fn is_virtual_router(self) -> bool {
        matches!(
            self.0,
            [0x00, 0x00, 0x5e, 0x00, 0x01 | 0x02, _]
                | [0x00, 0x00, 0x0c, 0x07, 0xac, _]
                | [0x00, 0x00, 0x0c, 0x9f, 0xf0..=0xff, _]
                | [0x00, 0x05, 0x73, 0xa0, 0x00..=0x0f, _]
                | [0x00, 0x07, 0xb4, 0x00..=0x03, _, _]
        )
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: a table has a hundred thousand, and `{:02x}` is six calls.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b':'; 17];
        for (octet, place) in self.0.iter().zip(text.chunks_mut(3)) {
            if let [high, low, ..] = place {
                *high = DIGITS[usize::from(octet >> 4)];
                *low = DIGITS[usize::from(octet & 0xf)];
            }
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The text is not six hexadecimal octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacParseError;

impl fmt::Display for MacParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected six hexadecimal octets")
    }
}

impl std::error::Error for MacParseError {}

impl FromStr for Mac {
    type Err = MacParseError;

    /// Accepts `:` or `-` between octets of one or two digits (macOS drops leading zeros).
    fn from_str(text: &str) -> Result<Self, MacParseError> {
        let mut octets = [0; 6];
        let mut parts = text.split([':', '-']);
        for octet in &mut octets {
            let part = parts.next().filter(|p| (1..=2).contains(&p.len())).ok_or(MacParseError)?;
            *octet = u8::from_str_radix(part, 16).map_err(|_| MacParseError)?;
        }
        if parts.next().is_some() { Err(MacParseError) } else { Ok(Self(octets)) }
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> Self {
        mac.to_string()
    }
}

impl TryFrom<String> for Mac {
    type Error = MacParseError;

    fn try_from(text: String) -> Result<Self, MacParseError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        let mac: Mac = "C0:3e:ba:be:d:2a".parse().unwrap();
        assert_eq!(mac.to_string(), "c0:3e:ba:be:0d:2a");
        assert!("c0:3e:ba:be:0d".parse::<Mac>().is_err());
        assert!("c0:3e:ba:be:0d:2a:00".parse::<Mac>().is_err());
    }
}
