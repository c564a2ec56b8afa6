//! The answer in one line.

use synrecv_model::{Finding, Severity, SourceKind, Status, Text, Verdict, text};

use crate::attribution::ByRequest;
use crate::view::View;
use crate::{captured, phrase};

pub(crate) fn verdict(
    view: &View<'_>,
    findings: &[Finding],
    stuck: &[usize],
    by_request: &ByRequest,
) -> Verdict {
    let unexplained: Vec<usize> =
        stuck.iter().copied().filter(|&request| by_request.of(request).is_empty()).collect();
    let leading = findings
        .first()
        .filter(|finding| finding.severity > Severity::Info || !finding.affected.is_empty())
        .filter(|finding| {
            // On a host, a warning about none of the stuck connections does not answer why they are;
            // a text seldom shows whose it is.
            let beside = finding.severity < Severity::Problem && finding.affected.is_empty();
            unexplained.is_empty() || !beside || view.source() == SourceKind::Ticket
        });
    let severity = leading.map_or(Severity::Info, |finding| finding.severity);
    let leading = leading.filter(|_| severity > Severity::Info || unexplained.is_empty());
    let told = leading.is_none().then(|| captured::verdict(view, &unexplained)).flatten();
    let status = match severity {
        _ if told.is_some() => told.as_ref().map_or(Status::Ok, |(status, _)| *status),
        Severity::Problem => Status::Problem,
        Severity::Warning => Status::Warning,
        Severity::Info if !unexplained.is_empty() => Status::Unexplained,
        Severity::Info if leading.is_none() && shows_nothing(view) => Status::Unexplained,
        Severity::Info if stuck.is_empty() && is_idle(view) => Status::Idle,
        Severity::Info => Status::Ok,
    };
    let summary = match (status, leading) {
        _ if told.is_some() => told.map(|(_, summary)| summary).unwrap_or_default(),
        (Status::Ok, Some(finding)) if view.source() == SourceKind::Capture => {
            text!["no fault of the server is to be seen: ", &finding.headline]
        }
        (Status::Ok, Some(finding)) => text!["not a fault of this host: ", &finding.headline],
        (_, Some(finding)) => finding.headline.clone(),
        (Status::Unexplained, None) if stuck.is_empty() => {
            text!["nothing in this text shows a handshake that fails, or why one would"]
        }
        (Status::Unexplained, None) => {
            text![phrase::stuck(view, &unexplained), " and no cause could be established",]
        }
        (Status::Idle, None) => idle(view),
        (_, None) => healthy(view),
    };
    Verdict {
        status,
        class: leading.map(|finding| finding.class),
        finding: leading.map(|finding| finding.id),
        confidence: leading.map(|finding| finding.confidence),
        stuck_count: stuck.len(),
        summary,
    }
}

/// Nothing came: no request in any sample and no handshake completed, as far as that is known.
fn is_idle(view: &View<'_>) -> bool {
    view.observation().seen_count == 0 && view.delta("TcpPassiveOpens").unwrap_or(0) == 0
}

/// A ticket without connections: that none is stuck is not said by it.
fn shows_nothing(view: &View<'_>) -> bool {
    let shown = view.sockets().is_some_and(|sockets| {
        !sockets.listeners.is_empty() || !sockets.requests.is_empty() || !sockets.others.is_empty()
    });
    view.source() == SourceKind::Ticket && !shown && view.capture().is_none()
}

fn idle(view: &View<'_>) -> Text {
    if view.source() == SourceKind::Ticket {
        return match view.whole_sockets() {
            Some(_) => text!["no connection is in SYN_RECV in this text"],
            None => text![
                "this text shows no connection in SYN_RECV, and does not list all that there are"
            ],
        };
    }
    if view.observation().sample_count < 2 {
        return text!["no connection is in SYN_RECV now (one look; nothing was watched)"];
    }
    text!["nothing to judge: no handshake was seen in ", seconds(view)]
}

/// What a look without a stuck connection amounts to.
fn healthy(view: &View<'_>) -> Text {
    if view.source() == SourceKind::Ticket {
        return text!["no connection in this text is stuck in SYN_RECV"];
    }
    let waiting = view.requests().len();
    if view.observation().sample_count < 2 && waiting > 0 {
        return text![
            "one look: ",
            phrase::count(waiting, "handshake", "handshakes"),
            " under way, too young to say whether one is stuck; watch for some seconds (--observe 5s)",
        ];
    }
    let young = view.requests().iter().filter(|request| request.track.last_life().gone.is_none());
    let mut text = text!["no stuck connections"];
    if let Some(done) = view.delta("TcpPassiveOpens") {
        let done = usize::try_from(done).unwrap_or(usize::MAX);
        text.push(text![
            ": ",
            phrase::count(done, "handshake", "handshakes"),
            " completed in ",
            seconds(view),
        ]);
    }
    text.push(text![", ", young.count(), " under way"]);
    text
}

fn seconds(view: &View<'_>) -> Text {
    text![view.observation().ended.plus_ms(500).ms_since(view.observation().started) / 1000, " s"]
}
