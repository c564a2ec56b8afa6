//! What the formats of devices share.

use synrecv_model::{AddressScope, Foreign, Text, text};

use crate::{AddressRow, LinkRow, Name};

/// A device of which nothing but the name is known.
pub(super) fn named(line: u32, name: &str) -> LinkRow {
    LinkRow {
        line,
        name: Name::from(name),
        ifindex: None,
        lower: None,
        up: None,
        carrier: None,
        loopback: false,
        point_to_point: false,
        noarp: false,
        operstate: None,
        master: None,
        mac: None,
        mtu_bytes: None,
        kind: None,
        traffic: None,
        xdp: false,
        addresses: Vec::new(),
    }
}

/// An address of which nothing more is known.
pub(super) fn bare(line: u32, address: std::net::IpAddr) -> AddressRow {
    AddressRow {
        line,
        address,
        prefix_len: None,
        peer: None,
        broadcast: None,
        scope: None,
        secondary: false,
        tentative: false,
        dad_failed: false,
        noprefixroute: false,
        label: None,
    }
}

/// Sets what the flags of a device say, by their names.
pub(super) fn set_flags<'a>(link: &mut LinkRow, flags: impl Iterator<Item = &'a str>) {
    link.up = Some(false);
    link.carrier = Some(false);
    for flag in flags {
        match flag {
            "UP" => link.up = Some(true),
            "LOWER_UP" | "RUNNING" => link.carrier = Some(true),
            "LOOPBACK" => link.loopback = true,
            "POINTOPOINT" => link.point_to_point = true,
            "NOARP" => link.noarp = true,
            _ => {}
        }
    }
}

/// The scope that a word of `ip addr` means.
pub(super) fn scope(word: &str) -> Option<AddressScope> {
    Some(match word {
        "global" => AddressScope::Global,
        "site" => AddressScope::Site,
        "link" => AddressScope::Link,
        "host" => AddressScope::Host,
        "nowhere" => AddressScope::Nowhere,
        other => {
            AddressScope::from_number(u8::try_from(crate::token::number::decimal(other)?).ok()?)
        }
    })
}

/// What was read from a device, for people.
pub(super) fn reading(link: &LinkRow) -> Text {
    let mut reading = text!["device ", Foreign(link.name.clone())];
    if let Some(mac) = link.mac {
        reading.push(text![" ", mac]);
    }
    if let Some(up) = link.up {
        reading.push(if up { ", up" } else { ", down" });
    }
    if let Some(master) = &link.master {
        reading.push(text![", of ", Foreign(master.clone())]);
    }
    for address in &link.addresses {
        reading.push(text![", ", address_reading(address)]);
    }
    reading
}

/// What was read from an address, for people.
pub(super) fn address_reading(row: &AddressRow) -> Text {
    let mut reading = text![row.address];
    match row.prefix_len {
        Some(len) => reading.push(text!["/", len]),
        None => reading.push(" without mask"),
    }
    if let Some(peer) = row.peer {
        reading.push(text![" to ", peer]);
    }
    if let Some(broadcast) = row.broadcast {
        reading.push(text![" broadcast ", broadcast]);
    }
    if row.dad_failed {
        reading.push(", somebody else has it");
    } else if row.tentative {
        reading.push(", not in use yet");
    }
    reading
}
