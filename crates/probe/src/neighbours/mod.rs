//! Who answers for an address: asked by ARP or neighbour solicitation, and every answer heard.
//!
//! The kernel keeps one answer of several; which, decides by which machine packets leave. So asking in
//! the usual way changes what is asked about: answers to the device's own MAC are the kernel's too.
//! Therefore questions come from a MAC that is made up for the run, as of a station of its own, and
//! the kernel passes the answers over. Such a station also needs an address of its own. With that of
//! this host, everybody who hears the question would take the made-up MAC for this host's: a router
//! then sends there what is meant for this host, for some ten seconds. So the question comes from an
//! address that is nobody's: in IPv6 the link-local one that belongs to the MAC, in IPv4 one of the
//! prefix, which is asked for itself before (as RFC 5227 has it, from no address at all).

mod answer;
mod clock;
mod error;
mod filter;
mod question;
mod run;
mod schedule;
mod socket;
mod source;
mod wire;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use synrecv_model::{Mac, ProbePurpose, ProbeSender, Probed};

pub use error::ProbeError;

use self::run::Run;
use self::schedule::QUESTIONS_MAX;

/// An address to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The address.
    pub address: IpAddr,
    /// Device to ask on.
    pub ifindex: u32,
    /// Why it is asked for.
    pub purpose: ProbePurpose,
    /// Link-layer address of the device.
    pub device_mac: Mac,
    /// Addresses that the question may come from, of the target's family, best first.
    ///
    /// With a made-up MAC: addresses that nobody has, which are tried first; of no use in IPv6. With
    /// that of the device: an address of this host, of which the first is taken. None in IPv4: the
    /// question comes from 0.0.0.0, which owners answer and proxies do not; so it has to be for
    /// addresses of this host.
    pub sources: Vec<IpAddr>,
}

/// Which MAC questions come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// One that is made up for the run; the device is promiscuous meanwhile. Neighbour tables stay as
    /// they are, of this host and of others.
    #[default]
    Administered,
    /// That of the device. The kernel takes the answers too, and its entry can change: from then on
    /// packets may leave by another machine.
    Device,
}

/// How to ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Which MAC questions come from.
    pub sender: Sender,
}

/// What asking costs at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Frames sent: three for each target, and three for each address to ask from.
    pub frame_count: u32,
    /// Time from the first to the end.
    pub duration: Duration,
}

/// What came of asking.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// One for each target, in their order.
    pub results: Vec<Result<Probed, ProbeError>>,
    /// Frames sent.
    pub frame_count: u32,
    /// Where questions came from: device, MAC, and address, unless it was none. Sorted.
    pub senders: BTreeSet<(u32, Mac, Option<IpAddr>)>,
    /// How long it took.
    pub duration: Duration,
}

/// What [`ask`] sends and takes at most.
pub fn bound(targets: &[Target], options: &Options) -> Bound {
    let trials = source::trials(targets, *options).len();
    let stations = source::stations(targets, *options).len();
    let frames = usize::from(QUESTIONS_MAX).saturating_mul(targets.len())
        + usize::from(source::FRAMES_MAX).saturating_mul(trials + stations);
    let trials = u32::try_from(trials).unwrap_or(u32::MAX);
    Bound {
        frame_count: u32::try_from(frames).unwrap_or(u32::MAX),
        duration: source::LONGEST.saturating_mul(trials)
            + schedule::longest(targets.len() + stations),
    }
}

/// Asks for all targets, several in flight, from the network namespace of the calling thread. Sends no
/// more than [`bound`] says, at most 50 frames a second. A target that one machine answers for is asked
/// for once; one that is answered for by several or by nobody three times.
///
/// Blocks as long as [`bound`] says at most, and needs CAP_NET_RAW.
pub fn ask(targets: &[Target], options: &Options) -> Asked {
    match Run::new(*options) {
        Ok(run) => run.ask(targets),
        Err(error) => Asked { results: vec![Err(error); targets.len()], ..Asked::default() },
    }
}

/// The sender as a fact.
fn sender_of(options: Options, mac: Mac) -> ProbeSender {
    match options.sender {
        Sender::Administered => ProbeSender::Administered(mac),
        Sender::Device => ProbeSender::Device(mac),
    }
}
