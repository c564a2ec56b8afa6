//! The way to a host: who answered at which distance, and whether the first one is the next hop of the
//! route.

mod first_hop;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use synrecv_model::{
    HopAnswer, HopSaid, Host, Link, LinkNames, Neighbour, PathTrace, Reply, Section, SourceKind,
    TraceEnd, TracedHop, order,
};

use super::json::RowsJson;
use crate::rows::SectionRow;
use first_hop::FirstHop;

/// What a trace is shown with.
#[derive(Clone, Copy, Debug)]
pub struct TraceTable<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// The trace.
    pub trace: &'a Section<PathTrace>,
    /// The kernel's answer about a TCP reply to the same peer, asked before the trace.
    pub reply: &'a Section<Reply>,
    /// Neighbours after the trace, for the MAC of the next hop.
    pub neighbours: &'a Section<Vec<Neighbour>>,
    /// Devices, for their names.
    pub links: &'a Section<Vec<Link>>,
}

/// `trace` in JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct TraceJson {
    /// The trace; `null` when nothing could be sent.
    trace: Option<TraceRow>,
}

/// A trace.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct TraceRow {
    /// Where to.
    peer: String,
    /// Source address of the questions.
    local: String,
    /// `udp`, `icmp` or `tcp`.
    method: &'static str,
    /// Source port; absent for ICMP.
    #[serde(skip_serializing_if = "Option::is_none")]
    local_port: Option<u16>,
    /// Destination port; absent for ICMP.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_port: Option<u16>,
    /// `arrived`: the peer answered; `refused`: somebody else says that it goes no further;
    /// `silent`: ten hops in a row did not answer; `too-far`: no end within 30 hops.
    end: &'static str,
    /// The peer answered.
    arrived: bool,
    /// Questions sent.
    sent_count: u32,
    /// Answers that did not say which question they are for, and could belong to several.
    unattributed_count: u32,
    /// Whether the first hop is the one that the route says.
    first_hop: FirstHopRow,
    /// Routers that packets go round between, a routing loop; absent where they do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    loop_routers: Vec<String>,
    /// Hops in order of distance, without gaps.
    hops: Vec<HopRow>,
}

/// The first hop, compared with the kernel's route.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct FirstHopRow {
    /// `equal`: the next hop of the route answered; `same-machine`: another address with its MAC;
    /// `other`: somebody else; `silent`: nobody; `unresolved`: the next hop does not resolve;
    /// `local`: the peer is this host; `unknown`: cannot be compared.
    verdict: &'static str,
    /// Who answered.
    answered_by: Option<String>,
    /// Next hop of the route: its gateway, else the peer itself.
    next_hop: Option<String>,
    /// The next hop is a gateway.
    is_gateway: Option<bool>,
    /// Device of the route.
    dev: Option<String>,
    /// Link-layer address that the packets were sent to.
    mac: Option<String>,
}

/// A hop.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct HopRow {
    /// Distance, from 1.
    distance: u8,
    /// Questions with this TTL.
    asked_count: u8,
    /// Answers in order of arrival.
    answers: Vec<HopAnswerRow>,
    /// Hops on the way back, guessed from the TTL of the answer; absent unless that is clearly not
    /// the distance out.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_back: Option<u8>,
}

/// An answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct HopAnswerRow {
    /// Who sent it.
    address: String,
    /// Microseconds after the question.
    delay_us: u32,
    /// TTL or hop limit that it arrived with.
    ttl: Option<u8>,
    /// `icmp`, `datagram`, `syn-ack` or `rst`.
    said: &'static str,
    /// Type of ICMP; absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp_type: Option<u8>,
    /// Code of ICMP; absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp_code: Option<u8>,
    /// What the type and code mean; the words can change.
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<String>,
}

impl HopAnswerRow {
    fn new(answer: &HopAnswer) -> Self {
        let icmp = match answer.said {
            HopSaid::Icmp { kind, code } => Some((kind, code)),
            HopSaid::Datagram | HopSaid::SynAck | HopSaid::Reset => None,
        };
        Self {
            address: answer.from.to_string(),
            delay_us: answer.delay_us,
            ttl: answer.ttl,
            said: match answer.said {
                HopSaid::Icmp { .. } => "icmp",
                HopSaid::Datagram => "datagram",
                HopSaid::SynAck => "syn-ack",
                HopSaid::Reset => "rst",
            },
            icmp_type: icmp.map(|(kind, _)| kind),
            icmp_code: icmp.map(|(_, code)| code),
            meaning: icmp.map(|_| words::meaning(answer)),
        }
    }
}

impl HopRow {
    fn new(hop: &TracedHop) -> Self {
        Self {
            distance: hop.distance,
            asked_count: hop.asked_count,
            answers: hop.answers.iter().map(HopAnswerRow::new).collect(),
            distance_back: hop.asymmetry(),
        }
    }
}

impl TraceTable<'_> {
    fn names(&self) -> LinkNames {
        self.links.data().map(|links| LinkNames::new(links)).unwrap_or_default()
    }

    /// Writes the trace as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let sections = order::map([
            ("trace", SectionRow::of(self.trace)),
            ("reply", SectionRow::of(self.reply)),
            ("neighbours", SectionRow::of(self.neighbours)),
            ("links", SectionRow::of(self.links)),
        ]);
        let rows = TraceJson { trace: self.trace.data().map(|trace| self.row(trace)) };
        super::json::write(out, self.kind, self.host, sections, RowsJson::Trace(Box::new(rows)))
    }

    fn row(&self, trace: &PathTrace) -> TraceRow {
        let first = FirstHop::new(trace, self.reply, self.neighbours);
        let names = self.names();
        TraceRow {
            peer: trace.target.to_string(),
            local: trace.source.to_string(),
            method: trace.method.name(),
            local_port: trace.ports.map(|(local, _)| local),
            peer_port: trace.ports.map(|(_, peer)| peer),
            end: trace.end.name(),
            arrived: trace.end == TraceEnd::Arrived,
            sent_count: trace.sent_count,
            unattributed_count: trace.unattributed_count,
            first_hop: FirstHopRow {
                verdict: first.verdict.name(),
                answered_by: first.answered_by.map(|ip| ip.to_string()),
                next_hop: first.next_hop.map(|ip| ip.to_string()),
                is_gateway: first.next_hop.map(|_| first.is_gateway),
                dev: first.oif.map(|oif| names.name(oif).0),
                mac: first.entry.and_then(|entry| entry.mac).map(|mac| mac.to_string()),
            },
            loop_routers: trace
                .circle()
                .map(|(_, routers)| routers.iter().map(IpAddr::to_string).collect())
                .unwrap_or_default(),
            hops: trace.hops.iter().map(HopRow::new).collect(),
        }
    }
}
