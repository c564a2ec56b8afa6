//! `interfaces` against `ip address`.

use ipnet::Ipv4Net;
use serde_json::Value;

use super::compare::{Row, assert_equal, shown};
use super::table;
use super::world::World;
use crate::inside::{json, list};

const FLAGS: [&str; 5] = ["secondary", "tentative", "dadfailed", "deprecated", "noprefixroute"];

/// Lifetimes are long; within the test they differ by less than this.
const LIFETIME_STEP_S: u64 = 100;

fn lifetime(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |s| ((s + LIFETIME_STEP_S / 2) / LIFETIME_STEP_S).to_string())
}

fn doctors(device: &Value, row: &Value) -> Row {
    let mut flags: Vec<String> = list(&row["flags"]).iter().map(shown).collect();
    flags.sort();
    Row::default()
        .field("dev", device, "dev")
        .field("address", row, "address")
        .field("length", row, "prefix_len")
        .field("netmask", row, "netmask")
        .field("broadcast", row, "broadcast")
        .field("peer", row, "peer")
        .field("scope", row, "scope")
        .field("label", row, "label")
        .with("flags", flags.join("+"))
        .with("valid", lifetime(row["valid_s"].as_u64()))
}

fn ips(device: &Value, row: &Value) -> Row {
    let mut flags: Vec<&str> = FLAGS.into_iter().filter(|name| row[*name] == true).collect();
    if row["dynamic"] != true {
        flags.push("permanent");
    }
    flags.sort_unstable();
    let length = row["prefixlen"].as_u64().and_then(|length| u8::try_from(length).ok());
    let netmask = match (row["family"].as_str(), length) {
        (Some("inet"), Some(length)) => {
            Ipv4Net::new([0, 0, 0, 0].into(), length).expect("a length").netmask().to_string()
        }
        _ => String::new(),
    };
    let valid = row["valid_life_time"].as_u64().filter(|seconds| *seconds != u64::from(u32::MAX));
    Row::default()
        .field("dev", device, "ifname")
        .field("address", row, "local")
        .field("length", row, "prefixlen")
        .with("netmask", netmask)
        .field("broadcast", row, "broadcast")
        .field("peer", row, "address")
        .field("scope", row, "scope")
        .field("label", row, "label")
        .with("flags", flags.join("+"))
        .with("valid", lifetime(valid))
}

#[test]
fn addresses_agree_with_ip() {
    let world = World::build();
    let doctor = table(&world.host, &["interfaces"]);
    let ours = list(&doctor["interfaces"])
        .iter()
        .flat_map(|device| list(&device["addresses"]).iter().map(move |row| doctors(device, row)))
        .collect();
    let devices = json(&world.host, "ip", &["-j", "-d", "address"]);
    let theirs: Vec<Row> = list(&devices)
        .iter()
        .flat_map(|device| list(&device["addr_info"]).iter().map(move |row| ips(device, row)))
        .collect();
    assert!(theirs.len() >= 50, "only {} addresses", theirs.len());
    assert_equal("addresses", ours, theirs, &world.origin);
}
