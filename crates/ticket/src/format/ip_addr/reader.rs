//! Puts the lines of `ip addr` together to devices.

use synrecv_model::{Foreign, Text, text};

use super::lines::{self, Part};
use crate::format::Table;
use crate::format::link_row::{address_reading, named, reading};
use crate::token::link::without_label;
use crate::{AddressRow, Content, Line, LinkRow, Taken};

/// Which counters the next line of numbers holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Nothing,
    Received,
    Sent,
    Other,
}

/// A device, and where its first line stands.
#[derive(Debug)]
struct Block {
    link: LinkRow,
    at: usize,
    /// An alias stands above its first line, which can be text of the alias.
    is_below_alias: bool,
    /// Its first line is not of `ip`, but text of the alias above it.
    is_forged: bool,
}

#[derive(Debug)]
struct Reader {
    blocks: Vec<Block>,
    /// The device that lines without a name belong to.
    current: Option<usize>,
    expected: Expected,
    is_below_alias: bool,
    /// The key that the first line of the last device ended with.
    open_key: Option<String>,
}

/// Reads devices with their addresses.
pub(super) fn read(lines: &[Line]) -> Table {
    let mut reader = Reader {
        blocks: Vec::new(),
        current: None,
        expected: Expected::Nothing,
        is_below_alias: false,
        open_key: None,
    };
    let mut taken: Vec<Taken> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        // The first part says what the line is; what follows belongs to the same device.
        let mut first = None;
        for part in lines::parts(&line.text) {
            let made = reader.part(at, line.number, part);
            first.get_or_insert(made);
        }
        taken.push(first.unwrap_or(Taken::Blank));
    }
    reader.finish(taken)
}

impl Reader {
    fn part(&mut self, at: usize, number: u32, text: &str) -> Taken {
        let expected = std::mem::replace(&mut self.expected, Expected::Nothing);
        match lines::part(text, true) {
            Part::Header(link) => {
                self.open_key = lines::open_key(text).map(str::to_owned);
                self.open(at, number, *link)
            }
            Part::HeaderMore(text) => {
                let key = self.open_key.take().unwrap_or_default();
                self.detail(|link| {
                    lines::set_keys(link, &format!("{key} {text}"));
                    None
                })
            }
            Part::Brief(mut link) => {
                link.addresses.iter_mut().for_each(|address| address.line = number);
                self.open(at, number, *link)
            }
            Part::OneLine(mut link) => {
                link.addresses.iter_mut().for_each(|address| address.line = number);
                let reading = link.addresses.first().map_or_else(Text::new, address_reading);
                let reading = text![reading, " on ", Foreign(link.name.clone())];
                match self.find(&link.name) {
                    Some(known) => self.blocks[known].link.addresses.append(&mut link.addresses),
                    None => {
                        self.open(at, number, *link);
                    }
                }
                Taken::Row(reading)
            }
            Part::LinkLayer(mac) => self.detail(|link| {
                link.mac = mac;
                None
            }),
            Part::Address(address) => self.address(at, number, *address),
            Part::RxTitle => {
                self.expected = Expected::Received;
                Taken::More(None)
            }
            Part::TxTitle => {
                self.expected = Expected::Sent;
                Taken::More(None)
            }
            Part::OtherTitle => {
                self.expected = Expected::Other;
                Taken::More(None)
            }
            Part::Counters(counters) => self.counters(expected, &counters),
            Part::Alias => {
                self.is_below_alias = true;
                Taken::More(None)
            }
            Part::Kind(kind) => self.detail(|link| {
                link.kind = Some(kind);
                None
            }),
            Part::Xdp => self.detail(|link| {
                link.xdp = true;
                Some(text!["an XDP program"])
            }),
            Part::Idle => Taken::More(None),
            Part::Nothing if lines::is_remark(text) => Taken::Aside("a message of ip"),
            Part::Nothing if self.is_below_alias => Taken::Aside("text of an alias"),
            Part::Nothing => Taken::Rejected(text!["not a line of ip addr or ip link"]),
        }
    }

    /// A new device.
    fn open(&mut self, at: usize, number: u32, mut link: LinkRow) -> Taken {
        link.line = number;
        self.current = Some(self.blocks.len());
        let is_below_alias = std::mem::take(&mut self.is_below_alias);
        self.blocks.push(Block { link, at, is_below_alias, is_forged: false });
        Taken::Row(Text::new())
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.blocks.iter().rposition(|block| block.link.name == name)
    }

