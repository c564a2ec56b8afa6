//! `nstat`: a name, a value and a rate on each line, or JSON.

use synrecv_model::{Foreign, Text, text};

use super::counter_names::{add_left_out_zeros, count, is_partial, split_group};
use super::{Format, Sees, Table};
use crate::{Command, Content, CounterRow, Cut, Kind, Line, Taken, UnitOfCounters};

/// The format.
#[derive(Debug)]
pub(super) struct Nstat;

/// Why the unit is not certain.
const NO_COMMAND: &str = "without the command line it is not certain whether nstat counted from the start or from its last call";

impl Format for Nstat {
    fn kind(&self) -> Kind {
        Kind::Nstat
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        matches!(command.program.as_str(), "nstat" | "rtacct")
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let line = line.trim();
        if is_title(line) || (is_json_start(line) && json_pairs(line).next().is_some()) {
            return Sees::Title;
        }
        match columns(line) {
            // Six is the file /proc/net/snmp6, which has no rates.
            Some((name, _, rated)) if rated || inside || !is_of_snmp6(name) => return Sees::Row,
            _ => {}
        }
        let pretty = json_pairs(line).next().is_some();
        match (pretty, inside) {
            (true, _) => Sees::Row,
            (false, true) if matches!(line, "{" | "}" | "}," | "}}") => Sees::Aside,
            _ if line == "\"kernel\": {" => Sees::Title,
            _ => Sees::Nothing,
        }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut rows = Vec::new();
        let mut taken = Vec::with_capacity(lines.len());
        // Where one row has a rate all have one.
        let is_rated = |line: &Line| columns(line.text.trim()).is_some_and(|(_, _, rated)| rated);
        let rated = lines.iter().any(is_rated);
        let mut cut = None;
        for line in lines {
            let made = read_line(line, rated, &mut cut, &mut rows);
            taken.push(made);
        }
        let has_rejected = taken.iter().any(|taken| matches!(taken, Taken::Rejected(_)));
        let mut notes = Vec::new();
        let unit = unit(command, &rows, &mut notes);
        let asked_for = |command: &Command| command.has_short('z') || command.has("--zeros");
        let shows_zeros =
            rows.iter().any(|row: &CounterRow| row.value == 0) || command.is_some_and(asked_for);
        let has = |group: &str| rows.iter().any(|row| row.name.starts_with(group));
        let whole = has("Ip") && has("Tcp") && has("TcpExt") && !is_partial(command);
        if unit == UnitOfCounters::Total && whole && !shows_zeros && !has_rejected {
            notes.push(Text::from("counters that are zero are left out"));
            add_left_out_zeros(&mut rows);
        }
        let content = Content::Counters(unit, rows);
        Table { content, taken, cut, foreign_system: None, notes }
    }
}

/// What the values are counted from. `-a` ignores the history file, `-r` empties it.
fn unit(command: Option<&Command>, rows: &[CounterRow], notes: &mut Vec<Text>) -> UnitOfCounters {
    let Some(command) = command.filter(|command| command.program == "nstat") else {
        notes.push(Text::from(NO_COMMAND));
        // Who asks for zeros follows the advice to run `nstat -az`.
        let has_zeros = rows.iter().any(|row| row.value == 0);
        return if has_zeros { UnitOfCounters::Total } else { UnitOfCounters::SinceLastCall };
    };
    let ignores_history = command.has_short('a') || command.has("--ignore");
    if ignores_history || command.has_short('r') || command.has("--reset") {
        return UnitOfCounters::Total;
    }
    notes.push(Text::from("nstat without -a: only what was counted since its last call"));
    UnitOfCounters::SinceLastCall
}

/// `#kernel`, or the settings of the daemon: `#4242.1804289383 sampling_interval=1 time_const=60`.
fn is_title(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('#') else { return false };
    rest == "kernel" || rest.contains("sampling_interval=")
}

