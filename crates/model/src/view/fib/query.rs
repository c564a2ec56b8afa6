//! What is looked up.

use std::net::IpAddr;

use crate::{Family, ReplyQuestion};

const IPPROTO_TCP: u8 = 6;

/// One look-up, as `struct flowi4` and `struct flowi6` hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FibQuery {
    /// Where the packet goes. `daddr`.
    pub destination: IpAddr,
    /// Where it comes from; `None` leaves the choice to the kernel. `saddr`.
    pub source: Option<IpAddr>,
    /// Ifindex of the device it has to leave by; 0 for any. `flowi_oif`.
    pub oif: u32,
    /// True when `oif` is that of a socket bound to a device: IPv6 then never leaves by another
    /// one. RTM_GETROUTE cannot ask so, except without a source.
    pub bound: bool,
    /// Ifindex of the device it came in by; 0 for a packet of this host. `flowi_iif`.
    pub iif: u32,
    /// `flowi_mark`.
    pub mark: u32,
    /// `flowi_uid`; `None` when it is not known.
    pub uid: Option<u32>,
    /// 6 for TCP; 0 when the question names none. `flowi_proto`.
    pub ip_protocol: u8,
    /// Source port in host byte order; 0 when the question names none.
    pub sport: u16,
    /// Destination port in host byte order; 0 when the question names none.
    pub dport: u16,
    /// The whole octet of TOS or traffic class.
    pub tos: u8,
}

impl FibQuery {
    /// A packet of this host to an address, with nothing else said; its uid is not known.
    pub fn to(destination: IpAddr) -> Self {
        Self {
            destination,
            source: None,
            oif: 0,
            bound: false,
            iif: 0,
            mark: 0,
            uid: None,
            ip_protocol: 0,
            sport: 0,
            dport: 0,
            tos: 0,
        }
    }

    /// Family of the tables that decide.
    pub fn family(&self) -> Family {
        Family::of(self.destination)
    }

    /// The source; an unspecified address is none.
    pub(super) fn named_source(&self) -> Option<IpAddr> {
        self.source.filter(|source| !source.is_unspecified())
    }
}

impl From<&ReplyQuestion> for FibQuery {
    /// The look-up of the SYN-ACK itself. A device in the question is one its socket is bound to.
    fn from(question: &ReplyQuestion) -> Self {
        let ReplyQuestion { flow, mark, uid, oif } = *question;
        Self {
            source: Some(flow.local.ip),
            oif,
            bound: oif != 0,
            mark,
            uid,
            ip_protocol: IPPROTO_TCP,
            sport: flow.local.port,
            dport: flow.peer.port,
            ..Self::to(flow.peer.ip)
        }
    }
}
