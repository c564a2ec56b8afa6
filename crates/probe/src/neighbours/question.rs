//! Frames of questions: ARP by broadcast (RFC 826), neighbour solicitation by multicast (RFC 4861).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::Mac;

use super::wire::{
    ADVERTISEMENT, ARP, ARP_REQUEST, ARP_SHAPE, HOP_LIMIT, ICMPV6, IPV6, SOLICITATION,
    SOURCE_OPTION, TARGET_OPTION, checksum,
};

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// The link-layer address that it comes from.
    pub(super) mac: Mac,
    /// The address that it comes from, of the family of the target; unspecified when the asker has
    /// none (RFC 5227, RFC 4862).
    pub(super) source: IpAddr,
    /// The address that is asked for.
    pub(super) target: IpAddr,
}

impl Question {
    /// The whole frame. `None` when source and target are of two families.
    pub(super) fn frame(&self) -> Option<Vec<u8>> {
        match (self.source, self.target) {
            (IpAddr::V4(source), IpAddr::V4(target)) => Some(arp(self.mac, source, target)),
            (IpAddr::V6(source), IpAddr::V6(target)) => {
                Some(solicitation(self.mac, source, target))
            }
            _ => None,
        }
    }
}

fn arp(mac: Mac, source: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    let mut frame = ethernet([0xff; 6], mac, ARP);
    frame.extend(ARP_SHAPE);
    frame.extend(ARP_REQUEST.to_be_bytes());
    frame.extend(mac.0);
    frame.extend(source.octets());
    frame.extend([0; 6]);
    frame.extend(target.octets());
    frame
}

fn solicitation(mac: Mac, source: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
    let [.., a, b, c] = target.octets();
    let group = Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c]);
    let option = (!source.is_unspecified()).then_some((SOURCE_OPTION, mac));
    let message = discovery((SOLICITATION, 0), target, option);
    packet([0x33, 0x33, 0xff, a, b, c], mac, (source, group), message)
}

/// Says that the station with this MAC has its link-local address, to somebody who asked for it.
pub(super) fn advertisement(mac: Mac, (to_mac, to): (Mac, Ipv6Addr)) -> Vec<u8> {
    let own = link_local(mac);
    // Solicited, and to override what was known.
    let message = discovery((ADVERTISEMENT, 0x60), own, Some((TARGET_OPTION, mac)));
    packet(to_mac.0, mac, (own, to), message)
}

/// A message without its checksum.
fn discovery((kind, flags): (u8, u8), target: Ipv6Addr, option: Option<(u8, Mac)>) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0, flags, 0, 0, 0];
    message.extend(target.octets());
    if let Some((kind, mac)) = option {
        message.extend([kind, 1]);
        message.extend(mac.0);
    }
    message
}

fn packet(
    to_mac: [u8; 6],
    mac: Mac,
    (source, destination): (Ipv6Addr, Ipv6Addr),
    mut message: Vec<u8>,
) -> Vec<u8> {
    let sum = checksum(source, destination, &message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut frame = ethernet(to_mac, mac, IPV6);
    let len = u16::try_from(message.len()).expect("messages of neighbour discovery are short");
    frame.extend([0x60, 0, 0, 0]);
    frame.extend(len.to_be_bytes());
    frame.extend([ICMPV6, HOP_LIMIT]);
    frame.extend(source.octets());
    frame.extend(destination.octets());
    frame.extend(message);
    frame
}

fn ethernet(to: [u8; 6], from: Mac, ethertype: u16) -> Vec<u8> {
    let mut frame = Vec::with_capacity(86);
    frame.extend(to);
    frame.extend(from.0);
    frame.extend(ethertype.to_be_bytes());
    frame
}

/// The link-local address that a station with this MAC makes for itself (RFC 4291, appendix A).
pub(super) fn link_local(mac: Mac) -> Ipv6Addr {
    let [a, b, c, d, e, f] = mac.0;
    Ipv6Addr::from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f])
}

/// A unicast MAC that is locally administered, from six random octets. It is of the quarter that is
/// free for that (IEEE 802c), and of the half of it that virtual machines rarely are of.
pub(super) fn administered(random: [u8; 6]) -> Mac {
    let [first, b, c, d, e, f] = random;
    Mac([0x82 | first & 0x70, b, c, d, e, f])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([0x0a, 1, 2, 3, 4, 5]);

    fn frame(source: &str, target: &str) -> Option<Vec<u8>> {
        let [source, target] = [source, target].map(|text| text.parse().unwrap());
        Question { mac: MAC, source, target }.frame()
    }

    #[test]
    fn an_arp_question() {
        let expected: [&[u8]; 4] = [
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0a, 1, 2, 3, 4, 5, 8, 6],
            &[0, 1, 8, 0, 6, 4, 0, 1],
            &[0x0a, 1, 2, 3, 4, 5, 192, 168, 4, 222],
            &[0, 0, 0, 0, 0, 0, 192, 168, 5, 11],
        ];
        let frame = frame("192.168.4.222", "192.168.5.11").unwrap();
        assert_eq!(frame, expected.concat());
    }

    #[test]
    fn a_solicitation_goes_to_its_group_with_a_checksum() {
        let frame = frame("fe80::801:2ff:fe03:405", "2001:db8:4:5::11").unwrap();
        assert_eq!(frame.len(), 14 + 40 + 32);
        assert_eq!(frame[..6], [0x33, 0x33, 0xff, 0, 0, 0x11]);
        assert_eq!(frame[18..22], [0, 32, 58, 255]);
        assert_eq!(frame[38..54], "ff02::1:ff00:11".parse::<Ipv6Addr>().unwrap().octets());
        assert_eq!(frame[54..56], [135, 0]);
        assert_eq!(frame[78..], [1, 1, 0x0a, 1, 2, 3, 4, 5]);
        let [source, group] =
            [22, 38].map(|at| Ipv6Addr::from(<[u8; 16]>::try_from(&frame[at..at + 16]).unwrap()));
        assert_eq!(checksum(source, group, &frame[54..]), 0, "the sum over itself is none");
    }

    #[test]
    fn an_advertisement_answers_who_asked_back() {
        let to = (Mac([2, 0, 0, 0, 0, 1]), "fe80::1".parse().unwrap());
        let frame = advertisement(MAC, to);
        let mut expected = vec![2, 0, 0, 0, 0, 1, 0x0a, 1, 2, 3, 4, 5, 0x86, 0xdd];
        expected.extend([0x60, 0, 0, 0, 0, 32, 58, 255]);
        assert_eq!(frame[..22], expected);
        assert_eq!(checksum(link_local(MAC), to.1, &frame[54..]), 0);
        assert_eq!((frame[54], frame[58]), (136, 0x60));
        assert_eq!(frame[62..78], link_local(MAC).octets());
        assert_eq!(frame[78..], [2, 1, 0x0a, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn without_a_source_nothing_is_said_about_the_asker() {
        assert_eq!(frame("::", "2001:db8::1").unwrap().len(), 14 + 40 + 24);
        assert_eq!(frame("0.0.0.0", "2001:db8::1"), None);
    }

    #[test]
    fn made_up_addresses_are_unicast_and_local() {
        for first in 0..=255 {
            let Mac(octets) = administered([first, 1, 2, 3, 4, 5]);
            assert_eq!(octets[0] & 0x8f, 0x82);
        }
        assert_eq!(link_local(MAC).to_string(), "fe80::801:2ff:fe03:405");
    }
}
