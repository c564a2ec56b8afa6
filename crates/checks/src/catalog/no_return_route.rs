//! There is no route back to the client.

mod rejecting;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Origin, Part, RouteErrno, Severity,
    Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::seen::{Seen, refused, refused_fact, unanswered_reply};
use crate::view::View;
use crate::{Check, phrase, share};

use rejecting::{argue_routes, has_default, reject_routes, reject_rules, reject_word, with_a_way};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "no-return-route",
        class: Class::Refused,
        summary: "there is no route back to the client",
        severity: "problem",
        needs: &[Part::Sockets],
        also_reads: &[
            Part::Counters,
            Part::Replies,
            Part::Routes,
            Part::Rules,
            Part::Addresses,
            Part::Links,
            Part::Frames,
        ],
        ipv6: "only a missing route moves Ip6OutNoRoutes; reject routes move ListenDrops alone",
        explains: &["synack-dropped-here"],
        disproved_by: &[
            "`ip route get CLIENT from SERVER` names a device",
            "OutNoRoutes and ListenDrops stand still while clients fail",
        ],
        manual: Manual {
            meaning: "TCP looks the way back up before it answers. A blackhole, unreachable or prohibit route, or no route \
                      at all, and the SYN is dropped without a row. When the route is lost after the SYN, the request \
                      dies at its first timer.",
            picture: &["SYN  client --> server   no way back: dropped, no SYN-ACK"],
            recognised: &[
                ("ListenDrops and OutNoRoutes grow alike, ListenOverflows does not", "counters"),
                ("the look-up of a stuck client's reply fails", "replies"),
                ("a reject route or rule, or no default route", "routes, rules"),
                ("the route is there: a policy of IPsec refuses the reply", "replies"),
            ],
            looks_like: &[
                ("accept-queue-full", "ListenOverflows grows"),
                ("rp-filter-drop", "IPReversePathFilter grows; TCP never gets the SYN"),
                ("local-address-gone", "the local address is not on this host any more"),
            ],
            by_hand: &[
                (
                    "nstat -az TcpExtListenDrops TcpExtListenOverflows IpOutNoRoutes Ip6OutNoRoutes",
                    "run twice; which grow together",
                ),
                (
                    "ip route get CLIENT from SERVER",
                    "Invalid argument: blackhole; No route to host: unreachable; Permission denied: prohibit",
                ),
                ("ip route show table all type blackhole", "likewise unreachable, prohibit"),
            ],
            fix: "Add the missing route, or take the reject route away; when its prefix is meant to be rejected, a longer \
                  prefix by the right gateway.",
            references: &["ip-route(8)"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let lost = view.stuck(|request| {
        request.reading == RetryReading::KilledAtFirstTimer
            && request.reply.is_some_and(|reply| reply.resolved.is_err())
            && !view.is_gone(request.local().ip)
    });
    if !lost.is_empty() {
        by_rows(view, cases, &lost);
    } else if !by_frames(view, cases) && !view.some_local_is_gone() {
        let refused = refused_v4(view);
        if refused > 0 {
            by_counters(view, cases, refused, false);
        }
        let refused = refused_v6(view);
        if refused > 0 {
            by_counters(view, cases, refused, true);
        }
    }
}

/// The route was there for the SYN and is not any more.
fn by_rows(view: &View<'_>, cases: &mut Cases, requests: &[usize]) {
    let sample = &view.requests()[requests[0]];
    let Some(Err(errno)) = sample.reply.map(|reply| reply.resolved.as_ref()) else { return };
    let peers = phrase::peers(view, requests);
    let case = cases.about(Subject::Host);
    case.headline(text![
        phrase::stuck(view, requests),
        ": there is no way back to the client any more",
    ])
    .summary(text![
        "replies to ",
        phrase::name_peers(&peers),
        " have ",
        phrase::route_error(*errno),
    ])
    .arg("errno", Value::Word(errno.name()))
    .affects(requests.iter().copied())
    // Decisive: the kernel's own look-up for this reply fails.
    .supports(
        Weight::Decisive,
        Fact::new(
            Origin::Route,
            "reply-has-no-route",
            text!["the reply to ", sample.peer(), " has ", phrase::route_error(*errno)],
        )
        .with("errno", Value::Word(errno.name()))
        .recheck(phrase::route_get(sample)),
    );
    argue_routes(view, case, sample.peer().is_ipv6());
    advise(case, Some(phrase::route_get(sample)));
}

/// SYNs are seen to come in, and the kernel has no way back to their sources: a case for each answer.
fn by_frames(view: &View<'_>, cases: &mut Cases) -> bool {
    let all = refused(view);
    let mut lost: BTreeMap<i32, Vec<&Seen<'_>>> = BTreeMap::new();
    for seen in &all {
        let flow = seen.handshake.flow;
        let reply = unanswered_reply(view, flow).map(|reply| reply.resolved.as_ref());
        if let Some(Err(errno)) = reply
            && !view.is_gone(flow.local.ip)
        {
            lost.entry(errno.0).or_default().push(seen);
        }
    }
    for (&errno, lost) in &lost {
        open_by_frames(view, cases, RouteErrno(errno), lost);
    }
    !lost.is_empty()
}

fn open_by_frames(view: &View<'_>, cases: &mut Cases, errno: RouteErrno, lost: &[&Seen<'_>]) {
    let flow = lost[0].handshake.flow;
    let peers: BTreeSet<IpAddr> = lost.iter().map(|seen| seen.handshake.flow.peer.ip).collect();
    let peers: Vec<IpAddr> = peers.into_iter().collect();
    let case = cases.about(Subject::Host);
    case.headline(text![
        phrase::count(peers.len(), "client", "clients"),
        " cannot connect: there is no way back, and their SYNs are dropped",
    ])
    .summary(text!["replies to ", phrase::name_peers(&peers), " have ", phrase::route_error(errno)])
    .arg("errno", Value::Word(errno.name()))
    .supports(Weight::Strong, refused_fact(view, lost))
    // Decisive: the kernel's own look-up for this reply fails.
    .supports(
        Weight::Decisive,
        Fact::new(
            Origin::Route,
            "reply-has-no-route",
            text!["the reply to ", flow.peer.ip, " has ", phrase::route_error(errno)],
        )
        .with("errno", Value::Word(errno.name()))
        .recheck(format!("ip route get {} from {}", flow.peer.ip, flow.local.ip)),
    );
    argue_routes(view, case, flow.peer.ip.is_ipv6());
    advise(case, Some(format!("ip route get {} from {}", flow.peer.ip, flow.local.ip)));
}

