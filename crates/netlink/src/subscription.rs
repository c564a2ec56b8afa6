//! Change notices of multicast groups, to learn whether a table changed while it was dumped.

use crate::socket::{Received, Socket};
use crate::{Message, Messages, NetlinkError, Protocol, Undecodable, clock};

/// A socket that receives change notices from the moment it is made.
#[derive(Debug)]
pub struct Subscription {
    socket: Socket,
}

/// How many notices were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Messages handed to the caller.
    pub message_count: u64,
    /// ENOBUFS or a cut datagram: there were more.
    pub lost: bool,
}

/// Enough for some thousand notices between two drains where `rmem_max` allows it.
const RECEIVE_BUFFER_BYTES: usize = 1024 * 1024;

impl Subscription {
    /// Joins groups by number (`RTNLGRP_NEIGH` is 3, `RTNLGRP_IPV4_ROUTE` 7, `RTNLGRP_IPV6_ROUTE` 11).
    pub fn open(protocol: Protocol, groups: &[u32]) -> Result<Self, NetlinkError> {
        let socket = Socket::open(protocol)?;
        socket.enlarge_receive_buffer(RECEIVE_BUFFER_BYTES)?;
        socket.join(groups)?;
        Ok(Self { socket })
    }

    /// Takes what has come so far, without waiting. A notice that `each` does not understand is
    /// still counted.
    pub fn drain(
        &mut self,
        mut each: impl FnMut(Message<'_>) -> Result<(), Undecodable>,
    ) -> Result<Notices, NetlinkError> {
        let mut notices = Notices::default();
        loop {
            match self.socket.receive_now()? {
                Received::Nothing => return Ok(notices),
                Received::Truncated | Received::Overflow => notices.lost = true,
                Received::Datagram(len) => {
                    for message in Messages::new(&self.socket.buffer[..len], clock::now()).flatten()
                    {
                        notices.message_count += 1;
                        // What changed may be unreadable; that it changed is known either way.
                        let _ = each(message);
                    }
                }
            }
        }
    }
}
