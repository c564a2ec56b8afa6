//! What a reader of the table must know.

use synrecv_model::{TcpState, Text, text};

use super::row::{System, Tcp};
use super::title::Shown;
use crate::SocketRow;
use crate::format::socket::Selection;
use crate::token::endpoint::{Host, Port};

/// What was met while reading.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) titles: bool,
    pub(super) shown: Option<Shown>,
    pub(super) not_root: bool,
    pub(super) bad_option: bool,
    pub(super) system: System,
    pub(super) cut_addresses: bool,
    names: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            titles: false,
            shown: None,
            not_root: false,
            bad_option: false,
            system: System::Linux,
            cut_addresses: false,
            names: false,
        }
    }
}

impl Seen {
    pub(super) fn look_at(&mut self, tcp: &Tcp<'_>) {
        if tcp.system != System::Linux {
            self.system = tcp.system;
        }
        for end in [&tcp.local.end, &tcp.peer.end] {
            self.names |= matches!(end.host, Host::Name(_)) || matches!(end.port, Port::Name(_));
            self.cut_addresses |= matches!(end.host, Host::Cut(_));
        }
    }

    /// `selection` is what the command line asked for.
    pub(super) fn notes(&self, selection: Option<Selection>, rows: &[SocketRow]) -> Vec<Text> {
        let mut notes = Vec::new();
        let has = |state: TcpState| rows.iter().any(|row| row.state == state);
        let title = self.shown.map(|shown| Selection {
            listeners: shown != Shown::WithoutListeners,
            requests: shown != Shown::OnlyListeners,
            is_part: false,
            only: None,
        });
        let selection = selection.or(title).filter(|_| self.system == System::Linux);
        if selection.is_some_and(|shown| !shown.listeners) && !has(TcpState::Listen) {
            notes.push(text!["sockets in LISTEN are not listed: netstat without -a"]);
        }
        if selection.is_some_and(|shown| !shown.requests) && !has(TcpState::SynRecv) {
            notes.push(text!["only sockets in LISTEN are listed: netstat with -l and without -a"]);
        }
        if self.not_root {
            notes.push(text!["not run as root: processes of other users are not shown"]);
        }
        if self.names {
            notes.push(text!["names in place of addresses or ports: netstat without -n"]);
        }
        if self.cut_addresses {
            notes.push(text!["IPv6 addresses are cut: netstat without -W"]);
        }
        let waits = |row: &SocketRow| row.state == TcpState::Listen && row.recv_queue > Some(0);
        if self.system == System::Linux && rows.iter().any(waits) {
            notes.push(text![
                "connections wait to be accepted; netstat does not show the limit, ss -ltn does"
            ]);
        }
        if self.bad_option {
            notes.push(text!["netstat did not know an option and printed no table"]);
        }
        notes
    }
}
