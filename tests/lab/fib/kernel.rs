//! The kernel's answers to look-ups, and whether ours agree with them.

use std::net::IpAddr;

use synrecv_model::view::fib::{Fib, FibAnswer, FibMatch, FibQuery, SourceCheck, SourceRules};
use synrecv_model::{Family, NextHop, ResolvedRoute, Route, RouteErrno, RouteKind};
use synrecv_netlink::{Answer, Question, RequestBuilder, Socket};
use synrecv_routes::parse;

use super::world::Ground;

const RTM_GETROUTE: u16 = 26;

const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_IIF: u16 = 3;
const RTA_OIF: u16 = 4;
const RTA_MARK: u16 = 16;
const RTA_UID: u16 = 25;
const RTA_IP_PROTO: u16 = 27;
const RTA_SPORT: u16 = 28;
const RTA_DPORT: u16 = 29;

const RTM_F_LOOKUP_TABLE: u32 = 0x1000;
const RTM_F_FIB_MATCH: u32 = 0x2000;

/// How the kernel answers a question for the table entry when no entry decided.
const NO_ENTRY: RouteErrno = RouteErrno::EHOSTUNREACH;

/// The two answers of the kernel to one look-up.
#[derive(Debug)]
pub(super) struct Said {
    /// The way out.
    pub(super) way: Result<ResolvedRoute, RouteErrno>,
    /// The entry.
    pub(super) entry: Result<Route, RouteErrno>,
}

/// Asks all questions.
pub(super) fn ask(socket: &mut Socket, queries: &[FibQuery]) -> Vec<Said> {
    let plain = queries.iter().map(|query| question(query, RTM_F_LOOKUP_TABLE));
    let both = RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH;
    let entries = queries.iter().map(|query| question(query, both));
    let questions: Vec<Question> = plain.chain(entries).collect();
    let mut answers: Vec<Option<Result<Vec<u8>, RouteErrno>>> = vec![None; questions.len()];
    let report = socket
        .ask_all(&questions, 64, |at, answer| {
            answers[at] = match answer {
                Answer::Message(message) => Some(Ok(message.payload.to_vec())),
                Answer::Error(errno, _) => Some(Err(RouteErrno(errno.raw_os_error()))),
                Answer::Acknowledged | Answer::Lost => None,
            };
        })
        .expect("rtnetlink answers");
    assert_eq!(report.lost_count, 0);
    let entries = answers.split_off(queries.len());
    let said = answers.into_iter().zip(entries).map(|(way, entry)| Said {
        way: way.expect("an answer").map(|payload| {
            parse::answer(&payload, None).expect("an answer that is understood").resolved
        }),
        entry: entry.expect("an answer").map(|payload| {
            parse::route(&payload).expect("an entry that is understood").expect("of a table")
        }),
    });
    said.collect()
}

fn question(query: &FibQuery, flags: u32) -> Question {
    let (bits, flags) = match query.family() {
        Family::V4 => (32, flags),
        // IPv6 always names the table.
        Family::V6 => (128, flags & !RTM_F_LOOKUP_TABLE),
    };
    let [f0, f1, f2, f3] = flags.to_ne_bytes();
    let source_bits = if query.source.is_some() { bits } else { 0 };
    let family = query.family().number();
    let header = [family, bits, source_bits, query.tos, 0, 0, 0, 0, f0, f1, f2, f3];
    let mut request = RequestBuilder::new(&header).ip(RTA_DST, query.destination);
    if let Some(source) = query.source {
        request = request.ip(RTA_SRC, source);
    }
    for (attribute, value) in [(RTA_IIF, query.iif), (RTA_OIF, query.oif), (RTA_MARK, query.mark)] {
        if value != 0 {
            request = request.u32(attribute, value);
        }
    }
    if let Some(uid) = query.uid {
        request = request.u32(RTA_UID, uid);
    }
    if query.ip_protocol != 0 {
        request = request
            .attribute(RTA_IP_PROTO, &[query.ip_protocol])
            .be16(RTA_SPORT, query.sport)
            .be16(RTA_DPORT, query.dport);
    }
    Question { kind: RTM_GETROUTE, flags: 0, payload: request.into_payload() }
}

