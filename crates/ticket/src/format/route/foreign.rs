//! Tables of Windows (`route print`) and of BSD and macOS (`netstat -rn`), which are recognised.

use crate::token::{address, link, mask, number};

const WINDOWS: &str = "Windows";
const BSD: &str = "BSD or macOS";

/// A title, and the system that prints it.
pub(super) fn title(line: &str, words: &[&str], inside: bool) -> Option<&'static str> {
    const OF_WINDOWS: [&str; 9] = [
        "Network Destination",
        "IPv4 Route Table",
        "IPv6 Route Table",
        "IPv4 路由表",
        "IPv6 路由表",
        "IPv4-Routentabelle",
        "IPv6-Routentabelle",
        "Active Routes:",
        "网络目标",
    ];
    let line = line.trim();
    match () {
        () if OF_WINDOWS.iter().any(|title| line.starts_with(title)) => Some(WINDOWS),
        () if words.starts_with(&["Destination", "Gateway", "Flags"])
            && words.contains(&"Netif") =>
        {
            Some(BSD)
        }
        () if line == "Routing tables" => Some(BSD),
        () if inside && (line == "Internet:" || line == "Internet6:") => Some(BSD),
        () => None,
    }
}

/// The system that prints a row so.
pub(super) fn row(words: &[&str], inside: bool) -> Option<&'static str> {
    if let [destination, netmask, gateway, own, metric] = words {
        let is_windows = address::ip(destination).is_some_and(|address| address.is_ipv4())
            && netmask.contains('.')
            && mask::word(netmask).is_some()
            && address::ip(own).is_some()
            && number::decimal(metric).is_some()
            // "On-link" in the language of the system.
            && (address::ip(gateway).is_some() || !gateway.bytes().any(|octet| octet.is_ascii_digit()));
        if is_windows {
            return Some(WINDOWS);
        }
    }
    let [destination, gateway, flags, rest @ ..] = words else {
        return None;
    };
    let is_destination = *destination == "default"
        || address::net(destination).is_some()
        || (destination.starts_with(|c: char| c.is_ascii_digit())
            && destination.chars().all(|c| c.is_ascii_digit() || "./".contains(c)))
        || (destination.contains("::") && destination.contains(['%', '/']));
    let is_gateway = gateway.starts_with("link#")
        || address::ip(gateway).is_some()
        || link::mac(gateway).is_some();
    let is_flags = flags.starts_with('U')
        && flags.len() <= 14
        && flags.bytes().all(|octet| octet.is_ascii_alphanumeric());
    let names_device = rest.len() <= 4 && rest.iter().any(|word| link::is_device(word));
    // A MAC or `link#` in the column of gateways is of no other table.
    let is_certain = gateway.starts_with("link#")
        || (flags.len() >= 4 && flags.contains(|c: char| c.is_ascii_lowercase()));
    (is_destination && is_gateway && is_flags && names_device && (inside || is_certain))
        .then_some(BSD)
}

/// Lines around the rows: rules of `=`, lists of devices.
pub(super) fn is_aside(line: &str) -> bool {
    let line = line.trim();
    let is_rule = line.len() > 8 && line.bytes().all(|octet| octet == b'=');
    let is_device =
        line.split_once("...").is_some_and(|(number, _)| number::decimal(number.trim()).is_some());
    let titles = [
        "Interface List",
        "接口列表",
        "Persistent Routes:",
        "永久路由:",
        "None",
        "Default Gateway:",
        "Schnittstellenliste",
    ];
    is_rule
        || is_device
        || titles
            .iter()
            .any(|title| line == *title || (title.ends_with(':') && line.starts_with(title)))
}
