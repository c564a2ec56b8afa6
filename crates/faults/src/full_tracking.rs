//! A connection tracking table without room, full of connections that nobody ended.
//!
//! The limit is the whole machine's and cannot be changed in a namespace, but each namespace counts
//! its own entries: so the table of one is filled to the limit, by nfnetlink, and no setting is
//! touched.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

const COUNT: &str = "/proc/sys/net/netfilter/nf_conntrack_count";
const MAX: &str = "/proc/sys/net/netfilter/nf_conntrack_max";

/// An entry takes about 320 bytes of the kernel's memory: 320 MiB.
const ENTRIES_MOST: u32 = 1 << 20;

/// Entries of one message to the kernel, of 112 bytes each: a send buffer holds 208 KiB.
const BATCH: u32 = 512;

/// The entries end with the namespace, long before this.
const TIMEOUT_S: u32 = 432_000;

impl Namespace {
    /// Fills the table of connection tracking, which some rule must have switched on, with
    /// connections of 100.96.0.0/11 to port 8443 of this address that are established.
    ///
    /// # Errors
    /// [`LabError::Configure`] when the kernel refuses entries, or when its limit is above 2^20.
    pub(crate) fn fill_tracking(&self, local: Ipv4Addr) -> Result<()> {
        let failed = |source| LabError::Configure {
            doing: "fill the table of connection tracking".to_owned(),
            namespace: self.name().to_owned(),
            source,
        };
        self.run(move || fill(local))?.map_err(failed)
    }
}

fn fill(local: Ipv4Addr) -> io::Result<()> {
    let max = number(MAX)?;
    if max > ENTRIES_MOST {
        let limit = format!("nf_conntrack_max is {max}: too many entries to make");
        return Err(io::Error::other(limit));
    }
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        flags,
        Some(netlink::NETFILTER),
    )?;
    // A few entries find their place in the table taken, so it is filled in rounds.
    let mut next = 0;
    while next < 2 * max {
        let missing = max.saturating_sub(number(COUNT)?);
        if missing == 0 {
            return Ok(());
        }
        for first in (next..next + missing).step_by(BATCH as usize) {
            let last = (first + BATCH).min(next + missing);
            let entries: Vec<u8> = (first..last).flat_map(|n| entry(n, local)).collect();
            rustix::net::send(&socket, &entries, SendFlags::empty())?;
            discard_answers(&socket);
        }
        next += missing;
    }
    Err(io::Error::other(format!("{} of {max} entries could be made", number(COUNT)?)))
}

fn number(path: &str) -> io::Result<u32> {
    let text = std::fs::read_to_string(path)?;
    text.trim().parse().map_err(|_| io::Error::other(format!("{path} is no number")))
}

/// The kernel answers only for entries that it did not make, before `send` returns; how many there
/// are is counted.
fn discard_answers(socket: &OwnedFd) {
    let mut buffer = [0; 8192];
    while rustix::net::recv(socket, &mut buffer, RecvFlags::empty()).is_ok() {}
}

/// A message of `IPCTNL_MSG_CT_NEW`; see `linux/netfilter/nfnetlink_conntrack.h`.
fn entry(number: u32, local: Ipv4Addr) -> Vec<u8> {
    const IPCTNL_MSG_CT_NEW: u16 = 0x0100;
    const REQUEST_CREATE_EXCLUSIVE: u16 = 0x1 | 0x200 | 0x400;
    const CTA_TUPLE_ORIG: u16 = 1;
    const CTA_TUPLE_REPLY: u16 = 2;
    const CTA_STATUS: u16 = 3;
    const CTA_PROTOINFO: u16 = 4;
    const CTA_PROTOINFO_TCP: u16 = 1;
    const CTA_PROTOINFO_TCP_STATE: u16 = 1;
    const CTA_TIMEOUT: u16 = 7;
    const ESTABLISHED: u8 = 3;
    // IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED: not dropped early to make room.
    const STATUS: u32 = 0x2 | 0x4 | 0x8;

    let peer = (Ipv4Addr::from(0x6460_0000 + number / 256), 20_000 + (number % 256) as u16);
    let local = (local, 8443);
    let state = attribute(CTA_PROTOINFO_TCP_STATE, &[ESTABLISHED]);
    let body = [
        // `struct nfgenmsg`: AF_INET
        vec![2, 0, 0, 0],
        nested(CTA_TUPLE_ORIG, &tuple(peer, local)),
        nested(CTA_TUPLE_REPLY, &tuple(local, peer)),
        attribute(CTA_STATUS, &STATUS.to_be_bytes()),
        attribute(CTA_TIMEOUT, &TIMEOUT_S.to_be_bytes()),
        nested(CTA_PROTOINFO, &nested(CTA_PROTOINFO_TCP, &state)),
    ]
    .concat();
    let length = u32::try_from(16 + body.len()).unwrap_or_default();
    [
        &length.to_ne_bytes()[..],
        &IPCTNL_MSG_CT_NEW.to_ne_bytes(),
        &REQUEST_CREATE_EXCLUSIVE.to_ne_bytes(),
        &number.to_ne_bytes(),
        &[0; 4],
        &body,
    ]
    .concat()
}

/// One direction of a TCP connection.
fn tuple(source: (Ipv4Addr, u16), destination: (Ipv4Addr, u16)) -> Vec<u8> {
    const CTA_TUPLE_IP: u16 = 1;
    const CTA_TUPLE_PROTO: u16 = 2;
    const TCP: u8 = 6;
    let addresses =
        [attribute(1, &source.0.octets()), attribute(2, &destination.0.octets())].concat();
    let protocol = [
        attribute(1, &[TCP]),
        attribute(2, &source.1.to_be_bytes()),
        attribute(3, &destination.1.to_be_bytes()),
    ]
    .concat();
    [nested(CTA_TUPLE_IP, &addresses), nested(CTA_TUPLE_PROTO, &protocol)].concat()
}

fn nested(kind: u16, attributes: &[u8]) -> Vec<u8> {
    const NLA_F_NESTED: u16 = 0x8000;
    attribute(kind | NLA_F_NESTED, attributes)
}

/// `struct nlattr` with its value, padded.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or_default();
    let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_aligned_and_differ() {
        let local = Ipv4Addr::new(10, 1, 0, 10);
        let first = entry(0, local);
        assert_eq!(first.len() % 4, 0);
        assert_eq!(first[..4], u32::try_from(first.len()).unwrap().to_ne_bytes());
        assert!(first.len() * BATCH as usize <= 200 << 10);
        assert_ne!(entry(255, local)[16..], entry(256, local)[16..]);
        assert_ne!(first[16..], entry(256, local)[16..]);
    }
}
