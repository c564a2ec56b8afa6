//! `route` against `ip rule`.

use serde_json::Value;

use super::compare::{Row, assert_equal, shown};
use super::world::World;
use super::{decimal, table, table_number};
use crate::inside::{json, list};

fn doctors(row: &Value) -> Row {
    let range = |field: &str| list(&row[field]).iter().map(shown).collect::<Vec<_>>().join("-");
    let flag = |field: &str| if row[field] == true { "yes" } else { "" };
    let action = shown(&row["action"]);
    Row::default()
        .with("table", if action == "lookup" { shown(&row["table"]) } else { String::new() })
        .with("action", action)
        .field("family", row, "family")
        .field("priority", row, "priority")
        .with("not", flag("invert"))
        .with("l3mdev", flag("l3mdev"))
        .field("from", row, "from")
        .field("to", row, "to")
        .field("iif", row, "iif")
        .field("oif", row, "oif")
        .field("mark", row, "fwmark")
        .field("mask", row, "fwmask")
        .field("tos", row, "tos")
        .field("protocol", row, "protocol")
        .field("ip protocol", row, "ip_protocol")
        .field("tun_id", row, "tun_id")
        .field("goto", row, "goto")
        .field("suppress", row, "suppress_prefix_len")
        .with("uid", range("uid_range"))
        .with("sport", range("sport"))
        .with("dport", range("dport"))
        .field("unknown", row, "unknown_selectors")
}

fn ips(row: &Value, family: &str) -> Row {
    let has = |field: &str| row.get(field).is_some();
    let bits = if family == "ipv4" { 32 } else { 128 };
    let prefix = |address: &str, length: &str| match row[address].as_str() {
        None | Some("all") => String::new(),
        Some(address) => format!("{address}/{}", row[length].as_u64().unwrap_or(bits)),
    };
    let ports = |one: &str, first: &str, last: &str| match (&row[one], &row[first]) {
        (Value::Null, Value::Null) => String::new(),
        (Value::Null, first) => format!("{first}-{}", row[last]),
        (one, _) => format!("{one}-{one}"),
    };
    let action = match row["action"].as_str() {
        Some(word) => word,
        None if has("goto") => "goto",
        None if has("nop") => "nop",
        None => "lookup",
    };
    let mask = match (has("fwmark"), has("fwmask")) {
        (false, _) => String::new(),
        (true, false) => u32::MAX.to_string(),
        (true, true) => decimal(&row["fwmask"]),
    };
    Row::default()
        .with("table", if action == "lookup" { table_number(&row["table"]) } else { String::new() })
        .with("action", action)
        .with("family", family)
        .field("priority", row, "priority")
        .with("not", if has("not") { "yes" } else { "" })
        .with("l3mdev", if has("l3mdev") { "yes" } else { "" })
        .with("from", prefix("src", "srclen"))
        .with("to", prefix("dst", "dstlen"))
        .field("iif", row, "iif")
        .field("oif", row, "oif")
        .with("mark", decimal(&row["fwmark"]))
        .with("mask", mask)
        .with("tos", decimal(&row["tos"]))
        .field("protocol", row, "protocol")
        .with("ip protocol", number_of_protocol(&row["ipproto"]))
        .field("tun_id", row, "tun_id")
        .field("goto", row, "goto")
        .field("suppress", row, "suppress_prefixlen")
        .with("uid", ports("", "uid_start", "uid_end"))
        .with("sport", ports("sport", "sport_start", "sport_end"))
        .with("dport", ports("dport", "dport_start", "dport_end"))
}

fn number_of_protocol(name: &Value) -> String {
    match name.as_str().unwrap_or_default() {
        "tcp" => "6",
        "udp" => "17",
        "ipv6-icmp" => "58",
        other => other,
    }
    .to_owned()
}

#[test]
fn rules_agree_with_ip() {
    let world = World::build();
    let doctor = table(&world.host, &["route"]);
    let ours: Vec<Row> = list(&doctor["rules"]).iter().map(doctors).collect();
    let mut theirs = Vec::new();
    for (flag, family) in [("-4", "ipv4"), ("-6", "ipv6")] {
        let rows = json(&world.host, "ip", &[flag, "-j", "-d", "rule"]);
        theirs.extend(list(&rows).iter().map(|row| ips(row, family)));
    }
    assert!(theirs.len() >= 20, "only {} rules", theirs.len());
    assert_equal("rules", ours, theirs, &world.origin);
}
