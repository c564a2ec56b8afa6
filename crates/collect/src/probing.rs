//! Asking the network who answers for an address. Sends frames: only for those who want that.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use synrecv_model::view::place;
use synrecv_model::view::probe::Wire;
use synrecv_model::{
    Flaw, Foreign, Gap, Link, Mac, ProbePurpose, Probed, Reading, Reason, Section,
};
use synrecv_netlink::clock;
use synrecv_probe::neighbours::ProbeError;
pub use synrecv_probe::neighbours::{Bound, Options, Sender, Target, bound};

/// Why an address cannot be asked for on a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTarget {
    /// The device is not known.
    #[error("device {0} is not there")]
    NoDevice(u32),
    /// Loopback, tunnels, point-to-point links: nobody is asked there.
    #[error("`{}` is a device without link-layer addresses: nobody is asked for there", .0.0)]
    NoMac(Foreign),
    /// The device is off.
    #[error("`{}` is down", .0.0)]
    Down(Foreign),
    /// The device is on, but nothing is at the other end.
    #[error("`{}` has no carrier: no frame leaves there", .0.0)]
    NoCarrier(Foreign),
    /// The driver hands such a device frames for its own MAC only, promiscuous or not.
    #[error("answers to a made-up MAC do not come to `{}`, which is of kind {}", .0.0, .1.0)]
    OwnMacOnly(Foreign, Foreign),
    /// This host has no address to ask from.
    #[error("this host has no address on `{}` to ask from", .0.0)]
    NoSource(Foreign),
    /// Nobody has an address alone.
    #[error("{0} is no address of one machine")]
    NotUnicast(IpAddr),
}

/// Kinds of devices that share a lower one, which sorts frames by their MACs or addresses
/// (`macvlan_handle_frame`, `ipvlan_handle_frame`).
const OWN_MAC_ONLY: [&str; 4] = ["macvlan", "macvtap", "ipvlan", "ipvtap"];

/// A question that is possible: from where an address can be asked for on a device. `others` are
/// addresses that the question must not come from: all that are asked for.
///
/// # Errors
/// When nobody can be asked for it there.
pub fn target(
    wire: &Wire<'_>,
    links: &[Link],
    (ifindex, address, purpose): (u32, IpAddr, ProbePurpose),
    others: &[IpAddr],
    sender: Sender,
) -> Result<Target, NoTarget> {
    let link = links.iter().find(|link| link.ifindex == ifindex);
    let link = link.ok_or(NoTarget::NoDevice(ifindex))?;
    let name = || link.name.clone();
    let mac = link.mac.filter(|mac| !mac.is_zero() && !link.loopback && !link.noarp);
    let device_mac = mac.ok_or_else(|| NoTarget::NoMac(name()))?;
    if !link.up {
        return Err(NoTarget::Down(name()));
    }
    if !link.carrier {
        return Err(NoTarget::NoCarrier(name()));
    }
    let kind = link.kind.as_ref().filter(|kind| OWN_MAC_ONLY.contains(&kind.0.as_str()));
    if let (Some(kind), Sender::Administered) = (kind, sender) {
        return Err(NoTarget::OwnMacOnly(name(), kind.clone()));
    }
    let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    if address.is_multicast() || address.is_unspecified() || address.is_loopback() || is_broadcast {
        return Err(NoTarget::NotUnicast(address));
    }
    let own = || wire.own(ifindex, address);
    let sources = match (sender, address) {
        // An address of this host: with any source the question would be an announcement.
        (_, IpAddr::V4(_)) if wire.is_own(address) => Vec::new(),
        (Sender::Administered, IpAddr::V4(v4)) => {
            wire.spare(ifindex, v4, others).into_iter().map(IpAddr::from).collect()
        }
        (Sender::Administered, IpAddr::V6(_)) => Vec::new(),
        (Sender::Device, _) => vec![own().ok_or_else(|| NoTarget::NoSource(name()))?],
    };
    Ok(Target { address, ifindex, purpose, device_mac, sources })
}

