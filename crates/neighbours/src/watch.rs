//! Neighbours that were found not to answer, heard as it happens.
//!
//! With more than `gc_thresh1` entries on the machine the kernel forgets a failed entry within
//! seconds, so a table that is read once can miss it. The kernel announces each failure.

use synrecv_model::Neighbour;
use synrecv_netlink::{NetlinkError, Protocol, Subscription};

use crate::parse;

const RTNLGRP_NEIGH: u32 = 3;
const RTM_NEWNEIGH: u16 = 28;

/// Listens to the notices of the calling thread's network namespace from the moment it is opened.
#[derive(Debug)]
pub struct NeighbourWatch {
    subscription: Subscription,
}

impl NeighbourWatch {
    /// Starts to listen. Fails where multicast groups may not be joined.
    pub fn open() -> Result<Self, NetlinkError> {
        Ok(Self { subscription: Subscription::open(Protocol::Route, &[RTNLGRP_NEIGH])? })
    }

    /// Hands over every entry that became unresolved since the last call, without waiting. What the
    /// socket lost (ENOBUFS) is not heard again.
    pub fn unresolved(&mut self, mut each: impl FnMut(Neighbour)) -> Result<(), NetlinkError> {
        self.subscription.drain(|notice| {
            if notice.kind == RTM_NEWNEIGH
                && let Some(entry) = parse::neighbour(notice.payload)?
                && entry.state.is_unresolved()
            {
                each(entry);
            }
            Ok(())
        })?;
        Ok(())
    }
}
