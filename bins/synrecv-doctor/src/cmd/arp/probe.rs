//! `arp --probe`: who answers for an address, asked aloud.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;

use anyhow::{Result, bail};
use synrecv_collect::probing::{self, Answers, Bound, NoTarget, Options, Sender, Target};
use synrecv_collect::{Place, host, tables};
use synrecv_model::view::probe::Wire;
use synrecv_model::{
    Address, Endpoint, Flow, Gap, Link, LinkNames, Neighbour, ProbePurpose, Reply, ReplyQuestion,
    Route, RouteKind, Section, SourceKind,
};
use synrecv_report::escape::{foreign, plain};
use synrecv_report::table::{ProbeSent, ProbeTable};

use super::super::UsageError;
use super::super::peer::Peer;
use super::super::table::{ask, inside, write};
use crate::cli::{TableArgs, TableFormat};
use crate::terminal::complain;

/// Addresses of one run. More are a scan, which is not what this is for.
const ADDRESSES_MAX: usize = 64;

/// Addresses that nobody should own, beside each that is asked for: a machine with several addresses
/// can have one of them after all, hardly both.
const UNUSED_COUNT: usize = 2;

pub(super) fn run(peers: &[Peer], own_mac: bool, args: &TableArgs) -> Result<ExitCode> {
    if peers.len() > ADDRESSES_MAX {
        let words = format!("at most {ADDRESSES_MAX} addresses can be asked for at once");
        return Err(UsageError(words).into());
    }
    let sender = if own_mac { Sender::Device } else { Sender::Administered };
    inside(args, |place| {
        let host = host(&place);
        let links = ask(&place, tables::links).map(|devices| devices.links);
        let tables = Tables {
            addresses: ask(&place, tables::addresses),
            routes: ask(&place, tables::routes),
            neighbours: ask(&place, tables::neighbours),
            links,
        };
        let gap = place.gap().cloned();
        let gap = gap.or_else(|| (!host.capabilities.net_raw).then(probing::no_rights));
        let (probed, sent) = match gap {
            Some(gap) => refused(gap, args)?,
            None => asked(&tables, &place, peers, sender)?,
        };
        let table = ProbeTable {
            kind: SourceKind::Live,
            host: &host,
            probed: &probed,
            sent: &sent,
            neighbours: &tables.neighbours,
            links: &tables.links,
            addresses: &tables.addresses,
            routes: &tables.routes,
        };
        write(args, &probed, |out| table.write_json(out), |style, out| table.write_text(style, out))
    })
}

type Probed = Section<Vec<synrecv_model::Probed>>;

/// Nobody can be asked: an error in text, a missing section in JSON.
fn refused(gap: Gap, args: &TableArgs) -> Result<(Probed, ProbeSent)> {
    if args.format == TableFormat::Text {
        bail!(
            "{}: {}; `synrecv-doctor arp` without --probe sends nothing and needs no rights",
            gap.reason.word(),
            plain(&gap.detail)
        );
    }
    Ok((Section::Missing(gap), ProbeSent::default()))
}

struct Tables {
    links: Section<Vec<Link>>,
    addresses: Section<Vec<Address>>,
    routes: Section<Vec<Route>>,
    neighbours: Section<Vec<Neighbour>>,
}

fn rows<T>(section: &Section<Vec<T>>) -> &[T] {
    section.data().map_or(&[], Vec::as_slice)
}

fn asked(
    tables: &Tables,
    place: &Place,
    peers: &[Peer],
    sender: Sender,
) -> Result<(Probed, ProbeSent)> {
    let names = LinkNames::new(rows(&tables.links));
    let mut wanted = Vec::new();
    for peer in peers {
        wanted.push((device(tables, &names, place, peer)?, peer.ip, ProbePurpose::Named));
    }
    let wire = Wire {
        addresses: rows(&tables.addresses),
        neighbours: rows(&tables.neighbours),
        routes: rows(&tables.routes),
    };
    let links = rows(&tables.links);
    let (targets, refused) = probing::plan(&wire, links, &wanted, UNUSED_COUNT, sender);
    if let Some((address, error)) = refused.into_iter().next() {
        let advice = match error {
            NoTarget::OwnMacOnly(..) => "; --own-mac asks with the MAC of the device",
            _ => "",
        };
        return Err(UsageError(format!("{address} cannot be asked for: {error}{advice}")).into());
    }
    let options = Options { sender };
    let bound = probing::bound(&targets, &options);
    complain(&announcement(&targets, &names, bound, sender));
    let Answers { probed, frame_count, senders, duration } = probing::ask(&targets, &options);
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Ok((probed, ProbeSent { frame_count, frame_max: bound.frame_count, duration_ms, senders }))
}

/// What is about to be sent.
fn announcement(
    targets: &[Target],
    names: &LinkNames,
    Bound { frame_count, duration }: Bound,
    sender: Sender,
) -> String {
    let mut devices: Vec<String> = Vec::new();
    for target in targets {
        let name = foreign(&names.name(target.ifindex).0);
        if !devices.contains(&name) {
            devices.push(name);
        }
    }
    let v6 = targets.iter().filter(|target| target.address.is_ipv6()).count();
    let what = match (v6, targets.len()) {
        (0, _) => "ARP questions",
        (v6, all) if v6 == all => "frames of neighbour discovery",
        _ => "ARP questions and frames of neighbour discovery",
    };
    let seconds = duration.as_millis().div_ceil(1_000);
    let price = match sender {
        Sender::Administered => {
            "from a made-up MAC, so that this host's own table stays as it is (the device is \
             promiscuous meanwhile; if a switch here shuts ports for a second MAC, stop this and use \
             --own-mac)"
        }
        Sender::Device => {
            "from the device's own MAC: the kernel takes the answers too, and where several answer \
             its entry can change, which can heal or break connections"
        }
    };
    format!(
        "sends at most {frame_count} {what} on {} in at most {seconds} s, {price}",
        devices.join(", ")
    )
}