/// What is to be asked for, with `unused_count` addresses beside each that nobody should own, and what
/// cannot be asked for with the reason. Addresses of this host have none beside them, as whoever answers
/// for them is one too many; nor have link-local ones of IPv6, for which nobody answers but their owner.
pub fn plan(
    wire: &Wire<'_>,
    links: &[Link],
    wanted: &[(u32, IpAddr, ProbePurpose)],
    unused_count: usize,
    sender: Sender,
) -> (Vec<Target>, Vec<(IpAddr, NoTarget)>) {
    let mut all: Vec<(u32, IpAddr, ProbePurpose)> = Vec::new();
    let mut places: Vec<(u32, IpNet)> = Vec::new();
    for &(ifindex, address, purpose) in wanted {
        if !all.iter().any(|&(dev, known, _)| (dev, known) == (ifindex, address)) {
            all.push((ifindex, address, purpose));
        }
    }
    for (ifindex, address, _) in all.clone() {
        let here = (ifindex, place(address));
        let is_link_local = matches!(address, IpAddr::V6(ip) if ip.is_unicast_link_local());
        if wire.is_own(address) || is_link_local || places.contains(&here) {
            continue;
        }
        places.push(here);
        let others: Vec<IpAddr> = all.iter().map(|&(_, known, _)| known).collect();
        let unused = wire.unused(ifindex, address, &others, unused_count);
        all.extend(unused.into_iter().map(|ip| (ifindex, ip, ProbePurpose::Unused)));
    }
    let others: Vec<IpAddr> = all.iter().map(|&(_, known, _)| known).collect();
    let (mut targets, mut refused) = (Vec::new(), Vec::new());
    for one in all {
        match target(wire, links, one, &others, sender) {
            Ok(target) => targets.push(target),
            Err(error) => refused.push((one.1, error)),
        }
    }
    (targets, refused)
}

/// What came of asking.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The answers: missing when nobody could be asked for, partial when some could not.
    pub probed: Section<Vec<Probed>>,
    /// Frames sent.
    pub frame_count: u32,
    /// Where questions came from: device, MAC, and address, unless it was none.
    pub senders: Vec<(u32, Mac, Option<IpAddr>)>,
    /// How long it took.
    pub duration: Duration,
}

/// Asks for all targets from the network namespace of the calling thread; sends and takes at most what
/// [`bound`] says.
pub fn ask(targets: &[Target], options: &Options) -> Answers {
    let started = clock::now();
    let asked = synrecv_probe::neighbours::ask(targets, options);
    let reading = Reading { source: "AF_PACKET".into(), started, ended: clock::now() };
    Answers {
        probed: section(asked.results, reading),
        frame_count: asked.frame_count,
        senders: asked.senders.into_iter().collect(),
        duration: asked.duration,
    }
}

fn section(results: Vec<Result<Probed, ProbeError>>, reading: Reading) -> Section<Vec<Probed>> {
    let mut probed = Vec::new();
    let mut gaps: Vec<Gap> = Vec::new();
    for result in results {
        match result.map_err(gap) {
            Ok(found) => probed.push(found),
            Err(gap) if gaps.contains(&gap) => {}
            Err(gap) => gaps.push(gap),
        }
    }
    if probed.is_empty()
        && let Some(gap) = gaps.pop()
    {
        return Section::Missing(gap);
    }
    Section::from_reading(probed, gaps.into_iter().map(Flaw::PartMissing).collect(), reading)
}

fn gap(error: ProbeError) -> Gap {
    let gap = error.gap();
    if gap.reason == Reason::NeedsRoot { no_rights() } else { gap }
}

