//! `ip rule`, by iproute2 and BusyBox, in words and as JSON.

mod from_json;
mod parse;

use synrecv_model::{Family, Foreign, Rule, RuleAction, Text, table_name, text};

use super::ip_command::{IpCommand, Object};
use super::json::{self, Told};
use super::{Format, Sees, Table};
use crate::{Command, Content, Cut, Kind, Line, Taken};
use parse::Parsed;

/// Policy rules.
#[derive(Debug)]
pub(super) struct IpRule;

impl Format for IpRule {
    fn kind(&self) -> Kind {
        Kind::IpRule
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        IpCommand::new(command).is_some_and(|asked| asked.object == Object::Rule)
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        match parse::line(line) {
            Some(_) => Sees::Row,
            None if inside && line.trim_start().starts_with("RTNETLINK answers:") => Sees::Aside,
            None => json::sees(line, inside, Told::Rules),
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        parse::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let asked = command.and_then(IpCommand::new);
        let mut parsed: Vec<(u32, Parsed)> = Vec::new();
        let mut notes: Vec<Text> = Vec::new();
        let mut take = |line: u32, rule: Parsed| {
            let reading = reading(&rule.rule);
            notes.extend(rule.table.note().filter(|note| !notes.contains(note)));
            parsed.push((line, rule));
            reading
        };
        let (taken, cut) = if json::is_json(lines) {
            json::read(lines, |line, members| Ok(take(line, from_json::rule(members)?)))
        } else {
            let taken = lines.iter().map(|line| match parse::line(&line.text) {
                Some(Ok(rule)) => Taken::Row(take(line.number, rule)),
                Some(Err(reason)) => Taken::Rejected(reason),
                None if line.text.trim() == "[]" || line.text.contains("RTNETLINK") => {
                    Taken::Aside("a message of ip")
                }
                None => Taken::Rejected(text!["not a rule"]),
            });
            (taken.collect(), None)
        };
        if parsed.iter().any(|(_, rule)| rule.is_of_busybox) {
            notes
                .push(text!["BusyBox prints neither not, oif, uidrange, ports nor goto of a rule"]);
        }
        // A list is of one family, and `from all` does not tell it.
        let known = parsed.iter().find_map(|(_, rule)| rule.family);
        let family = asked.as_ref().and_then(|asked| asked.family).or(known).unwrap_or(Family::V4);
        let rules = parsed.into_iter().map(|(line, rule)| (line, Rule { family, ..rule.rule }));
        let mut table = Table::new(Content::Rules(rules.collect()), taken);
        table.notes = notes;
        let part = asked.is_some_and(|asked| !asked.words.is_empty());
        table.cut = cut.or(part.then_some(Cut::Filtered));
        table
    }
}

/// What was read from a rule, for people.
fn reading(rule: &Rule) -> Text {
    let mut reading = text![rule.priority, ":"];
    if rule.invert {
        reading.push(" not");
    }
    for (word, prefix) in [(" from ", rule.from), (" to ", rule.to)] {
        if let Some(prefix) = prefix {
            reading.push(text![word, prefix]);
        }
    }
    for (word, device) in [(" iif ", &rule.iif), (" oif ", &rule.oif)] {
        if let Some(device) = device {
            reading.push(text![word, device]);
        }
    }
    if let Some((mark, mask)) = rule.fwmark {
        reading.push(text![" mark ", mark, " of mask ", mask]);
    }
    if rule.l3mdev {
        reading.push(" in a VRF");
    }
    let is_selected = rule.tos != 0
        || rule.dscp.is_some()
        || rule.uid_range.is_some()
        || rule.ip_protocol.is_some()
        || rule.sport.is_some()
        || rule.dport.is_some()
        || rule.tun_id.is_some();
    if is_selected {
        reading.push(" with more selectors");
    }
    if !rule.unknown_selectors.is_empty() {
        reading.push(" with selectors that are not known here");
    }
    match (rule.action, rule.goto) {
        (RuleAction::ToTable, _) if rule.l3mdev => reading.push(" to the table of the VRF"),
        (RuleAction::ToTable, _) => {
            reading.push(" to table ");
            match table_name(rule.table) {
                Some(name) => reading.push(name),
                None => reading.push(rule.table),
            }
        }
        (RuleAction::Goto, Some(goto)) => reading.push(text![" to rule ", goto]),
        (action, _) => reading.push(text![" ", action.name()]),
    }
    reading
}

/// A rule without selectors.
fn empty(priority: u32) -> Rule {
    Rule {
        family: Family::V4,
        priority,
        invert: false,
        from: None,
        to: None,
        iif: None::<Foreign>,
        oif: None,
        fwmark: None,
        tos: 0,
        dscp: None,
        uid_range: None,
        ip_protocol: None,
        sport: None,
        dport: None,
        tun_id: None,
        l3mdev: false,
        action: RuleAction::ToTable,
        table: 0,
        goto: None,
        suppress_prefix_len: None,
        suppress_if_group: None,
        protocol: 0,
        unknown_selectors: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
