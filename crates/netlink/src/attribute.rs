//! Attributes (`struct rtattr`, `struct nlattr`), walked only as far as they are asked for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::Mac;

use crate::message::align;

const HEADER_LEN: usize = 4;
/// `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER` taken off the type.
const TYPE_MASK: u16 = 0x3fff;

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The type without its flag bits.
    pub kind: u16,
    /// The value.
    pub payload: &'a [u8],
}

/// The bytes at this place are not an attribute, or a value has another length than its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The attributes of a message or of a nested attribute. What does not fit yields one `Err` and
/// ends the walk.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Over the bytes that follow the fixed part of a message.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The attributes of `payload` that follow a fixed part of `fixed_len` bytes.
    pub fn after(payload: &'a [u8], fixed_len: usize) -> Self {
        Self::new(payload.get(align(fixed_len)..).unwrap_or_default())
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((attribute, len)) = parse(self.rest) else {
            self.rest = &[];
            return Some(Err(Malformed));
        };
        self.rest = self.rest.get(align(len)..).unwrap_or_default();
        Some(Ok(attribute))
    }
}

fn parse(bytes: &[u8]) -> Option<(Attribute<'_>, usize)> {
    let (&[l0, l1, k0, k1], _) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let len = usize::from(u16::from_ne_bytes([l0, l1]));
    let payload = bytes.get(HEADER_LEN..len)?;
    Some((Attribute { kind: u16::from_ne_bytes([k0, k1]) & TYPE_MASK, payload }, len))
}

impl<'a> Attribute<'a> {
    fn exactly<const N: usize>(&self) -> Result<[u8; N], Malformed> {
        self.payload.try_into().map_err(|_| Malformed)
    }

    /// A single byte.
    pub fn u8(&self) -> Result<u8, Malformed> {
        self.exactly().map(u8::from_ne_bytes)
    }

    /// Two bytes in host byte order.
    pub fn u16(&self) -> Result<u16, Malformed> {
        self.exactly().map(u16::from_ne_bytes)
    }

    /// Two bytes in network byte order (ports, ethertypes).
    pub fn be16(&self) -> Result<u16, Malformed> {
        self.exactly().map(u16::from_be_bytes)
    }

    /// Four bytes in host byte order.
    pub fn u32(&self) -> Result<u32, Malformed> {
        self.exactly().map(u32::from_ne_bytes)
    }

    /// Four bytes in network byte order (conntrack).
    pub fn be32(&self) -> Result<u32, Malformed> {
        self.exactly().map(u32::from_be_bytes)
    }

    /// Four bytes in host byte order, with a sign.
    pub fn i32(&self) -> Result<i32, Malformed> {
        self.exactly().map(i32::from_ne_bytes)
    }

    /// Eight bytes in host byte order.
    pub fn u64(&self) -> Result<u64, Malformed> {
        self.exactly().map(u64::from_ne_bytes)
    }

    /// An address, whose length tells the family. Not unmapped.
    pub fn ip(&self) -> Result<IpAddr, Malformed> {
        match self.payload.len() {
            4 => self.exactly::<4>().map(|bytes| Ipv4Addr::from(bytes).into()),
            16 => self.exactly::<16>().map(|bytes| Ipv6Addr::from(bytes).into()),
            _ => Err(Malformed),
        }
    }

    /// A link-layer address of 6 bytes; `None` for other lengths (tunnels, InfiniBand).
    pub fn mac(&self) -> Option<Mac> {
        self.exactly::<6>().ok().map(Mac)
    }

    /// Text up to the first NUL; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        let end = self.payload.iter().position(|&byte| byte == 0).unwrap_or(self.payload.len());
        String::from_utf8_lossy(self.payload.get(..end).unwrap_or_default()).into_owned()
    }

    /// The attributes inside.
    pub fn nested(&self) -> Attributes<'a> {
        Attributes::new(self.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestBuilder;

    fn sample() -> Vec<u8> {
        RequestBuilder::new(&[])
            .attribute(1, &5_u32.to_ne_bytes())
            .attribute(2 | 0x8000, &[1, 2, 3, 4, 5, 6])
            .attribute(3, b"eth0\0")
            .attribute(4, &[])
            .into_payload()
    }

    #[test]
    fn values_are_read_by_type() {
        let bytes = sample();
        let all: Vec<_> = Attributes::new(&bytes).collect::<Result<_, _>>().unwrap();
        assert_eq!(all[0].u32(), Ok(5));
        assert_eq!(all[0].u16(), Err(Malformed));
        assert_eq!(all[0].ip(), Ok(IpAddr::from(5_u32.to_ne_bytes())));
        assert_eq!((all[1].kind, all[1].mac()), (2, Some(Mac([1, 2, 3, 4, 5, 6]))));
        assert_eq!(all[2].text(), "eth0");
        assert_eq!(all[3].payload, &[] as &[u8]);
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn a_cut_attribute_is_reported() {
        let bytes = sample();
        for len in 0..bytes.len() {
            let bad = Attributes::new(&bytes[..len]).filter(Result::is_err).count();
            // The padding after the last byte of a value may be missing.
            let whole = [0, 8, 18, 19, 20, 29, 30, 31, 32].contains(&len);
            assert_eq!(bad, usize::from(!whole), "{len}");
        }
    }

    #[test]
    fn a_length_below_the_header_ends_the_walk() {
        let all: Vec<_> = Attributes::new(&[3, 0, 1, 0, 8, 0, 2, 0]).collect();
        assert_eq!(all, [Err(Malformed)]);
    }
}
