//! Conntrack entries: `IPCTNL_MSG_CT_NEW` payloads, see `linux/netfilter/nfnetlink_conntrack.h`.

use synrecv_model::{ConntrackEntry, Endpoint, TrackedState};
use synrecv_netlink::{Attribute, Attributes, Malformed, Undecodable};

use crate::cta::{
    CTA_IP_V4_DST, CTA_IP_V4_SRC, CTA_IP_V6_DST, CTA_IP_V6_SRC, CTA_PROTO_DST_PORT,
    CTA_PROTO_SRC_PORT, CTA_TUPLE_IP, CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, CTA_TUPLE_REPLY,
};

/// `struct nfgenmsg`: family, version, resource.
const HEADER_LEN: usize = 4;

const CTA_STATUS: u16 = 3;
const CTA_PROTOINFO: u16 = 4;
const CTA_TIMEOUT: u16 = 7;

const CTA_PROTOINFO_TCP: u16 = 1;
const CTA_PROTOINFO_TCP_STATE: u16 = 1;

const IPS_SEEN_REPLY: u32 = 1 << 1;
const IPS_ASSURED: u32 = 1 << 2;

/// One entry of a TCP connection.
pub fn entry(payload: &[u8]) -> Result<ConntrackEntry, Undecodable> {
    let Some((_, attributes)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return Err(Undecodable::new("conntrack message shorter than its header"));
    };
    let (mut original, mut reply, mut state) = (None, None, None);
    let (mut status, mut timeout_s) = (None, None);
    for attribute in Attributes::new(attributes) {
        let attribute = attribute?;
        match attribute.kind {
            CTA_TUPLE_ORIG => original = tuple(&attribute)?,
            CTA_TUPLE_REPLY => reply = tuple(&attribute)?,
            CTA_STATUS => status = Some(attribute.be32()?),
            CTA_PROTOINFO => state = tcp_state(&attribute)?,
            CTA_TIMEOUT => timeout_s = Some(attribute.be32()?),
            _ => {}
        }
    }
    let missing = |what| move || Undecodable::new(what);
    let status = status.ok_or_else(missing("conntrack entry without CTA_STATUS"))?;
    Ok(ConntrackEntry {
        // An entry in a flow table has none, but a packet to this host never is in one.
        state: state.ok_or_else(missing("conntrack entry without a TCP state"))?,
        seen_reply: status & IPS_SEEN_REPLY != 0,
        assured: status & IPS_ASSURED != 0,
        original: original.ok_or_else(missing("conntrack entry without CTA_TUPLE_ORIG"))?,
        reply: reply.ok_or_else(missing("conntrack entry without CTA_TUPLE_REPLY"))?,
        timeout_s: timeout_s.ok_or_else(missing("conntrack entry without CTA_TIMEOUT"))?,
    })
}

/// Source and destination; `None` when a part is missing.
fn tuple(attribute: &Attribute<'_>) -> Result<Option<(Endpoint, Endpoint)>, Malformed> {
    let (mut from, mut to, mut from_port, mut to_port) = (None, None, None, None);
    for part in attribute.nested() {
        let part = part?;
        for field in part.nested() {
            let field = field?;
            match (part.kind, field.kind) {
                (CTA_TUPLE_IP, CTA_IP_V4_SRC | CTA_IP_V6_SRC) => from = Some(field.ip()?),
                (CTA_TUPLE_IP, CTA_IP_V4_DST | CTA_IP_V6_DST) => to = Some(field.ip()?),
                (CTA_TUPLE_PROTO, CTA_PROTO_SRC_PORT) => from_port = Some(field.be16()?),
                (CTA_TUPLE_PROTO, CTA_PROTO_DST_PORT) => to_port = Some(field.be16()?),
                _ => {}
            }
        }
    }
    let end = |ip: Option<_>, port: Option<_>| Some(Endpoint::new(ip?, port?));
    Ok(end(from, from_port).zip(end(to, to_port)))
}

fn tcp_state(attribute: &Attribute<'_>) -> Result<Option<TrackedState>, Malformed> {
    for protocol in attribute.nested() {
        let protocol = protocol?;
        if protocol.kind != CTA_PROTOINFO_TCP {
            continue;
        }
        for field in protocol.nested() {
            let field = field?;
            if field.kind == CTA_PROTOINFO_TCP_STATE {
                return field.u8().map(|number| Some(TrackedState::from_number(number)));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payloads() -> Vec<Vec<u8>> {
        let lines = include_str!("../../testdata/entries.hex").lines();
        let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        lines
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.as_bytes().chunks(2).map(octet).collect())
            .collect()
    }

    fn end(ip: &str, port: u16) -> Endpoint {
        Endpoint::new(ip.parse().unwrap(), port)
    }

    #[test]
    fn a_redirected_connection_has_two_different_directions() {
        let entry = entry(&payloads()[0]).unwrap();
        assert_eq!(entry.original, (end("10.1.0.2", 4001), end("10.1.0.1", 80)));
        assert_eq!(entry.reply, (end("10.1.0.1", 8080), end("10.1.0.2", 4001)));
        assert!(entry.is_translated() && entry.seen_reply && entry.assured);
        assert_eq!((entry.state, entry.timeout_s), (TrackedState::Established, 431_999));
    }

    #[test]
    fn ipv6() {
        let entry = entry(&payloads()[1]).unwrap();
        assert_eq!(entry.original, (end("2001:db8::2", 4002), end("2001:db8::1", 8080)));
        assert!(!entry.is_translated());
    }

    #[test]
    fn unreplied() {
        let entry = entry(&payloads()[2]).unwrap();
        assert_eq!((entry.state, entry.timeout_s), (TrackedState::SynSent, 118));
        assert!(!entry.seen_reply && !entry.assured);
    }

    #[test]
    fn a_cut_or_bent_message_is_no_panic() {
        for payload in payloads() {
            for len in 0..payload.len() {
                assert!(entry(&payload[..len]).is_err(), "{len}");
            }
            for place in 0..payload.len() {
                for value in [0, 1, 3, 5, 0x7f, 0xff] {
                    let mut bent = payload.clone();
                    bent[place] = value;
                    drop(entry(&bent));
                }
            }
        }
    }
}
