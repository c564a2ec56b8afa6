//! `ifconfig` in all layouts, and the table of `ifconfig -s` and `netstat -i`.

mod address;
mod lines;
mod short;

use synrecv_model::{Foreign, Text, text};

use super::link_row::{address_reading, named, reading};
use super::{Format, Sees, Table};
use crate::token::link::without_label;
use crate::{Command, Content, Cut, Kind, Line, LinkRow, Taken};
use lines::Part;

/// Devices and addresses, by `ifconfig`.
#[derive(Debug)]
pub(super) struct Ifconfig;

/// Octets after which net-tools 1.60 cuts the name of a device.
const NAME_CUT: usize = 9;

impl Format for Ifconfig {
    fn kind(&self) -> Kind {
        Kind::Ifconfig
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        match command.program.as_str() {
            "ifconfig" | "inetutils-ifconfig" => true,
            "netstat" => command.has_short('i') || command.has("--interfaces"),
            _ => false,
        }
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        match lines::part(line) {
            Part::Title => Sees::Title,
            Part::Header(_) | Part::Short(_) => Sees::Row,
            Part::Address(_) if inside => Sees::More,
            // `ifconfig | grep inet`.
            Part::Address(row) if row.prefix_len.is_some() && lines::is_told(line) => Sees::Row,
            Part::Address(_) | Part::Nothing => Sees::Nothing,
            _ if inside => Sees::More,
            _ => Sees::Nothing,
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        lines::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut reader = Reader::default();
        let taken = lines.iter().enumerate().map(|(at, line)| reader.line(at, line)).collect();
        let mut table = reader.finish(taken);
        let asks_for_one = command.is_some_and(|command| {
            command.args.iter().any(|arg| !arg.starts_with('-') && !arg.is_empty())
        });
        table.cut = asks_for_one.then_some(Cut::Filtered);
        table
    }
}

/// Devices so far. An alias is a device of its own here and an address of one in the kernel.
#[derive(Debug, Default)]
struct Reader {
    links: Vec<LinkRow>,
    /// Place of the line that each begins on.
    places: Vec<usize>,
    current: Option<usize>,
    /// The name with its label, where the last one is an alias.
    label: Option<String>,
    /// Lines of counters of the current device so far.
    counters_count: usize,
    foreign_system: Option<&'static str>,
    notes: Vec<Text>,
}

impl Reader {
    fn line(&mut self, at: usize, line: &Line) -> Taken {
        match lines::part(&line.text) {
            Part::Title => Taken::Title,
            Part::Header(header) => {
                let is_cut = header.is_old && header.row.name.len() == NAME_CUT;
                if is_cut && !header.row.name.contains(':') {
                    self.notes.push(text![
                        "old versions of ifconfig cut names after nine characters: ",
                        Foreign(header.row.name.clone())
                    ]);
                }
                self.foreign_system = self.foreign_system.or(header.foreign_system);
                self.open(at, line.number, header.row)
            }
            Part::Short(row) => self.open(at, line.number, *row),
            Part::Address(mut address) => {
                address.line = line.number;
                address.label.clone_from(&self.label);
                let reading = address_reading(&address);
                self.detail(|link| {
                    link.addresses.push(*address);
                    Some(reading)
                })
            }
            Part::LinkLayer(mac) => self.detail(|link| {
                link.mac = link.mac.or(mac);
                None
            }),
            Part::Flags(flags) => self.detail(|link| {
                flags.set(link);
                None
            }),
            Part::Counters(counters) => {
                let count = self.counters_count;
                self.counters_count += 1;
                self.detail(|link| {
                    counters.set(link, count);
                    None
                })
            }
            Part::Idle => Taken::More(None),
            Part::Nothing => Taken::Rejected(text!["not a line of ifconfig"]),
        }
    }

    fn open(&mut self, at: usize, number: u32, mut row: LinkRow) -> Taken {
        row.line = number;
        let name = without_label(&row.name).to_owned();
        self.label = (name != row.name).then(|| std::mem::replace(&mut row.name, name));
        self.counters_count = 0;
        let known = self.links.iter().position(|known| known.name == row.name);
        match known.filter(|_| self.label.is_some()) {
            Some(known) => {
                self.current = Some(known);
                Taken::Row(text!["an alias of device ", Foreign(row.name)])
            }
            None => {
                self.current = Some(self.links.len());
                self.links.push(row);
                self.places.push(at);
                Taken::Row(Text::new())
            }
        }
    }

    /// A line about the device above.
    fn detail(&mut self, set: impl FnOnce(&mut LinkRow) -> Option<Text>) -> Taken {
        match self.current.and_then(|at| self.links.get_mut(at)) {
            Some(link) => Taken::More(set(link)),
            None => Taken::Rejected(text!["the line of its device is missing"]),
        }
    }

    fn finish(self, mut taken: Vec<Taken>) -> Table {
        for (at, link) in self.places.iter().zip(&self.links) {
            taken[*at] = Taken::Row(reading(link));
        }
        let mut table = Table::new(Content::Links(self.links), taken);
        table.foreign_system = self.foreign_system;
        table.notes = self.notes;
        table
    }
}

/// A device with this name; `None` when it cannot be one. A label may stand behind it.
fn device(name: &str) -> Option<LinkRow> {
    crate::token::link::is_device(without_label(name)).then(|| named(0, name))
}

#[cfg(test)]
mod tests;
