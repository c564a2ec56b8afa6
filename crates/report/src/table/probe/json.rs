//! The answers as JSON.

use serde::Serialize;
use synrecv_model::view::probe::{Answerer, ProbeView};
use synrecv_model::{Family, LinkNames, ProbeSender, Severity};

use super::ProbeSent;
use super::whose::Faces;
use super::words::severity;
use crate::rows::ProbedRow;

/// `arp --probe` in JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::table) struct ProbeJson {
    /// Addresses that were asked for; `null` when nobody could be asked.
    pub(super) probed: Option<Vec<AskedRow>>,
    /// What was sent.
    pub(super) sent: SentJson,
    /// Addresses that answer the kernel, on devices where no answer came to the made-up MAC: the
    /// network seems to let no frames to such a MAC pass.
    pub(super) unheard: Vec<String>,
}

/// What was sent.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct SentJson {
    /// Frames.
    frame_count: u32,
    /// Frames that were announced, at most.
    frame_max: u32,
    /// From the first to the end.
    duration_ms: u64,
    /// Where questions came from.
    senders: Vec<SenderJson>,
}

/// Where questions came from.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct SenderJson {
    /// Device.
    dev: String,
    /// Link-layer address.
    mac: String,
    /// Address; `null` when questions came from none, as those for an address of this host.
    address: Option<String>,
}

/// An address that was asked for, and who has it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct AskedRow {
    #[serde(flatten)]
    row: ProbedRow,
    /// `ipv4` or `ipv6`.
    family: &'static str,
    /// It is an address of this host.
    own: bool,
    /// A proxy that is part of how the network is built.
    by_design: bool,
    /// `info`, `warning`; `null` where all is well.
    severity: Option<&'static str>,
    /// `administered` for a made-up MAC, `device` for that of the device.
    sender: &'static str,
    /// Time by which the first answer to a question came before that of another machine: the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_us_min: Option<u32>,
    /// The same: the greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_us_max: Option<u32>,
    /// Who answered, in the order in which they were first.
    answerers: Vec<AnswererJson>,
}

/// One of those who answered.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct AnswererJson {
    /// The link-layer address that it gives.
    mac: String,
    /// It answers for addresses of others.
    proxy: bool,
    /// Questions that it was the first to answer.
    first_count: u32,
    /// Answers.
    answer_count: u32,
    /// Its shortest delay.
    delay_us_min: u32,
    /// Its longest delay.
    delay_us_max: u32,
    /// Device of this host that has the MAC.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_dev: Option<String>,
    /// Gateways that have the MAC, by the tables of this host.
    gateways: Vec<String>,
    /// Other addresses that have it, by the tables of this host and the answers.
    addresses: Vec<String>,
}

impl SentJson {
    pub(super) fn new(sent: &ProbeSent, names: &LinkNames) -> Self {
        Self {
            frame_count: sent.frame_count,
            frame_max: sent.frame_max,
            duration_ms: sent.duration_ms,
            senders: sent
                .senders
                .iter()
                .map(|(ifindex, mac, address)| SenderJson {
                    dev: names.name(*ifindex).0,
                    mac: mac.to_string(),
                    address: address.map(|address| address.to_string()),
                })
                .collect(),
        }
    }
}

impl AskedRow {
    pub(super) fn new(view: &ProbeView<'_>, faces: &Faces<'_>, names: &LinkNames) -> Self {
        let probed = view.probed;
        let answerers = view.answerers.iter();
        Self {
            row: ProbedRow::new(view, names),
            family: Family::of(probed.target).name(),
            own: view.is_own,
            by_design: view.is_by_design(),
            severity: severity(view, faces).map(Severity::name),
            sender: match probed.sender {
                ProbeSender::Administered(_) => "administered",
                ProbeSender::Device(_) => "device",
            },
            lead_us_min: view.lead_us.map(|(least, _)| least),
            lead_us_max: view.lead_us.map(|(_, most)| most),
            answerers: answerers.map(|answerer| answerer_json(view, answerer, faces)).collect(),
        }
    }
}

fn answerer_json(view: &ProbeView<'_>, answerer: &Answerer, faces: &Faces<'_>) -> AnswererJson {
    let whose = faces.whose(view.probed, answerer.mac);
    let texts = |list: &[std::net::IpAddr]| list.iter().map(ToString::to_string).collect();
    AnswererJson {
        mac: answerer.mac.to_string(),
        proxy: answerer.is_proxy,
        first_count: answerer.first_count,
        answer_count: answerer.answer_count,
        delay_us_min: answerer.fastest_us,
        delay_us_max: answerer.slowest_us,
        gateways: texts(&whose.gateways),
        addresses: texts(&whose.others),
        own_dev: whose.own.map(|dev| dev.0),
    }
}
