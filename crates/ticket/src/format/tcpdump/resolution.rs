//! ARP and neighbour discovery as tcpdump prints them.

use std::net::IpAddr;

use synrecv_model::{ClaimKind, Mac, PrintedPacket, canonical_ip};

/// What a line says of ARP, from the word that begins it on; `None` when it is something else.
pub(super) fn arp(text: &str) -> Option<PrintedPacket> {
    let words: Vec<&str> = text.split_whitespace().take(24).collect();
    let place = |wanted: &str| words.iter().position(|word| word.eq_ignore_ascii_case(wanted));
    let address = |place: usize| address(words.get(place)?);
    let gratuitous = |address| {
        let kind = ClaimKind::ArpGratuitous;
        Some(PrintedPacket::Claim { kind, address, mac: None })
    };
    if let Some(who_has) = place("who-has") {
        let address_asked = address(who_has + 1)?;
        let asker = place("tell").and_then(|tell| address(tell + 1));
        let asker = asker.filter(|asker| !asker.is_unspecified());
        if asker == Some(address_asked) {
            return gratuitous(address_asked);
        }
        return Some(PrintedPacket::Question { address: address_asked, asker });
    }
    if let Some(is_at) = place("is-at") {
        let claimed = is_at.checked_sub(1).and_then(address)?;
        let mac = words.get(is_at + 1).and_then(|word| word.trim_end_matches(',').parse().ok());
        return Some(PrintedPacket::Claim { kind: ClaimKind::ArpReply, address: claimed, mac });
    }
    if let Some(announcement) = place("Announcement") {
        return gratuitous(address(announcement + 1)?);
    }
    let probe = place("Probe")?;
    Some(PrintedPacket::Question { address: address(probe + 1)?, asker: None })
}

/// What stands behind the ends of a message of neighbour discovery. `from` and `to` are its ends.
pub(super) fn nd(rest: &str, from: Option<IpAddr>, to: Option<IpAddr>) -> Option<PrintedPacket> {
    let rest = rest
        .trim_start()
        .strip_prefix("ICMP6,")
        .or_else(|| rest.trim_start().strip_prefix("[icmp6 sum ok] ICMP6,"))?;
    if rest.contains("neighbor solicitation") {
        let asked = behind(rest, "who has ")?;
        return Some(PrintedPacket::Question {
            address: asked,
            asker: from.filter(|from| !from.is_unspecified()),
        });
    }
    if !rest.contains("neighbor advertisement") {
        return None;
    }
    let address = behind(rest, "tgt is ")?;
    let flags = rest
        .split_once("Flags [")
        .and_then(|(_, flags)| flags.split_once(']'))
        .map(|(flags, _)| flags);
    let has = |flag: &str| flags.is_some_and(|flags| flags.contains(flag));
    // Without -v there are no flags; an answer goes to who asked.
    let solicited =
        flags.map_or_else(|| to.is_some_and(|to| !to.is_multicast()), |_| has("solicited"));
    let kind =
        ClaimKind::Advertisement { router: has("router"), solicited, overrides: has("override") };
    Some(PrintedPacket::Claim { kind, address, mac: option_mac(rest) })
}

/// The link-layer address in an option: `destination link-address option (2), length 8 (1): 02:00:..`.
pub(super) fn option_mac(text: &str) -> Option<Mac> {
    let (_, behind) = text.split_once("link-address option")?;
    behind.split_whitespace().find_map(|word| word.trim_end_matches(',').parse().ok())
}

fn behind(text: &str, words: &str) -> Option<IpAddr> {
    let (_, behind) = text.split_once(words)?;
    address(behind.split_whitespace().next()?)
}

fn address(word: &str) -> Option<IpAddr> {
    let word = word.trim_end_matches([',', ':', '?']);
    let word = word.split_once('%').map_or(word, |(address, _)| address);
    word.parse().ok().map(canonical_ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers() {
        let asked = "ARP, Ethernet (len 6), IPv4 (len 4), Request who-has 10.0.0.1 tell 10.0.0.2, length 28";
        let (one, two) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert_eq!(arp(asked), Some(PrintedPacket::Question { address: one, asker: Some(two) }));
        assert_eq!(arp("arp who-has 10.0.0.1 tell 10.0.0.2"), arp(asked));
        let mac = Some("02:00:00:00:00:01".parse().unwrap());
        let reply = PrintedPacket::Claim { kind: ClaimKind::ArpReply, address: one, mac };
        assert_eq!(
            arp("ARP, Reply 10.0.0.1 is-at 2:0:0:0:0:1 (oui Unknown), length 28"),
            Some(reply)
        );
        let unasked =
            arp("ARP, Request who-has 10.0.0.1 (ff:ff:ff:ff:ff:ff) tell 10.0.0.1, length 28");
        assert!(matches!(
            unasked,
            Some(PrintedPacket::Claim { kind: ClaimKind::ArpGratuitous, .. })
        ));
        assert_eq!(arp("ARP, Unknown"), None);
    }

    #[test]
    fn neighbour_discovery() {
        let answer = nd(
            "[icmp6 sum ok] ICMP6, neighbor advertisement, length 32, tgt is 2001:db8::1, Flags [router, solicited]",
            None,
            None,
        );
        let kind = ClaimKind::Advertisement { router: true, solicited: true, overrides: false };
        assert_eq!(
            answer,
            Some(PrintedPacket::Claim { kind, address: "2001:db8::1".parse().unwrap(), mac: None })
        );
        let mac =
            option_mac("destination link-address option (2), length 8 (1): 02:00:00:00:00:01");
        assert_eq!(mac.unwrap().to_string(), "02:00:00:00:00:01");
    }
}
