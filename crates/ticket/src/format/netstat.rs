//! Sockets, by `netstat` of net-tools, BusyBox, toybox, BSD, macOS and Windows.

mod notes;
mod row;
mod split;
mod tail;
mod title;

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::{TcpState, Text, text};

use super::socket::{self, Known, Selection, describe, rejected};
use super::{Format, Sees, Table};
use crate::token::endpoint::{Host, Port};
use crate::{Command, Content, Cut, Kind, Line, SocketRow, Taken};
use notes::Seen;
use row::{Field, Row, Tcp};
use title::{Shown, Words};

/// Characters of an address column: net-tools, BusyBox and toybox cut IPv6 addresses to fit.
const COLUMN_WIDTH: usize = 23;

/// Sockets of `netstat`.
pub(crate) struct Netstat;

impl Format for Netstat {
    fn kind(&self) -> Kind {
        Kind::Netstat
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        let of_another_table = ['r', 's', 'i', 'g', 'M', 'h', 'V'];
        let long =
            ["--route", "--statistics", "--interfaces", "--groups", "--masquerade", "--help"];
        is_netstat(command)
            && !of_another_table.iter().any(|&option| command.has_short(option))
            && !long.iter().any(|option| command.has(option))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        match row::row(line) {
            Some(Row::Other) if inside => return Sees::Aside,
            Some(Row::Other) => return Sees::Nothing,
            Some(_) if inside => return Sees::Row,
            Some(Row::Tcp(readings)) if readings.iter().any(is_sure) => return Sees::Row,
            Some(_) => return Sees::Nothing,
            None => {}
        }
        match title::words(line) {
            Some(Words::NotRoot | Words::OtherSockets) if inside => Sees::Aside,
            Some(_) => Sees::Title,
            None => Sees::Nothing,
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        split::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        Reader::new(lines, command).read()
    }
}

/// True for `netstat`, and for `busybox netstat` and `toybox netstat`.
fn is_netstat(command: &Command) -> bool {
    let applet = command.args.first().map(String::as_str);
    match command.program.as_str() {
        "netstat" | "netstat.exe" => true,
        "busybox" | "toybox" => applet == Some("netstat"),
        _ => false,
    }
}

/// Enough to know a row outside of a table: state and two ends that are no mere words.
fn is_sure(tcp: &Tcp<'_>) -> bool {
    let has_number = |field: &Field<'_>| !matches!(field.end.port, Port::Name(_));
    has_number(&tcp.local) && has_number(&tcp.peer)
}

/// What became of a line.
enum Draft {
    Taken(Taken),
    /// Rows that it can be; one, or none is certain.
    Rows {
        readings: Vec<SocketRow>,
        is_split: bool,
    },
}

struct Reader<'l> {
    lines: &'l [Line],
    command: Option<&'l Command>,
    seen: Seen,
    known: Known,
    /// IPv6 addresses that stand in a column that they do not fill.
    whole: BTreeSet<IpAddr>,
    /// Columns are not cut.
    is_wide: bool,
}

impl<'l> Reader<'l> {
    fn new(lines: &'l [Line], command: Option<&'l Command>) -> Self {
        let is_wide =
            command.is_some_and(|command| command.has_short('W') || command.has("--wide"));
        Self {
            lines,
            command,
            seen: Seen::default(),
            known: Known::new(command),
            whole: BTreeSet::new(),
            is_wide,
        }
    }

    fn read(mut self) -> Table {
        let parsed: Vec<Option<Row<'_>>> =
            self.lines.iter().map(|line| row::row(&line.text)).collect();
        for field in parsed.iter().flatten().flat_map(fields) {
            self.is_wide |= field.width.is_some_and(|width| width > COLUMN_WIDTH);
            if let (Host::Ip(ip), true) =
                (field.end.host, field.width.is_some_and(|width| width < COLUMN_WIDTH))
            {
                self.whole.insert(ip);
            }
        }
        let drafts: Vec<Draft> = parsed
            .iter()
            .zip(self.lines)
            .map(|(row, line)| match row {
                Some(row) => self.draft(row, line),
                None => Draft::Taken(self.words(line)),
            })
            .collect();
        for draft in &drafts {
            if let Draft::Rows { readings, .. } = draft
                && let [only] = readings.as_slice()
            {
                self.known.add(only);
            }
        }
        let mut rows = Vec::new();
        let taken: Vec<Taken> =
            drafts.into_iter().map(|draft| self.decide(draft, &mut rows)).collect();
        self.table(&parsed, rows, taken)
    }

    fn draft(&mut self, row: &Row<'_>, line: &Line) -> Draft {
        match row {
            Row::Other => Draft::Taken(Taken::Aside("a socket of another protocol")),
            Row::Incomplete => Draft::Taken(Taken::Rejected(text!["the row is cut"])),
            Row::Unreadable(why) => Draft::Taken(Taken::Rejected(text![*why])),
            Row::Tcp(readings) => {
                let is_split = readings.iter().any(|tcp| tcp.is_split);
                let rows: Result<Vec<SocketRow>, Text> =
                    readings.iter().map(|tcp| self.socket(tcp, line)).collect();
                let unbound =
                    |tcp: &Tcp<'_>| tcp.state == TcpState::Close && tcp.local.end.port == Port::Any;
                match rows {
                    Ok(rows) => Draft::Rows { readings: merged(rows), is_split },
                    Err(_) if readings.iter().any(unbound) => {
                        Draft::Taken(Taken::Aside("a socket without a port"))
                    }
                    Err(why) => Draft::Taken(Taken::Rejected(why)),
                }
            }
        }
    }

