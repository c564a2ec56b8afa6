//! Matches and targets of x_tables, which `iptables-nft` puts into nf_tables rules as they are.
//! Their text is that of `iptables-save`.

mod target;

use std::net::IpAddr;
use std::ops::RangeInclusive;

use synrecv_model::{ConntrackStates, Term, Test};

use super::fields::{at, text, u16_at, u32_at};
use super::words::{Words, flag_words};

pub(super) use self::target::target;
use super::{UNKNOWN, others};

/// What a match says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Matched {
    pub(super) text: String,
    pub(super) terms: Vec<Term>,
}

/// `NF_CT_STATE_BIT` of each, in the order of `iptables-save`.
const STATES: Words = &[
    (1, "INVALID"),
    (8, "NEW"),
    (4, "RELATED"),
    (2, "ESTABLISHED"),
    (STATE_UNTRACKED, "UNTRACKED"),
    (64, "SNAT"),
    (128, "DNAT"),
];
/// `XT_CONNTRACK_STATE_UNTRACKED`; the match `state` has 64 for it.
const STATE_UNTRACKED: u32 = 256;
const STATE_UNTRACKED_OLD: u32 = 64;

const FLAGS: Words =
    &[(1, "FIN"), (2, "SYN"), (4, "RST"), (8, "PSH"), (0x10, "ACK"), (0x20, "URG")];

/// A match by its name and revision.
pub(super) fn matched(name: &str, revision: u32, info: &[u8], ip_version: Option<u8>) -> Matched {
    let mut found = Matched { text: format!("-m {name}"), terms: Vec::new() };
    let known = match (name, revision) {
        ("tcp", 0) => tcp(info, &mut found),
        ("udp", 0) => udp(info, &mut found),
        ("multiport", 1) => multiport(info, &mut found),
        ("conntrack", 2 | 3) => conntrack(info, &mut found),
        ("state", 0) => u32_at(info, 0).map(|mask| {
            let untracked = if mask & STATE_UNTRACKED_OLD != 0 { STATE_UNTRACKED } else { 0 };
            found.state("--state", mask & !STATE_UNTRACKED_OLD | untracked, false);
        }),
        ("comment", 0) => {
            found.text = format!("-m comment --comment \"{}\"", text(info));
            Some(())
        }
        ("rpfilter", 0) => rpfilter(info, &mut found),
        ("iprange", 1) => iprange(info, ip_version, &mut found),
        ("limit", 0) => limit(info, &mut found),
        ("mark", 1) => mark(info, &mut found),
        ("icmp", 0) => icmp(info, "--icmp-type", &mut found),
        ("icmp6", 0) => icmp(info, "--icmpv6-type", &mut found),
        _ => None,
    };
    if known.is_none() {
        found = Matched { text: format!("-m {name} ..."), terms: vec![UNKNOWN] };
    }
    found
}

impl Matched {
    fn option(&mut self, negated: bool, option: &str, value: &str) {
        let not = if negated { " !" } else { "" };
        self.text = format!("{}{not} {option} {value}", self.text);
    }

    fn term(&mut self, negated: bool, test: Test) {
        self.terms.push(Term { negated, test });
    }

    /// First and last port, where these are not all.
    fn ports(
        &mut self,
        option: &str,
        (low, high): (u16, u16),
        negated: bool,
        test: fn(Vec<RangeInclusive<u16>>) -> Test,
    ) {
        if (low, high) != (0, u16::MAX) || negated {
            self.option(negated, option, &ports_text(low, high));
            self.term(negated, test(vec![low..=high]));
        }
    }

    fn state(&mut self, option: &str, mask: u32, negated: bool) {
        self.option(negated, option, &flag_words(STATES, mask, ","));
        let has = |bit| mask & bit != 0;
        // Beside the state of a connection it can be asked whether it is translated.
        if has(64) || has(128) {
            return self.terms.push(UNKNOWN);
        }
        let states = ConntrackStates {
            invalid: has(1),
            established: has(2),
            related: has(4),
            new: has(8),
            untracked: has(STATE_UNTRACKED),
        };
        self.term(false, Test::ConntrackState(if negated { others(states) } else { states }));
    }
}

fn ports_text(low: u16, high: u16) -> String {
    if low == high { low.to_string() } else { format!("{low}:{high}") }
}

fn byte(info: &[u8], offset: usize) -> Option<u8> {
    info.get(offset).copied()
}

/// `struct xt_tcp`.
fn tcp(info: &[u8], found: &mut Matched) -> Option<()> {
    let inverted = byte(info, 11)?;
    let (option, mask, value) = (byte(info, 8)?, byte(info, 9)?, byte(info, 10)?);
    let range = |at| Some((u16_at(info, at)?, u16_at(info, at + 2)?));
    found.ports("--sport", range(0)?, inverted & 1 != 0, Test::SourcePort);
    found.ports("--dport", range(4)?, inverted & 2 != 0, Test::DestinationPort);
    if option != 0 {
        found.option(inverted & 8 != 0, "--tcp-option", &option.to_string());
        found.terms.push(UNKNOWN);
    }
    if mask != 0 || inverted & 4 != 0 {
        let names = |flags: u8| match flags {
            0 => "NONE".to_owned(),
            _ => flag_words(FLAGS, flags.into(), ","),
        };
        let negated = inverted & 4 != 0;
        found.option(negated, "--tcp-flags", &format!("{} {}", names(mask), names(value)));
        found.term(negated, Test::TcpFlags { mask, values: vec![value] });
    }
    Some(())
}

