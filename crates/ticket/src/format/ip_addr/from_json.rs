//! The entries of `ip -j addr` and `ip -j link`.

use synrecv_model::{OperState, Text, text};

use crate::format::json::{self, Members};
use crate::format::link_row::{bare, named, scope, set_flags};
use crate::token::{address, link};
use crate::{AddressRow, LinkRow};

/// A device.
pub(super) fn link(line: u32, members: &Members) -> Result<LinkRow, Text> {
    let name = json::string(members, "ifname").ok_or_else(|| text!["no name of a device"])?;
    let mut row = named(line, name);
    row.ifindex = json::number32(members, "ifindex");
    row.lower = json::string(members, "link").map(str::to_owned);
    if let Some(index) = json::number32(members, "link_index")
        && row.lower.is_none()
    {
        row.lower = Some(format!("if{index}"));
    }
    if members.contains_key("flags") {
        set_flags(&mut row, json::strings(members, "flags"));
    }
    row.operstate = json::string(members, "operstate").map(|word| match word {
        "UP" => OperState::Up,
        "DOWN" => OperState::Down,
        "LOWERLAYERDOWN" => OperState::LowerLayerDown,
        "DORMANT" => OperState::Dormant,
        "TESTING" => OperState::Testing,
        "NOTPRESENT" => OperState::NotPresent,
        _ => OperState::Unknown,
    });
    row.master = json::string(members, "master").map(str::to_owned);
    row.mac = json::string(members, "address").and_then(link::mac).filter(|mac| !mac.is_zero());
    row.mtu_bytes = json::number32(members, "mtu");
    let info = members.get("linkinfo").and_then(serde_json::Value::as_object);
    row.kind = info.and_then(|info| json::string(info, "info_kind")).map(str::to_owned);
    row.xdp = members.contains_key("xdp");
    let counted = |direction: &str, counter: &str| {
        let of = members.get("stats64").or_else(|| members.get("stats"))?.get(direction)?;
        json::number(of.as_object()?, counter)
    };
    row.traffic = counted("rx", "packets").zip(counted("tx", "packets")).map(|(received, sent)| {
        let dropped = |direction| counted(direction, "dropped").unwrap_or(0);
        [received, dropped("rx"), sent, dropped("tx")]
    });
    row.addresses = json::lists(members, "addr_info").filter_map(|info| own(line, info)).collect();
    Ok(row)
}

/// An address; `None` for the empty entries of old versions.
fn own(line: u32, members: &Members) -> Option<AddressRow> {
    let ip = |key| json::string(members, key).and_then(address::ip);
    let mut row = bare(line, ip("local")?);
    row.prefix_len = json::number(members, "prefixlen").and_then(|len| u8::try_from(len).ok());
    row.peer = ip("address").filter(|peer| *peer != row.address);
    row.broadcast = ip("broadcast");
    row.scope = json::string(members, "scope").and_then(scope);
    row.secondary = json::has(members, "secondary") || json::has(members, "temporary");
    row.tentative = json::has(members, "tentative");
    row.dad_failed = json::has(members, "dadfailed");
    row.noprefixroute = json::has(members, "noprefixroute");
    row.label = json::string(members, "label").map(str::to_owned);
    Some(row)
}
