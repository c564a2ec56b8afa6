//! `route`: rules and routes of all tables; `route get`: one look-up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use synrecv_collect::{Place, host, tables};
use synrecv_model::{
    Endpoint, Family, Flow, Gap, Link, Reason, ReplyQuestion, Section, SourceKind,
};
use synrecv_report::table::{RouteGet, RouteTable};

use super::UsageError;
use super::table::{ask, inside, write};
use crate::cli::TableArgs;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RouteArgs {
    #[command(subcommand)]
    action: Option<RouteAction>,
    /// Also the table `local`, broadcast and multicast (JSON always has them)
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Debug, Subcommand)]
enum RouteAction {
    /// Ask the kernel which way packets to a peer leave
    Get(GetArgs),
}

#[derive(Debug, Args)]
struct GetArgs {
    /// Where to; a link-local address needs its device: fe80::1%eth0
    #[arg(value_parser = parse_peer)]
    peer: Peer,
    /// Source address (default: the one that the kernel chooses)
    #[arg(long, value_name = "LOCAL")]
    from: Option<IpAddr>,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Clone, Debug)]
struct Peer {
    ip: IpAddr,
    dev: Option<String>,
}

fn parse_peer(text: &str) -> Result<Peer, String> {
    let (ip, dev) = match text.split_once('%') {
        Some((ip, dev)) => (ip, Some(dev.to_owned())),
        None => (text, None),
    };
    let ip = ip.parse().map_err(|_| "expected an address, or ADDRESS%DEVICE".to_owned())?;
    Ok(Peer { ip, dev })
}

pub(crate) fn run(args: &RouteArgs) -> Result<ExitCode> {
    match &args.action {
        Some(RouteAction::Get(get)) => run_get(get),
        None => run_table(args),
    }
}

fn links(place: &Place) -> Section<Vec<Link>> {
    ask(place, tables::links).map(|devices| devices.links)
}

fn run_table(args: &RouteArgs) -> Result<ExitCode> {
    inside(&args.table, |place| {
        let host = host(&place);
        let rules = ask(&place, tables::rules);
        let routes = ask(&place, tables::routes);
        let nexthops = ask(&place, tables::nexthops);
        let links = links(&place);
        let table = RouteTable {
            kind: SourceKind::Live,
            host: &host,
            routes: &routes,
            rules: &rules,
            nexthops: &nexthops,
            links: &links,
            all: args.all,
        };
        write(
            &args.table,
            &routes,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}

fn run_get(args: &GetArgs) -> Result<ExitCode> {
    let family = Family::of(args.peer.ip);
    if args.from.is_some_and(|from| Family::of(from) != family) {
        let words = format!("`--from` is no {} address like the peer", family.name());
        return Err(UsageError(words).into());
    }
    let unspecified = match family {
        Family::V4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
    };
    let local = Endpoint { ip: args.from.unwrap_or(unspecified), port: 0 };
    let flow = Flow { local, peer: Endpoint { ip: args.peer.ip, port: 0 } };
    inside(&args.table, |place| {
        let host = host(&place);
        let links = links(&place);
        let oif = match &args.peer.dev {
            None => 0,
            Some(dev) => device(dev, &links)?,
        };
        let question = ReplyQuestion { flow, mark: 0, uid: None, oif };
        let reply = ask(&place, || tables::route_get(&question));
        let neighbours = if reply.data().is_some_and(|reply| reply.next_hop().is_some()) {
            ask(&place, tables::neighbours)
        } else {
            Section::Missing(Gap::new(Reason::NotApplicable, "there is no next hop"))
        };
        let table = RouteGet {
            kind: SourceKind::Live,
            host: &host,
            reply: &reply,
            neighbours: &neighbours,
            links: &links,
        };
        write(
            &args.table,
            &reply,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}

/// The ifindex of a device by its name.
fn device(name: &str, links: &Section<Vec<Link>>) -> Result<u32, UsageError> {
    let mut known = links.data().into_iter().flatten();
    let found = known.find(|link| link.name.0 == name);
    found
        .map(|link| link.ifindex)
        .ok_or_else(|| UsageError(format!("no device is called `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_may_name_its_device() {
        let peer = parse_peer("fe80::1%eth0").unwrap();
        assert_eq!((peer.ip.to_string().as_str(), peer.dev.as_deref()), ("fe80::1", Some("eth0")));
        assert!(parse_peer("10.0.0.1").unwrap().dev.is_none());
        assert!(parse_peer("eth0").is_err());
    }
}
