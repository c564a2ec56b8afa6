//! The lives of a request, as its frames show them.

use synrecv_model::{
    End, FrameKind, Handshake, HandshakeFrame, Life, Mono, RetryCounters, Sighting,
};

/// A SYN-ACK that follows a SYN this soon answers it.
const ANSWER_MS: u64 = 100;

/// First timeout of a request: 1 s, and 3 s in kernels before 3.1.
const FIRST_MS: [u64; 2] = [1_000, 3_000];

/// SYN-ACKs of two sequence numbers this close are of two machines, not of two requests.
const APART_MS: u64 = 900;

/// The timer is late by this much at most: a quarter of its time, and more for a busy host.
const LATE_MS: u64 = 500;

/// One request: a SYN-ACK, and the same again.
struct Request {
    first: Mono,
    server_isn: u32,
    last: Mono,
    sent_again: u32,
    expired: u32,
    /// First reset or ICMP error after its last SYN-ACK.
    ended: Option<Mono>,
    /// Time of the first expiry after the SYN-ACK before it.
    first_gap_ms: Option<u64>,
}

/// Requests one after another, oldest first.
pub(super) fn of(handshake: &Handshake, ended: Mono) -> Vec<Life> {
    let mut requests = requests(handshake);
    if let ([only], 1..) = (requests.as_mut_slice(), handshake.omitted_count) {
        // Not all SYN-ACKs are among the frames.
        let counts = handshake.counts;
        only.sent_again = counts.synack_count.saturating_sub(1);
        only.expired = only.sent_again.saturating_sub(counts.synack_answer_count);
    }
    let next = requests.iter().skip(1).map(|request| Some(request.first)).chain([None]);
    let next: Vec<Option<Mono>> = next.collect();
    requests.iter().zip(next).map(|(request, next)| request.life(next, ended)).collect()
}

fn requests(handshake: &Handshake) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut syn: Option<Mono> = None;
    for frame in handshake.frames.iter().filter(|frame| !frame.copy) {
        match (frame.sender, frame.kind) {
            (End::Client, FrameKind::Syn) => syn = Some(frame.at),
            (End::Server, FrameKind::SynAck) => {
                let answers = syn.take_if(|syn| frame.at.ms_since(*syn) < ANSWER_MS);
                match requests.last_mut().filter(|request| request.continues(frame)) {
                    Some(request) => request.again(frame.at, answers.is_some()),
                    None => requests.push(Request::new(frame, answers)),
                }
            }
            (_, FrameKind::Rst) | (End::Server, FrameKind::Icmp { .. }) => {
                if let Some(request) = requests.last_mut() {
                    request.ended.get_or_insert(frame.at);
                }
            }
            _ => {}
        }
    }
    requests
}

impl Request {
    fn new(synack: &HandshakeFrame, syn: Option<Mono>) -> Self {
        Self {
            first: syn.unwrap_or(synack.at),
            server_isn: synack.seq,
            last: synack.at,
            sent_again: 0,
            expired: 0,
            ended: None,
            first_gap_ms: None,
        }
    }

    fn continues(&self, synack: &HandshakeFrame) -> bool {
        synack.seq == self.server_isn || synack.at.ms_since(self.last) < APART_MS
    }

    fn again(&mut self, at: Mono, answers: bool) {
        self.sent_again += 1;
        // It is still there.
        self.ended = None;
        if !answers {
            self.first_gap_ms.get_or_insert(at.ms_since(self.last));
            self.expired += 1;
        }
        self.last = at;
    }

    /// Milliseconds from the last SYN-ACK to the next expiry: the time doubles with each.
    fn timeout_ms(&self) -> u64 {
        let [new, old] = FIRST_MS;
        let first = match self.first_gap_ms {
            Some(gap) if gap > u64::midpoint(new, old) => old,
            _ => new,
        };
        first << self.expired.min(20)
    }

    /// `next` is the first SYN-ACK of the request after it.
    fn life(&self, next: Option<Mono>, ended: Mono) -> Life {
        let timeout = self.timeout_ms();
        let due = self.last.plus_ms(timeout);
        // The timer expired, and nothing was sent: that was the last time.
        let died = (ended > due.plus_ms(timeout / 4 + LATE_MS)).then_some(due);
        let gone = match (died, next) {
            (Some(died), Some(next)) => Some(died.min(next)),
            (died, next) => died.or(next),
        };
        // What went away without a SYN-ACK being sent again went by the reset or error that came.
        let gone = gone.map(|gone| self.ended.map_or(gone, |ended| ended.min(gone)));
        let counters = |sent_again, expired, timer_ms: u64| RetryCounters {
            synack_retrans_count: Some(sent_again),
            timer_expiry_count: Some(expired),
            same_instant: true,
            timer_ms: Some(u32::try_from(timer_ms).unwrap_or(u32::MAX)),
        };
        let at = gone.unwrap_or(ended).max(self.last);
        Life {
            first: Sighting { at: self.first, counters: counters(0, 0, FIRST_MS[0]) },
            last: Sighting {
                at,
                counters: counters(self.sent_again, self.expired, due.ms_since(at)),
            },
            rearmed_count: 0,
            gone,
        }
    }
}