/// Name, value, and whether there is a rate.
fn columns(line: &str) -> Option<(&str, u64, bool)> {
    let mut words = line.split_ascii_whitespace();
    let (name, value) = (words.next()?, words.next()?);
    split_group(name)?;
    let value = value.bytes().all(|octet| octet.is_ascii_digit()).then(|| value.parse().ok())??;
    match (words.next(), words.next()) {
        (None, _) => Some((name, value, false)),
        (Some(rate), None) => {
            let rate = rate.strip_suffix('*').unwrap_or(rate);
            let is_rate = rate.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
            (is_rate && rate.parse::<f64>().is_ok()).then_some((name, value, true))
        }
        _ => None,
    }
}

fn is_of_snmp6(name: &str) -> bool {
    split_group(name).is_some_and(|(group, _)| group.ends_with('6'))
}

fn is_json_start(line: &str) -> bool {
    let start: String = line.chars().filter(|c| !c.is_whitespace()).take(10).collect();
    start == "{\"kernel\":"
}

/// Names and values of JSON, as many as stand on the line. A hand-made scan, because a line may be a
/// piece of a pretty-printed object, or cut off.
fn json_pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once('"')?;
            let (name, after) = after.split_once('"')?;
            rest = after;
            let Some(value) = after.trim_start().strip_prefix(':') else { continue };
            let value = value.trim_start();
            let len = value.bytes().take_while(u8::is_ascii_digit).count();
            if len > 0 && split_group(name).is_some() {
                rest = value.get(len..).unwrap_or_default();
                return Some((name, value.get(..len).unwrap_or_default()));
            }
        }
    })
}

fn read_line(line: &Line, rated: bool, cut: &mut Option<Cut>, rows: &mut Vec<CounterRow>) -> Taken {
    let content = line.text.trim();
    if is_title(content) || content == "\"kernel\": {" {
        return Taken::Title;
    }
    let row = |name: &str, value| CounterRow { line: line.number, name: name.to_owned(), value };
    if let Some((name, value, has_rate)) = columns(content) {
        if rated && !has_rate {
            *cut = Some(Cut::LastRow);
            return Taken::Rejected(Text::from("cut off: the value may go on"));
        }
        rows.push(row(name, value));
        return shown(line, text![Foreign(name.to_owned()), " = ", value]);
    }
    let before = rows.len();
    let mut wrong = None;
    for (name, value) in json_pairs(content) {
        match value.parse() {
            Ok(value) => rows.push(row(name, value)),
            Err(_) => wrong = Some(name),
        }
    }
    if content.starts_with('{') && content.len() > 1 && !content.ends_with(['}', '{', ',']) {
        // The digits of the last value may go on.
        *cut = Some(Cut::LastRow);
        if content.ends_with(|last: char| last.is_ascii_digit()) {
            rows.pop();
        }
    }
    let found = rows.get(before..).unwrap_or_default();
    match (found, wrong) {
        (_, Some(name)) => {
            Taken::Rejected(text!["the value of ", Foreign(name.to_owned()), " is no count"])
        }
        ([one], _) => shown(line, text![Foreign(one.name.clone()), " = ", one.value]),
        ([], _) if content.bytes().all(|octet| b"{}, ".contains(&octet)) => Taken::Aside("JSON"),
        ([], _) => why_not(content),
        (many, _) => shown(line, text![many.len(), " counters"]),
    }
}

fn shown(line: &Line, what: Text) -> Taken {
    if line.rebuilt || line.part_count > 1 { Taken::Repaired(what) } else { Taken::Row(what) }
}

