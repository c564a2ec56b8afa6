//! Which lines belong to packets in full, and to tables of statistics.

use crate::format::Sees;

/// What one line is, besides rows of columns.
pub(in crate::format::tshark) fn sees(line: &str, inside: bool) -> Sees {
    let line = line.trim();
    if is_frame(line) || line.starts_with(TRANSPORT) {
        return Sees::Row;
    }
    if line.ends_with(" Conversations") && line.split_whitespace().count() <= 2 {
        return Sees::Title;
    }
    if !inside {
        return Sees::Nothing;
    }
    let statistics =
        line.contains("<->") || line.starts_with("====") || line.starts_with("Filter:");
    let end = [" packets captured", " packet captured"];
    let counted = end.into_iter().find_map(|end| line.strip_suffix(end));
    let bars = line.contains("| |");
    if statistics || bars || counted.is_some_and(|count| count.parse::<u64>().is_ok()) {
        return Sees::Aside;
    }
    if LAYERS.iter().any(|layer| line.starts_with(layer))
        || is_field(line)
        || length(line).is_some()
    {
        return Sees::More;
    }
    Sees::Nothing
}

pub(super) const TRANSPORT: &str = "Transmission Control Protocol, Src Port";

/// First words of the layers of a packet.
const LAYERS: [&str; 14] = [
    "Internet Control Message Protocol",
    "User Datagram Protocol",
    "Domain Name System",
    "SSH Protocol",
    "Ethernet II",
    "Address Resolution Protocol",
    "Linux cooked",
    "Internet Protocol",
    "802.1Q Virtual LAN",
    "Data (",
    "Hypertext Transfer",
    "Transport Layer Security",
    "Secure Sockets Layer",
    "Raw packet data",
];

/// `Frame 1: 66 bytes on wire (528 bits), ...`, `Frame 1 (74 bytes on wire, 74 bytes captured)`.
pub(super) fn is_frame(line: &str) -> bool {
    line.strip_prefix("Frame ").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains("bytes on wire")
    })
}

/// The end of the first line of a segment that was broken there: `en: 0`.
pub(super) fn length(line: &str) -> Option<u32> {
    let digits = line.rfind(' ').map_or(0, |blank| blank + 1);
    let (name, number) = line.split_at_checked(digits)?;
    (!name.is_empty() && ", Len: ".ends_with(name)).then(|| number.parse().ok()).flatten()
}

/// First words of the fields of a packet.
const FIELDS: [&str; 53] = [
    "Unused",
    "Link-layer",
    "Interface index",
    "Code",
    "Acknowledgment",
    "Address",
    "Arrival Time",
    "Capture Length",
    "Checksum",
    "Destination",
    "Differentiated",
    "Dst Port",
    "Encapsulation type",
    "Epoch",
    "Flags",
    "Fragment",
    "Frame Length",
    "Frame Number",
    "Hardware",
    "Header",
    "Hop Limit",
    "Identification",
    "Kind",
    "LG bit",
    "Length",
    "MSS Value",
    "Maximum segment size",
    "Multiplier",
    "Next",
    "Opcode",
    "Option",
    "Packet type",
    "Payload Length",
    "Protocol",
    "Reserved",
    "SACK permitted",
    "Sender",
    "Sequence",
    "Shift count",
    "Source",
    "Src Port",
    "Stream",
    "TCP Option",
    "TCP payload",
    "Target",
    "Time to",
    "Timestamp",
    "Total Length",
    "Traffic Class",
    "Type",
    "Urgent",
    "Version",
    "Window",
];

/// `Time to live: 63`, `[Stream index: 0]`, `.... ..0. = Syn: Not set`, an option.
fn is_field(line: &str) -> bool {
    // Only what stands before a colon, or all of an option, is a name.
    let is_known = line.starts_with("TCP Option")
        || line.split_once(':').is_some_and(|(name, _)| {
            name.split(' ').count() <= 5 && FIELDS.iter().any(|field| name.starts_with(field))
        });
    (line.starts_with('[') && line.ends_with(']'))
        || (line.contains(" = ") && line.starts_with(['.', '0', '1']))
        || (is_known && line.len() < 160)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_beside_the_matter() {
        assert_eq!(sees("TCP Conversations", false), Sees::Title);
        assert_eq!(sees("192.0.2.1:4711 <-> 198.51.100.2:80 21 1554 bytes", true), Sees::Aside);
        assert_eq!(sees("192.0.2.1:4711 <-> 198.51.100.2:80 21 1554 bytes", false), Sees::Nothing);
    }
}
