//! An entry: `tcp 6 431999 ESTABLISHED src=.. dst=.. sport=.. dport=.. src=.. dst=.. [ASSURED] mark=0 use=1`.

use std::net::IpAddr;

use synrecv_model::{ConntrackEntry, Endpoint, TrackedState};

use crate::TrackedRow;

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A TCP connection; its line number is 0.
    Tcp(Box<TrackedRow>),
    /// An entry that is of no use here.
    Aside(&'static str),
    /// An entry that could not be read.
    Unreadable(&'static str),
}

const PROTOCOLS: [&str; 11] = [
    "tcp",
    "udp",
    "icmp",
    "icmpv6",
    "ipv6-icmp",
    "sctp",
    "dccp",
    "gre",
    "udplite",
    "esp",
    "unknown",
];

const STATES: [TrackedState; 10] = [
    TrackedState::None,
    TrackedState::SynSent,
    TrackedState::SynRecv,
    TrackedState::Established,
    TrackedState::FinWait,
    TrackedState::CloseWait,
    TrackedState::LastAck,
    TrackedState::TimeWait,
    TrackedState::Close,
    TrackedState::SynSent2,
];

/// One direction as far as it was read.
#[derive(Clone, Copy, Default)]
struct Tuple {
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    packets: Option<u64>,
}

impl Tuple {
    fn ends(&self) -> Option<(Endpoint, Endpoint)> {
        let from = Endpoint::new(self.source?, self.source_port?);
        Some((from, Endpoint::new(self.destination?, self.destination_port?)))
    }
}

/// What stands behind the protocol.
#[derive(Default)]
struct Fields {
    tuples: [Tuple; 2],
    /// How many `src=` were met.
    tuple_count: usize,
    has_names: bool,
    state: Option<TrackedState>,
    timeout_s: Option<u32>,
    replied: bool,
    assured: bool,
    offloaded: bool,
    mark: Option<u32>,
    zone: Option<u16>,
}

/// An entry; `None` for a line that is none.
pub(super) fn entry(line: &str) -> Option<Entry> {
    if !line.contains("src=") || !line.contains("dst=") {
        return None;
    }
    let mut words = line.split_ascii_whitespace().peekable();
    let (mut event, mut protocol) = (None, None);
    let mut lead_count = 0;
    // A time stamp, the event, the network protocol with its number, the transport protocol.
    while let Some(word) = words.next() {
        lead_count += 1;
        match word {
            "[NEW]" | "[UPDATE]" | "[DESTROY]" => event = Some(word),
            "ipv4" | "ipv6" => {
                words.next_if(|next| next.parse::<u8>().is_ok());
            }
            _ if PROTOCOLS.contains(&word) => {
                protocol = Some(word);
                break;
            }
            _ if word.starts_with('[') && word.ends_with(']') => {}
            _ => return None,
        }
        if lead_count > 5 {
            return None;
        }
    }
    let protocol = protocol?;
    words.next_if(|next| next.parse::<u8>().is_ok());
    let fields = fields(words);
    if fields.tuple_count == 0 {
        return None;
    }
    if protocol != "tcp" {
        return Some(Entry::Aside("an entry of another protocol"));
    }
    Some(tcp(&fields, event))
}

fn tcp(fields: &Fields, event: Option<&str>) -> Entry {
    if event == Some("[DESTROY]") {
        return Entry::Aside("an entry that was removed");
    }
    if fields.offloaded {
        return Entry::Aside("an entry that is handled by a flow table: established");
    }
    if fields.has_names {
        return Entry::Unreadable("names in place of addresses or ports");
    }
    let [original, reply] = &fields.tuples;
    let (Some(original_ends), Some(reply_ends)) = (original.ends(), reply.ends()) else {
        return Entry::Unreadable("an address or a port is missing");
    };
    let Some(state) = fields.state else { return Entry::Unreadable("the state is missing") };
    let Some(timeout_s) = fields.timeout_s else {
        return Entry::Unreadable("the time to live is missing");
    };
    Entry::Tcp(Box::new(TrackedRow {
        line: 0,
        entry: ConntrackEntry {
            state,
            seen_reply: fields.replied,
            assured: fields.assured,
            original: original_ends,
            reply: reply_ends,
            timeout_s,
        },
        mark: fields.mark,
        zone: fields.zone,
        packets_count: original.packets.zip(reply.packets).map(|(one, other)| [one, other]),
        event: event.is_some(),
    }))
}

fn fields<'a>(words: impl Iterator<Item = &'a str>) -> Fields {
    let mut fields = Fields { replied: true, ..Fields::default() };
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            match word {
                "[UNREPLIED]" => fields.replied = false,
                "[ASSURED]" => fields.assured = true,
                "[OFFLOAD]" | "[HW_OFFLOAD]" => fields.offloaded = true,
                _ => match word.parse() {
                    Ok(seconds) if fields.tuple_count == 0 => fields.timeout_s = Some(seconds),
                    _ => {
                        let is = |state: &&TrackedState| state.name() == word;
                        fields.state = STATES.iter().find(is).copied().or(fields.state);
                    }
                },
            }
            continue;
        };
        if key == "src" {
            fields.tuple_count += 1;
        }
        let at = fields.tuple_count.clamp(1, 2) - 1;
        let Some(tuple) = fields.tuples.get_mut(at) else { continue };
        match key {
            "src" | "dst" => {
                let address = value.parse().ok();
                fields.has_names |= address.is_none();
                *(if key == "src" { &mut tuple.source } else { &mut tuple.destination }) = address;
            }
            "sport" => {
                tuple.source_port = value.parse().ok();
                fields.has_names |= tuple.source_port.is_none();
            }
            "dport" => {
                tuple.destination_port = value.parse().ok();
                fields.has_names |= tuple.destination_port.is_none();
            }
            "packets" => tuple.packets = value.parse().ok(),
            "mark" => fields.mark = value.parse().ok(),
            "zone" | "zone-orig" => fields.zone = value.parse().ok().filter(|zone| *zone != 0),
            _ => {}
        }
    }
    fields
}