/// Drops of listeners that nothing else of TCP explains.
fn other_drops(view: &View<'_>) -> u64 {
    let delta = |name: &str| view.delta(name).unwrap_or(0);
    let known = delta("TcpExtListenOverflows") + delta("TcpExtTCPReqQFullDrop");
    delta("TcpExtListenDrops").saturating_sub(known)
}

fn refused_v4(view: &View<'_>) -> u64 {
    other_drops(view).min(view.delta("IpOutNoRoutes").unwrap_or(0))
}

/// Over IPv6 a reject route is counted as a drop of the listener and nowhere else.
fn refused_v6(view: &View<'_>) -> u64 {
    let delta = |name: &str| view.delta(name).unwrap_or(0);
    let left = other_drops(view).saturating_sub(delta("IpOutNoRoutes"));
    let counted = delta("Ip6OutNoRoutes");
    if counted > 0 {
        return left.min(counted);
    }
    // ICMP errors end requests and count as drops, too.
    let by_icmp = delta("IcmpInDestUnreachs") + delta("Icmp6InDestUnreachs");
    let some_wait = !view.requests().is_empty();
    if by_icmp > 0 || some_wait || reject_routes(view, true).is_empty() { 0 } else { left }
}

fn by_counters(view: &View<'_>, cases: &mut Cases, refused: u64, v6: bool) {
    let small = share::is_small(view, refused);
    let rejecting = reject_routes(view, v6);
    let rules = reject_rules(view, v6);
    let with_a_way = with_a_way(view, v6);
    let case = cases.about(Subject::Host);
    case.severity(if small { Severity::Info } else { Severity::Problem })
        .headline(text![refused, " SYNs were refused: there is no way back to their sources"])
        .summary(match (rejecting.first(), rules.first(), has_default(view, v6)) {
            _ if !with_a_way.is_empty() => text![
                "routes to ",
                phrase::name_peers(&with_a_way),
                " are there: a policy of IPsec refuses the reply",
            ],
            (_, Some(rule), _) => text![
                "the rule of priority ",
                rule.priority,
                " (",
                reject_word(rule.action),
                "), a route, or a missing one rejects the reply",
            ],
            (Some(route), None, _) => text![
                "a route of type ",
                route.kind.name(),
                " (",
                route.destination,
                ") or a missing one rejects the reply",
            ],
            (None, None, false) => text!["there is no default route"],
            (None, None, true) => {
                text!["no route leads back to them, or a policy of IPsec refuses the reply"]
            }
        })
        .arg("refused_count", Value::Number(refused))
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "refused-for-no-route",
                text![
                    "ListenDrops +",
                    view.delta("TcpExtListenDrops").unwrap_or(0),
                    " with ListenOverflows +",
                    view.delta("TcpExtListenOverflows").unwrap_or(0),
                    ", ",
                    if v6 { "Ip6OutNoRoutes +" } else { "IpOutNoRoutes +" },
                    view.delta(if v6 { "Ip6OutNoRoutes" } else { "IpOutNoRoutes" }).unwrap_or(0),
                ],
            )
            .with("refused_count", Value::Number(refused))
            .recheck(
                "nstat -az TcpExtListenDrops TcpExtListenOverflows IpOutNoRoutes Ip6OutNoRoutes",
            ),
        );
    argue_routes(view, case, v6);
    if with_a_way.is_empty() {
        advise(case, None);
    } else {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Route,
                "way-is-there",
                text![
                    "the kernel names a way back to ",
                    phrase::name_peers(&with_a_way),
                    ", whose SYNs are not answered",
                ],
            ),
        )
        .action(Action {
            id: "see-policies",
            label: ActionLabel::Investigate,
            text: text!["look for a policy that blocks these clients"],
            commands: vec![Command("ip xfrm policy".to_owned())],
            verify: Text::new(),
        });
    }
}

