use synrecv_model::{AddressScope, Foreign, NeighbourFlags, Nud};

use super::super::fixture::{
    hop, host, ip, links, mac, missing, net, parsed, route, style, whole, written,
};
use super::*;

fn address(ifindex: u32, text: &str, prefix_len: u8) -> Address {
    Address::new(ifindex, net(&format!("{text}/{prefix_len}")))
}

fn addresses() -> Vec<Address> {
    vec![
        Address { scope: AddressScope::Host, ..address(1, "127.0.0.1", 8) },
        Address { broadcast: Some(ip("10.0.255.255")), ..address(2, "10.0.250.198", 16) },
        Address {
            secondary: true,
            label: Some(Foreign("eth0:\u{1b}c".into())),
            ..address(2, "10.0.250.199", 16)
        },
        Address { peer: Some(ip("10.9.0.2")), ..address(3, "10.9.0.1", 32) },
        Address { tentative: true, dad_failed: true, ..address(2, "2001:db8::1", 64) },
    ]
}

fn settings() -> Settings {
    let eth0 = DeviceSettings {
        rp_filter: Some(0),
        rp_filter_effective: Some(1),
        proxy_arp: Some(true),
        arp_announce: Some(2),
        forwarding_v4: Some(false),
        ..DeviceSettings::default()
    };
    let values = [("net.ipv4.tcp_synack_retries".into(), 5)];
    Settings { devices: [(2, eth0)].into(), values: values.into() }
}

struct Given {
    host: Host,
    links: Section<Vec<Link>>,
    addresses: Section<Vec<Address>>,
    settings: Section<Settings>,
    neighbours: Section<Vec<Neighbour>>,
    routes: Section<Vec<Route>>,
}

fn given() -> Given {
    Given {
        host: host(),
        links: whole(links()),
        addresses: whole(addresses()),
        settings: whole(settings()),
        neighbours: whole(Vec::new()),
        routes: whole(vec![route(254, "10.0.0.0/16", vec![hop(2, None)])]),
    }
}

impl Given {
    fn table(&self) -> InterfacesTable<'_> {
        InterfacesTable {
            kind: SourceKind::Live,
            host: &self.host,
            links: &self.links,
            addresses: &self.addresses,
            settings: &self.settings,
            neighbours: &self.neighbours,
            routes: &self.routes,
        }
    }
}

#[test]
fn devices_and_what_their_prefixes_claim() {
    let expected = r"INTERFACES  3
DEV       STATE       MAC                RP_FILTER   MTU  KIND  INDEX
lo        up          -                  -          1500  -         1
eth0      up          02:00:00:00:00:10  strict     1500  -         2
    i proxy_arp on, arp_announce 2
e\x1b[2J  no carrier  02:00:00:00:00:11  ?          1500  veth      3
    i part of eth0, XDP program 7, alias x\x0afake line

ADDRESSES  5
DEV       ADDRESS          FITS  NETMASK          RANGE
lo        127.0.0.1/8      -     255.0.0.0        127.0.0.0-127.255.255.255
eth0      10.0.250.198/16  -     255.255.0.0      10.0.0.0-10.0.255.255
eth0      10.0.250.199/16  -     255.255.0.0      10.0.0.0-10.0.255.255
    - secondary, label eth0:\x1bc
e\x1b[2J  10.9.0.1/32      -     255.255.255.255  -
    - other end 10.9.0.2/32
eth0      2001:db8::1/64   -     -                -
    x not used: another host has it
";
    let given = given();
    let text = written(|out| given.table().write_text(style(80), out));
    assert_eq!(text, expected);
}

#[test]
fn a_narrow_terminal_gets_paragraphs() {
    let given = given();
    let text = written(|out| given.table().write_text(style(40), out));
    assert!(text.lines().all(|line| line.len() <= 40), "{text}");
    assert!(text.contains("eth0  10.0.250.198/16\n  netmask 255.255.0.0, range\n"));
}

#[test]
fn json_joins_addresses_and_settings_to_their_device() {
    let given = given();
    let json = parsed(&written(|out| given.table().write_json(out)));
    assert_eq!(json["interfaces"][1]["addresses"].as_array().unwrap().len(), 3);
    assert_eq!(json["interfaces"][1]["settings"]["rp_filter_effective"], 1);
    assert_eq!(json["interfaces"][2]["settings"], serde_json::Value::Null);
    assert_eq!(json["settings"]["net.ipv4.tcp_synack_retries"], 5);
}

#[test]
fn unread_addresses_are_null() {
    let given = Given { addresses: missing(), ..given() };
    let json = parsed(&written(|out| given.table().write_json(out)));
    assert_eq!(json["interfaces"][1]["addresses"], serde_json::Value::Null);
    let text = written(|out| given.table().write_text(style(80), out));
    assert!(text.starts_with(" ?  addresses not read: needs-root") && !text.contains("ADDRESSES"));
}

fn neighbour(address: &str, last: u8) -> Neighbour {
    Neighbour {
        ifindex: 2,
        address: ip(address),
        state: if last == 0 { Nud::Failed } else { Nud::Reachable },
        mac: (last != 0).then(|| mac(last)),
        flags: NeighbourFlags::default(),
        ages: None,
        probes_count: None,
        protocol: None,
    }
}

/// The first address of `eth0` among these neighbours, its line and what follows, and its JSON.
fn fit(neighbours: Vec<Neighbour>) -> (String, serde_json::Value) {
    let mut given = Given { neighbours: whole(neighbours), ..given() };
    let gateway = route(254, "0.0.0.0/0", vec![hop(2, Some("10.0.250.1"))]);
    given.routes.data_mut().unwrap().push(gateway);
    let text = written(|out| given.table().write_text(style(100), out));
    let line = text.lines().skip_while(|line| !line.contains("10.0.250.198")).take(2);
    let json = parsed(&written(|out| given.table().write_json(out)));
    (line.collect::<Vec<_>>().join("\n"), json["interfaces"][1]["addresses"][0]["fit"].clone())
}

#[test]
fn a_prefix_that_fits_is_left_alone() {
    let (text, json) = fit(vec![neighbour("10.0.250.1", 1), neighbour("10.0.7.7", 7)]);
    assert!(text.starts_with("eth0      10.0.250.198/16  yes   255.255.0.0 "), "{text}");
    let expected = serde_json::json!({"fits": true, "inside_count": 2, "outside_count": 0});
    assert_eq!(json, expected);
}

#[test]
fn a_prefix_that_does_not_fit_gets_a_suggestion() {
    let near = || vec![neighbour("10.0.250.1", 1), neighbour("10.0.250.165", 2)];
    let behind = [neighbour("10.0.233.20", 2), neighbour("10.0.233.21", 2)];
    let (text, json) = fit([near(), behind.to_vec()].concat());
    assert!(text.contains("10.0.250.198/16  /24  "), "{text}");
    assert!(
        text.ends_with("    ! 2 addresses beyond 10.0.250.0/24 have no MAC of their own"),
        "{text}"
    );
    assert_eq!((&json["fits"], &json["suggested_prefix_len"]), (&false.into(), &24.into()));
    assert_eq!((&json["misfit"], &json["outside_count"]), (&"shared-mac".into(), &2.into()));

    let silent = [neighbour("10.0.233.20", 0), neighbour("10.0.233.21", 0)];
    let (text, json) = fit([near(), silent.to_vec()].concat());
    assert!(text.ends_with("    i no answer from 2 addresses beyond 10.0.250.0/24"), "{text}");
    assert_eq!(json["misfit"], "silent");
}
