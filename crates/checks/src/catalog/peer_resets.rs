//! The client's side answers the SYN-ACK with RST, or a box there with ICMP unreachable.

mod by_frames;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Origin, Part, Severity, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::undelivered::{Version, undelivered};
use crate::view::View;
use crate::{Check, phrase, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "peer-resets",
        class: Class::Outside,
        summary: "the client's side answers the SYN-ACK by RST or ICMP",
        severity: "by share: info, warning or problem",
        needs: &[Part::Sockets],
        also_reads: &[Part::Counters, Part::Settings, Part::Frames],
        ipv6: "ICMPv6 codes act the other way round: no-route and address-unreachable leave the row",
        explains: &["synack-lost-outside", "ack-lost-outside"],
        disproved_by: &["EmbryonicRsts and In*DestUnreachs stand still"],
        manual: Manual {
            meaning: "The SYN-ACK reaches the client's side and is refused there: the client's kernel knows nothing of the \
                      connection (RST), or a router or firewall says that the client cannot be reached (ICMP). Scanners \
                      that only want to know whether a port is open answer by RST, too.",
            picture: &["SYN --> SYN-ACK <-- RST", "SYN --> SYN-ACK --> router: ICMP unreachable"],
            recognised: &[
                ("EmbryonicRsts moves: requests ended by a RST", "counters, two samples"),
                (
                    "InDestUnreachs moves and OutDestUnreachs does not: ICMP errors from outside",
                    "counters",
                ),
                ("resets and ICMP errors about SYN-ACKs come in", "frames"),
                ("ListenDrops moves without ListenOverflows: requests ended by ICMP", "counters"),
            ],
            looks_like: &[
                ("accept-queue-full", "with tcp_abort_on_overflow this host sends the RST"),
                ("neighbour-unresolved", "this host tells itself: both DestUnreachs counters move"),
            ],
            by_hand: &[
                (
                    "nstat -az TcpExtEmbryonicRsts TcpAttemptFails 'Icmp*DestUnreachs'",
                    "run twice; what grows",
                ),
                (
                    "tcpdump -ni any 'tcp[tcpflags] & tcp-rst != 0 or icmp or icmp6'",
                    "who answers, and with what",
                ),
            ],
            fix: "Nothing, for scanners. For real clients look at their side: a load balancer or NAT that sends the reply \
                  to another machine than the one that asked, or a firewall there.",
            references: &["RFC 9293 section 3.5.2", "RFC 5927"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    if by_frames::examine(view, cases) {
        return;
    }
    by_rst(view, cases);
    for family in [&V4, &V6] {
        by_icmp(view, cases, family);
    }
}

/// Requests ended by a RST are gone before anybody sees them: only the counter remains.
fn by_rst(view: &View<'_>, cases: &mut Cases) {
    let moved = |name: &str| view.delta(name).unwrap_or(0);
    let resets = moved("TcpExtEmbryonicRsts");
    let aborting = view.settings().is_some_and(|settings| {
        settings.values.get("net.ipv4.tcp_abort_on_overflow").is_some_and(|&on| on != 0)
    });
    if resets == 0 || (aborting && moved("TcpExtListenOverflows") > 0) {
        return;
    }
    let completed = moved("TcpPassiveOpens");
    let (severity, numbers) = seen(view, resets);
    let case = cases.about(Subject::Host);
    let below = [Version::V4, Version::V6].map(|version| undelivered(view, version).unwrap_or(0));
    let dropped = below[0] + below[1];
    if dropped >= resets {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "received-not-delivered",
                text![
                    "as many packets, ",
                    dropped,
                    ", ended before TCP: a rule of this host can have answered them with a reset",
                ],
            )
            .with("not_delivered_count", Value::Number(dropped)),
        );
    }
    case.severity(severity)
        .headline(text![resets, " handshakes were reset by the client's side"])
        .summary(text!["the SYN-ACK arrives and something there answers with RST"])
        .arg("reset_count", Value::Number(resets))
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "embryonic-resets",
                text![
                    "EmbryonicRsts +",
                    resets,
                    " while watching; ",
                    completed,
                    " handshakes completed",
                ],
            )
            .with("embryonic_rsts_delta_count", Value::Number(resets))
            .with("passive_opens_delta_count", Value::Number(completed))
            .recheck("nstat -az TcpExtEmbryonicRsts TcpAttemptFails TcpPassiveOpens"),
        )
        .supports(Weight::Weak, Fact::new(Origin::Counters, "share", numbers))
        .action(Action {
            id: "see-resets",
            label: ActionLabel::Investigate,
            text: text!["see who answers with RST"],
            commands: vec![Command("tcpdump -eni any 'tcp[tcpflags] & tcp-rst != 0'".to_owned())],
            verify: Text::new(),
        });
}

