//! Which prefix lengths fit what is really on a wire.

use std::net::IpAddr;

use ipnet::IpNet;

/// Prefix lengths of one own address that hold everything that belongs to the wire and nothing
/// that does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The widest that leaves the outsiders out.
    pub shortest: u8,
    /// The narrowest that still holds all insiders.
    pub longest: u8,
    /// The one to suggest: /24 (IPv6: /64) when it fits, else the nearest that does.
    pub suggested: u8,
}

/// Compares by the bits shared with `own`; addresses of the other family are passed over.
///
/// `None` when no prefix length separates `outside` from `own` and `inside`, or nothing is outside.
pub fn fit(own: IpAddr, inside: &[IpAddr], outside: &[IpAddr]) -> Option<Fit> {
    let (most, usual) = if own.is_ipv4() { (30, 24) } else { (64, 64) };
    let shared = |others: &[IpAddr]| -> Vec<u8> {
        others.iter().filter_map(|&other| common_bits(own, other)).collect()
    };
    let longest = shared(inside).into_iter().min().unwrap_or(most).min(most);
    let shortest = shared(outside).into_iter().max()? + 1;
    (shortest <= longest).then(|| Fit {
        shortest,
        longest,
        suggested: usual.clamp(shortest, longest),
    })
}

/// Leading bits that two addresses share; `None` for two families.
pub fn common_bits(a: IpAddr, b: IpAddr) -> Option<u8> {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            u8::try_from((a.to_bits() ^ b.to_bits()).leading_zeros()).ok()
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            u8::try_from((a.to_bits() ^ b.to_bits()).leading_zeros()).ok()
        }
        _ => None,
    }
}

/// The narrowest prefix that holds all addresses; `None` for none, or for mixed families.
pub fn cover(addresses: &[IpAddr]) -> Option<IpNet> {
    let (&first, rest) = addresses.split_first()?;
    let full = if first.is_ipv4() { 32 } else { 128 };
    let mut bits = full;
    for &other in rest {
        bits = bits.min(common_bits(first, other)?);
    }
    IpNet::new(first, bits).ok().map(|net| net.trunc())
}

/// The /24 (IPv6: /64) of an address: what counts as one place on the internet.
pub fn place(address: IpAddr) -> IpNet {
    let bits = if address.is_ipv4() { 24 } else { 64 };
    IpNet::new(address, bits).map_or_else(|_| IpNet::from(address), |net| net.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|ip| ip.parse().unwrap()).collect()
    }

    #[test]
    fn the_usual_length_is_suggested_when_it_fits() {
        let own = "192.168.4.10".parse().unwrap();
        let inside = ips(&["192.168.4.1", "192.168.4.20"]);
        let found = fit(own, &inside, &ips(&["192.168.5.11"])).unwrap();
        assert_eq!(found, Fit { shortest: 24, longest: 27, suggested: 24 });
        let far = fit(own, &ips(&["192.168.5.1"]), &ips(&["192.168.8.1"])).unwrap();
        assert_eq!(far, Fit { shortest: 21, longest: 23, suggested: 23 });
        let near = fit(own, &inside, &ips(&["192.168.4.40"])).unwrap();
        assert_eq!(near, Fit { shortest: 27, longest: 27, suggested: 27 });
    }

    #[test]
    fn a_peer_among_the_neighbours_cannot_be_separated() {
        let own = "10.1.0.10".parse().unwrap();
        assert_eq!(fit(own, &ips(&["10.1.0.1", "10.1.0.30"]), &ips(&["10.1.0.20"])), None);
        assert_eq!(fit(own, &ips(&["10.1.0.1"]), &[]), None);
    }

    #[test]
    fn cover_is_the_narrowest() {
        assert_eq!(
            cover(&ips(&["192.168.5.11", "192.168.5.18"])).unwrap().to_string(),
            "192.168.5.0/27"
        );
        assert_eq!(cover(&ips(&["10.0.0.1", "::1"])), None);
    }
}
