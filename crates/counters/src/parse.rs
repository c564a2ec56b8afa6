//! The texts of `/proc/net/{netstat,snmp,snmp6,softnet_stat}` and
//! `/proc/net/stat/{nf_conntrack,arp_cache,ndisc_cache}`, and conntrack entries of nfnetlink.

mod entry;

pub use entry::entry;

use synrecv_model::{ConntrackCpu, SoftnetCpu};

/// What was understood, and the lines that were not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// In the order of the text.
    pub rows: Vec<T>,
    /// Lines that were not understood.
    pub rejected: Vec<Rejected>,
}

/// A line that was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: &'static str,
}

impl<T> Default for Parsed<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), rejected: Vec::new() }
    }
}

impl<T> Parsed<T> {
    fn reject(&mut self, line: u64, why: &'static str) {
        self.rejected.push(Rejected { line, why });
    }
}

/// A name as `nstat` prints it, and its value.
pub type NamedValue = (String, u64);

fn numbered(text: &str) -> impl Iterator<Item = (u64, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

/// `netstat` and `snmp`: a line of names and a line of values, each after the same `Group:`.
///
/// The name is group and column together: `TcpExt` and `ListenOverflows`. The one value that can
/// be below zero (`Tcp` `MaxConn`, -1 for "no limit") is left out: it is not a count.
pub fn groups(text: &str) -> Parsed<NamedValue> {
    let mut parsed = Parsed::default();
    let mut lines = numbered(text).peekable();
    while let Some((number, line)) = lines.next() {
        let Some((group, names)) = line.split_once(':') else {
            parsed.reject(number, "no group");
            continue;
        };
        let same_group =
            |(_, next): &(u64, &str)| next.split_once(':').is_some_and(|(other, _)| other == group);
        let Some((value_line, values)) = lines.next_if(same_group) else {
            parsed.reject(number, "names without values");
            continue;
        };
        let values = values.split_once(':').map_or("", |(_, values)| values);
        if names.split_whitespace().count() != values.split_whitespace().count() {
            parsed.reject(value_line, "not as many values as names");
            continue;
        }
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            if let Ok(value) = value.parse() {
                parsed.rows.push((format!("{group}{name}"), value));
            } else if value.parse::<i64>().is_err() {
                parsed.reject(value_line, "a value that is no number");
            }
        }
    }
    parsed
}

/// `snmp6`: a name and a value on each line.
pub fn snmp6(text: &str) -> Parsed<NamedValue> {
    let mut parsed = Parsed::default();
    for (number, line) in numbered(text) {
        let mut columns = line.split_whitespace();
        let (name, value) = (columns.next(), columns.next().map(str::parse));
        match (name, value, columns.next()) {
            (Some(name), Some(Ok(value)), None) => parsed.rows.push((name.to_owned(), value)),
            _ => parsed.reject(number, "not a name and a number"),
        }
    }
    parsed
}

/// `softnet_stat`: one line a CPU, hexadecimal; more columns with each kernel.
pub fn softnet(text: &str) -> Parsed<SoftnetCpu> {
    let mut parsed = Parsed::default();
    for (number, line) in numbered(text) {
        let mut columns = line.split_whitespace().map(hex);
        let mut next = || columns.next().flatten();
        match (next(), next(), next()) {
            (Some(processed_count), Some(dropped_count), Some(time_squeeze_count)) => {
                parsed.rows.push(SoftnetCpu { processed_count, dropped_count, time_squeeze_count });
            }
            _ => parsed.reject(number, "not three hexadecimal numbers"),
        }
    }
    parsed
}

/// `stat/nf_conntrack`: a header and one line a CPU, hexadecimal; columns by name.
pub fn conntrack(text: &str) -> Parsed<ConntrackCpu> {
    cpu_lines(text, |value| {
        let value = |name| value(name).and_then(|value| u32::try_from(value).ok());
        Some(ConntrackCpu {
            entries_count: value("entries")?,
            invalid_count: value("invalid")?,
            insert_failed_count: value("insert_failed")?,
            drop_count: value("drop")?,
            early_drop_count: value("early_drop")?,
        })
    })
}

/// One line of `stat/arp_cache` or `stat/ndisc_cache`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourCpu {
    /// Entries of the table now, on the whole machine (the same number on every line).
    pub entries_count: u64,
    /// Times that an entry could not be made because the table was full; `None` before Linux 4.3.
    pub table_fulls_count: Option<u64>,
}

/// `stat/arp_cache` and `stat/ndisc_cache`: as `stat/nf_conntrack`.
pub fn neighbour_cache(text: &str) -> Parsed<NeighbourCpu> {
    cpu_lines(text, |value| {
        let table_fulls_count = value("table_fulls");
        Some(NeighbourCpu { entries_count: value("entries")?, table_fulls_count })
    })
}

/// A header and one line a CPU, hexadecimal; columns by name.
fn cpu_lines<T>(text: &str, row: impl Fn(&dyn Fn(&str) -> Option<u64>) -> Option<T>) -> Parsed<T> {
    let mut parsed = Parsed::default();
    let mut lines = numbered(text);
    let Some((_, header)) = lines.next() else { return parsed };
    let names: Vec<&str> = header.split_whitespace().collect();
    for (number, line) in lines {
        let values: Option<Vec<u64>> = line.split_whitespace().map(hex).collect();
        let Some(values) = values.filter(|values| values.len() == names.len()) else {
            parsed.reject(number, "not one hexadecimal number for each name");
            continue;
        };
        let value = |name: &str| {
            let place = names.iter().position(|&known| known == name)?;
            values.get(place).copied()
        };
        match row(&value) {
            Some(row) => parsed.rows.push(row),
            None => parsed.reject(number, "a column is missing"),
        }
    }
    parsed
}

fn hex<T: TryFrom<u64>>(column: &str) -> Option<T> {
    // `from_str_radix` would take a sign.
    let digits = column.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = digits.then(|| u64::from_str_radix(column, 16).ok()).flatten()?;
    T::try_from(number).ok()
}

#[cfg(test)]
mod tests;
