//! SYNs that are dropped leave no row: counters, settings and routes are all there is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    Action, ActionLabel, Address, Command, Origin, RouteKind, Severity, Subject, Text, Value,
    Weight, text,
};

use super::{argue_setting, counter_fact};
use crate::cases::{Case, Cases, Fact};
use crate::seen::{Seen, refused, refused_fact, refused_input};
use crate::view::View;
use crate::{phrase, share};

pub(super) fn examine(view: &View<'_>, cases: &mut Cases, dropped: u64) {
    if by_frames(view, cases, dropped) {
        return;
    }
    let suspects = suspects(view);
    let small = share::is_small(view, dropped);
    let severity = if small || suspects.is_empty() { Severity::Info } else { Severity::Problem };
    let case = cases.about(Subject::Host);
    case.severity(severity)
        .headline(text![dropped, " packets were dropped by the reverse-path filter before TCP"])
        .summary(match suspects.first() {
            Some(suspect) => text![
                "clients come by ",
                view.dev(suspect.ifindex),
                ", the route to them leaves by ",
                &suspect.way_back,
            ],
            None => text!["the route back to their sources leaves by another device"],
        })
        .arg(
            "interfaces",
            Value::List(suspects.iter().map(|one| Value::Foreign(view.dev(one.ifindex))).collect()),
        )
        .supports(
            if suspects.is_empty() { Weight::Weak } else { Weight::Strong },
            counter_fact(dropped, Rhythm::Unclear),
        );
    for suspect in &suspects {
        argue_setting(view, case, suspect.ifindex);
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Route,
                "default-elsewhere",
                text![
                    view.dev(suspect.ifindex),
                    " has ",
                    suspect.address,
                    ", and replies to the world leave by ",
                    &suspect.way_back,
                ],
            )
            .with("dev", Value::Foreign(view.dev(suspect.ifindex)))
            .recheck("ip route show table all; ip rule"),
        );
    }
    if let Some(suspect) = suspects.first() {
        advise(view, case, suspect.ifindex, Some(suspect.address));
    } else {
        case.action(Action {
            id: "see-sources",
            label: ActionLabel::Investigate,
            text: text!["log them: the kernel's log then names source and device"],
            commands: vec![Command("sysctl -w net.ipv4.conf.all.log_martians=1".to_owned())],
            verify: Text::new(),
        });
    }
}

/// SYNs are seen to come in by a device on which the kernel refuses their sources.
fn by_frames(view: &View<'_>, cases: &mut Cases, dropped: u64) -> bool {
    let all = refused(view);
    let mut by_device: BTreeMap<u32, Vec<&Seen<'_>>> = BTreeMap::new();
    for seen in all.iter().filter(|seen| seen.handshake.flow.peer.ip.is_ipv4()) {
        if let Some(device) = refused_input(view, seen) {
            by_device.entry(device).or_default().push(seen);
        }
    }
    by_device.retain(|device, _| filters(view, *device) > 0);
    for (&device, seen) in &by_device {
        let flow = seen[0].handshake.flow;
        let (dev, local, peer) = (view.dev(device), flow.local.ip, flow.peer.ip);
        // A client that means it sends its SYN again; forged sources do not.
        let repeats = seen.iter().any(|seen| seen.handshake.counts.syn_count > 1);
        let stray = !repeats && share::is_small(view, dropped);
        let case = cases.about(Subject::Link(device));
        case.severity(if stray { Severity::Info } else { Severity::Problem });
        case.headline(text![
            phrase::count(seen.len(), "client", "clients"),
            " cannot connect: their SYNs come by ",
            dev.clone(),
            " and are dropped by rp_filter",
        ])
        .summary(text!["the route to ", peer, " does not leave by ", dev.clone()])
        .arg("interfaces", Value::List(vec![Value::Foreign(dev.clone())]))
        .supports(Weight::Strong, counter_fact(dropped, Rhythm::Unclear))
        .supports(Weight::Strong, refused_fact(view, seen))
        // Decisive: the kernel's own input look-up refuses these SYNs on the device they come by, and
        // its counter of such packets moves.
        .supports(
            Weight::Decisive,
            Fact::new(
                Origin::Route,
                "input-refused",
                text!["the kernel refuses packets from ", peer, " to ", local, " on ", dev.clone()],
            )
            .with("dev", Value::Foreign(dev.clone()))
            .recheck(format!("ip route get {local} from {peer} iif {dev}")),
        );
        argue_setting(view, case, device);
        advise(view, case, device, Some(local));
    }
    !by_device.is_empty()
}

