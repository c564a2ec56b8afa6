//! The lines of `ifconfig`.

use synrecv_model::Mac;

use super::{address, device, short};
use crate::format::link_row::set_flags;
use crate::token::{link, number};
use crate::{AddressRow, LinkRow};

/// What a line says.
#[derive(Debug)]
pub(super) enum Part {
    /// Of the table of `-s`.
    Title,
    /// The first line of a device.
    Header(Box<Header>),
    /// A row of the table of `-s`.
    Short(Box<LinkRow>),
    /// An address.
    Address(Box<AddressRow>),
    /// A link-layer address, where it has six octets.
    LinkLayer(Option<Mac>),
    /// `UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1`.
    Flags(Flags),
    /// Counters.
    Counters(Counters),
    /// Holds nothing that is used.
    Idle,
    /// None of these.
    Nothing,
}

/// The first line of a device.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) row: LinkRow,
    /// The layout of net-tools 1.60.
    pub(super) is_old: bool,
    /// It has words that Linux does not print.
    pub(super) foreign_system: Option<&'static str>,
}

/// The flags of the old layout.
#[derive(Debug)]
pub(super) struct Flags {
    names: Vec<String>,
    mtu_bytes: Option<u32>,
}

impl Flags {
    pub(super) fn set(&self, link: &mut LinkRow) {
        set_flags(link, self.names.iter().map(String::as_str));
        link.mtu_bytes = self.mtu_bytes.or(link.mtu_bytes);
    }
}

/// Counters of one line.
#[derive(Debug)]
pub(super) enum Counters {
    /// Old layout: packets, errors, dropped, ...; received first, then sent.
    Old([u64; 3]),
    /// `RX packets 298  bytes 21588`, or `RX errors 0  dropped 1`.
    New { is_sent: bool, is_total: bool, numbers: [u64; 2] },
}

impl Counters {
    /// Sets what a line says, before which there were `before` others of the same device.
    pub(super) fn set(&self, link: &mut LinkRow, before: usize) {
        let traffic = link.traffic.get_or_insert([0; 4]);
        match self {
            Self::Old([packets, _, dropped]) if before < 2 => {
                traffic[before * 2] = *packets;
                traffic[before * 2 + 1] = *dropped;
            }
            Self::Old(_) => {}
            Self::New { is_sent, is_total, numbers: [first, second] } => {
                let at = usize::from(*is_sent) * 2;
                if *is_total { traffic[at] = *first } else { traffic[at + 1] = *second }
            }
        }
    }
}

/// What stands between name and kind of hardware in the old layout, by language.
const ENCAPSULATION: [&str; 8] = [
    "Link encap:",
    "Lien encap:",
    "Encapsulamento do Link:",
    "リンク方法:",
    "Protokoll:",
    "kapseldus:",
    "Link encap：",
    "连接封装:",
];

/// Words at the start of lines that hold nothing that is used.
const IDLE: [&str; 16] = [
    "collisions:",
    "Interrupt:",
    "options=",
    "nd6",
    "media:",
    "status:",
    "Memory:",
    "index",
    "groups:",
    "priority:",
    "lladdr",
    "device",
    "Local",
    "(hwtype",
    "Base",
    "DMA",
];

