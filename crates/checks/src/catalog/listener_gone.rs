//! The listener closed while handshakes were open.

use std::collections::BTreeMap;

use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Endpoint, ListenerTrack, Manual, Origin, Part,
    Severity, Subject, Text, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "listener-gone",
        class: Class::Local,
        summary: "the listener closed while handshakes were open",
        severity: "problem when it happens again and again, else warning",
        needs: &[Part::Sockets],
        also_reads: &[Part::Counters, Part::Settings],
        ipv6: "the same",
        explains: &["ack-lost-outside", "sequence-rejected", "ack-ignored-locally"],
        disproved_by: &["the listener is the same socket (inode) all the time"],
        manual: Manual {
            meaning: "An application closed its listening socket (restart, crash loop, reload) while clients were in the \
                      middle of their handshake. The requests belong to that very socket: they end at their next \
                      timer, and a late ACK is answered by RST, also when the application has opened a new socket by \
                      then.",
            picture: &["SYN --> SYN-ACK; listener closes; ACK --> RST"],
            recognised: &[(
                "a listener with open requests is gone in a later sample, or another socket has its address",
                "sockets, two samples",
            )],
            looks_like: &[(
                "sequence-rejected",
                "the listener stays; RSTs answer wrong acknowledgements",
            )],
            by_hand: &[
                ("ss -ltne 'sport = :PORT'", "run twice; `ino` changes"),
                ("journalctl -u SERVICE", "restarts of the service"),
            ],
            fix: "Find out why the application closes its listener. For reloads: pass the socket on (systemd socket \
                  activation), or use SO_REUSEPORT with net.ipv4.tcp_migrate_req = 1.",
            references: &["listen(2)", "Documentation/networking/ip-sysctl.rst: tcp_migrate_req"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut gone: BTreeMap<Endpoint, Vec<&ListenerTrack>> = BTreeMap::new();
    for track in view.listener_tracks().iter().filter(|track| !track.present) {
        gone.entry(track.local).or_default().push(track);
    }
    for (local, tracks) in gone {
        let held: u64 = tracks.iter().map(|track| track.outstanding_count).sum();
        // With tcp_migrate_req the kernel hands open requests over to the rest of the group.
        let open = if migrates(view) && has_successor(view, local) {
            view.delta("TcpExtTCPMigrateReqFailure").unwrap_or(0).min(held)
        } else {
            held
        };
        if open > 0 {
            report(view, cases, local, &tracks, open);
        }
    }
}

fn migrates(view: &View<'_>) -> bool {
    let setting = "net.ipv4.tcp_migrate_req";
    view.settings().and_then(|settings| settings.values.get(setting)).is_some_and(|&on| on != 0)
}

/// Another socket listens at the same local end.
fn has_successor(view: &View<'_>, local: Endpoint) -> bool {
    view.listener_tracks().iter().any(|track| track.present && track.local == local)
}

fn report(
    view: &View<'_>,
    cases: &mut Cases,
    local: Endpoint,
    tracks: &[&ListenerTrack],
    open: u64,
) {
    let again = has_successor(view, local);
    let stuck = view.stuck(|request| {
        request.track.last_life().gone.is_some() && request.local().port == local.port
    });
    let times = tracks.len();
    cases
        .about(Subject::Listener(local))
        .severity(if times > 1 || !again { Severity::Problem } else { Severity::Warning })
        .headline(
            text![open, " open handshakes to ", local, " were lost when its listener closed",],
        )
        .summary(text![
            "the listener of ",
            local,
            " closed ",
            phrase::count(times, "time", "times"),
            " while watching",
            if again { ", and was opened again" } else { "" },
        ])
        .arg("local", Value::Endpoint(local))
        .arg("closed_count", Value::Number(times as u64))
        .arg("open_request_count", Value::Number(open))
        .affects(stuck)
        // Decisive: requests belong to the socket that is gone; nothing can complete them.
        .supports(
            Weight::Decisive,
            Fact::new(
                Origin::Sockets,
                "listener-closed",
                text![
                    "the socket (inode ",
                    tracks[0].inode,
                    ") had ",
                    tracks[0].outstanding_count,
                    " open requests and is gone in a later sample",
                ],
            )
            .with("inode", Value::Number(tracks[0].inode))
            .with("open_request_count", Value::Number(open))
            .with("opened_again", Value::Flag(again))
            .recheck(format!("ss -ltne 'sport = :{}'", local.port)),
        )
        .action(Action {
            id: "why-closed",
            label: ActionLabel::Investigate,
            text: text![
                "find out why the application closes its listener: restarts, crashes, reloads"
            ],
            commands: vec![Command(format!("ss -ltnpe 'sport = :{}'", local.port))],
            verify: Text::new(),
        });
}

#[cfg(test)]
mod tests {
    use synrecv_model::Confidence;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new().device(2, "ps0").address(2, "10.1.0.10/24").listener(
            "10.1.0.10:80",
            0,
            128,
        )
    }

    #[test]
    fn a_listener_that_closed_on_open_requests_is_confirmed() {
        let finding = host().listener_closed(3).diagnose().finding("listener-gone").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn a_listener_that_closed_idle_is_nothing() {
        assert!(host().listener_closed(0).diagnose().finding("listener-gone").is_none());
    }
}