fn why_not(content: &str) -> Taken {
    let mut words = content.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let value = words.next();
    if split_group(name).is_none() {
        return Taken::Rejected(Text::from("not the name of a counter"));
    }
    match value {
        None => Taken::Rejected(Text::from("a name without a value")),
        Some(value) if count(value).is_none() => {
            Taken::Rejected(Text::from("the value is no count"))
        }
        Some(_) => Taken::Rejected(Text::from("more than a name, a value and a rate")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        let line = |(number, text): (u32, &str)| Line {
            number,
            text: text.to_owned(),
            part_count: 1,
            rebuilt: false,
        };
        (1..).zip(text.lines()).map(line).collect()
    }

    fn command(words: &str) -> Command {
        let mut words = words.split(' ').map(str::to_owned);
        let program = words.next().unwrap();
        Command { program, args: words.collect(), ..Command::default() }
    }

    fn read(text: &str, asked: Option<&str>) -> (UnitOfCounters, Vec<(String, u64)>, Table) {
        let command = asked.map(command);
        let table = Nstat.read(&lines(text), command.as_ref());
        let Content::Counters(unit, rows) = &table.content else { panic!("{:?}", table.content) };
        let rows = rows.iter().map(|row| (row.name.clone(), row.value)).collect();
        (*unit, rows, table)
    }

    #[test]
    fn blanks_do_not_matter() {
        let text = "#kernel\nTcpRetransSegs   33   0.0\nTcpExtListenDrops 116 0.0";
        let (unit, rows, table) = read(text, Some("nstat -az TcpExt*"));
        assert_eq!(unit, UnitOfCounters::Total);
        let expected = [("TcpRetransSegs".to_owned(), 33), ("TcpExtListenDrops".to_owned(), 116)];
        assert_eq!(rows, expected);
        assert_eq!(table.taken[0], Taken::Title);
    }

    #[test]
    fn without_a_it_is_not_a_total() {
        let (unit, rows, table) = read("#kernel\nTcpInSegs 5 0.0", Some("nstat"));
        assert_eq!((unit, rows.len(), table.notes.len()), (UnitOfCounters::SinceLastCall, 1, 1));
        assert_eq!(read("TcpInSegs 5 0.0", Some("nstat -rsz")).0, UnitOfCounters::Total);
        assert_eq!(read("TcpInSegs 5 0.0", None).0, UnitOfCounters::SinceLastCall);
        assert_eq!(read("TcpInSegs 0 0.0", None).0, UnitOfCounters::Total);
    }

    #[test]
    fn zeros_are_left_out_without_z() {
        let text = "IpInReceives 5 0.0\nTcpInSegs 5 0.0\nTcpExtTCPPureAcks 2 0.0";
        let (_, rows, _) = read(text, Some("nstat -a"));
        assert!(rows.contains(&("TcpExtListenOverflows".to_owned(), 0)));
        let (_, rows, _) = read(text, Some("nstat"));
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn json_on_one_line_and_pretty() {
        let text = "{\"kernel\":{\"IpInReceives\":78,\"TcpExtListenDrops\":2}}";
        assert_eq!(Nstat.sees(text, false), Sees::Title);
        assert_eq!(read(text, Some("nstat -azj")).1.len(), 2);
        let text = "{\n    \"kernel\": {\n        \"IpInReceives\": 78,\n        \"TcpInSegs\": 0\n    }\n}";
        let (_, rows, table) = read(text, Some("nstat -azjp"));
        assert_eq!(rows.len(), 2);
        assert!(!table.taken.iter().any(|taken| matches!(taken, Taken::Rejected(_))));
    }

    #[test]
    fn a_value_that_was_cut_is_not_used() {
        let text = "{\"kernel\":{\"IpInReceives\":78,\"TcpExtListenDrops\":2";
        let (_, rows, table) = read(text, Some("nstat -azj"));
        assert_eq!((rows.len(), table.cut), (1, Some(Cut::LastRow)));
        let (_, rows, table) = read("TcpInSegs 5 0.0\nTcpOutSegs 11", Some("nstat -az"));
        assert_eq!((rows.len(), table.cut), (1, Some(Cut::LastRow)));
    }

    #[test]
    fn prose_is_not_claimed() {
        for line in
            ["Tcp 5", "Tcpdump 12 0.0", "Ip route 5", "IpInReceives grew", "# kernel", "Udp"]
        {
            assert_eq!(Nstat.sees(line, false), Sees::Nothing, "{line}");
        }
        assert_eq!(Nstat.sees("Ip6InReceives  \t40", false), Sees::Nothing);
        assert_eq!(Nstat.sees("Ip6InReceives 40 0.0", false), Sees::Row);
    }
}
