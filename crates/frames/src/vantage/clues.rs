//! The clues of one server's connections.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use synrecv_model::{
    Checksum, Clue, ClueKind, End, FrameDirection, FrameKind, Handshake, HandshakeFrame, Mac,
    Padding,
};

use super::{AWAY_NS, HERE_NS, Timing};
use crate::tracker::Padded;

/// What is counted of the frames of one end.
#[derive(Debug, Default)]
struct Side {
    frame_count: u64,
    in_count: u64,
    out_count: u64,
    verified_count: u64,
    unfinished_count: u64,
    padded: Padded,
    ttl_count: u64,
    initial_ttl_count: u64,
    macs: BTreeSet<Mac>,
    /// Nanoseconds until it answered.
    delays: Vec<u64>,
}

/// Connections of one server.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) handshake_count: u64,
    server: Side,
    client: Side,
}

impl Group {
    pub(super) fn add(&mut self, handshake: &Handshake, timing: Timing) {
        self.handshake_count += 1;
        for frame in handshake.frames.iter().filter(|frame| !frame.copy && is_segment(frame)) {
            self.side(frame.sender).add(frame);
        }
        let counts = handshake.counts;
        let syn = handshake.syns().next();
        let synack = handshake.synacks().next();
        let ack = handshake.acks().next();
        // The first of each, where nothing was sent twice: else there is no telling what answers
        // what. Text shows few handshakes, and those that failed: what came before anything was
        // sent twice must do.
        let (once, once_answered) = match timing {
            Timing::Packets => {
                let once = counts.synack_count == 1;
                (once && counts.syn_count == 1, once)
            }
            Timing::Text => (
                precedes(synack, handshake.syns().nth(1)),
                precedes(ack, handshake.synacks().nth(1)),
            ),
            Timing::Coarse => return,
        };
        if once {
            self.server.delays.extend(delay(syn, synack));
        }
        if once_answered {
            self.client.delays.extend(delay(synack, ack));
        }
    }

    /// ARP frames are shorter than any segment, so all of them show whether they are padded.
    pub(super) fn add_arp_padding(&mut self, padding: &HashMap<Mac, Padded>) {
        for side in [&mut self.server, &mut self.client] {
            for counts in side.macs.iter().filter_map(|mac| padding.get(mac)) {
                side.padded.padded_count += counts.padded_count;
                side.padded.missing_count += counts.missing_count;
            }
        }
    }

    pub(super) fn clues(&self, own: &BTreeSet<Mac>) -> Vec<Clue> {
        let ends =
            [(End::Server, &self.server, &self.client), (End::Client, &self.client, &self.server)];
        ends.into_iter().flat_map(|(end, side, other)| side.clues(end, other, own)).collect()
    }

    fn side(&mut self, end: End) -> &mut Side {
        match end {
            End::Server => &mut self.server,
            End::Client => &mut self.client,
        }
    }
}

impl Side {
    fn add(&mut self, frame: &HandshakeFrame) {
        self.frame_count += 1;
        // On the loopback device a frame is seen once, coming in, without addresses: this host sent
        // it.
        let looped = frame.src_mac.is_some_and(Mac::is_zero);
        match frame.direction {
            FrameDirection::Out => self.out_count += 1,
            FrameDirection::In if looped => self.out_count += 1,
            FrameDirection::In | FrameDirection::OtherHost => self.in_count += 1,
            FrameDirection::Unknown => {}
        }
        match frame.checksum {
            Checksum::Unfinished => self.unfinished_count += 1,
            Checksum::Good | Checksum::Bad => self.verified_count += 1,
            Checksum::Unverified => {}
        }
        match frame.padding {
            Padding::Padded => self.padded.padded_count += 1,
            Padding::Missing => self.padded.missing_count += 1,
            Padding::NotNeeded => {}
        }
        // 0 is not known: text need not tell it.
        self.ttl_count += u64::from(frame.ttl != 0);
        self.initial_ttl_count += u64::from(matches!(frame.ttl, 64 | 128 | 255));
        self.macs.extend(frame.src_mac.filter(|mac| !mac.is_zero()));
    }

