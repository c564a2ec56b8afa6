//! Netlink messages in a receive buffer (`struct nlmsghdr`, RFC 3549 section 2.3.2).

use synrecv_model::{Mono, Text};

/// Length of `struct nlmsghdr`.
pub(crate) const HEADER_LEN: usize = 16;

/// Flags of a message header, `include/uapi/linux/netlink.h`.
pub mod flags {
    /// `NLM_F_REQUEST`: set on every request.
    pub const REQUEST: u16 = 0x1;
    /// `NLM_F_MULTI`: part of an answer that ends with `NLMSG_DONE`.
    pub const MULTI: u16 = 0x2;
    /// `NLM_F_ACK`: answer with an `NLMSG_ERROR` of 0.
    pub const ACK: u16 = 0x4;
    /// `NLM_F_DUMP_INTR`: the table changed while it was dumped.
    pub const DUMP_INTR: u16 = 0x10;
    /// `NLM_F_DUMP_FILTERED`: the kernel applied the filter of the request.
    pub const DUMP_FILTERED: u16 = 0x20;
    /// `NLM_F_ROOT` | `NLM_F_MATCH`: the whole table.
    pub const DUMP: u16 = 0x300;
    /// `NLM_F_ACK_TLVS`: the `NLMSG_ERROR` carries attributes.
    pub const ACK_TLVS: u16 = 0x200;
    /// `NLM_F_CAPPED`: the `NLMSG_ERROR` holds only the header of the request.
    pub const CAPPED: u16 = 0x100;
}

/// Message types that mean the same in every protocol.
pub mod kind {
    /// `NLMSG_NOOP`
    pub const NOOP: u16 = 1;
    /// `NLMSG_ERROR`
    pub const ERROR: u16 = 2;
    /// `NLMSG_DONE`
    pub const DONE: u16 = 3;
    /// `NLMSG_OVERRUN`
    pub const OVERRUN: u16 = 4;
}

/// Rounds up to `NLMSG_ALIGNTO`, which is also `NLA_ALIGNTO`.
pub const fn align(len: usize) -> usize {
    len.saturating_add(3) & !3
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`; for an answer that of the request.
    pub seq: u32,
    /// `nlmsg_pid`: port of the socket that asked; for a notice that of who changed something.
    pub port: u32,
    /// When the kernel wrote it, as near as can be known: the end of the system call in which it
    /// filled the datagram. For a dump that is the receive before the one that brought it.
    pub at: Mono,
    /// What follows the header.
    pub payload: &'a [u8],
}

/// A message that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable(pub Text);

impl Undecodable {
    /// Says what was not understood.
    pub fn new(what: impl Into<Text>) -> Self {
        Self(what.into())
    }
}

impl From<crate::Malformed> for Undecodable {
    fn from(_: crate::Malformed) -> Self {
        Self::new("malformed attribute")
    }
}

/// The messages of one datagram. A header that does not fit yields one `Err` and ends it.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
    at: Mono,
}

impl<'a> Messages<'a> {
    /// Over the bytes of one datagram, which the kernel filled at `at`.
    pub fn new(datagram: &'a [u8], at: Mono) -> Self {
        Self { rest: datagram, at }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Undecodable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((message, len)) = parse(self.rest, self.at) else {
            self.rest = &[];
            return Some(Err(Undecodable::new("netlink message longer than its datagram")));
        };
        self.rest = self.rest.get(align(len)..).unwrap_or_default();
        Some(Ok(message))
    }
}

fn parse(bytes: &[u8], at: Mono) -> Option<(Message<'_>, usize)> {
    let (header, _) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, p0, p1, p2, p3] = *header;
    let len = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).ok()?;
    let payload = bytes.get(HEADER_LEN..len)?;
    let message = Message {
        kind: u16::from_ne_bytes([k0, k1]),
        flags: u16::from_ne_bytes([f0, f1]),
        seq: u32::from_ne_bytes([s0, s1, s2, s3]),
        port: u32::from_ne_bytes([p0, p1, p2, p3]),
        at,
        payload,
    };
    Some((message, len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestBuilder;

    #[test]
    fn every_truncation_is_an_error_or_an_end() {
        let mut datagram =
            RequestBuilder::new(&[1, 2, 3, 4]).attribute(7, &[9; 5]).message(20, 2, 77);
        datagram.extend(RequestBuilder::new(&[]).message(3, 2, 77));
        assert_eq!(Messages::new(&datagram, Mono(7)).flatten().count(), 2);
        for len in 0..datagram.len() {
            let last = Messages::new(&datagram[..len], Mono(7)).last();
            let whole = len == 0 || len == 32;
            assert_eq!(last.is_none_or(|message| message.is_ok()), whole, "{len}");
        }
    }

    #[test]
    fn a_length_below_the_header_ends_the_walk() {
        let mut datagram = RequestBuilder::new(&[0; 4]).message(20, 2, 1);
        datagram[0] = 8;
        let all: Vec<_> = Messages::new(&datagram, Mono(7)).collect();
        assert_eq!(all.len(), 1);
        assert!(all[0].is_err());
    }
}
