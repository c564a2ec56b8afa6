//! `/proc/net/snmp`, `/proc/net/netstat` (pairs of lines) and `/proc/net/snmp6` (a name and a value).

use synrecv_model::{Foreign, Text, text};

use super::counter_names::{is_group, is_name, split_group};
use super::{Format, Sees, Table};
use crate::{Command, Content, CounterRow, Cut, Kind, Line, Taken, UnitOfCounters};

/// The format.
#[derive(Debug)]
pub(super) struct ProcCounters;

/// What stands behind the group on a line.
enum Half<'a> {
    Names(Vec<&'a str>),
    Values(Vec<&'a str>),
}

const FILES: [&str; 4] = ["/net/netstat", "/net/snmp", "/net/snmp6", "/net/sctp/snmp"];

impl Format for ProcCounters {
    fn kind(&self) -> Kind {
        Kind::Proc
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        command.args.iter().any(|arg| FILES.iter().any(|file| arg.ends_with(file)))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        match half(line) {
            Some((_, Half::Names(_))) if inside => return Sees::Row,
            Some((_, Half::Names(_))) => return Sees::Title,
            Some((_, Half::Values(_))) => return Sees::Row,
            None => {}
        }
        match pair(line) {
            Some((name, _)) if inside || is_of_snmp6(name) => Sees::Row,
            _ => Sees::Nothing,
        }
    }

    fn read(&self, lines: &[Line], _: Option<&Command>) -> Table {
        let mut rows = Vec::new();
        let mut taken = Vec::with_capacity(lines.len());
        let mut names: Option<(&str, Vec<&str>)> = None;
        for line in lines {
            let made = match half(&line.text) {
                Some((group, Half::Names(of_group))) => {
                    names = Some((group, of_group));
                    Taken::Title
                }
                Some((group, Half::Values(values))) => match names.take() {
                    Some((of, names)) if of == group => {
                        values_of(line, (group, &names), &values, &mut rows)
                    }
                    _ => Taken::Rejected(text![
                        "values of ",
                        Foreign(group.into()),
                        " without names"
                    ]),
                },
                None => match pair(&line.text) {
                    Some((name, value)) => {
                        rows.push(CounterRow { line: line.number, name: name.to_owned(), value });
                        Taken::Row(text![Foreign(name.to_owned()), " = ", value])
                    }
                    None => Taken::Rejected(Text::from("neither names nor values of counters")),
                },
            };
            taken.push(made);
        }
        // Names at the end whose values are missing.
        let cut = names.is_some().then_some(Cut::LastRow);
        let content = Content::Counters(UnitOfCounters::Total, rows);
        Table { content, taken, cut, foreign_system: None, notes: Vec::new() }
    }
}

fn half(line: &str) -> Option<(&str, Half<'_>)> {
    let (group, rest) = line.trim_start().split_once(':')?;
    if !is_group(group) {
        return None;
    }
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    let is_value = |word: &&str| word.parse::<u64>().is_ok() || word.parse::<i64>().is_ok();
    // A single word is prose.
    if words.len() < 2 {
        return None;
    }
    if words.iter().all(is_value) {
        return Some((group, Half::Values(words)));
    }
    words.iter().all(|word| is_name(word)).then_some((group, Half::Names(words)))
}

fn values_of(
    line: &Line,
    (group, names): (&str, &[&str]),
    values: &[&str],
    rows: &mut Vec<CounterRow>,
) -> Taken {
    if names.len() != values.len() {
        let what =
            text![values.len(), " values for ", names.len(), " names: lines were cut or wrapped"];
        return Taken::Rejected(what);
    }
    let mut added = 0_usize;
    for (name, value) in names.iter().zip(values) {
        // `Tcp` `MaxConn` is -1 for "no limit": not a count.
        if let Ok(value) = value.parse() {
            rows.push(CounterRow { line: line.number, name: format!("{group}{name}"), value });
            added += 1;
        }
    }
    Taken::Row(text![added, " counters of ", Foreign(group.to_owned())])
}

/// A line of snmp6: a name with its group, a value, nothing else.
fn pair(line: &str) -> Option<(&str, u64)> {
    let mut words = line.split_ascii_whitespace();
    let (name, value) = (words.next()?, words.next()?);
    let fits = split_group(name).is_some() && words.next().is_none();
    (fits && value.bytes().all(|octet| octet.is_ascii_digit()))
        .then(|| Some((name, value.parse().ok()?)))?
}

fn is_of_snmp6(name: &str) -> bool {
    split_group(name).is_some_and(|(group, _)| group.ends_with('6') || group == "Sctp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, u64)>, Table) {
        let line = |(number, text): (u32, &str)| Line {
            number,
            text: text.to_owned(),
            part_count: 1,
            rebuilt: false,
        };
        let lines: Vec<Line> = (1..).zip(text.lines()).map(line).collect();
        let table = ProcCounters.read(&lines, None);
        let Content::Counters(UnitOfCounters::Total, rows) = &table.content else { panic!() };
        (rows.iter().map(|row| (row.name.clone(), row.value)).collect(), table)
    }

    #[test]
    fn names_and_values_are_joined() {
        let text =
            "Tcp: RtoAlgorithm MaxConn InSegs\nTcp: 1 -1 77\nTcpExt: ListenDrops TW\nTcpExt: 4 5";
        let (rows, _) = read(text);
        let expected = [
            ("TcpRtoAlgorithm".to_owned(), 1),
            ("TcpInSegs".to_owned(), 77),
            ("TcpExtListenDrops".to_owned(), 4),
            ("TcpExtTW".to_owned(), 5),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn snmp6() {
        let (rows, _) = read("Ip6InReceives                   \t40\nIcmp6OutType133 \t5");
        assert_eq!(rows, [("Ip6InReceives".to_owned(), 40), ("Icmp6OutType133".to_owned(), 5)]);
    }

    #[test]
    fn damage_is_named() {
        let (rows, table) =
            read("Tcp: InSegs OutSegs\nTcp: 1\nTcpExt: 3 4\nUdp: InDatagrams NoPorts");
        assert!(rows.is_empty());
        let rejected = table.taken.iter().filter(|taken| matches!(taken, Taken::Rejected(_)));
        assert_eq!((rejected.count(), table.cut), (2, Some(Cut::LastRow)));
    }

    #[test]
    fn other_lines_are_not_claimed() {
        for line in ["Tcp:", "Ip: forwarding", "Tcp: 5 segments", "eth0: 1 2 3", "Ip: InReceives"] {
            assert_eq!(ProcCounters.sees(line, false), Sees::Nothing, "{line}");
        }
    }
}
