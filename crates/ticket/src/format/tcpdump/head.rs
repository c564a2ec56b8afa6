//! What stands before the ends of a segment: time, device, link-layer header, IP header.

use synrecv_model::{FrameDirection, Mac};

use crate::format::frames::{Head, Stamp, clock, leading};

/// Reads the words before a packet. `exact` when the line begins with them; else only what cannot be
/// mistaken is taken.
pub(super) fn read(text: &str, exact: bool) -> Head {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut head = Head::default();
    let mut rest: &[&str] = &words;
    if let Some((stamp, used)) = stamp(rest, exact) {
        head.stamp = Some(stamp);
        rest = rest.get(used..).unwrap_or_default();
    }
    read_device(rest, exact, &mut head);
    let mut macs = rest.iter().filter_map(|word| word.trim_end_matches(',').parse::<Mac>().ok());
    (head.src_mac, head.dst_mac) = (macs.next(), macs.next());
    for (place, word) in rest.iter().enumerate() {
        let next = rest.get(place + 1).copied().unwrap_or_default();
        match word.trim_start_matches('(').trim_end_matches([',', ':']) {
            "vlan" => head.vlans.extend(leading::<u16>(next)),
            "ttl" | "hlim" => head.ttl = leading(next),
            "IP6" | "0x86dd)" => head.is_v6 = true,
            // Of the frame before the packet's header, of the packet inside of it.
            "length" if in_header(rest, place) => head.ip_len = leading(next),
            "length" => head.frame_len = head.frame_len.or_else(|| leading(next)),
            // The type of the frame, in old versions with the length behind it.
            kind @ ("0800" | "ip" | "86dd" | "ip6") => {
                head.is_v6 |= matches!(kind, "86dd" | "ip6");
                head.frame_len = head.frame_len.or_else(|| old_length(next));
            }
            other => head.vlans.extend(other.strip_prefix("vlan#").and_then(leading::<u16>)),
        }
    }
    head
}

/// `length` belongs to the IP header when `proto` or `payload` stands before it.
fn in_header(words: &[&str], place: usize) -> bool {
    words.get(..place).unwrap_or_default().iter().any(|word| {
        matches!(
            word.trim_start_matches('(').trim_end_matches([',', ':']),
            "tos" | "class" | "flowlabel" | "hlim" | "ttl"
        )
    })
}

/// `74:` of old versions, behind the type of the frame.
fn old_length(word: &str) -> Option<u32> {
    word.strip_suffix(':')?.parse().ok()
}

fn stamp(words: &[&str], exact: bool) -> Option<(Stamp, usize)> {
    if exact {
        if let Some(found) = clock::stamp(words) {
            return Some(found);
        }
        let next = words.get(1).is_some_and(|next| matches!(*next, "IP" | "IP6" | "arp" | "ARP,"));
        return next.then(|| clock::micros(words.first()?)).flatten().map(|stamp| (stamp, 1));
    }
    // In the middle of prose only a time of day is one; the last one is the nearest.
    let clocks = (0..words.len()).rev().filter_map(|from| {
        let (stamp, used) = clock::stamp(words.get(from..)?)?;
        matches!(stamp, Stamp::Clock(_) | Stamp::Since1970(_)).then_some((stamp, from + used))
    });
    // A date before a time of day is found from its first word on.
    clocks.take(2).reduce(|last, before| if before.1 == last.1 { before } else { last })
}

fn read_device(words: &[&str], exact: bool, head: &mut Head) {
    let way = |word: &str| match word {
        "In" | "B" | "M" => Some(FrameDirection::In),
        "Out" => Some(FrameDirection::Out),
        "P" => Some(FrameDirection::OtherHost),
        _ => None,
    };
    // Behind the time, or in prose somewhere before the ends; single letters are too common there.
    let range = if exact { 0..2 } else { words.len().saturating_sub(12)..words.len() };
    let mut found = range.filter_map(|place| {
        let word = words.get(place)?;
        (exact || word.len() > 1).then(|| way(word)).flatten().map(|way| (place, way))
    });
    let Some((place, direction)) = found.next_back() else { return };
    head.direction = Some(direction);
    let name = place.checked_sub(1).and_then(|before| words.get(before));
    let name = name.map(|name| name.trim_matches(['`', '|', '"', '\'', '(', '*']));
    head.device = name.filter(|name| is_device(name)).map(|name| (*name).to_owned());
}

/// IFNAMSIZ leaves room for 15 octets.
fn is_device(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 15
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-@:".contains(c))
        && !name.starts_with(|c: char| c.is_ascii_digit() && name.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_layer_headers_of_all_times() {
        let head = read(
            "11:16:14.764128 02:00:00:00:00:01 (oui Unknown) > 02:00:00:00:00:10 (oui Unknown), ethertype IPv4 (0x0800), length 66: (tos 0x0, ttl 63, id 37404, offset 0, flags [DF], proto TCP (6), length 52)",
            true,
        );
        assert_eq!((head.ttl, head.frame_len, head.ip_len), (Some(63), Some(66), Some(52)));
        assert_eq!(head.dst_mac.unwrap().to_string(), "02:00:00:00:00:10");
        let head = read("13:05:31.842001 0:10:db:ff:20:0 0:2:b3:1:2:3 0800 74:", true);
        assert_eq!(head.src_mac.unwrap().to_string(), "00:10:db:ff:20:00");
        assert_eq!(head.frame_len, Some(74));
        let head = read(
            "10:00:00.000001 02:00:00:00:00:01 > 02:00:00:00:00:10, ethertype 802.1Q (0x8100), length 78: vlan 100, p 0, ethertype IPv4 (0x0800),",
            true,
        );
        assert_eq!((head.vlans, head.frame_len), (vec![100], Some(78)));
    }

    #[test]
    fn ways_through_the_host() {
        let both = read(
            "11:16:14.764126 eth0  In  ifindex 2 02:00:00:00:00:01 ethertype IPv4 (0x0800), length 72: (tos 0x0, ttl 63, id 1, offset 0, flags [DF], proto TCP (6), length 52)",
            true,
        );
        assert_eq!((both.device.as_deref(), both.ttl), (Some("eth0"), Some(63)));
        let head = read(
            "11:16:14.764126 ifb0  In  ifindex 2 02:00:00:00:00:01 ethertype IPv4 (0x0800), length 72:",
            true,
        );
        assert_eq!(head.device.as_deref(), Some("ifb0"));
        assert_eq!((head.direction, head.dst_mac), (Some(FrameDirection::In), None));
        let head =
            read("11:16:14.764181 Out 02:00:00:00:00:10 ethertype IPv4 (0x0800), length 68:", true);
        assert_eq!((head.device, head.direction), (None, Some(FrameDirection::Out)));
        let head = read("| `wg0 In ...", false);
        assert_eq!(
            (head.device.as_deref(), head.direction),
            (Some("wg0"), Some(FrameDirection::In))
        );
    }

    #[test]
    fn times_in_prose() {
        let head = read("as in your trace: 17:17:17.307353 IP", false);
        assert!(matches!(head.stamp, Some(Stamp::Clock(_))));
        let head = read("on 2026-11-23 17:17:17.307353 IP", false);
        assert!(matches!(head.stamp, Some(Stamp::Since1970(_))));
    }
}
