//! Answers of the network to questions that were asked on request.

use std::net::IpAddr;

use serde::Serialize;
use synrecv_model::view::probe::ProbeView;
use synrecv_model::{Hop, LinkNames, ProbePurpose, Trace};

/// An address that was asked for by ARP or ND.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProbedRow {
    /// Device.
    pub dev: String,
    /// The address.
    pub address: String,
    /// `named`, `peer`, `gateway`, or `unused`: an address that nobody should own.
    pub purpose: &'static str,
    /// `one-owner`, `duplicate-address`, `proxy`, `nobody`.
    pub verdict: &'static str,
    /// Questions sent.
    pub question_count: u8,
    /// All answers in order of arrival.
    pub answers: Vec<ProbeAnswerRow>,
}

/// An answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProbeAnswerRow {
    /// The link-layer address that it gives.
    pub mac: String,
    /// Which question came last before it, from 1.
    pub question: u8,
    /// Time since that question.
    pub delay_us: u32,
    /// It comes from a machine that answers for addresses of others.
    pub proxy: bool,
    /// ND: the override flag, which owners set and proxies do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<bool>,
    /// ND: the router flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router: Option<bool>,
}

/// A way that was traced.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraceRow {
    /// Where to.
    pub target: String,
    /// Hops in order of distance; of a packet that lived for one hop, the first.
    pub hops: Vec<TraceHopRow>,
}

/// A hop of a way that was traced.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraceHopRow {
    /// Distance, from 1.
    pub distance: u8,
    /// Who answered; empty when nobody did.
    pub answers: Vec<String>,
}

/// The word for why an address was asked for.
fn purpose(purpose: ProbePurpose) -> &'static str {
    match purpose {
        ProbePurpose::Named => "named",
        ProbePurpose::Peer => "peer",
        ProbePurpose::Gateway => "gateway",
        ProbePurpose::Unused => "unused",
    }
}

impl ProbedRow {
    pub(crate) fn new(view: &ProbeView<'_>, names: &LinkNames) -> Self {
        let probed = view.probed;
        let answers = probed.answers.iter().map(|answer| ProbeAnswerRow {
            mac: answer.mac.to_string(),
            question: answer.question,
            delay_us: answer.delay_us,
            proxy: view.proxies().any(|proxy| proxy.mac == answer.mac),
            overrides: answer.overrides,
            router: answer.router,
        });
        Self {
            dev: names.name(probed.ifindex).0,
            address: probed.target.to_string(),
            purpose: purpose(probed.purpose),
            verdict: view.word.name(),
            question_count: probed.question_count,
            answers: answers.collect(),
        }
    }
}

impl TraceRow {
    pub(crate) fn new(trace: &Trace) -> Self {
        let hop = |hop: &Hop| TraceHopRow {
            distance: hop.distance,
            answers: hop.answers.iter().map(IpAddr::to_string).collect(),
        };
        Self { target: trace.target.to_string(), hops: trace.hops.iter().map(hop).collect() }
    }
}
