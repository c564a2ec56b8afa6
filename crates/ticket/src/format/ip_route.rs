//! `ip route`, by iproute2 and BusyBox, in words and as JSON.

pub(super) mod from_json;
pub(super) mod parse;
mod split;

use synrecv_model::{Family, Text, text};

use super::ip_command::{IpCommand, Object};
use super::json::{self, Told};
use super::route::reading;
use super::route_names::TableName;
use super::table::words;
use super::{Format, Sees, Table};
use crate::{Command, Content, Cut, Kind, Line, RouteRow, Taken};
use parse::Parsed;

/// Routes, by `ip route`.
#[derive(Debug)]
pub(super) struct IpRoute;

impl Format for IpRoute {
    fn kind(&self) -> Kind {
        Kind::IpRoute
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        IpCommand::new(command)
            .is_some_and(|asked| asked.object == Object::Route && !asked.has("cache"))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let words = words(line);
        if let Some(parsed) = parse::line(&words) {
            let is_answer = parsed.is_answer || (parsed.from.is_some() && parsed.looks_asked());
            let is_pure = parsed.unknown_count == 0;
            let fits = if inside {
                is_pure || parsed.has_way()
            } else {
                is_pure && (parsed.has_way() || line.trim() == "default")
            };
            // A word of a neighbour table or of prose.
            let is_other = parsed.unknown_count > 0 && is_foreign(&words);
            if !is_answer && fits && !is_other {
                return Sees::Row;
            }
        } else if words.first() == Some(&"nexthop") && parse::nexthop(&words).is_some() {
            return if inside { Sees::More } else { Sees::Row };
        } else if inside && parse::goes_on(&words) {
            return Sees::More;
        } else if inside && is_remark(&words) {
            return Sees::Aside;
        }
        json::sees(line, inside, Told::Routes)
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        split::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let asked = command.and_then(IpCommand::new);
        let mut reader = Reader::default();
        let device = asked.as_ref().and_then(device);
        let (taken, cut) = if json::is_json(lines) {
            reader.read_json(lines, device)
        } else {
            (reader.read_words(lines), None)
        };
        reader.finish(taken, cut, asked.as_ref())
    }
}

/// Routes of an output, with the place of the line that each begins on.
#[derive(Debug, Default)]
struct Reader {
    drafts: Vec<(usize, u32, Parsed)>,
    /// A route each, in the order of entries of one line.
    is_json: bool,
}

impl Reader {
    fn read_words(&mut self, lines: &[Line]) -> Vec<Taken> {
        let mut taken = Vec::with_capacity(lines.len());
        // The words of the route above, as long as that was read: ways out belong to it, and a line
        // that was broken goes on with it.
        let mut above: Option<Vec<&str>> = None;
        for (at, line) in lines.iter().enumerate() {
            let words = words(&line.text);
            if let Some(all) = above.as_mut()
                && (parse::goes_on(&words) || parse::is_open(all, &words))
            {
                all.extend(&words);
                if let (Some(parsed), Some((_, _, draft))) =
                    (parse::line(all), self.drafts.last_mut())
                {
                    *draft = parsed;
                    taken.push(Taken::More(None));
                } else {
                    above = None;
                    taken.push(Taken::Rejected(text!["not what the line above goes on with"]));
                }
                continue;
            }
            taken.push(match parse::line(&words) {
                Some(parsed) => {
                    self.drafts.push((at, line.number, parsed));
                    above = Some(words);
                    Taken::Row(Text::new())
                }
                None if words.first() == Some(&"nexthop") => match above.as_mut() {
                    Some(all) => {
                        all.extend(&words);
                        match (parse::line(all), self.drafts.last_mut()) {
                            (Some(parsed), Some((_, _, draft))) => {
                                *draft = parsed;
                                Taken::More(Some(text!["one of several ways"]))
                            }
                            _ => Taken::Rejected(text!["not a way out"]),
                        }
                    }
                    None => Taken::Rejected(text!["the line of its route is missing"]),
                },
                None if is_remark(&words) => Taken::Aside("a message of ip"),
                None => {
                    above = None;
                    Taken::Rejected(text!["not a route"])
                }
            });
        }
        taken
    }

