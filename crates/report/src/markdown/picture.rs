//! The two ways of a handshake as a picture: the SYN's and the SYN-ACK's.
//!
//! The ways are what frames show, and else what the tables tell: without frames nobody saw which
//! gateway the SYN came by.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::{Class, Connection, Family, Finding, Foreign, Mac, Nud, Subject, order};

use super::blocks::{details, fenced};
use crate::Report;
use crate::escape::{foreign, printable};
use crate::text::connections::Asked;

/// Characters of the text from one device name in a label.
const NAME_MAX: usize = 24;

/// Where the reply goes when it leaves this host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hop {
    /// To a gateway.
    Gateway(IpAddr, Option<Mac>),
    /// Straight to the client's address, which this MAC answers for.
    Answered(Mac),
    /// To this MAC, as frames show; nothing else is known of it.
    SentTo(Mac),
    /// Straight to the client's address, which nobody answers for.
    Unanswered,
    /// Straight to the client's address.
    Direct,
    /// Frames do not tell, and the kernel was not asked.
    Unknown,
    /// Nowhere.
    NoRoute,
}

/// The ways of the connections that a finding accounts for.
#[derive(Debug)]
pub(super) struct Picture {
    clients: BTreeSet<IpAddr>,
    local: IpAddr,
    in_dev: Option<Foreign>,
    router: Option<Router>,
    out_dev: Option<Foreign>,
    hop: Hop,
    sent_again: Option<u64>,
    /// The TTL of a SYN, where frames show its way.
    ttl: Option<u8>,
}

/// A router between the clients and this host: its address, its MAC, or both.
#[derive(Clone, Copy, Debug)]
struct Router {
    ip: Option<IpAddr>,
    mac: Option<Mac>,
}

impl Picture {
    /// For a path finding with stuck connections: the way that most of them take.
    pub(super) fn of(finding: &Finding, report: &Report<'_>) -> Option<Self> {
        if finding.class != Class::Path {
            return None;
        }
        let stuck: Vec<&Connection> = finding
            .affected
            .iter()
            .filter_map(|&index| report.diagnosis.connections.get(index))
            .filter(|connection| connection.is_stuck())
            .collect();
        let asked = Asked::of(report.facts);
        let hop = |one: &Connection| {
            // With a device there was an answer.
            hop(one, one.out_dev.is_none() && asked.about(one))
        };
        let alike = |one: &Connection| {
            let same = |other: &&&Connection| {
                other.flow.local.ip == one.flow.local.ip
                    && out_dev(other) == out_dev(one)
                    && hop(other) == hop(one)
            };
            stuck.iter().filter(same).copied().collect::<Vec<&Connection>>()
        };
        // The first of the largest: a stable choice.
        let ways: Vec<Vec<&Connection>> = stuck.iter().map(|one| alike(one)).take(64).collect();
        let most = ways.iter().map(Vec::len).max()?;
        let group = ways.into_iter().find(|way| way.len() == most)?;
        let first = *group.first()?;
        let local = first.flow.local.ip;
        let seen = first.seen.as_ref();
        let (in_ifindex, owner) = owner(report, local);
        let in_dev = seen.and_then(|seen| seen.in_dev.clone()).or(owner);
        let router = match seen.and_then(|seen| seen.in_mac) {
            Some(mac) => sent_by(report, first, mac),
            None => came_by(finding, report, first, in_ifindex, in_dev.as_ref()),
        };
        let sent = group.iter().filter_map(|one| one.counters.synack_retrans_count);
        Some(Self {
            clients: order::set(group.iter().map(|one| one.flow.peer.ip)),
            local,
            router,
            in_dev,
            out_dev: out_dev(first).cloned(),
            hop: hop(first),
            ttl: seen.and_then(|seen| seen.in_ttl),
            sent_again: sent.map(u64::from).reduce(|sum, count| sum + count),
        })
    }

