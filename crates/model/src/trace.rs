//! The way to a host, as answers to packets with a small TTL show it.

use std::net::IpAddr;

/// The hops on the way from this host to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trace {
    /// Where to.
    pub target: IpAddr,
    /// Hops in order of distance.
    pub hops: Vec<Hop>,
}

/// One hop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hop {
    /// Distance, from 1.
    pub distance: u8,
    /// Who answered, in order; empty when nobody did.
    pub answers: Vec<IpAddr>,
}

impl Trace {
    /// The nearest hop that answered, unless it is the target itself.
    pub fn first_router(&self) -> Option<(u8, IpAddr)> {
        let hop = self.hops.iter().find(|hop| !hop.answers.is_empty())?;
        let answer = *hop.answers.first()?;
        (answer != self.target).then_some((hop.distance, answer))
    }
}