/// Severity by the requests that were seen to go away young: some of them are those that ended.
fn seen(view: &View<'_>, ended: u64) -> (Severity, Text) {
    let mut flows = view.observation().ended_young.clone();
    flows.extend(view.seen_reset().map(|seen| seen.handshake.flow));
    flows.sort_unstable();
    flows.dedup();
    share::severity_of(view, &flows, ended)
}

struct Icmp {
    v4: bool,
    from_outside: &'static str,
    by_ourselves: &'static str,
}

const V4: Icmp =
    Icmp { v4: true, from_outside: "IcmpInDestUnreachs", by_ourselves: "IcmpOutDestUnreachs" };
const V6: Icmp =
    Icmp { v4: false, from_outside: "Icmp6InDestUnreachs", by_ourselves: "Icmp6OutDestUnreachs" };

fn by_icmp(view: &View<'_>, cases: &mut Cases, family: &Icmp) {
    let moved = |name: &str| view.delta(name).unwrap_or(0);
    let errors = moved(family.from_outside);
    if errors == 0 || moved(family.by_ourselves) > 0 {
        return;
    }
    // An error that ends the request counts as a listen drop; others leave the row.
    let ended = moved("TcpExtListenDrops").saturating_sub(moved("TcpExtListenOverflows"));
    let stuck = view.stuck(|request| {
        request.reading == RetryReading::ClientRepeatsSyn && request.peer().is_ipv4() == family.v4
    });
    if ended == 0 && stuck.is_empty() {
        return;
    }
    // Errors about other traffic of this host must not explain these connections: there is one for
    // each SYN-ACK.
    let sent = phrase::retries_watched(view, &stuck);
    if ended == 0 && errors < u64::from(sent) {
        return;
    }
    let (severity, numbers) =
        if stuck.is_empty() { seen(view, ended) } else { share::severity(view, &stuck) };
    let case = cases.about(Subject::Host);
    case.severity(severity)
        .headline(if stuck.is_empty() {
            text![ended, " handshakes were ended by ICMP errors from the client's side"]
        } else {
            text![phrase::stuck(view, &stuck), ": the client's side answers with ICMP errors"]
        })
        .summary(text!["a router or firewall there says that the client cannot be reached"])
        .arg("icmp_error_count", Value::Number(errors))
        .arg("ended_count", Value::Number(ended))
        .affects(stuck.iter().copied())
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "icmp-errors-from-outside",
                text![
                    family.from_outside,
                    " +",
                    errors,
                    " while watching, ",
                    family.by_ourselves,
                    " +0; ",
                    ended,
                    " requests ended by them",
                ],
            )
            .with("in_dest_unreachs_delta_count", Value::Number(errors))
            .with("ended_count", Value::Number(ended))
            .recheck("nstat -az 'Icmp*DestUnreachs' 'TcpExtListen*'"),
        )
        .action(Action {
            id: "see-icmp",
            label: ActionLabel::Investigate,
            text: text!["see who says so, and about which address"],
            commands: vec![Command("tcpdump -vni any 'icmp or icmp6'".to_owned())],
            verify: Text::new(),
        });
    case.supports(Weight::Weak, Fact::new(Origin::Counters, "share", numbers));
}

#[cfg(test)]
mod tests {
    use synrecv_model::Severity;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
    }

    #[test]
    fn resets_beside_traffic_are_worth_a_note() {
        let judged = host().counter_moved("TcpExtEmbryonicRsts", 4).passive_opens(100).diagnose();
        assert_eq!(judged.finding("peer-resets").unwrap().severity, Severity::Info);
    }

    #[test]
    fn resets_of_all_clients_of_a_listener_are_a_problem() {
        let host = host()
            .counter_moved("TcpExtEmbryonicRsts", 40)
            .passive_opens(300)
            .listener("10.1.0.10:8080", 0, 128)
            .connected("10.1.0.10:8080", "203.0.113.9:4000");
        let host = (1..5).fold(host, |host, net| {
            host.ended_young("10.1.0.10:80", &format!("198.51.{net}.7:4000"))
        });
        assert_eq!(host.diagnose().finding("peer-resets").unwrap().severity, Severity::Problem);
    }

    #[test]
    fn errors_that_this_host_tells_itself_are_another_story() {
        let judged = host()
            .counter_moved("IcmpInDestUnreachs", 8)
            .counter_moved("IcmpOutDestUnreachs", 8)
            .counter_moved("TcpExtListenDrops", 2)
            .diagnose();
        assert!(judged.finding("peer-resets").is_none());
    }

    #[test]
    fn errors_from_outside_explain_repeated_syns() {
        let judged = host()
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
            .via(2, "10.1.0.1")
            .counter_moved("IcmpInDestUnreachs", 8)
            .counter_moved("IcmpOutDestUnreachs", 0)
            .diagnose();
        assert_eq!(judged.leading(), Some("peer-resets"));
    }
}
