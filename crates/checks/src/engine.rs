//! Runs the checks and puts their cases together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    CheckOutcome, CheckResult, Confidence, Connection, Diagnosis, Evidence, Facts, Finding, Gap,
    ListenerView, NotChecked, Observation, Part, Reason, Section, SourceKind, Stance, Text, text,
};

use crate::attribution::{self, ByRequest};
use crate::cases::{Case, Cases, Weighed};
use crate::view::{RequestView, View};
use crate::{CATALOG, Check, ask, leads, syn_room, unasked, undelivered, verdict, ways};

/// Judges facts and observation. The same input gives the same diagnosis.
pub fn diagnose(facts: &Facts, observation: &Observation) -> Diagnosis {
    let view = View::new(facts, observation);
    let mut findings = Vec::new();
    let mut checks = Vec::new();
    let mut not_checked = Vec::new();
    for check in CATALOG {
        let outcome = match missing(facts, observation, check) {
            Some((part, gap)) => {
                not_checked.push(NotChecked {
                    check: check.info.id,
                    reason: gap.reason.clone(),
                    detail: text!["needs ", part.name(), ": ", &gap.detail],
                });
                CheckOutcome::NotChecked
            }
            None => match run(check, &view) {
                Ok(cases) => settle(&view, check, cases, &mut findings),
                Err(()) => {
                    not_checked.push(broken(check));
                    CheckOutcome::NotChecked
                }
            },
        };
        let outcome = match outcome {
            CheckOutcome::Pass | CheckOutcome::NotChecked => {
                follow(&view, check, &mut findings).unwrap_or(outcome)
            }
            CheckOutcome::Finding | CheckOutcome::RuledOut(_) => outcome,
        };
        checks.push(CheckResult { id: check.info.id, outcome });
    }
    let attributed = attribution::attribute(findings, view.requests().len());
    not_checked.extend(uncovered(facts, &view));
    let stuck: Vec<usize> = view.stuck(|_| true);
    let verdict = verdict::verdict(&view, &attributed.findings, &stuck, &attributed.by_request);
    drop(stuck);
    let mut diagnosis = Diagnosis {
        verdict,
        findings: attributed.findings,
        not_checked,
        checks,
        listeners: listeners(&view),
        connections: connections(&view, &attributed.by_request),
        namespaces: facts
            .namespaces
            .data()
            .map(|survey| survey.with_requests.clone())
            .unwrap_or_default(),
        handshake_count: view.delta("TcpPassiveOpens"),
        overflow_delta: view.delta("TcpExtListenOverflows"),
        overflow_total: view.counters().and_then(|(_, now)| now.get("TcpExtListenOverflows")),
        pieces: Vec::new(),
        questions: Vec::new(),
    };
    diagnosis.not_checked.extend(unasked::unasked(facts, &view, &diagnosis));
    if is_open(facts, &diagnosis) {
        diagnosis.questions = ask::missing(facts, observation, &diagnosis);
    }
    diagnosis
}

/// Nothing leads, or nothing that is sure, and somebody else has the host.
fn is_open(facts: &Facts, diagnosis: &Diagnosis) -> bool {
    facts.source == SourceKind::Ticket
        && diagnosis.verdict.confidence != Some(Confidence::Confirmed)
}

/// What a ticket leads to, where the check itself had nothing to examine.
fn follow(
    view: &View<'_>,
    check: &'static Check,
    findings: &mut Vec<Finding>,
) -> Option<CheckOutcome> {
    let mut cases = Cases::default();
    let id = check.info.id;
    catch_unwind(AssertUnwindSafe(|| leads::follow(view, id, &mut cases))).ok()?;
    view.take_read();
    (!cases.0.is_empty()).then(|| settle(view, check, cases.0, findings))
}

/// One faulty check must not cost the other findings.
fn run(check: &Check, view: &View<'_>) -> Result<Vec<Case>, ()> {
    let mut cases = Cases::default();
    view.take_read();
    catch_unwind(AssertUnwindSafe(|| (check.examine)(view, &mut cases))).map_err(|_| ())?;
    let read = view.take_read();
    debug_assert!(
        read.iter()
            .all(|part| check.info.needs.contains(part) || check.info.also_reads.contains(part)),
        "{} reads {read:?}, which it does not declare",
        check.info.id,
    );
    Ok(cases.0)
}

fn broken(check: &Check) -> NotChecked {
    NotChecked {
        check: check.info.id,
        reason: Reason::NotApplicable,
        detail: text!["the check itself failed on these facts; please report it with the JSON"],
    }
}

