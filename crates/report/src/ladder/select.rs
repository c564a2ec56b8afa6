//! Which handshake is worth a picture.

use synrecv_model::{Capture, Handshake, Outcome};

use crate::Report;

/// The handshake to draw: of the peers that were asked for, else of any; a stuck connection that the
/// report lists, else the one with the outcome that says most.
///
/// `None` without frames, and where nothing was asked for and every handshake is as it should be.
pub(crate) fn chosen<'a>(report: &Report<'a>) -> Option<(&'a Capture, &'a Handshake)> {
    let capture = report.observation.frames.data()?;
    let wanted = |one: &&Handshake| report.peer.is_none_or(|net| net.contains(&one.flow.peer.ip));
    let listed = report.diagnosis.connections.iter().filter(|connection| connection.is_stuck());
    let stuck = listed
        .filter_map(|connection| {
            let same = |one: &&Handshake| one.flow == connection.flow && one.outcome.is_stuck();
            capture.handshakes.iter().rfind(same)
        })
        .find(wanted);
    let telling = || {
        let all = capture.handshakes.iter().filter(wanted);
        let all = all.filter(|one| report.peer.is_some() || !one.is_outgoing());
        all.filter_map(|one| Some((weight(one.outcome, report.peer.is_some())?, one)))
            .min_by_key(|(weight, _)| *weight)
            .map(|(_, one)| one)
    };
    stuck.or_else(telling).map(|handshake| (capture, handshake))
}

/// Less says more; `None` for what is shown only when it was asked for.
fn weight(outcome: Outcome, asked_for: bool) -> Option<u8> {
    match outcome {
        Outcome::AckIgnored => Some(0),
        Outcome::AckMissing => Some(1),
        Outcome::ReplyUnseen => Some(2),
        Outcome::Refused => Some(3),
        Outcome::Unanswered => Some(4),
        Outcome::Completed => asked_for.then_some(5),
        Outcome::TooEarly => asked_for.then_some(6),
    }
}
