//! What IPv4 thinks of the source of a packet that comes in: `fib_validate_source`, the
//! reverse-path filter.

use std::net::IpAddr;

use super::rules::{Defaults, Walked, defaults};
use super::v4::Layout;
use super::{Cannot, Fib, FibPart, FibQuery, LOOPBACK};
use crate::{Address, DeviceSettings, Family, Route, RouteKind};

const RTPROT_KERNEL: u8 = 2;

/// Settings of the device a packet comes in by, each in force (with `all`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceRules {
    /// `rp_filter`: 0 off, 1 strict, 2 loose.
    pub rp_filter: u32,
    /// `accept_local`.
    pub accept_local: bool,
    /// `src_valid_mark`: the way back is looked up with the mark of the packet.
    pub src_valid_mark: bool,
}

/// What becomes of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceCheck {
    /// It is taken.
    Accepted,
    /// Its source cannot be: an address of this host, a loopback address, or not a unicast one.
    Martian,
    /// The way back to its source is by another device. IPReversePathFilter.
    Filtered,
}

impl SourceRules {
    /// Those of a device; `None` when they were not read.
    pub fn of(settings: &DeviceSettings) -> Option<Self> {
        Some(Self {
            rp_filter: settings.rp_filter_effective?,
            accept_local: settings.accept_local?,
            src_valid_mark: settings.src_valid_mark?,
        })
    }
}

impl Fib<'_> {
    /// Whether a packet is taken on the device it came in by (`iif` of the query).
    ///
    /// `leaves_by` is the ifindex of the device it would be forwarded by; 0 when it is for this
    /// host. IPv6 has no such check in its routing.
    ///
    /// # Errors
    /// When the facts do not decide.
    pub fn check_source(
        &self,
        query: &FibQuery,
        leaves_by: u32,
        rules: SourceRules,
    ) -> Result<SourceCheck, Cannot> {
        let (Some(IpAddr::V4(source)), IpAddr::V4(destination)) = (query.source, query.destination)
        else {
            return Ok(SourceCheck::Accepted);
        };
        if source.is_unspecified() || source.is_multicast() || source.is_broadcast() {
            return Ok(SourceCheck::Martian);
        }
        if query.iif != LOOPBACK && (source.is_loopback() || destination.is_loopback()) {
            match self.routes_localnet(query.iif) {
                Some(true) => {}
                Some(false) => return Ok(SourceCheck::Martian),
                None => return Err(Cannot::RouteLocalnet),
            }
        }
        self.check(query)?;
        let back = FibQuery {
            source: Some(query.destination),
            iif: if leaves_by == 0 { LOOPBACK } else { leaves_by },
            oif: 0,
            bound: false,
            mark: if rules.src_valid_mark { query.mark } else { 0 },
            sport: query.dport,
            dport: query.sport,
            ..FibQuery { destination: source.into(), ..*query }
        };
        let whole = self.whichever_layout(
            |layout| self.check_way_back(query.iif, &back, layout, rules),
            PartialEq::eq,
        );
        if rules.rp_filter != 0 || self.surely_looks_back() {
            return whole;
        }
        // Without the filter only the own addresses count, unless the kernel remembers a route of
        // the type `local` by an administrator, or may send redirects.
        let addresses = self.facts.addresses.ok_or(Cannot::NotRead(FibPart::Addresses))?;
        let is_own = addresses.iter().any(|own| own.address == IpAddr::V4(source));
        let quick = if is_own && !rules.accept_local {
            SourceCheck::Martian
        } else {
            SourceCheck::Accepted
        };
        if whole? == quick { Ok(quick) } else { Err(Cannot::RuleHistory) }
    }

    /// True when the way back is looked up even with `rp_filter` 0.
    fn surely_looks_back(&self) -> bool {
        let changed = defaults(&self.rules_of(Family::V4), Family::V4) != Defaults::All
            || self.facts.rules_changed_v4 == Some(true);
        changed || self.local_by_hand
    }

    /// `__fib_validate_source`.
    fn check_way_back(
        &self,
        came_by: u32,
        back: &FibQuery,
        layout: Layout,
        rules: SourceRules,
    ) -> Result<SourceCheck, Cannot> {
        let without_way =
            if rules.rp_filter == 0 { SourceCheck::Accepted } else { SourceCheck::Filtered };
        let pick = match self.walk_v4(back, layout)? {
            Walked::Found(_, pick) => pick,
            Walked::Refused(..) | Walked::Nothing => return Ok(without_way),
        };
        let is_local = pick.route.kind == RouteKind::Local;
        if pick.route.kind != RouteKind::Unicast && !(is_local && rules.accept_local) {
            return Ok(SourceCheck::Martian);
        }
        let hops = self.hops(pick.route)?;
        let is_same = hops.list().iter().any(|hop| hop.ifindex == came_by);
        if is_same || (is_local && came_by == LOOPBACK) {
            return Ok(SourceCheck::Accepted);
        }
        let addresses = self.facts.addresses.ok_or(Cannot::NotRead(FibPart::Addresses))?;
        let of_device = |own: &Address| own.ifindex == came_by && own.address.is_ipv4();
        if rules.rp_filter == 1 || !addresses.iter().any(of_device) {
            return Ok(without_way);
        }
        Ok(SourceCheck::Accepted)
    }
}

/// True for an IPv4 route of the type `local` that the kernel did not make by itself.
pub(super) fn is_local_by_hand(route: &Route) -> bool {
    let by_hand = route.kind == RouteKind::Local && route.protocol != RTPROT_KERNEL;
    route.family == Family::V4 && by_hand
}
