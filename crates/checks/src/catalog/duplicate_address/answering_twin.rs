//! The twin answers the SYN-ACK with a reset.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::{End, FrameKind, Mac, Origin, Subject, Value, Weight, text};

use super::advise;
use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::seen::Seen;
use crate::view::View;

/// The twin answers the SYN-ACK with a reset: no row is left, frames show who sent what.
pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut by_client: BTreeMap<(IpAddr, Mac, Mac), usize> = BTreeMap::new();
    for seen in view.seen_reset() {
        if let Some((from, to)) = reset_by_twin(&seen) {
            let client = seen.handshake.flow.peer.ip;
            *by_client.entry((client, from, to)).or_default() += 1;
        }
    }
    for ((client, from, to), count) in by_client {
        let case = cases.about(Subject::Host);
        case.headline(text![
            phrase::count(count, "handshake", "handshakes"),
            " of ",
            client,
            " were reset by another machine with the same address",
        ])
        .summary(text![client, " is claimed by ", from, " and ", to])
        .arg("address", Value::Ip(client))
        .arg("macs", Value::List(vec![Value::Mac(from), Value::Mac(to)]))
        // Decisive: SYN and RST of one address come from two machines on this wire.
        .supports(
            Weight::Decisive,
            Fact::new(
                Origin::Frames,
                "reset-by-another",
                text![
                    "SYNs of ",
                    client,
                    " come from ",
                    from,
                    ", resets of the same address from ",
                    to,
                    ", neither through a router",
                ],
            )
            .with("syn_mac", Value::Mac(from))
            .with("rst_mac", Value::Mac(to))
            .with("handshake_count", Value::Number(count as u64))
            .recheck(format!("tcpdump -eni any 'host {client} and tcp'")),
        );
        advise(case, client, "DEV");
    }
}

/// Source of the SYN and source of the reset, when both machines are on this wire.
fn reset_by_twin(seen: &Seen<'_>) -> Option<(Mac, Mac)> {
    let from = seen.in_mac.filter(|_| seen.routers_crossed() == Some(0))?;
    let reset = seen.handshake.sent(End::Client, FrameKind::Rst).last()?;
    let to = reset.src_mac.filter(|_| [64, 128, 255].contains(&reset.ttl))?;
    (from != to && !from.is_virtual_router() && !to.is_virtual_router()).then_some((from, to))
}
