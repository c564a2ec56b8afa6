use synrecv_model::{NeighbourAges, NeighbourFlags};

use super::super::fixture::{
    hop, host, ip, links, mac, missing, net, parsed, route, style, whole, written,
};
use super::*;

fn entry(ifindex: u32, address: &str, state: Nud, last: u8) -> Neighbour {
    Neighbour {
        ifindex,
        address: ip(address),
        state,
        mac: (last != 0).then(|| mac(last)),
        flags: NeighbourFlags::default(),
        ages: Some(NeighbourAges { used_ms: 2_000, confirmed_ms: 11_000, updated_ms: 60_000 }),
        probes_count: Some(0),
        protocol: None,
    }
}

fn neighbours() -> Vec<Neighbour> {
    let failed = Neighbour { probes_count: Some(3), ..entry(2, "10.0.0.77", Nud::Failed, 0) };
    let proxy = NeighbourFlags { proxy: true, ..NeighbourFlags::default() };
    vec![
        entry(2, "10.0.0.254", Nud::Reachable, 1),
        entry(2, "10.0.0.5", Nud::Stale, 1),
        entry(2, "10.0.0.20", Nud::Reachable, 2),
        entry(2, "10.0.0.21", Nud::Reachable, 2),
        failed,
        entry(3, "10.5.0.1", Nud::Permanent, 0x10),
        entry(2, "224.0.0.22", Nud::NoArp, 0),
        Neighbour {
            flags: proxy,
            ages: None,
            state: Nud::None,
            mac: None,
            ..entry(0, "10.0.0.99", Nud::None, 0)
        },
        entry(2, "fe80::2", Nud::Stale, 2),
        entry(2, "2001:db8::2", Nud::Stale, 2),
    ]
}

struct Given {
    host: Host,
    neighbours: Section<Vec<Neighbour>>,
    links: Section<Vec<Link>>,
    addresses: Section<Vec<Address>>,
    routes: Section<Vec<Route>>,
}

fn own(address: &str, prefix_len: u8) -> Address {
    Address::new(2, net(&format!("{address}/{prefix_len}")))
}

fn given() -> Given {
    let routes = vec![
        route(254, "0.0.0.0/0", vec![hop(2, Some("10.0.0.254"))]),
        route(254, "10.0.0.0/24", vec![hop(2, None)]),
        route(254, "fe80::/64", vec![hop(2, None)]),
        route(254, "2001:db8::/64", vec![hop(2, None)]),
    ];
    Given {
        host: host(),
        neighbours: whole(neighbours()),
        links: whole(links()),
        addresses: whole(vec![own("10.0.0.1", 24)]),
        routes: whole(routes),
    }
}

impl Given {
    fn table(&self) -> ArpTable<'_> {
        ArpTable {
            kind: SourceKind::Live,
            host: &self.host,
            neighbours: &self.neighbours,
            links: &self.links,
            addresses: &self.addresses,
            routes: &self.routes,
        }
    }
}

