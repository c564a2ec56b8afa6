//! The one look-up of `route get`, by `rtnetlink` and the types of `netlink-packet-route`.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::TryStreamExt;
use ipnet::IpNet;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteNextHop, RouteVia,
};
use rtnetlink::Handle;
use synrecv_model::{
    Family, NextHop, NextHopFlags, Reply, ReplyQuestion, Route, RouteErrno, RouteInfo, RouteKind,
    RouteLookup, RouteScope,
};
use tokio::time::timeout;

use crate::parse::{Answered, combine, lifetime_s, unspecified};

const TIMEOUT: Duration = Duration::from_secs(2);
const IPPROTO_TCP: u8 = 6;

/// The look-up could not be made. An errno of the kernel is no error but a [`RouteErrno`].
#[derive(Debug, thiserror::Error)]
pub enum RouteGetError {
    /// No connection to rtnetlink.
    #[error("open a connection to rtnetlink")]
    Open {
        /// Of `socket` or of its registration with the runtime.
        source: io::Error,
    },
    /// The request failed before the kernel answered it, or its answer was of another type.
    #[error("ask rtnetlink for the route to `{peer}`")]
    Ask {
        /// The destination.
        peer: IpAddr,
        /// As rtnetlink says it.
        source: rtnetlink::Error,
    },
    /// No route in the answer, or one of another family.
    #[error("ask rtnetlink for the route to `{peer}`: the answer is no route")]
    NoRoute {
        /// The destination.
        peer: IpAddr,
    },
    /// No answer in time; rtnetlink drops an answer that it cannot decode.
    #[error("wait for rtnetlink: no answer about `{peer}` in 2 s")]
    TimedOut {
        /// The destination.
        peer: IpAddr,
    },
}

/// Asks which way packets to the peer of `question` leave, as `ip route get PEER from LOCAL` does.
///
/// An unspecified local address (`0.0.0.0`, `::`) leaves the source to the kernel; ports of 0 leave
/// protocol and ports out of the question. Needs the I/O and time drivers of a tokio runtime whose
/// thread is in the network namespace in question.
pub async fn route_get(question: &ReplyQuestion) -> Result<Reply, RouteGetError> {
    let (connection, handle, _) =
        rtnetlink::new_connection().map_err(|source| RouteGetError::Open { source })?;
    let driver = tokio::spawn(connection);
    let answers = async {
        let resolved = ask(&handle, question, RouteFlags::LookupTable).await?;
        let matching = RouteFlags::LookupTable | RouteFlags::FibMatch;
        Ok((resolved, ask(&handle, question, matching).await?))
    };
    let answers = timeout(TIMEOUT, answers).await;
    driver.abort();

    let peer = question.flow.peer.ip;
    let (resolved, matched) = answers.map_err(|_| RouteGetError::TimedOut { peer })??;
    let answer = resolved.map(|resolved| combine(resolved, matched.ok()));
    let (resolved, matched) = match answer {
        Ok(answer) => (Ok(answer.resolved), answer.matched),
        Err(errno) => (Err(errno), None),
    };
    Ok(Reply { question: *question, resolved, matched, inputs: Vec::new() })
}

async fn ask(
    handle: &Handle,
    question: &ReplyQuestion,
    flags: RouteFlags,
) -> Result<RouteLookup<Answered>, RouteGetError> {
    let peer = question.flow.peer.ip;
    let mut answers = Box::pin(handle.route().get(request(question, flags)).execute());
    match answers.try_next().await {
        Ok(Some(message)) => answered(&message).map(Ok).ok_or(RouteGetError::NoRoute { peer }),
        Ok(None) => Err(RouteGetError::NoRoute { peer }),
        Err(rtnetlink::Error::NetlinkError(error)) => {
            Ok(Err(RouteErrno(error.raw_code().saturating_abs())))
        }
        Err(source) => Err(RouteGetError::Ask { peer, source }),
    }
}

