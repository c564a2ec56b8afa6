//! Address and port of one end of a connection, and the pair of them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Address family of a socket, route or rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Family {
    /// AF_INET.
    V4,
    /// AF_INET6.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// From the kernel's number; `None` for every family but AF_INET and AF_INET6.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            2 => Some(Self::V4),
            10 => Some(Self::V6),
            _ => None,
        }
    }

    /// The kernel's number: AF_INET is 2, AF_INET6 is 10.
    pub fn number(self) -> u8 {
        match self {
            Self::V4 => 2,
            Self::V6 => 10,
        }
    }

    /// `ipv4` or `ipv6`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }
}

/// Maps `::ffff:a.b.c.d` to `a.b.c.d`; leaves every other address as it is.
pub fn canonical_ip(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

/// One end of a TCP socket. v4-mapped IPv6 addresses are unmapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Endpoint {
    /// The address, canonical (never v4-mapped).
    #[cfg_attr(feature = "serde", serde(deserialize_with = "deserialize_canonical"))]
    pub ip: IpAddr,
    /// The port in host byte order; 0 for "any".
    pub port: u16,
}

#[cfg(feature = "serde")]
fn deserialize_canonical<'de, D: serde::Deserializer<'de>>(from: D) -> Result<IpAddr, D::Error> {
    serde::Deserialize::deserialize(from).map(canonical_ip)
}

impl Endpoint {
    /// Unmaps a v4-mapped address.
    pub fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip: canonical_ip(ip), port }
    }

    /// True when the address is link-local IPv6, which is unique only together with a device.
    pub fn needs_device(&self) -> bool {
        matches!(self.ip, IpAddr::V6(v6) if is_link_local(v6))
    }
}

fn is_link_local(v6: Ipv6Addr) -> bool {
    v6.segments()[0] & 0xffc0 == 0xfe80
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            IpAddr::V4(v4) => {
                let mut text = Digits::default();
                text.dotted(v4);
                text.push(b':');
                text.decimal(u32::from(self.port));
                f.write_str(text.as_str())
            }
            IpAddr::V6(v6) => write!(f, "[{v6}]:{}", self.port),
        }
    }
}

/// An address as its type writes it, in one piece: a table of a million rows has as many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownIp(pub IpAddr);

impl fmt::Display for ShownIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => {
                let mut text = Digits::default();
                text.dotted(v4);
                f.write_str(text.as_str())
            }
            IpAddr::V6(v6) => v6.fmt(f),
        }
    }
}

/// Room for `255.255.255.255:65535`.
#[derive(Default)]
struct Digits {
    bytes: [u8; 24],
    len: usize,
}

impl Digits {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn decimal(&mut self, number: u32) {
        if number > 9 {
            self.decimal(number / 10);
        }
        // One digit.
        self.push(b'0' + (number % 10) as u8);
    }

    fn dotted(&mut self, v4: Ipv4Addr) {
        let [a, b, c, d] = v4.octets();
        for octet in [a, b, c] {
            self.decimal(u32::from(octet));
            self.push(b'.');
        }
        self.decimal(u32::from(d));
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

/// The two ends of a connection as this host sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Flow {
    /// Our end.
    pub local: Endpoint,
    /// The client's end.
    pub peer: Endpoint,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_are_shown_as_ipv4() {
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(Endpoint::new(mapped, 80).to_string(), "10.0.0.1:80");
        let v6: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(Endpoint::new(v6, 80).to_string(), "[2001:db8::1]:80");
    }

    #[test]
    fn addresses_are_written_as_their_type_does() {
        for text in ["0.0.0.0", "9.10.99.100", "255.255.255.255", "2001:db8::1", "::"] {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(ShownIp(ip).to_string(), ip.to_string());
        }
        let end = Endpoint::new("255.255.255.255".parse().unwrap(), 65_535);
        assert_eq!(end.to_string(), "255.255.255.255:65535");
        assert_eq!(Endpoint::new("1.2.3.4".parse().unwrap(), 0).to_string(), "1.2.3.4:0");
    }
}
