//! The `RTM_GETROUTE` requests of one question.

use synrecv_model::{Family, Flow, ReplyQuestion};
use synrecv_netlink::{Question, RequestBuilder};

const RTM_GETROUTE: u16 = 26;

const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_IIF: u16 = 3;
const RTA_OIF: u16 = 4;
const RTA_MARK: u16 = 16;
const RTA_UID: u16 = 25;
const RTA_IP_PROTO: u16 = 27;
const RTA_SPORT: u16 = 28;
const RTA_DPORT: u16 = 29;

const IPPROTO_TCP: u8 = 6;

/// RTM_F_LOOKUP_TABLE: name the table that decided, not always `main`.
pub(super) const RTM_F_LOOKUP_TABLE: u32 = 0x1000;
/// RTM_F_FIB_MATCH: answer with the table entry instead of the way out.
pub(super) const RTM_F_FIB_MATCH: u32 = 0x2000;

/// Which of the later selectors the kernel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selectors {
    /// With uid, protocol and ports.
    All,
    /// Addresses, mark and devices only.
    Old,
}

/// The look-up of the SYN-ACK.
pub(super) fn output(question: &ReplyQuestion, flags: u32, selectors: Selectors) -> Question {
    let Flow { local, peer } = question.flow;
    let family = Family::of(peer.ip);
    let mut request = RequestBuilder::new(&header(family, flags))
        .ip(RTA_DST, peer.ip)
        .ip(RTA_SRC, local.ip)
        .u32(RTA_MARK, question.mark);
    if question.oif != 0 {
        request = request.u32(RTA_OIF, question.oif);
    }
    if selectors == Selectors::All {
        request = request
            .attribute(RTA_IP_PROTO, &[IPPROTO_TCP])
            .be16(RTA_SPORT, local.port)
            .be16(RTA_DPORT, peer.port);
        if let Some(uid) = question.uid {
            request = request.u32(RTA_UID, uid);
        }
    }
    get(request)
}

/// The look-up of a packet from the peer that comes in on the device `iif`.
pub(super) fn input(flow: &Flow, iif: u32, selectors: Selectors) -> Question {
    let Flow { local, peer } = *flow;
    let family = Family::of(peer.ip);
    let mut request = RequestBuilder::new(&header(family, RTM_F_LOOKUP_TABLE))
        .ip(RTA_DST, local.ip)
        .ip(RTA_SRC, peer.ip)
        .u32(RTA_IIF, iif);
    if selectors == Selectors::All {
        request = request
            .attribute(RTA_IP_PROTO, &[IPPROTO_TCP])
            .be16(RTA_SPORT, peer.port)
            .be16(RTA_DPORT, local.port);
    }
    get(request)
}

fn get(request: RequestBuilder) -> Question {
    Question { kind: RTM_GETROUTE, flags: 0, payload: request.into_payload() }
}

/// `struct rtmsg` for a source and a destination address of full length.
fn header(family: Family, flags: u32) -> [u8; 12] {
    let bits = match family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    let mut header = [0; 12];
    header[..3].copy_from_slice(&[family.number(), bits, bits]);
    header[8..].copy_from_slice(&header_flags(family, flags).to_ne_bytes());
    header
}

/// IPv6 always names the table, and a strict kernel refuses to be asked for it.
fn header_flags(family: Family, flags: u32) -> u32 {
    match family {
        Family::V4 => flags,
        Family::V6 => flags & !RTM_F_LOOKUP_TABLE,
    }
}
