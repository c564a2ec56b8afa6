//! `interfaces` against `ip link` and `/proc/sys`.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::compare::{Row, assert_equal, shown};
use super::table;
use super::world::World;
use crate::inside::{json, list};

fn doctors(row: &Value) -> Row {
    let flag = |field: &str| if row[field] == true { "yes" } else { "" };
    Row::default()
        .field("ifindex", row, "ifindex")
        .field("dev", row, "dev")
        .field("alias", row, "alias")
        .field("kind", row, "kind")
        .field("operstate", row, "operstate")
        .field("mac", row, "mac")
        .field("mtu", row, "mtu_bytes")
        .field("master", row, "master")
        .field("peer", row, "peer_ifindex")
        .field("peer namespace", row, "peer_netns_id")
        .with("up", flag("up"))
        .with("carrier", flag("carrier"))
        .with("loopback", flag("loopback"))
        .with("noarp", flag("noarp"))
        .with("promiscuous", flag("promiscuous"))
        .with("xdp", list(&row["xdp_program_ids"]).iter().map(shown).collect::<String>())
}

fn ips(row: &Value) -> Row {
    let flag = |name: &str| {
        if list(&row["flags"]).iter().any(|flag| flag == name) { "yes" } else { "" }
    };
    Row::default()
        .field("ifindex", row, "ifindex")
        .field("dev", row, "ifname")
        .field("alias", row, "ifalias")
        .field("kind", &row["linkinfo"], "info_kind")
        .with("operstate", shown(&row["operstate"]).to_lowercase())
        .field("mac", row, "address")
        .field("mtu", row, "mtu")
        .field("master", row, "master")
        .field("peer", row, "link_index")
        .field("peer namespace", row, "link_netnsid")
        .with("up", flag("UP"))
        .with("carrier", flag("LOWER_UP"))
        .with("loopback", flag("LOOPBACK"))
        .with("noarp", flag("NOARP"))
        .with("promiscuous", flag("PROMISC"))
}

#[test]
fn links_agree_with_ip() {
    let world = World::build();
    let doctor = table(&world.host, &["interfaces"]);
    let ours = list(&doctor["interfaces"]).iter().map(doctors).collect();
    let links = json(&world.host, "ip", &["-j", "-d", "link"]);
    let theirs: Vec<Row> = list(&links).iter().map(ips).collect();
    assert_eq!(theirs.len(), 6);
    assert_equal("links", ours, theirs, &world.origin);
}

/// Field of the doctor, family and name of the file in /proc/sys/net/FAMILY/conf/DEV, and how the
/// value of `all` counts: the larger, either of them, or the device's alone.
type Setting = (&'static str, &'static str, &'static str, fn(i64, i64) -> i64);

const SETTINGS: [Setting; 6] = [
    ("rp_filter", "ipv4", "rp_filter", |_, device| device),
    ("rp_filter_effective", "ipv4", "rp_filter", Ord::max),
    ("proxy_arp", "ipv4", "proxy_arp", |all, device| all | device),
    ("arp_ignore", "ipv4", "arp_ignore", Ord::max),
    ("arp_announce", "ipv4", "arp_announce", Ord::max),
    ("forwarding_v4", "ipv4", "forwarding", |_, device| device),
];

#[test]
fn settings_agree_with_the_files_of_the_kernel() {
    let world = World::build();
    for (key, value) in [
        ("all/rp_filter", "1"),
        ("eth0/rp_filter", "2"),
        ("eth1/proxy_arp", "1"),
        ("all/arp_ignore", "1"),
        ("eth2/arp_ignore", "2"),
        ("eth3/arp_announce", "2"),
        ("eth1/forwarding", "1"),
    ] {
        world.host.sysctl(&format!("net/ipv4/conf/{key}"), value).expect("a setting");
    }
    let doctor = table(&world.host, &["interfaces"]);
    for device in list(&doctor["interfaces"]) {
        let name = shown(&device["dev"]);
        for (field, family, file, in_force) in SETTINGS {
            let read = |place: &str| {
                let path = PathBuf::from(format!("/proc/sys/net/{family}/conf/{place}/{file}"));
                let text = world.host.run(move || fs::read_to_string(path)).expect("a namespace");
                text.expect("a setting can be read").trim().parse::<i64>().expect("a number")
            };
            let expected = in_force(read("all"), read(&name));
            let found = match &device["settings"][field] {
                Value::Bool(flag) => Some(i64::from(*flag)),
                number => number.as_i64(),
            };
            assert_eq!(found, Some(expected), "{field} of {name}");
        }
    }
}
