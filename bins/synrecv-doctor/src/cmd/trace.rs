//! `trace`: the way that packets take to a peer. Sends packets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic;
use std::process::ExitCode;
use std::thread;

use anyhow::Result;
use clap::{Args, ValueEnum};
use synrecv_collect::traces::{self, TraceQuestion, Tracer};
use synrecv_collect::{Place, host, tables};
use synrecv_model::{
    Command, Endpoint, Family, Flow, Gap, Neighbour, PathTrace, Reason, Reply, ReplyQuestion,
    RouteKind, Section, SourceKind, TraceMethod, text,
};
use synrecv_report::table::TraceTable;

use super::UsageError;
use super::peer::{Peer, parse_ip, parse_peer};
use super::table::{ask, inside, write};
use crate::cli::TableArgs;
use crate::terminal;

#[derive(Debug, Args)]
#[command(
    after_help = "Sends packets: how many at most is said first, on standard error. udp needs no rights; \
                  tcp needs none and is faster with CAP_NET_RAW; icmp needs CAP_NET_RAW or a group \
                  within net.ipv4.ping_group_range."
)]
pub(crate) struct TraceArgs {
    /// Where to; a link-local address needs its device: fe80::1%eth0
    #[arg(value_parser = parse_peer)]
    peer: Peer,
    /// Source address, such as the local end of a stuck connection (default: the kernel chooses)
    #[arg(long, value_name = "LOCAL", value_parser = parse_ip)]
    from: Option<IpAddr>,
    /// What is sent
    #[arg(long, value_enum, default_value_t = Method::Udp)]
    method: Method,
    /// Port of the peer (default: 33434 for udp, 80 for tcp)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Datagrams
    Udp,
    /// Echo requests
    Icmp,
    /// SYNs; a connection that is accepted is reset at once
    Tcp,
}

impl Method {
    fn noun(self) -> TraceMethod {
        match self {
            Self::Udp => TraceMethod::Udp,
            Self::Icmp => TraceMethod::Icmp,
            Self::Tcp => TraceMethod::Tcp,
        }
    }
}

