//! Answers of `sock_diag` for TCP: `struct inet_diag_msg` and its attributes,
//! `include/uapi/linux/inet_diag.h`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::{Endpoint, Family, Flow, Mono, TcpState, text};
use synrecv_netlink::{Attributes, Message, Undecodable};

/// Length of `struct inet_diag_msg`.
const FIXED_LEN: usize = 72;

/// Attribute types that are looked at.
mod attribute {
    pub(super) const MEMINFO: u16 = 1;
    pub(super) const SKMEMINFO: u16 = 7;
    pub(super) const SKV6ONLY: u16 = 11;
    pub(super) const MARK: u16 = 15;
}
/// Index of `SK_MEMINFO_OPTMEM` in `INET_DIAG_SKMEMINFO`.
const OPTMEM: usize = 6;
/// Index of `SK_MEMINFO_DROPS`, since Linux 4.7.
const DROPS: usize = 8;

/// One socket as `sock_diag` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagRow {
    /// `idiag_family`: of the socket, for a request of its listener.
    pub family: Family,
    /// `idiag_state`.
    pub state: TcpState,
    /// `idiag_timer`; 0 when none runs.
    pub timer: u8,
    /// `idiag_retrans`: for a request SYN-ACKs sent again, else retransmissions or probes.
    pub retrans_count: u8,
    /// The two ends.
    pub flow: Flow,
    /// `idiag_if`.
    pub ifindex: u32,
    /// `idiag_expires`, milliseconds.
    pub expires_ms: u32,
    /// `idiag_rqueue`: for a listener the accept queue, else bytes.
    pub rqueue: u32,
    /// `idiag_wqueue`: for a listener the limit of the accept queue, else bytes.
    pub wqueue: u32,
    /// `idiag_uid`; always 0 for a request.
    pub uid: u32,
    /// `idiag_inode`; 0 for a request.
    pub inode: u64,
    /// A full socket (it has memory): in state 3 that is a Fast Open child.
    pub full: bool,
    /// `SK_MEMINFO_DROPS`.
    pub drops_count: Option<u32>,
    /// `SK_MEMINFO_OPTMEM`.
    pub optmem_bytes: Option<u32>,
    /// `INET_DIAG_SKV6ONLY`.
    pub v6only: Option<bool>,
    /// `INET_DIAG_MARK`; only for callers with `CAP_NET_ADMIN`.
    pub mark: Option<u32>,
    /// When the kernel wrote the row.
    pub at: Mono,
}

/// Reads one answer.
///
/// # Errors
/// When the message is shorter than its fixed part, or has an unknown family or state, or an
/// attribute that does not fit.
pub fn row(message: &Message<'_>) -> Result<DiagRow, Undecodable> {
    let Some((fixed, _)) = message.payload.split_first_chunk::<FIXED_LEN>() else {
        return Err(Undecodable::new("inet_diag_msg shorter than 72 bytes"));
    };
    let family = Family::from_number(fixed[0])
        .ok_or_else(|| Undecodable::new(text!["inet_diag_msg of address family ", fixed[0]]))?;
    let state = TcpState::from_number(fixed[1])
        .ok_or_else(|| Undecodable::new(text!["inet_diag_msg in state ", fixed[1]]))?;
    let port = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    let host =
        |at: usize| u32::from_ne_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let mut row = DiagRow {
        family,
        state,
        timer: fixed[2],
        retrans_count: fixed[3],
        flow: Flow {
            local: Endpoint::new(address(family, &fixed[8..24]), port(4)),
            peer: Endpoint::new(address(family, &fixed[24..40]), port(6)),
        },
        ifindex: host(40),
        expires_ms: host(52),
        rqueue: host(56),
        wqueue: host(60),
        uid: host(64),
        inode: u64::from(host(68)),
        full: false,
        drops_count: None,
        optmem_bytes: None,
        v6only: None,
        mark: None,
        at: message.at,
    };
    for attribute in Attributes::after(message.payload, FIXED_LEN) {
        let attribute = attribute?;
        match attribute.kind {
            attribute::MEMINFO => row.full = true,
            attribute::SKMEMINFO => {
                row.full = true;
                let value = |index| word(attribute.payload, index);
                (row.optmem_bytes, row.drops_count) = (value(OPTMEM), value(DROPS));
            }
            attribute::SKV6ONLY => row.v6only = Some(attribute.u8()? != 0),
            attribute::MARK => row.mark = Some(attribute.u32()?),
            _ => {}
        }
    }
    Ok(row)
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    bytes.chunks_exact(4).nth(index)?.try_into().ok().map(u32::from_ne_bytes)
}

fn address(family: Family, bytes: &[u8]) -> IpAddr {
    match family {
        Family::V4 => {
            bytes.first_chunk::<4>().map_or(Ipv4Addr::UNSPECIFIED, |b| (*b).into()).into()
        }
        Family::V6 => {
            bytes.first_chunk::<16>().map_or(Ipv6Addr::UNSPECIFIED, |b| (*b).into()).into()
        }
    }
}

#[cfg(test)]
mod tests;