/// What differs between our answer and the kernel's; `None` when they agree.
pub(super) fn difference(ours: &FibAnswer<'_>, said: &Said) -> Option<&'static str> {
    match ours {
        FibAnswer::Refused { errno, .. } => match (&said.way, &said.entry) {
            (Err(way), Err(entry)) if way == errno && entry == errno => None,
            (Err(_), _) => Some("errno"),
            (Ok(_), _) => Some("refused"),
        },
        FibAnswer::AssumedOnLink { oif } => match (&said.way, &said.entry) {
            (Ok(way), Err(NO_ENTRY)) if way.oif == *oif && way.gateway.is_none() => None,
            _ => Some("assumed on link"),
        },
        FibAnswer::Found(found) => match (&said.way, &said.entry) {
            (Ok(way), Ok(entry)) => entry_differs(found, entry).or_else(|| way_differs(found, way)),
            _ => Some("found"),
        },
    }
}

/// The same for an IPv4 packet that came in, with a word for what became of it. The kernel also
/// says whether it would be forwarded, and what it thinks of the source.
pub(super) fn input_difference(
    fib: &Fib<'_>,
    query: &FibQuery,
    ground: &Ground,
    ours: &FibAnswer<'_>,
    said: &Said,
) -> (&'static str, Option<&'static str>) {
    let refused = |word, errno: RouteErrno| match &said.way {
        Err(way) if *way == errno => (word, None),
        _ => (word, Some("input errno")),
    };
    let (ifindex, router) = (query.iif, ground.config.router);
    let device = &ground.sysctls.devices[&ifindex];
    let rules = SourceRules::of(device).expect("this kernel has them");
    let loopback = |ip: IpAddr| matches!(ip, IpAddr::V4(v4) if v4.is_loopback());
    let kept_out = ifindex != 1 && device.route_localnet == Some(false);
    if kept_out && (query.source.is_some_and(loopback) || loopback(query.destination)) {
        let check = fib.check_source(query, 0, rules);
        if check != Ok(SourceCheck::Martian) {
            return ("loopback", Some("loopback"));
        }
        return refused("loopback", RouteErrno::EINVAL);
    }
    let found = match ours {
        FibAnswer::Found(found) => found,
        FibAnswer::Refused { errno, .. } if router => return refused("refused", *errno),
        FibAnswer::Refused { .. } => return refused("no router", RouteErrno::EHOSTUNREACH),
        FibAnswer::AssumedOnLink { .. } => return ("assumed", Some("input found")),
    };
    let leaves_by = match (found.route.kind, &said.way) {
        (RouteKind::Unicast, _) if !router => {
            return refused("no router", RouteErrno::EHOSTUNREACH);
        }
        (RouteKind::Unicast, Ok(way)) => way.oif,
        (RouteKind::Unicast, Err(_)) => found.next_hops.first().map_or(0, |hop| hop.ifindex),
        (RouteKind::Local, _) => 0,
        // The source of a broadcast is looked up as if it had gone to 0.0.0.0.
        _ => return ("broadcast", None),
    };
    match (fib.check_source(query, leaves_by, rules), &said.way, &said.entry) {
        (Err(_), ..) => ("cannot check its source", None),
        (Ok(SourceCheck::Martian), ..) => refused("martian", RouteErrno::EINVAL),
        (Ok(SourceCheck::Filtered), ..) => refused("filtered", RouteErrno::EINVAL),
        (Ok(SourceCheck::Accepted), Ok(way), Ok(entry)) => {
            let differs = entry_differs(found, entry).or_else(|| way_differs(found, way));
            ("accepted", differs)
        }
        (Ok(SourceCheck::Accepted), ..) => ("accepted", Some("input found")),
    }
}

fn entry_differs(found: &FibMatch<'_>, entry: &Route) -> Option<&'static str> {
    let ours = found.route;
    // An IPv4 host without rules of its own has one table for both, and calls it `main`.
    let merged = ours.family == Family::V4 && (ours.table, entry.table) == (255, 254);
    if ours.family == Family::V6 && ours.nexthop_id.is_some() && entry.nexthop_id.is_some() {
        // The kernel caches the result with the next-hop object, and the entry with the result: it
        // is that of the first route by this object.
        return None;
    }
    if ours.table != entry.table && !merged {
        return Some("table");
    }
    if ours.destination != entry.destination || ours.source != entry.source {
        return Some("prefix");
    }
    if ours.metric != entry.metric || ours.tos != entry.tos {
        return Some("metric or tos");
    }
    // IPv6 begins with the next hop that it chose.
    let hops = |route: &Route| -> Vec<(u32, Option<IpAddr>)> {
        let mut hops: Vec<_> =
            route.next_hops.iter().map(|hop| (hop.ifindex, hop.gateway)).collect();
        hops.sort();
        hops
    };
    if ours.kind != entry.kind || ours.preference != entry.preference || hops(ours) != hops(entry) {
        return Some("entry");
    }
    None
}

fn way_differs(found: &FibMatch<'_>, way: &ResolvedRoute) -> Option<&'static str> {
    if found.route.kind != way.kind {
        return Some("kind");
    }
    if matches!(way.kind, RouteKind::Local | RouteKind::Anycast) {
        return None;
    }
    let is_way = |hop: &NextHop| (hop.ifindex, hop.gateway) == (way.oif, way.gateway);
    if !found.next_hops.iter().any(is_way) {
        return Some("way out");
    }
    if !found.source_matched.is_empty() && !found.source_matched.iter().any(is_way) {
        return Some("next hop by source");
    }
    None
}
