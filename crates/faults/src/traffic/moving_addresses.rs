//! Service addresses that move between two hosts, as a cluster moves them.

use std::net::IpAddr;
use std::time::Duration;

use super::{Counts, Stop, Traffic, add_one};
use crate::configure::MacBytes;
use crate::error::Result;
use crate::namespace::Namespace;

/// One of the two hosts.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The host.
    pub host: Namespace,
    /// Its device, which gets the addresses.
    pub device: String,
    /// MAC address of the device.
    pub mac: MacBytes,
}

/// Moves one address after the other from the first holder to the second, then all back.
#[derive(Debug, Clone)]
pub struct MovingAddresses {
    /// The addresses; at the start the first holder has them, as /32 or /128.
    pub addresses: Vec<IpAddr>,
    /// The hosts that have them in turn.
    pub holders: [Holder; 2],
    /// A router and its device on the same wire. It is told of each move, as by the announcement
    /// that a new holder sends.
    pub router: (Namespace, String),
    /// Time between two moves.
    pub every: Duration,
}

impl MovingAddresses {
    /// Moves until the result is dropped. Counts moves as completed.
    pub fn start(self) -> Result<Traffic> {
        let router = self.router.0.clone();
        Traffic::start(
            &router,
            "move addresses",
            || Ok(()),
            move |(), stop, counts| self.keep_moving(stop, counts),
        )
    }

    fn keep_moving(&self, stop: &Stop, counts: &Counts) {
        let [first, second] = &self.holders;
        let there = self.addresses.iter().map(|address| (address, first, second));
        let back = self.addresses.iter().map(|address| (address, second, first));
        for (address, from, to) in there.chain(back).cycle() {
            stop.pause(self.every);
            if stop.is_raised() {
                return;
            }
            match self.relocate(*address, from, to) {
                Ok(()) => add_one(&counts.completed),
                Err(_) => add_one(&counts.given_up),
            }
        }
    }

    fn relocate(&self, address: IpAddr, from: &Holder, to: &Holder) -> Result<()> {
        from.host.remove_address(&from.device, address.into())?;
        to.host.address(&to.device, address.into())?;
        let (router, device) = &self.router;
        router.neighbour(device, address, to.mac)
    }
}
