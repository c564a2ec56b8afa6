//! Who is first on the way to several hosts, by one datagram each that may go no further.

use std::net::IpAddr;
use std::time::Duration;

use synrecv_model::{Hop, HopAnswer, Trace};

use super::drive::{Ended, Running, drive};
use super::error::TraceError;
use super::schedule::Pace;
use super::{PORT_UDP, socket, udp};

/// Questions to one host.
const ASKED_MAX: u8 = 3;

/// A neighbour answers within milliseconds; the rest is for one that is busy.
const PATIENCE: Duration = Duration::from_millis(300);

/// Hosts that are asked for at a time; more than a diagnosis needs, less than descriptors allow.
const HOSTS_MAX: usize = 64;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstHopQuestion {
    /// Where to.
    pub peer: IpAddr,
    /// Source address; `None` leaves it to the kernel.
    pub from: Option<IpAddr>,
    /// Device of a link-local peer, 0 for others.
    pub ifindex: u32,
}

/// Who answered to a packet that may go no further than one hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstHop {
    /// Where the packet was addressed to.
    pub peer: IpAddr,
    /// Source address of the packet.
    pub source: IpAddr,
    /// Who answered, with the ICMP code and the delay; `None` when nobody did. Of the peer itself when
    /// it is on the link.
    pub answer: Option<HopAnswer>,
    /// Questions sent.
    pub asked_count: u8,
}

impl FirstHop {
    /// The peer itself answered: there is no router in between.
    pub fn is_peer(&self) -> bool {
        self.answer.is_some_and(|answer| answer.from == self.peer)
    }

    /// Somebody else answered: the packet was in the hands of a router, and this is its address.
    pub fn router(&self) -> Option<IpAddr> {
        let answer = self.answer.filter(HopAnswer::is_transit)?;
        (answer.from != self.peer).then_some(answer.from)
    }

    /// As a way of one hop. An answer of this host itself (the next hop does not resolve) is none.
    pub fn outline(&self) -> Trace {
        let heard = self.answer.filter(|answer| answer.from != self.source);
        let answers = heard.map(|answer| answer.from).into_iter().collect();
        Trace { target: self.peer, hops: vec![Hop { distance: 1, answers }] }
    }
}

/// The most packets that [`first_hop`] sends for this many hosts.
pub fn first_hop_bound(hosts: usize) -> u32 {
    u32::try_from(hosts.min(HOSTS_MAX)).unwrap_or(u32::MAX) * u32::from(ASKED_MAX)
}

/// Asks who is first on the way to each of these hosts, all at a time, from the network namespace of
/// the calling thread. Needs no rights. Takes about a second where somebody is silent.
///
/// The datagrams go to UDP port 33434 with TTL 1, from the given source, so that the kernel's routes
/// and neighbour entries decide as they do for a reply, except for rules that look at ports or
/// protocol. Hosts after the 64th are not asked and not in the answer.
///
/// Each answer is for the question at the same place.
///
/// # Errors
/// For a single host: no way to it, a source that is no address of this host, or every packet
/// refused by this host. [`TraceError::Wait`] for all when answers cannot be waited for.
pub fn first_hop(
    questions: &[FirstHopQuestion],
) -> Result<Vec<Result<FirstHop, TraceError>>, TraceError> {
    let pace =
        Pace { distance_max: 1, asked_max: ASKED_MAX, patience: PATIENCE, ..Pace::SIDE_BY_SIDE };
    let mut traces = Vec::new();
    let mut places = Vec::new();
    for question in questions.iter().take(HOSTS_MAX) {
        let FirstHopQuestion { peer, from, ifindex } = *question;
        let from = from.map(|from| socket::end(from, 0, ifindex));
        match udp::Udp::open(from, socket::end(peer, PORT_UDP, ifindex), pace) {
            Ok(wire) => {
                places.push(Ok(traces.len()));
                traces.push(Running::new(Box::new(wire)));
            }
            Err(error) => places.push(Err(error)),
        }
    }
    drive(&mut traces).map_err(TraceError::Wait)?;
    let mut ended = traces.into_iter().map(|trace| (trace.wire.ends(), trace.end()));
    // In the order in which they were opened.
    let answers = places.into_iter().map(|place| {
        place?;
        let (ends, Ended { outcome, refused }) =
            ended.next().expect("one for each that was opened");
        let peer = ends.target.ip();
        if let Some(source) = refused {
            return Err(TraceError::Send { target: peer, source });
        }
        let hop = outcome.hops.first();
        Ok(FirstHop {
            peer,
            source: ends.local.ip(),
            answer: hop.and_then(|hop| hop.answers.first().copied()),
            asked_count: hop.map_or(0, |hop| hop.asked_count),
        })
    });
    Ok(answers.collect())
}
