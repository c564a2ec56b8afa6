//! What frames tell about one handshake: the ways of SYN and SYN-ACK, and whether the ACK came.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Capture, CaptureOrigin, End, Endpoint, Flow, FrameDirection, FrameKind, Handshake,
    HandshakeFrame, Mac, Origin, Place, Reply, RouteErrno, SeenFrames, Track, Value, text,
};

use crate::cases::Fact;
use crate::phrase;
use crate::view::View;

/// SYN-ACKs that are seen to leave and that nobody answers, from which on silence is an answer.
const UNANSWERED_LEAST: u32 = 2;

/// One handshake as its frames show it.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The frames.
    pub handshake: &'a Handshake,
    /// Devices at which the last SYN was seen coming in, as ifindex.
    pub in_devices: BTreeSet<u32>,
    /// Its link-layer source.
    pub in_mac: Option<Mac>,
    /// Its TTL or hop limit.
    pub ttl: Option<u8>,
    /// Devices at which the last SYN-ACK was seen going out, as ifindex.
    pub out_devices: BTreeSet<u32>,
    /// Its link-layer destination.
    pub out_mac: Option<Mac>,
    /// An ACK came; `None` when the capture cannot tell.
    pub ack: Option<bool>,
    /// A SYN-ACK left; `None` when the capture cannot tell.
    pub synack_left: Option<bool>,
}

impl<'a> Seen<'a> {
    /// `None` when the capture was not taken at the server, as far as it is known.
    pub fn new(capture: &'a Capture, handshake: &'a Handshake) -> Option<Self> {
        let here = capture.origin == CaptureOrigin::Live
            || capture.place(handshake.flow.local.ip) == Place::Server;
        if !here {
            return None;
        }
        let whole = capture.lost_count == Some(0) && capture.sampled_one_in <= 1;
        let counts = handshake.counts;
        let syn = handshake.syns().filter(|frame| frame.direction != FrameDirection::Out).last();
        let synack = handshake.synacks().last();
        let devices = |first: Option<&HandshakeFrame>, sender, kind| {
            first
                .into_iter()
                .chain(copies(handshake, first, sender, kind))
                .filter_map(|frame| capture.device(frame)?.ifindex)
                .collect::<BTreeSet<u32>>()
        };
        Some(Self {
            handshake,
            in_devices: devices(syn, End::Client, FrameKind::Syn),
            in_mac: syn.and_then(|frame| frame.src_mac),
            ttl: syn.and_then(HandshakeFrame::ttl_seen),
            out_devices: devices(synack, End::Server, FrameKind::SynAck),
            out_mac: synack.and_then(|frame| frame.dst_mac),
            ack: match counts.ack_count {
                // Segments that are neither SYN, ACK nor reset came in: what they are is for TCP to say.
                0 if others_came(handshake) => None,
                0 => (whole && counts.synack_count >= UNANSWERED_LEAST).then_some(false),
                _ => Some(true),
            },
            synack_left: match counts.synack_count {
                0 => (whole && counts.syn_count >= UNANSWERED_LEAST).then_some(false),
                _ => Some(true),
            },
        })
    }

    /// Routers that the SYN crossed: its TTL counted from the nearest of 64, 128 and 255.
    pub fn routers_crossed(&self) -> Option<u8> {
        let ttl = self.ttl?;
        let sent = [64, 128, 255].into_iter().find(|&start| ttl <= start)?;
        Some(sent - ttl)
    }

    /// The SYN-ACK leaves by no device that the SYN came by.
    pub fn changes_device(&self) -> bool {
        !self.in_devices.is_empty()
            && !self.out_devices.is_empty()
            && self.in_devices.is_disjoint(&self.out_devices)
    }

    /// The SYN came from another link-layer address than the SYN-ACK goes to: source, destination.
    pub fn other_mac(&self) -> Option<(Mac, Mac)> {
        let (from, to) = (self.in_mac?, self.out_mac?);
        (from != to && !from.is_virtual_router() && !to.is_virtual_router()).then_some((from, to))
    }

    /// The SYN-ACK goes to the link-layer address that the SYN came from, by the same device.
    pub fn goes_back(&self) -> bool {
        self.in_mac.is_some() && self.in_mac == self.out_mac && !self.changes_device()
    }

