//! Many sources, each with a SYN or two, and no ACK from any: a flood.

use std::collections::{BTreeMap, BTreeSet};

use synrecv_model::view::{RetryReading, place};
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Endpoint, Manual, Origin, Part, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "syn-flood",
        class: Class::Flood,
        summary: "many sources send SYNs and never answer",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Settings],
        ipv6: "the same; sources are counted by /64",
        explains: &["syn-queue-full", "ack-lost-outside"],
        disproved_by: &["a good part of these sources complete a handshake"],
        manual: Manual {
            meaning: "SYNs come from many addresses, mostly forged; none of them answers the SYN-ACK. The open handshakes \
                      fill the SYN queue. With SYN cookies real clients still get in; without, their SYNs are dropped. \
                      The number of rows in SYN_RECV alone is no sign: a busy server has many young ones.",
            picture: &[
                "SYN from 198.51.100.7, SYN from 203.0.113.9, ... SYN-ACK to each, no answer",
            ],
            recognised: &[
                ("nearly as many sources as open handshakes, from many networks", "sockets"),
                ("no repeated SYN, no ACK: both retry counters equal", "sockets"),
                ("the SYN queue overflows, or far more handshakes wait than complete", "counters"),
                ("cookies are sent and do not come back", "counters"),
            ],
            looks_like: &[
                ("ack-lost-outside", "few sources, or a small share of the handshakes"),
                ("accept-queue-full", "ListenOverflows moves"),
            ],
            by_hand: &[
                (
                    "ss -Htn state syn-recv | awk '{print $4}' | sort | uniq -c | sort -rn | head",
                    "one row for each source",
                ),
                ("nstat -az 'TcpExtSyncookies*'", "Sent grows, Recv does not"),
            ],
            fix: "Leave net.ipv4.tcp_syncookies at 1, so that real clients get in. Filter upstream: by the provider, or by \
                  a SYN proxy (nftables synproxy). Shorter tcp_synack_retries frees the queue sooner.",
            references: &["RFC 4987"],
        },
    },
    examine,
};

/// Rows from which sources are counted: less fits in any backlog.
pub(crate) const ROWS_LEAST: usize = 64;

/// Networks from which it is no single site that lost its way back.
pub(crate) const PLACES_LEAST: usize = 32;

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut by_local: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| request.reading == RetryReading::NoRepeatSeen) {
        by_local.entry(view.requests()[index].local()).or_default().push(index);
    }
    for (local, rows) in by_local {
        let pressure = Pressure::of(view, rows.len());
        if pressure.queue_full == 0 && !pressure.outnumbered {
            continue;
        }
        let peers = phrase::peers(view, &rows);
        let places: BTreeSet<_> = peers.iter().map(|&peer| place(peer)).collect();
        // Nine sources for ten rows at least: real clients come back with further connections.
        let one_each = peers.len() * 10 >= rows.len() * 9;
        if rows.len() < ROWS_LEAST || places.len() < PLACES_LEAST || !one_each {
            continue;
        }
        report(view, cases, local, &rows, (peers.len(), places.len()), &pressure);
    }
}

/// Why so many rows are no ordinary background.
struct Pressure {
    /// SYNs dropped or answered by cookie because the queue was full.
    queue_full: u64,
    cookies_sent: u64,
    cookies_back: u64,
    /// More handshakes wait than completed.
    outnumbered: bool,
}

impl Pressure {
    fn of(view: &View<'_>, rows: usize) -> Self {
        let moved = |name: &str| view.delta(name).unwrap_or(0);
        Self {
            queue_full: moved("TcpExtTCPReqQFullDrop") + moved("TcpExtTCPReqQFullDoCookies"),
            cookies_sent: moved("TcpExtSyncookiesSent"),
            cookies_back: moved("TcpExtSyncookiesRecv"),
            outnumbered: view
                .delta("TcpPassiveOpens")
                .is_some_and(|completed| completed < rows as u64),
        }
    }
}

