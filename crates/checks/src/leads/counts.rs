//! Totals since boot, queues at one moment.

use std::collections::{BTreeMap, BTreeSet};

use synrecv_model::view::place;
use synrecv_model::{
    Endpoint, Event, Listener, Origin, Severity, Subject, TcpState, Text, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::{RequestView, View};

/// Overflows since boot that are more than a burst at its start.
const OVERFLOWS_MANY: u64 = 100;

/// One in so many handshakes.
const NOTABLE_SHARE: u64 = 50;

pub(super) fn total_fact(name: &'static str, text: Text, counter: &str, value: u64) -> Fact {
    Fact::new(Origin::Counters, name, text)
        .with("total_count", Value::Number(value))
        .recheck(format!("nstat -az {counter}; sleep 10; nstat -az {counter}"))
}

/// A total that matters beside the handshakes that completed.
fn notable(view: &View<'_>, name: &str) -> Option<u64> {
    let value = view.total(name).filter(|&value| value > 0)?;
    // It is old: between two readings nothing was added.
    if view.delta(name) == Some(0) {
        return None;
    }
    let much = match view.total("TcpPassiveOpens") {
        Some(done) => value.saturating_mul(NOTABLE_SHARE) >= done,
        None => value >= OVERFLOWS_MANY,
    };
    (much && super::is_trouble(view)).then_some(value)
}

pub(super) fn accept_queue_full(view: &View<'_>, cases: &mut Cases) {
    let listeners = view.sockets().into_iter().flat_map(|sockets| &sockets.listeners);
    for listener in listeners.filter(|own| own.accept_queue_count > 0) {
        let waiting = view.stuck(|request| {
            request.may_lose_ack()
                && view.listener(request.local()).is_some_and(|own| std::ptr::eq(own, listener))
        });
        let under_limit =
            listener.accept_queue_max_count.is_some_and(|max| listener.accept_queue_count < max);
        if waiting.is_empty() || under_limit {
            continue;
        }
        let unaccepted = unaccepted(view, listener);
        let fills = unaccepted == Some(listener.accept_queue_count);
        // Some queue of this host was full, and this is one that holds something.
        let overflows = view.total("TcpExtListenOverflows").filter(|&count| count > 0);
        let overflowed = overflows.filter(|_| view.delta("TcpExtListenOverflows") != Some(0));
        let case = cases.about(Subject::Listener(listener.local));
        case.headline(text![phrase::stuck(view, &waiting), ": connections wait to be accepted"])
            .summary(text![
                "the accept queue of ",
                listener.local,
                " holds ",
                listener.accept_queue_count,
                ": the application does not take them",
            ])
            .arg("local", Value::Endpoint(listener.local))
            .arg("accept_queue_count", Value::Number(listener.accept_queue_count.into()))
            .affects(waiting.iter().copied())
            // Weak: how many fit is not printed.
            .supports(
                if fills || overflowed.is_some() { Weight::Strong } else { Weight::Weak },
                Fact::new(
                    Origin::Queue,
                    "connections-wait",
                    text![
                        "Recv-Q of the listener is ",
                        listener.accept_queue_count,
                        "; its limit is not in the input",
                    ],
                )
                .with("accept_queue_count", Value::Number(listener.accept_queue_count.into()))
                .recheck(format!("ss -ltn 'sport = :{}'", listener.local.port)),
            );
        if let Some(overflows) = overflowed {
            let text = text!["ListenOverflows is ", overflows];
            case.supports(
                Weight::Weak,
                total_fact("overflows-since-boot", text, "'TcpExtListen*'", overflows),
            );
        }
        if fills {
            case.supports(
                Weight::Weak,
                Fact::new(
                    Origin::Sockets,
                    "nobody-owns-them",
                    text![
                        "as many connections to it are ESTABLISHED and no process has them: they \
                         were never accepted",
                    ],
                ),
            );
        }
        return;
    }
    let Some(overflows) = notable(view, "TcpExtListenOverflows") else { return };
    if !listeners_can_be_full(view) {
        return;
    }
    let drops = view.total("TcpExtListenDrops");
    let mut text = text!["ListenOverflows is ", overflows];
    if let Some(drops) = drops {
        text.push(text![", ListenDrops ", drops]);
        if drops == overflows {
            text.push(": every drop was for want of room in an accept queue");
        }
    }
    cases
        .about(Subject::Host)
        .headline(text!["the kernel dropped handshakes because an accept queue was full"])
        .summary(text!["an application does not accept fast enough"])
        .supports(
            Weight::Weak,
            total_fact("overflows-since-boot", text, "'TcpExtListen*'", overflows),
        );
}

/// Connections to a listener that are up and that no process has. `None` when processes are not shown.
fn unaccepted(view: &View<'_>, listener: &Listener) -> Option<u32> {
    let sockets = view.sockets()?;
    let shown = |listener: &Listener| matches!(&listener.owners, synrecv_model::Owners::Known(list) if !list.is_empty());
    sockets.listeners.iter().any(shown).then_some(())?;
    let up = sockets.others.iter().filter(|socket| {
        socket.state == TcpState::Established
            && listener.accepts(socket.flow.local)
            && socket.inode == 0
    });
    u32::try_from(up.count()).ok()
}

/// False when all listeners are shown with queues that are empty.
fn listeners_can_be_full(view: &View<'_>) -> bool {
    let sockets = view.sockets();
    let listeners = sockets.map_or(&[][..], |sockets| &sockets.listeners);
    listeners.is_empty()
        || listeners.iter().any(|own| own.accept_queue_count > 0)
        || !view.stuck(|_| true).is_empty()
}

pub(super) fn syn_queue_full(view: &View<'_>, cases: &mut Cases) {
    let dropped = notable(view, "TcpExtTCPReqQFullDrop");
    let cookies = notable(view, "TcpExtTCPReqQFullDoCookies");
    let Some(full) = dropped.or(cookies) else { return };
    cases
        .about(Subject::Host)
        .severity(if dropped.is_some() { Severity::Problem } else { Severity::Warning })
        .headline(text!["a SYN queue was full ", full, " times since boot"])
        .summary(text!["more handshakes are open than a listener's queue holds"])
        .supports(
            Weight::Weak,
            total_fact(
                "full-since-boot",
                text!["TCPReqQFullDrop and TCPReqQFullDoCookies together are ", full],
                "'TcpExtTCPReqQFull*'",
                full,
            ),
        );
}

/// Rows of a flood: fewer are no more than the background of the internet.
const FLOOD_ROWS_LEAST: usize = 16;

/// Requests of many sources that have one each, while a queue is full. A text rarely holds all of them.
pub(super) fn syn_flood(view: &View<'_>, cases: &mut Cases) {
    let mut by_local: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(RequestView::may_lose_ack) {
        by_local.entry(view.requests()[index].local()).or_default().push(index);
    }
    let Some((local, rows)) = by_local.into_iter().max_by_key(|(_, rows)| rows.len()) else {
        return;
    };
    let peers = phrase::peers(view, &rows);
    let networks: BTreeSet<_> = peers.iter().map(|&peer| place(peer)).collect();
    // Nine networks for ten rows at least: real clients come back with further connections.
    if rows.len() < FLOOD_ROWS_LEAST || networks.len() * 10 < rows.len() * 9 {
        return;
    }
    let total = |name: &str| view.total(name).unwrap_or(0);
    let (sent, back) = (total("TcpExtSyncookiesSent"), total("TcpExtSyncookiesRecv"));
    let said = view.messages().any(
        |message| matches!(message.event, Event::SynFlooding { port, .. } if port == local.port),
    );
    let unanswered = sent >= OVERFLOWS_MANY && back * 10 < sent;
    if !said && !unanswered && total("TcpExtTCPReqQFullDrop") < OVERFLOWS_MANY {
        return;
    }
    let case = cases.about(Subject::Listener(local));
    case.headline(text![
        phrase::count(rows.len(), "handshake", "handshakes"),
        " to ",
        local,
        " from ",
        peers.len(),
        " sources are open and none is answered",
    ])
    .summary(text!["SYNs come from ", networks.len(), " networks and nobody there sends an ACK"])
    .arg("local", Value::Endpoint(local))
    .arg("source_count", Value::Number(peers.len() as u64))
    .arg("network_count", Value::Number(networks.len() as u64))
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
                networks.len(),
                " networks: hardly any source twice",
            ],
        )
        .with("syn_recv_count", Value::Number(rows.len() as u64))
        .recheck("ss -Htn state syn-recv | awk '{print $4}' | sort | uniq -c | sort -rn | head"),
    );
    if said {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Log,
                "syn-flooding-message",
                text!["the kernel says: possible SYN flooding on port ", local.port],
            ),
        );
    }
    if sent > 0 {
        let text = text!["SYN cookies sent ", sent, ", that came back ", back];
        case.supports(
            Weight::Weak,
            total_fact("cookies-since-boot", text, "'TcpExtSyncookies*'", sent),
        );
    }
}

