//! Which questions to ask the kernel next, and how long to watch. Pure.

mod probes;

use std::collections::BTreeSet;

use synrecv_model::view::place;
use synrecv_model::{
    Capture, Confidence, Counters, Diagnosis, Facts, Flow, Listener, Observation, Outcome,
    ReplyQuestion, Severity, Socket, TcpState, Track,
};

pub(crate) use probes::probes_of;
pub use probes::{Probes, Question, probes};

/// Reply look-ups asked for flows at most; beyond, one for each distinct peer, then one for each
/// network of peers, then for some flows spread over all. Under a flood of 100,000 sources all of
/// them would take seconds and a hundred MiB, and sources that were made up share one default route.
const FLOW_QUESTIONS_MAX: usize = 4_096;

/// Look-ups that the kernel is to answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inquiries {
    /// The reply route of each.
    pub replies: Vec<ReplyQuestion>,
    /// For the question at this index: is a packet from the peer taken on this device (ifindex)?
    pub inputs: Vec<(usize, u32)>,
}

/// Questions about the requests seen so far, about connections that completed, and about SYNs that are
/// seen to come in and are not answered.
pub fn inquiries(
    facts: &Facts,
    tracks: &[&Track],
    completed: &[Flow],
    capture: Option<&Capture>,
) -> Inquiries {
    let mut inquiries = Inquiries::default();
    let asked = asked_about(tracks);
    inquiries.replies.extend(asked.into_iter().map(|track| reply_question(facts, track)));
    inquiries.replies.extend(control_questions(facts, completed));
    inquiries.inputs = input_questions(facts, &inquiries.replies);
    let (flows, devices): (Vec<Flow>, Vec<Option<u32>>) =
        capture.map(unanswered).unwrap_or_default().into_iter().unzip();
    let first = inquiries.replies.len();
    inquiries.replies.extend(control_questions(facts, &flows));
    let inputs = devices.into_iter().enumerate();
    inquiries.inputs.extend(inputs.filter_map(|(index, device)| Some((first + index, device?))));
    inquiries
}

/// SYNs that were not answered, and the device that each came by; one for each client, at most 256.
fn unanswered(capture: &Capture) -> Vec<(Flow, Option<u32>)> {
    let mut asked = BTreeSet::new();
    capture
        .handshakes
        .iter()
        .filter(|handshake| {
            let unanswered = matches!(handshake.outcome, Outcome::Unanswered | Outcome::Refused)
                && handshake.counts.synack_count == 0;
            unanswered && !handshake.is_outgoing()
        })
        .filter(|handshake| {
            let flow = handshake.flow;
            asked.insert((flow.local, flow.peer.ip))
        })
        .map(|handshake| {
            let syn = handshake.syns().last();
            let device = syn.and_then(|frame| capture.device(frame)?.ifindex);
            (handshake.flow, device)
        })
        .take(256)
        .collect()
}

/// All of a few; of many, those that represent them.
fn asked_about<'a>(tracks: &[&'a Track]) -> Vec<&'a Track> {
    if tracks.len() <= FLOW_QUESTIONS_MAX {
        return tracks.to_vec();
    }
    let peers = one_each(tracks, |track| (track.flow.local.ip, track.flow.peer.ip, track.ifindex));
    if peers.len() <= FLOW_QUESTIONS_MAX {
        return peers;
    }
    let networks =
        one_each(&peers, |track| (track.flow.local.ip, place(track.flow.peer.ip), track.ifindex));
    let step = networks.len().div_ceil(FLOW_QUESTIONS_MAX);
    networks.into_iter().step_by(step).collect()
}

/// One for each key, the first one. Tracks come in order of flow, so that those of one key are together.
fn one_each<'a, K: Copy + Ord>(tracks: &[&'a Track], key: impl Fn(&Track) -> K) -> Vec<&'a Track> {
    let mut asked = BTreeSet::new();
    let mut last = None;
    let mut is_new = |track: &Track| {
        let key = key(track);
        last.replace(key) != Some(key) && asked.insert(key)
    };
    tracks.iter().copied().filter(|track| is_new(track)).collect()
}

fn listener_of(facts: &Facts, flow: Flow) -> Option<&Listener> {
    let listeners = &facts.sockets.data()?.listeners;
    listeners
        .iter()
        .find(|listener| listener.local == flow.local)
        .or_else(|| listeners.iter().find(|listener| listener.accepts(flow.local)))
}

fn reply_question(facts: &Facts, track: &Track) -> ReplyQuestion {
    let listener = listener_of(facts, track.flow);
    ReplyQuestion {
        flow: track.flow,
        mark: track.mark.or_else(|| listener?.mark).unwrap_or(0),
        uid: track.uid.or_else(|| Some(listener?.uid)),
        oif: if track.ifindex != 0 {
            track.ifindex
        } else {
            listener.map_or(0, |listener| listener.bound_ifindex)
        },
    }
}

