//! What an expression can load into a register: names, widths, and what it means for a packet.

use std::borrow::Cow;

use crate::parse::words::{
    ARP_OPERATIONS, CT_STATES, CT_STATUS, DIRECTIONS, ETHERTYPES, ICMP, ICMP6, LINK_TYPES, NFPROTO,
    PACKET_TYPES, PROTOCOLS, TCP_FLAGS, Words,
};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    /// Eight hexadecimal digits.
    Mark,
    Address,
    Mac,
    /// Quoted text; shorter than 16 bytes and without a NUL it is the start of a name.
    Name,
    /// The number of a device.
    Device,
    Words(Words),
    Flags(Words),
    Bytes,
}

/// Which test of the model it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Nothing,
    IpVersion,
    EtherType,
    Protocol,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    InDevice,
    OutDevice,
    TcpFlags,
    ConntrackState,
    /// A device by which the source is reached; 0 for none.
    ReversePath,
}

/// Something that can be compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// Bytes in the register.
    pub(super) len: u8,
    pub(super) kind: Kind,
    pub(super) subject: Subject,
}

const fn key(name: &'static str, len: u8, kind: Kind, subject: Subject) -> Key {
    Key { name, len, kind, subject }
}

const fn plain(name: &'static str, len: u8, kind: Kind) -> Key {
    key(name, len, kind, Subject::Nothing)
}

const META_PROTOCOL: u32 = 1;
pub(super) const META_IIFTYPE: u32 = 8;
pub(super) const META_L4PROTO: u32 = 16;

/// By `NFT_META_*`.
const META: &[Key] = &[
    plain("meta length", 4, Kind::Number),
    key("meta protocol", 2, Kind::Words(ETHERTYPES), Subject::EtherType),
    plain("meta priority", 4, Kind::Mark),
    plain("meta mark", 4, Kind::Mark),
    key("iif", 4, Kind::Device, Subject::InDevice),
    key("oif", 4, Kind::Device, Subject::OutDevice),
    key("iifname", 16, Kind::Name, Subject::InDevice),
    key("oifname", 16, Kind::Name, Subject::OutDevice),
    plain("meta iiftype", 2, Kind::Words(LINK_TYPES)),
    plain("meta oiftype", 2, Kind::Words(LINK_TYPES)),
    plain("meta skuid", 4, Kind::Number),
    plain("meta skgid", 4, Kind::Number),
    plain("meta nftrace", 1, Kind::Number),
    plain("meta rtclassid", 4, Kind::Number),
    plain("meta secmark", 4, Kind::Number),
    key("meta nfproto", 1, Kind::Words(NFPROTO), Subject::IpVersion),
    key("meta l4proto", 1, Kind::Words(PROTOCOLS), Subject::Protocol),
    plain("meta ibrname", 16, Kind::Name),
    plain("meta obrname", 16, Kind::Name),
    plain("meta pkttype", 1, Kind::Words(PACKET_TYPES)),
    plain("meta cpu", 4, Kind::Number),
    plain("iifgroup", 4, Kind::Number),
    plain("oifgroup", 4, Kind::Number),
    plain("meta cgroup", 4, Kind::Number),
    plain("meta random", 4, Kind::Number),
    plain("meta ipsec", 1, Kind::Number),
    plain("meta iifkind", 16, Kind::Name),
    plain("meta oifkind", 16, Kind::Name),
    plain("meta ibrpvid", 2, Kind::Number),
    plain("meta ibrvproto", 2, Kind::Words(ETHERTYPES)),
    plain("meta time", 8, Kind::Number),
    plain("meta day", 1, Kind::Number),
    plain("meta hour", 4, Kind::Number),
    plain("meta sdif", 4, Kind::Device),
    plain("meta sdifname", 16, Kind::Name),
    plain("meta broute", 1, Kind::Number),
];

