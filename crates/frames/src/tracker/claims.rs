//! Who claims and who asks for which address, in bounded memory.

use std::collections::HashMap;
use std::net::IpAddr;

use synrecv_model::{AddressClaim, AddressQuestion, FrameDirection, Mac, Padding};

use crate::RawFrame;
use crate::decode::{Claim, Envelope, Question, Resolution};

/// Claims and questions that are kept, of each.
const KEPT_MAX: usize = 4_096;

/// More claims that are kept when they are the first of another machine for an address that is
/// claimed already.
const CONFLICTS_MAX: usize = 1_024;

/// Frames that are kept of one machine for one address.
const ALIKE_MAX: u16 = 32;

/// Addresses whose claimants are told apart.
const ADDRESSES_MAX: usize = 65_536;

/// Machines whose padding is counted.
const MACS_MAX: usize = 4_096;

/// Short frames of one machine that were padded, and that were not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Padded {
    pub(crate) padded_count: u64,
    pub(crate) missing_count: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    pub(super) made: Vec<AddressClaim>,
    pub(super) questions: Vec<AddressQuestion>,
    pub(super) omitted_count: u64,
    claimants: HashMap<IpAddr, Vec<(Mac, u16)>>,
    askers: HashMap<(IpAddr, Option<IpAddr>), u16>,
    /// By link-layer source of ARP frames, all of which are short.
    padding: HashMap<Mac, Padded>,
}

impl Claims {
    pub(super) fn add(
        &mut self,
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        device: u16,
        resolution: &Resolution,
    ) {
        self.count_padding(frame, envelope, resolution.len);
        if let Some(claim) = &resolution.claim {
            self.claim(frame, envelope, device, claim);
        }
        if let Some(question) = &resolution.question {
            self.question(frame, envelope, device, question);
        }
    }

    /// Padding of frames by the machine that sent them.
    pub(super) fn padding(&self) -> &HashMap<Mac, Padded> {
        &self.padding
    }

    fn count_padding(&mut self, frame: &RawFrame<'_>, envelope: &Envelope, len: u32) {
        let Some(mac) = envelope.src_mac else { return };
        let padding = padding(frame, envelope, len);
        if padding == Padding::NotNeeded
            || (self.padding.len() >= MACS_MAX && !self.padding.contains_key(&mac))
        {
            return;
        }
        let counts = self.padding.entry(mac).or_default();
        match padding {
            Padding::Padded => counts.padded_count += 1,
            _ => counts.missing_count += 1,
        }
    }

    fn claim(&mut self, frame: &RawFrame<'_>, envelope: &Envelope, device: u16, claim: &Claim) {
        if !self.is_wanted(claim) {
            self.omitted_count += 1;
            return;
        }
        self.made.push(AddressClaim {
            at: frame.at,
            device: device.into(),
            vlans: envelope.vlans.as_slice().to_vec(),
            kind: claim.kind,
            address: claim.address,
            mac: claim.mac,
            src_mac: envelope.src_mac,
            answers: claim.answers,
            outgoing: envelope.direction == FrameDirection::Out,
        });
    }

    /// The first ones, and the first few of each further machine that claims an address.
    fn is_wanted(&mut self, claim: &Claim) -> bool {
        let full = self.made.len() >= KEPT_MAX;
        let Some(mac) = claim.mac else { return !full };
        if self.claimants.len() >= ADDRESSES_MAX && !self.claimants.contains_key(&claim.address) {
            return !full;
        }
        let claimants = self.claimants.entry(claim.address).or_default();
        if let Some((_, count)) = claimants.iter_mut().find(|(known, _)| *known == mac) {
            *count = count.saturating_add(1);
            return !full && *count <= ALIKE_MAX;
        }
        // More than a handful for one address is an attack, or a test.
        let conflict = !claimants.is_empty() && claimants.len() < usize::from(ALIKE_MAX);
        if claimants.len() < usize::from(ALIKE_MAX) {
            claimants.push((mac, 1));
        }
        !full || (conflict && self.made.len() < KEPT_MAX + CONFLICTS_MAX)
    }

    fn question(
        &mut self,
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        device: u16,
        question: &Question,
    ) {
        let key = (question.address, question.asker);
        let known = self.askers.len() < ADDRESSES_MAX || self.askers.contains_key(&key);
        let count = if known { self.askers.entry(key).or_default() } else { &mut 0 };
        *count = count.saturating_add(1);
        if self.questions.len() >= KEPT_MAX || *count > ALIKE_MAX {
            self.omitted_count += 1;
            return;
        }
        self.questions.push(AddressQuestion {
            at: frame.at,
            device: device.into(),
            vlans: envelope.vlans.as_slice().to_vec(),
            address: question.address,
            asker: question.asker,
            mac: question.mac.or(envelope.src_mac),
            unicast: envelope.dst_mac.map(|mac| mac.0[0] & 1 == 0),
            outgoing: envelope.direction == FrameDirection::Out,
        });
    }
}

/// Octets of an Ethernet frame, without its check sum, are at least so many.
const FRAME_MIN: u32 = 60;

/// Whether a frame whose packet has `len` octets was filled up. The header of a cooked capture has
/// another length than the one it stands for; what is behind the packet stays there.
pub(super) fn padding(frame: &RawFrame<'_>, envelope: &Envelope, len: u32) -> Padding {
    const ETHERNET_HEADER: u32 = 14;
    if envelope.src_mac.is_none() || len == 0 || len >= FRAME_MIN - ETHERNET_HEADER {
        Padding::NotNeeded
    } else if frame.original_len > envelope.header_len + len {
        Padding::Padded
    } else {
        Padding::Missing
    }
}
