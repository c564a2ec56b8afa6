use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Serialize;
use synrecv_model::view::probe;
use synrecv_model::{Facts, LinkNames, Section, order};

use super::moved;
use crate::Report;
use crate::rows::{
    CaptureRow, DeviceFilterRow, FilterRuleRow, InterfaceRow, MacChangeRow, NeighbourRow,
    ProbedRow, ReplyRow, RouteRow, RuleRow, SectionRow, TraceRow, TrackedRow, TrafficRow,
};

/// Routes and neighbours listed at most; the tables have them all.
pub(super) const ROWS_MAX: usize = 200;

/// Stuck peers whose routes are listed at most.
const PEERS_MAX: usize = 64;

/// The facts that the evidence rests on: devices, rules, settings and changed counters whole; routes
/// and neighbours as far as they concern the requests.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FactsJson {
    /// How each part was read.
    pub sections: BTreeMap<&'static str, SectionRow>,
    /// Devices with addresses and settings.
    pub interfaces: Vec<InterfaceRow>,
    /// Routes by devices that replies leave by, or that hold a peer.
    pub routes: Vec<RouteRow>,
    /// Policy rules.
    pub rules: Vec<RuleRow>,
    /// Neighbours that are next hops or gateways, or share a MAC with one.
    pub neighbours: Vec<NeighbourRow>,
    /// The kernel's answers about replies.
    pub replies: Vec<ReplyRow>,
    /// Counters that moved during the observation: increase by name.
    pub counters: BTreeMap<String, u64>,
    /// Settings of the namespace by name.
    pub settings: BTreeMap<Cow<'static, str>, i64>,
    /// Rules and policies of netfilter that end packets, those that did during the observation first.
    pub filters: Vec<FilterRuleRow>,
    /// Filters of traffic control that can drop.
    pub device_filters: Vec<DeviceFilterRow>,
    /// What connection tracking holds for requests.
    pub conntrack: Vec<TrackedRow>,
    /// Packets of devices during the observation; devices without any are left out.
    pub traffic: Vec<TrafficRow>,
    /// Neighbours whose link-layer address changed during the observation.
    pub mac_changes: Vec<MacChangeRow>,
    /// Addresses that were asked for on request (`--probe`); absent where none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probed: Option<Vec<ProbedRow>>,
    /// Ways to clients that were traced; absent where none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Vec<TraceRow>>,
    /// The captured frames, in numbers; absent where none were captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureRow>,
}

impl FactsJson {
    pub(crate) fn new(report: &Report<'_>) -> Self {
        let facts = report.facts;
        let names = facts.link_names();
        let counters = match (facts.counters.data(), report.observation.counters.data()) {
            (Some(before), Some(after)) => {
                order::map(after.changes(before).map(|(name, grown)| (name.to_owned(), grown)))
            }
            _ => BTreeMap::new(),
        };
        Self {
            sections: sections(report),
            interfaces: interfaces(facts, &names),
            routes: routes(report, &names),
            rules: facts.rules.data().into_iter().flatten().map(RuleRow::new).collect(),
            neighbours: neighbours(report, &names),
            replies: facts
                .replies
                .data()
                .into_iter()
                .flatten()
                .take(ROWS_MAX)
                .map(|reply| ReplyRow::new(reply, &names))
                .collect(),
            counters,
            settings: facts
                .settings
                .data()
                .map(|settings| settings.values.clone())
                .unwrap_or_default(),
            filters: moved::filters(
                slice(&facts.filters),
                report.observation.rules_moved.data().map(Vec::as_slice),
            ),
            device_filters: moved::device_filters(slice(&facts.device_filters), &names),
            conntrack: slice(&facts.tracked).iter().take(ROWS_MAX).map(TrackedRow::new).collect(),
            traffic: moved::traffic(slice(&facts.links), &report.observation.traffic, &names),
            mac_changes: report
                .observation
                .mac_changes
                .iter()
                .take(ROWS_MAX)
                .map(|change| MacChangeRow::new(change, &names))
                .collect(),
            probed: probed(facts, &names),
            traces: facts.traces.data().map(|traces| traces.iter().map(TraceRow::new).collect()),
            capture: report.observation.frames.data().map(CaptureRow::new),
        }
    }
}