    /// A line about the device above.
    fn detail(&mut self, set: impl FnOnce(&mut LinkRow) -> Option<Text>) -> Taken {
        match self.current.and_then(|at| self.blocks.get_mut(at)) {
            Some(block) => Taken::More(set(&mut block.link)),
            None => Taken::Rejected(text!["the line of its device is missing"]),
        }
    }

    fn address(&mut self, at: usize, number: u32, mut address: AddressRow) -> Taken {
        address.line = number;
        let reading = address_reading(&address);
        let label = address.label.as_deref().map(without_label).filter(|name| !name.is_empty());
        let is_of = |block: &Block| label.is_none_or(|label| block.link.name == label);
        // The label names the device, whatever stands above: below an alias that is not certain.
        let place = match (self.current, label) {
            (Some(current), _) if is_of(&self.blocks[current]) => Some(current),
            (Some(current), Some(_))
                if self.blocks[current].is_below_alias
                    && current > 0
                    && is_of(&self.blocks[current - 1]) =>
            {
                self.blocks[current].is_forged = true;
                self.current = Some(current - 1);
                self.current
            }
            // A label of another form than `DEVICE:NAME`.
            (Some(current), Some(_)) if self.blocks[current].link.up.is_some() => Some(current),
            (_, Some(label)) => match self.find(label) {
                Some(known) => Some(known),
                None => {
                    let mut link = named(number, label);
                    link.addresses.push(address);
                    self.current = Some(self.blocks.len());
                    self.blocks.push(Block { link, at, is_below_alias: false, is_forged: false });
                    return Taken::Row(Text::new());
                }
            },
            (current, None) => current,
        };
        match place {
            Some(place) => {
                self.blocks[place].link.addresses.push(address);
                Taken::More(Some(reading))
            }
            None => Taken::Rejected(text!["the line of its device is missing"]),
        }
    }

    fn counters(&mut self, expected: Expected, counters: &[u64]) -> Taken {
        let [_, packets, _, dropped, ..] = counters else {
            return Taken::Rejected(text!["too few counters"]);
        };
        self.detail(|link| {
            let traffic = link.traffic.get_or_insert([0; 4]);
            match expected {
                Expected::Received => traffic[..2].copy_from_slice(&[*packets, *dropped]),
                Expected::Sent => traffic[2..].copy_from_slice(&[*packets, *dropped]),
                Expected::Other | Expected::Nothing => return None,
            }
            Some(text![*packets, " packets, ", *dropped, " dropped"])
        })
    }

    fn finish(mut self, mut taken: Vec<Taken>) -> Table {
        for at in 0..self.blocks.len() {
            self.blocks[at].is_forged |= self.is_forged(at);
        }
        let mut links: Vec<LinkRow> = Vec::new();
        let mut notes = Vec::new();
        for block in self.blocks {
            if block.is_forged {
                taken[block.at] = Taken::Aside("text of the alias above it, not a device");
                continue;
            }
            if block.is_below_alias {
                notes.push(text![
                    "the line of device ",
                    Foreign(block.link.name.clone()),
                    " stands below an alias, which can hold any text"
                ]);
            }
            if matches!(&taken[block.at], Taken::Row(reading) if reading.is_empty()) {
                taken[block.at] = Taken::Row(reading(&block.link));
            }
            links.push(block.link);
        }
        let mut table = Table::new(Content::Links(links), taken);
        table.notes = notes;
        table
    }

    /// True when a device below an alias cannot be one: another has its name or number, or it stands
    /// out of the order of numbers in which the kernel lists devices.
    fn is_forged(&self, at: usize) -> bool {
        let block = &self.blocks[at];
        let number = |block: &Block| block.link.ifindex;
        let is_double = |other: &Block| {
            other.link.name == block.link.name
                || (number(other).is_some() && number(other) == number(block))
        };
        let others = || {
            self.blocks.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, other)| other)
        };
        let before = at.checked_sub(1).and_then(|at| number(&self.blocks[at]));
        let behind = self.blocks.get(at + 1).and_then(number);
        let is_ordered = before.zip(behind).is_none_or(|(before, behind)| before < behind);
        let fits = number(block).is_none_or(|own| {
            before.is_none_or(|before| before < own) && behind.is_none_or(|behind| own < behind)
        });
        block.is_below_alias && (others().any(is_double) || (is_ordered && !fits))
    }
}