    /// The reading of a request that shows no repeated SYN and lacks the counter that would: a SYN that
    /// came in while it was there is one.
    pub fn reading(&self, track: &Track) -> RetryReading {
        let since = track.last_life().first.at;
        if self.handshake.syns().any(|frame| frame.at > since) {
            RetryReading::ClientRepeatsSyn
        } else {
            RetryReading::NoRepeatSeen
        }
    }

    /// The reading of a request whose rows are too young to tell. The kernel answers a SYN at once: one
    /// that repeats its SYN and was never answered waits for what does not leave.
    pub fn reading_of_young(&self, track: &Track) -> RetryReading {
        let expired = track.last_life().last.counters.timer_expiry_count.unwrap_or(0) > 0;
        match self.synack_left {
            Some(false) if track.life_count > 1 && !expired => RetryReading::KilledAtFirstTimer,
            Some(false) => RetryReading::ClientRepeatsSyn,
            _ => RetryReading::TooEarly,
        }
    }

    /// For the report.
    pub fn shown(&self, view: &View<'_>) -> SeenFrames {
        SeenFrames {
            in_dev: self.in_devices.first().map(|&device| view.dev(device)),
            in_mac: self.in_mac,
            in_ttl: self.ttl,
            out_dev: self.out_devices.first().map(|&device| view.dev(device)),
            out_mac: self.out_mac,
            ack_seen: self.ack,
        }
    }
}

/// The client sent something beside SYNs, ACKs and resets.
fn others_came(handshake: &Handshake) -> bool {
    handshake.frames.iter().any(|frame| {
        frame.sender == End::Client
            && !matches!(frame.kind, FrameKind::Syn | FrameKind::Rst | FrameKind::Icmp { .. })
    })
}

/// The other sightings of the packet that `first` shows.
fn copies<'a>(
    handshake: &'a Handshake,
    first: Option<&'a HandshakeFrame>,
    sender: End,
    kind: FrameKind,
) -> impl Iterator<Item = &'a HandshakeFrame> {
    let at = first.map(|frame| frame.at);
    handshake
        .frames
        .iter()
        .filter(move |frame| frame.copy && frame.sender == sender && frame.kind == kind)
        .filter(move |frame| at.is_some_and(|at| frame.at >= at))
}

/// The frames of some requests, where they were seen.
pub(crate) fn seen<'v, 'a>(
    view: &'v View<'a>,
    requests: &'v [usize],
) -> impl Iterator<Item = &'v Seen<'a>> {
    requests.iter().filter_map(|&index| view.requests()[index].seen.as_deref())
}

/// `8 SYNs came from 02:…:01 with TTL 63 by ps0; SYN-ACKs left to 02:…:02 by ps0`.
pub(crate) fn ways(view: &View<'_>, requests: &[usize]) -> Option<Fact> {
    let all: Vec<&Seen<'_>> = seen(view, requests).collect();
    let sample = all.first()?;
    let alike = all
        .iter()
        .filter(|other| (other.in_mac, other.out_mac) == (sample.in_mac, sample.out_mac))
        .count();
    let dev = |devices: &BTreeSet<u32>| match devices.first() {
        Some(&device) => text![" by ", view.dev(device)],
        None => text![""],
    };
    let mut text = text!["the SYN came"];
    if let Some(mac) = sample.in_mac {
        text.push(text![" from ", mac]);
    }
    text.push(dev(&sample.in_devices));
    if let Some(ttl) = sample.ttl {
        text.push(text![" with TTL ", ttl]);
    }
    match sample.routers_crossed() {
        Some(0) => text.push(": from a machine on this wire"),
        Some(crossed) => {
            text.push(text![": through ", phrase::count(crossed.into(), "router", "routers")]);
        }
        None => {}
    }
    if sample.synack_left == Some(true) {
        text.push("; the SYN-ACK left");
        if let Some(mac) = sample.out_mac {
            text.push(text![" to ", mac]);
        }
        text.push(dev(&sample.out_devices));
    }
    if all.len() > 1 {
        text.push(text![" (", alike, " of ", all.len(), " connections)"]);
    }
    let mac = |mac: Option<Mac>| mac.map_or(Value::Unknown, Value::Mac);
    Some(
        Fact::new(Origin::Frames, "ways-of-frames", text)
            .with("in_mac", mac(sample.in_mac))
            .with("ttl", phrase::number(sample.ttl))
            .with("out_mac", mac(sample.out_mac))
            .with("connection_count", Value::Number(all.len() as u64))
            .with("alike_count", Value::Number(alike as u64))
            .recheck(format!(
                "tcpdump -eni any 'host {} and tcp port {}'",
                sample.handshake.flow.peer.ip, sample.handshake.flow.local.port
            )),
    )
}

