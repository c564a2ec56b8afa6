//! Packets that rules log: `IN=eth0 OUT= MAC=.. SRC=.. DST=.. .. PROTO=TCP SPT=.. DPT=.. SYN URGP=0`.

use synrecv_model::{Foreign, Mac, Text, text};

use crate::LoggedPacket;

const FLAGS: [(&str, u8); 8] = [
    ("FIN", 0x01),
    ("SYN", 0x02),
    ("RST", 0x04),
    ("PSH", 0x08),
    ("ACK", 0x10),
    ("URG", 0x20),
    ("ECE", 0x40),
    ("CWR", 0x80),
];

/// A packet; `None` for a message without one.
pub(super) fn packet(text: &str) -> Option<LoggedPacket> {
    // The prefix can end without a blank.
    let at = text.find("IN=")?;
    let (prefix, fields) = text.split_at(at);
    if !fields.contains("OUT=") || !fields.contains("SRC=") || !fields.contains("DST=") {
        return None;
    }
    let mut packet = LoggedPacket {
        prefix: prefix.trim().trim_end_matches(':').to_owned(),
        ..LoggedPacket::default()
    };
    let (mut source_port, mut destination_port) = (None, None);
    let mut flags = 0;
    let mut in_options = false;
    for word in fields.split_ascii_whitespace() {
        // What an ICMP error quotes is another packet.
        if word.starts_with('[') && word.contains("SRC=") {
            break;
        }
        let Some((key, value)) = word.split_once('=') else {
            match word {
                "OPT" => in_options = true,
                _ => {
                    flags |=
                        FLAGS.iter().find(|(name, _)| *name == word).map_or(0, |(_, bit)| *bit);
                }
            }
            continue;
        };
        let name = || (!value.is_empty()).then(|| value.to_owned());
        match key {
            "IN" => packet.in_device = name(),
            "OUT" => packet.out_device = name(),
            "MAC" => packet.macs = macs(value.split(':')),
            "SRC" => packet.source = value.parse().ok(),
            "DST" => packet.destination = value.parse().ok(),
            "PROTO" => packet.is_tcp = value == "TCP" || value == "6",
            "SPT" => source_port = value.parse().ok(),
            "DPT" => destination_port = value.parse().ok(),
            "TTL" | "HOPLIMIT" => packet.ttl = value.parse().ok(),
            _ => {}
        }
    }
    packet.ports = source_port.zip(destination_port);
    // Without any the line is one of a rule that does not say them, or was cut.
    packet.flags = (packet.is_tcp && (flags != 0 || in_options)).then_some(flags);
    Some(packet)
}

/// Destination and source of a frame, whose first octets these are.
pub(super) fn macs<'a>(parts: impl Iterator<Item = &'a str>) -> Option<(Mac, Mac)> {
    let octet = |part: &str| (part.len() == 2).then(|| u8::from_str_radix(part, 16).ok())?;
    let octets: Option<Vec<u8>> = parts.take(12).map(octet).collect();
    let octets = octets?;
    Some((Mac::from_slice(octets.get(..6)?)?, Mac::from_slice(octets.get(6..12)?)?))
}

/// What was read, for people.
pub(super) fn shown(packet: &LoggedPacket) -> Text {
    let mut what = Text::from("logged packet");
    if !packet.prefix.is_empty() {
        what.push(text![" \"", Foreign(packet.prefix.clone()), "\""]);
    }
    match (packet.source, packet.destination) {
        (Some(source), Some(destination)) => what.push(text![": ", source, " -> ", destination]),
        _ => what.push(", names in place of addresses"),
    }
    if let Some((from, to)) = packet.ports {
        what.push(text![", ports ", from, " -> ", to]);
    }
    let names = FLAGS.iter().filter(|(_, bit)| packet.flags.unwrap_or(0) & bit != 0);
    let names: Vec<&'static str> = names.map(|(name, _)| *name).collect();
    if !names.is_empty() {
        what.push(text![", ", Text::join(names, "+")]);
    }
    what
}
