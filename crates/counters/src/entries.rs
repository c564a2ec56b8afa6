//! Conntrack entries of single flows, over nfnetlink. The table is never dumped.

use synrecv_model::{
    Endpoint, Family, Flaw, Flow, Gap, Reading, Reason, Section, Text, Tracked, order,
};
use synrecv_netlink::{
    Answer, Errno, NetlinkError, Protocol, Question, RequestBuilder, Socket, Undecodable, clock,
};

use crate::cta::{
    CTA_IP_V4_DST, CTA_IP_V4_SRC, CTA_IP_V6_DST, CTA_IP_V6_SRC, CTA_PROTO_DST_PORT,
    CTA_PROTO_SRC_PORT, CTA_TUPLE_IP, CTA_TUPLE_PROTO, CTA_TUPLE_REPLY,
};
use crate::parse;

/// `NFNL_SUBSYS_CTNETLINK` << 8 | `IPCTNL_MSG_CT_GET`
const CT_GET: u16 = 0x0101;

const NLA_F_NESTED: u16 = 0x8000;
const CTA_PROTO_NUM: u16 = 1;
const IPPROTO_TCP: u8 = 6;

/// Answers of 300 bytes: these fit the receive buffer of every kernel many times over.
const IN_FLIGHT: usize = 64;

/// Asks connection tracking for the entry of each flow, in the default zone. Needs CAP_NET_ADMIN.
/// Blocks for the time of the answers, some microseconds each.
///
/// Asking enables nothing: no hook is registered. It may autoload `nfnetlink` and
/// `nf_conntrack_netlink`.
///
/// The flow is asked for as the kernel sees packets from this host to the peer, so that the entry is
/// found when the address or port that the peer connects to is translated to this one.
pub fn tracked(flows: &[Flow]) -> Section<Vec<Tracked>> {
    ask(flows).unwrap_or_else(|error| {
        let gap = match (&error, error.errno()) {
            (NetlinkError::Refused { .. }, Some(Errno::PERM | Errno::ACCESS)) => {
                Gap::new(Reason::NeedsRoot, "conntrack entries need CAP_NET_ADMIN")
            }
            _ => error.gap(),
        };
        Section::Missing(gap)
    })
}

fn ask(flows: &[Flow]) -> Result<Section<Vec<Tracked>>, NetlinkError> {
    let started = clock::now();
    let mut answers = Answers::default();
    if !flows.is_empty() {
        let mut socket = Socket::open(Protocol::Netfilter)?;
        // Without the right to ask, the kernel answers once for a datagram, whatever is in it.
        let (first, rest) = flows.split_at(1);
        let mut refused = None;
        answers.ask(&mut socket, first, |errno| refused = Some(errno))?;
        if let Some(errno) = refused {
            return Err(NetlinkError::Refused {
                protocol: Protocol::Netfilter.name(),
                kind: CT_GET,
                extended: None,
                source: errno.into(),
            });
        }
        answers.ask(&mut socket, rest, |_| {})?;
    }
    let reading =
        Reading { source: Protocol::Netfilter.name().into(), started, ended: clock::now() };
    Ok(answers.section(reading))
}

#[derive(Default)]
struct Answers {
    tracked: Vec<Tracked>,
    flaws: Vec<Flaw>,
    rejected_count: u64,
    first_rejected: Option<Text>,
}

impl Answers {
    /// `refused` sees each error but the one that says that there is no such entry.
    fn ask(
        &mut self,
        socket: &mut Socket,
        flows: &[Flow],
        mut refused: impl FnMut(Errno),
    ) -> Result<(), NetlinkError> {
        let questions: Vec<Question> = flows.iter().map(question).collect();
        let report = socket.ask_all(&questions, IN_FLIGHT, |index, answer| {
            let Some(&flow) = flows.get(index) else { return };
            let entry = match answer {
                Answer::Message(message) => parse::entry(message.payload).map(Some),
                Answer::Error(Errno::NOENT, _) => Ok(None),
                Answer::Error(errno, _) => {
                    refused(errno);
                    Err(Undecodable::new("conntrack gave an error for a flow"))
                }
                Answer::Acknowledged => Err(Undecodable::new("conntrack gave an empty answer")),
                Answer::Lost => return,
            };
            match entry {
                Ok(entry) => self.tracked.push(Tracked { flow, entry }),
                Err(Undecodable(what)) => {
                    self.rejected_count += 1;
                    self.first_rejected.get_or_insert(what);
                }
            }
        })?;
        self.flaws.extend(report.flaws());
        Ok(())
    }

