//! `nft list ruleset`, tables and chains of it, also as JSON.

mod block;
mod condition;
mod json;
mod look;
mod rule;
mod value;

use synrecv_model::{FilterChain, FilterFamily, Text, text};

use self::block::Opening;
use self::value::Sets;
use super::{Format, Sees, Table};
use crate::{Command, Content, Cut, Kind, Line, Taken};

/// The format.
#[derive(Debug)]
pub(super) struct Nft;

/// Lines of sets and other objects.
const PROPERTIES: &[&str] = &[
    "type",
    "typeof",
    "flags",
    "size",
    "timeout",
    "gc-interval",
    "elements",
    "policy",
    "comment",
    "auto-merge",
    "packets",
    "hook",
    "devices",
    "protocol",
    "l3proto",
    "rate",
    "over",
    "expires",
    "mss",
    "wscale",
    "timestamp",
];

impl Format for Nft {
    fn kind(&self) -> Kind {
        Kind::Nft
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        command.program == "nft" && (command.has("list") || command.has("reset"))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let trimmed = line.trim();
        match block::opening(trimmed) {
            Some(Opening::Table(..)) if !inside => return Sees::Title,
            Some(_) if inside => return Sees::Row,
            _ => {}
        }
        if is_warning(trimmed) {
            return if inside { Sees::Row } else { Sees::Title };
        }
        if json::is_start(trimmed) {
            return Sees::Title;
        }
        if block::base(trimmed, FilterFamily::Inet).is_some() || look::is_rule(trimmed) {
            return Sees::Row;
        }
        // The binding of a chain, but with something behind it that does not belong there.
        if trimmed.starts_with("type ") && trimmed.contains(" hook ") {
            return Sees::Nothing;
        }
        let first = trimmed.split_ascii_whitespace().next().unwrap_or_default();
        let is_inner = matches!(trimmed, "}" | "}," | "counter" | "last")
            || PROPERTIES.contains(&first)
            || is_elements(trimmed)
            || json::is_inner(trimmed);
        if inside && is_inner { Sees::Row } else { Sees::Nothing }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        if lines.iter().take(3).any(|line| json::is_start(line.text.trim())) {
            return json::read(lines, command);
        }
        let mut reading = Reading::default();
        let taken = lines.iter().map(|line| reading.line(&line.text, line)).collect();
        reading.finish(taken, command)
    }
}

fn is_warning(line: &str) -> bool {
    line.starts_with("# Warning: table ")
}

/// Elements of a set that go on on a line of their own.
fn is_elements(line: &str) -> bool {
    let line = line.trim_end_matches(['}', ' ']);
    !line.is_empty()
        && line.split(',').map(str::trim).filter(|part| !part.is_empty()).all(|part| {
            let word = part.split_ascii_whitespace().next().unwrap_or_default();
            super::rule_words::addresses(word).is_some()
                || super::rule_words::ports(word, '-').is_some()
        })
}

/// Where a line stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Table,
    /// In a chain: its place in the list.
    Chain(usize),
    Set(String),
    Other,
}

/// Puts the chains together from lines.
#[derive(Debug, Default)]
struct Reading {
    table: Option<(FilterFamily, String)>,
    is_dormant: bool,
    place: Place,
    sets: Sets,
    /// Elements that go on on the next line.
    elements: Option<String>,
    chains: Vec<FilterChain>,
    /// Rules read in the chain that is open.
    position: u64,
    has_loose_rules: bool,
}

impl Reading {
    fn line(&mut self, text: &str, line: &Line) -> Taken {
        let trimmed = text.trim();
        if let Some(elements) = &mut self.elements {
            elements.push(' ');
            elements.push_str(trimmed);
            return self.end_elements().unwrap_or(Taken::More(None));
        }
        if is_warning(trimmed) {
            return Taken::Aside("who manages the table");
        }
        let is_table = matches!(block::opening(trimmed), Some(Opening::Table(..)));
        if let Some(opening) =
            block::opening(trimmed).filter(|_| is_table || !matches!(self.place, Place::Chain(_)))
        {
            return self.open(opening);
        }
        if matches!(trimmed, "}" | "};") {
            self.close();
            return Taken::Aside("the end of a block");
        }
        match self.place.clone() {
            Place::Chain(at) => self.in_chain(trimmed, at, line),
            Place::Set(name) => self.in_set(trimmed, &name),
            Place::Other => Taken::Aside("a property of an object"),
            Place::Table if trimmed.starts_with("flags ") => {
                self.is_dormant |= trimmed.contains("dormant");
                Taken::Row(Text::from("flags of the table"))
            }
            Place::Table if trimmed.starts_with("comment ") => Taken::Aside("a comment"),
            // Out of a filter: it is not known which chain it is of.
            Place::Table if look::is_rule(trimmed) => {
                self.has_loose_rules = true;
                let (family, table) =
                    self.table.clone().unwrap_or((FilterFamily::Inet, String::new()));
                let at = self.chains.iter().position(|chain| chain.name.0.is_empty());
                let at = at.unwrap_or_else(|| {
                    self.chains.push(block::chain(family, &table, ""));
                    self.chains.len() - 1
                });
                self.in_chain(trimmed, at, line)
            }
            Place::Table => Taken::Rejected(Text::from("not in a chain, and no rule")),
        }
    }

