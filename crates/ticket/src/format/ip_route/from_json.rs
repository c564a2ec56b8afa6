//! The entries of `ip -j route` and `ip -j route get`.

use synrecv_model::{Family, Foreign, Text, text};

use super::parse::Parsed;
use crate::HopRow;
use crate::format::json::{self, Members};
use crate::format::route_names::{TableName, kind, protocol};
use crate::token::{address, link};

/// What an entry says.
pub(in crate::format) fn parsed(members: &Members) -> Result<Parsed, Text> {
    let word = json::string(members, "dst").ok_or_else(|| text!["not a route"])?;
    let mut parsed = Parsed {
        kind: json::string(members, "type").and_then(kind),
        metric: json::number32(members, "metric"),
        table: json::string(members, "table").map(TableName::new),
        prefsrc: json::string(members, "prefsrc").and_then(address::ip),
        protocol: json::string(members, "protocol").and_then(protocol),
        nexthop_id: json::number32(members, "nhid"),
        from: json::string(members, "from").and_then(address::net),
        iif: json::string(members, "iif").map(str::to_owned),
        mark: json::number32(members, "mark"),
        is_answer: members.contains_key("cache") || members.contains_key("uid"),
        ..Parsed::default()
    };
    if word != "default" {
        let net = address::net(word)
            .ok_or_else(|| text!["no destination but ", Foreign(word.to_owned())])?;
        parsed.destination = Some(net.trunc());
        parsed.family = Some(Family::of(net.addr()));
    }
    let own = hop(members);
    if own.is_way() {
        parsed.hops.push(own);
    }
    parsed.hops.extend(json::lists(members, "nexthops").map(hop));
    let gateway = json::string(members, "gateway").and_then(address::ip);
    let pref = members.contains_key("pref").then_some(Family::V6);
    parsed.family = parsed.family.or(pref).or(gateway.or(parsed.prefsrc).map(Family::of));
    Ok(parsed)
}

/// A way out.
fn hop(members: &Members) -> HopRow {
    let flag = |name: &str| json::strings(members, "flags").any(|flag| flag == name);
    let via = members.get("via").and_then(serde_json::Value::as_object);
    let gateway = json::string(members, "gateway").or_else(|| json::string(via?, "host"));
    let address = gateway.and_then(address::ip);
    let name = gateway.filter(|word| address.is_none() && link::is_host_name(word));
    HopRow {
        gateway: address,
        gateway_name: name.map(str::to_owned),
        device: json::string(members, "dev")
            .filter(|word| link::is_device(word))
            .map(str::to_owned),
        weight: json::number32(members, "weight").unwrap_or(1),
        dead: flag("dead"),
        linkdown: flag("linkdown"),
        onlink: flag("onlink"),
    }
}
