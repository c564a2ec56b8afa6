//! Where on the way out the SYN-ACK ends.

use std::collections::BTreeMap;

use synrecv_model::{
    Command, Direction, FilterFamily, Hook, Origin, RouteErrno, Subject, Text, Value, Weight, text,
};

use super::subject_of;
use crate::cases::{Case, Fact};
use crate::droppers::{Dropper, Step, droppers};
use crate::phrase;
use crate::seen::{seen, stays_on_bridge};
use crate::undelivered::{Version, after_ip, untransmitted, untransmitted_fact};
use crate::view::{RequestView, View};

/// A place between TCP and the wire.
#[derive(Debug)]
pub(super) enum Stage<'a> {
    /// The look-up of the reply's way fails now.
    Route(RouteErrno),
    /// A rule that these SYN-ACKs meet, and how well it fits.
    Rule(Dropper<'a>, Weight),
    /// The books of IP: it was to leave and was not handed to a device. `no_rule`: netfilter was read
    /// whole and no rule of it can be the one.
    Netfilter { kept: u64, no_rule: bool },
    /// It was handed to the device and not sent, as far as that is counted; the device has a filter on
    /// its way out, as far as that can be seen.
    Egress { device: u32, unsent: Option<u64>, filter: bool },
    /// Not known further.
    Unknown,
}

const HOOKS: [Hook; 3] = [Hook::Output, Hook::Postrouting, Hook::Egress];

/// Puts each request where its SYN-ACK ends.
pub(super) fn split<'a>(view: &View<'a>, requests: &[usize]) -> Vec<(Stage<'a>, Vec<usize>)> {
    let mut stages = Vec::new();
    let mut routed = Vec::new();
    let mut unroutable: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for &index in requests {
        match view.requests()[index].reply.map(|reply| reply.resolved.as_ref()) {
            Some(Err(errno)) => unroutable.entry(errno.0).or_default().push(index),
            _ => routed.push(index),
        }
    }
    for (errno, requests) in unroutable {
        stages.push((Stage::Route(RouteErrno(errno)), requests));
    }
    for dropper in guilty(view, &routed) {
        let (own, rest): (Vec<usize>, Vec<usize>) =
            routed.iter().partition(|index| dropper.0.requests.contains(index));
        if !own.is_empty() {
            stages.push((Stage::Rule(dropper.0, dropper.1), own));
        }
        routed = rest;
    }
    let mut by_device: BTreeMap<(Option<u32>, Version), Vec<usize>> = BTreeMap::new();
    for index in routed {
        let request = &view.requests()[index];
        let key = (out_device(request), Version::of(request.peer()));
        by_device.entry(key).or_default().push(index);
    }
    for ((device, version), requests) in by_device {
        let enough = |count: &u64| *count >= requests.len() as u64;
        let kept = untransmitted(view, version).filter(enough);
        let unsent = after_ip(view).filter(enough);
        let filter = device.is_some_and(|device| has_egress_filter(view, device));
        let stage = match (kept, device) {
            (Some(kept), _) => Stage::Netfilter { kept, no_rule: no_rule(view, &requests) },
            (None, Some(device)) if filter || unsent.is_some() => {
                Stage::Egress { device, unsent, filter }
            }
            _ => Stage::Unknown,
        };
        stages.push((stage, requests));
    }
    stages
}

/// As [`split`], of requests whose SYN-ACKs meet a rule that counted them.
pub(super) fn by_rule<'a>(view: &View<'a>, requests: &[usize]) -> Vec<(Stage<'a>, Vec<usize>)> {
    let mut left = requests.to_vec();
    let mut stages = Vec::new();
    for (dropper, weight) in guilty(view, requests).into_iter().filter(counts_them) {
        let (own, rest): (Vec<usize>, Vec<usize>) =
            left.iter().partition(|index| dropper.requests.contains(index));
        if !own.is_empty() {
            stages.push((Stage::Rule(dropper, weight), own));
        }
        left = rest;
    }
    stages
}

/// Some rule that is sure to end SYN-ACKs of these requests counted as many.
pub(super) fn meets_counting_rule(view: &View<'_>, requests: &[usize]) -> bool {
    guilty(view, requests).iter().any(counts_them)
}

