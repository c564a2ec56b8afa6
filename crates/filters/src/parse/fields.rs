//! The attributes of one nested attribute by number, and pieces of fixed structures.

use synrecv_netlink::{Attributes, Malformed};

/// No expression of nf_tables that is read here has a higher attribute.
const FIELDS_MAX: usize = 24;

/// Values by attribute number; the last one of a number counts, as it does in the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>([Option<&'a [u8]>; FIELDS_MAX]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::of(Attributes::new(bytes))
    }

    pub(super) fn of(attributes: Attributes<'a>) -> Result<Self, Malformed> {
        let mut fields = [None; FIELDS_MAX];
        for attribute in attributes {
            let attribute = attribute?;
            if let Some(place) = fields.get_mut(usize::from(attribute.kind)) {
                *place = Some(attribute.payload);
            }
        }
        Ok(Self(fields))
    }

    pub(super) fn bytes(&self, kind: usize) -> Option<&'a [u8]> {
        self.0.get(kind).copied().flatten()
    }

    pub(super) fn u8(&self, kind: usize) -> Option<u8> {
        let [byte] = self.bytes(kind)?.try_into().ok()?;
        Some(byte)
    }

    pub(super) fn be16(&self, kind: usize) -> Option<u16> {
        Some(u16::from_be_bytes(self.bytes(kind)?.try_into().ok()?))
    }

    pub(super) fn be32(&self, kind: usize) -> Option<u32> {
        Some(u32::from_be_bytes(self.bytes(kind)?.try_into().ok()?))
    }

    pub(super) fn be64(&self, kind: usize) -> Option<u64> {
        Some(u64::from_be_bytes(self.bytes(kind)?.try_into().ok()?))
    }

    /// Text up to the first NUL.
    pub(super) fn text(&self, kind: usize) -> Option<String> {
        self.bytes(kind).map(text)
    }

    /// The value inside `struct nft_data`: NFTA_DATA_VALUE.
    pub(super) fn data(&self, kind: usize) -> Option<&'a [u8]> {
        Fields::new(self.bytes(kind)?).ok()?.bytes(1)
    }

    pub(super) fn nested(&self, kind: usize) -> Result<Option<Fields<'a>>, Malformed> {
        self.bytes(kind).map(Fields::new).transpose()
    }
}

/// Text up to the first NUL; bytes that are not UTF-8 are replaced.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// `N` bytes of a structure.
pub(super) fn at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk::<N>().copied()
}

/// Two bytes of a structure in host byte order.
pub(super) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    at(bytes, offset).map(u16::from_ne_bytes)
}

/// Four bytes of a structure in host byte order.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    at(bytes, offset).map(u32::from_ne_bytes)
}