/// Connections that were refused for their time stamps since boot.
pub(super) fn timestamp_rejected(view: &View<'_>, cases: &mut Cases) {
    let recycles = view
        .settings()
        .and_then(|settings| settings.values.get("net.ipv4.tcp_tw_recycle").copied())
        .is_some_and(|value| value != 0);
    let Some(refused) = notable(view, "TcpExtPAWSPassive") else { return };
    let case = cases.about(Subject::Host);
    case.headline(text![refused, " SYNs were refused for their time stamps since boot"])
        .summary(text![
            "with tcp_tw_recycle a SYN is dropped that is older, by its time stamp, than the last \
             segment of the same address: of clients behind one NAT all but one",
        ])
        .supports(
            if recycles { Weight::Strong } else { Weight::Weak },
            total_fact(
                "passive-rejected-since-boot",
                text![
                    "PAWSPassive (passive connections rejected because of time stamp) is ",
                    refused
                ],
                "TcpExtPAWSPassive",
                refused,
            ),
        );
    if recycles {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Settings,
                "time-wait-recycled",
                text!["net.ipv4.tcp_tw_recycle is on; Linux 4.12 took it away"],
            )
            .recheck("sysctl net.ipv4.tcp_tw_recycle"),
        );
    }
}

/// Segments that were refused for their signature since boot.
pub(super) fn md5_mismatch(view: &View<'_>, cases: &mut Cases) {
    let names = ["TcpExtTCPMD5Failure", "TcpExtTCPMD5NotFound", "TcpExtTCPMD5Unexpected"];
    let found = names.into_iter().find_map(|name| Some((name, notable(view, name)?)));
    let Some((name, refused)) = found else { return };
    cases
        .about(Subject::Host)
        .headline(text![refused, " segments were refused for their signature since boot"])
        .summary(text!["TCP-MD5 of both ends does not fit"])
        .supports(
            Weight::Weak,
            total_fact("signatures-since-boot", text![name, " is ", refused], name, refused),
        );
}

