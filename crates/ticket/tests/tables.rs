//! Tables of neighbours, routes, rules and devices as real tools print them: every row is read, or
//! rejected with a reason.

use std::path::Path;

use synrecv_model::{Nud, RouteErrno, RouteKind};
use synrecv_ticket::{Content, Cut, Kind, Limits, Taken, Ticket, read};

fn ticket(name: &str) -> Ticket {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).with_extension("txt");
    let bytes = std::fs::read(path).expect(name);
    read(&bytes, Limits::default()).expect("small")
}

fn len(content: &Content) -> usize {
    match content {
        Content::Neighbours(rows) => rows.len(),
        Content::Routes(rows) => rows.len(),
        Content::RouteGet(rows) => rows.len(),
        Content::Rules(rows) => rows.len(),
        Content::Links(rows) => rows.len(),
        Content::Answers(rows) => rows.len(),
        _ => 0,
    }
}

#[test]
fn every_row_is_read_or_rejected() {
    // Pieces: kind, rows read, rows rejected.
    let one = |kind, rows, rejected| vec![(kind, rows, rejected)];
    let host = |neighbours, main, rules, all, devices| {
        let table = |kind, rows| (kind, rows, 0);
        vec![
            table(Kind::Arp, neighbours),
            table(Kind::IpNeigh, neighbours),
            table(Kind::Route, main),
            table(Kind::IpRoute, main),
            table(Kind::IpRule, rules),
            table(Kind::IpRoute, all),
            table(Kind::IpAddr, devices),
            table(Kind::Ifconfig, devices),
        ]
    };
    for (name, expected) in [
        ("arp-busybox", one(Kind::Arp, 6, 0)),
        ("arp-n-kinds", one(Kind::Arp, 6, 0)),
        ("arp-vn-ja", one(Kind::Arp, 6, 0)),
        ("arping-busybox-none", one(Kind::Arping, 0, 0)),
        ("arping-iputils", one(Kind::Arping, 2, 0)),
        ("ifconfig-2", one(Kind::Ifconfig, 3, 0)),
        ("ifconfig-busybox", one(Kind::Ifconfig, 3, 0)),
        ("ifconfig-s", one(Kind::Ifconfig, 9, 0)),
        ("ifconfig-unix", one(Kind::Ifconfig, 9, 0)),
        ("ip-addr-br", one(Kind::IpAddr, 9, 0)),
        ("ip-addr-json-pretty", one(Kind::IpAddr, 1, 0)),
        ("ip-addr-o", one(Kind::IpAddr, 7, 0)),
        ("ip-addr-s", one(Kind::IpAddr, 2, 0)),
        ("ip-link-alias", one(Kind::IpAddr, 9, 0)),
        ("ip-neigh-json", one(Kind::IpNeigh, 6, 0)),
        (
            "ip-neigh-prompts",
            vec![(Kind::IpNeigh, 6, 0), (Kind::IpNeigh, 6, 0), (Kind::IpNeigh, 2, 0)],
        ),
        ("ip-neigh-s", one(Kind::IpNeigh, 6, 0)),
        ("ip-route-all", one(Kind::IpRoute, 55, 0)),
        ("ip-route-get-prompts", vec![(Kind::IpRouteGet, 1, 0); 8]),
        ("ip-route-o", one(Kind::IpRoute, 18, 0)),
        ("ip-rule-json-pretty", one(Kind::IpRule, 12, 0)),
        ("ip-rule-kinds", one(Kind::IpRule, 12, 0)),
        ("netstat-rn-ja", one(Kind::Route, 17, 1)),
        ("proc-arp", one(Kind::Proc, 6, 0)),
        ("proc-ipv6-route", one(Kind::Proc, 22, 0)),
        ("proc-route", one(Kind::Proc, 17, 1)),
        ("route-6", one(Kind::Route, 22, 0)),
        ("route-n-kinds", one(Kind::Route, 17, 1)),
        ("tables-of-incident", host(10, 2, 3, 11, 2)),
        ("tables-of-source-policy-routing", host(2, 3, 4, 18, 3)),
    ] {
        let ticket = ticket(name);
        let pieces = ticket.pieces.iter();
        let read: Vec<(Kind, usize, u32)> =
            pieces.map(|piece| (piece.kind, len(&piece.content), piece.rejected_count)).collect();
        assert_eq!(read, expected, "{name}");
        let stray = ticket.lines().find(|(_, _, taken)| **taken == Taken::Prose);
        assert_eq!(stray, None, "{name}");
    }
}

#[test]
fn the_tools_agree_on_a_host() {
    for name in ["tables-of-incident", "tables-of-source-policy-routing"] {
        let ticket = ticket(name);
        let mut neighbours = Vec::new();
        let mut routes = Vec::new();
        let mut devices = Vec::new();
        for piece in &ticket.pieces {
            match &piece.content {
                Content::Neighbours(rows) => {
                    let mut rows: Vec<_> =
                        rows.iter().map(|row| (row.address, row.device.clone(), row.mac)).collect();
                    rows.sort();
                    neighbours.push(rows);
                }
                Content::Routes(rows) => {
                    let main = rows.iter().filter(|row| {
                        row.destination.addr().is_ipv4()
                            && row.table.is_none_or(|table| table == 254)
                    });
                    let mut rows: Vec<_> = main
                        .map(|row| {
                            (
                                row.destination,
                                row.hops[0].gateway,
                                row.hops[0].device.clone(),
                                row.on_link,
                            )
                        })
                        .collect();
                    rows.sort();
                    routes.push(rows);
                }
                Content::Links(links) => devices.push(
                    links
                        .iter()
                        .map(|link| {
                            let mut own: Vec<_> = link
                                .addresses
                                .iter()
                                .map(|own| (own.address, own.prefix_len, own.broadcast))
                                .collect();
                            own.sort();
                            (link.name.clone(), link.mac, link.mtu_bytes, link.up, own)
                        })
                        .collect::<std::collections::BTreeSet<_>>(),
                ),
                _ => {}
            }
        }
        assert!(neighbours.windows(2).all(|pair| pair[0] == pair[1]), "{name}: {neighbours:#?}");
        assert!(routes.windows(2).all(|pair| pair[0] == pair[1]), "{name}: {routes:#?}");
        assert!(devices.windows(2).all(|pair| pair[0] == pair[1]), "{name}: {devices:#?}");
    }
}

#[test]
fn what_the_command_says_completes_the_rows() {
    let asked = ticket("ip-route-get-prompts");
    let answers: Vec<_> = asked
        .pieces
        .iter()
        .filter_map(|piece| match &piece.content {
            Content::RouteGet(rows) => rows.first().cloned(),
            _ => None,
        })
        .collect();
    assert_eq!(answers[1].mark, Some(0x80000));
    assert_eq!(answers[2].iif.as_deref(), Some("eth0"));
    assert!(answers[2].answer.as_ref().is_ok_and(|route| route.kind == RouteKind::Local));
    assert_eq!(answers[3].answer, Err(RouteErrno::EINVAL));
    assert_eq!(answers[3].destination, "192.0.2.10".parse().ok());
    assert_eq!(answers[5].answer, Err(RouteErrno::EHOSTUNREACH));
    let neighbours = ticket("ip-neigh-prompts");
    let Content::Neighbours(rows) = &neighbours.pieces[0].content else { panic!("no neighbours") };
    assert!(rows.iter().all(|row| row.device.as_deref() == Some("eth0")));
    assert_eq!(neighbours.pieces[0].cut, Some(Cut::Filtered));
    assert!(rows.iter().any(|row| row.state == Some(Nud::Permanent)));
}
