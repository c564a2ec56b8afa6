//! One answer for the hosts of a ticket: each is judged by itself.

use std::cmp::Reverse;

use synrecv_model::{CheckOutcome, Diagnosis, Finding, Status};

/// Puts the diagnoses of several hosts into one. The gravest leads; the others follow in their order.
/// The index of the one that leads comes with it. `None` without any.
pub fn together(mut all: Vec<Diagnosis>) -> Option<(usize, Diagnosis)> {
    let leading = all
        .iter()
        .enumerate()
        .max_by_key(|(index, one)| (rank(one), Reverse(*index)))
        .map(|(index, _)| index)?;
    let mut whole = all.remove(leading);
    for other in all {
        append(&mut whole, other);
    }
    Some((leading, whole))
}

fn rank(one: &Diagnosis) -> (u8, u8, usize) {
    let status = match one.verdict.status {
        Status::Problem => 5,
        Status::Warning => 4,
        Status::Unexplained if one.verdict.stuck_count > 0 => 3,
        Status::Ok => 2,
        Status::Idle => 1,
        // It shows nothing; what another host shows tells more.
        Status::Unexplained => 0,
    };
    let sure = one.verdict.confidence.map_or(0, |confidence| confidence as u8 + 1);
    (status, sure, one.verdict.stuck_count)
}

fn append(whole: &mut Diagnosis, other: Diagnosis) {
    let base = whole.connections.len();
    whole.verdict.stuck_count += other.verdict.stuck_count;
    whole.findings.extend(other.findings.into_iter().map(|finding| shifted(finding, base)));
    whole.connections.extend(other.connections);
    whole.listeners.extend(other.listeners);
    whole.namespaces.extend(other.namespaces);
    // What one host could answer was looked at.
    whole.not_checked.retain(|gap| other.not_checked.iter().any(|also| also.check == gap.check));
    for check in &mut whole.checks {
        let of_other = other.checks.iter().find(|one| one.id == check.id);
        if let Some(better) = of_other.filter(|one| weight(&one.outcome) > weight(&check.outcome)) {
            check.outcome = better.outcome.clone();
        }
    }
}

fn shifted(mut finding: Finding, base: usize) -> Finding {
    for index in &mut finding.affected {
        *index += base;
    }
    finding.explains = finding.explains.into_iter().map(|inner| shifted(inner, base)).collect();
    finding
}

fn weight(outcome: &CheckOutcome) -> u8 {
    match outcome {
        CheckOutcome::Finding => 3,
        CheckOutcome::RuledOut(_) => 2,
        CheckOutcome::Pass => 1,
        CheckOutcome::NotChecked => 0,
    }
}
