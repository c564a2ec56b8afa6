use synrecv_model::{AddressScope, NeighbourAges, NeighbourFlags};

use super::super::fixture::{
    hop, host, ip, links, mac, missing, parsed, route, style, whole, written,
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

fn given() -> Given {
    let own = Address {
        ifindex: 2,
        address: ip("10.0.0.1"),
        prefix_len: 24,
        peer: None,
        broadcast: None,
        scope: AddressScope::Global,
        secondary: false,
        permanent: true,
        tentative: false,
        dad_failed: false,
        deprecated: false,
        noprefixroute: false,
        label: None,
        valid_s: None,
    };
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
        addresses: whole(vec![own]),
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
    ! same MAC as 1 more, MAC of a gateway
eth0      10.0.0.20   reachable  02:00:00:00:00:02  -              11s  2.0s
    ! same MAC as 1 more
eth0      10.0.0.21   reachable  02:00:00:00:00:02  -              11s  2.0s
    ! same MAC as 1 more
eth0      10.0.0.77   failed     -                  -                -     -
    ! no answer to 3 questions
eth0      10.0.0.254  reachable  02:00:00:00:00:01  gateway        11s  2.0s
    i same MAC as 1 more
e\x1b[2J  10.5.0.1    permanent  02:00:00:00:00:10  -              11s  2.0s
    i MAC of this host's eth0, no route puts it on this device

ND  2
DEV   ADDRESS      STATE  MAC                ROLE  CONFIRMED  USED
eth0  2001:db8::2  stale  02:00:00:00:00:02  -           11s  2.0s
eth0  fe80::2      stale  02:00:00:00:00:02  -           11s  2.0s

Hidden: 1 entry without questions (noarp); -v shows them.
Same MAC: one machine has or answers for these addresses. Normal for a gateway
that answers for others and for a host with several addresses; else see:
synrecv-doctor explain proxy-arp
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
    assert_eq!(rows[4]["marks"], serde_json::json!(["unresolved"]));
    assert_eq!(rows[5]["marks"], serde_json::json!(["own-mac", "no-route"]));
    assert_eq!(rows[9]["marks"], serde_json::json!([]));
}

#[test]
fn without_routes_nothing_is_said_about_them() {
    let given = Given { routes: missing(), ..given() };
    let text = written(|out| given.table().write_text(style(100), out));
    assert!(text.starts_with(" ?  gateways not read: needs-root: line\\x0abreak\n"));
    assert!(!text.contains("no route puts") && !text.contains("MAC of a gateway"));
}
