//! Dumps: one request, many messages, `NLMSG_DONE`.

use std::io;

use synrecv_model::{Flaw, Mono, Text};

use crate::message::{HEADER_LEN, flags, kind};
use crate::request::append_message;
use crate::socket::{Received, Socket};
use crate::{Attributes, Message, Messages, NetlinkError, Undecodable, align, clock};

/// How a dump went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DumpReport {
    /// Before the request was sent.
    pub started: Mono,
    /// After the last datagram was received.
    pub ended: Mono,
    /// Messages handed to the caller.
    pub message_count: u64,
    /// A message had `NLM_F_DUMP_INTR`: the table changed during the dump.
    pub interrupted: bool,
    /// Messages were lost: ENOBUFS, `NLMSG_OVERRUN`, or a datagram longer than the buffer.
    pub lost: bool,
    /// Messages that were not understood, here or by the caller.
    pub undecodable_count: u64,
    /// The first of them.
    pub first_undecodable: Option<Undecodable>,
}

impl DumpReport {
    /// What is wrong with the rows; empty when the dump is whole.
    pub fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        if self.interrupted {
            flaws.push(Flaw::Interrupted);
        }
        if self.lost {
            flaws.push(Flaw::Lost);
        }
        if self.undecodable_count > 0 {
            let first = self.first_undecodable.as_ref().map_or_else(Text::new, |u| u.0.clone());
            flaws.push(Flaw::Undecodable { count: self.undecodable_count, first });
        }
        flaws
    }

    /// Adds another dump of the same section: times span both, what is wrong is added up.
    pub fn merge(&mut self, other: Self) {
        self.started = self.started.min(other.started);
        self.ended = self.ended.max(other.ended);
        self.message_count += other.message_count;
        self.interrupted |= other.interrupted;
        self.lost |= other.lost;
        self.undecodable_count += other.undecodable_count;
        if self.first_undecodable.is_none() {
            self.first_undecodable = other.first_undecodable;
        }
    }

    pub(crate) fn reject(&mut self, what: Undecodable) {
        self.undecodable_count += 1;
        self.first_undecodable.get_or_insert(what);
    }
}

impl Socket {
    /// Asks for a whole table and hands over each message.
    ///
    /// `extra_flags` are added to `NLM_F_REQUEST` and `NLM_F_DUMP`. A message that `each` does not
    /// understand is counted; the dump goes on. Answers to other requests are passed over.
    ///
    /// # Errors
    /// When the request cannot be sent, the kernel refuses it or ends the dump with an error, or
    /// no datagram comes within the time-out. Messages already handed over are then not whole.
    pub fn dump(
        &mut self,
        kind: u16,
        extra_flags: u16,
        payload: &[u8],
        mut each: impl FnMut(Message<'_>) -> Result<(), Undecodable>,
    ) -> Result<DumpReport, NetlinkError> {
        self.refresh()?;
        let seq = self.next_seq();
        let mut request = Vec::with_capacity(HEADER_LEN + payload.len());
        append_message(
            &mut request,
            kind,
            flags::REQUEST | flags::DUMP | extra_flags,
            seq,
            payload,
        );

        let mut report = DumpReport { started: clock::now(), ..DumpReport::default() };
        self.send(kind, &request)?;
        // Until the end is seen, what is left of the answer would disturb the next request.
        self.stale = true;
        // The kernel fills the first datagram while it takes the request, and each further one
        // while it hands over the one before.
        let mut filled = clock::now();
        loop {
            let received = self.receive()?;
            let at = std::mem::replace(&mut filled, clock::now());
            let len = match received {
                Received::Datagram(len) => len,
                Received::Truncated | Received::Overflow => {
                    report.lost = true;
                    continue;
                }
                Received::Nothing => continue,
            };
            for message in Messages::new(&self.buffer[..len], at) {
                let message = match message {
                    Ok(message) if message.seq == seq && message.port == self.port => message,
                    Ok(_) => continue,
                    Err(what) => {
                        report.reject(what);
                        continue;
                    }
                };
                report.interrupted |= message.flags & flags::DUMP_INTR != 0;
                match message.kind {
                    kind::DONE | kind::ERROR => {
                        self.stale = false;
                        report.ended = filled;
                        let refused = Refusal::of(&message);
                        return refused.map_or(Ok(report), |r| Err(r.error(self, kind)));
                    }
                    kind::OVERRUN => report.lost = true,
                    kind::NOOP => {}
                    _ => {
                        report.message_count += 1;
                        if let Err(what) = each(message) {
                            report.reject(what);
                        }
                    }
                }
            }
        }
    }
}

/// The error in an `NLMSG_ERROR` or `NLMSG_DONE`.
pub(crate) struct Refusal {
    /// Positive.
    pub(crate) errno: i32,
    pub(crate) extended: Option<String>,
}

/// `NLMSGERR_ATTR_MSG`
const ATTR_MSG: u16 = 1;

impl Refusal {
    /// `None` for a success (an error of 0, or a plain end).
    pub(crate) fn of(message: &Message<'_>) -> Option<Self> {
        let (code, rest) = message.payload.split_first_chunk::<4>()?;
        let code = i32::from_ne_bytes(*code);
        if code >= 0 {
            return None;
        }
        let tlvs = if message.kind == kind::DONE { Some(rest) } else { error_tlvs(message, rest) };
        let extended = tlvs.filter(|_| message.flags & flags::ACK_TLVS != 0).and_then(|tlvs| {
            let found = Attributes::new(tlvs).flatten().find(|a| a.kind == ATTR_MSG);
            found.map(|attribute| attribute.text())
        });
        Some(Self { errno: code.saturating_neg(), extended })
    }