fn counts_them((_, weight): &(Dropper<'_>, Weight)) -> bool {
    *weight == Weight::Decisive
}

/// The rules of netfilter are known and none can end these SYN-ACKs.
fn no_rule(view: &View<'_>, requests: &[usize]) -> bool {
    droppers(view, &HOOKS, Step::SynAck, requests).is_some_and(|found| found.is_empty())
}

/// Rules that these SYN-ACKs end by, the surest first.
fn guilty<'a>(view: &View<'a>, requests: &[usize]) -> Vec<(Dropper<'a>, Weight)> {
    if requests.is_empty() {
        return Vec::new();
    }
    let mut list: Vec<(Dropper<'a>, Weight)> = droppers(view, &HOOKS, Step::SynAck, requests)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|dropper| {
            // Each request sends one SYN-ACK before it is given up; half of them may have been
            // made before the first reading.
            let fits = |count: u64| count * 2 >= dropper.requests.len() as u64;
            let kept_by_bridge = dropper.stop.chain.family == FilterFamily::Bridge
                && seen(view, &dropper.requests).any(|seen| stays_on_bridge(view, seen));
            let weight = match (dropper.matched, dropper.stop.certain) {
                (None, false) if kept_by_bridge => Weight::Strong,
                (Some(count), _) if count == 0 || !fits(count) => return None,
                // Decisive: these SYN-ACKs meet the rule by all its conditions, it matched as many,
                // and the kernel could not send them.
                (Some(_), true) => Weight::Decisive,
                (Some(_), false) | (None, true) => Weight::Strong,
                (None, false) => return None,
            };
            Some((dropper, weight))
        })
        .collect();
    list.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    list
}

fn out_device(request: &RequestView<'_>) -> Option<u32> {
    Some(request.reply?.resolved.as_ref().ok()?.oif)
}

fn has_egress_filter(view: &View<'_>, device: u32) -> bool {
    view.whole_device_filters().into_iter().flatten().any(|filter| {
        filter.ifindex == device && filter.direction == Direction::Out && filter.can_drop()
    })
}

