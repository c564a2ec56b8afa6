use synrecv_model::{AddressScope, Foreign};

use super::super::fixture::{host, ip, links, missing, parsed, style, whole, written};
use super::*;

fn address(ifindex: u32, text: &str, prefix_len: u8) -> Address {
    Address {
        ifindex,
        address: ip(text),
        prefix_len,
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
    }
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
}

fn given() -> Given {
    Given {
        host: host(),
        links: whole(links()),
        addresses: whole(addresses()),
        settings: whole(settings()),
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
DEV       ADDRESS          NETMASK          RANGE                      SCOPE
lo        127.0.0.1/8      255.0.0.0        127.0.0.0-127.255.255.255  host
eth0      10.0.250.198/16  255.255.0.0      10.0.0.0-10.0.255.255      global
eth0      10.0.250.199/16  255.255.0.0      10.0.0.0-10.0.255.255      global
    - secondary, label eth0:\x1bc
e\x1b[2J  10.9.0.1/32      255.255.255.255  -                          global
    - other end 10.9.0.2/32
eth0      2001:db8::1/64   -                -                          global
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
