//! The way to a host as this program has traced it, with all that the answers say.

use std::net::IpAddr;

use crate::{Hop, Trace};

/// What the questions are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceMethod {
    /// Datagrams to a port where nobody should listen.
    Udp,
    /// Echo requests.
    Icmp,
    /// SYNs.
    Tcp,
}

impl TraceMethod {
    /// The word on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Tcp => "tcp",
        }
    }
}

/// The way from this host to a target, hop by hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTrace {
    /// Where to.
    pub target: IpAddr,
    /// Source address of the questions.
    pub source: IpAddr,
    /// What the questions were made of.
    pub method: TraceMethod,
    /// Source and destination port, the same in all questions; `None` for ICMP.
    pub ports: Option<(u16, u16)>,
    /// Hops in order of distance, from 1 and without gaps; silent ones at the end are part of it.
    pub hops: Vec<TracedHop>,
    /// How it ended.
    pub end: TraceEnd,
    /// Questions sent.
    pub sent_count: u32,
    /// Answers that did not say which question they are for, and that could belong to several.
    pub unattributed_count: u32,
}

/// One hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedHop {
    /// Distance, from 1: the TTL of its questions.
    pub distance: u8,
    /// Questions sent with this TTL.
    pub asked_count: u8,
    /// Answers in order of arrival; empty when there was none.
    pub answers: Vec<HopAnswer>,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HopAnswer {
    /// Who sent it.
    pub from: IpAddr,
    /// What it says.
    pub said: HopSaid,
    /// Time since the question, in microseconds.
    pub delay_us: u32,
    /// TTL or hop limit that the answer arrived with; `None` where the kernel does not tell.
    pub ttl: Option<u8>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HopSaid {
    /// A message of ICMP or, from an IPv6 address, ICMPv6.
    Icmp {
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
    },
    /// A UDP datagram: somebody listens.
    Datagram,
    /// A SYN-ACK: somebody listens.
    SynAck,
    /// A reset: the port is closed, or a filter says so in the target's name.
    Reset,
}

/// How a trace ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEnd {
    /// The target answered.
    Arrived,
    /// Somebody else said that it goes no further.
    Refused,
    /// Too many hops in a row did not answer.
    Silent,
    /// The largest TTL was reached.
    TooFar,
}

impl TraceEnd {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::TooFar => "too-far",
        }
    }
}

/// Initial TTLs in use: Linux and BSD, Windows, routers.
const INITIAL_TTLS: [u8; 3] = [64, 128, 255];

/// Out and back may differ by this much before it is worth a word: routers disagree on whether they
/// count themselves.
const SAME_LENGTH: u8 = 1;

impl HopAnswer {
    /// It is from a hop on the way: time exceeded in transit.
    pub fn is_transit(&self) -> bool {
        let HopSaid::Icmp { kind, code } = self.said else { return false };
        (kind, code) == if self.from.is_ipv4() { (11, 0) } else { (3, 0) }
    }

    /// Hops on the way back, guessed from the TTL of the answer and the usual initial ones.
    pub fn distance_back(&self) -> Option<u8> {
        let ttl = self.ttl?;
        let initial = INITIAL_TTLS.into_iter().find(|&initial| initial >= ttl)?;
        (initial - ttl).checked_add(1)
    }
}

impl TracedHop {
    /// Hops on the way back of the first answer, where that differs from the way out.
    pub fn asymmetry(&self) -> Option<u8> {
        let back = self.answers.first()?.distance_back()?;
        (back.abs_diff(self.distance) > SAME_LENGTH).then_some(back)
    }
}

impl PathTrace {
    /// Its outline: who answered at which distance.
    pub fn outline(&self) -> Trace {
        let hops = self.hops.iter().map(|hop| {
            let mut answers: Vec<IpAddr> = Vec::new();
            for answer in &hop.answers {
                if !answers.contains(&answer.from) {
                    answers.push(answer.from);
                }
            }
            Hop { distance: hop.distance, answers }
        });
        Trace { target: self.target, hops: hops.collect() }
    }

    /// Routers that packets go round between, each once: the same answer again and again, in the same
    /// order. With the distance from which on they do. A router that stays silent is not among them.
    pub fn circle(&self) -> Option<(u8, Vec<IpAddr>)> {
        if matches!(self.end, TraceEnd::Arrived | TraceEnd::Refused) {
            return None;
        }
        let of = |hop: &TracedHop| hop.answers.first().map(|answer| answer.from);
        let by_distance: Vec<Option<IpAddr>> = self.hops.iter().map(of).collect();
        (2..=CIRCLE_MAX).find_map(|length| circle(&by_distance, length))
    }

    /// The answers of the first hop.
    pub fn first_answer(&self) -> Option<&HopAnswer> {
        self.hops.first().filter(|hop| hop.distance == 1)?.answers.first()
    }
}

/// Routers of a circle at most.
const CIRCLE_MAX: usize = 8;

/// A router that answers at two distances makes a circle likely: it may have answered for its neighbour
/// as well. So often again it is one.
const AGAIN_MIN: usize = 3;

