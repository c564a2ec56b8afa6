//! Sockets, by `ss`.

mod details;
mod row;
mod rules;
mod split;
mod title;
mod users;

use synrecv_model::{TcpState, Text, text};

use super::socket::{self, Known, Selection, describe, rejected};
use super::{Format, Sees, Table};
use crate::token::endpoint::{self, End, Host, Port};
use crate::token::state;
use crate::{Command, Content, Cut, Kind, Line, SocketRow, Taken};
use details::Details;
use row::{Row, Tcp};
use rules::Rules;
use title::Words;

/// Sockets of `ss`.
pub(crate) struct Ss;

impl Format for Ss {
    fn kind(&self) -> Kind {
        Kind::Ss
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        let elsewhere = ["--help", "--version", "--kill"];
        command.program == "ss"
            && !['h', 'V', 'K'].iter().any(|&option| command.has_short(option))
            && !elsewhere.iter().any(|option| command.has(option))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        match row::row(line) {
            Some(Row::Tcp(readings)) if readings.iter().any(|tcp| is_sure(tcp, inside)) => {
                return Sees::Row;
            }
            Some(Row::Incomplete { has_local }) if inside || has_local => return Sees::Row,
            Some(Row::Unreadable(_)) if inside => return Sees::Row,
            Some(Row::Other) if inside => return Sees::Aside,
            _ => {}
        }
        match title::words(line) {
            Some(Words::Table | Words::Summary | Words::BadOption) => return Sees::Title,
            Some(Words::SummaryRow | Words::Noise) if inside => return Sees::Aside,
            _ => {}
        }
        if inside && goes_on(line) { Sees::More } else { Sees::Nothing }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        split::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        Reader::new(lines, command).read()
    }
}

/// Enough to know a row. Without the column for the state both ends are numbers, and one with
/// `Netid` looks like a row of `netstat` that is cut.
fn is_sure(tcp: &Tcp<'_>, inside: bool) -> bool {
    if tcp.state.is_some() {
        return true;
    }
    let behind = row::word(tcp.rest).0;
    // `ss` prints states in front of the addresses, `netstat` behind them.
    if tcp.has_netid && state::state(behind).is_some() {
        return false;
    }
    if inside {
        return true;
    }
    let has_details = behind.is_empty() || details::is_detail(behind);
    tcp.local.is_numeric() && tcp.peer.is_numeric() && has_details
}

/// True for a line of details, or the second part of a row that was broken.
fn goes_on(line: &str) -> bool {
    let (first, rest) = row::word(line);
    let (second, _) = row::word(rest);
    let is_end = || endpoint::colon(first).is_some_and(|end| end.is_numeric());
    line.starts_with('\t')
        || details::is_detail(first)
        || (is_end() && (second.is_empty() || details::is_detail(second)))
}

/// A row with the lines that belong to it.
struct Group {
    /// Places of its lines, its own first.
    at: Vec<usize>,
    /// The row, put together when it was broken.
    text: String,
    details: Details,
}

/// What became of a row.
enum Draft {
    Taken(Taken),
    /// Rows that it can be, and whether it was put together or split.
    Rows {
        readings: Vec<SocketRow>,
        is_repaired: bool,
    },
}

#[derive(Default)]
struct Seen {
    table: bool,
    summary: bool,
    bad_option: bool,
    names: bool,
}

struct Reader<'l> {
    lines: &'l [Line],
    command: Option<&'l Command>,
    taken: Vec<Taken>,
    groups: Vec<Group>,
    seen: Seen,
}

impl<'l> Reader<'l> {
    fn new(lines: &'l [Line], command: Option<&'l Command>) -> Self {
        Self { lines, command, taken: Vec::new(), groups: Vec::new(), seen: Seen::default() }
    }

