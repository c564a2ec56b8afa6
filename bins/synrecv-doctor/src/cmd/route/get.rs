//! `route get`: one look-up, and why it ends as it does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use synrecv_collect::{Place, host, tables};
use synrecv_model::{
    Address, Endpoint, Family, Flow, Gap, InputAnswer, Link, Reason, Reply, ReplyQuestion,
    RouteKind, Section, SourceKind,
};
use synrecv_report::table::RouteGet;

use super::super::UsageError;
use super::super::peer::{Peer, parse_peer};
use super::super::table::{ask, inside, write};
use crate::cli::TableArgs;

#[derive(Debug, Args)]
pub(super) struct GetArgs {
    /// Where to; a link-local address needs its device: fe80::1%eth0
    #[arg(value_parser = parse_peer)]
    peer: Peer,
    /// Source address (default: the one that the kernel chooses)
    #[arg(long, value_name = "LOCAL")]
    from: Option<IpAddr>,
    /// Local TCP port, for rules that look at ports or protocol
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Mark of the packet, as the listener's SO_MARK sets it (decimal or 0x..)
    #[arg(long, value_parser = parse_mark)]
    mark: Option<u32>,
    /// User that owns the socket (default: the caller)
    #[arg(long)]
    uid: Option<u32>,
    #[command(flatten)]
    table: TableArgs,
}

fn parse_mark(text: &str) -> Result<u32, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "expected a number of 32 bits".to_owned())
}

pub(super) fn run(args: &GetArgs) -> Result<ExitCode> {
    let family = Family::of(args.peer.ip);
    if args.from.is_some_and(|from| Family::of(from) != family) {
        let words = format!("`--from` is no {} address like the peer", family.name());
        return Err(UsageError(words).into());
    }
    let nowhere = match family {
        Family::V4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
    };
    let peer = Endpoint { ip: args.peer.ip, port: 0 };
    let flow = |ip, port| Flow { local: Endpoint { ip, port }, peer };
    inside(&args.table, |place| {
        let host = host(&place);
        let devices = ask(&place, tables::links);
        let settings = ask(&place, || tables::settings(Path::new("/proc/sys"), &devices));
        let links = devices.map(|devices| devices.links);
        let oif = args.peer.oif(&links)?;
        let addresses = ask(&place, tables::addresses);
        let rules = ask(&place, tables::rules);
        let routes = ask(&place, tables::routes);
        let nexthops = ask(&place, tables::nexthops);
        let question = ReplyQuestion {
            flow: flow(args.from.unwrap_or(nowhere), args.port.unwrap_or(0)),
            mark: args.mark.unwrap_or(0),
            uid: args.uid,
            oif,
        };
        let reply = ask(&place, || tables::route_get(&question));
        let plain = ReplyQuestion { flow: flow(nowhere, 0), mark: 0, uid: None, oif };
        let plain = (plain != question).then(|| ask(&place, || tables::route_get(&plain)));
        // After the look-ups: they make no entry, but an entry can change meanwhile.
        let neighbours = ask(&place, tables::neighbours);
        let inputs = inputs(&place, &reply, &addresses, &links);
        let table = RouteGet {
            kind: SourceKind::Live,
            host: &host,
            reply: &reply,
            plain: plain.as_ref(),
            inputs: inputs.as_ref(),
            rules: &rules,
            routes: &routes,
            nexthops: &nexthops,
            neighbours: &neighbours,
            addresses: &addresses,
            links: &links,
            settings: &settings,
        };
        write(
            &args.table,
            &reply,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}

/// Asks whether packets of the peer would be taken: on the device that the answer leaves by, and on
/// those that have the local address. `None` where that is no question: IPv6, whose look-up of what
/// comes in always succeeds; a peer on this host; no local address.
fn inputs(
    place: &Place,
    reply: &Section<Reply>,
    addresses: &Section<Vec<Address>>,
    links: &Section<Vec<Link>>,
) -> Option<Section<Vec<InputAnswer>>> {
    let Reply { question, resolved, .. } = reply.data()?;
    let way = resolved.as_ref().ok();
    if !question.flow.peer.ip.is_ipv4() || way.is_some_and(|way| way.kind == RouteKind::Local) {
        return None;
    }
    let mut flow = question.flow;
    if flow.local.ip.is_unspecified() {
        flow.local.ip = way?.prefsrc?;
    }
    let mut devices: Vec<u32> = way.map(|way| way.oif).into_iter().collect();
    let own = addresses.data().into_iter().flatten();
    for owner in own.filter(|own| own.address == flow.local.ip) {
        if !devices.contains(&owner.ifindex) {
            devices.push(owner.ifindex);
        }
    }
    let loops = |ifindex: u32| {
        let mut links = links.data().into_iter().flatten();
        links.any(|link| link.ifindex == ifindex && link.loopback)
    };
    let asked: Vec<_> =
        devices.into_iter().filter(|&dev| !loops(dev)).map(|dev| (0, dev)).collect();
    let question = ReplyQuestion { flow, ..*question };
    Some(match ask(place, || tables::replies(&[question], &asked)) {
        Section::Missing(gap) => Section::Missing(gap),
        found if found.data().is_some_and(Vec::is_empty) => {
            Section::Missing(Gap::new(Reason::TimedOut, "the kernel's answer was lost"))
        }
        found => found.map(|replies| replies.into_iter().flat_map(|reply| reply.inputs).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_written_as_iproute2_does() {
        assert_eq!((parse_mark("0x1f"), parse_mark("31")), (Ok(31), Ok(31)));
        assert!(parse_mark("0x100000000").is_err() && parse_mark("-1").is_err());
    }
}