impl Stage<'_> {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Route(_) => "route",
            Self::Rule(dropper, _) => match dropper.stop.hook {
                Hook::Egress => "egress-filter",
                Hook::Postrouting => "postrouting-rule",
                _ => "output-rule",
            },
            Self::Netfilter { no_rule: true, .. } => "output-policy",
            Self::Netfilter { no_rule: false, .. } => "output-rule",
            Self::Egress { .. } => "egress-filter",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn subject(&self, view: &View<'_>, requests: &[usize]) -> Subject {
        match self {
            Self::Egress { device, .. } => Subject::Link(*device),
            _ => subject_of(view, requests),
        }
    }

    pub(super) fn summary(&self, view: &View<'_>, requests: &[usize]) -> Text {
        match self {
            Self::Route(errno) => text![
                "there is no way back to ",
                phrase::name_peers(&phrase::peers(view, requests)),
                ": ",
                phrase::route_error(*errno),
            ],
            Self::Rule(dropper, _) => text![dropper.name(), " drops it"],
            Self::Netfilter { no_rule: true, .. } => text![
                "no rule of netfilter drops it: an IPsec policy or a BPF program of the cgroup is left"
            ],
            Self::Netfilter { no_rule: false, .. } => {
                text!["a rule of OUTPUT or POSTROUTING drops it"]
            }
            Self::Egress { device, filter: true, .. } => {
                text!["a filter on the way out of ", view.dev(*device), " drops it"]
            }
            Self::Egress { device, filter: false, .. } => {
                text!["the queue of ", view.dev(*device), ", or a program on its way out, drops it"]
            }
            Self::Unknown => text!["it is dropped between TCP and the wire"],
        }
    }

    pub(super) fn argue(&self, view: &View<'_>, case: &mut Case, requests: &[usize]) {
        let sample = &view.requests()[requests[0]];
        match self {
            // Decisive: the kernel's own look-up for this reply fails.
            Self::Route(errno) => {
                case.supports(
                    Weight::Decisive,
                    Fact::new(
                        Origin::Route,
                        "reply-has-no-route",
                        text![
                            "the reply to ",
                            sample.peer(),
                            " has no route: ",
                            phrase::route_error(*errno),
                        ],
                    )
                    .with("errno", Value::Word(errno.name()))
                    .recheck(phrase::route_get(sample)),
                );
            }
            Self::Rule(dropper, weight) => {
                case.supports(*weight, dropper.fact(text![" while watching"]));
            }
            Self::Netfilter { kept, .. } => {
                let version = Version::of(sample.peer());
                case.supports(Weight::Strong, untransmitted_fact(version, *kept));
            }
            Self::Egress { device, unsent, filter } => {
                if *filter {
                    argue_egress(view, case, *device);
                }
                if let Some(count) = unsent {
                    argue_unsent(case, *count);
                }
            }
            Self::Unknown => {}
        }
    }

    pub(super) fn look(&self, view: &View<'_>, sample: &RequestView<'_>) -> Vec<Command> {
        match self {
            Self::Route(_) => vec![Command(phrase::route_get(sample))],
            Self::Rule(dropper, _) => vec![dropper.listing()],
            Self::Netfilter { no_rule: true, .. } => vec![
                Command("ip xfrm policy".to_owned()),
                Command("ip xfrm state".to_owned()),
                Command("bpftool cgroup tree".to_owned()),
            ],
            Self::Netfilter { no_rule: false, .. } => vec![
                Command("nft -a list ruleset".to_owned()),
                Command("iptables-save -c; iptables-legacy-save -c".to_owned()),
            ],
            Self::Egress { device, .. } => vec![
                Command(format!("tc -s qdisc show dev {}", view.dev(*device))),
                Command(format!("tc -s filter show dev {} egress", view.dev(*device))),
            ],
            Self::Unknown => match out_device(sample) {
                Some(device) => vec![
                    Command("nft -a list ruleset".to_owned()),
                    Command(format!("tc -s filter show dev {} egress", view.dev(device))),
                    Command(format!("tc -s qdisc show dev {}", view.dev(device))),
                ],
                None => Vec::new(),
            },
        }
    }

    pub(super) fn remedy(&self) -> Text {
        match self {
            Self::Route(_) => text!["restore a route to these clients"],
            Self::Rule(..) | Self::Netfilter { no_rule: false, .. } => {
                text!["before the rule, accept replies of connections that were accepted"]
            }
            Self::Netfilter { no_rule: true, .. } => {
                text![
                    "have the policy or program let replies pass; a policy of IPsec needs its state"
                ]
            }
            Self::Egress { filter: false, .. } => {
                text!["give the queue's class its rate and room, or let replies pass the program"]
            }
            Self::Egress { .. } | Self::Unknown => {
                text!["remove the filter, or let replies pass it"]
            }
        }
    }
}

fn argue_egress(view: &View<'_>, case: &mut Case, device: u32) {
    let filters = view.whole_device_filters().unwrap_or_default();
    let own = filters.iter().find(|filter| {
        filter.ifindex == device && filter.direction == Direction::Out && filter.can_drop()
    });
    let Some(filter) = own else { return };
    let mut text = text![view.dev(device), " has a filter on its way out: ", filter.kind.clone()];
    if let Some(name) = &filter.name {
        text.push(text![" ", name.clone()]);
    }
    case.supports(
        Weight::Strong,
        Fact::new(Origin::Filter, "egress-filter", text)
            .with("dev", Value::Foreign(view.dev(device)))
            .with("kind", Value::Foreign(filter.kind.clone()))
            .with("program_id", phrase::number(filter.program_id))
            .recheck(format!("tc -s filter show dev {} egress", view.dev(device))),
    );
}

/// IP handed them over and the device did not send them.
fn argue_unsent(case: &mut Case, count: u64) {
    case.supports(
        Weight::Strong,
        Fact::new(
            Origin::Counters,
            "transmitted-not-sent",
            text![
                count,
                " packets that IP handed to devices were not sent: a filter or the queue of a device"
            ],
        )
        .with("not_sent_count", Value::Number(count))
        .recheck("nstat -az IpOutTransmits Ip6OutTransmits; ip -s link"),
    );
}