    fn read(mut self) -> Table {
        for (at, line) in self.lines.iter().enumerate() {
            let taken = self.line(at, &line.text);
            self.taken.push(taken);
        }
        let groups = std::mem::take(&mut self.groups);
        let parsed: Vec<Option<Row<'_>>> =
            groups.iter().map(|group| row::row(&group.text)).collect();
        let rules = Rules::of(&groups, &parsed, self.command);
        let drafts: Vec<Draft> = groups
            .iter()
            .zip(&parsed)
            .map(|(group, row)| self.draft(group, row.as_ref(), &rules))
            .collect();
        let mut known = Known::new(self.command);
        for draft in &drafts {
            if let Draft::Rows { readings, .. } = draft
                && let [only] = readings.as_slice()
            {
                known.add(only);
            }
        }
        let mut rows = Vec::new();
        for (group, draft) in groups.iter().zip(drafts) {
            if let Some(place) = group.at.first().and_then(|&at| self.taken.get_mut(at)) {
                *place = decide(draft, &known, &mut rows);
            }
        }
        let ends_early = matches!(parsed.last(), Some(Some(Row::Incomplete { .. })));
        self.table(rows, &rules, ends_early)
    }

    /// What a line is; rows are read later, with what is below them.
    fn line(&mut self, at: usize, text: &str) -> Taken {
        if text.trim().is_empty() {
            return Taken::Blank;
        }
        match title::words(text) {
            Some(Words::Table) => {
                self.seen.table = true;
                return Taken::Title;
            }
            Some(Words::Summary) => {
                self.seen.summary = true;
                return Taken::Title;
            }
            Some(Words::SummaryRow) => return Taken::Aside("a sum of sockets"),
            Some(Words::Noise) => {
                return Taken::Aside("a complaint that says nothing about sockets");
            }
            Some(Words::BadOption) => {
                self.seen.bad_option = true;
                return Taken::Aside("ss printed no table");
            }
            None => {}
        }
        let row = row::row(text);
        if let (None, Some(group)) = (&row, self.groups.last_mut()) {
            group.at.push(at);
            let is_open = matches!(row::row(&group.text), Some(Row::Incomplete { .. }));
            if is_open {
                group.text.push(' ');
                group.text.push_str(text.trim());
                return Taken::More(None);
            }
            let before = group.details.drops_count;
            group.details.read(text);
            let drops = group.details.drops_count.filter(|_| group.details.drops_count != before);
            return Taken::More(drops.map(|count| text!["packets dropped by the socket: ", count]));
        }
        if row.is_none() {
            return Taken::Aside("no socket");
        }
        self.groups.push(Group {
            at: vec![at],
            text: text.to_owned(),
            details: Details::default(),
        });
        Taken::Blank
    }

    fn draft(&mut self, group: &Group, row: Option<&Row<'_>>, rules: &Rules) -> Draft {
        let Some(&first) = group.at.first() else { return Draft::Taken(Taken::Blank) };
        let line = &self.lines[first];
        match row {
            None => Draft::Taken(Taken::Aside("no socket")),
            Some(Row::Other) => Draft::Taken(Taken::Aside("a socket of another protocol")),
            Some(Row::Incomplete { .. }) => Draft::Taken(Taken::Rejected(text!["the row is cut"])),
            Some(Row::Unreadable(why)) => Draft::Taken(Taken::Rejected(text![*why])),
            Some(Row::Tcp(readings))
                if rules.is_udp && readings.iter().all(|tcp| !tcp.has_netid) =>
            {
                Draft::Taken(Taken::Aside("a socket of another protocol"))
            }
            Some(Row::Tcp(readings)) => {
                let is_split = readings.iter().any(|tcp| tcp.is_split);
                let is_repaired = is_split || group.text.len() > line.text.len();
                let rows: Result<Vec<SocketRow>, Text> = readings
                    .iter()
                    .map(|tcp| {
                        self.seen.names |= [&tcp.local, &tcp.peer].into_iter().any(has_name);
                        socket(tcp, group, line, rules)
                    })
                    .collect();
                match rows {
                    Ok(readings) => Draft::Rows { readings, is_repaired },
                    Err(why) => Draft::Taken(Taken::Rejected(why)),
                }
            }
        }
    }

