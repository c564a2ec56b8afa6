//! `ip route get`: the kernel's answer about one destination, or its refusal.

use std::net::IpAddr;

use synrecv_model::{Family, Foreign, RouteErrno, Text, text};

use super::ip_command::{IpCommand, Object};
use super::ip_route::from_json;
use super::ip_route::parse::{self, Parsed};
use super::json::{self, Told};
use super::route::reading;
use super::route_names::TableName;
use super::table::words;
use super::{Format, Sees, Table};
use crate::token::{address, number};
use crate::{Command, Content, Kind, Line, RouteGetRow, Taken};

/// Answers of `ip route get`.
#[derive(Debug)]
pub(super) struct IpRouteGet;

impl Format for IpRouteGet {
    fn kind(&self) -> Kind {
        Kind::IpRouteGet
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        IpCommand::new(command).is_some_and(|asked| asked.object == Object::RouteGet)
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let words = words(line);
        if let Some(errno) = refusal(&words) {
            // `ss`, `tc` and changes of tables are answered so, too.
            let is_of_many = matches!(errno, RouteErrno::EINVAL | RouteErrno::EACCES);
            return if inside || !is_of_many { Sees::Row } else { Sees::Nothing };
        }
        if words.first() == Some(&"cache") {
            return if inside && is_cache(&words) { Sees::More } else { Sees::Nothing };
        }
        match parse::line(&words) {
            Some(parsed) if parsed.looks_asked() && (inside || parsed.unknown_count == 0) => {
                Sees::Row
            }
            _ if inside && is_remark(&words) => Sees::Aside,
            _ => json::sees(line, inside, Told::RouteGet),
        }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut question = Question::new(command);
        let mut rows: Vec<RouteGetRow> = Vec::new();
        let mut notes: Vec<Text> = Vec::new();
        let mut cut = None;
        let taken = if json::is_json(lines) {
            let (taken, lines_cut) = json::read(lines, |line, members| {
                let row = question.answer(line, from_json::parsed(members)?, &mut notes)?;
                let reading = shown(&row);
                rows.push(row);
                Ok(reading)
            });
            cut = lines_cut;
            taken
        } else {
            let taken = lines.iter().map(|line| {
                let words = words(&line.text);
                if let Some(errno) = refusal(&words) {
                    let row = question.refused(line.number, errno);
                    let reading = shown(&row);
                    rows.push(row);
                    return Taken::Row(reading);
                }
                if is_cache(&words) {
                    if let (Some(row), Some(iif)) = (rows.last_mut(), asked_iif(&words)) {
                        row.iif.get_or_insert(iif);
                    }
                    return Taken::More(None);
                }
                match parse::line(&words) {
                    Some(parsed) if parsed.has_way() => {
                        match question.answer(line.number, parsed, &mut notes) {
                            Ok(row) => {
                                let reading = shown(&row);
                                rows.push(row);
                                Taken::Row(reading)
                            }
                            Err(reason) => Taken::Rejected(reason),
                        }
                    }
                    _ if is_remark(&words) => Taken::Aside("a message of ip"),
                    _ => Taken::Rejected(text!["not an answer about a destination"]),
                }
            });
            taken.collect()
        };
        let mut table = Table::new(Content::RouteGet(rows), taken);
        table.cut = cut;
        table.notes = notes;
        table
    }
}

/// What the command asks, until it has been answered.
#[derive(Debug, Default)]
struct Question {
    destination: Option<IpAddr>,
    from: Option<IpAddr>,
    iif: Option<String>,
    mark: Option<u32>,
}

impl Question {
    fn new(command: Option<&Command>) -> Self {
        let Some(asked) = command.and_then(IpCommand::new) else {
            return Self::default();
        };
        let ip = |word: &str| address::net(word).map(|net| net.addr());
        let mut words = asked.words.iter().map(String::as_str);
        let mut question = Self::default();
        while let Some(word) = words.next() {
            match word {
                "from" => question.from = words.next().and_then(ip),
                "iif" => question.iif = words.next().map(str::to_owned),
                "mark" => question.mark = words.next().and_then(number::any32),
                "to" => question.destination = words.next().and_then(ip),
                "oif" | "dev" | "uid" | "vrf" | "ipproto" | "sport" | "dport" | "tos" => {
                    words.next();
                }
                other => question.destination = question.destination.or_else(|| ip(other)),
            }
        }
        question
    }

