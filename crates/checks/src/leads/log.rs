//! Messages of the kernel and of daemons.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::{Event, Mac, Origin, Severity, Subject, Text, Value, Weight, text};

use crate::cases::{Case, Cases, Fact};
use crate::view::View;

/// Evidence out of the log; `line` is that of the ticket.
fn said(name: &'static str, line: u32, text: Text) -> Fact {
    Fact::new(Origin::Log, name, text![text, " (line ", line, ")"])
        .with("line", Value::Number(line.into()))
}

pub(super) fn conntrack_full(view: &View<'_>, cases: &mut Cases) {
    let full = |event: &Event| matches!(event, Event::ConntrackFull);
    let Some(message) = view.messages().find(|message| full(&message.event)) else { return };
    table_full(cases.about(Subject::Host), "the kernel drops packets of new connections")
        // Strong, not decisive: when it was is not told.
        .supports(
            Weight::Strong,
            said(
                "table-full-message",
                message.line,
                text!["the kernel says: nf_conntrack: table full, dropping packet"],
            ),
        );
}

fn table_full<'c>(case: &'c mut Case, headline: &'static str) -> &'c mut Case {
    case.headline(text![headline]).summary(text!["the table of tracked connections is full"])
}

pub(super) fn syn_queue_full(view: &View<'_>, cases: &mut Cases) {
    for message in view.messages() {
        let Event::SynFlooding { port, cookies } = message.event else { continue };
        cases
            .about(Subject::Host)
            .severity(if cookies { Severity::Warning } else { Severity::Problem })
            .headline(text!["more SYNs came to port ", port, " than its queue holds"])
            .summary(text![
                "the SYN queue of port ",
                port,
                " is full: a flood, or a backlog too small for its clients",
            ])
            .supports(
                Weight::Strong,
                said(
                    "syn-flooding-message",
                    message.line,
                    text![
                        "the kernel says: possible SYN flooding on port ",
                        port,
                        if cookies { ", sending cookies" } else { "" },
                    ],
                ),
            );
        return;
    }
}

pub(super) fn neighbour_table_full(view: &View<'_>, cases: &mut Cases) {
    let full = |event: &Event| matches!(event, Event::NeighbourTableFull);
    let Some(message) = view.messages().find(|message| full(&message.event)) else { return };
    cases
        .about(Subject::Host)
        .headline(text!["replies to new neighbours are dropped"])
        .summary(text!["the neighbour table overflows"])
        .supports(
            Weight::Strong,
            said(
                "table-overflow-message",
                message.line,
                text!["the kernel says: neighbour table overflow"],
            ),
        );
}

pub(super) fn rp_filter_drop(view: &View<'_>, cases: &mut Cases) {
    for message in view.messages() {
        let (source, destination, device, words) = match &message.event {
            Event::InputRefused { source, destination, device } => (
                source,
                destination,
                device,
                "asked by `ip route get`, the kernel refuses packets from ",
            ),
            Event::MartianSource { source, destination, device } => {
                (source, destination, device, "the kernel logged as martian a packet from ")
            }
            _ => continue,
        };
        if !source.is_ipv4() || source.is_loopback() {
            continue;
        }
        // Strong, not decisive: a source that no network can have is refused with the same words.
        cases
            .about(Subject::Host)
            .headline(text!["packets from ", *source, " that come by ", device, " are dropped"])
            .summary(text![
                "the route back to ",
                *source,
                " does not leave by ",
                device,
                ": the reverse-path filter drops what comes by it",
            ])
            .arg("interface", Value::Foreign(device.clone()))
            .arg("peer", Value::Ip(*source))
            .supports(
                Weight::Strong,
                said(
                    "refused-on-device",
                    message.line,
                    text![words, *source, " to ", *destination, " on ", device],
                )
                .recheck(format!("ip route get {destination} from {source} iif {device}")),
            );
        return;
    }
}

