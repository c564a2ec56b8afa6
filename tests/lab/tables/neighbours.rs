//! `arp` against `ip neighbour`.

use std::collections::BTreeMap;

use serde_json::Value;
use synrecv_faults::Namespace;

use super::compare::{Row, assert_equal, shown};
use super::table;
use super::world::World;
use crate::inside::{json, list};

const AGES: [&str; 3] = ["used", "confirmed", "updated"];

fn doctors(row: &Value) -> Row {
    let flag = |field: &str| if row[field] == true { "yes" } else { "" };
    // A proxy entry has no state.
    let state = if row["proxy"] == true { String::new() } else { shown(&row["state"]) };
    Row::default()
        .field("dev", row, "dev")
        .field("address", row, "address")
        .with("state", state)
        .field("mac", row, "mac")
        .field("protocol", row, "protocol")
        .with("router", flag("router"))
        .with("proxy", flag("proxy"))
        .with("extern_learn", flag("extern_learn"))
        .with("offload", flag("offload"))
        .with("managed", flag("managed"))
        .field("probes", row, "probes_count")
}

fn ips(row: &Value) -> Row {
    let flag = |field: &str| if row.get(field).is_some() { "yes" } else { "" };
    let states: Vec<String> = list(&row["state"]).iter().map(shown).collect();
    let protocol = match row["protocol"].as_str().unwrap_or_default() {
        "static" => "4",
        "bgp" => "186",
        other => other,
    };
    Row::default()
        .field("dev", row, "dev")
        .field("address", row, "dst")
        .with("state", states.join("+").to_lowercase())
        .with("mac", shown(&row["lladdr"]).to_lowercase())
        .with("protocol", protocol)
        .with("router", flag("router"))
        .with("proxy", flag("proxy"))
        .with("extern_learn", flag("extern_learn"))
        .with("offload", flag("offload"))
        .with("managed", flag("managed"))
        .field("probes", row, "probes")
}

fn ip_neighbours(host: &Namespace) -> Value {
    json(host, "ip", &["-j", "-d", "-s", "neighbour", "show", "nud", "all"])
}

/// The three ages of each entry, by device and address.
fn ages(rows: &Value, address: &str, suffix: &str) -> BTreeMap<(String, String), [u64; 3]> {
    let age = |row: &Value, name: &str| row[format!("{name}{suffix}")].as_u64();
    list(rows)
        .iter()
        .filter(|row| age(row, AGES[0]).is_some())
        .map(|row| {
            let ages = AGES.map(|name| age(row, name).expect("all three or none"));
            ((shown(&row["dev"]), shown(&row[address])), ages)
        })
        .collect()
}

#[test]
fn neighbours_agree_with_ip() {
    let world = World::build();
    let before = ip_neighbours(&world.host);
    let doctor = table(&world.host, &["arp"]);
    let after = ip_neighbours(&world.host);
    let proxies = json(&world.host, "ip", &["-j", "-d", "neighbour", "show", "proxy"]);

    let ours: Vec<Row> = list(&doctor["neighbours"]).iter().map(doctors).collect();
    let theirs: Vec<Row> = list(&after).iter().chain(list(&proxies)).map(ips).collect();
    assert!(theirs.len() >= 300, "only {} neighbours", theirs.len());
    assert_equal("neighbours", ours, theirs, &world.origin);

    // `ip` writes whole seconds, so an age lies between the two readings before and after.
    let ours = ages(&doctor["neighbours"], "address", "_ms");
    let (least, most) = (ages(&before, "dst", ""), ages(&after, "dst", ""));
    assert!(ours.len() >= 250, "only {} ages", ours.len());
    for (entry, ages) in &ours {
        let (least, most) = (least[entry], most[entry]);
        for (at, age_ms) in ages.iter().enumerate() {
            let within = (least[at] * 1000)..=(most[at] * 1000 + 1000);
            let name = AGES[at];
            assert!(within.contains(age_ms), "{entry:?}: {name} {age_ms} ms, not in {within:?}");
        }
    }
}
