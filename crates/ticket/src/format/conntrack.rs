//! `conntrack -L`, its events, `/proc/net/nf_conntrack`, and the counters of `conntrack -S`.

mod entry;
mod statistics;

use synrecv_model::{ConntrackCpu, ConntrackEntry, Foreign, Text, text};

use self::entry::{Entry, entry};
use super::{Format, Sees, Table};
use crate::{Command, Content, Cut, Kind, Line, SettingRow, Taken, TrackedRow};

/// Connections that are tracked.
#[derive(Debug)]
pub(super) struct Conntrack;

/// `conntrack -S`, `/proc/net/stat/nf_conntrack`.
#[derive(Debug)]
pub(super) struct ConntrackStatistics;

impl Format for Conntrack {
    fn kind(&self) -> Kind {
        Kind::Conntrack
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        let is_file =
            |arg: &String| arg.ends_with("/nf_conntrack") || arg.ends_with("/ip_conntrack");
        let asks_statistics = command.has_short('S') || command.has("--stats");
        (command.program == "conntrack" && !asks_statistics)
            || command.args.iter().any(|arg| is_file(arg) && !arg.contains("/stat/"))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        if count_line(line).is_some() {
            return if inside { Sees::Aside } else { Sees::Title };
        }
        if entry(line).is_some() {
            return Sees::Row;
        }
        // The number of entries by `conntrack -C`.
        if inside && line.trim().parse::<u64>().is_ok() { Sees::Row } else { Sees::Nothing }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut rows: Vec<TrackedRow> = Vec::new();
        let mut taken = Vec::with_capacity(lines.len());
        let (mut shown, mut seen_count) = (None, 0_u64);
        let mut settings = Vec::new();
        for line in lines {
            if let Some(count) = count_line(&line.text) {
                shown = Some(count);
                taken.push(Taken::Aside("how many entries it has shown"));
                continue;
            }
            if let (Ok(count), true) = (line.text.trim().parse::<u64>(), asks_count(command)) {
                let what = text![count, " entries"];
                let key = "net.netfilter.nf_conntrack_count".to_owned();
                let (value, configured) = (count.to_string(), false);
                settings.push(SettingRow { line: line.number, key, value, configured });
                taken.push(Taken::Row(what));
                continue;
            }
            seen_count += 1;
            taken.push(match entry(&line.text) {
                Some(Entry::Tcp(found)) => {
                    let row = TrackedRow { line: line.number, ..*found };
                    let what = shown_row(&row.entry);
                    rows.push(row);
                    if line.part_count > 1 || line.rebuilt {
                        Taken::Repaired(what)
                    } else {
                        Taken::Row(what)
                    }
                }
                Some(Entry::Aside(why)) => Taken::Aside(why),
                Some(Entry::Unreadable(why)) => Taken::Rejected(Text::from(why)),
                None => Taken::Rejected(Text::from("no entry of connection tracking")),
            });
        }
        let cut = shown.filter(|shown| *shown > seen_count).map(|_| Cut::CountLine);
        let mut notes = Vec::new();
        if command.is_some_and(Command::is_filtered) || asks_part(command) {
            notes.push(Text::from("only a part of the entries was asked for"));
        }
        let content = if rows.is_empty() && !settings.is_empty() {
            Content::Settings(settings)
        } else {
            Content::Tracked(rows)
        };
        Table { content, taken, cut, foreign_system: None, notes }
    }
}

impl Format for ConntrackStatistics {
    fn kind(&self) -> Kind {
        Kind::Conntrack
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        let asks = command.has_short('S') || command.has("--stats");
        (command.program == "conntrack" && asks)
            || command.args.iter().any(|arg| arg.ends_with("/stat/nf_conntrack"))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        if statistics::is_title(line) {
            return Sees::Title;
        }
        if statistics::named(line).is_some() {
            return Sees::Row;
        }
        if inside && statistics::hexadecimal(line).is_some() { Sees::Row } else { Sees::Nothing }
    }

    fn read(&self, lines: &[Line], _: Option<&Command>) -> Table {
        let mut rows: Vec<(u32, ConntrackCpu)> = Vec::new();
        let mut taken = Vec::with_capacity(lines.len());
        let mut names: Option<Vec<&str>> = None;
        for line in lines {
            if statistics::is_title(&line.text) {
                names = Some(line.text.split_ascii_whitespace().collect());
                taken.push(Taken::Title);
                continue;
            }
            let cpu = statistics::named(&line.text).or_else(|| {
                statistics::of_columns(names.as_deref()?, &statistics::hexadecimal(&line.text)?)
            });
            taken.push(match cpu {
                Some(cpu) => {
                    rows.push((line.number, cpu));
                    Taken::Row(text![
                        cpu.invalid_count,
                        " invalid, ",
                        cpu.insert_failed_count,
                        " not inserted, ",
                        cpu.drop_count,
                        " dropped, ",
                        cpu.early_drop_count,
                        " dropped early"
                    ])
                }
                None => {
                    Taken::Rejected(Text::from("not as many values as names, or a name is missing"))
                }
            });
        }
        let content = Content::ConntrackCpus(rows);
        Table { content, taken, cut: None, foreign_system: None, notes: Vec::new() }
    }
}

/// `conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.`
fn count_line(line: &str) -> Option<u64> {
    let (head, rest) = line.split_once("(conntrack-tools):")?;
    let is_shown = head.trim_start().starts_with("conntrack v") && rest.contains("flow entr");
    is_shown.then(|| rest.split_ascii_whitespace().next()?.parse().ok())?
}

fn asks_count(command: Option<&Command>) -> bool {
    command.is_some_and(|command| command.has_short('C') || command.has("--count"))
}

/// True when an option of `conntrack` selects entries.
fn asks_part(command: Option<&Command>) -> bool {
    command.is_some_and(|command| {
        let selects = |arg: &String| {
            matches!(
                arg.as_str(),
                "-s" | "-d"
                    | "-r"
                    | "-q"
                    | "-p"
                    | "--src"
                    | "--dst"
                    | "--proto"
                    | "--dport"
                    | "--sport"
                    | "--state"
                    | "-u"
                    | "-m"
                    | "--orig-src"
                    | "--orig-dst"
                    | "--orig-port-dst"
            )
        };
        command.program == "conntrack" && command.args.iter().any(selects)
    })
}

fn shown_row(entry: &ConntrackEntry) -> Text {
    let mut what = text![
        Foreign(entry.state.name().to_owned()),
        " ",
        entry.original.0,
        " -> ",
        entry.original.1,
    ];
    if !entry.seen_reply {
        what.push(", no reply seen");
    }
    if entry.is_translated() {
        what.push(text![", translated: ", entry.reply.1, " <- ", entry.reply.0]);
    }
    what
}

#[cfg(test)]
mod tests;