    fn error(self, socket: &Socket, kind: u16) -> NetlinkError {
        let source = io::Error::from_raw_os_error(self.errno);
        let protocol = socket.protocol.name();
        NetlinkError::Refused { protocol, kind, extended: self.extended, source }
    }
}

/// The attributes of an `NLMSG_ERROR` come after the copy of the request, or after its header only.
fn error_tlvs<'a>(message: &Message<'_>, rest: &'a [u8]) -> Option<&'a [u8]> {
    let copied = if message.flags & flags::CAPPED != 0 {
        HEADER_LEN
    } else {
        let len = rest.first_chunk::<4>().map(|len| u32::from_ne_bytes(*len))?;
        align(usize::try_from(len).ok()?)
    };
    rest.get(copied..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i32, flags: u16, tail: &[u8]) -> Option<(i32, Option<String>)> {
        let mut payload = code.to_ne_bytes().to_vec();
        payload.extend(tail);
        let message =
            Message { kind: kind::ERROR, flags, seq: 1, port: 1, at: Mono(0), payload: &payload };
        Refusal::of(&message).map(|refusal| (refusal.errno, refusal.extended))
    }

    #[test]
    fn an_error_of_zero_is_success() {
        assert_eq!(error(0, 0, &[]), None);
        assert_eq!(error(-2, 0, &[]), Some((2, None)));
        assert_eq!(error(i32::MIN, 0, &[]), Some((i32::MAX, None)));
    }

    #[test]
    fn the_kernels_words_are_found_after_the_copied_header() {
        let words = crate::RequestBuilder::new(&[]).attribute(1, b"no such table\0").into_payload();
        let mut tail = vec![0; 16];
        tail.extend(&words);
        let expected = Some("no such table".to_owned());
        assert_eq!(error(-22, 0x300, &tail), Some((22, expected)));
        for len in 0..tail.len() {
            assert!(error(-22, 0x300, &tail[..len]).is_some());
            assert!(error(-22, 0x200, &tail[..len]).is_some());
        }
    }

    #[test]
    fn flaws_say_what_was_lost() {
        let mut report = DumpReport { interrupted: true, lost: true, ..DumpReport::default() };
        report.reject(Undecodable::new("first"));
        report.reject(Undecodable::new("second"));
        let undecodable = Flaw::Undecodable { count: 2, first: "first".into() };
        assert_eq!(report.flaws(), [Flaw::Interrupted, Flaw::Lost, undecodable]);
        assert!(DumpReport::default().flaws().is_empty());
    }
}
