//! Neighbours that were found not to answer or to have moved, heard as it happens.
//!
//! A table that is read twice does not show what was otherwise in between. With more than `gc_thresh1` entries on the machine the kernel forgets a failed entry within
//! seconds. It announces each failure and each new link-layer address.

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

    /// Hands over every entry that came or changed since the last call, without waiting. What the
    /// socket lost (ENOBUFS) is not heard again.
    pub fn heard(&mut self, mut each: impl FnMut(Neighbour)) -> Result<(), NetlinkError> {
        self.subscription.drain(|notice| {
            if notice.kind == RTM_NEWNEIGH
                && let Some(entry) = parse::neighbour(notice.payload)?
            {
                each(entry);
            }
            Ok(())
        })?;
        Ok(())
    }
}
