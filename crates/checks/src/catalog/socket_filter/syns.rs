//! The filter drops the SYN already: no row is made, and nothing but the socket's drops counts it.

use synrecv_model::{
    Action, ActionLabel, Class, Command, Listener, Origin, Severity, Subject, Text, Value, Weight,
    text,
};

use super::OTHER_REASONS;
use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::seen::{Seen, refused, refused_fact, unanswered_reply};
use crate::share;
use crate::view::View;

/// Drops of one listener from which on they are clients that try to connect.
const DROPS_LEAST: u64 = 3;

/// Counters of what a listener drops of handshakes that are under way, beside the other reasons.
const UNDER_WAY: [&str; 2] = ["TcpExtTCPSynRetrans", "TcpExtTCPDeferAcceptDrop"];

pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    // They count for the whole host; all of them together may be of this listener.
    let known: u64 =
        OTHER_REASONS.iter().chain(&UNDER_WAY).filter_map(|name| view.delta(name)).sum();
    let unanswered = refused(view);
    for track in view.listener_tracks() {
        let drops = u64::from(track.drops_delta.unwrap_or(0)).saturating_sub(known);
        if drops < DROPS_LEAST {
            continue;
        }
        let listeners = view.sockets().map_or(&[][..], |sockets| &sockets.listeners);
        let Some(listener) = listeners.iter().find(|listener| listener.inode == track.inode) else {
            continue;
        };
        if !view.stuck(|request| listener.accepts(request.local())).is_empty() {
            continue;
        }
        let syns: Vec<&Seen<'_>> = unanswered
            .iter()
            .filter(|seen| {
                let flow = seen.handshake.flow;
                listener.accepts(flow.local)
                    && unanswered_reply(view, flow).is_none_or(|reply| reply.resolved.is_ok())
            })
            .collect();
        report(view, cases, listener, drops, &syns);
    }
}

fn report(view: &View<'_>, cases: &mut Cases, listener: &Listener, drops: u64, syns: &[&Seen<'_>]) {
    let instructions = listener.options.and_then(|options| options.filter_instructions);
    let has_filter = instructions.map(|count| count > 0);
    let attached =
        has_filter.unwrap_or_else(|| listener.optmem_bytes.is_some_and(|bytes| bytes > 0));
    let seen: u64 = syns.iter().map(|seen| u64::from(seen.handshake.counts.syn_count)).sum();
    // The capture begins and ends at other moments than the count.
    let fits = seen >= DROPS_LEAST && seen * 2 >= drops && drops * 2 >= seen;
    if !attached && !fits {
        return;
    }
    let severity = if syns.is_empty() {
        if share::is_small(view, drops) { Severity::Info } else { Severity::Problem }
    } else {
        let flows: Vec<_> = syns.iter().map(|seen| seen.handshake.flow).collect();
        share::severity_of(view, &flows, flows.len() as u64).0
    };
    let local = listener.local;
    let case = cases.about(Subject::Listener(local));
    case.severity(severity)
        .class(Class::Refused)
        .headline(text![drops, " SYNs to ", local, " were dropped by a filter: no request is made"])
        .summary(if attached {
            text!["a filter is attached to the socket of ", local]
        } else {
            text!["a program on the cgroup of ", local, " drops its packets"]
        })
        .arg("local", Value::Endpoint(local))
        .arg("drops_delta_count", Value::Number(drops))
        .arg("optmem_bytes", phrase::number(listener.optmem_bytes));
    argue(view, case, listener, drops, (has_filter, attached, fits));
    if !syns.is_empty() {
        case.supports(Weight::Weak, refused_fact(view, syns));
    }
    case.action(Action {
        id: "see-filters",
        label: ActionLabel::Investigate,
        text: text!["find the program: on the socket (ask its owner) or on the cgroup"],
        commands: vec![
            Command(format!("ss -ltnpe 'sport = :{}'", local.port)),
            Command("bpftool cgroup tree".to_owned()),
        ],
        verify: Text::new(),
    });
}

fn argue(
    view: &View<'_>,
    case: &mut Case,
    listener: &Listener,
    drops: u64,
    (has_filter, attached, fits): (Option<bool>, bool, bool),
) {
    let port = listener.local.port;
    let completed = &view.observation().completed;
    let nothing_made = !completed.iter().any(|flow| listener.accepts(flow.local));
    // Decisive: there is a filter, SYNs come in, none is answered, and the socket dropped as many with
    // no counter of another reason.
    let weight = match (has_filter, attached, fits) {
        (Some(true), _, true) => Weight::Decisive,
        (_, _, true) => Weight::Strong,
        (_, true, false) if nothing_made => Weight::Strong,
        _ => Weight::Weak,
    };
    case.supports(
        weight,
        Fact::new(
            Origin::Queue,
            "drops-without-a-request",
            text![
                ":",
                port,
                " dropped ",
                drops,
                " packets while watching beyond what counters of other causes account for",
            ],
        )
        .with("drops_delta_count", Value::Number(drops))
        .recheck(format!("ss -ltnm 'sport = :{port}'")),
    );
    if attached {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Sockets,
                "option-memory",
                text![
                    "the listener has a filter or a key: ",
                    listener.optmem_bytes.unwrap_or(0),
                    " bytes of option memory",
                ],
            )
            .with("optmem_bytes", phrase::number(listener.optmem_bytes))
            .recheck(format!("ss -ltnm 'sport = :{port}'")),
        );
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Class, Confidence, ListenerOptions, Outcome};

    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .passive_opens(0)
    }

    fn syns(host: HostFixture) -> HostFixture {
        let never = Frames { synack: None, outcome: Outcome::Unanswered, ..Frames::default() };
        ["192.0.2.7:4000", "198.51.100.7:4000", "203.0.113.7:4000"]
            .iter()
            .fold(host, |host, peer| {
                host.client("10.1.0.10:80", peer).via(2, "10.1.0.1").frames(never)
            })
    }

    #[test]
    fn syns_that_a_filter_drops_are_refused() {
        let filter = ListenerOptions { filter_instructions: Some(4), ..ListenerOptions::default() };
        let judged = syns(host().listener_drops(12).option_memory(296).options(filter)).diagnose();
        let finding = judged.finding("socket-filter").unwrap();
        assert_eq!((finding.class, finding.confidence), (Class::Refused, Confidence::Confirmed));
        assert_eq!(judged.leading(), Some("socket-filter"));
    }

    #[test]
    fn without_rights_option_memory_and_drops_tell() {
        let judged = host().listener_drops(12).option_memory(296).diagnose();
        assert_eq!(judged.finding("socket-filter").unwrap().confidence, Confidence::Likely);
    }

    #[test]
    fn repeated_syns_of_handshakes_explain_drops() {
        let host = host().listener_drops(12).option_memory(296);
        let judged = host.counter_moved("TcpExtTCPSynRetrans", 12).diagnose();
        assert!(judged.finding("socket-filter").is_none());
    }

    #[test]
    fn drops_without_a_filter_and_without_syns_are_no_case() {
        assert!(host().listener_drops(12).diagnose().finding("socket-filter").is_none());
    }
}