/// The SYN came by a port of a bridge, and the SYN-ACK is seen on the bridge and on none of its ports:
/// the bridge keeps it.
pub(crate) fn stays_on_bridge(view: &View<'_>, seen: &Seen<'_>) -> bool {
    let links = view.links();
    let master = |port: &u32| links.iter().find(|link| link.ifindex == *port)?.master_ifindex;
    let came_by: BTreeSet<u32> = seen.in_devices.iter().filter_map(master).collect();
    came_by.iter().any(|bridge| seen.out_devices.contains(bridge))
        && !seen.out_devices.iter().filter_map(master).any(|bridge| came_by.contains(&bridge))
}

/// Machines that claim an address in captured ARP and ND frames, in order.
pub(crate) fn claimants(capture: &Capture, address: IpAddr) -> BTreeSet<Mac> {
    capture
        .claims
        .iter()
        .filter(|claim| claim.address == address)
        .filter_map(|claim| claim.mac)
        .filter(|mac| !mac.is_zero() && !mac.is_virtual_router())
        .collect()
}

/// Completed handshakes whose frames took the same pair of link-layer addresses: the asymmetry is
/// tolerated.
pub(crate) fn completed_alike(view: &View<'_>, pair: (Mac, Mac)) -> usize {
    view.seen_completed().filter(|seen| seen.other_mac() == Some(pair)).count()
}

/// ACKs among the frames of some requests: `Some(true)` when one came, `Some(false)` when the capture
/// shows of all that none did.
pub(crate) fn ack_came(view: &View<'_>, requests: &[usize]) -> Option<bool> {
    let known: Vec<Option<bool>> = requests
        .iter()
        .map(|&index| view.requests()[index].seen.as_deref().and_then(|seen| seen.ack))
        .collect();
    if known.contains(&Some(true)) {
        return Some(true);
    }
    (!known.is_empty() && known.iter().all(|ack| *ack == Some(false))).then_some(false)
}

/// `32 ACKs of these clients came in and 12 SYN-ACKs were sent again`.
pub(crate) fn ack_fact(view: &View<'_>, requests: &[usize]) -> Option<Fact> {
    let came = ack_came(view, requests)?;
    let (acks, synacks) = seen(view, requests).fold((0, 0), |(acks, synacks), seen| {
        let counts = seen.handshake.counts;
        (acks + u64::from(counts.ack_count), synacks + u64::from(counts.synack_count))
    });
    let count = |number: u64, one, many| {
        phrase::count(usize::try_from(number).unwrap_or(usize::MAX), one, many)
    };
    let text = if came {
        text![
            count(acks, "ACK", "ACKs"),
            " of these clients came in for ",
            count(synacks, "SYN-ACK", "SYN-ACKs"),
            " that left",
        ]
    } else {
        text![count(synacks, "SYN-ACK", "SYN-ACKs"), " left and no ACK of these clients came in"]
    };
    let sample = seen(view, requests).next()?.handshake.flow;
    Some(
        Fact::new(Origin::Frames, "acks-seen", text)
            .with("ack_count", Value::Number(acks))
            .with("synack_count", Value::Number(synacks))
            .recheck(format!(
                "tcpdump -ni any 'host {} and tcp port {}'",
                sample.peer.ip, sample.local.port
            )),
    )
}

/// SYNs that came in and were not answered by a SYN-ACK, of clients that try again as scanners do not.
pub(crate) fn refused<'a>(view: &View<'a>) -> Vec<Seen<'a>> {
    let rejected = view.seen_refused().filter(|seen| seen.handshake.counts.synack_count == 0);
    let mut all: Vec<Seen<'a>> = view.seen_unanswered().chain(rejected).collect();
    let mut syns: BTreeMap<(Endpoint, IpAddr), u32> = BTreeMap::new();
    let client = |seen: &Seen<'_>| (seen.handshake.flow.local, seen.handshake.flow.peer.ip);
    for seen in &all {
        *syns.entry(client(seen)).or_default() += seen.handshake.counts.syn_count;
    }
    all.retain(|seen| syns.get(&client(seen)).is_some_and(|&count| count >= REPEATED_LEAST));
    all
}