fn probed(facts: &Facts, names: &LinkNames) -> Option<Vec<ProbedRow>> {
    let own = |ip: IpAddr| slice(&facts.addresses).iter().any(|address| address.address == ip);
    let views = probe::views(facts.probed.data()?, own);
    Some(views.iter().map(|view| ProbedRow::new(view, names)).collect())
}

fn slice<T>(section: &Section<Vec<T>>) -> &[T] {
    section.data().map_or(&[], Vec::as_slice)
}

fn sections(report: &Report<'_>) -> BTreeMap<&'static str, SectionRow> {
    let facts = report.facts;
    order::map([
        ("sockets", SectionRow::of(&facts.sockets)),
        ("links", SectionRow::of(&facts.links)),
        ("addresses", SectionRow::of(&facts.addresses)),
        ("settings", SectionRow::of(&facts.settings)),
        ("neighbours", SectionRow::of(&facts.neighbours)),
        ("routes", SectionRow::of(&facts.routes)),
        ("nexthops", SectionRow::of(&facts.nexthops)),
        ("rules", SectionRow::of(&facts.rules)),
        ("replies", SectionRow::of(&facts.replies)),
        ("counters", SectionRow::of(&facts.counters)),
        ("namespaces", SectionRow::of(&facts.namespaces)),
        ("filters", SectionRow::of(&facts.filters)),
        ("device_filters", SectionRow::of(&facts.device_filters)),
        ("conntrack", SectionRow::of(&facts.tracked)),
        ("probed", SectionRow::of(&facts.probed)),
        ("traces", SectionRow::of(&facts.traces)),
        ("frames", SectionRow::of(&report.observation.frames)),
    ])
}

fn interfaces(facts: &Facts, names: &LinkNames) -> Vec<InterfaceRow> {
    facts
        .links
        .data()
        .into_iter()
        .flatten()
        .map(|link| {
            let addresses = facts.addresses.data().map(Vec::as_slice);
            InterfaceRow::new(link, addresses, facts.settings.data(), names)
        })
        .collect()
}

fn routes(report: &Report<'_>, names: &LinkNames) -> Vec<RouteRow> {
    let stuck = report.diagnosis.connections.iter().filter(|connection| connection.is_stuck());
    let peers = order::set(stuck.take(PEERS_MAX).map(|connection| connection.flow.peer.ip));
    report
        .facts
        .routes
        .data()
        .into_iter()
        .flatten()
        .filter(|route| peers.iter().any(|peer| route.destination.contains(peer)))
        .take(ROWS_MAX)
        .map(|route| RouteRow::new(route, names))
        .collect()
}

fn neighbours(report: &Report<'_>, names: &LinkNames) -> Vec<NeighbourRow> {
    let routes = report.facts.routes.data().into_iter().flatten();
    let gateways = routes.flat_map(|route| &route.next_hops).filter_map(|hop| hop.gateway);
    let connections = report.diagnosis.connections.iter();
    let hops: BTreeSet<IpAddr> =
        order::set(connections.filter_map(|connection| connection.out_next_hop).chain(gateways));
    let all = || report.facts.neighbours.data().into_iter().flatten();
    let shown = all().filter(|entry| hops.contains(&entry.address));
    let macs = order::set(shown.filter_map(|entry| entry.mac));
    all()
        .filter(|entry| {
            hops.contains(&entry.address) || entry.mac.is_some_and(|mac| macs.contains(&mac))
        })
        .take(ROWS_MAX)
        .map(|entry| NeighbourRow::new(entry, names))
        .collect()
}
