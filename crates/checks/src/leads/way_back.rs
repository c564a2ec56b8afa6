//! SYNs that nobody answers, and the way that their answers would take.

use std::net::IpAddr;

use synrecv_model::{
    FrameDirection, Handshake, Origin, Outcome, Reply, Route, RouteErrno, RouteKind, Subject, Text,
    Value, Weight, text,
};

use super::counts::total_fact;
use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::seen::unanswered_reply;
use crate::view::View;

/// SYNs without a SYN-ACK behind them. Of one alone that may be because nobody pasted it.
fn unanswered<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Handshake> {
    let handshakes = view.capture().into_iter().flat_map(|capture| &capture.handshakes);
    let is_open = |outcome| matches!(outcome, Outcome::Unanswered | Outcome::TooEarly);
    handshakes.filter(move |one| one.counts.synack_count == 0 && is_open(one.outcome))
}

/// The network on the wire that an address of this host lies in.
fn wire<'a>(view: &View<'a>, local: IpAddr) -> Option<&'a Route> {
    view.routes().iter().find(|route| {
        let whole = if local.is_ipv4() { 32 } else { 128 };
        route.is_on_link()
            && (1..whole).contains(&route.destination.prefix_len())
            && route.destination.contains(&local)
    })
}

/// The device that its SYN came by: that of the capture where it has a name, else that of the wire.
fn arrival(view: &View<'_>, handshake: &Handshake, wire: Option<&Route>) -> Option<u32> {
    let capture = view.capture()?;
    let syn = handshake.syns().find(|frame| frame.direction != FrameDirection::Out)?;
    let of_capture = capture.device(syn).and_then(|device| {
        let name = device.name.as_ref()?;
        let by_link = view.links().iter().find(|link| link.name == *name).map(|link| link.ifindex);
        by_link.or(device.ifindex)
    });
    of_capture.or_else(|| wire?.next_hops.first().map(|hop| hop.ifindex))
}

/// The kernel refuses what comes by a device: that is about the way in.
fn is_about_the_way_in(errno: RouteErrno) -> bool {
    matches!(errno, RouteErrno::EXDEV | RouteErrno::EINVAL)
}

fn no_way(reply: &Reply) -> Option<RouteErrno> {
    reply.resolved.as_ref().err().copied().filter(|errno| !is_about_the_way_in(*errno))
}

/// A route of any table leads to this address.
fn is_covered(view: &View<'_>, peer: IpAddr) -> bool {
    view.routes().iter().any(|route| {
        route.kind == RouteKind::Unicast
            && route.destination.addr().is_ipv4() == peer.is_ipv4()
            && route.destination.contains(&peer)
    })
}

/// More than a row that somebody quotes: what no row holds has no route, as far as one can tell.
fn is_table(view: &View<'_>) -> bool {
    view.routes().len() > 1 || view.total("IpOutNoRoutes").is_some_and(|count| count > 0)
}

/// SYNs, or requests, whose replies have no route.
pub(super) fn no_return_route(view: &View<'_>, cases: &mut Cases) {
    let stuck = view.stuck(|request| request.reply.and_then(no_way).is_some());
    if let Some(&first) = stuck.first() {
        let request = &view.requests()[first];
        let Some(errno) = request.reply.and_then(no_way) else { return };
        told(view, cases, request.peer(), request.local().ip, errno);
        if let Some(case) = cases.0.last_mut() {
            case.affects(stuck);
        }
        return;
    }
    let lost = unanswered(view)
        .find_map(|one| Some((one.flow, unanswered_reply(view, one.flow).and_then(no_way)?)));
    if let Some((flow, errno)) = lost {
        told(view, cases, flow.peer.ip, flow.local.ip, errno);
        return;
    }
    by_tables(view, cases);
}

/// The kernel was asked for the way, and had none.
fn told(view: &View<'_>, cases: &mut Cases, peer: IpAddr, local: IpAddr, errno: RouteErrno) {
    cases
        .about(Subject::Host)
        .headline(text!["nothing that ", peer, " sends is answered: there is no way back to it"])
        .summary(text!["replies to ", peer, " have ", phrase::route_error(errno)])
        .arg("errno", Value::Word(errno.name()))
        .arg("peer", Value::Ip(peer))
        // Strong, not decisive: when it was asked is not told.
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Route,
                "reply-has-no-route",
                text!["the way to ", peer, ": ", phrase::route_error(errno)],
            )
            .with("errno", Value::Word(errno.name()))
            .recheck(format!("ip route get {peer} from {local}")),
        );
    argue(view, cases);
}