/// What a line is.
pub(super) fn part(line: &str) -> Part {
    let text = line.trim();
    if short::is_title(text) {
        return Part::Title;
    }
    if let Some(header) = header(text) {
        return Part::Header(Box::new(header));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some(&first) = words.first() else {
        return Part::Nothing;
    };
    if words.iter().skip(1).any(|word| starts_line(word)) || is_glued(text) {
        return Part::Nothing;
    }
    if first.starts_with("inet6") {
        return address::v6(text).map_or(Part::Nothing, |row| Part::Address(Box::new(row)));
    }
    if first.starts_with("inet") {
        return address::v4(text).map_or(Part::Nothing, |row| Part::Address(Box::new(row)));
    }
    let hardware =
        ["ether", "Ethernet", "loop", "unspec", "infiniband", "ppp", "tunnel", "sit", "netrom"];
    if hardware.contains(&first) {
        let mac = words.get(1).and_then(|word| link::mac(word)).filter(|mac| !mac.is_zero());
        return Part::LinkLayer(mac);
    }
    if let Some(row) = short::row(&words) {
        return Part::Short(Box::new(row));
    }
    if let Some(flags) = flags(&words) {
        return Part::Flags(flags);
    }
    if let Some(counters) = counters(text, &words) {
        return Part::Counters(counters);
    }
    match first {
        "RX" | "TX" => Part::Idle,
        word if IDLE.iter().any(|known| word.starts_with(known)) => Part::Idle,
        // `接收字节:99129124 (99.1 MB)`, `碰撞:0 发送队列长度:1000`.
        _ if !colon_numbers(text).is_empty() => Part::Idle,
        _ => Part::Nothing,
    }
}

/// A word that stands at the start of a line: behind others, lines were put together.
fn starts_line(word: &str) -> bool {
    let is_start = matches!(
        word,
        "inet"
            | "inet6"
            | "ether"
            | "Ethernet"
            | "loop"
            | "unspec"
            | "RX"
            | "UP"
            | "nd6"
            | "media:"
            | "status:"
    );
    is_start
        || word.starts_with("flags=")
        || word.starts_with("encap:")
        || word.starts_with("collisions:")
}

/// True when another line was put behind a line without a blank between them.
fn is_glued(text: &str) -> bool {
    let behind = text.get(1..).unwrap_or_default();
    let is_address = text.starts_with("inet");
    let is_double = ["inet", "flags=", "RX packets", "RX bytes:", "TX errors", "RX errors"]
        .iter()
        .any(|word| behind.contains(word));
    let has_mac = is_address && text.split_whitespace().any(|word| link::mac(word).is_some());
    let is_open = |word: &str| word.contains('<') && !word.ends_with('>');
    is_double || has_mac || (is_address && text.split_whitespace().any(is_open))
}

/// True when an address stands there as `ifconfig` prints it, not as `ip` does.
pub(super) fn is_told(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("inet") && !line.contains(" scope ") && !line.contains(" brd ")
}

/// Words of the lines below the first.
const MORE: [&str; 4] = ["inet", " UP ", " RX ", "MTU:"];

fn header(text: &str) -> Option<Header> {
    if let Some((name, rest)) = text.split_once(": flags=").or_else(|| text.split_once(":flags=")) {
        let (number, rest) = rest.split_once('<')?;
        let (names, rest) = rest.split_once('>')?;
        let mut row = device(name)?;
        if names.is_ascii() {
            set_flags(&mut row, names.split(','));
        } else {
            set_number(&mut row, number::decimal(number)?);
        }
        // Anything else is more than one line of the output.
        let mut words = rest.split_whitespace();
        while let Some(key) = words.next() {
            let value = words.next().and_then(number::any32)?;
            match key {
                "mtu" => row.mtu_bytes = Some(value),
                "metric" | "index" => {}
                _ => return None,
            }
        }
        let is_bsd = names.split(',').any(|name| matches!(name, "SIMPLEX" | "SMART"));
        return Some(Header {
            row,
            is_old: false,
            foreign_system: is_bsd.then_some("BSD or macOS"),
        });
    }
    let (name, rest) = ENCAPSULATION.iter().find_map(|words| text.split_once(words))?;
    let mut row = device(name.trim())?;
    if MORE.iter().any(|word| rest.contains(word)) {
        return None;
    }
    row.mac = mac_in(rest).filter(|mac| !mac.is_zero());
    row.loopback = rest.contains("Loopback");
    Some(Header { row, is_old: true, foreign_system: None })
}

/// Sets what `flags=4163` says where the names are translated. `IFF_*`.
fn set_number(row: &mut LinkRow, flags: u64) {
    let names =
        [(0x1, "UP"), (0x8, "LOOPBACK"), (0x10, "POINTOPOINT"), (0x40, "RUNNING"), (0x80, "NOARP")];
    set_flags(row, names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name));
}

/// A link-layer address, even where blanks around it got lost.
fn mac_in(text: &str) -> Option<Mac> {
    text.char_indices().find_map(|(at, _)| link::mac(text.get(at..at + 17)?))
}

/// The flags of the old layout: capitals, then `MTU:1500`.
fn flags(words: &[&str]) -> Option<Flags> {
    let at = words.iter().position(|word| word.starts_with("MTU:"))?;
    let (names, rest) = words.split_at(at);
    let digits = rest[0].trim_start_matches("MTU:");
    let digits = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    Some(Flags {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        mtu_bytes: number::any32(digits),
    })
}

fn counters(text: &str, words: &[&str]) -> Option<Counters> {
    if let &[packets, errors, dropped, _, _] = colon_numbers(text).as_slice() {
        return Some(Counters::Old([packets, errors, dropped]));
    }
    let is_sent = match *words.first()? {
        "RX" => false,
        "TX" => true,
        _ => return None,
    };
    let mut numbers = words.iter().skip(1).filter_map(|word| number::decimal(word));
    let numbers = [numbers.next()?, numbers.next()?];
    // Packets and octets, these in larger units too; or errors and drops.
    Some(Counters::New { is_sent, is_total: text.contains('('), numbers })
}

/// Numbers behind colons: `RX packets:133 errors:0`.
fn colon_numbers(text: &str) -> Vec<u64> {
    let behind = text.split([':', '：']).skip(1);
    let digits =
        behind.map(|part| part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    digits.filter(|digits| !digits.is_empty()).filter_map(number::decimal).collect()
}

/// An output that lost its line ends: the first line of a device with more behind it.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_header = |at: usize| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let is_new = next.starts_with("flags=") && words[at].ends_with(':');
        is_new
            || (matches!(next, "Link" | "Lien")
                && words.get(at + 2).is_some_and(|word| word.starts_with("encap:")))
    };
    let is_detail = |at: usize| {
        matches!(
            words[at],
            "inet" | "inet6" | "ether" | "loop" | "RX" | "TX" | "UP" | "collisions:0"
        )
    };
    let has_header = (0..words.len()).any(is_header);
    let has_more = (2..words.len()).any(|at| is_detail(at) || words[at].starts_with("MTU:"));
    if !has_header || !has_more {
        return None;
    }
    let mut parts: Vec<Vec<&str>> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if parts.is_empty() || is_header(at) || is_detail(at) {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    Some(parts.into_iter().map(|part| part.join(" ")).collect())
}
