//! Text that was not read as anything: what looks like an address in it is replaced as one.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use synrecv_model::Mac;

/// Something in a text that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Ip(IpAddr),
    Net(IpNet),
    /// An address and a mask that is not that of a prefix.
    Masked(IpAddr, IpAddr),
    /// First and last address.
    Range(IpAddr, IpAddr),
    Mac(Mac),
}

/// Replaces every address; what is around them stays. `image` is also given the text before it.
pub(super) fn replaced<'t>(
    text: &'t str,
    image: &mut dyn FnMut(Found, &str) -> String,
) -> Cow<'t, str> {
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < text.len() {
        match found_at(text, at) {
            Some((found, end)) => {
                out.push_str(text.get(copied..at).unwrap_or_default());
                out.push_str(&image(found, text.get(..at).unwrap_or_default()));
                (copied, at) = (end, end);
            }
            None => at += run(text, at).max(1),
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Bytes from here to the end of the word.
fn run(text: &str, at: usize) -> usize {
    text.as_bytes().iter().skip(at).take_while(|byte| is_part(**byte)).count()
}

/// A letter or a digit: nothing begins or ends beside one.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn is_beside(bytes: &[u8], at: Option<usize>) -> bool {
    at.and_then(|at| bytes.get(at)).is_some_and(|&byte| is_part(byte))
}

fn found_at(text: &str, at: usize) -> Option<(Found, usize)> {
    let first = *text.as_bytes().get(at)?;
    if !(first.is_ascii_hexdigit() || first == b':') {
        return None;
    }
    // Six octets are no IPv6 address, and eight groups no link-layer address.
    let Some((ip, end)) = ip_at(text, at) else {
        return mac_at(text, at).map(|(mac, end)| (Found::Mac(mac), end));
    };
    match text.as_bytes().get(end) {
        Some(b'/') => match mask_at(text, end + 1, ip) {
            Some((Mask::Len(len), end)) => {
                IpNet::new(ip, len).ok().map(|net| (Found::Net(net), end))
            }
            Some((Mask::Other(mask), end)) => Some((Found::Masked(ip, mask), end)),
            None => Some((Found::Ip(ip), end)),
        },
        Some(b'-') => match ip_at(text, end + 1) {
            Some((last, end)) if last.is_ipv4() == ip.is_ipv4() && ip <= last => {
                Some((Found::Range(ip, last), end))
            }
            _ => Some((Found::Ip(ip), end)),
        },
        _ => Some((Found::Ip(ip), end)),
    }
}

enum Mask {
    Len(u8),
    Other(IpAddr),
}

/// A length or a netmask.
fn mask_at(text: &str, at: usize, ip: IpAddr) -> Option<(Mask, usize)> {
    if let Some((mask, end)) = ip_at(text, at) {
        let len = ipnet::ip_mask_to_prefix(mask).ok().filter(|_| mask.is_ipv4() == ip.is_ipv4());
        // A netmask is fixed itself, so that it can as well be written as a length.
        return Some((len.map_or(Mask::Other(mask), Mask::Len), end));
    }
    let digits = text.as_bytes().iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    let len = text.get(at..at + digits)?.parse().ok()?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    (len <= most).then_some((Mask::Len(len), at + digits))
}

/// The longest address that begins here and has no letter or digit behind it.
fn ip_at(text: &str, at: usize) -> Option<(IpAddr, usize)> {
    // The longest one in text, with an IPv4 address at its end.
    const LONGEST: usize = 45;
    let bytes = text.as_bytes();
    if is_beside(bytes, at.checked_sub(1)) {
        return None;
    }
    let usable = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let most = bytes.iter().skip(at).take(LONGEST).take_while(|byte| usable(**byte)).count();
    (2..=most).rev().find_map(|len| {
        let end = at + len;
        if is_beside(bytes, Some(end)) {
            return None;
        }
        let word = text.get(at..end)?;
        let ip = word.parse::<Ipv4Addr>().map(IpAddr::from);
        let ip = ip.or_else(|_| word.parse::<Ipv6Addr>().map(IpAddr::from)).ok()?;
        Some((ip, end))
    })
}

/// Six octets with colons or dashes between them, each of two digits.
fn mac_at(text: &str, at: usize) -> Option<(Mac, usize)> {
    const LEN: usize = 17;
    let bytes = text.as_bytes();
    let word = text.get(at..at + LEN)?;
    let separates = |byte: u8| matches!(byte, b':' | b'-');
    let separator = *bytes.get(at + 2)?;
    let fits = word.bytes().enumerate().all(|(place, byte)| {
        if place % 3 == 2 { byte == separator } else { byte.is_ascii_hexdigit() }
    });
    let is_inside =
        is_beside(bytes, at.checked_sub(1)) || is_beside(bytes, Some(at + LEN)) || !fits;
    if is_inside || !separates(separator) {
        return None;
    }
    Some((word.parse().ok()?, at + LEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        let shown = replaced(text, &mut |found, before| {
            assert!(text.starts_with(before));
            all.push(format!("{found:?}"));
            "#".to_owned()
        });
        all.push(shown.into_owned());
        all
    }

    #[track_caller]
    fn leaves(text: &str, expected: &str) {
        assert_eq!(found(text).last().map(String::as_str), Some(expected), "{text}");
    }

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        leaves("10.0.0.1", "#");
        leaves("ip saddr 10.0.0.0/8 drop", "ip saddr # drop");
        leaves("{ 10.0.0.1, 10.0.0.9-10.0.0.20 }", "{ #, # }");
        leaves("to 10.0.0.1:8080.", "to #:8080.");
        leaves("[2001:db8::1]:80, fe80::1%eth0", "[#]:80, #%eth0");
        leaves("-s 10.0.3.0/255.0.255.0 -j DROP", "-s # -j DROP");
        leaves("-s 10.0.0.0/255.255.0.0", "-s #");
        leaves("aa:bb:cc:dd:ee:ff and AA-BB-CC-DD-EE-FF.", "# and #.");
        leaves("read 10.0.0.1: no route", "read #: no route");
        leaves("::", "#");
        leaves("ä10.0.0.1", "ä10.0.0.1");
        leaves("(::ffff:10.0.0.1)", "(#)");
        leaves("mac:aa:bb:cc:dd:ee:ff:eth0", "mac:#:eth0");
        leaves("00:11:22:33:44:55:66:77", "#");
    }

    #[test]
    fn other_text_stays() {
        for text in [
            "",
            "12:30:45",
            "version 1.2.3",
            "tcp dport { 80, 443 } accept",
            "meta mark 0x0000000a",
            "os error 13",
            "eth0.100@if3",
            "300.1.1.1",
        ] {
            leaves(text, text);
        }
    }

    #[test]
    fn what_was_found_is_known() {
        let net = found("10.0.0.0/255.255.0.0");
        assert_eq!(net[0], "Net(10.0.0.0/16)");
        assert_eq!(found("10.0.0.0/0.0.0.255")[0], "Masked(10.0.0.0, 0.0.0.255)");
        assert_eq!(found("10.0.0.1-10.0.0.3")[0], "Range(10.0.0.1, 10.0.0.3)");
        assert_eq!(found("10.0.0.1/40")[0], "Ip(10.0.0.1)");
    }
}
