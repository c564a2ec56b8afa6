//! Addresses and prefixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// An address. Brackets of IPv6 and a device behind `%` are taken off.
pub(crate) fn ip(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    let first = *bare.as_bytes().first()?;
    if !first.is_ascii_hexdigit() && first != b':' {
        return None;
    }
    if let Ok(address) = bare.parse() {
        return Some(address);
    }
    let (address, _) = bare.split_once('%')?;
    address.parse().ok().filter(IpAddr::is_ipv6)
}

/// `192.0.2.0/24`; an address alone is a prefix of all its bits. Host bits are kept.
pub(crate) fn net(word: &str) -> Option<IpNet> {
    match word.rsplit_once('/') {
        Some((address, len)) => {
            let digits = (1..=3).contains(&len.len()) && len.bytes().all(|b| b.is_ascii_digit());
            IpNet::new(ip(address)?, len.parse().ok().filter(|_| digits)?).ok()
        }
        None => ip(word).map(IpNet::from),
    }
}

/// As [`net`], host bits cleared.
pub(crate) fn prefix(word: &str) -> Option<IpNet> {
    net(word).map(|net| net.trunc())
}

/// `0.0.0.0/0` or `::/0`.
pub(crate) fn everything(is_v6: bool) -> IpNet {
    let address: IpAddr =
        if is_v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    IpNet::new(address, 0).unwrap_or_else(|_| IpNet::from(address))
}

#[cfg(test)]
mod tests {
    use super::{ip, net, prefix};

    #[test]
    fn addresses() {
        for word in ["192.0.2.1", "2001:db8::1", "[::1]", "fe80::1%eth0", "::", "::ffff:192.0.2.1"]
        {
            assert!(ip(word).is_some(), "{word}");
        }
        for word in
            ["192.0.2", "192.0.2.01", "192.0.2.256", "eth0", "", "default", "192.0.2.1%eth0"]
        {
            assert_eq!(ip(word), None, "{word}");
        }
    }

    #[test]
    fn prefixes() {
        let shown = |word| prefix(word).map(|net| net.to_string());
        assert_eq!(shown("192.0.2.7/24").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(shown("192.0.2.7").as_deref(), Some("192.0.2.7/32"));
        assert_eq!(shown("[::]/0").as_deref(), Some("::/0"));
        assert_eq!(net("192.0.2.7/24").map(|net| net.to_string()).as_deref(), Some("192.0.2.7/24"));
        for word in ["192.0.2.0/33", "192.0.2.0/", "192.0.2.0/+4", "192.0.2.0/255.255.255.0", "a/b"]
        {
            assert_eq!(shown(word), None, "{word}");
        }
    }
}