    /// The question, when it is about this destination. One command has one answer.
    fn take(&mut self, destination: Option<IpAddr>) -> Self {
        let fits = destination.is_none() || self.destination == destination;
        if fits { std::mem::take(self) } else { Self::default() }
    }

    fn refused(&mut self, line: u32, errno: RouteErrno) -> RouteGetRow {
        let asked = self.take(None);
        RouteGetRow {
            line,
            destination: asked.destination,
            from: asked.from,
            iif: asked.iif,
            mark: asked.mark,
            answer: Err(errno),
            src: None,
        }
    }

    fn answer(
        &mut self,
        line: u32,
        parsed: Parsed,
        notes: &mut Vec<Text>,
    ) -> Result<RouteGetRow, Text> {
        let destination = parsed.destination.filter(|net| net.prefix_len() == net.max_prefix_len());
        let destination = destination.map(|net| net.addr());
        // `fibmatch` prints the route, not the destination.
        let asked = self.take(destination);
        let from = parsed.from.map(|net| net.addr()).filter(|from| !from.is_unspecified());
        let (iif, mark, src) = (parsed.iif.clone(), parsed.mark, parsed.prefsrc);
        notes.extend(parsed.table.as_ref().and_then(TableName::note));
        let family = destination.map_or(Family::V4, Family::of);
        let route = parsed.route(line, family, None)?;
        Ok(RouteGetRow {
            line,
            destination: destination.or(asked.destination),
            from: from.or(asked.from),
            iif: iif.or(asked.iif),
            mark: mark.or(asked.mark),
            answer: Ok(route),
            src,
        })
    }
}

/// `RTNETLINK answers: Network is unreachable`, with `ip:` before it by BusyBox.
fn refusal(words: &[&str]) -> Option<RouteErrno> {
    let at = words.iter().take(2).position(|word| *word == "RTNETLINK")?;
    let reason = words.get(at + 2..).filter(|_| words.get(at + 1) == Some(&"answers:"))?;
    Some(match reason {
        ["Network", "is", "unreachable", ..] => RouteErrno::ENETUNREACH,
        ["No", "route", "to", "host", ..] => RouteErrno::EHOSTUNREACH,
        ["Invalid", "cross-device", "link", ..] => RouteErrno::EXDEV,
        ["Permission", "denied", ..] => RouteErrno::EACCES,
        ["Invalid", "argument", ..] => RouteErrno::EINVAL,
        _ => return None,
    })
}

/// True for `cache <local> iif eth0`, below an answer.
fn is_cache(words: &[&str]) -> bool {
    const KEYS: [&str; 9] =
        ["expires", "iif", "mtu", "users", "age", "ipid", "rtt", "advmss", "error"];
    match words {
        ["cache"] => true,
        ["cache", rest @ ..] => {
            rest.iter().any(|word| word.starts_with('<') || KEYS.contains(word))
        }
        _ => false,
    }
}

/// The device that was asked with, as the line below an answer says.
fn asked_iif(words: &[&str]) -> Option<String> {
    let at = words.iter().position(|word| *word == "iif")?;
    words.get(at + 1).filter(|word| **word != "*").map(|word| (*word).to_owned())
}

fn is_remark(words: &[&str]) -> bool {
    matches!(words, ["Error:", ..] | ["RTNETLINK", "answers:", ..] | ["[]"])
}

/// What was read from an answer, for people.
fn shown(row: &RouteGetRow) -> Text {
    let mut shown = match (row.destination, &row.answer) {
        (_, Ok(route)) => reading(route),
        (Some(destination), Err(errno)) => text![destination, ": ", errno.name()],
        (None, Err(errno)) => text!["some destination: ", errno.name()],
    };
    if let Some(from) = row.from {
        shown.push(text![", asked from ", from]);
    }
    if let Some(iif) = &row.iif {
        shown.push(text![", asked for the way in by ", Foreign(iif.clone())]);
    }
    if let Some(mark) = row.mark {
        shown.push(text![", asked with mark ", mark]);
    }
    shown
}

#[cfg(test)]
mod tests;
