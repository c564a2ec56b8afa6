//! Batches of look-ups, 64 in flight.

use std::net::{Ipv4Addr, Ipv6Addr};

use synrecv_model::{
    Endpoint, Family, Flaw, Flow, Gap, InputAnswer, Reading, Reason, Reply, ReplyQuestion,
    RouteErrno, RouteLookup, Section, Text, text,
};
use synrecv_netlink::{
    Answer as Raw, AskReport, Errno, NetlinkError, Protocol, Question, Socket, Undecodable,
};

use super::lookup::{RTM_F_FIB_MATCH, RTM_F_LOOKUP_TABLE, Selectors, input, output};
use crate::parse::{self, Answer};

/// Two look-ups and their answers fit the receive buffer of every kernel this many times over.
const IN_FLIGHT: usize = 64;

/// Asks the kernel which way each reply leaves, and which table entry says so.
///
/// `inputs` names look-ups of packets *from* the peer: the index of a question, and the device
/// they come in on. Their answers are in the [`Reply::inputs`] of that question, in this order.
/// A device or index that does not exist gets the kernel's errno, or nothing.
///
/// A question whose answer was lost or not understood has no [`Reply`]; the section then says
/// so in its flaws. Where the kernel refuses uid, protocol and ports (before Linux 4.18 with
/// strict checks), the questions are asked without, and a flaw tells.
pub fn replies(questions: &[ReplyQuestion], inputs: &[(usize, u32)]) -> Section<Vec<Reply>> {
    ask(questions, inputs).unwrap_or_else(|error| Section::Missing(error.gap()))
}

fn ask(
    questions: &[ReplyQuestion],
    inputs: &[(usize, u32)],
) -> Result<Section<Vec<Reply>>, NetlinkError> {
    let mut socket = Socket::open(Protocol::Route)?;
    let mut flaws = Vec::new();
    let selectors = selectors(&mut socket, questions)?;
    if selectors == Selectors::Old {
        let detail = text!["route look-ups by uid, protocol and port"];
        flaws.push(Flaw::PartMissing(Gap::new(Reason::KernelTooOld, detail)));
    }
    let inputs: Vec<_> =
        inputs.iter().filter_map(|&(i, iif)| Some((i, iif, questions.get(i)?.flow))).collect();

    let plain = questions.iter().map(|q| output(q, RTM_F_LOOKUP_TABLE, selectors));
    let matching = RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH;
    let entries = questions.iter().map(|q| output(q, matching, selectors));
    let coming = inputs.iter().map(|(_, iif, flow)| input(flow, *iif, selectors));
    let requests: Vec<Question> = plain.chain(entries).chain(coming).collect();

    let mut answers: Vec<Option<RouteLookup<Vec<u8>>>> = vec![None; requests.len()];
    let report = socket.ask_all(&requests, IN_FLIGHT, |index, raw| {
        if let Some(place) = answers.get_mut(index) {
            *place = kept(&raw);
        }
    })?;
    flaws.extend(report.flaws());

    let mut rejects = Rejects::default();
    let (outputs, coming) = answers.split_at(2 * questions.len());
    let (plain, entries) = outputs.split_at(questions.len());
    let mut replies = Vec::with_capacity(questions.len());
    let mut reply_of = vec![None; questions.len()];
    for (i, ((question, plain), entry)) in questions.iter().zip(plain).zip(entries).enumerate() {
        if let Some(reply) = reply(*question, plain.as_ref(), entry.as_ref(), &mut rejects) {
            reply_of[i] = Some(replies.len());
            replies.push(reply);
        }
    }
    for (&(i, iif, _), answer) in inputs.iter().zip(coming) {
        let result = rejects.lookup(answer.as_ref(), parse::input_answer);
        if let (Some(result), Some(place)) = (result, reply_of[i]) {
            let reply: &mut Reply = &mut replies[place];
            reply.inputs.push(InputAnswer { iif, result });
        }
    }
    flaws.extend(rejects.flaw());
    let AskReport { started, ended, .. } = report;
    let reading = Reading { source: Protocol::Route.name().into(), started, ended };
    Ok(Section::from_reading(replies, flaws, reading))
}

/// Both answers about one reply; `None` when the plain one is missing.
fn reply(
    question: ReplyQuestion,
    plain: Option<&RouteLookup<Vec<u8>>>,
    entry: Option<&RouteLookup<Vec<u8>>>,
    rejects: &mut Rejects,
) -> Option<Reply> {
    let entry = entry.and_then(|entry| entry.as_deref().ok());
    let answer = rejects.lookup(plain, |payload| parse::answer(payload, entry))?;
    let (resolved, matched) = match answer {
        Ok(Answer { resolved, matched }) => (Ok(resolved), matched),
        Err(errno) => (Err(errno), None),
    };
    Some(Reply { question, resolved, matched, inputs: Vec::new() })
}

/// The part of an answer that outlives the receive buffer; `None` when it was lost.
fn kept(raw: &Raw<'_>) -> Option<RouteLookup<Vec<u8>>> {
    match raw {
        Raw::Message(message) => Some(Ok(message.payload.to_vec())),
        Raw::Error(errno, _) => Some(Err(RouteErrno(errno.raw_os_error()))),
        Raw::Acknowledged | Raw::Lost => None,
    }
}

/// Answers that were not understood.
#[derive(Default)]
struct Rejects {
    count: u64,
    first: Option<Text>,
}

impl Rejects {
    fn lookup<T>(
        &mut self,
        answer: Option<&RouteLookup<Vec<u8>>>,
        parse: impl FnOnce(&[u8]) -> Result<T, Undecodable>,
    ) -> Option<RouteLookup<T>> {
        match answer? {
            Err(errno) => Some(Err(*errno)),
            Ok(payload) => match parse(payload) {
                Ok(value) => Some(Ok(value)),
                Err(Undecodable(what)) => {
                    self.count += 1;
                    self.first.get_or_insert(what);
                    None
                }
            },
        }
    }

    fn flaw(self) -> Option<Flaw> {
        self.first.map(|first| Flaw::Undecodable { count: self.count, first })
    }
}

/// Finds out whether the kernel takes all selectors, by a look-up of this host's own address.
///
/// The questions themselves cannot tell: EINVAL is also what a blackhole route answers, and a rule
/// by uid may lead to one.
fn selectors(socket: &mut Socket, questions: &[ReplyQuestion]) -> Result<Selectors, NetlinkError> {
    let probes: Vec<Question> = [Family::V4, Family::V6]
        .into_iter()
        .filter(|&family| questions.iter().any(|q| Family::of(q.flow.peer.ip) == family))
        .map(|family| output(&to_self(family), RTM_F_LOOKUP_TABLE, Selectors::All))
        .collect();
    let mut selectors = Selectors::All;
    socket.ask_all(&probes, IN_FLIGHT, |_, raw| {
        if matches!(raw, Raw::Error(Errno::INVAL, _)) {
            selectors = Selectors::Old;
        }
    })?;
    Ok(selectors)
}

fn to_self(family: Family) -> ReplyQuestion {
    let ip = match family {
        Family::V4 => Ipv4Addr::LOCALHOST.into(),
        Family::V6 => Ipv6Addr::LOCALHOST.into(),
    };
    let end = Endpoint { ip, port: 1 };
    ReplyQuestion { flow: Flow { local: end, peer: end }, mark: 0, uid: Some(0), oif: 0 }
}