/// No row of the tables leads back. Rows can be missing from them, which counters of the host make good.
fn by_tables(view: &View<'_>, cases: &mut Cases) {
    let counted = view.total("IpOutNoRoutes").filter(|&count| count > 0);
    let mut lost = unanswered(view).filter(|one| {
        let (local, peer) = (one.flow.local.ip, one.flow.peer.ip);
        is_table(view) && wire(view, local).is_some() && !is_covered(view, peer)
    });
    let Some(Handshake { flow, outcome, .. }) = lost.next() else { return };
    let sure = counted.is_some() && *outcome == Outcome::Unanswered;
    let weight = if sure { Weight::Strong } else { Weight::Weak };
    cases
        .about(Subject::Host)
        .headline(text![
            "nothing that ",
            flow.peer.ip,
            " sends is answered: no route leads back to it",
        ])
        .summary(text!["no route that was pasted leads to ", flow.peer.ip])
        .arg("peer", Value::Ip(flow.peer.ip))
        .supports(
            weight,
            Fact::new(
                Origin::Route,
                "no-row-for-the-peer",
                text!["none of the ", view.routes().len(), " routes holds ", flow.peer.ip],
            )
            .recheck(format!("ip route get {} from {}", flow.peer.ip, flow.local.ip)),
        );
    argue(view, cases);
}

/// Packets without a route, as the host counts them.
fn argue(view: &View<'_>, cases: &mut Cases) {
    let Some(case) = cases.0.last_mut() else { return };
    if let Some(count) = view.total("IpOutNoRoutes").filter(|&count| count > 0) {
        let text = text!["IpOutNoRoutes is ", count];
        case.supports(
            Weight::Weak,
            total_fact("no-routes-since-boot", text, "IpOutNoRoutes", count),
        );
    }
}

/// A SYN from a source outside of the network that its destination lies in, which nobody answers, and
/// whose answer would leave by another device.
pub(super) fn rp_filter_drop(view: &View<'_>, cases: &mut Cases) {
    for handshake in unanswered(view).filter(|one| one.flow.peer.ip.is_ipv4()) {
        let (local, peer) = (handshake.flow.local.ip, handshake.flow.peer.ip);
        let wire = wire(view, local);
        let Some(by) = arrival(view, handshake, wire) else { continue };
        let settings = view.settings().and_then(|settings| settings.devices.get(&by));
        let filter = settings.and_then(|own| own.rp_filter_effective);
        let back = match unanswered_reply(view, handshake.flow).map(|reply| &reply.resolved) {
            Some(Ok(route)) if route.oif == by => continue,
            Some(Ok(route)) => Some(route.oif),
            Some(Err(errno)) if !is_about_the_way_in(*errno) => continue,
            _ if is_table(view) && !is_covered(view, peer) => continue,
            _ => None,
        };
        let on_wire = wire.is_some_and(|wire| wire.destination.contains(&peer));
        // Loosely filtered, any route back is enough; these rows have one, or do not tell.
        if matches!(filter, Some(0 | 2)) || (back.is_none() && (on_wire || wire.is_none())) {
            continue;
        }
        let case = cases.about(Subject::Host);
        case.headline(text!["the SYN of ", peer, " to ", local, " is not answered"])
            .arg("interface", Value::Foreign(view.dev(by)))
            .arg("peer", Value::Ip(peer));
        let recheck =
            format!("sysctl net.ipv4.conf.all.rp_filter; ip route get {peer} from {local}");
        let dropped = view.total("TcpExtIPReversePathFilter").filter(|&count| count > 0);
        if let Some(back) = back {
            let repeats = handshake.outcome == Outcome::Unanswered;
            let sure = repeats && (filter == Some(1) || dropped.is_some());
            case.summary(text![
                "the way back to ",
                peer,
                " leaves by ",
                view.dev(back),
                ": strict rp_filter drops what comes from it by ",
                view.dev(by),
            ])
            // Strong: the route is that of the host; that the SYN was dropped for it, the setting or the
            // counter says.
            .supports(
                if sure { Weight::Strong } else { Weight::Weak },
                Fact::new(
                    Origin::Route,
                    "way-back-by-another-device",
                    text![
                        "the SYN of ",
                        peer,
                        " came by ",
                        view.dev(by),
                        ", the route to it leaves by ",
                        view.dev(back),
                    ],
                )
                .recheck(recheck),
            );
        } else if let Some(wire) = wire {
            case.summary(text![
                "with rp_filter=1 a SYN from ",
                peer,
                " is dropped unless the route back to it leaves by ",
                view.dev(by),
            ])
            .supports(
                Weight::Weak,
                Fact::new(
                    Origin::Route,
                    "source-from-elsewhere",
                    text![
                        peer,
                        " is outside of ",
                        wire.destination,
                        ", the network on ",
                        view.dev(by),
                        " that ",
                        local,
                        " lies in",
                    ],
                )
                .recheck(recheck),
            );
        }
        if filter == Some(1) {
            let text: Text = text!["rp_filter in force on ", view.dev(by), " is 1 (strict)"];
            let fact = Fact::new(Origin::Settings, "rp-filter-strict", text);
            case.supports(Weight::Weak, fact.recheck("sysctl -a | grep '[.]rp_filter'"));
        }
        if let Some(dropped) = dropped {
            let text = text!["IPReversePathFilter is ", dropped];
            case.supports(
                Weight::Weak,
                total_fact("reverse-path-since-boot", text, "TcpExtIPReversePathFilter", dropped),
            );
        }
        return;
    }
}
