//! Requests: a fixed part and attributes.

use crate::message::{HEADER_LEN, align};

/// Builds the payload of a request, or a whole message.
#[derive(Clone, Debug, Default)]
pub struct RequestBuilder {
    payload: Vec<u8>,
}

impl RequestBuilder {
    /// Starts with the fixed part (`struct rtmsg`, `struct inet_diag_req_v2`), padded.
    pub fn new(fixed: &[u8]) -> Self {
        let mut payload = fixed.to_vec();
        payload.resize(align(payload.len()), 0);
        Self { payload }
    }

    /// Appends an attribute.
    ///
    /// # Panics
    /// When the value is longer than 65,531 bytes, which no attribute can be.
    #[must_use]
    pub fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let len = u16::try_from(value.len() + 4).expect("an attribute is at most 65,535 bytes");
        self.payload.extend(len.to_ne_bytes());
        self.payload.extend(kind.to_ne_bytes());
        self.payload.extend(value);
        self.payload.resize(align(self.payload.len()), 0);
        self
    }

    /// Appends an attribute with four bytes in host byte order.
    #[must_use]
    pub fn u32(self, kind: u16, value: u32) -> Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Appends an attribute with two bytes in network byte order.
    #[must_use]
    pub fn be16(self, kind: u16, value: u16) -> Self {
        self.attribute(kind, &value.to_be_bytes())
    }

    /// Appends an attribute with an address of 4 or 16 bytes.
    #[must_use]
    pub fn ip(self, kind: u16, value: std::net::IpAddr) -> Self {
        match value {
            std::net::IpAddr::V4(v4) => self.attribute(kind, &v4.octets()),
            std::net::IpAddr::V6(v6) => self.attribute(kind, &v6.octets()),
        }
    }

    /// What was built, without a message header.
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// A whole message with `port` 0.
    pub fn message(self, kind: u16, flags: u16, seq: u32) -> Vec<u8> {
        let mut message = Vec::with_capacity(HEADER_LEN + self.payload.len());
        append_message(&mut message, kind, flags, seq, &self.payload);
        message
    }
}

/// Appends a whole message, padded, to `buffer`.
pub(crate) fn append_message(
    buffer: &mut Vec<u8>,
    kind: u16,
    flags: u16,
    seq: u32,
    payload: &[u8],
) {
    let len = u32::try_from(HEADER_LEN + payload.len()).expect("a request is far below 4 GiB");
    buffer.extend(len.to_ne_bytes());
    buffer.extend(kind.to_ne_bytes());
    buffer.extend(flags.to_ne_bytes());
    buffer.extend(seq.to_ne_bytes());
    buffer.extend(0_u32.to_ne_bytes());
    buffer.extend(payload);
    buffer.resize(align(buffer.len()), 0);
}
