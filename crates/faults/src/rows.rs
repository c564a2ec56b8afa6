//! The requests that a namespace shows in `/proc/net/tcp{,6}`, for waiting until a fault shows.
//!
//! Kept apart from the product's own readers, so that the lab stays a second witness.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

/// One socket in `SYN_RECV`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRow {
    /// Local end.
    pub local: SocketAddr,
    /// The client; IPv4-mapped addresses are given as IPv4.
    pub peer: SocketAddr,
    /// Expiries of the SYN-ACK timer. Column `retrnsmt`, the kernel's `num_timeout`.
    pub timer_expiry_count: u32,
}

impl Namespace {
    /// All requests of this namespace, of both families.
    pub fn requests(&self) -> Result<Vec<RequestRow>> {
        let mut rows = Vec::new();
        for path in ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"] {
            match self.run(move || std::fs::read_to_string(path))? {
                Ok(text) => rows.extend(text.lines().filter_map(request)),
                Err(error)
                    if path.ends_with('6') && error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(LabError::Read { path, namespace: self.name().to_owned(), source });
                }
            }
        }
        Ok(rows)
    }
}

fn request(line: &str) -> Option<RequestRow> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = endpoint(fields.next()?)?;
    let peer = endpoint(fields.next()?)?;
    if fields.next()? != "03" {
        return None;
    }
    // tx_queue:rx_queue, tr:tm->when, retrnsmt
    let timer_expiry_count = u32::from_str_radix(fields.nth(2)?, 16).ok()?;
    Some(RequestRow { local, peer, timer_expiry_count })
}

/// `0A04A8C0:0050`: each 32-bit word of the address is printed as the host's integer.
fn endpoint(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes)
    };
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let octets: Vec<u8> = (0..4).filter_map(word).flatten().collect();
            let octets: [u8; 16] = octets.try_into().ok()?;
            Ipv6Addr::from(octets).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    // cat /proc/net/tcp, Linux 6.18
    const LISTEN: &str = "   0: 0A04A8C0:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 35016 1 0000000000000000 100 0 0 10 0";
    const REQUEST: &str = "   1: 0A04A8C0:0050 0B05A8C0:E3B1 03 00000000:00000000 01:0000003B 00000001     0        0 0 1 0000000000000000";

    #[test]
    fn only_requests_are_read() {
        assert_eq!(request(LISTEN), None);
        let row = request(REQUEST).unwrap();
        assert_eq!(row.local, "192.168.4.10:80".parse().unwrap());
        assert_eq!(row.peer, "192.168.5.11:58289".parse().unwrap());
        assert_eq!(row.timer_expiry_count, 1);
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        let mapped = endpoint("0000000000000000FFFF00000B05A8C0:0050").unwrap();
        assert_eq!(mapped, "192.168.5.11:80".parse().unwrap());
    }

    #[test]
    fn no_truncation_panics() {
        for length in 0..REQUEST.len() {
            let _ = request(&REQUEST[..length]);
        }
    }
}
