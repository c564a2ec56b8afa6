//! The host that is measured: half a million requests, full tables.

mod neighbours;
mod routes;
mod sockets;

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use clap::ValueEnum;
use synrecv_faults::traffic::Traffic;
use synrecv_faults::{Lab, Namespace};

use crate::bench::crowd::Crowd;
use crate::bench::flood;
use crate::output;

/// A part of the load.
///
/// In the order in which they are built: no program that is measured on the first ones has to read the
/// later ones too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Load {
    /// 150,000 neighbours
    Neighbours,
    /// 500,000 requests from 100,000 peers, and 50,000 connected sockets
    Sockets,
    /// 1,000,000 routes
    Routes,
}

impl Load {
    pub(super) const ALL: [Self; 3] = [Self::Neighbours, Self::Sockets, Self::Routes];

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Neighbours => "neighbours",
            Self::Sockets => "sockets",
            Self::Routes => "routes",
        }
    }
}

/// Requests of a full load.
const REQUEST_COUNT: u32 = 500_000;
/// Connected sockets of a full load.
const CONNECTED_COUNT: u32 = 50_000;
const ROUTE_COUNT: u32 = 1_000_000;
const NEIGHBOUR_COUNT: u32 = 150_000;
/// Addresses that the requests come from.
const PEER_COUNT: u32 = 100_000;
/// The device to which peers and routes lead: a bridge without ports.
const SINK: &str = "sink";

/// How much of each load is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    percent: u32,
}

impl Size {
    pub(super) fn percent(percent: u32) -> Self {
        Self { percent }
    }

    fn of(self, full: u32) -> u32 {
        u32::try_from(u64::from(full) * u64::from(self.percent) / 100).unwrap_or(full)
    }

    pub(super) fn is_full(self) -> bool {
        self.percent == 100
    }
}

/// The host and all that keeps its tables full.
pub(super) struct Host {
    pub(super) server: Namespace,
    flooder: Namespace,
    target: SocketAddr,
    /// Held, not read.
    connected: Vec<Crowd>,
    _app: Traffic,
    _lab: Lab,
}

impl Host {
    /// A host that takes any number of requests and has none yet.
    pub(super) fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let flood::Listening { server, flooder, app, target } = flood::listening(&mut lab, "0")?;
        Ok(Self { server, flooder, target, connected: Vec::new(), _app: app, _lab: lab })
    }

    /// Adds one load.
    pub(super) fn add(&mut self, load: Load, size: Size) -> Result<()> {
        output::heading(&format!("{} % of the {}", size.percent, load.name()));
        match load {
            Load::Neighbours => {
                self.server.address(SINK, "172.16.0.1/12".parse()?)?;
                neighbours::add(&self.server, size.of(NEIGHBOUR_COUNT))
            }
            Load::Sockets => {
                self.connected.push(sockets::connect(&self.server, size.of(CONNECTED_COUNT))?);
                let (requests, peers) = (size.of(REQUEST_COUNT), size.of(PEER_COUNT));
                sockets::request(&self.server, &self.flooder, self.target, requests, peers)
            }
            Load::Routes => routes::add(&self.server, size.of(ROUTE_COUNT)),
        }
    }
}

/// `IPV4`, so many addresses further.
fn plus(address: Ipv4Addr, count: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(address).wrapping_add(count))
}

/// Index of a device in the network namespace of the calling thread.
fn index_of(device: &str) -> Result<u32> {
    let socket = super::wire::open(super::wire::ROUTE)?;
    Ok(rustix::net::netdevice::name_to_index(socket, device)?)
}
