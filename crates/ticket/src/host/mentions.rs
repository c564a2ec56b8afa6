//! Networks and addresses in the words of a person.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

/// All that a line names: `10.1.2.3`, `172.28.0.0/16`, `172.28.0.0\16`, IPv6 alike. Unspecified and
/// loopback addresses are left out.
pub(super) fn of(line: &str) -> Vec<IpNet> {
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '/' | '\\');
    line.split(|c: char| !is_part(c)).filter_map(network).collect()
}

fn network(word: &str) -> Option<IpNet> {
    let word = word.trim_matches(['.', ':', '/', '\\']);
    let (ip, len) = match word.split_once(['/', '\\']) {
        Some((ip, len)) => (ip, Some(len.parse::<u8>().ok()?)),
        None => (word, None),
    };
    let ip: IpAddr = match ip.parse() {
        Ok(ip) => ip,
        // A port behind it.
        Err(_) => IpAddr::V4(ip.split_once(':')?.0.parse::<Ipv4Addr>().ok()?),
    };
    if ip.is_unspecified()
        || ip.is_loopback()
        || (ip.is_ipv6() && !word.contains("::") && len.is_none())
    {
        return None;
    }
    let whole = if ip.is_ipv4() { 32 } else { 128 };
    IpNet::new(ip, len.unwrap_or(whole)).ok().map(|net| net.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_addresses_are_found_in_prose() {
        let found = |line| of(line).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            found(r"My LAN is 172.28.0.0\16 and its route 10.3.0.1."),
            ["172.28.0.0/16", "10.3.0.1/32"]
        );
        assert_eq!(found("from 192.0.2.7:4000 at 12:30:45, ab:cd"), ["192.0.2.7/32"]);
        assert_eq!(found("2001:db8::1 and fe80::1/64"), ["2001:db8::1/128", "fe80::/64"]);
    }
}