    fn table(self, rows: Vec<SocketRow>, rules: &Rules, ends_early: bool) -> Table {
        let selection = self.command.map(Selection::of_ss);
        let is_summary =
            self.seen.summary || self.command.is_some_and(|command| command.has_short('s'));
        let is_nothing =
            rows.is_empty() && !self.seen.table && (is_summary || self.seen.bad_option);
        let is_part = selection.is_some_and(|selection| selection.is_part);
        let without_requests = lacks_requests(selection, &rows).then_some(Cut::WithoutRequests);
        let filtered = (is_part || rules.is_one_state).then_some(Cut::Filtered);
        Table {
            notes: self.notes(selection, rules, &rows),
            content: if is_nothing { Content::Nothing } else { Content::Sockets(rows) },
            taken: self.taken,
            cut: ends_early.then_some(Cut::LastRow).or(filtered).or(without_requests),
            foreign_system: None,
        }
    }

    fn notes(&self, selection: Option<Selection>, rules: &Rules, rows: &[SocketRow]) -> Vec<Text> {
        let mut notes = Vec::new();
        let has = |state: TcpState| rows.iter().any(|row| row.state == state);
        if selection.is_some_and(|shown| !shown.listeners) && !has(TcpState::Listen) {
            notes.push(text!["sockets in LISTEN are not listed: they were not asked for"]);
        }
        if selection.is_some_and(|shown| !shown.requests) && !has(TcpState::SynRecv) {
            notes.push(text!["sockets in SYN-RECV are not listed: ss without -a leaves them out"]);
        }
        let asks_processes = self.command.is_some_and(|command| command.has_short('p'));
        let owns = |row: &SocketRow| row.process.is_some();
        if asks_processes && has(TcpState::Listen) && !rows.iter().any(owns) {
            notes.push(text!["no process is shown: ss was not run as root"]);
        }
        if self.seen.names {
            notes.push(text!["names in place of addresses or ports: ss without -n"]);
        }
        if rules.deduced.is_some() {
            notes.push(text![
                "the column for the state is missing; only requests have a running timer and nothing sent"
            ]);
        }
        if self.seen.bad_option {
            notes.push(text!["ss did not know an option and printed no table"]);
        }
        notes
    }
}

/// True when requests were not asked for. Without a command line, a table of nothing but listeners is
/// of `-l`, and one without listeners of no option at all.
fn lacks_requests(selection: Option<Selection>, rows: &[SocketRow]) -> bool {
    let has = |state: TcpState| rows.iter().any(|row| row.state == state);
    let is_of_all = || rows.is_empty() || has(TcpState::TimeWait) || has(TcpState::Listen);
    let is_asked = selection
        .map_or_else(|| is_of_all() && !socket::all_listen(rows), |selection| selection.requests);
    !is_asked && !has(TcpState::SynRecv)
}

fn has_name(end: &End<'_>) -> bool {
    matches!(end.host, Host::Name(_)) || matches!(end.port, Port::Name(_))
}

fn socket(tcp: &Tcp<'_>, group: &Group, line: &Line, rules: &Rules) -> Result<SocketRow, Text> {
    let state = rules.state(tcp).ok_or_else(|| {
        text!["no column for the state, and no command line that says which one was asked for"]
    })?;
    let star = rules.star_is_v6 && tcp.local.host == Host::Any;
    let ends = socket::ends(&tcp.local, &tcp.peer, star)?;
    let mut details = group.details.clone();
    details.read(tcp.rest);
    let mut row = socket::row(line.number, state, ends);
    row.is_v6_socket |= details.v6only.is_some();
    (row.recv_queue, row.send_queue) = tcp.queues.unzip();
    row.timer = details.timer;
    row.process = details.process;
    row.uid = details.uid;
    row.inode = details.inode;
    row.drops_count = details.drops_count;
    Ok(row)
}

/// Takes the only reading, or that which other rows agree with.
fn decide(draft: Draft, known: &Known, rows: &mut Vec<SocketRow>) -> Taken {
    let (readings, is_repaired) = match draft {
        Draft::Taken(taken) => return taken,
        Draft::Rows { readings, is_repaired } => (readings, is_repaired),
    };
    let chosen = match readings.as_slice() {
        [only] => only.clone(),
        several => match known.choose(several) {
            Some(row) => SocketRow { guessed: true, ..row.clone() },
            None => return rejected(several),
        },
    };
    let reading = describe(&chosen, true);
    rows.push(chosen);
    if is_repaired { Taken::Repaired(reading) } else { Taken::Row(reading) }
}

#[cfg(test)]
mod tests;
