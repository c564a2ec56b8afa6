//! A route that comes and goes.

use std::time::Duration;

use super::{Counts, Stop, Traffic, add_one};
use crate::error::Result;
use crate::namespace::Namespace;
use crate::route::NewRoute;

/// Takes a route away and adds it again, as a routing daemon does that loses its neighbour.
#[derive(Debug, Clone)]
pub struct FlappingRoute {
    /// The route; it is there at the start.
    pub route: NewRoute,
    /// How long it stays.
    pub up: Duration,
    /// How long it is gone.
    pub down: Duration,
}

impl FlappingRoute {
    /// Flaps in `namespace` until the result is dropped. Counts times that the route went as
    /// completed.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        namespace.route(self.route.clone())?;
        let host = namespace.clone();
        Traffic::start(
            namespace,
            "flap a route",
            || Ok(()),
            move |(), stop, counts| self.keep_flapping(&host, stop, counts),
        )
    }

    fn keep_flapping(&self, host: &Namespace, stop: &Stop, counts: &Counts) {
        loop {
            stop.pause(self.up);
            if stop.is_raised() {
                return;
            }
            match host.remove_route(self.route.clone()) {
                Ok(()) => add_one(&counts.completed),
                Err(_) => add_one(&counts.given_up),
            }
            stop.pause(self.down);
            if stop.is_raised() {
                return;
            }
            if host.route(self.route.clone()).is_err() {
                add_one(&counts.given_up);
            }
        }
    }
}
