//! `mtr` as a report, and as it stands on a screen.

use std::net::IpAddr;

use super::frames::taken;
use super::traceroute::{Probes, add, shown, target};
use super::{Format, Sees, Table};
use crate::token::address;
use crate::{Command, Content, Kind, Line, Taken, TraceRow};

/// The way to a host, with how much was lost at each hop.
#[derive(Debug)]
pub(super) struct Mtr;

impl Format for Mtr {
    fn kind(&self) -> Kind {
        Kind::Mtr
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        matches!(command.program.as_str(), "mtr" | "mtr-tiny" | "mtr-packet")
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        if is_title(line) {
            return Sees::Title;
        }
        match row(line) {
            Some(probes) if probes.number.is_some() => Sees::Row,
            Some(_) if inside => Sees::More,
            _ => Sees::Nothing,
        }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut trace = TraceRow {
            line: lines.first().map_or(0, |line| line.number),
            target: target(command),
            hops: Vec::new(),
        };
        let mut lines_taken = Vec::with_capacity(lines.len());
        for line in lines {
            lines_taken.push(match row(&line.text) {
                _ if is_title(&line.text) => Taken::Title,
                None => Taken::Aside("a message of mtr"),
                Some(probes) => {
                    let (number, what) = (probes.number, shown(probes.number, &probes));
                    add(&mut trace.hops, line, number, probes);
                    match number {
                        Some(_) => taken(line, what),
                        None => Taken::More(Some(what)),
                    }
                }
            });
        }
        // It stops where the target answers.
        let last = trace.hops.last().and_then(|hop| hop.answers.first());
        trace.target = trace.target.or(last.map(|answer| answer.0));
        let content = if trace.hops.is_empty() { Content::Nothing } else { Content::Trace(trace) };
        Table::new(content, lines_taken)
    }
}

/// `HOST: web  Loss%  Snt  Last  Avg  Best  Wrst StDev`, `Start: 2026-...`, `My traceroute  [v0.95]`.
fn is_title(line: &str) -> bool {
    let line = line.trim();
    let columns = line.contains("Loss%") && line.contains("Snt") && line.contains("Best");
    columns
        || line.contains("My traceroute  [v")
        || line.strip_prefix("Start: ").is_some_and(|time| time.contains(':') && time.len() < 40)
}

/// `  1.|-- 192.0.2.1  33.3%  3  0.1  0.1  0.1  0.1  0.0`; `None` when it is no hop.
fn row(line: &str) -> Option<Probes> {
    let mut words = line.split_whitespace().take(24).peekable();
    let first = words.peek()?.trim_end_matches(['|', '-', '`', '+']);
    let number = first.strip_suffix('.').and_then(|number| number.parse::<u8>().ok());
    if number.is_some() {
        words.next();
    } else if !words.peek()?.starts_with(['|', '`', '+']) {
        return None;
    }
    let mut probes = Probes { number, ..Probes::default() };
    let mut numbers: Vec<f64> = Vec::new();
    let mut percent = false;
    let mut is_unknown = false;
    for word in words {
        if word.chars().all(|c| "|-`+_\\".contains(c)) {
            continue;
        }
        if word == "???" || word == "(waiting" {
            is_unknown = true;
        } else if let Some(ip) = ip(word) {
            probes.answers.push((ip, None));
        } else if let Some(value) = word
            .strip_suffix('%')
            .unwrap_or(word)
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite() && *value >= 0.0)
        {
            percent |= word.ends_with('%');
            numbers.push(value);
        } else {
            probes.is_named = true;
        }
    }
    let (lost, sent, average) = match *numbers.as_slice() {
        [lost, sent, _, average, ..] => (lost, sent, Some(average)),
        [lost, sent, ..] => (lost, sent, None),
        _ if number.is_none() && !probes.answers.is_empty() => return Some(probes),
        _ => return None,
    };
    if !(percent || is_unknown || first.ends_with('.')) || (numbers.len() < 5 && !is_unknown) {
        return None;
    }
    probes.silent_count = rounded(lost.min(100.0) / 100.0 * sent);
    probes.has_time = average.is_some();
    if let (Some(answer), Some(average)) = (probes.answers.first_mut(), average) {
        answer.1 = Some(rounded(average * 1_000.0));
    }
    Some(probes)
}

fn ip(word: &str) -> Option<IpAddr> {
    address::ip(word.trim_matches(['(', ')', ',']))
}

/// The nearest whole number; larger ones than fit are not measured.
fn rounded(value: f64) -> u32 {
    format!("{value:.0}").parse().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() {
        let text = "Start: 2026-11-23T03:48:39+0000
HOST: vm                          Loss%   Snt   Last   Avg  Best  Wrst StDev
  1.|-- 192.0.2.1                 33.3%     3    0.1   0.2   0.1   0.1   0.0
        `-|-- 192.0.2.2
  2.|-- ???                       100.0     3    0.0   0.0   0.0   0.0   0.0
  3.|-- web (198.51.100.9)         0.0%     3    1.5   1.5   1.5   1.6   0.0";
        let line = |(number, text): (u32, &str)| Line {
            number,
            text: text.to_owned(),
            part_count: 1,
            rebuilt: false,
        };
        let lines: Vec<Line> = (1..).zip(text.lines()).map(line).collect();
        let table = Mtr.read(&lines, None);
        let Content::Trace(trace) = table.content else { panic!() };
        let hops: Vec<_> = trace
            .hops
            .iter()
            .map(|hop| (hop.number, hop.answers.len(), hop.silent_count))
            .collect();
        assert_eq!(hops, [(1, 2, 1), (2, 0, 3), (3, 1, 0)]);
        assert_eq!(trace.hops[0].answers[0].1, Some(200));
        let asn =
            row("  1. AS???    192.0.2.1             0.0%     1    0.0   0.0   0.0   0.0   0.0")
                .unwrap();
        assert_eq!((asn.number, asn.answers.len()), (Some(1), 1));
    }

    #[test]
    fn what_is_no_hop() {
        for line in [
            "1. Check the router 10.0.0.1",
            "| 1 | 2 |",
            "1.5 2 3 4 5 6",
            "2. 10.0.0.1 and 10.0.0.2",
        ] {
            assert!(row(line).is_none_or(|row| row.number.is_none()), "{line}");
        }
    }
}
