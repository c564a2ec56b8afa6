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

    /// Data that follows the right ACK.
    pub fn data(&self, data: &[u8]) -> Segment {
        let ack = self.ack();
        Segment { flags: Flags::PSH | Flags::ACK, payload: data.to_vec(), ..ack }
    }

    /// The right ACK but for its timestamp: the value is that of the SYN and `later`, the echo
    /// that of the SYN-ACK and `echo_later`. Without timestamps in the SYN-ACK the right ACK.
    pub fn ack_with_timestamp(&self, later: u32, echo_later: u32) -> Segment {
        let mut ack = self.ack();
        let sent = timestamp_value(&self.syn.options);
        if let (Some(sent), Some(received)) = (sent, timestamp_value(&self.syn_ack.options)) {
            ack.options = timestamp(sent.wrapping_add(later), received.wrapping_add(echo_later));
        }
        ack
    }
}

const NO_OPERATION: u8 = 1;
const TIMESTAMP: u8 = 8;

/// The option with its two values, aligned as everybody sends it.
fn timestamp(value: u32, echo: u32) -> Vec<u8> {
    let mut option = vec![NO_OPERATION, NO_OPERATION, TIMESTAMP, 10];
    option.extend(value.to_be_bytes());
    option.extend(echo.to_be_bytes());
    option
}

/// `TSval` of the options of a segment.
fn timestamp_value(mut options: &[u8]) -> Option<u32> {
    loop {
        match options {
            [TIMESTAMP, 10, a, b, c, d, ..] => return Some(u32::from_be_bytes([*a, *b, *c, *d])),
            [NO_OPERATION, rest @ ..] => options = rest,
            [0, ..] | [] | [_] => return None,
            [_, length, ..] => options = options.get(usize::from(*length).max(2)..)?,
        }
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
    /// Data of the SYN, for a server with TCP Fast Open.
    pub syn_payload: Vec<u8>,
    /// Key with which the SYN and what closes the connection are signed (RFC 2385).
    pub syn_key: Option<&'static [u8]>,
    /// Whether the SYN is sent with a wrong TCP checksum.
    pub syn_damaged: bool,
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
            syn_payload: Vec::new(),
            syn_key: None,
            syn_damaged: false,
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

    /// Answers every SYN-ACK with what is crafted from it.
    pub fn answers(round_trip: Duration, craft: fn(&Exchange<'_>) -> Vec<Segment>) -> Self {
        Self { delay: round_trip, reply: Reply::Craft(craft), ..Self::silent() }
    }

    /// Sends a SYN with a timestamp of this value (RFC 7323).
    #[must_use]
    pub fn with_timestamp(mut self, value: u32) -> Self {
        self.syn_options = timestamp(value, 0);
        self.syn_options.splice(0..0, MSS_1460);
        self
    }

    /// Closes this long after the handshake.
    #[must_use]
    pub fn closing_after(mut self, time: Duration) -> Self {
        self.close_after = Some(time);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_found_among_other_options() {
        let script = Script::silent().with_timestamp(7_000_000);
        assert_eq!(timestamp_value(&script.syn_options), Some(7_000_000));
        assert_eq!(timestamp_value(&MSS_1460), None);
        // MSS, SACK permitted, timestamp, window scale: a SYN of Linux
        let linux = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 1, 2, 0, 0, 0, 0, 1, 3, 3, 7];
        assert_eq!(timestamp_value(&linux), Some(258));
        for length in 0..linux.len() {
            let _ = timestamp_value(&linux[..length]);
        }
    }
}
