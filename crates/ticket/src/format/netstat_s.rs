//! `netstat -s`: counters in words, by layer. Counters that its authors did not know are printed by
//! their names, and those that are zero mostly not at all.

mod wording;
mod words;
mod words_ip;

use synrecv_model::{Foreign, Text, text};

use self::wording::{Half, Worded, name_of, worded};
use super::counter_names::{add_left_out_zeros, count, group_of, is_group, is_name};
use super::{Format, Sees, Table};
use crate::{Command, Content, CounterRow, Cut, Kind, Line, Taken, UnitOfCounters};

/// The format.
#[derive(Debug)]
pub(super) struct NetstatS;

/// Counters of `Tcp` in the order of the kernel. All of them are printed always, so that they can be
/// told by their place in a language that is not known.
const TCP_ORDER: [&str; 10] = [
    "ActiveOpens",
    "PassiveOpens",
    "AttemptFails",
    "EstabResets",
    "CurrEstab",
    "InSegs",
    "OutSegs",
    "RetransSegs",
    "InErrs",
    "OutRsts",
];

/// Counters of the layers without words for them.
const UNWORDED: &[&str] =
    &["Forwarding", "OutTransmits", "InCsumErrors", "IgnoredMulti", "MemErrors"];

const HISTOGRAMS: [(&str, Half); 2] =
    [("ICMP input histogram", Half::In), ("ICMP output histogram", Half::Out)];

impl Format for NetstatS {
    fn kind(&self) -> Kind {
        Kind::NetstatS
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        let long = command.has("--statistics");
        // The same letter selects SCTP sockets only in upper case.
        command.program == "netstat" && (long || command.has_short('s'))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let trimmed = line.trim();
        if let Some(name) = section(trimmed) {
            // The first layer of a whole output, or one among others.
            return if inside && name != "Ip" { Sees::Row } else { Sees::Title };
        }
        if foreign_title(trimmed).is_some() {
            return if inside { Sees::Row } else { Sees::Title };
        }
        if histogram(trimmed).is_some() {
            return if inside { Sees::Row } else { Sees::Title };
        }
        if let Some((name, _)) = named(trimmed) {
            let known = group_of(name).is_some();
            let inside = inside && (is_name(name) || UNWORDED.contains(&name));
            return if known || inside { Sees::Row } else { Sees::Nothing };
        }
        let Some(words) = worded(trimmed) else { return Sees::Nothing };
        // Words of TCP are those of no other tool.
        let of_tcp = |section| name_of(Some(section), None, &words).is_some();
        if of_tcp("Tcp") || of_tcp("TcpExt") {
            return Sees::Row;
        }
        let known = || name_of(None, None, &words).is_some() || section_has(&words);
        let indented = line.starts_with([' ', '\t']) && !trimmed.ends_with(['.', ';', '?', '!']);
        let translated = words.is_translated();
        if inside && (known() || indented || translated) { Sees::Row } else { Sees::Nothing }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut reading = Reading::new(command);
        for line in lines {
            let made = reading.line(line);
            reading.taken.push(made);
        }
        reading.end_section();
        reading.finish(command)
    }
}

/// True when a layer other than TCP has these words.
fn section_has(words: &Worded<'_>) -> bool {
    ["Ip", "Ip6", "Icmp", "Icmp6", "Udp"].iter().any(|section| {
        name_of(Some(section), Some(Half::In), words).is_some()
            || name_of(Some(section), Some(Half::Out), words).is_some()
    })
}

/// The title of a layer: `TcpExt:`.
fn section(line: &str) -> Option<&str> {
    line.strip_suffix([':', '：'])
        .map(str::trim_end)
        .filter(|name| is_group(name) || *name == "Tcp6")
}

/// A title of the same command elsewhere.
fn foreign_title(line: &str) -> Option<&'static str> {
    let is_windows = matches!(
        line,
        "TCP Statistics for IPv4"
            | "TCP Statistics for IPv6"
            | "IPv4 Statistics"
            | "IPv6 Statistics"
            | "ICMPv4 Statistics"
            | "ICMPv6 Statistics"
    );
    if is_windows {
        return Some("Windows");
    }
    // BSD and macOS write layers in lower case.
    matches!(line, "tcp:" | "ip6:" | "icmp6:" | "mptcp:").then_some("BSD")
}

fn histogram(line: &str) -> Option<Half> {
    let line = line.trim_end_matches([':', '：']);
    HISTOGRAMS.iter().find(|(words, _)| line.eq_ignore_ascii_case(words)).map(|(_, half)| *half)
}

/// `TCPSynRetrans: 117`, a counter by its name.
fn named(line: &str) -> Option<(&str, u64)> {
    let (name, value) = line.split_once([':', '：'])?;
    let (name, value) = (name.trim_end(), value.trim());
    // The words of histograms begin in lower case.
    if !is_name(name) {
        return None;
    }
    Some((name, count(value)?))
}

struct Reading {
    section: Option<String>,
    half: Option<Half>,
    rows: Vec<CounterRow>,
    taken: Vec<Taken>,
    /// Lines in words of `Tcp`, in order: place in `taken`, and the name if the words are known.
    worded: Vec<(usize, u32, u64, Option<String>)>,
    foreign_system: Option<&'static str>,
    is_v6: bool,
    translated_count: usize,
    /// Sections that began after `TcpExt`.
    is_past_tcp_ext: bool,
}

