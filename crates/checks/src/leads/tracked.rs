//! Entries of connection tracking beside the sockets of one moment.

use std::collections::BTreeMap;

use synrecv_model::view::RetryReading;
use synrecv_model::{Class, Endpoint, Origin, Subject, TrackedState, Value, Weight, text};

use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::View;

/// Requests that wait for an ACK which connection tracking of the same host has seen.
pub(super) fn ack_ignored_locally(view: &View<'_>, cases: &mut Cases) {
    let mut by_local: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    let seen = view.stuck(|request| {
        let entry = view.tracked(request.track.flow).flatten();
        request.reading != RetryReading::ClientRepeatsSyn
            && entry.is_some_and(|entry| {
                entry.state == TrackedState::Established && !entry.is_translated()
            })
    });
    for index in seen {
        by_local.entry(view.requests()[index].local()).or_default().push(index);
    }
    for (local, requests) in by_local {
        cases
            .about(Subject::Listener(local))
            .class(Class::Local)
            .headline(text![
                phrase::stuck(view, &requests),
                ": the ACK arrives and the server does not act on it",
            ])
            .summary(text!["something on this host ignores or drops the client's ACK"])
            .arg("local", Value::Endpoint(local))
            .affects(requests.iter().copied())
            .supports(
                // Strong, not decisive: the tables were not printed at the same time.
                Weight::Strong,
                Fact::new(
                    Origin::Conntrack,
                    "tracked-as-established",
                    text![
                        "connection tracking of this host saw the ACK of ",
                        phrase::count(requests.len(), "connection", "connections"),
                        " (ESTABLISHED), TCP did not",
                    ],
                )
                .with("established_count", Value::Number(requests.len() as u64))
                .recheck(format!("conntrack -L -p tcp --dport {} --state ESTABLISHED", local.port)),
            );
    }
}
