//! A client on the wire is answered through a gateway: a table without the connected route decides.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{Action, ActionLabel, Command, Origin, Subject, Value, Weight, text};

use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::view::{RequestView, View};

/// The way of replies that leave the wire for a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    oif: u32,
    gateway: IpAddr,
    table: u32,
    wire: IpNet,
}

pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut ways: BTreeMap<(Way, IpAddr), Vec<usize>> = BTreeMap::new();
    for index in view.stuck(RequestView::may_lose_synack) {
        let request = &view.requests()[index];
        if let Some(way) = past_the_wire(view, request) {
            ways.entry((way, request.local().ip)).or_default().push(index);
        }
    }
    for ((way, local), requests) in ways {
        report(view, cases, way, local, &requests);
    }
}

/// The client lies in the prefix of an address on the device that the reply leaves by, and the reply
/// goes by a gateway that another table than `main` names.
fn past_the_wire(view: &View<'_>, request: &RequestView<'_>) -> Option<Way> {
    let route = request.reply?.resolved.as_ref().ok()?;
    let gateway = route.gateway?;
    let wire = view
        .addresses()
        .iter()
        .filter(|own| own.ifindex == route.oif)
        .filter_map(|own| IpNet::new(own.address, own.prefix_len).ok())
        .find(|net| net.contains(&request.peer()))?
        .trunc();
    let by_rule = route.table != MAIN && route.table != 0 && !route.redirected;
    by_rule.then_some(Way { oif: route.oif, gateway, table: route.table, wire })
}

/// RT_TABLE_MAIN, which holds the connected routes.
const MAIN: u32 = 254;

fn report(view: &View<'_>, cases: &mut Cases, way: Way, local: IpAddr, requests: &[usize]) {
    let dev = view.dev(way.oif);
    let sample = &view.requests()[requests[0]];
    let case = cases.about(Subject::Way(way.oif, local));
    case.headline(text![
        phrase::stuck(view, requests),
        ": clients on the wire are answered through a router",
    ])
    .summary(text![
        "table ",
        way.table,
        " has no route to ",
        way.wire,
        ", so replies to clients on ",
        dev.clone(),
        " go by ",
        way.gateway,
    ])
    .arg("local", Value::Ip(local))
    .arg("table", Value::Number(way.table.into()))
    .arg("wire", Value::Net(way.wire))
    .arg("gateway", Value::Ip(way.gateway))
    .arg("out_interface", Value::Foreign(dev.clone()))
    .affects(requests.iter().copied())
    // Strong, not decisive: which MAC the SYN came from is not known without frames.
    .supports(
        Weight::Strong,
        Fact::new(
            Origin::Route,
            "past-the-wire",
            text![
                "replies from ",
                local,
                " to ",
                phrase::name_peers(&phrase::peers(view, requests)),
                " go by ",
                way.gateway,
                " (table ",
                way.table,
                "), and these clients lie in ",
                way.wire,
                ", the prefix of ",
                dev.clone(),
            ],
        )
        .with("table", Value::Number(way.table.into()))
        .with("gateway", Value::Ip(way.gateway))
        .recheck(phrase::route_get(sample)),
    )
    .supports(
        Weight::Weak,
        phrase::retries(view, requests, "the client repeats its SYN: the SYN-ACK is lost"),
    );
    argue_control(view, case, way, local);
    case.action(Action {
        id: "add-connected-route",
        label: ActionLabel::Safe,
        text: text!["give the table the connected route that `main` has"],
        commands: vec![Command(format!(
            "ip route add {} dev {dev} src {local} table {}",
            way.wire, way.table
        ))],
        verify: text![
            Command(phrase::route_get(sample)),
            " names no gateway; stuck connections complete at their next retry",
        ],
    });
}

/// Clients on the same wire that are answered the same way and connect: the router passes it on.
fn argue_control(view: &View<'_>, case: &mut Case, way: Way, local: IpAddr) {
    let same = view
        .completed()
        .filter(|reply| {
            let flow = reply.question.flow;
            flow.local.ip == local
                && way.wire.contains(&flow.peer.ip)
                && reply.next_hop() == Some(way.gateway)
        })
        .count();
    if same > 0 {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Sockets,
                "others-complete",
                text![
                    phrase::count(same, "client", "clients"),
                    " on the same wire completed a handshake by the same gateway",
                ],
            )
            .with("completed_count", Value::Number(same as u64)),
        );
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::Confidence;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.2.0.10/24")
            .default_route(2, "10.2.0.1")
            .listener("10.2.0.10:80", 0, 128)
            .neighbour(2, "10.2.0.1", "02:00:00:00:00:0b")
            .stuck_request("10.2.0.10:80", "10.2.0.20:4000", (4, 1))
            .via(2, "10.2.0.1")
    }

    #[test]
    fn a_table_without_the_connected_route_is_named() {
        let judged = host().by_table(102).diagnose();
        assert_eq!(judged.leading(), Some("asymmetric-route"));
        let finding = judged.finding("asymmetric-route").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }

    #[test]
    fn main_has_its_own_reasons() {
        assert!(host().diagnose().finding("asymmetric-route").is_none());
    }
}
