//! Who answers for addresses of this host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::{Foreign, Mac, Origin, Severity, Subject, Text, Value, Weight, text};

use crate::cases::{Cases, Fact};
use crate::seen::claimants;
use crate::view::View;

/// Addresses that several machines claim, those of this host first.
fn doubled(view: &View<'_>) -> Vec<(IpAddr, Vec<Mac>)> {
    let Some(capture) = view.capture() else { return Vec::new() };
    let addresses: BTreeSet<_> = capture.claims.iter().map(|claim| claim.address).collect();
    let own: BTreeSet<IpAddr> = view.addresses().iter().map(|own| own.address).collect();
    let mut all: Vec<(IpAddr, Vec<Mac>)> = addresses
        .into_iter()
        .map(|address| (address, claimants(capture, address).into_iter().collect::<Vec<Mac>>()))
        .filter(|(_, macs)| macs.len() > 1)
        .collect();
    all.sort_by_key(|(address, _)| !own.contains(address));
    all
}

/// Devices of this host by their link-layer address.
fn own_macs<'a>(view: &View<'a>) -> BTreeMap<Mac, &'a Foreign> {
    view.links().iter().filter_map(|link| Some((link.mac?, &link.name))).collect()
}

/// Two devices of this host answer for one of its addresses.
pub(super) fn arp_flux(view: &View<'_>, cases: &mut Cases) {
    let own = own_macs(view);
    let found =
        doubled(view).into_iter().find(|(_, macs)| macs.iter().all(|mac| own.contains_key(mac)));
    let Some((address, macs)) = found else { return };
    let devices: Vec<Foreign> = macs.iter().map(|mac| own[mac].clone()).collect();
    let devices = Text::join(devices, " and ");
    let stuck = view.stuck(|request| request.local().ip == address);
    cases
        .about(Subject::Host)
        .severity(if stuck.is_empty() { Severity::Info } else { Severity::Problem })
        .headline(text!["frames for ", address, " come in by ", devices.clone()])
        .summary(text![devices.clone(), " both answer ARP for ", address])
        .arg("address", Value::Ip(address))
        .affects(stuck)
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "own-devices-answer",
                text![
                    Text::join(macs, " and "),
                    ", of ",
                    devices,
                    " of this host, answer for ",
                    address,
                ],
            )
            .recheck(format!("arping -c 3 {address}; sysctl -a | grep -E 'arp_(ignore|filter)'")),
        );
}

pub(super) fn duplicate_address(view: &View<'_>, cases: &mut Cases) {
    let own = own_macs(view);
    let stranger = |macs: &[Mac]| macs.iter().find(|mac| !own.contains_key(mac)).copied();
    let found = doubled(view).into_iter().find(|(_, macs)| stranger(macs).is_some());
    let Some((address, macs)) = found else { return };
    let mine = macs.iter().find(|mac| own.contains_key(mac)).copied();
    let is_own = view.addresses().iter().any(|own| own.address == address);
    let stuck = view.stuck(|request| request.local().ip == address && is_own);
    let case = cases.about(Subject::Host);
    case.headline(text!["frames for ", address, " go to one of ", macs.len(), " machines"])
        .summary(text![
            macs.len(),
            " machines answer for ",
            address,
            ": it is used twice, or some answer as a proxy",
        ])
        .arg("address", Value::Ip(address))
        .arg("macs", Value::List(macs.iter().copied().map(Value::Mac).collect()))
        .affects(stuck)
        // Weak: two proxies look the same, and so does an address that moves.
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "several-claim",
                text![Text::join(macs.iter().copied(), " and "), " claim ", address,],
            )
            .recheck(format!("arping -c 3 {address}")),
        );
    if let (true, Some(mine), Some(other)) = (is_own, mine, stranger(&macs)) {
        // Strong: the one is this host, and the other answers for an address that this host has.
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "stranger-claims-own-address",
                text![
                    mine,
                    " is ",
                    own[&mine].clone(),
                    " of this host, which has ",
                    address,
                    "; ",
                    other,
                    " is not",
                ],
            ),
        );
    }
}