/// What is missing without CAP_NET_RAW.
pub fn no_rights() -> Gap {
    Gap::new(Reason::NeedsRoot, "asking by ARP and ND needs CAP_NET_RAW")
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Address, Mono, ProbeSender};

    use super::Sender::{Administered, Device};
    use super::*;

    fn probed() -> Probed {
        Probed {
            target: IpAddr::from([10, 0, 0, 1]),
            ifindex: 2,
            purpose: ProbePurpose::Named,
            sender: ProbeSender::Administered(Mac([2, 0, 0, 0, 0, 1])),
            question_count: 1,
            answers: Vec::new(),
        }
    }

    fn of(results: Vec<Result<Probed, ProbeError>>) -> Section<Vec<Probed>> {
        let (started, ended) = (Mono(0), Mono(1));
        section(results, Reading { source: "AF_PACKET".into(), started, ended })
    }

    fn link(ifindex: u32, mac: u8, is_up: bool) -> Link {
        let mac = (mac > 0).then_some(Mac([2, 0, 0, 0, 0, mac]));
        Link { up: is_up, mac, ..Link::new(ifindex, Foreign(format!("eth{ifindex}"))) }
    }

    fn own(text: &str) -> Address {
        Address::new(2, text.parse().unwrap())
    }

    #[test]
    fn a_plan_keeps_all_its_addresses_apart() {
        let addresses = [own("192.168.4.10/22")];
        let wire = Wire { addresses: &addresses, neighbours: &[], routes: &[] };
        let wanted = ["192.168.5.11", "192.168.5.12", "192.168.4.222", "192.168.4.10"]
            .map(|text| (2, text.parse().unwrap(), ProbePurpose::Named));
        let links = [link(2, 0x10, true)];
        let (targets, refused) = plan(&wire, &links, &wanted, 2, Sender::Administered);
        assert!(refused.is_empty());
        let texts = |target: &Target| (target.address.to_string(), target.sources.len());
        let found: Vec<_> = targets.iter().map(texts).collect();
        let expected = [
            ("192.168.5.11", 2),
            ("192.168.5.12", 2),
            ("192.168.4.222", 2),
            // Of this host: asked for from nobody.
            ("192.168.4.10", 0),
            ("192.168.5.222", 2),
            ("192.168.5.3", 2),
            ("192.168.4.3", 2),
            ("192.168.4.40", 2),
        ];
        assert_eq!(found, expected.map(|(text, count)| (text.to_owned(), count)));
        for target in &targets {
            let is_asked = |ip: &IpAddr| targets.iter().any(|target| target.address == *ip);
            assert!(!target.sources.iter().any(is_asked), "{target:?}");
        }
        let bound = bound(&targets, &Options::default());
        assert_eq!(bound.frame_count, 3 * 8 + 3);
    }

    #[test]
    fn nobody_is_asked_where_that_cannot_be() {
        let addresses = [own("192.168.4.10/22")];
        let wire = Wire { addresses: &addresses, neighbours: &[], routes: &[] };
        let links = [link(2, 0x10, true), link(3, 0, true), link(4, 4, false)];
        let on = |ifindex, text: &str, sender| {
            let wanted = (ifindex, text.parse().unwrap(), ProbePurpose::Named);
            target(&wire, &links, wanted, &[], sender).map(|target| target.sources)
        };
        let own: IpAddr = "192.168.4.10".parse().unwrap();
        assert_eq!(on(2, "192.168.5.11", Device), Ok(vec![own]));
        assert_eq!(on(2, "2001:db8::1", Administered), Ok(vec![]));
        let eth = |ifindex| Foreign(format!("eth{ifindex}"));
        assert_eq!(on(2, "2001:db8::1", Device), Err(NoTarget::NoSource(eth(2))));
        assert_eq!(on(3, "192.168.5.11", Administered), Err(NoTarget::NoMac(eth(3))));
        assert_eq!(on(4, "192.168.5.11", Administered), Err(NoTarget::Down(eth(4))));
        assert_eq!(on(5, "192.168.5.11", Administered), Err(NoTarget::NoDevice(5)));
        let changed = |change: fn(&mut Link), sender| {
            let mut link = link(2, 0x10, true);
            change(&mut link);
            let wanted = (2, "192.168.5.11".parse().unwrap(), ProbePurpose::Named);
            target(&wire, &[link], wanted, &[], sender).map(|target| target.sources.len())
        };
        let unplugged = |link: &mut Link| link.carrier = false;
        assert_eq!(changed(unplugged, Device), Err(NoTarget::NoCarrier(eth(2))));
        let shared = |link: &mut Link| link.kind = Some(Foreign("macvlan".into()));
        let refused = NoTarget::OwnMacOnly(eth(2), Foreign("macvlan".into()));
        assert_eq!(changed(shared, Administered), Err(refused));
        assert_eq!(changed(shared, Device), Ok(1));
        for group in ["224.0.0.1", "ff02::1", "255.255.255.255", "0.0.0.0", "127.0.0.1"] {
            assert!(matches!(on(2, group, Administered), Err(NoTarget::NotUnicast(_))), "{group}");
        }
    }

    #[test]
    fn what_could_not_be_asked_is_told() {
        assert!(of(vec![Ok(probed())]).whole().is_some());
        let some = of(vec![Ok(probed()), Err(ProbeError::NoSource), Err(ProbeError::NoSource)]);
        assert_eq!((some.data().map(Vec::len), some.flaws().len()), (Some(1), 1));
        let none = of(vec![Err(ProbeError::NoSource)]);
        assert_eq!(none.gap().map(|gap| &gap.reason), Some(&Reason::NotApplicable));
        assert!(of(vec![]).data().is_some_and(Vec::is_empty));
    }
}
