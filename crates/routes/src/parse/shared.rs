//! The rows of a dump, with what they have in common kept once.

use std::collections::HashMap;
use std::sync::Arc;

use synrecv_model::{Route, RouteInfo};
use synrecv_netlink::{Attribute, Attributes, Undecodable};

use super::route::{HEADER_LEN, RTA_CACHEINFO, RTA_DST, RTM_F_CLONED, entry, expires_s};
use super::{prefix, unspecified};

/// Ways kept for further routes; a full table has some hundred, and one with more gains less.
const KNOWN_MAX: usize = 65_536;

/// Place of `rtm_dst_len` in `struct rtmsg`.
const DST_LEN: usize = 1;

/// Reads the routes of one dump.
///
/// A message whose bytes, but for its destination, came before is not decoded again: its route
/// shares the part that both have in common.
#[derive(Debug, Default)]
pub struct Routes {
    /// By the bytes of a message without its destination.
    known: HashMap<Box<[u8]>, Arc<RouteInfo>>,
    /// Those of the message at hand, in one buffer for all.
    key: Vec<u8>,
}

impl Routes {
    /// As [`route`](super::route()).
    pub fn route(&mut self, payload: &[u8]) -> Result<Option<Route>, Undecodable> {
        let Some((len, address)) = self.split(payload) else { return super::route(payload) };
        if let Some(info) = self.known.get(self.key.as_slice()) {
            let address = match address {
                Some(address) => address.ip()?,
                None => unspecified(info.family),
            };
            return Ok(Some(Route::new(prefix(address, len)?, Arc::clone(info))));
        }
        let Some((route, flags)) = entry(payload)? else { return Ok(None) };
        if flags & RTM_F_CLONED != 0 {
            return Ok(None);
        }
        if self.known.len() < KNOWN_MAX {
            self.known.insert(self.key.as_slice().into(), Arc::clone(route.info()));
        }
        Ok(Some(route))
    }

    /// Takes the destination out of a message: its length and address, and the rest as the key.
    ///
    /// Usage counts of IPv6 (RTA_CACHEINFO without a lifetime) are no part of a route. `None` for
    /// one with a lifetime, which is its own, and for what is not understood.
    fn split<'p>(&mut self, payload: &'p [u8]) -> Option<(u8, Option<Attribute<'p>>)> {
        let (header, attributes) = payload.split_first_chunk::<HEADER_LEN>()?;
        let mut header = *header;
        let len = std::mem::take(&mut header[DST_LEN]);
        self.key.clear();
        self.key.extend_from_slice(&header);
        let mut address = None;
        for attribute in Attributes::new(attributes) {
            let attribute = attribute.ok()?;
            match attribute.kind {
                RTA_DST => address = Some(attribute),
                RTA_CACHEINFO => {
                    if expires_s(&attribute).ok()?.is_some() {
                        return None;
                    }
                }
                kind => {
                    let size = u16::try_from(attribute.payload.len()).ok()?;
                    self.key.extend_from_slice(&kind.to_ne_bytes());
                    self.key.extend_from_slice(&size.to_ne_bytes());
                    self.key.extend_from_slice(attribute.payload);
                }
            }
        }
        Some((len, address))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cuts, payloads};
    use super::super::route;
    use super::*;

    const ROUTES: &str = include_str!("../../testdata/routes.hex");

    #[test]
    fn rows_are_those_that_are_read_one_by_one() {
        let mut routes = Routes::default();
        // Each twice: the second time nothing is new.
        for payload in payloads(ROUTES).iter().chain(&payloads(ROUTES)) {
            assert_eq!(routes.route(payload), route(payload));
        }
        cuts(ROUTES, |cut| assert_eq!(routes.route(cut), route(cut)));
        for payload in payloads(ROUTES) {
            for place in 0..payload.len() {
                for value in [0, 1, 3, 33, 0x7f, 0xff] {
                    let mut bent = payload.clone();
                    bent[place] = value;
                    assert_eq!(routes.route(&bent), route(&bent), "{place} {value} {bent:?}");
                }
            }
        }
    }

    #[test]
    fn another_destination_by_the_same_way_shares_it() {
        let mut routes = Routes::default();
        let all = payloads(ROUTES);
        let rows = all.iter().filter_map(|payload| routes.route(payload).unwrap());
        let rows: Vec<Route> = rows.filter(|row| row.destination.prefix_len() > 0).collect();
        let shared = |one: &Route, other: &Route| {
            one.destination != other.destination && Arc::ptr_eq(one.info(), other.info())
        };
        assert!(rows.iter().any(|one| rows.iter().any(|other| shared(one, other))));
        assert_eq!(size_of::<Route>(), 32, "there can be a million");
    }
}