impl Reading {
    fn new(command: Option<&Command>) -> Self {
        let is_v6 = command.is_some_and(|command| command.has_short('6') || command.has("inet6"));
        Self {
            section: None,
            half: None,
            rows: Vec::new(),
            taken: Vec::new(),
            worded: Vec::new(),
            foreign_system: None,
            is_v6,
            translated_count: 0,
            is_past_tcp_ext: false,
        }
    }

    fn line(&mut self, line: &Line) -> Taken {
        let trimmed = line.text.trim();
        if let Some(system) = foreign_title(trimmed) {
            self.foreign_system = Some(system);
            self.section = None;
            return Taken::Title;
        }
        if let Some(name) = section(trimmed) {
            self.end_section();
            self.is_past_tcp_ext |= self.section.as_deref() == Some("TcpExt");
            self.section = Some(name.to_owned());
            self.half = None;
            return Taken::Title;
        }
        if self.foreign_system.is_some() {
            return Taken::Aside("a counter of another system");
        }
        if let Some(half) = histogram(trimmed) {
            self.half = Some(half);
            return Taken::Title;
        }
        if let Some((name, value)) = named(trimmed) {
            return self.named(line, name, value);
        }
        match worded(trimmed) {
            Some(words) => self.worded(line, &words),
            None => Taken::Rejected(Text::from("neither the name nor the words of a counter")),
        }
    }

    fn row(&mut self, line: &Line, name: String, value: u64) -> Taken {
        let what = text![Foreign(name.clone()), " = ", value];
        self.rows.push(CounterRow { line: line.number, name, value });
        if line.rebuilt || line.part_count > 1 { Taken::Repaired(what) } else { Taken::Row(what) }
    }

    fn named(&mut self, line: &Line, name: &str, value: u64) -> Taken {
        let section = match &self.section {
            Some(section) => section.as_str(),
            None => match group_of(name) {
                Some(section) => section,
                None => {
                    return Taken::Rejected(text![
                        "the layer of ",
                        Foreign(name.to_owned()),
                        " is not there"
                    ]);
                }
            },
        };
        // Names of IPv6 have the layer in front already.
        let name = if name.starts_with(section) && section.ends_with('6') {
            name.to_owned()
        } else {
            format!("{section}{name}")
        };
        self.row(line, name, value)
    }

    fn worded(&mut self, line: &Line, words: &Worded<'_>) -> Taken {
        let guess = if self.is_v6 { "Ip6" } else { "Ip" };
        let name = match &self.section {
            Some(section) => name_of(Some(section), self.half, words),
            None => {
                name_of(None, self.half, words).or_else(|| name_of(Some(guess), self.half, words))
            }
        };
        if self.section.as_deref() == Some("Tcp") {
            let place = self.taken.len();
            self.worded.push((place, line.number, words.value, name.clone()));
        }
        // Below a histogram stand lines of its kind only.
        if words.value_is_last && self.half.is_some() && name.is_none() {
            return Taken::Aside("a kind of ICMP message");
        }
        match name {
            Some(name) => self.row(line, name, words.value),
            None if words.is_translated() => {
                self.translated_count += 1;
                Taken::Rejected(Text::from("words of a translation that is not known"))
            }
            None => Taken::Rejected(Text::from("not the words of a counter of this layer")),
        }
    }

    /// Names what stands in words that are not known, in `Tcp`, when all lines are there.
    fn end_section(&mut self) {
        let lines = std::mem::take(&mut self.worded);
        let expected = TCP_ORDER.map(|name| format!("Tcp{name}"));
        let fits = lines.len() == expected.len()
            && lines.iter().zip(&expected).all(|((_, _, _, name), expected)| {
                name.as_ref().is_none_or(|name| name == expected)
            });
        if !fits {
            return;
        }
        for ((place, line, value, known), name) in lines.into_iter().zip(expected) {
            if known.is_some() {
                continue;
            }
            let what = text![Foreign(name.clone()), " = ", value, ", by its place"];
            if let Some(taken) = self.taken.get_mut(place) {
                *taken = Taken::Row(what);
                self.translated_count = self.translated_count.saturating_sub(1);
            }
            self.rows.push(CounterRow { line, name, value });
        }
    }

    fn finish(mut self, command: Option<&Command>) -> Table {
        let mut notes = Vec::new();
        let has_rejected = self.taken.iter().any(|taken| matches!(taken, Taken::Rejected(_)));
        if self.translated_count > 0 {
            notes.push(Text::from(
                "some counters are in the words of a translation that is not known: nstat -az names them",
            ));
        }
        let is_filtered = command.is_some_and(Command::is_filtered);
        if self.is_past_tcp_ext && !has_rejected && !is_filtered {
            notes.push(Text::from("most counters that are zero are left out"));
            add_left_out_zeros(&mut self.rows);
        }
        let content = match self.foreign_system {
            Some(_) if self.rows.is_empty() => Content::Nothing,
            _ => Content::Counters(UnitOfCounters::Total, self.rows),
        };
        Table {
            content,
            taken: self.taken,
            cut: is_filtered.then_some(Cut::Filtered),
            foreign_system: self.foreign_system,
            notes,
        }
    }
}

#[cfg(test)]
mod tests;
