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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use synrecv_model::Endpoint;
    use synrecv_netlink::Attributes;

    use super::*;

    fn question(local: &str, peer: &str) -> ReplyQuestion {
        let end = |text: &str, port| Endpoint::new(text.parse::<IpAddr>().unwrap(), port);
        let flow = Flow { local: end(local, 8080), peer: end(peer, 40_000) };
        ReplyQuestion { flow, mark: 7, uid: Some(0), oif: 3 }
    }

    fn values(question: &Question) -> Vec<(u16, Vec<u8>)> {
        let attributes = Attributes::after(&question.payload, 12).map(Result::unwrap);
        attributes.map(|attribute| (attribute.kind, attribute.payload.to_vec())).collect()
    }

    #[test]
    fn the_reply_is_asked_with_all_that_decides() {
        let asked = output(&question("10.1.0.10", "10.9.1.1"), RTM_F_LOOKUP_TABLE, Selectors::All);
        assert_eq!(asked.payload[..12], [2, 32, 32, 0, 0, 0, 0, 0, 0, 0x10, 0, 0]);
        let values = values(&asked);
        let value = |kind| values.iter().find(|(k, _)| *k == kind).map(|(_, value)| &value[..]);
        assert_eq!(value(RTA_DST), Some(&[10, 9, 1, 1][..]));
        assert_eq!(value(RTA_SRC), Some(&[10, 1, 0, 10][..]));
        assert_eq!(value(RTA_MARK), Some(&[7, 0, 0, 0][..]));
        assert_eq!(value(RTA_UID), Some(&[0; 4][..]));
        assert_eq!(value(RTA_OIF), Some(&[3, 0, 0, 0][..]));
        assert_eq!(value(RTA_IP_PROTO), Some(&[6][..]));
        assert_eq!(value(RTA_SPORT), Some(&8080_u16.to_be_bytes()[..]));
        assert_eq!(value(RTA_DPORT), Some(&40_000_u16.to_be_bytes()[..]));
    }

    #[test]
    fn a_packet_of_the_peer_has_its_ends_the_other_way_round() {
        let flow = question("10.1.0.10", "10.9.1.1").flow;
        let values = values(&input(&flow, 2, Selectors::All));
        assert!(values.contains(&(RTA_DST, vec![10, 1, 0, 10])));
        assert!(values.contains(&(RTA_SPORT, 40_000_u16.to_be_bytes().to_vec())));
        assert!(values.contains(&(RTA_IIF, vec![2, 0, 0, 0])));
    }

    #[test]
    fn old_kernels_and_ipv6_are_asked_less() {
        let v6 = question("2001:db8::1", "2001:db8:1::1");
        let flags = RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH;
        let asked = output(&v6, flags, Selectors::Old);
        assert_eq!(asked.payload[..12], [10, 128, 128, 0, 0, 0, 0, 0, 0, 0x20, 0, 0]);
        let kinds: Vec<u16> = values(&asked).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [RTA_DST, RTA_SRC, RTA_MARK, RTA_OIF]);
    }
}
