//! Crafted peers: handshakes written by hand, from addresses that no kernel owns.
//!
//! Packets leave by a raw socket with their own IP header and answers are read from a packet
//! socket. The peers' addresses are routed to the namespace but not configured in it, and it does
//! not forward, so its kernel drops the answers in silence and never resets what it did not begin.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto,
};

use super::script::{Exchange, Pace, Reply, Script};
use super::segment::{Flags, Segment};
use super::{Counts, Stop, Traffic, add_one};
use crate::error::Result;
use crate::namespace::Namespace;

type Choose = dyn Fn(u64) -> Script + Send + Sync;

/// A crowd of crafted peers.
#[derive(Clone)]
pub struct RawPeers {
    /// Server that they connect to.
    pub target: SocketAddr,
    /// Their addresses, used in turn.
    pub sources: Vec<IpAddr>,
    /// How often they connect.
    pub pace: Pace,
    /// Connections after which no more are begun.
    pub most: u64,
    choose: Arc<Choose>,
}

impl std::fmt::Debug for RawPeers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawPeers")
            .field("target", &self.target)
            .field("sources", &self.sources)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

impl RawPeers {
    /// Peers whose n-th connection, from 0, follows the script that `choose` gives for n.
    pub fn new(
        target: SocketAddr,
        sources: impl IntoIterator<Item = IpAddr>,
        pace: Pace,
        choose: impl Fn(u64) -> Script + Send + Sync + 'static,
    ) -> Self {
        let sources = sources.into_iter().collect();
        Self { target, sources, pace, most: u64::MAX, choose: Arc::new(choose) }
    }

    /// Begins no more than this many connections.
    #[must_use]
    pub fn at_most(mut self, connections: u64) -> Self {
        self.most = connections;
        self
    }

    /// Connects from `namespace` until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        let target = self.target;
        Traffic::start(
            namespace,
            &format!("send crafted segments to `{target}`"),
            move || Wire::open(target),
            move |wire, stop, counts| Crowd::new(self, wire).run(stop, counts),
        )
    }
}

/// The raw socket that sends and the packet socket that listens.
struct Wire {
    out: OwnedFd,
    back: OwnedFd,
    /// Destination of `sendto`: raw IPv6 sockets want port 0.
    target: SocketAddr,
}

impl Wire {
    fn open(target: SocketAddr) -> io::Result<Self> {
        const ETH_P_IP: u16 = 0x0800;
        const ETH_P_IPV6: u16 = 0x86dd;
        let (family, ethertype) = match target.ip() {
            IpAddr::V4(_) => (AddressFamily::INET, ETH_P_IP),
            IpAddr::V6(_) => (AddressFamily::INET6, ETH_P_IPV6),
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with;
        let out = socket(family, SocketType::RAW, flags, Some(ipproto::RAW))?;
        let listened = NonZeroU32::new(ethertype.to_be().into()).map(Protocol::from_raw);
        let back = socket(AddressFamily::PACKET, SocketType::DGRAM, flags, listened)?;
        Ok(Self { out, back, target: SocketAddr::new(target.ip(), 0) })
    }

    fn send(&self, segment: &Segment) {
        if let Some(packet) = segment.encode() {
            // A packet that cannot be sent is lost, as on any network.
            let _ = rustix::net::sendto(&self.out, &packet, SendFlags::empty(), &self.target);
        }
    }

    fn receive(&self) -> Option<Segment> {
        let mut buffer = [0; 2048];
        loop {
            let (length, _) =
                rustix::net::recv(&self.back, &mut buffer, RecvFlags::empty()).ok()?;
            if let Some(segment) = Segment::decode(&buffer[..length]) {
                return Some(segment);
            }
        }
    }
}

struct Flow {
    script: Script,
    syn: Segment,
    syn_acks: u32,
    /// What the peer sends next, and what it expects next.
    sequence: u32,
    expected: u32,
    replied: bool,
    closed: bool,
}

impl Flow {
    fn segment(&self, flags: Flags) -> Segment {
        let mut segment = Segment::new(self.syn.source, self.syn.destination, flags);
        segment.sequence = self.sequence;
        segment.acknowledgement = self.expected;
        match self.script.syn_key {
            Some(key) => segment.signed(key),
            None => segment,
        }
    }
}

#[derive(Debug)]
enum Event {
    Burst,
    RepeatSyn(SocketAddr),
    Send(Segment),
    Close(SocketAddr),
    Forget(SocketAddr),
}

struct Crowd {
    plan: RawPeers,
    wire: Wire,
    flows: HashMap<SocketAddr, Flow>,
    agenda: BinaryHeap<Reverse<(Instant, u64)>>,
    events: HashMap<u64, Event>,
    next_event: u64,
    connections: u64,
}

/// Longer than a request lives at 5 SYN-ACK retries (63 s), so that late SYN-ACKs are answered.
const LIFE: Duration = Duration::from_secs(70);

impl Crowd {
    fn new(plan: RawPeers, wire: Wire) -> Self {
        Self {
            plan,
            wire,
            flows: HashMap::new(),
            agenda: BinaryHeap::new(),
            events: HashMap::new(),
            next_event: 0,
            connections: 0,
        }
    }

    fn at(&mut self, when: Instant, event: Event) {
        self.agenda.push(Reverse((when, self.next_event)));
        self.events.insert(self.next_event, event);
        self.next_event += 1;
    }