#[test]
fn gateways_shared_macs_and_silence() {
    let expected = r"ARP  7
DEV       ADDRESS     STATE      MAC                ROLE     CONFIRMED  USED
*         10.0.0.99   none       -                  proxy            -     -
eth0      10.0.0.5    stale      02:00:00:00:00:01  -              11s  2.0s
    i MAC of 10.0.0.254
eth0      10.0.0.20   reachable  02:00:00:00:00:02  -              11s  2.0s
    - same MAC as 1 more
eth0      10.0.0.21   reachable  02:00:00:00:00:02  -              11s  2.0s
    - same MAC as 1 more
eth0      10.0.0.77   failed     -                  -                -     -
    i no answer to 3 questions
eth0      10.0.0.254  reachable  02:00:00:00:00:01  gateway        11s  2.0s
    i answers for 1 other
e\x1b[2J  10.5.0.1    permanent  02:00:00:00:00:10  -              11s  2.0s
    i MAC of this host's eth0, set by hand, no route on this device

ND  2
DEV   ADDRESS      STATE  MAC                ROLE  CONFIRMED  USED
eth0  2001:db8::2  stale  02:00:00:00:00:02  -           11s  2.0s
eth0  fe80::2      stale  02:00:00:00:00:02  -           11s  2.0s

Hidden: 1 entry without questions (noarp); -v shows them.
Same MAC: one machine has these addresses or answers for them. Normal for a
gateway that answers for others and for a host with several addresses.
";
    let given = given();
    let text = written(|out| given.table().write_text(style(80), out));
    assert_eq!(text, expected);
}

#[test]
fn json_has_every_entry_with_its_marks() {
    let given = given();
    let json = parsed(&written(|out| given.table().write_json(out)));
    let rows = json["neighbours"].as_array().unwrap();
    assert_eq!(rows.len(), 10);
    assert_eq!(rows[0]["role"], "gateway");
    assert_eq!(rows[1]["marks"], serde_json::json!(["shared-mac", "gateway-mac"]));
    assert_eq!(rows[1]["mac_address_count"], 2);
    assert_eq!(
        (&rows[1]["mac_of"], &rows[1]["mac_suspect"]),
        (&"10.0.0.254".into(), &false.into())
    );
    assert_eq!(rows[4]["marks"], serde_json::json!(["unresolved"]));
    assert_eq!(rows[5]["marks"], serde_json::json!(["own-mac", "permanent", "no-route"]));
    assert_eq!(rows[9]["marks"], serde_json::json!([]));
}

#[test]
fn without_routes_nothing_is_said_about_them() {
    let given = Given { routes: missing(), ..given() };
    let text = written(|out| given.table().write_text(style(100), out));
    assert!(text.starts_with(" ?  gateways not read: needs-root: line\\x0abreak\n"));
    assert!(!text.contains("no route") && !text.contains("MAC of a gateway"));
}

/// The incident: a wire that is a /24, taken for a /16.
fn wide(neighbours: Vec<Neighbour>) -> Given {
    let routes = vec![
        route(254, "0.0.0.0/0", vec![hop(2, Some("10.0.0.254"))]),
        route(254, "10.0.0.0/16", vec![hop(2, None)]),
    ];
    let addresses = whole(vec![own("10.0.0.1", 16)]);
    Given { neighbours: whole(neighbours), addresses, routes: whole(routes), ..given() }
}

#[test]
fn who_answers_beyond_its_wire_is_named() {
    let given = wide(vec![
        entry(2, "10.0.0.254", Nud::Reachable, 1),
        entry(2, "10.0.0.2", Nud::Stale, 2),
        entry(2, "10.0.5.11", Nud::Reachable, 2),
        entry(2, "10.0.5.12", Nud::Reachable, 2),
        entry(2, "10.0.5.13", Nud::Reachable, 1),
    ]);
    let expected = r"ARP  5
DEV   ADDRESS     STATE      MAC                ROLE
eth0  10.0.0.2    stale      02:00:00:00:00:02  -        ! answers for 2 others
eth0  10.0.0.254  reachable  02:00:00:00:00:01  gateway  i answers for 1 other
eth0  10.0.5.11   reachable  02:00:00:00:00:02  -        ! MAC of 10.0.0.2
eth0  10.0.5.12   reachable  02:00:00:00:00:02  -        ! MAC of 10.0.0.2
eth0  10.0.5.13   reachable  02:00:00:00:00:01  -        i MAC of 10.0.0.254

No entries: ND.
02:00:00:00:00:02 on eth0 answers for 2 addresses beyond the prefix that fits
this wire (synrecv-doctor interfaces), and is not a gateway: synrecv-doctor
explain proxy-arp
";
    assert_eq!(written(|out| given.table().write_text(style(80), out)), expected);
    let json = parsed(&written(|out| given.table().write_json(out)));
    let row = &json["neighbours"][2];
    assert_eq!((&row["mac_of"], &row["mac_suspect"]), (&"10.0.0.2".into(), &true.into()));
    assert_eq!(json["neighbours"][4]["mac_suspect"], false);
}

#[test]
fn silence_matters_of_gateways_and_beyond_the_wire() {
    let given = wide(vec![
        entry(2, "10.0.0.254", Nud::Failed, 0),
        entry(2, "10.0.0.7", Nud::Stale, 7),
        entry(2, "10.0.5.11", Nud::Failed, 0),
        entry(2, "10.0.5.12", Nud::Incomplete, 0),
    ]);
    let text = written(|out| given.table().write_text(style(100), out));
    assert_eq!(text.matches("! no answer").count(), 3, "{text}");
}

#[test]
fn macs_that_stand_for_no_machine_are_named() {
    let with = |address: &str, text: &str| Neighbour {
        mac: Some(text.parse().unwrap()),
        ..entry(2, address, Nud::Reachable, 0)
    };
    let given = wide(vec![
        with("10.0.0.254", "00:00:5e:00:01:05"),
        with("10.0.0.253", "00:00:0c:07:ac:01"),
        with("10.0.0.252", "00:00:0c:9f:f1:02"),
        with("169.254.1.1", "ee:ee:ee:ee:ee:ee"),
        with("10.9.0.10", "ee:ee:ee:ee:ee:ee"),
    ]);
    let text = written(|out| given.table().write_text(style(120), out));
    for (address, words) in [
        ("10.0.0.254", "- VRRP router 5"),
        ("10.0.0.253", "- HSRP group 1"),
        ("10.0.0.252", "- HSRP group 258"),
        ("169.254.1.1", "- Calico's MAC"),
        ("10.9.0.10", "- Calico's MAC"),
    ] {
        let line = text.lines().find(|line| line.contains(address)).unwrap();
        assert!(line.ends_with(words), "{line}");
    }
    assert!(!text.contains("Same MAC"), "{text}");
}

#[test]
fn routed_elsewhere_and_ipv6_behind_a_proxy() {
    let given = wide(vec![entry(3, "10.0.0.20", Nud::Stale, 9)]);
    let text = written(|out| given.table().write_text(style(120), out));
    assert!(text.contains("i no route here, is on eth0\n"), "{text}");

    let routes = vec![
        route(254, "::/0", vec![hop(2, Some("fe80::1"))]),
        route(254, "2001:db8:4::/48", vec![hop(2, None)]),
        route(254, "fe80::/64", vec![hop(2, None)]),
    ];
    let neighbours = vec![
        entry(2, "fe80::1", Nud::Reachable, 1),
        entry(2, "2001:db8:4:5::11", Nud::Reachable, 2),
        entry(2, "2001:db8:4:5::12", Nud::Reachable, 2),
        entry(2, "fe80::20", Nud::Stale, 3),
        entry(2, "2001:db8:4::20", Nud::Stale, 3),
        entry(2, "2001:db8:4::21", Nud::Stale, 3),
    ];
    let given = Given {
        routes: whole(routes),
        addresses: whole(vec![own("2001:db8:4::10", 48)]),
        ..wide(neighbours)
    };
    let json = parsed(&written(|out| given.table().write_json(out)));
    let suspects: Vec<_> =
        json["neighbours"].as_array().unwrap().iter().map(|row| &row["mac_suspect"]).collect();
    assert_eq!(
        serde_json::json!(suspects),
        serde_json::json!([null, true, true, null, null, null])
    );
}
