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
    let ip = ip.parse().map_err(|_| "expected an address, or ADDRESS%DEVICE".to_owned())?;
    Ok(Peer { ip, dev })
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
        assert!(parse_peer("10.0.0.1").unwrap().dev.is_none());
        assert!(parse_peer("eth0").is_err());
    }
}