    /// The picture in Mermaid. Labels hold only `[A-Za-z0-9 .:/_-]`.
    pub(super) fn mermaid(&self) -> String {
        let host = match &self.in_dev {
            Some(dev) => format!("this host {} {}", self.local, name(dev)),
            None => format!("this host {}", self.local),
        };
        let mut lines = vec!["flowchart LR".to_owned(), node("clients", &self.clients())];
        if let Some(router) = self.router {
            lines.push(node("router", &by_router(router)));
        }
        lines.push(node("host", &host));
        lines.push(node("hop", &self.hop()));
        lines.push(node("lost", "does not reach the client"));
        if self.router.is_some() {
            lines.push(r#"  clients -- "1 SYN" --> router"#.to_owned());
            lines.push(r#"  router -- "2 SYN" --> host"#.to_owned());
        } else {
            lines.push(r#"  clients -- "1 SYN" --> host"#.to_owned());
        }
        let step = if self.router.is_some() { 3 } else { 2 };
        let reply = label(&format!("{step} SYN-ACK{}", self.by_device()));
        lines.push(format!(r#"  host -. "{reply}" .-> hop"#));
        lines.push("  hop -.-> lost".to_owned());
        lines.push("  classDef bad stroke:#c62828,stroke-width:2px".to_owned());
        lines.push("  class hop,lost bad".to_owned());
        fenced("mermaid", &lines.join("\n"))
    }

    /// The same in words, for viewers without Mermaid.
    pub(super) fn twin(&self) -> String {
        let dev = |dev: &Option<Foreign>| {
            dev.as_ref().map_or_else(String::new, |dev| format!("{} ", foreign(&dev.0)))
        };
        let router =
            self.router.map_or_else(String::new, |router| format!("{} -> ", by_router(router)));
        let again = match self.sent_again {
            Some(1) => ", sent again once".to_owned(),
            Some(times) if times > 1 => format!(", sent again {times} times"),
            _ => String::new(),
        };
        let known_by = match self.ttl {
            Some(ttl) => format!("Both ways are what frames show; the SYN came with TTL {ttl}."),
            None => {
                "The SYN's way is what addresses and routes tell; no frame was read.".to_owned()
            }
        };
        let content = format!(
            "SYN      {} -> {router}{}{}\nSYN-ACK  {}{} -> {} -> does not reach the client{again}\n\
             \n\
             {known_by}",
            self.clients(),
            dev(&self.in_dev),
            self.local,
            dev(&self.out_dev),
            self.local,
            self.hop(),
        );
        details("Path as text (for viewers without Mermaid)", &fenced("text", &content))
    }

    fn clients(&self) -> String {
        match (self.clients.first(), self.clients.last()) {
            (Some(only), _) if self.clients.len() == 1 => format!("client {only}"),
            (Some(first), Some(last)) => {
                format!("{} clients {first} to {last}", self.clients.len())
            }
            _ => "clients".to_owned(),
        }
    }

    fn hop(&self) -> String {
        let whom = match self.clients.first() {
            Some(only) if self.clients.len() == 1 => only.to_string(),
            _ => "the clients".to_owned(),
        };
        match &self.hop {
            Hop::Gateway(ip, mac) => by_router(Router { ip: Some(*ip), mac: *mac }),
            Hop::Answered(mac) => format!("{mac} answers for {whom}"),
            Hop::SentTo(mac) => mac.to_string(),
            Hop::Unanswered => format!("nobody answers for {whom}"),
            Hop::Direct => format!("straight to {whom}"),
            Hop::Unknown => "unknown station".to_owned(),
            Hop::NoRoute => "no route".to_owned(),
        }
    }

    /// ` by eth1` where the reply leaves by another device than the address is on.
    fn by_device(&self) -> String {
        match &self.out_dev {
            Some(out) if self.in_dev.as_ref() != Some(out) => format!(" by {}", name(out)),
            _ => String::new(),
        }
    }
}

/// The device that the SYN-ACK left by, or leaves by.
fn out_dev(connection: &Connection) -> Option<&Foreign> {
    let seen = connection.seen.as_ref().and_then(|seen| seen.out_dev.as_ref());
    seen.or(connection.out_dev.as_ref())
}

/// The next station of the SYN-ACK; `asked` tells whether the kernel was asked for its way.
fn hop(connection: &Connection, asked: bool) -> Hop {
    let seen = connection.seen.as_ref().and_then(|seen| seen.out_mac);
    let mac = seen.or(connection.out_mac);
    if connection.out_dev.is_none() || connection.out_dev.as_ref() != out_dev(connection) {
        let unseen = if asked { Hop::NoRoute } else { Hop::Unknown };
        return seen.map_or(unseen, Hop::SentTo);
    }
    match (connection.via_gateway, connection.out_next_hop) {
        (Some(true), Some(gateway)) => Hop::Gateway(gateway, mac),
        _ if connection.out_state.is_some_and(Nud::is_unresolved) => Hop::Unanswered,
        _ => mac.map_or(Hop::Direct, Hop::Answered),
    }
}

/// The router that the SYN came from: it is not the client's own MAC when the TTL was counted down, or
/// when it is that of a gateway.
fn sent_by(report: &Report<'_>, connection: &Connection, mac: Mac) -> Option<Router> {
    let neighbours = || report.facts.neighbours.data().into_iter().flatten();
    let gateways: BTreeSet<IpAddr> = gateways(report).map(|(_, gateway)| gateway).collect();
    let family = Family::of(connection.flow.peer.ip);
    let known = neighbours()
        .filter(|entry| entry.mac == Some(mac) && Family::of(entry.address) == family)
        .map(|entry| entry.address)
        .find(|address| gateways.contains(address));
    let ttl = connection.seen.as_ref().and_then(|seen| seen.in_ttl);
    let counted_down = ttl.is_some_and(|ttl| !matches!(ttl, 64 | 128 | 255));
    (known.is_some() || counted_down).then_some(Router { ip: known, mac: Some(mac) })
}

/// Gateways of all routes, with their devices.
fn gateways<'a>(report: &Report<'a>) -> impl Iterator<Item = (u32, IpAddr)> + use<'a> {
    let routes = report.facts.routes.data().into_iter().flatten();
    let hops = routes.flat_map(|route| &route.next_hops);
    hops.filter_map(|next| Some((next.ifindex, next.gateway?)))
}

/// The device that holds a local address.
fn owner(report: &Report<'_>, local: IpAddr) -> (Option<u32>, Option<Foreign>) {
    let ifindex = report
        .facts
        .addresses
        .data()
        .into_iter()
        .flatten()
        .find(|address| address.address == local)
        .map(|address| address.ifindex);
    (ifindex, ifindex.map(|ifindex| report.facts.link_names().name(ifindex)))
}

/// The gateway that the SYN must have come by: the only one of the device with the local address,
/// when the reply takes another way or the finding says that the client is not on this wire.
fn came_by(
    finding: &Finding,
    report: &Report<'_>,
    connection: &Connection,
    ifindex: Option<u32>,
    in_dev: Option<&Foreign>,
) -> Option<Router> {
    let ifindex = ifindex?;
    let elsewhere = connection.out_dev.as_ref() != in_dev;
    let not_here = matches!(finding.subject, Subject::Prefix(..) | Subject::Mac(..));
    if !elsewhere && !not_here {
        return None;
    }
    let family = Family::of(connection.flow.peer.ip);
    let gateways: BTreeSet<IpAddr> = order::set(
        gateways(report)
            .filter(|&(device, gateway)| device == ifindex && Family::of(gateway) == family)
            .map(|(_, gateway)| gateway),
    );
    let only = gateways.first().copied().filter(|_| gateways.len() == 1)?;
    if connection.out_next_hop == Some(only) {
        return None;
    }
    let mac = report
        .facts
        .neighbours
        .data()
        .into_iter()
        .flatten()
        .find(|entry| entry.ifindex == ifindex && entry.address == only)
        .and_then(|entry| entry.mac);
    Some(Router { ip: Some(only), mac })
}

fn by_router(router: Router) -> String {
    match (router.ip, router.mac) {
        (Some(ip), Some(mac)) => format!("gateway {ip} {mac}"),
        (Some(ip), None) => format!("gateway {ip}"),
        (None, Some(mac)) => format!("router {mac}"),
        (None, None) => "router".to_owned(),
    }
}

fn node(id: &str, text: &str) -> String {
    format!(r#"  {id}["{}"]"#, label(text))
}

/// A device name that fits into a label.
fn name(dev: &Foreign) -> String {
    label(&printable(&dev.0)).chars().take(NAME_MAX).collect()
}

/// Text in the only alphabet that Mermaid cannot take for syntax. The word `end` breaks flowcharts.
fn label(text: &str) -> String {
    let tame: String = text
        .chars()
        .map(|c| match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | ' ' | '.' | ':' | '/' | '_' | '-' => c,
            _ => '_',
        })
        .collect();
    let words = tame.split(' ').map(|word| {
        if word.eq_ignore_ascii_case("end") { format!("{word}_") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_hold_no_syntax() {
        assert_eq!(label("a\"]; end --> b{x}"), "a___ end_ --_ b_x_");
    }
}