/// True for a connection whose handshake completed in the past.
pub fn is_completed(socket: &Socket) -> bool {
    !matches!(
        socket.state,
        TcpState::Listen | TcpState::SynRecv | TcpState::SynSent | TcpState::Close
    ) && socket.flow.peer.port != 0
}

/// The same question for connections that completed: the control group.
fn control_questions(facts: &Facts, completed: &[Flow]) -> Vec<ReplyQuestion> {
    completed
        .iter()
        .map(|&flow| {
            let listener = listener_of(facts, flow);
            ReplyQuestion {
                flow,
                mark: listener.and_then(|listener| listener.mark).unwrap_or(0),
                uid: listener.map(|listener| listener.uid),
                oif: listener.map_or(0, |listener| listener.bound_ifindex),
            }
        })
        .collect()
}

/// Asks for the device that owns the local address, where that is one device and not `lo`: the SYN
/// is expected there. For the first flows also for the devices that filter by reverse path.
fn input_questions(facts: &Facts, replies: &[ReplyQuestion]) -> Vec<(usize, u32)> {
    let addresses = facts.addresses.data().map_or(&[][..], Vec::as_slice);
    let loopback: BTreeSet<u32> = facts
        .links
        .data()
        .into_iter()
        .flatten()
        .filter(|link| link.loopback)
        .map(|link| link.ifindex)
        .collect();
    let owner = |flow: &Flow| {
        let mut owners = addresses.iter().filter(|address| address.address == flow.local.ip);
        let first = owners.next()?;
        (owners.next().is_none() && !loopback.contains(&first.ifindex)).then_some(first.ifindex)
    };
    let filtering = filtering_devices(facts, &loopback);
    let mut questions = Vec::new();
    for (index, question) in replies.iter().enumerate() {
        let owner = owner(&question.flow);
        questions.extend(owner.map(|device| (index, device)));
        if index < FILTER_QUESTIONS_MAX && question.flow.peer.ip.is_ipv4() {
            let others = filtering.iter().filter(|&&device| Some(device) != owner);
            questions.extend(others.map(|&device| (index, device)));
        }
    }
    questions
}

/// Flows that are asked about on every device that filters by reverse path.
const FILTER_QUESTIONS_MAX: usize = 512;

/// Devices that filter by reverse path, at most 8: an ACK can come by any of them.
fn filtering_devices(facts: &Facts, loopback: &BTreeSet<u32>) -> Vec<u32> {
    let settings = facts.settings.data().into_iter().flat_map(|settings| &settings.devices);
    settings
        .filter(|(ifindex, own)| {
            own.rp_filter_effective.unwrap_or(0) > 0 && !loopback.contains(ifindex)
        })
        .map(|(&ifindex, _)| ifindex)
        .take(8)
        .collect()
}

/// What to do after a look at the interim diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on.
    Watch,
    /// Enough was seen.
    Stop,
}

/// Seconds after which `--observe auto` ends in any case.
pub const AUTO_MAX_S: u64 = 15;

const QUIET_STOP_MS: u64 = 5_000;
const CONFIRMED_STOP_MS: u64 = 3_000;

/// Counters that move when SYNs are refused without leaving a row.
const REFUSAL_COUNTERS: [&str; 6] = [
    "TcpExtIPReversePathFilter",
    "IpOutNoRoutes",
    "Ip6OutNoRoutes",
    "TcpExtListenDrops",
    "TcpExtListenOverflows",
    "TcpExtEmbryonicRsts",
];

/// The policy of `--observe auto`.
///
/// Quiet (nothing stuck, no request seen, no refusal counter moved): stop at 5 s. A confirmed
/// finding that covers every stuck connection: stop, not before 3 s. Otherwise 15 s.
pub fn next(
    elapsed_ms: u64,
    diagnosis: &Diagnosis,
    observation: &Observation,
    before: Option<&Counters>,
    now: Option<&Counters>,
) -> Next {
    if elapsed_ms >= AUTO_MAX_S * 1000 {
        return Next::Stop;
    }
    let stuck = diagnosis.connections.iter().filter(|connection| connection.is_stuck());
    let covered = diagnosis.findings.iter().any(|finding| {
        finding.severity == Severity::Problem
            && finding.confidence == Confidence::Confirmed
            && finding.affected.len() == stuck.clone().count()
    });
    if covered && elapsed_ms >= CONFIRMED_STOP_MS {
        return Next::Stop;
    }
    let quiet = observation.seen_count == 0
        && before.zip(now).is_some_and(|(before, now)| refused(before, now) == 0);
    if quiet && elapsed_ms >= QUIET_STOP_MS { Next::Stop } else { Next::Watch }
}

fn refused(before: &Counters, now: &Counters) -> u64 {
    let counters: u64 = REFUSAL_COUNTERS.iter().filter_map(|name| now.delta(before, name)).sum();
    let conntrack =
        now.conntrack_delta(before, |cpu| cpu.drop_count.wrapping_add(cpu.invalid_count));
    counters + conntrack.unwrap_or(0)
}