    fn section(mut self, reading: Reading) -> Section<Vec<Tracked>> {
        if let Some(first) = self.first_rejected {
            self.flaws.push(Flaw::Undecodable { count: self.rejected_count, first });
        }
        order::sort_by_key(&mut self.tracked, |tracked| tracked.flow);
        Section::from_reading(self.tracked, self.flaws, reading)
    }
}

fn question(flow: &Flow) -> Question {
    let Flow { local, peer } = flow;
    let nested = |kind: u16| kind | NLA_F_NESTED;
    let tuple = RequestBuilder::default()
        .attribute(nested(CTA_TUPLE_IP), &addresses(*local, *peer))
        .attribute(nested(CTA_TUPLE_PROTO), &ports(*local, *peer))
        .into_payload();
    // struct nfgenmsg: family, version 0, resource 0.
    let payload = RequestBuilder::new(&[Family::of(local.ip).number(), 0, 0, 0])
        .attribute(nested(CTA_TUPLE_REPLY), &tuple)
        .into_payload();
    Question { kind: CT_GET, flags: 0, payload }
}

fn addresses(from: Endpoint, to: Endpoint) -> Vec<u8> {
    let (src, dst) = match Family::of(from.ip) {
        Family::V4 => (CTA_IP_V4_SRC, CTA_IP_V4_DST),
        Family::V6 => (CTA_IP_V6_SRC, CTA_IP_V6_DST),
    };
    RequestBuilder::default().ip(src, from.ip).ip(dst, to.ip).into_payload()
}

fn ports(from: Endpoint, to: Endpoint) -> Vec<u8> {
    RequestBuilder::default()
        .attribute(CTA_PROTO_NUM, &[IPPROTO_TCP])
        .be16(CTA_PROTO_SRC_PORT, from.port)
        .be16(CTA_PROTO_DST_PORT, to.port)
        .into_payload()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(local: &str, peer: &str) -> Vec<u8> {
        let end = |text: &str, port| Endpoint::new(text.parse().unwrap(), port);
        question(&Flow { local: end(local, 8080), peer: end(peer, 4001) }).payload
    }

    /// Answers hold the same tuple, written by the kernel.
    #[test]
    fn a_question_holds_the_tuple_of_the_reply() {
        let tuple = [
            0x34, 0, 2, 0x80, 0x14, 0, 1, 0x80, 8, 0, 1, 0, 10, 1, 0, 1, 8, 0, 2, 0, 10, 1, 0, 2,
            0x1c, 0, 2, 0x80, 5, 0, 1, 0, 6, 0, 0, 0, 6, 0, 2, 0, 0x1f, 0x90, 0, 0, 6, 0, 3, 0,
            0x0f, 0xa1, 0, 0,
        ];
        let asked = payload("10.1.0.1", "10.1.0.2");
        assert_eq!(asked.split_at(4), (&[2, 0, 0, 0][..], &tuple[..]));
    }

    #[test]
    fn a_mapped_peer_is_an_ipv4_flow() {
        let mapped = payload("::ffff:10.1.0.1", "::ffff:10.1.0.2");
        assert_eq!(mapped, payload("10.1.0.1", "10.1.0.2"));
        assert_eq!(payload("2001:db8::1", "2001:db8::2")[..8], [10, 0, 0, 0, 0x4c, 0, 2, 0x80]);
    }
}