/// By `NFT_CT_*`; a direction goes in between.
const CT: &[Key] = &[
    key("state", 4, Kind::Flags(CT_STATES), Subject::ConntrackState),
    plain("direction", 1, Kind::Words(DIRECTIONS)),
    plain("status", 4, Kind::Flags(CT_STATUS)),
    plain("mark", 4, Kind::Mark),
    plain("secmark", 4, Kind::Number),
    plain("expiration", 4, Kind::Number),
    plain("helper", 16, Kind::Name),
    plain("l3proto", 1, Kind::Words(NFPROTO)),
    plain("saddr", 16, Kind::Address),
    plain("daddr", 16, Kind::Address),
    plain("protocol", 1, Kind::Words(PROTOCOLS)),
    plain("proto-src", 2, Kind::Number),
    plain("proto-dst", 2, Kind::Number),
    plain("label", 16, Kind::Bytes),
    plain("packets", 8, Kind::Number),
    plain("bytes", 8, Kind::Number),
    plain("avgpkt", 8, Kind::Number),
    plain("zone", 2, Kind::Number),
    plain("event", 4, Kind::Number),
    plain("ip saddr", 4, Kind::Address),
    plain("ip daddr", 4, Kind::Address),
    plain("ip6 saddr", 16, Kind::Address),
    plain("ip6 daddr", 16, Kind::Address),
    plain("id", 4, Kind::Number),
];

/// Which header a payload expression reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    Ether,
    Ip,
    Ip6,
    Arp,
    Tcp,
    Udp,
    Icmp,
    Icmp6,
    /// Of a protocol that is not known: the ports are where TCP and UDP have them.
    Transport,
}

const FIELDS: &[(Header, u32, Key)] = &[
    (Header::Ether, 0, plain("ether daddr", 6, Kind::Mac)),
    (Header::Ether, 6, plain("ether saddr", 6, Kind::Mac)),
    (Header::Ether, 12, key("ether type", 2, Kind::Words(ETHERTYPES), Subject::EtherType)),
    (Header::Ip, 2, plain("ip length", 2, Kind::Number)),
    (Header::Ip, 4, plain("ip id", 2, Kind::Number)),
    (Header::Ip, 6, plain("ip frag-off", 2, Kind::Number)),
    (Header::Ip, 8, plain("ip ttl", 1, Kind::Number)),
    (Header::Ip, 9, key("ip protocol", 1, Kind::Words(PROTOCOLS), Subject::Protocol)),
    (Header::Ip, 10, plain("ip checksum", 2, Kind::Number)),
    (Header::Ip, 12, key("ip saddr", 4, Kind::Address, Subject::Source)),
    (Header::Ip, 16, key("ip daddr", 4, Kind::Address, Subject::Destination)),
    (Header::Ip6, 4, plain("ip6 length", 2, Kind::Number)),
    (Header::Ip6, 6, key("ip6 nexthdr", 1, Kind::Words(PROTOCOLS), Subject::Protocol)),
    (Header::Ip6, 7, plain("ip6 hoplimit", 1, Kind::Number)),
    (Header::Ip6, 8, key("ip6 saddr", 16, Kind::Address, Subject::Source)),
    (Header::Ip6, 24, key("ip6 daddr", 16, Kind::Address, Subject::Destination)),
    (Header::Arp, 6, plain("arp operation", 2, Kind::Words(ARP_OPERATIONS))),
    (Header::Arp, 8, plain("arp saddr ether", 6, Kind::Mac)),
    (Header::Arp, 14, plain("arp saddr ip", 4, Kind::Address)),
    (Header::Arp, 18, plain("arp daddr ether", 6, Kind::Mac)),
    (Header::Arp, 24, plain("arp daddr ip", 4, Kind::Address)),
    (Header::Tcp, 0, key("tcp sport", 2, Kind::Number, Subject::SourcePort)),
    (Header::Tcp, 2, key("tcp dport", 2, Kind::Number, Subject::DestinationPort)),
    (Header::Tcp, 4, plain("tcp sequence", 4, Kind::Number)),
    (Header::Tcp, 8, plain("tcp ackseq", 4, Kind::Number)),
    (Header::Tcp, 13, key("tcp flags", 1, Kind::Flags(TCP_FLAGS), Subject::TcpFlags)),
    (Header::Tcp, 14, plain("tcp window", 2, Kind::Number)),
    (Header::Tcp, 16, plain("tcp checksum", 2, Kind::Number)),
    (Header::Tcp, 18, plain("tcp urgptr", 2, Kind::Number)),
    (Header::Udp, 0, key("udp sport", 2, Kind::Number, Subject::SourcePort)),
    (Header::Udp, 2, key("udp dport", 2, Kind::Number, Subject::DestinationPort)),
    (Header::Udp, 4, plain("udp length", 2, Kind::Number)),
    (Header::Udp, 6, plain("udp checksum", 2, Kind::Number)),
    (Header::Icmp, 0, plain("icmp type", 1, Kind::Words(ICMP))),
    (Header::Icmp, 1, plain("icmp code", 1, Kind::Number)),
    (Header::Icmp6, 0, plain("icmpv6 type", 1, Kind::Words(ICMP6))),
    (Header::Icmp6, 1, plain("icmpv6 code", 1, Kind::Number)),
    (Header::Transport, 0, key("th sport", 2, Kind::Number, Subject::SourcePort)),
    (Header::Transport, 2, key("th dport", 2, Kind::Number, Subject::DestinationPort)),
];

