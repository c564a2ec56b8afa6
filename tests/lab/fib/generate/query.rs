//! Look-ups.

use std::net::IpAddr;

use synrecv_model::Family;
use synrecv_model::view::fib::FibQuery;

use super::Generator;
use crate::fib::world::OFF;

/// No device has it.
const NO_DEVICE: u32 = 999;

impl Generator<'_> {
    fn own(&mut self, family: Family) -> IpAddr {
        let own = self.ground.addresses.iter().filter(|own| own.family() == family);
        let own: Vec<IpAddr> = own.map(|own| own.address).collect();
        *self.random.pick(&own)
    }

    pub(crate) fn query(&mut self, family: Family) -> FibQuery {
        let mut query = FibQuery::to(self.address(family));
        query.uid = Some(*self.random.pick(&[0, 0, 1000, 1500, 2000]));
        if self.random.chance(15) {
            query.destination = self.own(family);
        }
        if self.random.chance(60) {
            let own = self.random.chance(75);
            query.source = Some(if own { self.own(family) } else { self.address(family) });
        }
        if self.random.chance(15) {
            let (_, device) = self.device();
            query.iif = self.ground.ifindex(device);
            if family == Family::V4 {
                // It does not come from nowhere, nor from a user.
                query.source = Some(query.source.unwrap_or_else(|| self.address(family)));
                query.uid = Some(0);
            }
        } else if self.random.chance(25) {
            query.oif = match self.random.between(0, 9) {
                0 => NO_DEVICE,
                1 => 1,
                2 => self.ground.ifindex(OFF),
                _ => {
                    let (_, device) = self.device();
                    self.ground.ifindex(device)
                }
            };
        }
        if self.random.chance(30) {
            query.mark = *self.random.pick(&[1, 2, 0x10, 0x12]);
        }
        // Without a protocol, IPv4 is asked as UDP.
        if family == Family::V4 || self.random.chance(60) {
            query.ip_protocol = *self.random.pick(&[6, 6, 17]);
            query.sport = *self.random.pick(&[8080, 8085, 22]);
            query.dport = *self.random.pick(&[40_000, 45_000, 50_001]);
        }
        if self.random.chance(15) {
            query.tos = *self.random.pick(&[0x10, 0x08, 0xa0, 0x14]);
        }
        query
    }
}