fn advise(case: &mut Case, route_get: Option<String>) {
    let command =
        route_get.unwrap_or_else(|| "ip route get CLIENT from SERVER ipproto tcp".to_owned());
    case.action(Action {
        id: "ask-for-the-way",
        label: ActionLabel::Investigate,
        text: text!["ask the kernel for the way to a client that fails"],
        commands: vec![Command(command)],
        verify: Text::new(),
    })
    .action(Action {
        id: "restore-route",
        label: ActionLabel::Safe,
        text: text!["add the missing route, or a longer prefix over the one that rejects"],
        commands: vec![],
        verify: text!["ListenDrops and OutNoRoutes stand still"],
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Outcome, RouteErrno};

    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .passive_opens(2)
    }

    #[test]
    fn both_counters_together_are_likely() {
        let judged = host()
            .counter_moved("TcpExtListenDrops", 36)
            .counter_moved("IpOutNoRoutes", 36)
            .diagnose();
        assert_eq!(judged.leading(), Some("no-return-route"));
        let finding = judged.finding("no-return-route").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }

    #[test]
    fn own_connects_to_nowhere_are_no_case() {
        let judged = host()
            .counter_moved("TcpExtListenDrops", 0)
            .counter_moved("IpOutNoRoutes", 36)
            .diagnose();
        assert!(judged.finding("no-return-route").is_none());
    }

    #[test]
    fn overflows_are_another_story() {
        let judged = host()
            .counter_moved("TcpExtListenDrops", 36)
            .listen_overflows(36)
            .counter_moved("IpOutNoRoutes", 36)
            .diagnose();
        assert!(judged.finding("no-return-route").is_none());
    }

    #[test]
    fn a_route_lost_after_the_syn_is_confirmed() {
        let judged = host()
            .dying_request("10.1.0.10:80", "198.51.100.7:4000")
            .no_way_back(RouteErrno::ENETUNREACH)
            .diagnose();
        assert_eq!(judged.leading(), Some("no-return-route"));
        let finding = judged.finding("no-return-route").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        assert_eq!(finding.explains[0].id, "synack-dropped-here");
    }

    #[test]
    fn frames_name_the_client_that_has_no_way_back() {
        let unanswered = Frames { synack: None, outcome: Outcome::Unanswered, ..Frames::default() };
        let judged = host()
            .client("10.1.0.10:80", "198.51.100.7:4000")
            .no_way_back(RouteErrno::EINVAL)
            .frames(unanswered)
            .diagnose();
        let finding = judged.finding("no-return-route").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn clients_with_different_answers_are_told_apart() {
        let unanswered = Frames { synack: None, outcome: Outcome::Unanswered, ..Frames::default() };
        let judged = host()
            .client("10.1.0.10:80", "198.51.100.7:4000")
            .no_way_back(RouteErrno::EINVAL)
            .frames(unanswered)
            .client("10.1.0.10:80", "192.0.2.7:4000")
            .no_way_back(RouteErrno::EACCES)
            .frames(unanswered)
            .diagnose();
        assert_eq!(judged.all("no-return-route"), 2);
    }

    #[test]
    fn where_the_way_is_there_a_policy_refuses() {
        let unanswered = Frames { synack: None, outcome: Outcome::Unanswered, ..Frames::default() };
        let judged = host()
            .client("10.1.0.10:80", "198.51.100.7:4000")
            .via(2, "10.1.0.1")
            .frames(unanswered)
            .counter_moved("TcpExtListenDrops", 36)
            .counter_moved("IpOutNoRoutes", 36)
            .diagnose();
        let finding = judged.finding("no-return-route").unwrap();
        assert_eq!(finding.actions[0].id, "see-policies");
    }
}
