//! Leaves out handshakes that are not followed any more, and favours those that are in any case.

use super::{Tracker, index};

impl Tracker {
    /// From now on one handshake in `one_in` is followed. Those that nothing is decided about, and
    /// whose number is not `followed` further, are as if they had not been seen: what else would
    /// come of them does not show.
    ///
    /// The number is the exclusive or of the 32-bit words of both addresses, and of both ports in
    /// its upper half.
    pub fn narrow(&mut self, one_in: u32, followed: impl Fn(u32) -> bool) {
        self.sampled_one_in = one_in.max(1);
        for state in self.flows.iter_mut().filter(|state| !state.completed) {
            if !followed(state.number) {
                // Not counted, not shown, and the first to give its place away.
                state.completed = true;
                state.closed = true;
                self.arena.clear(&mut state.frames, false);
            }
        }
    }

    /// The frames of flows with these numbers, which are in order, are kept and shown before those of
    /// others. Their servers still hold a request: what was left out before, or seemed completed, is
    /// looked at anew.
    pub fn favour(&mut self, numbers: &[u32]) {
        self.favoured = numbers.to_vec();
        for flow in 0..self.flows.len() {
            let Some(state) = self.flows.get_mut(flow) else { break };
            state.favoured = numbers.binary_search(&state.number).is_ok();
            if !state.favoured {
                continue;
            }
            state.bare = false;
            if state.completed {
                // The place is given away later; the next SYN or SYN-ACK opens another.
                let fingerprint = state.fingerprint;
                let flows = &self.flows;
                let of = |flow| flows.get(index(flow)).map_or(0, |state| state.fingerprint);
                self.index.remove(fingerprint, u32::try_from(flow).unwrap_or(u32::MAX), of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{CaptureDevice, CaptureOrigin, LinkType, Mono, Outcome, WallClock};

    use crate::decode::{Node, mapped};
    use crate::{Ending, Limits, RawFrame, Tracker, tracker};

    /// A SYN of this client port at this time, or the SYN-ACK.
    fn push(tracker: &mut Tracker, port: u16, reply: bool, ms: u64) {
        let mut packet = [0_u8; 40];
        packet[0] = 0x45;
        packet[3] = 40;
        packet[8..10].copy_from_slice(&[64, 6]);
        let (server, client) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let (src, dst) = if reply { (server, client) } else { (client, server) };
        packet[12..16].copy_from_slice(&src);
        packet[16..20].copy_from_slice(&dst);
        let (sport, dport) = if reply { (80, port) } else { (port, 80) };
        packet[20..22].copy_from_slice(&sport.to_be_bytes());
        packet[22..24].copy_from_slice(&dport.to_be_bytes());
        packet[27] = if reply { 5 } else { 0 };
        packet[31] = u8::from(reply);
        packet[32..34].copy_from_slice(&[0x50, if reply { 0x12 } else { 0x02 }]);
        tracker.push(&RawFrame {
            at: Mono(0).plus_ms(ms),
            link: LinkType::RawIp,
            device: 0,
            direction: None,
            vlan: None,
            bytes: &packet,
            original_len: 40,
            checksum_not_ready: false,
        });
    }

    fn empty(limits: Limits) -> Tracker {
        let mut tracker = Tracker::new(limits);
        let (name, mac, lost_count) = (None, None, None);
        let link = LinkType::RawIp;
        tracker.add_device(CaptureDevice { name, ifindex: None, link, mac, lost_count });
        tracker
    }

    /// Port of the client, outcome, and frames of what is shown.
    fn shown(tracker: &Tracker) -> Vec<(u16, Outcome, usize)> {
        let capture = tracker.capture(&Ending {
            origin: CaptureOrigin::Live,
            started_at: WallClock(0),
            started: None,
            ended: None,
            lost_count: Some(0),
            truncated: false,
        });
        let row = |it: &synrecv_model::Handshake| (it.flow.peer.port, it.outcome, it.frames.len());
        capture.handshakes.iter().map(row).collect()
    }

    fn number_of(port: u16) -> u32 {
        let node = |last, port| Node { ip: mapped([10, 0, 0, last]), port };
        tracker::number(node(1, 80), node(2, port))
    }

    #[test]
    fn what_is_left_out_is_not_judged_by_its_silence() {
        let mut tracker = empty(Limits { flows: 16, frames: 64 });
        for port in [1_000, 1_001] {
            push(&mut tracker, port, false, 0);
            push(&mut tracker, port, true, 1);
        }
        tracker.narrow(8, |number| number == number_of(1_001));
        push(&mut tracker, 1_001, true, 3_000);
        assert_eq!(shown(&tracker), [(1_001, Outcome::AckMissing, 3)]);
    }

    #[test]
    fn what_is_followed_again_is_seen_from_then_on() {
        let mut tracker = empty(Limits { flows: 16, frames: 64 });
        push(&mut tracker, 1_000, false, 0);
        push(&mut tracker, 1_000, true, 1);
        tracker.narrow(8, |_| false);
        push(&mut tracker, 1_000, true, 1_000);
        assert_eq!(shown(&tracker), []);
        tracker.favour(&[number_of(1_000)]);
        push(&mut tracker, 1_000, true, 3_000);
        push(&mut tracker, 1_000, true, 7_000);
        assert_eq!(shown(&tracker), [(1_000, Outcome::AckMissing, 2)]);
    }

    #[test]
    fn what_matters_has_its_frames_in_a_flood() {
        let mut tracker = empty(Limits { flows: 8_192, frames: 64 });
        let favoured = 2_001;
        for port in 1_000..5_000 {
            if port == 3_000 {
                tracker.favour(&[number_of(favoured)]);
                push(&mut tracker, favoured, true, 1_000);
            }
            push(&mut tracker, port, false, 0);
            push(&mut tracker, port, true, 1);
        }
        let rows = shown(&tracker);
        assert!(rows.iter().any(|row| row.0 == favoured && row.2 > 0), "{rows:?}");
    }
}