    fn run(mut self, stop: &Stop, counts: &Counts) {
        self.at(Instant::now(), Event::Burst);
        while !stop.is_raised() {
            while let Some(Reverse((when, id))) = self.agenda.peek().copied()
                && when <= Instant::now()
            {
                self.agenda.pop();
                if let Some(event) = self.events.remove(&id) {
                    self.handle(event, when, counts);
                }
            }
            let until = match self.agenda.peek() {
                Some(Reverse((when, _))) => *when,
                None => Instant::now() + Duration::from_secs(1),
            };
            let ready = stop.wait(&[(self.wire.back.as_fd(), PollFlags::IN)], until);
            if ready.first() == Some(&true) {
                while let Some(segment) = self.wire.receive() {
                    self.hear(&segment);
                }
            }
        }
    }

    fn handle(&mut self, event: Event, when: Instant, counts: &Counts) {
        match event {
            Event::Burst => {
                for _ in 0..self.plan.pace.burst {
                    if self.connections < self.plan.most {
                        self.begin(counts);
                    }
                }
                if self.connections >= self.plan.most {
                    return;
                }
                // What was missed while this thread did not run is not made up for by a flood.
                let next = (when + self.plan.pace.every).max(Instant::now());
                self.at(next, Event::Burst);
            }
            Event::RepeatSyn(peer) => {
                if let Some(flow) = self.flows.get(&peer).filter(|flow| !flow.replied) {
                    self.wire.send(&flow.syn);
                }
            }
            Event::Send(reply) => {
                self.wire.send(&reply);
                self.after_reply(reply.source, counts);
            }
            Event::Close(peer) => {
                if let Some(flow) = self.flows.get_mut(&peer).filter(|flow| !flow.closed) {
                    let fin = flow.segment(Flags::FIN | Flags::ACK);
                    flow.sequence = fin.next_sequence();
                    flow.closed = true;
                    self.wire.send(&fin);
                }
            }
            Event::Forget(peer) => {
                self.flows.remove(&peer);
            }
        }
    }

    fn begin(&mut self, counts: &Counts) {
        let number = self.connections;
        let Some(source) = turn(&self.plan.sources, number) else { return };
        self.connections += 1;
        let script = (self.plan.choose)(number);
        // A port of its own for each connection, so that no row of an earlier one is meant.
        let port = 20_000 + u16::try_from(number % 40_000).unwrap_or(0);
        let peer = SocketAddr::new(source, port);
        let mut syn = Segment::new(peer, self.plan.target, Flags::SYN);
        syn.sequence = initial_sequence(number);
        syn.options.clone_from(&script.syn_options);
        syn.payload.clone_from(&script.syn_payload);
        syn.damaged = script.syn_damaged;
        if let Some(key) = script.syn_key {
            syn = syn.signed(key);
        }
        self.wire.send(&syn);
        add_one(&counts.started);
        let began = Instant::now();
        for after in &script.repeat_syn_at {
            self.at(began + *after, Event::RepeatSyn(peer));
        }
        self.at(began + LIFE, Event::Forget(peer));
        let sequence = syn.next_sequence();
        let flow =
            Flow { script, syn, syn_acks: 0, sequence, expected: 0, replied: false, closed: false };
        self.flows.insert(peer, flow);
    }

    fn hear(&mut self, segment: &Segment) {
        let peer = segment.destination;
        let Some(flow) = self.flows.get_mut(&peer) else { return };
        if segment.source != self.plan.target {
            return;
        }
        if segment.flags.has(Flags::RST) {
            // As RFC 5961 has it: one with another number is not believed.
            let refused = flow.syn_acks == 0 && segment.flags.has(Flags::ACK);
            if refused || segment.sequence == flow.expected {
                self.flows.remove(&peer);
            }
        } else if segment.flags.has(Flags::SYN | Flags::ACK) {
            self.answer(segment);
        } else if segment.flags.has(Flags::FIN) && flow.replied {
            flow.expected = segment.next_sequence();
            let flags = if flow.closed { Flags::ACK } else { Flags::FIN | Flags::ACK };
            let last = flow.segment(flags);
            flow.sequence = last.next_sequence();
            flow.closed = true;
            self.wire.send(&last);
        }
    }

    fn answer(&mut self, syn_ack: &Segment) {
        let peer = syn_ack.destination;
        let Some(flow) = self.flows.get_mut(&peer) else { return };
        flow.syn_acks += 1;
        if flow.syn_acks <= flow.script.lost_syn_acks {
            return;
        }
        let exchange = Exchange { syn: &flow.syn, syn_ack, nth: flow.syn_acks };
        let replies = match flow.script.reply {
            Reply::Silence => return,
            Reply::Ack => vec![exchange.ack()],
            Reply::Craft(craft) => craft(&exchange),
        };
        flow.expected = syn_ack.next_sequence();
        let when = Instant::now() + flow.script.delay;
        for reply in replies {
            self.at(when, Event::Send(reply));
        }
    }

    fn after_reply(&mut self, peer: SocketAddr, counts: &Counts) {
        let Some(flow) = self.flows.get_mut(&peer).filter(|flow| !flow.replied) else { return };
        flow.replied = true;
        add_one(&counts.completed);
        if let Some(after) = flow.script.close_after {
            self.at(Instant::now() + after, Event::Close(peer));
        }
    }
}

fn turn(sources: &[IpAddr], number: u64) -> Option<IpAddr> {
    let count = u64::try_from(sources.len()).ok().filter(|count| *count > 0)?;
    sources.get(usize::try_from(number % count).ok()?).copied()
}

/// Spread over the sequence space, the same in every run.
fn initial_sequence(number: u64) -> u32 {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    u32::try_from(mixed >> 32).unwrap_or(0)
}
