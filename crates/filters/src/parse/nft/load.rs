//! Expressions that read something into a register.

use super::rule::{Implied, Reading};
use super::selector::{Header, Kind, Load, Piece, Subject};
use crate::parse::fields::Fields;
use crate::parse::words::{ADDRESS_TYPES, PRESENCE};

impl Reading<'_> {
    /// An expression that reads something into a register, with the register.
    pub(super) fn load(&mut self, name: &str, data: &Fields<'_>) -> Option<(u32, Load)> {
        let number = |kind| data.be32(kind);
        let load = match name {
            "meta" => (number(1)?, Load::meta(number(2)?)?),
            "ct" => (number(1)?, Load::conntrack(number(2)?, data.u8(3))?),
            "payload" => (number(1)?, self.payload(data)?),
            "fib" => (number(1)?, fib(number(2)?, number(3)?)),
            "exthdr" => (number(1)?, extension(data)?),
            "rt" => (number(1)?, named("rt ...", 16)),
            "socket" => (number(2)?, named("socket ...", 8)),
            "numgen" => (number(1)?, named("numgen ...", 4)),
            "hash" => (number(2)?, named("hash ...", 4)),
            "osf" => (number(1)?, named("osf ...", 16)),
            "xfrm" => (number(1)?, named("ipsec ...", 16)),
            "tunnel" => (number(2)?, named("tunnel ...", 4)),
            _ => return None,
        };
        Some(load)
    }

    fn payload(&mut self, data: &Fields<'_>) -> Option<Load> {
        let (base, offset) = (data.be32(2)?, data.be32(3)?);
        let len = usize::try_from(data.be32(4)?).ok()?;
        let header = match (base, self.ip_version, self.transport) {
            (0, ..) => Some(Header::Ether),
            (1, Some(4), _) => Some(Header::Ip),
            (1, Some(6), _) => Some(Header::Ip6),
            (1, None, _) if self.scope.family == super::NFPROTO_ARP => Some(Header::Arp),
            (2, _, Some(6)) => Some(Header::Tcp),
            (2, _, Some(17)) => Some(Header::Udp),
            (2, _, Some(1)) => Some(Header::Icmp),
            (2, _, Some(58)) => Some(Header::Icmp6),
            (2, ..) => Some(Header::Transport),
            _ => None,
        };
        if let Some(header) = header
            && let Some(load) = Load::payload(header, offset, len)
        {
            self.drop_implied(match header {
                Header::Ether => &[Implied::Link],
                Header::Ip | Header::Ip6 => &[Implied::Network],
                Header::Icmp | Header::Icmp6 => &[Implied::Network, Implied::Transport],
                Header::Tcp | Header::Udp => &[Implied::Transport],
                Header::Arp | Header::Transport => &[],
            });
            return Some(load);
        }
        let base = ["ll", "nh", "th", "ih"].get(usize::try_from(base).ok()?)?;
        let name = format!("@{base},{},{}", offset.checked_mul(8)?, len.checked_mul(8)?);
        Some(Load::one(Piece::named(name, len), true))
    }
}

pub(super) fn named(name: &str, len: usize) -> Load {
    Load::one(Piece::named(name.to_owned(), len), false)
}

/// `fib`: flags say what is looked up, the result what of the answer is taken.
fn fib(result: u32, flags: u32) -> Load {
    const RESULT_TYPE: u32 = 3;
    const SOURCE: u32 = 1;
    const PRESENT: u32 = 32;
    let keys = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
    let keys: Vec<&str> =
        keys.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    let what = match result {
        1 => "oif",
        2 => "oifname",
        _ => "type",
    };
    let (kind, len) = match (result, flags & PRESENT != 0) {
        (RESULT_TYPE, _) => (Kind::Words(ADDRESS_TYPES), 4),
        (_, true) => (Kind::Words(PRESENCE), 1),
        (1, false) => (Kind::Device, 4),
        _ => (Kind::Name, 16),
    };
    let is_way_back = flags & SOURCE != 0 && kind != Kind::Name && result != RESULT_TYPE;
    let subject = if is_way_back { Subject::ReversePath } else { Subject::Nothing };
    let name = format!("fib {} {what}", keys.join(" . ")).into();
    Load::one(Piece { name, kind, subject, len, whole: len }, false)
}

/// An extension header of IPv6 or an option of TCP.
fn extension(data: &Fields<'_>) -> Option<Load> {
    let (kind, offset) = (data.u8(2)?, data.be32(3)?);
    let len = usize::try_from(data.be32(4)?).ok()?;
    let what = if data.be32(6) == Some(1) { "tcp option" } else { "exthdr" };
    let present = data.be32(5).unwrap_or(0) & 1 != 0;
    if present {
        let name = format!("{what} {kind}").into();
        let (kind, subject) = (Kind::Words(PRESENCE), Subject::Nothing);
        return Some(Load::one(Piece { name, kind, subject, len: 1, whole: 1 }, false));
    }
    let name = format!("{what} @{kind},{},{}", offset.checked_mul(8)?, len.checked_mul(8)?);
    let (kind, subject) = (Kind::Number, Subject::Nothing);
    Some(Load::one(Piece { name: name.into(), kind, subject, len, whole: len }, true))
}