    fn clues(&self, end: End, other: &Self, own: &BTreeSet<Mac>) -> Vec<Clue> {
        let clue = |kind, sent_here, frame_count, of_count| Clue {
            kind,
            end,
            sent_here,
            frame_count,
            of_count,
        };
        let mut clues = Vec::new();
        let known = self.in_count + self.out_count;
        if known > 0 {
            let here = self.out_count > self.in_count;
            let shown = if here { self.out_count } else { self.in_count };
            clues.push(clue(ClueKind::Direction, here, shown, self.frame_count));
        }
        clues.extend(self.checksum_clue(end, other));
        clues.extend(self.padding_clue(end, other));
        let own_count = self.macs.intersection(own).count();
        if own_count > 0 && self.macs.len() == own_count {
            clues.push(clue(ClueKind::OneMac, true, self.frame_count, self.frame_count));
        }
        if self.ttl_count > 0 {
            let all = self.initial_ttl_count == self.ttl_count;
            let none = self.initial_ttl_count == 0;
            if all || none {
                clues.push(clue(ClueKind::Ttl, all, self.ttl_count, self.ttl_count));
            }
        }
        clues.extend(self.delay_clue(end));
        clues
    }

    /// Tells the ends apart only when the other end's checksums are finished.
    fn checksum_clue(&self, end: End, other: &Self) -> Option<Clue> {
        let (mine, theirs) = (self.unfinished_count, other.unfinished_count);
        let of_count = mine + self.verified_count;
        let kind = ClueKind::UnfinishedChecksum;
        if mine > self.verified_count && theirs == 0 && other.verified_count > 0 {
            Some(Clue { kind, end, sent_here: true, frame_count: mine, of_count })
        } else if mine == 0 && self.verified_count > 0 && theirs > other.verified_count {
            let frame_count = self.verified_count;
            Some(Clue { kind, end, sent_here: false, frame_count, of_count })
        } else {
            None
        }
    }

    /// Padding comes with a wire; that it is missing says something only when the other end's is
    /// there.
    fn padding_clue(&self, end: End, other: &Self) -> Option<Clue> {
        let Padded { padded_count, missing_count } = self.padded;
        let of_count = padded_count + missing_count;
        let kind = ClueKind::Padding;
        let other_padded = other.padded.padded_count > 0 && other.padded.missing_count == 0;
        if padded_count > 0 && missing_count == 0 {
            Some(Clue { kind, end, sent_here: false, frame_count: padded_count, of_count })
        } else if missing_count > padded_count && other_padded {
            Some(Clue { kind, end, sent_here: true, frame_count: missing_count, of_count })
        } else {
            None
        }
    }

    fn delay_clue(&self, end: End) -> Option<Clue> {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let median_ns = *delays.get(delays.len() / 2)?;
        let sent_here = match median_ns {
            ..HERE_NS => true,
            AWAY_NS.. => false,
            _ => return None,
        };
        let alike = delays.iter().filter(|&&ns| (ns < HERE_NS) == sent_here).count();
        let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        Some(Clue {
            kind: ClueKind::Delay { median_ns },
            end,
            sent_here,
            frame_count: count(alike),
            of_count: count(delays.len()),
        })
    }
}

fn is_segment(frame: &HandshakeFrame) -> bool {
    // The TTL and address of an error are those of who reports it.
    !matches!(frame.kind, FrameKind::Icmp { .. })
}

/// True when the first one comes before the second, or there is no second one.
fn precedes(first: Option<&HandshakeFrame>, second: Option<&HandshakeFrame>) -> bool {
    match (first, second) {
        (Some(first), Some(second)) => first.at < second.at,
        (first, None) => first.is_some(),
        (None, Some(_)) => false,
    }
}

/// Time from a frame to its answer.
fn delay(asked: Option<&HandshakeFrame>, answer: Option<&HandshakeFrame>) -> Option<u64> {
    answer?.at.0.checked_sub(asked?.at.0)
}

/// Link-layer addresses that are one end of every frame of their device, while the other ends are
/// several: those of the devices that captured.
pub(super) fn own_macs(handshakes: &[Handshake]) -> BTreeSet<Mac> {
    let mut pairs: BTreeMap<u32, BTreeSet<(Mac, Mac)>> = BTreeMap::new();
    for frame in handshakes.iter().flat_map(|handshake| &handshake.frames) {
        if let (Some(src), Some(dst)) = (frame.src_mac, frame.dst_mac) {
            pairs.entry(frame.device).or_default().insert((src.min(dst), src.max(dst)));
        }
    }
    pairs.values().filter_map(common).collect()
}

fn common(pairs: &BTreeSet<(Mac, Mac)>) -> Option<Mac> {
    let &(a, b) = pairs.first()?;
    let in_all = |mac: Mac| pairs.iter().all(|&(one, other)| one == mac || other == mac);
    // With one pair there is no telling.
    match (in_all(a), in_all(b)) {
        (true, false) => Some(a),
        (false, true) => Some(b),
        _ => None,
    }
}