    fn read_json(&mut self, lines: &[Line], device: Option<&str>) -> (Vec<Taken>, Option<Cut>) {
        self.is_json = true;
        let drafts = &mut self.drafts;
        json::read(lines, |line, members| {
            let parsed = from_json::parsed(members)?;
            let family = parsed.family.unwrap_or(Family::V4);
            let route = parsed.clone().route(line, family, device)?;
            drafts.push((0, line, parsed));
            Ok(reading(&route))
        })
    }

    fn finish(
        self,
        mut taken: Vec<Taken>,
        cut: Option<Cut>,
        asked: Option<&IpCommand<'_>>,
    ) -> Table {
        let family = asked.and_then(|asked| asked.family).unwrap_or_else(|| self.family());
        let device = asked.and_then(device);
        let table = asked.and_then(|asked| asked.value("table"));
        let mut notes: Vec<Text> = Vec::new();
        let mut rows: Vec<RouteRow> = Vec::new();
        let is_lone = self.drafts.iter().all(|(_, _, parsed)| !parsed.has_way());
        for (at, number, parsed) in self.drafts {
            let note = parsed.table.as_ref().and_then(TableName::note);
            notes.extend(note.filter(|note| !notes.contains(note)));
            let is_bare_default = is_lone && parsed.destination.is_none();
            let reading = match parsed.route(number, family, device) {
                Ok(mut route) => {
                    if route.table.is_none() {
                        route.table = default_table(table);
                    }
                    let reading = reading(&route);
                    rows.push(route);
                    Taken::Row(reading)
                }
                // Nothing but the word "default" was seen.
                Err(_) if is_bare_default && asked.is_none() => Taken::Prose,
                Err(reason) => Taken::Rejected(reason),
            };
            if !self.is_json {
                taken[at] = reading;
            }
        }
        if let Some(note) = table.map(TableName::new).and_then(|table| table.note())
            && !notes.contains(&note)
        {
            notes.push(note);
        }
        let has_rows = !rows.is_empty() || !is_lone || asked.is_some();
        let content = if has_rows { Content::Routes(rows) } else { Content::Nothing };
        let mut read = Table::new(content, taken);
        read.notes = notes;
        read.cut = cut.or_else(|| asked.is_some_and(asks_for_a_part).then_some(Cut::Filtered));
        read
    }

    /// The family of `default` where nothing on its line tells it: that of the others.
    fn family(&self) -> Family {
        let known = || self.drafts.iter().filter_map(|(_, _, parsed)| parsed.family);
        let is_v6 = known().count() > 0 && known().all(|family| family == Family::V6);
        if is_v6 { Family::V6 } else { Family::V4 }
    }
}

/// The device that rows leave out because the command names it.
fn device<'a>(asked: &IpCommand<'a>) -> Option<&'a str> {
    asked.value("dev").or_else(|| asked.value("oif"))
}

/// The table of rows that name none, when the command names one.
fn default_table(asked: Option<&str>) -> Option<u32> {
    match asked? {
        "all" | "cache" => Some(254),
        word => Some(TableName::new(word).number),
    }
}

/// True when the command asks for some routes of a table.
fn asks_for_a_part(asked: &IpCommand<'_>) -> bool {
    let mut words = asked.words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            word if "table".starts_with(word) => {
                words.next();
            }
            "all" => {}
            _ => return true,
        }
    }
    false
}

/// A word that `ip route` does not print, but tables with a similar first column do.
fn is_foreign(words: &[&str]) -> bool {
    words.iter().any(|word| {
        matches!(
            *word,
            "lladdr"
                | "proxy"
                | "REACHABLE"
                | "STALE"
                | "DELAY"
                | "PROBE"
                | "FAILED"
                | "INCOMPLETE"
                | "NOARP"
                | "PERMANENT"
        )
    })
}

fn is_remark(words: &[&str]) -> bool {
    matches!(words, ["Error:" | "nh_info", ..] | ["Dump", "terminated"] | ["[]"])
        || words
            .first()
            .is_some_and(|word| word.ends_with(':') && words.get(1) == Some(&"RTNETLINK"))
}

#[cfg(test)]
mod tests;