fn settle(
    view: &View<'_>,
    check: &'static Check,
    cases: Vec<Case>,
    findings: &mut Vec<Finding>,
) -> CheckOutcome {
    let mut outcome = CheckOutcome::Pass;
    for mut case in cases {
        ways::argue(view, check, &mut case);
        match case.weight() {
            Weighed::Unsupported => {}
            Weighed::RuledOut => {
                if outcome == CheckOutcome::Pass {
                    outcome = CheckOutcome::RuledOut(heaviest_against(&case));
                }
            }
            Weighed::Holds(confidence) => {
                outcome = CheckOutcome::Finding;
                findings.push(finding(check, case, confidence));
            }
        }
    }
    outcome
}

fn heaviest_against(case: &Case) -> Text {
    case.evidence
        .iter()
        .filter(|piece| piece.stance == Stance::Against)
        .max_by_key(|piece| piece.weight)
        .map(|piece| piece.text.clone())
        .unwrap_or_default()
}

fn finding(check: &Check, case: Case, confidence: Confidence) -> Finding {
    let (mut evidence, mut against): (Vec<Evidence>, Vec<Evidence>) =
        case.evidence.into_iter().partition(|piece| piece.stance == Stance::For);
    for side in [&mut evidence, &mut against] {
        side.sort_by_key(|piece| std::cmp::Reverse(piece.weight));
    }
    Finding {
        id: check.info.id,
        class: case.class.unwrap_or(check.info.class),
        severity: case.severity,
        confidence,
        subject: case.subject,
        headline: case.headline,
        summary: case.summary,
        args: case.args,
        evidence,
        against,
        disproved_by: check.info.disproved_by.to_vec(),
        affected: case.affected,
        explains: Vec::new(),
        actions: case.actions,
    }
}

fn missing<'a>(
    facts: &'a Facts,
    observation: &'a Observation,
    check: &Check,
) -> Option<(Part, &'a Gap)> {
    check.info.needs.iter().find_map(|&part| Some((part, gap_of(facts, observation, part)?)))
}

fn gap_of<'a>(facts: &'a Facts, observation: &'a Observation, part: Part) -> Option<&'a Gap> {
    fn gap<T>(section: &Section<T>) -> Option<&Gap> {
        section.gap()
    }
    match part {
        Part::Sockets => gap(&facts.sockets),
        Part::Links => gap(&facts.links),
        Part::Addresses => gap(&facts.addresses),
        Part::Settings => gap(&facts.settings),
        Part::Neighbours => gap(&facts.neighbours),
        Part::Routes => gap(&facts.routes),
        Part::Rules => gap(&facts.rules),
        Part::Replies => gap(&facts.replies),
        Part::Counters => gap(&facts.counters),
        Part::Filters => gap(&facts.filters),
        Part::DeviceFilters => gap(&facts.device_filters),
        Part::Conntrack => gap(&facts.tracked),
        Part::Frames => gap(&observation.frames),
        Part::Probes => gap(&facts.probed),
    }
}

/// What no check looks at, and what was read only in part.
fn uncovered(facts: &Facts, view: &View<'_>) -> Vec<NotChecked> {
    let mut list = Vec::new();
    if let Some(gap) = view.observation().frames.gap()
        && view.requests().iter().any(RequestView::is_stuck)
    {
        list.push(NotChecked {
            check: "frames",
            reason: gap.reason.clone(),
            detail: text![
                "did the ACK arrive, with which MAC and TTL did the SYN come: ",
                &gap.detail,
            ],
        });
    }
    if let Some(gap) = facts.filters.gap() {
        let below = undelivered::undelivered(view, undelivered::Version::V4).unwrap_or(0);
        let mut detail = text!["rules of netfilter: ", &gap.detail];
        if below > 0 {
            detail.push(text![
                "; ",
                below,
                " IPv4 packets ended between IP and TCP while watching"
            ]);
        }
        list.push(NotChecked { check: "filters", reason: gap.reason.clone(), detail });
    }
    list.extend(ways::limit(view));
    let partial = [
        ("filters", facts.filters.flaws()),
        ("device-filters", facts.device_filters.flaws()),
        ("sockets", facts.sockets.flaws()),
        ("neighbours", facts.neighbours.flaws()),
        ("routes", facts.routes.flaws()),
        ("rules", facts.rules.flaws()),
        ("addresses", facts.addresses.flaws()),
        ("links", facts.links.flaws()),
        ("counters", facts.counters.flaws()),
        ("namespaces", facts.namespaces.flaws()),
    ];
    for (part, flaws) in partial {
        list.extend(flaws.iter().map(|flaw| partly(part, flaw)));
    }
    for (part, gap) in [("namespaces", facts.namespaces.gap()), ("settings", facts.settings.gap())]
    {
        if let Some(gap) = gap {
            list.push(NotChecked {
                check: part,
                reason: gap.reason.clone(),
                detail: gap.detail.clone(),
            });
        }
    }
    list
}

