//! `arp` of net-tools, BusyBox, BSD and Windows.

mod bsd;
mod linux;
mod windows;

use synrecv_model::{Foreign, Mac, Nud, Text, text};

use super::table::words;
use super::{Format, Sees, Table};
use crate::token::link;
use crate::{Command, Content, Cut, Kind, Line, NeighbourRow, Taken};

/// The ARP table, by `arp`.
pub(super) struct Arp;

/// What a row says: the entry, or why it cannot be used.
type Entry = Result<NeighbourRow, Text>;

impl Format for Arp {
    fn kind(&self) -> Kind {
        Kind::Arp
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        command.program == "arp"
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let words = words(line);
        if is_title(&words) || windows::own_address(&words).is_some() {
            Sees::Title
        } else if entry(&words, inside).is_some() {
            Sees::Row
        } else if inside && (found(line).is_some() || is_remark(&words)) {
            Sees::Aside
        } else {
            Sees::Nothing
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        linux::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut rows = Vec::new();
        let mut taken = Vec::with_capacity(lines.len());
        let mut table = Table::new(Content::Nothing, Vec::new());
        let mut windows_device = None;
        let mut data_count = 0_usize;
        let mut found_count = None;
        for line in lines {
            let words = words(&line.text);
            if let Some(device) = windows::own_address(&words) {
                windows_device = Some(device);
                table.foreign_system = Some("Windows");
                taken.push(Taken::Title);
            } else if is_title(&words) {
                taken.push(Taken::Title);
            } else if let Some((entry, foreign)) = entry(&words, true) {
                data_count += 1;
                table.foreign_system = table.foreign_system.or(foreign);
                taken.push(match entry {
                    Ok(mut entry) => {
                        entry.line = line.number;
                        if foreign == Some("Windows") {
                            entry.device.clone_from(&windows_device);
                        }
                        let reading = reading(&entry);
                        rows.push(entry);
                        Taken::Row(reading)
                    }
                    Err(reason) => Taken::Rejected(reason),
                });
            } else if let Some(count) = found(&line.text) {
                found_count = Some(count);
                taken.push(Taken::Aside("counts of entries"));
            } else if is_remark(&words) {
                taken.push(Taken::Aside("an answer without entries"));
            } else if words.is_empty() {
                taken.push(Taken::Blank);
            } else {
                taken.push(Taken::Rejected(text!["not an entry of an ARP table"]));
            }
        }
        table.cut = if found_count.is_some_and(|count| count != data_count) {
            Some(Cut::CountLine)
        } else {
            command.is_some_and(asks_for_a_part).then_some(Cut::Filtered)
        };
        table.notes.push(text![
            "arp prints neither state nor age, and one link-layer address for each address"
        ]);
        table.content = Content::Neighbours(rows);
        table.taken = taken;
        table
    }
}

/// The entry in a line, and the system that prints entries so when it is not Linux. `inside` of a
/// table, less is asked of a row.
fn entry(words: &[&str], inside: bool) -> Option<(Entry, Option<&'static str>)> {
    if let Some(entry) = linux::entry(words, inside) {
        return Some((entry, None));
    }
    if let Some((entry, is_bsd)) = bsd::entry(words) {
        return Some((entry, is_bsd.then_some("BSD or macOS")));
    }
    windows::entry(words, inside).map(|entry| (entry, Some("Windows")))
}

/// An entry of which nothing is known but its address.
pub(super) fn bare(host: &str) -> Entry {
    let address = crate::token::address::ip(host).ok_or_else(|| {
        text!["the name ", Foreign(host.to_owned()), " in place of an address, which arp -n prints"]
    })?;
    Ok(NeighbourRow {
        line: 0,
        address,
        device: None,
        mac: None,
        state: None,
        router: false,
        proxy: false,
        ages_s: None,
        probes_count: None,
    })
}

/// What was read from an entry, for people.
pub(super) fn reading(entry: &NeighbourRow) -> Text {
    let mut reading = text![entry.address];
    match entry.mac {
        Some(mac) => reading.push(text![" is ", mac]),
        None if entry.proxy => reading.push(" is answered for by this host"),
        None if entry.state.is_some_and(Nud::is_unresolved) => reading.push(" does not answer"),
        None => reading.push(" without link-layer address"),
    }
    if let Some(device) = &entry.device {
        reading.push(text![" on ", Foreign(device.clone())]);
    }
    if let Some(state) = entry.state {
        reading.push(text![", ", state.name()]);
    }
    reading
}

/// A link-layer address; all zeros stand for none.
fn known(mac: Mac) -> Option<Mac> {
    (!mac.is_zero()).then_some(mac)
}

/// Titles of columns, in the languages of net-tools and Windows.
fn is_title(words: &[&str]) -> bool {
    const WORDS: [&str; 15] = [
        "HWtype",
        "HWaddress",
        "HWtyp",
        "HWadresa",
        "HWtüüp",
        "HWaadress",
        "AdresseMat",
        "EndereçoHW",
        "TipoHW",
        "HWタイプ",
        "HWアドレス",
        "硬件地址",
        "硬體位址",
        "DirecciónHW",
        "IndirizzoHW",
    ];
    // `硬件地址` is the word for HWaddr of ifconfig too.
    let has_data = |word: &&str| word.contains(':') || link::mac(word).is_some();
    if !(3..=12).contains(&words.len()) || words.iter().any(has_data) {
        return false;
    }
    let is_windows = words.contains(&"Physical") && words.contains(&"Internet");
    let is_windows_zh = words.contains(&"物理地址") && words.contains(&"Internet");
    is_windows || is_windows_zh || words.iter().any(|word| WORDS.contains(word))
}

/// The number of entries that `arp -v` says it printed: the last of three counts.
fn found(line: &str) -> Option<usize> {
    let mut counts = line.split(':').skip(1).map(|part| {
        let digits = part.trim_start();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse::<usize>().ok()
    });
    let (_, _, found) = (counts.next()??, counts.next()??, counts.next()??);
    let has_other_words = line.split_whitespace().count() > 9;
    (counts.next().is_none() && !has_other_words).then_some(found)
}

/// `192.0.2.9 (192.0.2.9) -- no entry`, `arp: in 6 entries no match found.`
fn is_remark(words: &[&str]) -> bool {
    let is_no_entry = words.get(2) == Some(&"--") && words[1].starts_with('(');
    is_no_entry || words.first() == Some(&"arp:")
}

/// True when the command names one host or one device.
fn asks_for_a_part(command: &Command) -> bool {
    let mut args = command.args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-i" | "--device" => return true,
            "-t" | "-H" | "-A" | "-p" | "--hw-type" | "--protocol" | "-N" => {
                args.next();
            }
            other if !other.starts_with('-') => return link::mac(other).is_none(),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests;
