//! `route` against `ip route show table all` and `ip nexthop`.

use serde_json::Value;

use super::compare::{Row, assert_equal, shown};
use super::world::World;
use super::{decimal, table, table_number};
use crate::inside::{json, list};

/// A way out: gateway, device, weight, flags.
fn hop(hop: &Value, flags: &Value) -> String {
    // An IPv4 route by an IPv6 gateway.
    let via = &hop["via"]["host"];
    let gateway = if via.is_null() { &hop["gateway"] } else { via };
    let weight = hop["weight"].as_u64().unwrap_or(1);
    let flags: Vec<&str> = list(flags).iter().filter_map(Value::as_str).collect();
    let flags = flags.join("+");
    format!("{}@{}*{weight}{flags}", shown(gateway), shown(&hop["dev"]))
}

fn joined(hops: impl Iterator<Item = String>) -> String {
    hops.collect::<Vec<_>>().join(",")
}

/// RTAX metrics in the order of their names.
fn metrics(metrics: &Value) -> String {
    let mut pairs: Vec<String> = metrics
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", shown(value)))
        .collect();
    pairs.sort();
    pairs.join(",")
}

fn doctors(row: &Value) -> Row {
    Row::default()
        .field("family", row, "family")
        .field("table", row, "table")
        .field("type", row, "type")
        .field("destination", row, "destination")
        .field("source", row, "source")
        .field("tos", row, "tos")
        .field("protocol", row, "protocol")
        .field("scope", row, "scope")
        .field("metric", row, "metric")
        .field("prefsrc", row, "prefsrc")
        .field("nhid", row, "nexthop_id")
        .field("pref", row, "preference")
        .with("metrics", metrics(&row["metrics"]))
        .with("expires", if row["expires_s"].is_null() { "" } else { "yes" })
        .with("hops", joined(list(&row["next_hops"]).iter().map(|next| hop(next, &next["flags"]))))
}

fn ips(row: &Value, family: &str) -> Row {
    let hops = list(&row["nexthops"]);
    let hops = if !hops.is_empty() {
        joined(hops.iter().map(|next| hop(next, &next["flags"])))
    } else if row["dev"].is_null() && row["gateway"].is_null() || refuses(row) {
        String::new()
    } else {
        hop(row, &row["flags"])
    };
    let metric = row["metric"].as_u64().unwrap_or(0);
    Row::default()
        .with("family", family)
        .with("table", table_number(&row["table"]))
        .field("type", row, "type")
        .with("destination", prefix(&row["dst"], family))
        .with(
            "source",
            if row["from"].is_null() { String::new() } else { prefix(&row["from"], family) },
        )
        .with("tos", decimal(&row["tos"]))
        .field("protocol", row, "protocol")
        .field("scope", row, "scope")
        .with("metric", metric.to_string())
        .field("prefsrc", row, "prefsrc")
        .field("nhid", row, "nhid")
        .field("pref", row, "pref")
        .with("metrics", list(&row["metrics"]).first().map(metrics).unwrap_or_default())
        .with("expires", if row["expires"].is_null() { "" } else { "yes" })
        .with("hops", hops)
}

/// Nothing leaves by such a route; IPv6 gives it the device `lo` all the same, which the doctor
/// does not call a way out.
fn refuses(row: &Value) -> bool {
    let kinds = ["blackhole", "unreachable", "prohibit", "throw"];
    row["type"].as_str().is_some_and(|kind| kinds.contains(&kind)) && row["dev"] == "lo"
}

/// `default` and addresses without a length as prefixes.
fn prefix(value: &Value, family: &str) -> String {
    let text = shown(value);
    match (text.as_str(), family) {
        ("default", "ipv4") => "0.0.0.0/0".to_owned(),
        ("default", _) => "::/0".to_owned(),
        (text, _) if text.contains('/') => text.to_owned(),
        (text, "ipv4") => format!("{text}/32"),
        (text, _) => format!("{text}/128"),
    }
}

#[test]
fn routes_agree_with_ip() {
    let world = World::build();
    let doctor = table(&world.host, &["route"]);
    let ours: Vec<Row> = list(&doctor["routes"]).iter().map(doctors).collect();
    let mut theirs = Vec::new();
    for (flag, family) in [("-4", "ipv4"), ("-6", "ipv6")] {
        let rows = json(&world.host, "ip", &[flag, "-j", "-d", "route", "show", "table", "all"]);
        theirs.extend(list(&rows).iter().map(|row| ips(row, family)));
    }
    assert!(theirs.len() >= 500, "only {} routes", theirs.len());
    assert_equal("routes", ours, theirs, &world.origin);
}

#[test]
fn next_hop_objects_agree_with_ip() {
    let world = World::build();
    let doctor = table(&world.host, &["route"]);
    let row = |row: &Value, way: String, group: String| {
        Row::default().field("id", row, "id").with("way", way).with("group", group)
    };
    let ours = list(&doctor["nexthops"]).iter().map(|object| {
        let next = &object["next_hop"];
        let way = if next.is_null() { String::new() } else { hop(next, &next["flags"]) };
        let member = |member: &Value| format!("{}*{}", member[0], member[1]);
        row(object, way, joined(list(&object["group"]).iter().map(member)))
    });
    let objects = json(&world.host, "ip", &["-j", "-d", "nexthop"]);
    let theirs = list(&objects).iter().map(|object| {
        let way =
            if object["dev"].is_null() { String::new() } else { hop(object, &object["flags"]) };
        let member =
            |member: &Value| format!("{}*{}", member["id"], member["weight"].as_u64().unwrap_or(1));
        row(object, way, joined(list(&object["group"]).iter().map(member)))
    });
    let theirs: Vec<Row> = theirs.collect();
    assert_eq!(theirs.len(), 10);
    assert_equal("next-hop objects", ours.collect(), theirs, &world.origin);
}
