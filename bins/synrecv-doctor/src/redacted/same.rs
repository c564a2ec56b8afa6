//! Whether two diagnoses say the same, once one of them is told in the pseudonyms of the other.

use std::net::Ipv4Addr;

use synrecv_bundle::redact::Pseudonyms;
use synrecv_model::{Class, Confidence, Diagnosis, Finding, Flow, Severity, Subject, Value};

/// What a finding says, and about which connections.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    id: &'static str,
    class: Class,
    severity: Severity,
    confidence: Confidence,
    subject: Subject,
    affected: Vec<Flow>,
    /// Arguments that are no names, and how many names there are.
    counts: Vec<(&'static str, u64)>,
    /// Another one explains it. Of two that could alike, it is the one that comes first.
    is_explained: bool,
}

/// Names and addresses in the words of one diagnosis.
trait Words {
    fn flow(&self, flow: Flow) -> Flow;
    fn subject(&self, subject: &Subject) -> Subject;
}

/// As they are.
struct Own;

impl Words for Own {
    fn flow(&self, flow: Flow) -> Flow {
        flow
    }

    fn subject(&self, subject: &Subject) -> Subject {
        match *subject {
            Subject::Way(ifindex, _) => any_way(ifindex),
            _ => subject.clone(),
        }
    }
}

impl Words for Pseudonyms {
    fn flow(&self, flow: Flow) -> Flow {
        Self::flow(self, flow)
    }

    fn subject(&self, subject: &Subject) -> Subject {
        match *subject {
            Subject::Host => Subject::Host,
            Subject::Listener(local) => Subject::Listener(self.endpoint(local)),
            Subject::Link(ifindex) => Subject::Link(ifindex),
            Subject::Prefix(ifindex, net) => Subject::Prefix(ifindex, self.net(net)),
            Subject::Mac(ifindex, mac) => Subject::Mac(ifindex, self.mac(mac)),
            Subject::Way(ifindex, _) => any_way(ifindex),
        }
    }
}

/// The address of a way can be that of the first peer that goes by it.
fn any_way(ifindex: u32) -> Subject {
    Subject::Way(ifindex, Ipv4Addr::UNSPECIFIED.into())
}

/// What differs. Only what does not depend on the order of addresses is compared: examples may be
/// others.
pub(super) fn difference(
    before: &Diagnosis,
    after: &Diagnosis,
    names: &Pseudonyms,
) -> Option<&'static str> {
    let pairs = [
        ("its verdict", verdict(before) == verdict(after)),
        ("its findings", findings(before, names) == findings(after, &Own)),
        ("what was checked", checks(before) == checks(after)),
        (
            "what was not checked",
            not_checked(before, after.not_checked.len()) == not_checked(after, usize::MAX),
        ),
        (
            "whose connections are explained by what",
            connections(before, names) == connections(after, &Own),
        ),
        ("its listeners", before.listeners.len() == after.listeners.len()),
        ("its counts", counts(before) == counts(after)),
    ];
    pairs.into_iter().find_map(|(what, same)| (!same).then_some(what))
}

fn verdict(diagnosis: &Diagnosis) -> impl PartialEq {
    let verdict = &diagnosis.verdict;
    (verdict.status, verdict.class, verdict.finding, verdict.confidence, verdict.stuck_count)
}

fn checks(diagnosis: &Diagnosis) -> Vec<(&'static str, &'static str)> {
    diagnosis.checks.iter().map(|check| (check.id, check.outcome.name())).collect()
}

/// Of the first ones: what follows was said by the input.
fn not_checked(diagnosis: &Diagnosis, count: usize) -> Vec<(&'static str, &'static str)> {
    let said = diagnosis.not_checked.iter().take(count);
    said.map(|entry| (entry.check, entry.reason.word())).collect()
}