    fn open(&mut self, opening: Opening) -> Taken {
        match opening {
            Opening::Table(family, name) => {
                self.close();
                self.close();
                let what =
                    text!["table ", family.name(), " ", synrecv_model::Foreign(name.clone())];
                self.table = Some((family, name));
                self.sets.clear();
                self.is_dormant = false;
                Taken::Row(what)
            }
            Opening::Chain(name) => {
                let (family, table) =
                    self.table.clone().unwrap_or((FilterFamily::Inet, String::new()));
                self.place = Place::Chain(self.chains.len());
                self.position = 0;
                self.chains.push(block::chain(family, &table, &name));
                Taken::Row(text!["chain ", synrecv_model::Foreign(name)])
            }
            Opening::Set(name) => {
                self.sets.insert(name.clone(), None);
                let what = text!["set ", synrecv_model::Foreign(name.clone())];
                self.place = Place::Set(name);
                Taken::Row(what)
            }
            Opening::Other => {
                self.place = Place::Other;
                Taken::Aside("an object that is not used")
            }
        }
    }

    fn close(&mut self) {
        if self.place == Place::Table {
            self.table = None;
        }
        self.place = Place::Table;
        self.elements = None;
    }

    fn in_chain(&mut self, line: &str, at: usize, source: &Line) -> Taken {
        let Some(chain) = self.chains.get_mut(at) else {
            return Taken::Rejected(Text::from("its chain is not there"));
        };
        if let Some(base) = block::base(line, chain.family) {
            let policy = match base.policy {
                synrecv_model::RuleVerdict::Drop => "drop",
                _ => "accept",
            };
            let what =
                text!["hook ", base.hook.name(), ", priority ", base.priority, ", policy ", policy];
            // A table that is dormant is not called at all.
            chain.base = Some(base).filter(|_| !self.is_dormant);
            return Taken::Row(what);
        }
        if line.starts_with("comment ") {
            return Taken::Aside("a comment");
        }
        if line.starts_with("type ") && line.contains(" hook ") {
            return Taken::Rejected(Text::from("a binding that is not known"));
        }
        if !look::is_rule(line) && !line.contains(' ') && line != "counter" {
            return Taken::Rejected(Text::from("no rule"));
        }
        self.position += 1;
        let rules = rule::rules(line, self.position, &self.sets);
        let mut what = match rules.as_slice() {
            [one] => text![chain.name.clone(), ": ", verdict_word(&one.verdict)],
            many => text![chain.name.clone(), ": ", many.len(), " verdicts"],
        };
        if let Some(packets) = rules.first().and_then(|rule| rule.packet_count) {
            what.push(text![", ", packets, " packets"]);
        }
        chain.rules.extend(rules);
        if source.rebuilt || source.part_count > 1 {
            Taken::Repaired(what)
        } else {
            Taken::Row(what)
        }
    }

    fn in_set(&mut self, line: &str, name: &str) -> Taken {
        if let Some(rest) = line.strip_prefix("elements").map(str::trim_start)
            && let Some(rest) = rest.strip_prefix('=')
        {
            self.elements = Some(rest.trim().trim_start_matches('{').to_owned());
            return self.end_elements().unwrap_or_else(|| Taken::Row(Text::from("elements")));
        }
        if line.starts_with("flags ") && line.contains("dynamic") {
            // What is in it changes with every packet.
            self.sets.remove(name);
            self.place = Place::Other;
        }
        Taken::Aside("a property of a set")
    }

    /// Takes the elements over when their brace is closed.
    fn end_elements(&mut self) -> Option<Taken> {
        let text = self.elements.as_ref()?;
        let inner = text.trim_end().strip_suffix('}')?;
        let found = block::elements(inner);
        let count = found.len();
        self.elements = None;
        if let Place::Set(name) = &self.place {
            // A map keeps what its keys are mapped to.
            let keep = |element: &String| match element.rsplit_once(" : ") {
                Some((key, verdict)) => {
                    format!("{} : {}", condition::first_words(key), verdict.trim())
                }
                None => condition::first_words(element),
            };
            self.sets.insert(name.clone(), Some(found.iter().map(keep).collect()));
        }
        Some(Taken::Row(text![count, " elements"]))
    }

    fn finish(self, taken: Vec<Taken>, command: Option<&Command>) -> Table {
        let mut notes = Vec::new();
        if self.has_loose_rules {
            notes.push(Text::from("rules without the chain they are in"));
        }
        if command.is_some_and(|command| command.has("chain") || command.has("table")) {
            notes.push(Text::from("only a part of the rules was asked for"));
        }
        if self.chains.iter().flat_map(|chain| &chain.rules).any(|rule| rule.packet_count.is_none())
        {
            notes.push(Text::from("rules without the word counter do not count packets"));
        }
        // Whatever was opened was not closed.
        let is_open = self.table.is_some();
        let content =
            if self.chains.is_empty() { Content::Nothing } else { Content::Chains(self.chains) };
        Table { content, taken, cut: is_open.then_some(Cut::LastRow), foreign_system: None, notes }
    }
}

fn verdict_word(verdict: &synrecv_model::RuleVerdict) -> Text {
    use synrecv_model::RuleVerdict;
    match verdict {
        RuleVerdict::Accept => "accept".into(),
        RuleVerdict::Drop => "drop".into(),
        RuleVerdict::Reject => "reject".into(),
        RuleVerdict::Jump(chain) => text!["jump ", chain],
        RuleVerdict::Goto(chain) => text!["goto ", chain],
        RuleVerdict::Return => "return".into(),
        RuleVerdict::Queue => "queue".into(),
        RuleVerdict::Continue => "goes on".into(),
        RuleVerdict::Unknown => "what it does is not known".into(),
    }
}

#[cfg(test)]
mod tests;