pub(crate) fn run(args: &TraceArgs) -> Result<ExitCode> {
    let family = Family::of(args.peer.ip);
    check(args, family)?;
    let nowhere = match family {
        Family::V4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
    };
    inside(&args.table, |place| {
        let host = host(&place);
        let read_links = || ask(&place, tables::links).map(|devices| devices.links);
        let named = args.peer.dev.as_ref().map(|_| read_links());
        let ifindex = named.as_ref().map_or(Ok(0), |links| args.peer.oif(links))?;
        let end = |ip| Endpoint { ip, port: 0 };
        let flow = Flow { local: end(args.from.unwrap_or(nowhere)), peer: end(args.peer.ip) };
        let question = ReplyQuestion { flow, mark: 0, uid: None, oif: ifindex };
        // Before a packet can bring a redirect.
        let reply = ask(&place, || tables::route_get(&question));
        only_one_machine(&reply, args.peer.ip)?;
        let (trace, links, neighbours) = thread::scope(|scope| {
            let asking = scope.spawn(|| trace(&place, args, ifindex));
            // While answers are waited for.
            let links = named.unwrap_or_else(read_links);
            let neighbours = ask(&place, tables::neighbours);
            // A panic of the thread is a panic of the program; the caller reports it.
            let trace = asking.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
            (trace, links, neighbours)
        });
        let is_early = !knows_next_hop(&neighbours, &reply);
        let neighbours = if is_early { ask(&place, tables::neighbours) } else { neighbours };
        let table = TraceTable {
            kind: SourceKind::Live,
            host: &host,
            trace: &trace,
            reply: &reply,
            neighbours: &neighbours,
            links: &links,
        };
        write(
            &args.table,
            &trace,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}

/// Whether the next hop was resolved when the table was read.
fn knows_next_hop(neighbours: &Section<Vec<Neighbour>>, reply: &Section<Reply>) -> bool {
    let Some(next) = reply.data().and_then(Reply::next_hop) else { return false };
    let mut entries = neighbours.data().into_iter().flatten();
    entries.any(|entry| entry.address == next && entry.mac.is_some())
}

/// Words on the command line that make no sense together.
fn check(args: &TraceArgs, family: Family) -> Result<(), UsageError> {
    let error = |words: String| Err(UsageError(words));
    let Peer { ip, dev } = &args.peer;
    if args.from.is_some_and(|from| Family::of(from) != family) {
        return error(format!("`--from` is no {} address like the peer", family.name()));
    }
    if args.method == Method::Icmp && args.port.is_some() {
        return error("`--port` is for udp and tcp".to_owned());
    }
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    if ip.is_unspecified() || ip.is_multicast() || is_broadcast {
        return error(format!("`{ip}` is no address of one machine"));
    }
    let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    match dev {
        None if is_link_local => error(format!("a link-local address needs its device: {ip}%eth0")),
        Some(dev) if !is_link_local => error(format!(
            "only a link-local address has a device; `{ip}` goes where routes say, not by `{dev}`"
        )),
        _ => Ok(()),
    }
}

/// The broadcast address of a prefix is one by the kernel's table only.
fn only_one_machine(reply: &Section<Reply>, ip: IpAddr) -> Result<(), UsageError> {
    let way = reply.data().and_then(|reply| reply.resolved.as_ref().ok());
    match way.map(|way| way.kind) {
        Some(kind @ (RouteKind::Broadcast | RouteKind::Multicast)) => {
            let kind = kind.name();
            Err(UsageError(format!(
                "`{ip}` is no address of one machine: it is {kind} to this host"
            )))
        }
        _ => Ok(()),
    }
}

/// Says what will be sent, and sends it.
fn trace(place: &Place, args: &TraceArgs, ifindex: u32) -> Section<PathTrace> {
    if let Some(gap) = place.gap() {
        return Section::Missing(gap.clone());
    }
    let method = args.method.noun();
    let question =
        TraceQuestion { target: args.peer.ip, ifindex, from: args.from, method, port: args.port };
    match traces::open(&question) {
        Err(gap) => Section::Missing(advised(gap, args)),
        Ok(tracer) => {
            announce(args, &tracer);
            traces::run(tracer)
        }
    }
}

fn announce(args: &TraceArgs, tracer: &Tracer) {
    let what = match args.method {
        Method::Udp => "UDP packets",
        Method::Icmp => "echo requests",
        Method::Tcp => "SYNs, and a reset for each SYN-ACK,",
    };
    let to = match tracer.ports() {
        Some((_, port)) => format!("{} port {port}", args.peer.ip),
        None => args.peer.ip.to_string(),
    };
    let pace = if tracer.is_one_by_one() {
        "one at a time (several with CAP_NET_RAW)".to_owned()
    } else {
        format!("{} a second", tracer.rate())
    };
    terminal::complain(&format!(
        "sends at most {} {what} to {to}: {} for each TTL up to {}, {pace}",
        tracer.bound(),
        tracer.asked_max(),
        tracer.distance_max(),
    ));
}

/// Names the method that needs no rights; or who tells why there is no way, which an error number does
/// not.
fn advised(gap: Gap, args: &TraceArgs) -> Gap {
    let advice = match (&gap.reason, args.method) {
        (Reason::NeedsRoot, Method::Udp) => return gap,
        (Reason::NeedsRoot, _) => text!["; --method udp needs no rights"],
        _ => {
            let from = args.from.map_or_else(String::new, |from| format!(" --from {from}"));
            let peer = args.peer.ip;
            text!["; why: ", Command(format!("synrecv-doctor route get {peer}{from}"))]
        }
    };
    Gap::new(gap.reason, text![gap.detail, advice])
}