/// SYNs of one client from which on it is one that wants to connect.
const REPEATED_LEAST: u32 = 2;

/// The kernel's answer about the reply to an unanswered SYN; one of each client was asked about.
pub(crate) fn unanswered_reply<'a>(view: &View<'a>, flow: Flow) -> Option<&'a Reply> {
    view.reply(flow).or_else(|| view.reply_to(flow.local, flow.peer.ip))
}

/// The kernel would not take a packet of this client by the device that its SYN came by.
pub(crate) fn refused_input(view: &View<'_>, seen: &Seen<'_>) -> Option<u32> {
    let reply = unanswered_reply(view, seen.handshake.flow)?;
    let refusals = [RouteErrno::EINVAL, RouteErrno::EXDEV];
    let input = reply.inputs.iter().find(|input| seen.in_devices.contains(&input.iif))?;
    input.result.as_ref().is_err_and(|errno| refusals.contains(errno)).then_some(input.iif)
}

/// `12 SYNs of 4 clients came in by ps1 and were not answered`.
pub(crate) fn refused_fact(view: &View<'_>, refused: &[&Seen<'_>]) -> Fact {
    let syns: u64 = refused.iter().map(|seen| u64::from(seen.handshake.counts.syn_count)).sum();
    let peers: BTreeSet<IpAddr> = refused.iter().map(|seen| seen.handshake.flow.peer.ip).collect();
    let peers: Vec<IpAddr> = peers.into_iter().collect();
    let mut text = text![
        phrase::count(usize::try_from(syns).unwrap_or(usize::MAX), "SYN", "SYNs"),
        " of ",
        phrase::name_peers(&peers),
        " came in",
    ];
    if let Some(device) = refused.iter().find_map(|seen| seen.in_devices.first()) {
        text.push(text![" by ", view.dev(*device)]);
    }
    text.push(" and no SYN-ACK left");
    Fact::new(Origin::Frames, "syns-unanswered", text)
        .with("syn_count", Value::Number(syns))
        .with("peers", Value::List(peers.into_iter().map(Value::Ip).collect()))
        .recheck("tcpdump -eni any 'tcp[tcpflags] & tcp-syn != 0'")
}

#[cfg(test)]
mod tests {
    use synrecv_model::view::RetryReading;
    use synrecv_model::{Mono, Outcome};

    use crate::fixture::{Frames, HostFixture};

    fn host(counts: (u32, u32)) -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", counts)
            .via(2, "10.1.0.1")
    }

    #[test]
    fn a_syn_that_comes_in_while_the_request_is_there_is_a_repeat() {
        let leading = |syn_at_ms| {
            let (outcome, at) = (Outcome::AckMissing, Mono(0).plus_ms(syn_at_ms));
            let host = host((2, 2)).without_retrans_count(1_000);
            host.frames(Frames { outcome, at, ..Frames::default() }).diagnose().leading()
        };
        assert_eq!(leading(1_500), Some("synack-lost-outside"));
        assert_eq!(leading(900), Some("ack-lost-outside"));
    }

    /// A request that is too young by its row, and SYNs that are never answered.
    fn unanswered(life_count: u32) -> HostFixture {
        let (synack, outcome) = (None, Outcome::Unanswered);
        host((0, 0)).young(life_count).frames(Frames { synack, outcome, ..Frames::default() })
    }

    fn reading(host: HostFixture) -> RetryReading {
        host.view(|view| view.requests()[0].reading)
    }

    #[test]
    fn a_young_row_whose_syns_are_never_answered_is_stuck() {
        assert_eq!(reading(unanswered(2)), RetryReading::KilledAtFirstTimer);
        assert_eq!(reading(unanswered(1)), RetryReading::ClientRepeatsSyn);
        assert_eq!(unanswered(2).diagnose().leading(), Some("synack-dropped-here"));
    }

    #[test]
    fn a_client_that_is_looked_for_in_vain_is_not_answered_either() {
        for address in ["198.51.100.7", "10.1.0.1"] {
            let elsewhere = unanswered(2).unresolved(3, address);
            assert_eq!(reading(elsewhere), RetryReading::TooEarly);
        }
    }
}
