//! Frames of handshakes, and who claims which address.

use synrecv_model::{
    AddressClaim, AddressQuestion, Capture, CaptureDevice, FrameKind, Handshake, HandshakeFrame,
    Service, Vantage, order,
};

use super::{Redact, sequence};
use crate::redact::pseudonyms::Pseudonyms;

impl Redact for Capture {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            origin: _,
            started_at: _,
            started: _,
            ended: _,
            devices,
            received_count: _,
            lost_count: _,
            undecoded_count: _,
            sampled_one_in: _,
            truncated: _,
            handshakes,
            omitted_handshake_count: _,
            services,
            vantages,
            claims,
            questions,
            omitted_claim_count: _,
        } = self;
        devices.redact(names);
        handshakes.redact(names);
        order::sort_by_key(handshakes, |one| (one.flow, one.frames.first().map(|first| first.at)));
        services.redact(names);
        order::sort_by_key(services, |service| service.local);
        vantages.redact(names);
        order::sort_by_key(vantages, |vantage| vantage.server);
        claims.redact(names);
        questions.redact(names);
    }
}

impl Redact for CaptureDevice {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { name, ifindex: _, link: _, mac, lost_count: _ } = self;
        *name = name.as_ref().map(|name| names.device(name));
        mac.redact(names);
    }
}

impl Redact for Handshake {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { flow, outcome: _, counts: _, frames, omitted_count: _ } = self;
        flow.redact(names);
        sequence::count_from_start(frames);
        frames.redact(names);
    }
}

impl Redact for HandshakeFrame {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            at: _,
            kind,
            sender: _,
            direction: _,
            copy: _,
            device: _,
            src_mac,
            dst_mac,
            vlans: _,
            ttl: _,
            seq: _,
            ack: _,
            flags: _,
            window: _,
            options: _,
            payload_len: _,
            checksum: _,
            padding: _,
            frame_len: _,
            captured_len: _,
        } = self;
        if let FrameKind::Icmp { icmp_type: _, code: _, from } = kind {
            from.redact(names);
        }
        src_mac.redact(names);
        dst_mac.redact(names);
    }
}

impl Redact for Service {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            local,
            direction: _,
            completed_count: _,
            late_completed_count: _,
            ack_missing_count: _,
            ack_ignored_count: _,
            refused_count: _,
            unanswered_count: _,
            reply_unseen_count: _,
            too_early_count: _,
        } = self;
        local.redact(names);
    }
}

impl Redact for Vantage {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { server, place: _, clues: _, handshake_count: _ } = self;
        server.redact(names);
    }
}

impl Redact for AddressClaim {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self {
            at: _,
            device: _,
            vlans: _,
            kind: _,
            address,
            mac,
            src_mac,
            answers,
            outgoing: _,
        } = self;
        address.redact(names);
        mac.redact(names);
        src_mac.redact(names);
        answers.redact(names);
    }
}

impl Redact for AddressQuestion {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { at: _, device: _, vlans: _, address, asker, mac, unicast: _, outgoing: _ } =
            self;
        address.redact(names);
        asker.redact(names);
        mac.redact(names);
    }
}