/// A piece of what is in a register: a whole field, or its first bytes.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) name: Cow<'static, str>,
    pub(super) kind: Kind,
    pub(super) subject: Subject,
    /// Bytes in the register.
    pub(super) len: usize,
    /// Bytes of the whole field.
    pub(super) whole: usize,
}

impl Piece {
    /// Something of which only the name is known.
    pub(super) fn named(name: impl Into<Cow<'static, str>>, len: usize) -> Self {
        let (kind, subject) = (Kind::Bytes, Subject::Nothing);
        Self { name: name.into(), kind, subject, len, whole: len }
    }

    fn of(key: &Key) -> Self {
        let len = usize::from(key.len);
        let (kind, subject) = (key.kind, key.subject);
        Self { name: key.name.into(), kind, subject, len, whole: len }
    }
}

/// A register as it was loaded.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) pieces: Vec<Piece>,
    /// Bits that are looked at, where not all are.
    pub(super) mask: Option<Vec<u8>>,
    /// Numbers are in network byte order.
    pub(super) big_endian: bool,
}

impl Load {
    pub(super) fn one(piece: Piece, big_endian: bool) -> Self {
        Self { pieces: vec![piece], mask: None, big_endian }
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len).sum()
    }

    pub(super) fn meta(number: u32) -> Option<Self> {
        let key = META.get(usize::try_from(number).ok()?)?;
        Some(Self::one(Piece::of(key), number == META_PROTOCOL))
    }

    pub(super) fn conntrack(number: u32, direction: Option<u8>) -> Option<Self> {
        let key = CT.get(usize::try_from(number).ok()?)?;
        let mut piece = Piece::of(key);
        piece.name = match direction {
            Some(0) => format!("ct original {}", key.name),
            Some(_) => format!("ct reply {}", key.name),
            None => format!("ct {}", key.name),
        }
        .into();
        // Ports are as they are in the packet.
        Some(Self::one(piece, (11..=12).contains(&number)))
    }

    /// `len` bytes of a header from `offset`: whole fields, of which the last may be cut. `None` when
    /// that is not where fields begin.
    pub(super) fn payload(header: Header, offset: u32, len: usize) -> Option<Self> {
        let mut pieces = Vec::new();
        let (mut offset, mut left) = (offset, len);
        while left > 0 {
            let (_, _, key) = FIELDS.iter().find(|(of, at, _)| *of == header && *at == offset)?;
            let mut piece = Piece::of(key);
            piece.len = piece.whole.min(left);
            // A cut number is no number any more; of an address it is the prefix.
            if piece.len < piece.whole && piece.kind != Kind::Address {
                return None;
            }
            left -= piece.len;
            offset += u32::from(key.len);
            pieces.push(piece);
        }
        Some(Self { pieces, mask: None, big_endian: true })
    }
}