/// The device that a host is asked for on: that which the kernel sends packets for it out of.
fn device(tables: &Tables, names: &LinkNames, place: &Place, peer: &Peer) -> Result<u32> {
    let oif = peer.oif(&tables.links)?;
    let ip = peer.ip;
    if ip.is_unspecified() {
        return Err(UsageError(format!("{ip} is no address of one machine")).into());
    }
    let own = rows(&tables.addresses).iter().find(|own| own.address == ip);
    if let Some(own) = own.filter(|own| oif == 0 || own.ifindex == oif) {
        return Ok(own.ifindex);
    }
    let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    if is_link_local && oif == 0 {
        return Err(UsageError(format!("{ip} needs its device: {ip}%DEVICE")).into());
    }
    let nowhere = match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let end = |ip| Endpoint { ip, port: 0 };
    let flow = Flow { local: end(nowhere), peer: end(ip) };
    let reply = ask(place, || tables::route_get(&ReplyQuestion { flow, mark: 0, uid: None, oif }));
    match &reply {
        Section::Missing(gap) => bail!("look up {ip}: {}", plain(&gap.detail)),
        Section::Collected { data, .. } | Section::Partial { data, .. } => {
            on_link(data, names, ip).map_err(Into::into)
        }
    }
}

fn on_link(reply: &Reply, names: &LinkNames, ip: IpAddr) -> Result<u32, UsageError> {
    let wrong = |words: String| Err(UsageError(words));
    let way = match &reply.resolved {
        Ok(way) => way,
        Err(errno) => {
            return wrong(format!(
                "{ip} is on no wire of this host: no way there ({})",
                errno.name()
            ));
        }
    };
    let dev = foreign(&names.name(way.oif).0);
    match (way.kind, way.gateway) {
        (_, Some(gateway)) => wrong(format!(
            "{ip} is on no wire of this host: packets for it go to the gateway {gateway} on {dev}, which \
             can be asked for instead"
        )),
        (RouteKind::Unicast, None) => Ok(way.oif),
        (kind, None) => wrong(format!(
            "{ip} cannot be asked for: it is of type {} to this host, on {dev}",
            kind.name()
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use synrecv_model::{Mac, ResolvedRoute, RouteErrno, RouteLookup};

    use super::*;

    fn reply(resolved: RouteLookup<ResolvedRoute>) -> Reply {
        let end = |text: &str| Endpoint { ip: text.parse().unwrap(), port: 0 };
        let flow = Flow { local: end("0.0.0.0"), peer: end("10.9.0.1") };
        let question = ReplyQuestion { flow, mark: 0, uid: None, oif: 0 };
        Reply { question, resolved, matched: None, inputs: Vec::new() }
    }

    fn judged(resolved: RouteLookup<ResolvedRoute>) -> Result<u32, String> {
        let ip = "10.9.0.1".parse().unwrap();
        let names = LinkNames::default();
        on_link(&reply(resolved), &names, ip).map_err(|error| error.to_string())
    }

    fn way(kind: RouteKind, gateway: Option<&str>) -> ResolvedRoute {
        let gateway = gateway.map(|text| text.parse().unwrap());
        ResolvedRoute { kind, oif: 2, gateway, table: 254, prefsrc: None, redirected: false }
    }

    #[test]
    fn whoever_is_behind_a_gateway_is_not_asked_for() {
        assert_eq!(judged(Ok(way(RouteKind::Unicast, None))), Ok(2));
        let error = judged(Ok(way(RouteKind::Unicast, Some("10.1.0.1")))).unwrap_err();
        assert!(error.contains("the gateway 10.1.0.1 on if2"), "{error}");
        let error = judged(Err(RouteErrno::ENETUNREACH)).unwrap_err();
        assert!(error.contains("ENETUNREACH"), "{error}");
        assert!(judged(Ok(way(RouteKind::Broadcast, None))).unwrap_err().contains("broadcast"));
    }

    #[test]
    fn what_is_sent_is_said_before() {
        let target = |text: &str| Target {
            address: text.parse().unwrap(),
            ifindex: 2,
            purpose: ProbePurpose::Named,
            device_mac: Mac([2, 0, 0, 0, 0, 1]),
            sources: Vec::new(),
        };
        let targets = [target("10.0.0.1"), target("10.0.0.2")];
        let names = LinkNames::default();
        let bound = Bound { frame_count: 9, duration: Duration::from_millis(3_900) };
        let words = announcement(&targets, &names, bound, Sender::Administered);
        assert!(
            words.starts_with("sends at most 9 ARP questions on if2 in at most 4 s"),
            "{words}"
        );
        let words = announcement(&[target("fe80::1")], &names, bound, Sender::Device);
        assert!(words.contains("neighbour discovery") && words.contains("break"), "{words}");
        assert!(!words.contains("promiscuous"));
    }
}
