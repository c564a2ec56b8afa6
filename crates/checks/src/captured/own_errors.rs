//! ICMP errors that the host itself sends about a handshake: to its own TCP, or to the client.

use std::collections::BTreeMap;

use synrecv_model::{
    Action, ActionLabel, Class, Command, End, Endpoint, FrameDirection, FrameKind, Handshake,
    Origin, Severity, Subject, Text, Value, Weight, text,
};

use super::{came_in, clients, silent};
use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::View;

/// Handshakes of one client with one port that are refused, from which on it is no scanner.
const REFUSED_LEAST: usize = 3;

/// An unreachable error that a packet filter makes up: it is none that the kernel has about a segment
/// of TCP, which needs no port and has a way, nor one about its length.
fn is_made_up(is_v4: bool, icmp_type: u8, code: u8) -> bool {
    if is_v4 {
        icmp_type == 3 && !matches!(code, 0 | 1 | 4)
    } else {
        icmp_type == 1 && !matches!(code, 0 | 3)
    }
}

/// Such errors about segments of one end, from the server's own address.
fn errors(handshake: &Handshake, about: End) -> usize {
    let local = handshake.flow.local.ip;
    let own = handshake.frames.iter().filter(|frame| {
        let FrameKind::Icmp { icmp_type, code, from } = frame.kind else { return false };
        let left = about == End::Server || frame.direction != FrameDirection::In;
        frame.sender == about
            && !frame.copy
            && from == local
            && left
            && is_made_up(local.is_ipv4(), icmp_type, code)
    });
    own.count()
}

/// Unanswered connections whose SYN-ACKs the host refuses to itself.
pub(super) fn own<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Handshake> {
    let all = silent(view).into_iter().flat_map(|silent| silent.handshakes);
    all.filter(|one| errors(one, End::Server) > 0)
}

/// A rule rejects SYN-ACKs on their way out: the error goes to the host itself.
pub(super) fn synack_dropped_here(view: &View<'_>, cases: &mut Cases) {
    let refused: Vec<&Handshake> = own(view).collect();
    let Some(sample) = refused.first() else { return };
    let count: usize = refused.iter().map(|one| errors(one, End::Server)).sum();
    cases
        .about(Subject::Host)
        .class(Class::Output)
        .headline(text![
            phrase::count(refused.len(), "connection", "connections"),
            " to ",
            phrase::name_ends(refused.iter().map(|one| one.flow.local).collect()),
            ": the SYN-ACK is rejected on this host",
        ])
        .summary(text!["a packet filter of this host rejects its own SYN-ACKs"])
        .arg("stage", Value::Word("output"))
        // Strong: the error quotes a SYN-ACK, and only a rule answers a host's own segment like this.
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "synacks-rejected",
                text![
                    phrase::count(count, "ICMP error", "ICMP errors"),
                    " of ",
                    sample.flow.local.ip,
                    " to itself about SYN-ACKs for ",
                    phrase::name_peers(&clients(&refused)),
                ],
            )
            .with("icmp_error_count", Value::Number(count as u64))
            .recheck("tcpdump -vni lo 'icmp or icmp6'"),
        )
        .action(rules("find the rule that rejects what leaves this port"));
}

/// A rule rejects SYNs by ICMP.
pub(super) fn firewall_drops_syn(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let mut by_local: BTreeMap<Endpoint, Vec<&Handshake>> = BTreeMap::new();
    for one in capture.handshakes.iter().filter(|one| came_in(capture, one)) {
        if one.counts.synack_count == 0 && errors(one, End::Client) > 0 {
            by_local.entry(one.flow.local).or_default().push(one);
        }
    }
    for (local, refused) in by_local {
        let clients = clients(&refused);
        let persists = clients.iter().any(|client| {
            refused.iter().filter(|one| one.flow.peer.ip == *client).count() >= REFUSED_LEAST
        });
        let count: usize = refused.iter().map(|one| errors(one, End::Client)).sum();
        cases
            .about(Subject::Listener(local))
            .severity(if persists { Severity::Problem } else { Severity::Info })
            .headline(text![
                phrase::count(refused.len(), "SYN", "SYNs"),
                " to ",
                local,
                if refused.len() == 1 { " is" } else { " are" },
                " rejected by this host",
            ])
            .summary(text!["a packet filter of this host answers SYNs to ", local, " with ICMP"])
            .arg("local", Value::Endpoint(local))
            .arg("peers", Value::List(clients.iter().copied().map(Value::Ip).collect()))
            // Strong: TCP itself refuses a SYN by a reset, never by ICMP.
            .supports(
                Weight::Strong,
                Fact::new(
                    Origin::Frames,
                    "syns-rejected",
                    text![
                        phrase::count(count, "ICMP error", "ICMP errors"),
                        " of ",
                        local.ip,
                        " about SYNs of ",
                        phrase::name_peers(&clients),
                    ],
                )
                .with("icmp_error_count", Value::Number(count as u64))
                .recheck("tcpdump -vni any 'icmp or icmp6'"),
            )
            .action(rules("find the rule; it may be meant"));
    }
}

fn rules(purpose: &'static str) -> Action {
    Action {
        id: "find-rule",
        label: ActionLabel::Investigate,
        text: text![purpose],
        commands: vec![Command("nft list ruleset; iptables-save -c; ip6tables-save -c".to_owned())],
        verify: Text::new(),
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, End, FrameDirection, FrameKind, Outcome, Place, Severity};

    use crate::fixture::{Frames, HostFixture, Judged};

    const LOCAL: &str = "10.1.0.10:80";

    fn error(code: u8) -> FrameKind {
        FrameKind::Icmp { icmp_type: 3, code, from: "10.1.0.10".parse().unwrap() }
    }

    fn unanswered(host: HostFixture, port: u16, outcome: Outcome) -> HostFixture {
        let peer = format!("198.51.100.7:{port}");
        let frames = Frames { outcome, synack: None, ..Frames::default() };
        host.client(LOCAL, &peer).frames(frames)
    }

    fn to_itself(code: u8) -> Judged {
        unanswered(HostFixture::new(), 4000, Outcome::Unanswered)
            .frame((End::Server, error(code)), 10, |_| {})
            .file(Place::Server)
    }

    #[test]
    fn an_error_about_its_own_synack_is_a_rule_on_the_way_out() {
        let finding = to_itself(3).finding("synack-dropped-here").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert!(to_itself(3).finding("syn-unanswered").is_none());
    }

    #[test]
    fn that_a_host_is_unreachable_is_no_word_of_a_rule() {
        assert!(to_itself(1).finding("synack-dropped-here").is_none());
    }

    fn to_client(tries: u16, direction: FrameDirection) -> Judged {
        let host = (0..tries).fold(HostFixture::new(), |host, at| {
            unanswered(host, 4000 + at, Outcome::Refused).frame(
                (End::Client, error(13)),
                10,
                |frame| frame.direction = direction,
            )
        });
        host.file(Place::Server)
    }

    #[test]
    fn errors_to_a_client_that_tries_again_are_a_problem() {
        let finding = to_client(3, FrameDirection::Out).finding("firewall-drops-syn").unwrap();
        assert_eq!((finding.severity, finding.confidence), (Severity::Problem, Confidence::Likely));
    }

    #[test]
    fn one_try_is_a_scanner() {
        let finding = to_client(1, FrameDirection::Out).finding("firewall-drops-syn").unwrap();
        assert_eq!(finding.severity, Severity::Info);
    }

    #[test]
    fn an_error_that_came_in_is_somebody_elses() {
        assert!(to_client(3, FrameDirection::In).finding("firewall-drops-syn").is_none());
    }
}