    fn socket(&mut self, tcp: &Tcp<'_>, line: &Line) -> Result<SocketRow, Text> {
        self.seen.look_at(tcp);
        let ends = socket::ends(&tcp.local.end, &tcp.peer.end, tcp.says_v6)?;
        let mut guessed = false;
        for field in [&tcp.local, &tcp.peer] {
            if self.is_wide || !field.end.is_v6() || field.width != Some(COLUMN_WIDTH) {
                continue;
            }
            if !matches!(field.end.host, Host::Ip(ip) if self.whole.contains(&ip)) {
                self.seen.cut_addresses = true;
                return Err(text![
                    "an address fills its column and may be cut; netstat -W prints it in full"
                ]);
            }
            guessed = true;
        }
        let mut row = socket::row(line.number, tcp.state, ends);
        (row.recv_queue, row.send_queue) = tcp.queues.unzip();
        row.uid = tcp.tail.uid;
        row.inode = tcp.tail.inode;
        row.process.clone_from(&tcp.tail.process);
        row.timer = tcp.tail.timer;
        row.guessed = guessed;
        Ok(row)
    }

    fn words(&mut self, line: &Line) -> Taken {
        match title::words(&line.text) {
            Some(Words::NotRoot) => {
                self.seen.not_root = true;
                Taken::Aside("not run as root")
            }
            Some(Words::BadOption) => {
                self.seen.bad_option = true;
                Taken::Aside("netstat printed no table")
            }
            Some(Words::OtherSockets) => Taken::Aside("title of other sockets"),
            Some(Words::Connections(shown)) => {
                self.seen.titles = true;
                self.seen.shown = self.seen.shown.or(shown);
                Taken::Title
            }
            Some(Words::Windows) => {
                self.seen.titles = true;
                self.seen.system = row::System::Windows;
                Taken::Title
            }
            Some(Words::Columns) => {
                self.seen.titles = true;
                Taken::Title
            }
            None if line.text.trim().is_empty() => Taken::Blank,
            None => Taken::Aside("no socket"),
        }
    }

    /// Takes the only reading, or that which other rows agree with.
    fn decide(&mut self, draft: Draft, rows: &mut Vec<SocketRow>) -> Taken {
        let (readings, is_split) = match draft {
            Draft::Taken(taken) => return taken,
            Draft::Rows { readings, is_split } => (readings, is_split),
        };
        let chosen = match readings.as_slice() {
            [only] => only.clone(),
            several => match self.known.choose(several) {
                Some(row) => SocketRow { guessed: true, ..row.clone() },
                None => return rejected(several),
            },
        };
        let reading = describe(&chosen, false);
        rows.push(chosen);
        if is_split { Taken::Repaired(reading) } else { Taken::Row(reading) }
    }

    fn table(self, parsed: &[Option<Row<'_>>], rows: Vec<SocketRow>, taken: Vec<Taken>) -> Table {
        let has_tcp = |row: &Row<'_>| !matches!(row, Row::Other);
        let is_table =
            self.seen.titles || self.command.is_some() || parsed.iter().flatten().any(has_tcp);
        let is_nothing = self.seen.bad_option && rows.is_empty() || !is_table;
        let ends_early = matches!(parsed.iter().rev().flatten().next(), Some(Row::Incomplete));
        let selection = self.command.map(Selection::of_netstat);
        let has_requests = rows.iter().any(|row| row.state == TcpState::SynRecv);
        let only_listeners = match (selection, self.seen.shown) {
            (Some(selection), _) => !selection.requests,
            (None, Some(shown)) => shown == Shown::OnlyListeners,
            (None, None) => socket::all_listen(&rows),
        };
        let without_requests = (only_listeners && !has_requests).then_some(Cut::WithoutRequests);
        Table {
            notes: self.seen.notes(selection, &rows),
            content: if is_nothing { Content::Nothing } else { Content::Sockets(rows) },
            taken,
            cut: ends_early.then_some(Cut::LastRow).or(without_requests),
            foreign_system: self.seen.system.foreign(),
        }
    }
}

fn fields<'r, 'a>(row: &'r Row<'a>) -> impl Iterator<Item = &'r Field<'a>> {
    let readings = match row {
        Row::Tcp(readings) => readings.as_slice(),
        _ => &[],
    };
    readings.iter().flat_map(|tcp| [&tcp.local, &tcp.peer])
}

/// Readings that differ only in their queues are one, of unknown queues.
fn merged(rows: Vec<SocketRow>) -> Vec<SocketRow> {
    let mut distinct: Vec<SocketRow> = Vec::new();
    for row in rows {
        let twin = distinct.iter_mut().find(|known| {
            (known.local, known.peer, known.is_v6_socket) == (row.local, row.peer, row.is_v6_socket)
        });
        match twin {
            Some(twin) => (twin.recv_queue, twin.send_queue) = (None, None),
            None => distinct.push(row),
        }
    }
    distinct
}

#[cfg(test)]
mod tests;
