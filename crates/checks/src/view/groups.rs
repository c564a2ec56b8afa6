//! What is the same for many rows, walked once for all checks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use synrecv_model::{Endpoint, Part, RouteInfo};

use super::{RequestView, View};

impl View<'_> {
    /// Requests that are there in the last sample, by local end.
    pub(crate) fn open_requests(&self) -> &BTreeMap<Endpoint, usize> {
        let requests = self.requests();
        self.open.get_or_init(|| {
            let mut open = BTreeMap::new();
            for together in requests.chunk_by(|one, other| one.local() == other.local()) {
                let Some(first) = together.first() else { continue };
                let is_gone = |request: &RequestView<'_>| request.track.last_seen().2;
                let there = together.iter().filter(|request| !is_gone(request)).count();
                *open.entry(first.local()).or_default() += there;
            }
            open
        })
    }

    /// Gateways of routes that leave by one device.
    pub fn gateways(&self, ifindex: u32) -> BTreeSet<IpAddr> {
        self.note(Part::Routes);
        let all = self.gateways.get_or_init(|| {
            let mut all: BTreeMap<u32, BTreeSet<IpAddr>> = BTreeMap::new();
            // A full table has a million routes, many of which lead the same way.
            let mut last: Option<&Arc<RouteInfo>> = None;
            for route in self.routes() {
                if last.replace(route.info()).is_some_and(|last| Arc::ptr_eq(last, route.info())) {
                    continue;
                }
                for hop in &route.next_hops {
                    if let Some(gateway) = hop.gateway {
                        all.entry(hop.ifindex).or_default().insert(gateway);
                    }
                }
            }
            all
        });
        all.get(&ifindex).cloned().unwrap_or_default()
    }
}
