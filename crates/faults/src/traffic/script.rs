//! How a crafted peer behaves in one connection.

use std::time::Duration;

use super::segment::{Flags, Segment};

/// How often peers begin a connection.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time from one burst to the next.
    pub every: Duration,
    /// Connections begun together in a burst.
    pub burst: usize,
}

/// The SYN of a connection and a SYN-ACK that came for it.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The peer's SYN.
    pub syn: &'a Segment,
    /// The server's SYN-ACK.
    pub syn_ack: &'a Segment,
    /// Which SYN-ACK of this connection it is, from 1.
    pub nth: u32,
}

impl Exchange<'_> {
    /// The right ACK to the SYN-ACK.
    pub fn ack(&self) -> Segment {
        let mut ack = Segment::new(self.syn.source, self.syn.destination, Flags::ACK);
        ack.sequence = self.syn.next_sequence();
        ack.acknowledgement = self.syn_ack.next_sequence();
        ack
    }
}

/// What a peer sends for a SYN-ACK that it does not ignore.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// Nothing, ever.
    Silence,
    /// The right ACK, for every SYN-ACK, as a kernel does.
    Ack,
    /// Segments made from the exchange: wrong numbers, resets, old timestamps.
    Craft(fn(&Exchange<'_>) -> Vec<Segment>),
}

/// How a peer behaves in one connection.
#[derive(Debug, Clone)]
pub struct Script {
    /// When the SYN is sent again while nothing is answered, counted from the first SYN.
    pub repeat_syn_at: Vec<Duration>,
    /// TCP options of the SYN, encoded.
    pub syn_options: Vec<u8>,
    /// SYN-ACKs that are lost before they reach the peer.
    pub lost_syn_acks: u32,
    /// Time from a SYN-ACK to the reply: the round trip.
    pub delay: Duration,
    /// What is sent for a SYN-ACK.
    pub reply: Reply,
    /// When the peer closes, counted from its first reply; `None` leaves that to the server.
    pub close_after: Option<Duration>,
}

/// MSS 1460, all that a minimal SYN carries.
const MSS_1460: [u8; 4] = [2, 4, 0x05, 0xb4];

impl Script {
    /// Sends one SYN and never anything else, as a scanner.
    pub fn silent() -> Self {
        Self {
            repeat_syn_at: Vec::new(),
            syn_options: MSS_1460.to_vec(),
            lost_syn_acks: 0,
            delay: Duration::ZERO,
            reply: Reply::Silence,
            close_after: None,
        }
    }

    /// Completes the handshake after one round trip.
    pub fn completes(round_trip: Duration) -> Self {
        Self { delay: round_trip, reply: Reply::Ack, ..Self::silent() }
    }

    /// Loses the first SYN-ACK, repeats its SYN after 1 s as Linux does, then completes.
    pub fn loses_one(round_trip: Duration) -> Self {
        Self {
            repeat_syn_at: vec![Duration::from_secs(1)],
            lost_syn_acks: 1,
            ..Self::completes(round_trip)
        }
    }

    /// Closes this long after the handshake.
    #[must_use]
    pub fn closing_after(mut self, time: Duration) -> Self {
        self.close_after = Some(time);
        self
    }
}
