//! Who answers for an address, asked aloud on request.

use std::net::IpAddr;

use crate::Mac;

/// Why an address was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ProbePurpose {
    /// Named by the user.
    Named,
    /// A client whose connection is stuck.
    Peer,
    /// A gateway of a route that replies take.
    Gateway,
    /// An address of the prefix that nobody should own: whoever answers for it answers for others.
    Unused,
}

/// The link-layer address that a question was sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ProbeSender {
    /// A locally administered one, made up for the question: the kernel does not take the answers, so
    /// its own entries stay as they are.
    Administered(Mac),
    /// That of the device. The kernel takes the answers, and its entry can change.
    Device(Mac),
}

/// An address that was asked for by broadcast (ARP) or solicited-node multicast (ND).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Probed {
    /// The address.
    pub target: IpAddr,
    /// Device that the questions were sent on.
    pub ifindex: u32,
    /// Why it was asked for.
    pub purpose: ProbePurpose,
    /// Who the questions came from, as far as the wire shows.
    pub sender: ProbeSender,
    /// Questions sent.
    pub question_count: u8,
    /// All answers, in order of arrival.
    pub answers: Vec<ProbeAnswer>,
}

/// One answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProbeAnswer {
    /// The link-layer address that it gives: `ar$sha`, or the target link-layer address option.
    pub mac: Mac,
    /// Which question came last before it, from 1.
    pub question: u8,
    /// Time since that question, in microseconds.
    pub delay_us: u32,
    /// ND: the override flag, which owners set and proxies do not; `None` for ARP.
    pub overrides: Option<bool>,
    /// ND: the router flag; `None` for ARP.
    pub router: Option<bool>,
}
