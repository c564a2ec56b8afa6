//! A gateway address that changes hands between two routers.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::asker::{Asker, open};
use super::{Counts, Stop, Traffic, add_one};
use crate::error::Result;
use crate::namespace::Namespace;

/// Moves an address from one router to the other and back. The new holder asks for a neighbour with
/// it and so makes itself known, as routers do that back each other up.
#[derive(Debug, Clone)]
pub struct Failover {
    /// The address; at the start neither router has it.
    pub address: IpNet,
    /// The two routers, each with its device on the wire.
    pub routers: [(Namespace, String); 2],
    /// The neighbour that the new holder asks for.
    pub neighbour: IpAddr,
    /// How long a router has the address.
    pub every: Duration,
}

impl Failover {
    /// Moves until the result is dropped. Counts moves as completed.
    pub fn start(self) -> Result<Traffic> {
        let first = self.routers[0].0.clone();
        Traffic::start(
            &first,
            "move a gateway address",
            || Ok(()),
            move |(), stop, counts| self.keep_moving(stop, counts),
        )
    }

    fn keep_moving(&self, stop: &Stop, counts: &Counts) {
        for (host, device) in self.routers.iter().cycle() {
            match self.hold(host, device, stop) {
                Ok(()) => add_one(&counts.completed),
                Err(_) => add_one(&counts.given_up),
            }
            if stop.is_raised() {
                return;
            }
        }
    }

    fn hold(&self, host: &Namespace, device: &str, stop: &Stop) -> Result<()> {
        host.address(device, self.address)?;
        let own = self.address.addr();
        let (target, every) = (self.neighbour, self.every);
        let asker = Asker { device: device.to_owned(), own, target, every };
        // A socket for each time: it is bound to an address that goes.
        if let Ok(socket) = host.run(move || open(own))? {
            asker.ask(&socket, host);
        }
        stop.pause(self.every);
        host.remove_address(device, self.address)
    }
}
