//! `traceroute` of Linux, GNU, BusyBox and BSD, `tracepath`, and `tracert` of Windows.

mod hop;
mod title;

use std::net::IpAddr;

use synrecv_model::{Text, text};

pub(super) use self::hop::Probes;
use self::title::Title;
use super::frames::taken;
use super::{Format, Sees, Table};
use crate::token::address;
use crate::{Command, Content, Cut, Kind, Line, Taken, TraceHop, TraceRow};

/// Hops that a trace goes at most when its title does not say.
const HOPS_MAX: u8 = 30;

/// The way to a host, hop by hop.
#[derive(Debug)]
pub(super) struct Traceroute;

impl Format for Traceroute {
    fn kind(&self) -> Kind {
        Kind::Traceroute
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        const PROGRAMS: [&str; 8] = [
            "traceroute",
            "traceroute6",
            "tcptraceroute",
            "tracepath",
            "tracepath6",
            "tracert",
            "inetutils-traceroute",
            "lft",
        ];
        PROGRAMS.contains(&command.program.as_str())
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        if title::read(line).is_some() {
            return Sees::Title;
        }
        if let Some(row) = hop::read(line) {
            let strict = row.number.is_some() && row.has_time && !row.answers.is_empty();
            return match (strict, row.number) {
                (true, _) => Sees::Row,
                (false, Some(_)) if inside => Sees::Row,
                (false, None) if inside => Sees::More,
                _ => Sees::Nothing,
            };
        }
        if inside && title::is_aside(line) { Sees::Aside } else { Sees::Nothing }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        read(lines, command)
    }
}

/// Where a command asks for the way to, when it says so by number.
pub(super) fn target(command: Option<&Command>) -> Option<IpAddr> {
    command?.args.iter().rev().find_map(|arg| address::ip(arg))
}

/// Puts the answers of a line to the hop that they are of, or begins another.
pub(super) fn add(hops: &mut Vec<TraceHop>, line: &Line, number: Option<u8>, probes: Probes) {
    let last = hops.last().map(|hop| hop.number);
    if number.is_some() && number != last {
        hops.push(TraceHop {
            line: line.number,
            number: number.unwrap_or_default(),
            ..TraceHop::default()
        });
    }
    let Some(hop) = hops.last_mut() else { return };
    for (ip, us) in probes.answers {
        match hop.answers.iter_mut().find(|known| known.0 == ip) {
            Some(known) => known.1 = known.1.or(us),
            None => hop.answers.push((ip, us)),
        }
    }
    hop.silent_count = hop.silent_count.saturating_add(probes.silent_count);
    for code in probes.codes {
        if !hop.codes.contains(&code) {
            hop.codes.push(code);
        }
    }
}

/// What was read of a hop.
pub(super) fn shown(number: Option<u8>, probes: &Probes) -> Text {
    let mut shown = match number {
        Some(number) => text!["hop ", number, ": "],
        None => text!["the same hop: "],
    };
    if probes.answers.is_empty() {
        shown.push(if probes.is_named { "a name without address" } else { "no answer" });
    }
    shown.push(Text::join(probes.answers.iter().map(|(ip, _)| text![*ip]), ", "));
    for code in &probes.codes {
        shown.push(text![" ", synrecv_model::Foreign(code.clone())]);
    }
    shown
}

fn read(lines: &[Line], command: Option<&Command>) -> Table {
    let mut trace = TraceRow {
        line: lines.first().map_or(0, |line| line.number),
        target: target(command),
        hops: Vec::new(),
    };
    let (mut hops_max, mut named, mut windows, mut resumed) = (HOPS_MAX, false, false, false);
    let mut lines_taken = Vec::with_capacity(lines.len());
    for line in lines {
        if let Some(title) = title::read(&line.text) {
            let Title { target, hops, is_windows } = title;
            trace.target = target.or(trace.target);
            hops_max = hops.unwrap_or(hops_max);
            windows |= is_windows;
            lines_taken.push(Taken::Title);
            continue;
        }
        let Some(probes) = hop::read(&line.text) else {
            resumed |= title::is_end(&line.text);
            lines_taken.push(Taken::Aside("how the trace ended, or a message of it"));
            continue;
        };
        named |= probes.is_named && probes.answers.is_empty();
        windows |= probes.is_windows;
        if probes.is_target {
            trace.target = trace.target.or(probes.answers.first().map(|answer| answer.0));
        }
        let (number, what) = (probes.number, shown(probes.number, &probes));
        lines_taken.push(match number {
            Some(_) => taken(line, what),
            None => Taken::More(Some(what)),
        });
        add(&mut trace.hops, line, number, probes);
    }
    let cut = is_cut(&trace, hops_max, resumed).then_some(Cut::CountLine);
    let mut notes = Vec::new();
    if named {
        notes.push(text!["some hops have a name and no address: use -n"]);
    }
    let content = if trace.hops.is_empty() && trace.target.is_none() {
        Content::Nothing
    } else {
        Content::Trace(trace)
    };
    let foreign_system = windows.then_some("Windows");
    Table { content, taken: lines_taken, cut, foreign_system, notes }
}

/// The way neither reaches its target nor ends for another reason.
fn is_cut(trace: &TraceRow, hops_max: u8, ended: bool) -> bool {
    let Some(last) = trace.hops.last() else { return false };
    let reached =
        trace.target.is_some_and(|target| last.answers.iter().any(|(ip, _)| *ip == target));
    !(reached
        || ended
        || last.number >= hops_max
        || !last.codes.is_empty()
        || trace.target.is_none())
}

#[cfg(test)]
mod tests;
