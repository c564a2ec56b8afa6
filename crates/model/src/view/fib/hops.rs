//! The ways out of a route, through its next-hop object where it has one.

use super::{Cannot, Fib};
use crate::{NextHop, Route, RouteKind};

/// Where a route leads.
pub(super) enum Hops<'a> {
    /// To these.
    List(&'a [NextHop]),
    /// To these, put together from the members of a group.
    Members(Vec<NextHop>),
    /// Nowhere: a next-hop object that drops.
    Blackhole,
}

impl Hops<'_> {
    pub(super) fn list(&self) -> &[NextHop] {
        match self {
            Self::List(hops) => hops,
            Self::Members(hops) => hops,
            Self::Blackhole => &[],
        }
    }
}

impl<'a> Fib<'a> {
    /// The next-hop objects that a route leads through in the end.
    pub(super) fn members(&self, route: &Route) -> Vec<u32> {
        let Some(id) = route.nexthop_id else { return Vec::new() };
        match self.objects.get(&id) {
            Some(object) if !object.group.is_empty() => {
                object.group.iter().map(|(member, _)| *member).collect()
            }
            _ => vec![id],
        }
    }

    /// The ways out of a route. With `nexthop_compat_mode` 0 a route only names its object.
    pub(super) fn hops(&self, route: &'a Route) -> Result<Hops<'a>, Cannot> {
        let Some(id) = route.nexthop_id else {
            return Ok(Hops::List(&route.next_hops));
        };
        if route.kind == RouteKind::Blackhole {
            return Ok(Hops::Blackhole);
        }
        if !route.next_hops.is_empty() {
            return Ok(Hops::List(&route.next_hops));
        }
        let find = |id| self.objects.get(&id).copied().ok_or(Cannot::NextHopObject { id });
        let object = find(id)?;
        if object.blackhole {
            return Ok(Hops::Blackhole);
        }
        if let Some(hop) = &object.next_hop {
            return Ok(Hops::List(std::slice::from_ref(hop)));
        }
        let mut members = Vec::with_capacity(object.group.len());
        for &(id, weight) in &object.group {
            match find(id)? {
                member if member.blackhole => return Ok(Hops::Blackhole),
                member => {
                    let hop = member.next_hop.ok_or(Cannot::NextHopObject { id })?;
                    members.push(NextHop { weight, ..hop });
                }
            }
        }
        Ok(Hops::Members(members))
    }
}