/// Who has an address of this host, by what the log says.
fn conflicts<'v>(view: &'v View<'_>) -> impl Iterator<Item = (u32, IpAddr, Option<Mac>)> + 'v {
    view.messages().filter_map(|message| match message.event {
        Event::AddressConflict { address, mac } => Some((message.line, address, mac)),
        _ => None,
    })
}

pub(super) fn arp_flux(view: &View<'_>, cases: &mut Cases) {
    let own: BTreeSet<Mac> = view.links().iter().filter_map(|link| link.mac).collect();
    let own_conflict =
        |(_, _, mac): &(u32, IpAddr, Option<Mac>)| mac.is_some_and(|mac| own.contains(&mac));
    let Some((line, address, _)) = conflicts(view).find(own_conflict) else { return };
    cases
        .about(Subject::Host)
        .headline(text!["frames for ", address, " come in by another device of this host"])
        .summary(text!["two devices of this host on one segment answer for ", address])
        .supports(
            Weight::Strong,
            said(
                "own-device-answers",
                line,
                text![
                    "the one in conflict for ",
                    address,
                    " has the MAC of this host's own device"
                ],
            ),
        );
}

pub(super) fn duplicate_address(view: &View<'_>, cases: &mut Cases) {
    let own: BTreeSet<Mac> = view.links().iter().filter_map(|link| link.mac).collect();
    let foreign = |mac: &Option<Mac>| mac.is_none_or(|mac| !own.contains(&mac));
    let Some((line, address, mac)) = conflicts(view).find(|(_, _, mac)| foreign(mac)) else {
        return;
    };
    let case = cases.about(Subject::Host);
    case.headline(text!["frames for ", address, " go to one of two machines"])
        .summary(text![
            address,
            " is used twice: by this host and ",
            mac.map_or(text!["another one"], |mac| text![mac]),
        ])
        .arg("address", Value::Ip(address))
        .supports(
            Weight::Strong,
            said("conflict-message", line, text!["a conflict was detected for ", address]),
        );
    if own.is_empty() {
        // That it is another machine is not known: a second device of this host looks the same.
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Address,
                "own-macs-unknown",
                text!["the MACs of this host are not in the input: it can be its own other device"],
            )
            .recheck("ip link"),
        );
    }
}

/// A router that calls segments invalid has not seen the other direction of their connections, and so
/// has a balancer whose connection stays in SYN_RECV.
pub(super) fn asymmetric_route(view: &View<'_>, cases: &mut Cases) {
    for message in view.messages() {
        match &message.event {
            Event::Logged {
                prefix, in_device: Some(from), out_device: Some(to), flags, ..
            } if prefix.0.to_ascii_lowercase().contains("invalid") => {
                let is_synack = flags.is_some_and(|flags| flags & 0x12 == 0x12);
                cases
                    .about(Subject::Host)
                    .headline(text!["a router sees one direction of these connections only"])
                    .summary(text!["requests and replies take different routers"])
                    .supports(
                        if is_synack { Weight::Strong } else { Weight::Weak },
                        said(
                            "invalid-while-forwarding",
                            message.line,
                            text![
                                "a packet from ",
                                from,
                                " to ",
                                to,
                                " was logged as invalid (",
                                prefix,
                                "): the packet before it was not seen here",
                            ],
                        ),
                    );
                return;
            }
            Event::Balanced { state, client, service, server } if state.0 == "SYN_RECV" => {
                cases
                    .about(Subject::Host)
                    .headline(text!["the balancer does not see the handshake of ", *client, " end"])
                    .summary(text!["replies of ", *server, " do not go back through the balancer"])
                    .arg("server", Value::Endpoint(*server))
                    .supports(
                        Weight::Weak,
                        said(
                            "balancer-waits",
                            message.line,
                            text![
                                "the connection of ",
                                *client,
                                " to ",
                                *service,
                                " stays in SYN_RECV on the balancer, which sent its SYN to ",
                                *server,
                            ],
                        )
                        .recheck(format!(
                            "ip route get {} from {} # on {}",
                            client.ip, server.ip, server.ip
                        )),
                    );
                return;
            }
            _ => {}
        }
    }
}