fn connections<'d>(
    diagnosis: &'d Diagnosis,
    words: &dyn Words,
) -> Vec<(Flow, &'static str, &'d [&'static str])> {
    let connections = diagnosis.connections.iter();
    let mut all: Vec<_> =
        connections.map(|one| (words.flow(one.flow), one.reading.name(), &*one.findings)).collect();
    all.sort_unstable();
    all
}

fn counts(diagnosis: &Diagnosis) -> impl PartialEq {
    let Diagnosis { namespaces, handshake_count, overflow_delta, overflow_total, .. } = diagnosis;
    (namespaces.len(), *handshake_count, *overflow_delta, *overflow_total)
}

/// All findings, those that are explained by others too.
fn findings(diagnosis: &Diagnosis, words: &dyn Words) -> Vec<Said> {
    let mut all = Vec::new();
    add_findings(diagnosis, &diagnosis.findings, false, words, &mut all);
    all.sort_unstable();
    all
}

fn add_findings(
    diagnosis: &Diagnosis,
    findings: &[Finding],
    is_explained: bool,
    words: &dyn Words,
    all: &mut Vec<Said>,
) {
    for finding in findings {
        all.push(Said { is_explained, ..Said::new(diagnosis, finding, words) });
        add_findings(diagnosis, &finding.explains, true, words, all);
    }
}

impl Said {
    fn new(diagnosis: &Diagnosis, finding: &Finding, words: &dyn Words) -> Self {
        let affected = finding.affected.iter().filter_map(|&at| diagnosis.connections.get(at));
        let mut affected: Vec<Flow> = affected.map(|one| words.flow(one.flow)).collect();
        affected.sort_unstable();
        Self {
            id: finding.id,
            class: finding.class,
            severity: finding.severity,
            confidence: finding.confidence,
            subject: words.subject(&finding.subject),
            affected,
            counts: finding.args.iter().map(|(name, value)| (*name, count(value))).collect(),
            is_explained: false,
        }
    }
}

fn count(value: &Value) -> u64 {
    match value {
        Value::Number(number) => *number,
        Value::Flag(flag) => u64::from(*flag),
        Value::List(list) => list.len() as u64,
        Value::Word(word) => word.len() as u64,
        Value::Unknown => 0,
        Value::Ip(_) | Value::Net(_) | Value::Mac(_) | Value::Endpoint(_) | Value::Foreign(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use synrecv_bundle::redact::{Key, Mode, redact};

    const INCIDENT: &[u8] = include_bytes!("../../recordings/incident.bundle");

    #[test]
    fn what_differs_is_named() {
        let bundle = synrecv_bundle::read(INCIDENT).unwrap();
        let before = synrecv_checks::diagnose(&bundle.facts, &bundle.observation);
        let key = Key::new([7; 32]);
        let (facts, observation, names) =
            redact(bundle.facts, bundle.observation, &key, Mode::default());
        let after = || synrecv_checks::diagnose(&facts, &observation);
        assert_eq!(difference(&before, &after(), &names), None);
        // Names that are not those of the redaction.
        let other = Key::new([8; 32]);
        let (_, _, others) = redact(facts.clone(), observation.clone(), &other, Mode::default());
        assert_eq!(difference(&before, &after(), &others), Some("its findings"));

        let changed = |change: fn(&mut Diagnosis)| {
            let mut after = after();
            change(&mut after);
            difference(&before, &after, &names)
        };
        let verdict = changed(|it| it.verdict.confidence = Some(Confidence::Possible));
        assert_eq!(verdict, Some("its verdict"));
        assert_eq!(changed(|it| it.findings[0].severity = Severity::Info), Some("its findings"));
        assert_eq!(changed(|it| drop(it.findings[0].explains.pop())), Some("its findings"));
        assert_eq!(changed(|it| it.findings[0].affected.truncate(1)), Some("its findings"));
        let number = changed(|it| {
            for (_, value) in &mut it.findings[0].args {
                if let Value::Number(number) = value {
                    *number += 1;
                }
            }
        });
        assert_eq!(number, Some("its findings"));
        assert_eq!(changed(|it| drop(it.checks.pop())), Some("what was checked"));
        let connections = Some("whose connections are explained by what");
        assert_eq!(changed(|it| it.connections[0].findings = [].into()), connections);
        assert_eq!(changed(|it| it.handshake_count = None), Some("its counts"));
    }
}
