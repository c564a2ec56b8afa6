//! Answers from frames: ARP replies and neighbour advertisements that were sent to the asker.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::Mac;

use super::wire::{
    ADVERTISEMENT, ARP, ARP_REPLY, ARP_SHAPE, ETHERNET_LEN, HOP_LIMIT, ICMPV6, IPV6, IPV6_LEN,
    SOLICITATION, TARGET_OPTION, checksum,
};

/// An answer as the wire has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The address that was asked for.
    pub(super) target: IpAddr,
    /// The link-layer address that is given for it.
    pub(super) mac: Mac,
    /// ND: the override flag.
    pub(super) overrides: Option<bool>,
    /// ND: the router flag.
    pub(super) router: Option<bool>,
}

/// Reads a frame from its Ethernet header on. `None` for what is no answer to `asker`, is of another
/// wire (a frame with a VLAN tag), or is not as the standards want it.
pub(super) fn parse(frame: &[u8], asker: Mac) -> Option<Answer> {
    let [to, from] = [0, 6].map(|at| mac_at(frame, at));
    let (to, from) = (to?, from?);
    let payload = frame.get(ETHERNET_LEN..)?;
    let answer = match u16::from_be_bytes(array_at(frame, 12)?) {
        ARP => arp(payload, to, asker)?,
        IPV6 if to == asker => advertisement(payload, from)?,
        _ => return None,
    };
    let is_usable = !answer.mac.is_zero() && answer.mac.0[0] & 1 == 0 && answer.mac != asker;
    is_usable.then_some(answer)
}

fn arp(packet: &[u8], to: Mac, asker: Mac) -> Option<Answer> {
    let shape: [u8; 6] = array_at(packet, 0)?;
    let operation = u16::from_be_bytes(array_at(packet, 6)?);
    let target = Ipv4Addr::from(array_at::<4>(packet, 14)?);
    let told = mac_at(packet, 18)?;
    // Before the last field is known to be there, nothing is.
    let _asked_from: [u8; 4] = array_at(packet, 24)?;
    let is_answer = shape == ARP_SHAPE && operation == ARP_REPLY && (to == asker || told == asker);
    let mac = mac_at(packet, 8)?;
    is_answer.then_some(Answer { target: target.into(), mac, overrides: None, router: None })
}

/// A message of neighbour discovery and where it came from, unless it is damaged or came from beyond a
/// router.
fn discovery(packet: &[u8]) -> Option<(Ipv6Addr, &[u8])> {
    let len = usize::from(u16::from_be_bytes(array_at(packet, 4)?));
    let [version, next_header, hop_limit] = [0, 6, 7].map(|at| packet.get(at).copied());
    if version? >> 4 != 6 || next_header? != ICMPV6 || hop_limit? != HOP_LIMIT {
        return None;
    }
    let source = Ipv6Addr::from(array_at::<16>(packet, 8)?);
    let destination = Ipv6Addr::from(array_at::<16>(packet, 24)?);
    // What follows is padding.
    let message = packet.get(IPV6_LEN..IPV6_LEN + len)?;
    (checksum(source, destination, message) == 0).then_some((source, message))
}

fn advertisement(packet: &[u8], from: Mac) -> Option<Answer> {
    let (_, message) = discovery(packet)?;
    let [kind, code, _, _, flags, ..] = *message else { return None };
    let target = Ipv6Addr::from(array_at::<16>(message, 8)?);
    if (kind, code) != (ADVERTISEMENT, 0) || target.is_multicast() {
        return None;
    }
    let mac = target_option(message.get(24..)?)?.unwrap_or(from);
    Some(Answer {
        target: target.into(),
        mac,
        overrides: Some(flags & 0x20 != 0),
        router: Some(flags & 0x80 != 0),
    })
}

/// Who asks for `own`, the address that questions come from: somebody who wants to answer and does not
/// know yet whereto. His MAC and address.
pub(super) fn asks_back(frame: &[u8], own: Ipv6Addr) -> Option<(Mac, Ipv6Addr)> {
    let from = mac_at(frame, 6)?;
    if u16::from_be_bytes(array_at(frame, 12)?) != IPV6 {
        return None;
    }
    let (source, message) = discovery(frame.get(ETHERNET_LEN..)?)?;
    let [kind, code, ..] = *message else { return None };
    let target = Ipv6Addr::from(array_at::<16>(message, 8)?);
    let is_question = (kind, code, target) == (SOLICITATION, 0, own) && from.0[0] & 1 == 0;
    (is_question && !source.is_unspecified()).then_some((from, source))
}