fn partly(part: &'static str, flaw: &synrecv_model::Flaw) -> NotChecked {
    use synrecv_model::Flaw;
    let (reason, detail) = match flaw {
        Flaw::Interrupted | Flaw::ChangedWhileRead => {
            (Reason::TimedOut, text!["the table changed while it was read; rows can be missing"])
        }
        Flaw::Lost => (Reason::TimedOut, text!["the kernel dropped part of the dump"]),
        Flaw::Undecodable { count, first } => {
            (Reason::KernelTooOld, text![*count, " rows were not understood, first: ", first])
        }
        Flaw::PartMissing(gap) => (gap.reason.clone(), gap.detail.clone()),
    };
    NotChecked { check: part, reason, detail }
}

fn connections(view: &View<'_>, by_request: &ByRequest) -> Vec<Connection> {
    view.requests()
        .iter()
        .enumerate()
        .map(|(index, request)| {
            let life = request.track.last_life();
            let route = request.reply.and_then(|reply| reply.resolved.as_ref().ok());
            Connection {
                flow: request.track.flow,
                listener_family: request.track.listener_family,
                counters: life.last.counters,
                age_ms: (request.reading != RetryReading::Untold || life.seen_for_ms() > 0)
                    .then(|| life.least_age_ms()),
                age_is_lower_bound: life.last.counters.age_is_lower_bound()
                    || life.first.counters.age_is_lower_bound(),
                seen_for_ms: life.seen_for_ms(),
                life_count: request.track.life_count,
                reading: request.reading,
                out_dev: route.map(|route| view.dev(route.oif)),
                out_next_hop: request.reply.and_then(synrecv_model::Reply::next_hop),
                out_mac: request.next_hop.and_then(|entry| entry.mac),
                out_state: request.next_hop.map(|entry| entry.state),
                via_gateway: route.map(|route| route.gateway.is_some()),
                seen: request.seen.as_deref().map(|seen| Box::new(seen.shown(view))),
                findings: Arc::clone(by_request.of(index)),
            }
        })
        .collect()
}

fn listeners(view: &View<'_>) -> Vec<ListenerView> {
    let mut list: Vec<ListenerView> = view
        .sockets()
        .into_iter()
        .flat_map(|sockets| &sockets.listeners)
        .map(|listener| ListenerView {
            local: listener.local,
            family: listener.family,
            accept_queue_count: listener.accept_queue_count,
            accept_queue_max_count: listener.accept_queue_max_count,
            syn_recv_count: syn_room::open_requests(view, |local| {
                view.listener(local).is_some_and(|own| own.inode == listener.inode)
            }),
            drops_count: listener.drops_count,
            drops_delta: view
                .listener_tracks()
                .iter()
                .find(|track| track.inode == listener.inode)
                .and_then(|track| track.drops_delta),
            owners: listener.owners.clone(),
        })
        .collect();
    list.sort_by_key(|listener| (std::cmp::Reverse(listener.syn_recv_count), listener.local));
    list
}

#[cfg(test)]
mod tests {
    use crate::fixture::HostFixture;

    #[test]
    fn an_idle_host_is_idle_and_a_busy_one_ok() {
        let host = || HostFixture::new().device(2, "ps0").address(2, "10.1.0.10/24");
        assert_eq!(host().passive_opens(0).diagnose().status(), "idle");
        assert_eq!(host().passive_opens(212).diagnose().status(), "ok");
    }

    #[test]
    fn what_nothing_explains_is_unexplained() {
        let host = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (4, 1));
        let diagnosis = host.diagnose();
        assert_eq!(diagnosis.status(), "unexplained");
        assert_eq!(diagnosis.leading(), None);
    }

    #[test]
    fn a_warning_about_others_explains_nothing() {
        let host = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (4, 1))
            .counter_moved("ArpCacheTableFulls", 7);
        let diagnosis = host.diagnose();
        assert!(diagnosis.finding("neighbour-table-full").is_some());
        assert_eq!(diagnosis.status(), "unexplained");
    }
}