fn filters(view: &View<'_>, device: u32) -> u32 {
    let own = view.settings().and_then(|settings| settings.devices.get(&device));
    own.and_then(|own| own.rp_filter_effective).unwrap_or(0)
}

/// A device on which strangers are refused.
struct Suspect {
    ifindex: u32,
    address: IpAddr,
    /// Where replies to strangers leave instead.
    way_back: Text,
}

/// Devices with an address of their own and a filter that strangers do not pass: strict, and no
/// default route by them; or loose, and no default route at all.
fn suspects(view: &View<'_>) -> Vec<Suspect> {
    let defaults: BTreeSet<u32> = view
        .routes()
        .iter()
        .filter(|route| route.destination.addr().is_ipv4() && route.destination.prefix_len() == 0)
        .filter(|route| route.kind == RouteKind::Unicast)
        .flat_map(|route| &route.next_hops)
        .map(|hop| hop.ifindex)
        .collect();
    let Some(settings) = view.settings() else { return Vec::new() };
    let way_back = match defaults.first() {
        Some(&device) => text![view.dev(device)],
        None => text!["nowhere: there is no default route"],
    };
    let filters = |ifindex: u32| {
        settings.devices.get(&ifindex).and_then(|own| own.rp_filter_effective).unwrap_or(0)
    };
    view.links()
        .iter()
        .filter(|link| link.up && !link.loopback)
        .filter(|link| match filters(link.ifindex) {
            1 => !defaults.contains(&link.ifindex),
            2 => defaults.is_empty(),
            _ => false,
        })
        .filter_map(|link| {
            let strict = filters(link.ifindex) == 1;
            let own = view
                .addresses()
                .iter()
                .filter(|own| own.ifindex == link.ifindex && own.address.is_ipv4())
                .find(|own| !(strict && strangers_connect(view, own)))?;
            let way_back = way_back.clone();
            Some(Suspect { ifindex: link.ifindex, address: own.address, way_back })
        })
        .collect()
}

/// Handshakes of clients that are not in the prefix of this address complete.
fn strangers_connect(view: &View<'_>, own: &Address) -> bool {
    let Ok(net) = ipnet::IpNet::new(own.address, own.prefix_len) else { return false };
    view.observation()
        .completed
        .iter()
        .any(|flow| flow.local.ip == own.address && !net.contains(&flow.peer.ip))
}

pub(super) fn advise(view: &View<'_>, case: &mut Case, device: u32, local: Option<IpAddr>) {
    let dev = view.dev(device);
    let gateway = view.gateways(device).into_iter().find(IpAddr::is_ipv4);
    if let Some(local) = local {
        let gateway = gateway.map_or_else(|| "GATEWAY".to_owned(), |gateway| gateway.to_string());
        case.action(Action {
            id: "route-replies-back",
            label: ActionLabel::Safe,
            text: text![
                "send replies from ",
                local,
                " out by ",
                dev.clone(),
                ", with a table of their own"
            ],
            commands: vec![
                Command(format!("ip route add default via {gateway} dev {dev} table 100")),
                Command(format!("ip rule add from {local} lookup 100")),
            ],
            verify: text!["IPReversePathFilter stands still, clients connect"],
        });
    }
    case.action(Action {
        id: "loosen-filter",
        label: ActionLabel::Safe,
        text: text![
            "or accept asymmetry on ",
            dev.clone(),
            ": 2 passes any source that has a route (the larger of `all` and device counts, so 0 does not help)",
        ],
        commands: vec![Command(format!(
            "sysctl -w net.ipv4.conf.{}.rp_filter=2",
            dev.to_string().replace('.', "/")
        ))],
        verify: text!["replies then leave by another device: a stateful router there drops them"],
    });
}
