//! Routes, rules and next-hop objects.

use synrecv_model::{Family, NextHopObject, Route, Rule, Section};
use synrecv_netlink::{
    Change, DumpReport, Errno, Message, NetlinkError, Protocol, Socket, Undecodable, clock,
    steady_dump,
};

use crate::parse;

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_GETROUTE: u16 = 26;
const RTM_NEWRULE: u16 = 32;
const RTM_DELRULE: u16 = 33;
const RTM_GETRULE: u16 = 34;
const RTM_NEWNEXTHOP: u16 = 104;
const RTM_DELNEXTHOP: u16 = 105;
const RTM_GETNEXTHOP: u16 = 106;

const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_IPV4_ROUTE: u32 = 7;
const RTNLGRP_IPV4_RULE: u32 = 8;
const RTNLGRP_IPV6_ROUTE: u32 = 11;
const RTNLGRP_IPV6_RULE: u32 = 19;
const RTNLGRP_NEXTHOP: u32 = 32;

/// Where `ifi_change` is in `struct ifinfomsg`, and `IFF_UP` in its first octet.
const IFI_CHANGE: usize = 12;
const IFF_UP: u32 = 1;

/// Reads all tables of both families, without cached exceptions. Blocks for the time of the dumps.
///
/// The kernel does not flag a torn route dump, so notices of routes are watched meanwhile, and
/// those of links, because IPv4 routes of a device that goes down vanish without a notice. When
/// something changed it reads once more; the second time the section has a
/// [`Flaw::ChangedWhileRead`](synrecv_model::Flaw).
pub fn routes() -> Section<Vec<Route>> {
    let groups = [RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE];
    steady_dump(Protocol::Route, &groups, dump_routes, |_, notice| {
        let torn = match notice.kind {
            RTM_NEWROUTE | RTM_DELROUTE => parse::route(notice.payload)?.is_some(),
            RTM_DELLINK => true,
            RTM_NEWLINK => switched(notice.payload),
            _ => false,
        };
        Ok(change(torn))
    })
}

/// True when a link notice says that the device was switched on or off.
fn switched(payload: &[u8]) -> bool {
    let change = payload.get(IFI_CHANGE..).and_then(<[u8]>::first_chunk::<4>);
    change.is_some_and(|&bits| u32::from_ne_bytes(bits) & IFF_UP != 0)
}

fn dump_routes(socket: &mut Socket) -> Result<(Vec<Route>, DumpReport), NetlinkError> {
    let mut known = parse::Routes::default();
    let (mut routes, mut report) =
        dump_families(socket, RTM_GETROUTE, |payload| known.route(payload))?;
    drop(known);
    let names_object = |route: &Route| route.nexthop_id.is_some() && route.next_hops.is_empty();
    if routes.iter().any(names_object) {
        let (objects, more) = dump_nexthops(socket)?;
        report.merge(more);
        parse::fill_next_hops(&mut routes, &objects);
    }
    Ok((routes, report))
}

/// Reads the policy rules of both families in the kernel's order, IPv4 first.
pub fn rules() -> Section<Vec<Rule>> {
    let groups = [RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE];
    let dump = |socket: &mut Socket| dump_families(socket, RTM_GETRULE, parse::rule);
    steady_dump(Protocol::Route, &groups, dump, |_, notice| {
        Ok(change(matches!(notice.kind, RTM_NEWRULE | RTM_DELRULE)))
    })
}

/// Reads the next-hop objects. Empty on kernels before 5.3, which do not have them.
pub fn nexthops() -> Section<Vec<NextHopObject>> {
    steady_dump(Protocol::Route, &[RTNLGRP_NEXTHOP], dump_nexthops, |_, notice| {
        Ok(change(matches!(notice.kind, RTM_NEWNEXTHOP | RTM_DELNEXTHOP)))
    })
}

fn dump_nexthops(socket: &mut Socket) -> Result<(Vec<NextHopObject>, DumpReport), NetlinkError> {
    let mut rows = Vec::new();
    let started = clock::now();
    // struct nhmsg of any family.
    let dumped = socket.dump(RTM_GETNEXTHOP, 0, &[0; 8], |message| {
        rows.push(parse::nexthop(message.payload)?);
        Ok(())
    });
    match dumped {
        Ok(report) => Ok((rows, report)),
        Err(error) if error.errno() == Some(Errno::OPNOTSUPP) => {
            Ok((rows, DumpReport { started, ended: clock::now(), ..DumpReport::default() }))
        }
        Err(error) => Err(error),
    }
}

/// `struct rtmsg` and `struct fib_rule_hdr` have the same length, family first.
fn dump_families<T>(
    socket: &mut Socket,
    kind: u16,
    mut parse: impl FnMut(&[u8]) -> Result<Option<T>, Undecodable>,
) -> Result<(Vec<T>, DumpReport), NetlinkError> {
    let mut rows = Vec::new();
    let mut take = |message: Message<'_>| {
        rows.extend(parse(message.payload)?);
        Ok(())
    };
    let header = |family: Family| [family.number(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut report = socket.dump(kind, 0, &header(Family::V4), &mut take)?;
    match socket.dump(kind, 0, &header(Family::V6), &mut take) {
        Ok(more) => report.merge(more),
        // IPv6 is not in the kernel (ipv6.disable=1 leaves it in, with empty tables).
        Err(error) if error.errno() == Some(Errno::AFNOSUPPORT) => {}
        Err(error) => return Err(error),
    }
    Ok((rows, report))
}

fn change(torn: bool) -> Change {
    if torn { Change::Torn } else { Change::Absorbed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_notice_counts_when_the_device_was_switched() {
        let mut ifinfomsg = [0; 16];
        assert!(!switched(&ifinfomsg));
        ifinfomsg[IFI_CHANGE..].copy_from_slice(&IFF_UP.to_ne_bytes());
        assert!(switched(&ifinfomsg));
        assert!(!switched(&ifinfomsg[..15]));
    }
}
