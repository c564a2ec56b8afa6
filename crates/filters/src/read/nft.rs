//! nf_tables over nfnetlink.

use rustix::net::{AddressFamily, SocketType, netdevice, socket};
use synrecv_model::{FilterChain, Flaw, Gap};
use synrecv_netlink::{
    Answer, DumpReport, Errno, Message, NetlinkError, Protocol, Question, RequestBuilder, Socket,
    Undecodable,
};

use super::{Chains, needs_root};
use crate::parse::{Ruleset, SetName, generation};

/// `NFNL_SUBSYS_NFTABLES` << 8 | `NFT_MSG_*`.
const GET_TABLE: u16 = 0x0a01;
const GET_CHAIN: u16 = 0x0a04;
const GET_RULE: u16 = 0x0a07;
const GET_SET: u16 = 0x0a0a;
const GET_SET_ELEMENTS: u16 = 0x0a0d;
const GET_GENERATION: u16 = 0x0a10;

const NFTA_SET_ELEM_LIST_TABLE: u16 = 1;
const NFTA_SET_ELEM_LIST_SET: u16 = 2;

/// `struct nfgenmsg` of any family.
const ANY: [u8; 4] = [0; 4];

/// A ruleset that changes while it is read is read once more, then reported with its flaw.
const ATTEMPTS: usize = 2;

/// All chains with their rules. No nf_tables is as good as no rules.
pub(super) fn chains() -> Result<Chains, Gap> {
    let said = |error: NetlinkError| match error.errno() {
        Some(Errno::PERM | Errno::ACCESS) => needs_root(),
        _ => error.gap(),
    };
    let mut socket = match Socket::open(Protocol::Netfilter) {
        Ok(socket) => socket,
        Err(error) if error.errno() == Some(Errno::PROTONOSUPPORT) => return Ok(Chains::default()),
        Err(error) => return Err(said(error)),
    };
    match attempts(&mut socket) {
        // What nfnetlink says of a part that it does not have.
        Err(error) if matches!(error.errno(), Some(Errno::INVAL | Errno::OPNOTSUPP)) => {
            Ok(Chains::default())
        }
        read => read.map_err(said),
    }
}

fn attempts(socket: &mut Socket) -> Result<Chains, NetlinkError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let before = ask_generation(socket)?;
        let (chains, report, torn) = read(socket)?;
        let torn = torn || ask_generation(socket)? != before;
        if tries < ATTEMPTS && (torn || report.interrupted || report.lost) {
            continue;
        }
        let mut flaws = report.flaws();
        flaws.extend(torn.then_some(Flaw::ChangedWhileRead));
        return Ok((chains, flaws));
    }
}

/// The number of the ruleset; `None` when the answer was lost.
fn ask_generation(socket: &mut Socket) -> Result<Option<u32>, NetlinkError> {
    let question = Question { kind: GET_GENERATION, flags: 0, payload: ANY.to_vec() };
    let mut answer = Ok(None);
    socket.ask_all(&[question], 1, |_, given| {
        answer = match given {
            Answer::Message(message) => Ok(generation(message.payload).ok()),
            Answer::Error(errno, extended) => Err(NetlinkError::Refused {
                protocol: Protocol::Netfilter.name(),
                kind: GET_GENERATION,
                extended,
                source: errno.into(),
            }),
            Answer::Acknowledged | Answer::Lost => Ok(None),
        };
    })?;
    answer
}

fn read(socket: &mut Socket) -> Result<(Vec<FilterChain>, DumpReport, bool), NetlinkError> {
    let mut ruleset = Ruleset::default();
    let mut report = socket.dump(GET_TABLE, 0, &ANY, |m| ruleset.table(m.payload))?;
    report.merge(socket.dump(GET_CHAIN, 0, &ANY, |m| ruleset.chain(m.payload))?);
    report.merge(socket.dump(GET_SET, 0, &ANY, |m| ruleset.set(m.payload))?);
    let mut torn = false;
    for set in ruleset.wanted() {
        if ruleset.is_full() {
            break;
        }
        match socket.dump(GET_SET_ELEMENTS, 0, &elements_of(&set), |m| ruleset.elements(m.payload))
        {
            Ok(elements) => {
                report.merge(elements);
                ruleset.elements_end(&set);
            }
            // It went away since the sets were listed.
            Err(error) if error.errno() == Some(Errno::NOENT) => torn = true,
            Err(error) => return Err(error),
        }
    }
    let helper = socket_of_any_kind();
    let devices = |index: u32| netdevice::index_to_name(helper.as_ref()?, index).ok();
    let rule = |m: Message<'_>| -> Result<(), Undecodable> { ruleset.rule(m.payload, &devices) };
    report.merge(socket.dump(GET_RULE, 0, &ANY, rule)?);
    Ok((ruleset.into_chains(), report, torn))
}

/// Names of devices are asked through any socket.
fn socket_of_any_kind() -> Option<rustix::fd::OwnedFd> {
    socket(AddressFamily::INET, SocketType::DGRAM, None).ok()
}

fn elements_of(set: &SetName) -> Vec<u8> {
    let name = |text: &str| [text.as_bytes(), b"\0"].concat();
    RequestBuilder::new(&[set.family, 0, 0, 0])
        .attribute(NFTA_SET_ELEM_LIST_TABLE, &name(&set.table))
        .attribute(NFTA_SET_ELEM_LIST_SET, &name(&set.name))
        .into_payload()
}