/// Where a circle of this many routers begins, if they are one.
fn circle(by_distance: &[Option<IpAddr>], length: usize) -> Option<(u8, Vec<IpAddr>)> {
    let both = |at: usize| Some((by_distance[at]?, (*by_distance.get(at + length)?)?));
    let differs = |&at: &usize| both(at).is_some_and(|(one, other)| one != other);
    let settled = (0..by_distance.len()).rev().find(differs).map_or(0, |last| last + 1);
    let again: Vec<usize> = (settled..by_distance.len()).filter(|&at| both(at).is_some()).collect();
    let begin = *again.first()?;
    let tail = &by_distance[begin..];
    // One that answers for all behind it, as some boxes do, is no circle.
    let stands = tail.windows(2).any(|pair| pair[0].is_some() && pair[0] == pair[1]);
    if again.len() < AGAIN_MIN || stands {
        return None;
    }
    let member = |place| tail.iter().skip(place).step_by(length).copied().flatten().next();
    Some((u8::try_from(begin + 1).ok()?, (0..length).filter_map(member).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(from: &str, kind: u8, ttl: u8) -> HopAnswer {
        let said = HopSaid::Icmp { kind, code: 0 };
        HopAnswer { from: from.parse().unwrap(), said, delay_us: 10, ttl: Some(ttl) }
    }

    #[test]
    fn time_exceeded_has_a_number_for_each_family() {
        assert!(answer("10.0.0.1", 11, 64).is_transit());
        assert!(!answer("10.0.0.1", 3, 64).is_transit());
        assert!(answer("fe80::1", 3, 64).is_transit());
        assert!(!answer("fe80::1", 1, 64).is_transit());
    }

    #[test]
    fn a_way_back_of_another_length_is_seen() {
        let hop = |distance, ttl| TracedHop {
            distance,
            asked_count: 1,
            answers: vec![answer("10.0.0.1", 11, ttl)],
        };
        assert_eq!(hop(1, 64).asymmetry(), None);
        // A router that does not count itself.
        assert_eq!(hop(3, 253).asymmetry(), None);
        assert_eq!(hop(4, 62).asymmetry(), None);
        assert_eq!(hop(4, 58).asymmetry(), Some(7));
        assert_eq!(hop(9, 250).asymmetry(), Some(6));
    }

    /// A way on which these routers of 10.0.0.0/24 answered; 0 is silence.
    fn path(routers: &[u8], end: TraceEnd) -> PathTrace {
        let hops = routers.iter().zip(1..).map(|(&router, distance)| TracedHop {
            distance,
            asked_count: 1,
            answers: match router {
                0 => Vec::new(),
                last => vec![answer(&format!("10.0.0.{last}"), 11, 64)],
            },
        });
        PathTrace {
            target: "10.9.9.9".parse().unwrap(),
            source: "10.0.0.99".parse().unwrap(),
            method: TraceMethod::Udp,
            ports: None,
            hops: hops.collect(),
            end,
            sent_count: 30,
            unattributed_count: 0,
        }
    }

    fn circle(routers: &[u8], end: TraceEnd) -> Option<(u8, Vec<String>)> {
        let (from, routers) = path(routers, end).circle()?;
        Some((from, routers.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn packets_that_go_round_are_seen() {
        let found = |from, routers: &[u8]| {
            Some((from, routers.iter().map(|last| format!("10.0.0.{last}")).collect::<Vec<_>>()))
        };
        let too_far = TraceEnd::TooFar;
        assert_eq!(circle(&[1, 2, 1, 2, 1, 2, 1, 2], too_far), found(1, &[1, 2]));
        assert_eq!(circle(&[9, 1, 2, 3, 1, 2, 3, 1, 2], too_far), found(2, &[1, 2, 3]));
        // Routers limit how often they answer, or never do.
        let limited = [9, 1, 2, 0, 2, 1, 2, 1, 0, 1, 0, 0];
        assert_eq!(circle(&limited, TraceEnd::Silent), found(3, &[2, 1]));
        assert_eq!(circle(&[9, 1, 0, 1, 0, 1, 0, 1, 0], too_far), found(2, &[1]));
    }

    #[test]
    fn others_do_not_go_round() {
        let too_far = TraceEnd::TooFar;
        assert_eq!(circle(&[1, 2, 3, 4, 5, 6, 7, 8], too_far), None);
        assert_eq!(circle(&[1, 2, 0, 0, 0, 0, 0, 0], TraceEnd::Silent), None);
        assert_eq!(circle(&[1, 2, 3, 3, 3, 3, 3, 3], too_far), None, "one answers for all");
        assert_eq!(circle(&[1, 2, 1, 3, 4, 5, 6], too_far), None, "once is no circle");
        assert_eq!(circle(&[1, 2, 1, 2, 1, 2, 1, 2], TraceEnd::Arrived), None);
        assert_eq!(circle(&[], TraceEnd::Silent), None);
    }

    #[test]
    fn the_outline_names_everybody_once() {
        let twice = answer("10.0.0.1", 11, 64);
        let hop = TracedHop { distance: 1, asked_count: 3, answers: vec![twice, twice] };
        let target = "10.0.9.9".parse().unwrap();
        let trace = PathTrace {
            target,
            source: "10.0.0.9".parse().unwrap(),
            method: TraceMethod::Udp,
            ports: Some((40_000, 33_434)),
            hops: vec![hop],
            end: TraceEnd::Silent,
            sent_count: 3,
            unattributed_count: 0,
        };
        let outline = trace.outline();
        assert_eq!(outline.hops[0].answers, [twice.from]);
        assert_eq!(outline.first_router(), Some((1, twice.from)));
        assert_eq!(trace.first_answer(), Some(&twice));
    }
}