/// `struct xt_udp`.
fn udp(info: &[u8], found: &mut Matched) -> Option<()> {
    let inverted = byte(info, 8)?;
    let range = |at| Some((u16_at(info, at)?, u16_at(info, at + 2)?));
    found.ports("--sport", range(0)?, inverted & 1 != 0, Test::SourcePort);
    found.ports("--dport", range(4)?, inverted & 2 != 0, Test::DestinationPort);
    Some(())
}

/// `struct xt_multiport_v1`.
fn multiport(info: &[u8], found: &mut Matched) -> Option<()> {
    const PORTS: usize = 15;
    let (kind, count, negated) =
        (byte(info, 0)?, usize::from(byte(info, 1)?), byte(info, 47)? != 0);
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < count.min(PORTS) {
        let low = u16_at(info, 2 + 2 * at)?;
        // A mark says that the next port ends the range.
        let is_range = byte(info, 32 + at)? != 0;
        let high = if is_range { u16_at(info, 4 + 2 * at)? } else { low };
        ranges.push(low..=high);
        at += if is_range { 2 } else { 1 };
    }
    let shown: Vec<String> = ranges.iter().map(|r| ports_text(*r.start(), *r.end())).collect();
    let option = ["--sports", "--dports", "--ports"].get(usize::from(kind))?;
    found.option(negated, option, &shown.join(","));
    match kind {
        0 => found.term(negated, Test::SourcePort(ranges)),
        1 => found.term(negated, Test::DestinationPort(ranges)),
        _ => found.terms.push(UNKNOWN),
    }
    Some(())
}

/// `struct xt_conntrack_mtinfo2` and 3.
fn conntrack(info: &[u8], found: &mut Matched) -> Option<()> {
    const STATE: u16 = 0x1;
    /// It was written as `-m state`.
    const STATE_ALIAS: u16 = 0x2000;
    let (asked, inverted) = (u16_at(info, 146)?, u16_at(info, 148)?);
    let mask = u32::from(u16_at(info, 150)?);
    if asked & STATE != 0 {
        let is_alias = asked & STATE_ALIAS != 0;
        if is_alias {
            "-m state".clone_into(&mut found.text);
        }
        let option = if is_alias { "--state" } else { "--ctstate" };
        found.state(option, mask, inverted & STATE != 0);
    }
    if asked & !(STATE | STATE_ALIAS) != 0 {
        found.text += " ...";
        found.terms.push(UNKNOWN);
    }
    Some(())
}

/// `struct xt_rpfilter_info`.
fn rpfilter(info: &[u8], found: &mut Matched) -> Option<()> {
    let flags = byte(info, 0)?;
    let options = [(1, " --loose"), (2, " --validmark"), (4, " --accept-local"), (8, " --invert")];
    for (_, option) in options.iter().filter(|(bit, _)| flags & bit != 0) {
        found.text += option;
    }
    found.term(flags & 8 != 0, Test::ReversePath);
    Some(())
}

/// `struct xt_iprange_mtinfo`.
fn iprange(info: &[u8], ip_version: Option<u8>, found: &mut Matched) -> Option<()> {
    let flags = byte(info, 64)?;
    let address = |offset| -> Option<IpAddr> {
        match ip_version? {
            4 => Some(IpAddr::from(at::<4>(info, offset)?)),
            _ => Some(IpAddr::from(at::<16>(info, offset)?)),
        }
    };
    let mut side = |asked: u8, option: &str, offset, test: fn(_) -> Test| {
        if flags & asked != 0 {
            let (low, high) = (address(offset)?, address(offset + 16)?);
            // The flag that inverts is four bits above.
            let negated = flags & asked << 4 != 0;
            found.option(negated, option, &format!("{low}-{high}"));
            found.term(negated, test(vec![(low, high)]));
        }
        Some(())
    };
    side(1, "--src-range", 0, Test::Source)?;
    side(2, "--dst-range", 32, Test::Destination)
}

/// `struct xt_rateinfo`: the time for one packet, in 1/10,000 s.
fn limit(info: &[u8], found: &mut Matched) -> Option<()> {
    let (period, burst) = (u32_at(info, 0)?, u32_at(info, 4)?);
    let units = [(10_000, "sec"), (600_000, "min"), (36_000_000, "hour"), (864_000_000, "day")];
    let fits = |(unit, _): &&(u32, &str)| unit.checked_rem(period) == Some(0);
    let (unit, name) = units.iter().find(fits).or(units.last())?;
    found.option(false, "--limit", &format!("{}/{name}", unit.checked_div(period)?));
    if burst != 5 {
        found.option(false, "--limit-burst", &burst.to_string());
    }
    found.terms.push(UNKNOWN);
    Some(())
}

/// `struct xt_mark_mtinfo1`.
fn mark(info: &[u8], found: &mut Matched) -> Option<()> {
    let (value, bits, negated) = (u32_at(info, 0)?, u32_at(info, 4)?, byte(info, 8)? != 0);
    let bits = if bits == u32::MAX { String::new() } else { format!("/{bits:#x}") };
    found.option(negated, "--mark", &format!("{value:#x}{bits}"));
    found.terms.push(UNKNOWN);
    Some(())
}

/// `struct ipt_icmp`, `struct ip6t_icmp`.
fn icmp(info: &[u8], option: &str, found: &mut Matched) -> Option<()> {
    let (kind, low, high) = (byte(info, 0)?, byte(info, 1)?, byte(info, 2)?);
    let negated = byte(info, 3)? & 1 != 0;
    let code = if (low, high) == (0, 255) { String::new() } else { format!("/{low}") };
    found.option(negated, option, &format!("{kind}{code}"));
    found.terms.push(UNKNOWN);
    Some(())
}
