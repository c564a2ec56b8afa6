//! Look-ups that are answered by one message or one error each, many in flight.

use rustix::io::Errno;
use synrecv_model::{Flaw, Mono};

use crate::dump::Refusal;
use crate::message::{flags, kind};
use crate::request::append_message;
use crate::socket::{Received, Socket};
use crate::{Message, Messages, NetlinkError, clock};

/// One look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `nlmsg_type`.
    pub kind: u16,
    /// Flags beside `NLM_F_REQUEST`; not `NLM_F_DUMP`.
    pub flags: u16,
    /// What follows the header.
    pub payload: Vec<u8>,
}

/// The answer to one look-up.
#[derive(Clone, Debug)]
pub enum Answer<'a> {
    /// The kernel's message.
    Message(Message<'a>),
    /// The kernel's error, with its words where it gave some. `Errno` of an error 0 does not occur.
    Error(Errno, Option<String>),
    /// An empty acknowledgement.
    Acknowledged,
    /// Lost twice for want of buffer space.
    Lost,
}

/// How the look-ups went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskReport {
    /// Before the first was sent.
    pub started: Mono,
    /// After the last answer.
    pub ended: Mono,
    /// Answers that were lost for good.
    pub lost_count: u64,
}

impl AskReport {
    /// `Lost` when an answer is missing.
    pub fn flaws(&self) -> Vec<Flaw> {
        if self.lost_count > 0 { vec![Flaw::Lost] } else { Vec::new() }
    }
}

impl Socket {
    /// Asks all questions, `in_flight` (64 is good) in one datagram, and hands over the answers
    /// with the index of their question, in any order, each index once.
    ///
    /// Answers lost to a full receive buffer are asked for again in smaller batches.
    ///
    /// # Errors
    /// When sending or receiving fails, or nothing comes within the time-out.
    pub fn ask_all(
        &mut self,
        questions: &[Question],
        in_flight: usize,
        mut each: impl FnMut(usize, Answer<'_>),
    ) -> Result<AskReport, NetlinkError> {
        self.refresh()?;
        let mut report = AskReport { started: clock::now(), ..AskReport::default() };
        let mut next: Vec<usize> = (0..questions.len()).collect();
        let mut batch_len = in_flight.max(1);
        while !next.is_empty() {
            let mut lost = Vec::new();
            for batch in next.chunks(batch_len) {
                lost.extend(self.ask_batch(questions, batch, &mut each)?);
            }
            if batch_len == 1 {
                report.lost_count += lost.len() as u64;
                lost.drain(..).for_each(|index| each(index, Answer::Lost));
            }
            next = lost;
            batch_len = (batch_len / 8).max(1);
        }
        report.ended = clock::now();
        Ok(report)
    }

    /// Sends one datagram and takes its answers; returns the questions whose answers were lost.
    fn ask_batch(
        &mut self,
        questions: &[Question],
        batch: &[usize],
        each: &mut impl FnMut(usize, Answer<'_>),
    ) -> Result<Vec<usize>, NetlinkError> {
        let mut datagram = Vec::new();
        let mut first_seq = None;
        for question in batch.iter().filter_map(|&index| questions.get(index)) {
            let seq = self.next_seq();
            first_seq.get_or_insert(seq);
            let flags = flags::REQUEST | question.flags;
            append_message(&mut datagram, question.kind, flags, seq, &question.payload);
        }
        let kind = batch.first().and_then(|&index| questions.get(index)).map_or(0, |q| q.kind);
        self.send(kind, &datagram)?;
        self.stale = true;
        let at = clock::now();

        let first_seq = first_seq.unwrap_or(0);
        let mut waiting: Vec<Option<usize>> = batch.iter().copied().map(Some).collect();
        let mut waiting_count = waiting.len();
        let mut overflow = false;
        while waiting_count > 0 {
            // After an overflow what is queued is all that will come: the kernel has answered.
            let received = if overflow { self.receive_now()? } else { self.receive()? };
            let len = match received {
                Received::Datagram(len) => len,
                Received::Nothing => break,
                Received::Truncated | Received::Overflow => {
                    overflow = true;
                    continue;
                }
            };
            let ours = |m: &Message<'_>| m.port == self.port;
            for message in Messages::new(&self.buffer[..len], at).flatten().filter(ours) {
                let place = message.seq.wrapping_sub(first_seq) as usize;
                if let Some(index) = waiting.get_mut(place).and_then(Option::take) {
                    waiting_count -= 1;
                    each(index, answer(message));
                }
            }
        }
        self.stale = false;
        Ok(waiting.into_iter().flatten().collect())
    }
}

fn answer(message: Message<'_>) -> Answer<'_> {
    match message.kind {
        kind::ERROR | kind::DONE => Refusal::of(&message).map_or(Answer::Acknowledged, |refusal| {
            Answer::Error(Errno::from_raw_os_error(refusal.errno), refusal.extended)
        }),
        _ => Answer::Message(message),
    }
}