fn report(
    view: &View<'_>,
    cases: &mut Cases,
    local: Endpoint,
    rows: &[usize],
    (sources, networks): (usize, usize),
    pressure: &Pressure,
) {
    let case = cases.about(Subject::Listener(local));
    case.headline(text![
        phrase::count(rows.len(), "handshake", "handshakes"),
        " to ",
        local,
        " from ",
        sources,
        " sources are open and none is answered",
    ])
    .summary(text!["SYNs come from ", networks, " networks and nobody there sends an ACK"])
    .arg("local", Value::Endpoint(local))
    .arg("source_count", Value::Number(sources as u64))
    .arg("network_count", Value::Number(networks as u64))
    .affects(rows.iter().copied())
    // Strong, not decisive: a fault on the way back from many networks at once looks the same.
    .supports(
        Weight::Strong,
        Fact::new(
            Origin::Sockets,
            "one-row-a-source",
            text![
                rows.len(),
                " open handshakes from ",
                sources,
                " addresses in ",
                networks,
                " networks: hardly any source twice",
            ],
        )
        .with("syn_recv_count", Value::Number(rows.len() as u64))
        .with("source_count", Value::Number(sources as u64))
        .recheck("ss -Htn state syn-recv | awk '{print $4}' | sort | uniq -c | sort -rn | head"),
    )
    .supports(
        Weight::Weak,
        Fact::new(
            Origin::Counters,
            "queue-pressure",
            text![
                "SYN queue overflows +",
                pressure.queue_full,
                ", cookies sent +",
                pressure.cookies_sent,
                ", cookies that came back +",
                pressure.cookies_back,
                ", handshakes completed +",
                view.delta("TcpPassiveOpens").unwrap_or(0),
            ],
        )
        .with("queue_full_count", Value::Number(pressure.queue_full))
        .with("syncookies_sent_delta_count", Value::Number(pressure.cookies_sent))
        .with("syncookies_recv_delta_count", Value::Number(pressure.cookies_back))
        .recheck("nstat -az 'TcpExtSyncookies*' 'TcpExtTCPReqQFull*' TcpPassiveOpens"),
    )
    .supports(Weight::Weak, phrase::retries(view, rows, "only the timer, no repeated SYN came in"));
    advise(view, case);
}

fn advise(view: &View<'_>, case: &mut Case) {
    let off = view
        .settings()
        .is_some_and(|settings| settings.values.get("net.ipv4.tcp_syncookies") == Some(&0));
    if off {
        case.action(Action {
            id: "cookies-on",
            label: ActionLabel::Safe,
            text: text!["switch SYN cookies on, so that real clients get in"],
            commands: vec![Command("sysctl -w net.ipv4.tcp_syncookies=1".to_owned())],
            verify: text!["SyncookiesRecv grows as real clients complete"],
        });
    }
    case.action(Action {
        id: "filter-upstream",
        label: ActionLabel::Investigate,
        text: text!["have the SYNs filtered upstream, or put a SYN proxy in front"],
        commands: vec![],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::Class;

    use crate::fixture::HostFixture;

    fn host(sources: u8) -> HostFixture {
        let host = HostFixture::new().device(2, "ps0").address(2, "10.1.0.10/24").listener(
            "10.1.0.10:80",
            0,
            128,
        );
        (0..100).fold(host, |host, index: u8| {
            let peer = format!("198.18.{}.{}:4{index:03}", index % sources, index / sources + 1);
            host.stuck_request("10.1.0.10:80", &peer, (2, 2))
        })
    }

    #[test]
    fn many_silent_sources_are_a_flood() {
        let judged = host(100).counter_moved("TcpExtTCPReqQFullDoCookies", 270).diagnose();
        assert_eq!(judged.leading(), Some("syn-flood"));
        assert_eq!(judged.finding("syn-flood").unwrap().class, Class::Flood);
    }

    #[test]
    fn many_rows_of_few_networks_are_not() {
        let judged = host(5).counter_moved("TcpExtTCPReqQFullDoCookies", 270).diagnose();
        assert!(judged.finding("syn-flood").is_none());
    }

    #[test]
    fn many_rows_on_a_server_that_serves_many_more_are_not() {
        let judged = host(100).passive_opens(5_000).diagnose();
        assert!(judged.finding("syn-flood").is_none());
    }
}