pub(super) fn rp_filter_drop(view: &View<'_>, cases: &mut Cases) {
    let Some(dropped) = notable(view, "TcpExtIPReversePathFilter") else { return };
    cases
        .about(Subject::Host)
        .headline(text![dropped, " packets were dropped by the reverse-path filter since boot"])
        .summary(text!["the route back to their sources leaves by another device"])
        .supports(
            Weight::Weak,
            total_fact(
                "reverse-path-since-boot",
                text!["IPReversePathFilter is ", dropped],
                "TcpExtIPReversePathFilter",
                dropped,
            ),
        );
}

pub(super) fn conntrack_full(view: &View<'_>, cases: &mut Cases) {
    let value = |name: &str| {
        let settings = view.settings()?;
        settings.values.iter().find(|(key, _)| key.ends_with(name)).map(|(_, value)| *value)
    };
    let (Some(count), Some(max)) = (value("nf_conntrack_count"), value("nf_conntrack_max")) else {
        return;
    };
    // The last 5 % are short-lived when packets are dropped.
    if max <= 0 || count * 20 < max * 19 {
        return;
    }
    // A SYN that finds no room becomes no request: it is not what requests wait for.
    let some_wait = !view.stuck(|_| true).is_empty();
    cases
        .about(Subject::Host)
        .severity(if some_wait { Severity::Info } else { Severity::Problem })
        .headline(text!["the kernel drops packets of new connections"])
        .summary(text!["the table of tracked connections is full: ", count, " of ", max])
        .supports(
            if some_wait { Weight::Weak } else { Weight::Strong },
            Fact::new(
                Origin::Conntrack,
                "count-at-limit",
                text!["nf_conntrack_count is ", count, ", nf_conntrack_max ", max],
            )
            .recheck("sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"),
        );
}