/// The link-layer address of the target. The outer `None`: an option is cut or has no length, and a
/// message with such a one is to be dropped (RFC 4861, section 7.1.2).
#[expect(clippy::option_option, reason = "no option is another thing than a bad one")]
fn target_option(mut options: &[u8]) -> Option<Option<Mac>> {
    let mut found = None;
    while let [kind, units, ..] = *options {
        let len = usize::from(units) * 8;
        if len == 0 {
            return None;
        }
        let option = options.get(..len)?;
        if kind == TARGET_OPTION && found.is_none() {
            found = mac_at(option, 2);
        }
        options = &options[len..];
    }
    // One octet alone is the beginning of an option.
    options.is_empty().then_some(found)
}

fn mac_at(bytes: &[u8], at: usize) -> Option<Mac> {
    array_at(bytes, at).map(Mac)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::super::question::Question;
    use super::*;

    const ASKER: Mac = Mac([0x0a, 1, 2, 3, 4, 5]);
    const ROUTER: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn arp_reply() -> Vec<u8> {
        let mut frame = Vec::new();
        frame.extend(ASKER.0);
        frame.extend(ROUTER.0);
        frame.extend([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2]);
        frame.extend(ROUTER.0);
        frame.extend([192, 168, 5, 11]);
        frame.extend(ASKER.0);
        frame.extend([192, 168, 4, 222]);
        frame
    }

    const OPTION: [u8; 8] = [2, 1, 2, 0, 0, 0, 0, 1];

    fn na(flags: u8, options: &[u8], hop_limit: u8) -> Vec<u8> {
        let [source, destination, target] =
            ["fe80::1", "fe80::801:2ff:fe03:405", "2001:db8:4:5::11"]
                .map(|text| text.parse::<Ipv6Addr>().unwrap());
        let mut message = vec![136, 0, 0, 0, flags, 0, 0, 0];
        message.extend(target.octets());
        message.extend(options);
        let sum = checksum(source, destination, &message);
        message[2..4].copy_from_slice(&sum.to_be_bytes());
        let mut frame = Vec::new();
        frame.extend(ASKER.0);
        frame.extend([2, 0, 0, 0, 0, 9]);
        frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, u8::try_from(message.len()).unwrap(), 58]);
        frame.push(hop_limit);
        frame.extend(source.octets());
        frame.extend(destination.octets());
        frame.extend(message);
        frame
    }

    #[test]
    fn an_arp_reply_is_read() {
        let answer = parse(&arp_reply(), ASKER).unwrap();
        let expected = ("192.168.5.11".parse().unwrap(), ROUTER, None, None);
        assert_eq!((answer.target, answer.mac, answer.overrides, answer.router), expected);
        // Switches pad to 60 octets.
        let padded = [arp_reply(), vec![0; 18]].concat();
        assert_eq!(parse(&padded, ASKER), Some(answer));
    }

    #[test]
    fn an_advertisement_is_read() {
        let answer = parse(&na(0xe0, &OPTION, 255), ASKER).unwrap();
        assert_eq!((answer.mac, answer.overrides, answer.router), (ROUTER, Some(true), Some(true)));
        let of_proxy = parse(&na(0x40, &OPTION, 255), ASKER).unwrap();
        assert_eq!((of_proxy.overrides, of_proxy.router), (Some(false), Some(false)));
        let bare = parse(&na(0x60, &[], 255), ASKER).unwrap();
        assert_eq!(bare.mac, Mac([2, 0, 0, 0, 0, 9]), "of the frame, without the option");
        let after_nonce = [&[14, 1, 0, 0, 0, 0, 0, 0], &OPTION[..]].concat();
        assert_eq!(parse(&na(0x60, &after_nonce, 255), ASKER).unwrap().mac, ROUTER);
    }

    #[test]
    fn nothing_that_is_cut_is_an_answer() {
        for whole in [arp_reply(), na(0x60, &OPTION, 255)] {
            for len in 0..whole.len() {
                assert_eq!(parse(&whole[..len], ASKER), None, "{len} octets");
            }
        }
    }

    #[test]
    fn answers_to_others_and_questions_are_none() {
        assert_eq!(parse(&arp_reply(), Mac([2, 0, 0, 0, 0, 0x10])), None);
        assert_eq!(parse(&na(0x60, &OPTION, 255), Mac([2, 0, 0, 0, 0, 0x10])), None);
        for (source, target) in [("10.0.0.222", "10.0.0.1"), ("fe80::5", "fe80::1")] {
            let [source, target] = [source, target].map(|text| text.parse().unwrap());
            let echo = Question { mac: ASKER, source, target }.frame().unwrap();
            assert_eq!(parse(&echo, ASKER), None);
        }
    }

    #[test]
    fn whoever_wants_to_answer_may_ask_back() {
        let own: Ipv6Addr = "fe80::801:2ff:fe03:405".parse().unwrap();
        let asked = |mac, source: &str, target: &str| {
            let [source, target] = [source, target].map(|text| text.parse().unwrap());
            Question { mac, source, target }.frame().unwrap()
        };
        let frame = asked(ROUTER, "fe80::1", "fe80::801:2ff:fe03:405");
        let source = "fe80::1".parse().unwrap();
        assert_eq!(asks_back(&frame, own), Some((ROUTER, source)));
        for len in 0..frame.len() {
            assert_eq!(asks_back(&frame[..len], own), None, "{len} octets");
        }
        let for_other = asked(ROUTER, "fe80::1", "fe80::2");
        let from_nobody = asked(ROUTER, "::", "fe80::801:2ff:fe03:405");
        for frame in [for_other, from_nobody, na(0x60, &OPTION, 255), arp_reply()] {
            assert_eq!(asks_back(&frame, own), None);
        }
    }

    #[test]
    fn a_broadcast_reply_counts_when_it_names_the_asker() {
        let mut frame = arp_reply();
        frame[..6].fill(0xff);
        assert!(parse(&frame, ASKER).is_some());
        frame[32..38].fill(0xff);
        assert_eq!(parse(&frame, ASKER), None);
    }

    #[test]
    fn frames_of_another_vlan_are_none() {
        let frame = arp_reply();
        let tagged = [&frame[..12], &[0x81, 0, 0, 100], &frame[12..]].concat();
        assert_eq!(parse(&tagged, ASKER), None);
    }

    #[test]
    fn hostile_arp_is_none() {
        // Kind of hardware, of protocol, lengths, operation; then MACs that no machine has.
        for (at, octet) in [(15, 6), (16, 9), (18, 0), (18, 255), (19, 16), (21, 1), (21, 3)] {
            let mut frame = arp_reply();
            frame[at] = octet;
            assert_eq!(parse(&frame, ASKER), None, "{octet} at {at}");
        }
        for mac in [Mac([0; 6]), Mac([0xff; 6]), Mac([1, 0, 0x5e, 0, 0, 1]), ASKER] {
            let mut frame = arp_reply();
            frame[22..28].copy_from_slice(&mac.0);
            assert_eq!(parse(&frame, ASKER), None, "{mac}");
        }
    }

    #[test]
    fn hostile_advertisements_are_none() {
        assert_eq!(parse(&na(0x60, &OPTION, 254), ASKER), None, "from beyond a router");
        let empty = [2, 0, 2, 0, 0, 0, 0, 1];
        assert_eq!(parse(&na(0x60, &empty, 255), ASKER), None, "an option without length");
        let long = [2, 4, 2, 0, 0, 0, 0, 1];
        assert_eq!(parse(&na(0x60, &long, 255), ASKER), None, "an option beyond the end");
        assert_eq!(parse(&na(0x60, &[2], 255), ASKER), None, "half an option");
        let mut damaged = na(0x60, &OPTION, 255);
        damaged[70] ^= 1;
        assert_eq!(parse(&damaged, ASKER), None, "a wrong checksum");
        for (at, octet) in [(14, 0x40), (18, 0xff), (20, 6), (54, 135), (55, 1)] {
            let mut frame = na(0x60, &OPTION, 255);
            frame[at] = octet;
            assert_eq!(parse(&frame, ASKER), None, "{octet} at {at}");
        }
    }

    #[test]
    fn no_octets_at_all_make_it_panic() {
        let mut number = 1_u32;
        for start in [arp_reply(), na(0x60, &OPTION, 255)] {
            for _ in 0..20_000 {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let mut frame = start.clone();
                let at = (number >> 16) as usize % frame.len();
                frame[at] = number.to_be_bytes()[1];
                frame.truncate(1 + (number >> 8) as usize % frame.len().max(1));
                let _ = parse(&frame, ASKER);
            }
        }
    }
}