fn request(question: &ReplyQuestion, flags: RouteFlags) -> RouteMessage {
    let ReplyQuestion { flow, mark, uid, oif } = *question;
    let mut message = RouteMessage::default();
    let (family, bits, flags) = match Family::of(flow.peer.ip) {
        Family::V4 => (AddressFamily::Inet, 32, flags),
        // IPv6 always names the table.
        Family::V6 => (AddressFamily::Inet6, 128, flags - RouteFlags::LookupTable),
    };
    message.header.address_family = family;
    message.header.flags = flags;
    message.header.destination_prefix_length = bits;
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Destination(flow.peer.ip.into()));
    if !flow.local.ip.is_unspecified() {
        message.header.source_prefix_length = bits;
        attributes.push(RouteAttribute::Source(flow.local.ip.into()));
    }
    if oif != 0 {
        attributes.push(RouteAttribute::Oif(oif));
    }
    if mark != 0 {
        attributes.push(RouteAttribute::Mark(mark));
    }
    if let Some(uid) = uid {
        attributes.push(RouteAttribute::Uid(uid));
    }
    if flow.local.port != 0 || flow.peer.port != 0 {
        attributes.push(RouteAttribute::IpProto(IPPROTO_TCP));
        attributes.push(RouteAttribute::Sport(flow.local.port));
        attributes.push(RouteAttribute::Dport(flow.peer.port));
    }
    message
}

/// The answer as the noun of a route; `None` when it is of another family.
fn answered(message: &RouteMessage) -> Option<Answered> {
    let header = &message.header;
    let family = Family::from_number(header.address_family.into())?;
    let flags = header.flags.bits();
    let mut route = Route::new(
        net(unspecified(family), header.destination_prefix_length)?,
        RouteInfo {
            family,
            table: u32::from(header.table),
            kind: RouteKind::from_number(header.kind.into()),
            source: None,
            tos: header.tos,
            protocol: header.protocol.into(),
            scope: RouteScope(header.scope.into()),
            metric: 0,
            prefsrc: None,
            next_hops: Vec::new(),
            nexthop_id: None,
            metrics: Vec::new(),
            expires_s: None,
            preference: None,
        },
    );
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(to) => {
                route.destination = net(ip(to)?, header.destination_prefix_length)?;
            }
            RouteAttribute::PrefSource(from) => route.prefsrc = ip(from),
            RouteAttribute::Table(table) => route.table = *table,
            RouteAttribute::Priority(metric) => route.metric = *metric,
            RouteAttribute::CacheInfo(info) => {
                route.expires_s = lifetime_s(info.expires.cast_signed());
            }
            RouteAttribute::MultiPath(hops) => {
                let hop = |hop: &RouteNextHop| {
                    let flags = NextHopFlags::from_number(u32::from(hop.flags.bits()));
                    let weight = u32::from(hop.hops) + 1;
                    next_hop(&hop.attributes, hop.interface_index, weight, flags)
                };
                route.next_hops = hops.iter().map(hop).collect();
            }
            _ => {}
        }
    }
    if route.next_hops.is_empty() {
        let single = next_hop(&message.attributes, 0, 1, NextHopFlags::from_number(flags));
        if single.ifindex != 0 || single.gateway.is_some() {
            route.next_hops.push(single);
        }
    }
    Some((route, flags))
}

fn next_hop(
    attributes: &[RouteAttribute],
    ifindex: u32,
    weight: u32,
    flags: NextHopFlags,
) -> NextHop {
    let mut hop = NextHop { ifindex, gateway: None, weight, flags };
    for attribute in attributes {
        match attribute {
            RouteAttribute::Oif(oif) => hop.ifindex = *oif,
            RouteAttribute::Gateway(gateway) => hop.gateway = ip(gateway),
            RouteAttribute::Via(RouteVia::Inet(v4)) => hop.gateway = Some((*v4).into()),
            RouteAttribute::Via(RouteVia::Inet6(v6)) => hop.gateway = Some((*v6).into()),
            _ => {}
        }
    }
    hop
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(v4) => Some((*v4).into()),
        RouteAddress::Inet6(v6) => Some((*v6).into()),
        _ => None,
    }
}

fn net(address: IpAddr, len: u8) -> Option<IpNet> {
    IpNet::new(address, len).ok()
}
