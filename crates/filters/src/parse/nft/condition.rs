//! Comparisons of a register: as text, and as terms where it is certain what they mean.

use std::ops::RangeInclusive;

use synrecv_model::{ConntrackStates, Foreign, Term, Test};

use super::selector::{Kind, Load, Piece, Subject};
use super::value::{
    DeviceNames, address_range, hex, name_range, prefix_len, range_text, small, value_text,
};
use crate::parse::words::PRESENCE;
use crate::parse::{UNKNOWN, others};

/// First and last value, both inside.
pub(super) type Range<'a> = (&'a [u8], &'a [u8]);

/// `NFT_CMP_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    pub(super) fn from_number(number: u32) -> Option<Self> {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let all = [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual];
        all.get(usize::try_from(number).ok()?).copied()
    }

    fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::NotEqual => "!= ",
            Self::Less => "< ",
            Self::LessOrEqual => "<= ",
            Self::Greater => "> ",
            Self::GreaterOrEqual => ">= ",
        }
    }
}

/// What a comparison says.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) terms: Vec<Term>,
}

/// A piece with its part of the mask.
#[derive(Clone, Copy)]
struct Masked<'a> {
    piece: &'a Piece,
    mask: Option<&'a [u8]>,
    big_endian: bool,
}

/// The pieces of loads that lie side by side, with the place of each in the key.
fn masked<'a>(loads: &[&'a Load]) -> Vec<(usize, Masked<'a>)> {
    let mut all = Vec::new();
    let mut start = 0;
    for load in loads {
        let mut offset = 0;
        for piece in &load.pieces {
            let mask = load.mask.as_ref().map(|mask| slice(mask, offset, piece.len));
            let mask = mask.filter(|mask| mask.iter().any(|byte| *byte != 0xff));
            all.push((start + offset, Masked { piece, mask, big_endian: load.big_endian }));
            offset += piece.len;
        }
        // Each field of a key begins at a multiple of four.
        start += offset.next_multiple_of(4);
    }
    all
}

/// `len` bytes from `offset`, fewer where there are fewer.
fn slice(bytes: &[u8], offset: usize, len: usize) -> &[u8] {
    let end = (offset + len).min(bytes.len());
    bytes.get(offset..end).unwrap_or_default()
}

/// A comparison with one value.
pub(super) fn compare(
    load: &Load,
    operator: Operator,
    value: &[u8],
    devices: DeviceNames<'_>,
) -> Condition {
    let pieces = masked(&[load]);
    if let [(_, one)] = pieces.as_slice() {
        return one.compare(operator, value, devices);
    }
    if operator != Operator::Equal {
        let text = format!("{} {}{}", names(&pieces), operator.symbol(), hex(value));
        return Condition { text, terms: vec![UNKNOWN] };
    }
    let parts = pieces.iter().filter(|(_, one)| {
        // Bits of a field in between that nobody asked for.
        one.mask.is_none_or(|mask| mask.iter().any(|byte| *byte != 0))
    });
    let parts = parts.map(|(offset, one)| {
        one.compare(Operator::Equal, slice(value, *offset, one.piece.len), devices)
    });
    let (texts, terms): (Vec<_>, Vec<_>) = parts.map(|part| (part.text, part.terms)).unzip();
    Condition { text: texts.join(" "), terms: terms.into_iter().flatten().collect() }
}

/// A comparison with a range.
pub(super) fn between(
    load: &Load,
    (low, high): Range<'_>,
    negated: bool,
    devices: DeviceNames<'_>,
) -> Condition {
    let pieces = masked(&[load]);
    let [(_, one)] = pieces.as_slice() else {
        let text = format!("{} {}-{}", names(&pieces), hex(low), hex(high));
        return Condition { text, terms: vec![UNKNOWN] };
    };
    let symbol = if negated { "!= " } else { "" };
    let range = range_text(one.piece, low, high, one.big_endian, devices);
    let text = format!("{} {symbol}{range}", one.left());
    Condition { text, terms: vec![one.term(&[(low, high)], negated, devices)] }
}

/// The left side of a look-up.
pub(super) fn key_text(loads: &[&Load]) -> String {
    names(&masked(loads))
}

/// A key of a set as text.
pub(super) fn range_of_key(
    loads: &[&Load],
    (low, high): Range<'_>,
    devices: DeviceNames<'_>,
) -> String {
    let parts = masked(loads).into_iter().map(|(offset, one)| {
        let part = |bytes| slice(bytes, offset, one.piece.len);
        let text = range_text(one.piece, part(low), part(high), one.big_endian, devices);
        // Between keys stands a comma.
        if let Kind::Flags(_) = one.piece.kind { text.replace(',', " | ") } else { text }
    });
    parts.collect::<Vec<_>>().join(" . ")
}

