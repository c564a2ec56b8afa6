//! A host as it is written on the command line.

use std::net::IpAddr;

use synrecv_model::{Link, Section};

use super::UsageError;

/// An address; one that is link-local names its device: `fe80::1%eth0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) ip: IpAddr,
    pub(crate) dev: Option<String>,
}

pub(crate) fn parse_peer(text: &str) -> Result<Peer, String> {
    let (ip, dev) = match text.split_once('%') {
        Some((ip, dev)) => (ip, Some(dev.to_owned())),
        None => (text, None),
    };
    let ip = parse_ip(ip).map_err(|_| "expected an address, or ADDRESS%DEVICE".to_owned())?;
    Ok(Peer { ip, dev })
}

/// An address; IPv4 ones also as sockets of both families show them: `::ffff:10.0.0.1`.
pub(crate) fn parse_ip(text: &str) -> Result<IpAddr, String> {
    let ip: IpAddr = text.parse().map_err(|_| "expected an address".to_owned())?;
    Ok(ip.to_canonical())
}

impl Peer {
    /// The ifindex of the device that is named; 0 when none is.
    pub(crate) fn oif(&self, links: &Section<Vec<Link>>) -> Result<u32, UsageError> {
        let Some(name) = &self.dev else { return Ok(0) };
        let mut known = links.data().into_iter().flatten();
        let found = known.find(|link| link.name.0 == *name);
        let found = found.map(|link| link.ifindex);
        found.ok_or_else(|| UsageError(format!("no device is called `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_may_name_its_device() {
        let peer = parse_peer("fe80::1%eth0").unwrap();
        assert_eq!((peer.ip.to_string().as_str(), peer.dev.as_deref()), ("fe80::1", Some("eth0")));
        assert_eq!(parse_peer("::ffff:10.0.0.1"), parse_peer("10.0.0.1"));
        assert!(parse_peer("10.0.0.1").unwrap().dev.is_none());
        assert!(parse_peer("eth0").is_err());
    }
}