/// What is known of a packet whose key is in a set of ranges; several keys of several fields only
/// say what each field can be.
pub(super) fn among(
    loads: &[&Load],
    ranges: &[Range<'_>],
    negated: bool,
    devices: DeviceNames<'_>,
) -> Vec<Term> {
    let pieces = masked(loads);
    if let [(_, one)] = pieces.as_slice() {
        return vec![one.term(ranges, negated, devices)];
    }
    if negated {
        return vec![UNKNOWN];
    }
    let mut terms: Vec<Term> = pieces
        .iter()
        .map(|(offset, one)| {
            let part = |bytes| slice(bytes, *offset, one.piece.len);
            let parts: Vec<Range<'_>> =
                ranges.iter().map(|(low, high)| (part(*low), part(*high))).collect();
            one.term(&parts, false, devices)
        })
        .collect();
    if ranges.len() != 1 {
        terms.push(UNKNOWN);
    }
    terms
}

fn names(pieces: &[(usize, Masked<'_>)]) -> String {
    pieces.iter().map(|(_, one)| one.left()).collect::<Vec<_>>().join(" . ")
}

impl Masked<'_> {
    /// What is compared.
    fn left(&self) -> String {
        match self.mask {
            Some(mask) => format!("{} & {}", self.piece.name, hex(mask)),
            None => self.piece.name.clone().into_owned(),
        }
    }

    fn compare(&self, operator: Operator, value: &[u8], devices: DeviceNames<'_>) -> Condition {
        let text = self.compare_text(operator, value, devices);
        let mut limit = value.to_vec();
        let (first, last) = (vec![0; value.len()], vec![0xff; value.len()]);
        let range = match operator {
            Operator::Equal | Operator::NotEqual => Some((value.to_vec(), limit)),
            _ if !self.big_endian && value.len() > 1 => None,
            Operator::LessOrEqual => Some((first, limit)),
            Operator::GreaterOrEqual => Some((limit, last)),
            Operator::Less => step(&mut limit, 0xff, u8::wrapping_sub).then_some((first, limit)),
            Operator::Greater => step(&mut limit, 0, u8::wrapping_add).then_some((limit, last)),
        };
        let term = range.map_or(UNKNOWN, |(low, high)| {
            self.term(&[(&low, &high)], operator == Operator::NotEqual, devices)
        });
        Condition { text, terms: vec![term] }
    }

    fn compare_text(&self, operator: Operator, value: &[u8], devices: DeviceNames<'_>) -> String {
        let Piece { name, kind, .. } = self.piece;
        let symbol = operator.symbol();
        let shown = value_text(self.piece, value, self.big_endian, devices);
        let Some(mask) = self.mask else {
            let equal =
                if matches!(kind, Kind::Flags(_)) && symbol.is_empty() { "== " } else { "" };
            return format!("{name} {equal}{symbol}{shown}");
        };
        let masked = value_text(self.piece, mask, self.big_endian, devices);
        if let Kind::Flags(_) = kind {
            return match (operator, value.iter().all(|byte| *byte == 0)) {
                (Operator::NotEqual, true) => format!("{name} {masked}"),
                (Operator::Equal, true) => format!("{name} ! {masked}"),
                _ => format!("{name} {symbol}{shown} / {masked}"),
            };
        }
        if *kind == Kind::Address {
            return match prefix_len(mask) {
                Some(len) => format!("{name} {symbol}{shown}/{len}"),
                None => format!("{name} & {masked} {}{shown}", explicit(symbol)),
            };
        }
        let symbol = explicit(symbol);
        format!("{name} & {masked} {symbol}{shown}")
    }

    fn term(&self, ranges: &[Range<'_>], negated: bool, devices: DeviceNames<'_>) -> Term {
        match self.test(ranges, devices) {
            // A packet has one state: not this one is one of the others.
            Some((Test::ConntrackState(states), _)) if negated => {
                Term { negated: false, test: Test::ConntrackState(others(states)) }
            }
            Some((test, reversed)) => Term { negated: negated != reversed, test },
            None => UNKNOWN,
        }
    }

    /// The test that one of the ranges holds; the second is true when it is the opposite.
    fn test(&self, ranges: &[Range<'_>], devices: DeviceNames<'_>) -> Option<(Test, bool)> {
        let subject = self.piece.subject;
        let takes_mask = matches!(
            subject,
            Subject::Source | Subject::Destination | Subject::TcpFlags | Subject::ConntrackState
        );
        if self.mask.is_some() && !takes_mask {
            return None;
        }
        let one = || {
            let ((low, high), []) = ranges.split_first()? else { return None };
            if low == high { small(low, self.big_endian) } else { None }
        };
        let test = match subject {
            Subject::Nothing => return None,
            Subject::IpVersion => Test::IpVersion(match one()? {
                2 => 4,
                10 => 6,
                _ => 0,
            }),
            Subject::EtherType => Test::IpVersion(match one()? {
                0x0800 => 4,
                0x86dd => 6,
                // A tag: what it carries may be IP.
                0x8100 | 0x88a8 => return None,
                _ => 0,
            }),
            Subject::Protocol => Test::Protocol(numbers(ranges)?),
            Subject::Source => Test::Source(self.addresses(ranges)?),
            Subject::Destination => Test::Destination(self.addresses(ranges)?),
            Subject::SourcePort => Test::SourcePort(ports(ranges)?),
            Subject::DestinationPort => Test::DestinationPort(ports(ranges)?),
            Subject::InDevice => Test::InDevice(self.devices(ranges, devices)?),
            Subject::OutDevice => Test::OutDevice(self.devices(ranges, devices)?),
            Subject::TcpFlags => {
                let mask = self.mask.map_or(Some(0xff), |mask| mask.first().copied())?;
                let value = |(low, high): &Range<'_>| match (low, high) {
                    ([low], [high]) if low == high => Some(*low),
                    _ => None,
                };
                Test::TcpFlags { mask, values: ranges.iter().map(value).collect::<Option<_>>()? }
            }
            Subject::ConntrackState => Test::ConntrackState(self.states(ranges)?),
            Subject::ReversePath => {
                let present = self.piece.kind == Kind::Words(PRESENCE);
                return match one()? {
                    0 => Some((Test::ReversePath, true)),
                    1 if present => Some((Test::ReversePath, false)),
                    _ => None,
                };
            }
        };
        Some((test, false))
    }

    fn addresses(&self, ranges: &[Range<'_>]) -> Option<Vec<(std::net::IpAddr, std::net::IpAddr)>> {
        let range = |(low, high): &Range<'_>| address_range(self.piece, self.mask, low, high);
        ranges.iter().map(range).collect()
    }

    fn devices(&self, ranges: &[Range<'_>], names: DeviceNames<'_>) -> Option<Vec<Foreign>> {
        let device = |(low, high): &Range<'_>| match self.piece.kind {
            Kind::Name => name_range(low, high),
            _ if low == high => names(small(low, self.big_endian)?),
            _ => None,
        };
        ranges.iter().map(|range| device(range).map(Foreign)).collect()
    }

    /// A packet has exactly one state, so that each can be tried.
    fn states(&self, ranges: &[Range<'_>]) -> Option<ConntrackStates> {
        let mask = self.mask.map_or(Some(u32::MAX), |mask| small(mask, false))?;
        let value = |(low, high): &Range<'_>| {
            if low == high { small(low, false) } else { None }
        };
        let values: Vec<u32> = ranges.iter().map(value).collect::<Option<_>>()?;
        Some(conntrack_states(|bit| values.contains(&(bit & mask))))
    }
}

/// The states for whose `NF_CT_STATE_BIT` something holds.
fn conntrack_states(holds: impl Fn(u32) -> bool) -> ConntrackStates {
    ConntrackStates {
        invalid: holds(1),
        established: holds(2),
        related: holds(4),
        new: holds(8),
        untracked: holds(64),
    }
}

/// After a mask `nft` writes the equality out.
fn explicit(symbol: &'static str) -> &'static str {
    if symbol.is_empty() { "== " } else { symbol }
}

/// Goes one up or down in network byte order; false when there is no such number.
fn step(bytes: &mut [u8], wraps_to: u8, one: fn(u8, u8) -> u8) -> bool {
    for byte in bytes.iter_mut().rev() {
        *byte = one(*byte, 1);
        if *byte != wraps_to {
            return true;
        }
    }
    false
}

/// The number before, in network byte order.
pub(super) fn before(bytes: &mut [u8]) -> bool {
    step(bytes, 0xff, u8::wrapping_sub)
}

fn numbers(ranges: &[Range<'_>]) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for range in ranges {
        let ([low], [high]) = range else { return None };
        all.extend(*low..=*high);
    }
    Some(all)
}

fn ports(ranges: &[Range<'_>]) -> Option<Vec<RangeInclusive<u16>>> {
    let port = |bytes: &[u8]| Some(u16::from_be_bytes(bytes.try_into().ok()?));
    ranges.iter().map(|(low, high)| Some(port(low)?..=port(high)?)).collect()
}
