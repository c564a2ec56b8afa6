//! Which sockets a command line asks for.

use synrecv_model::TcpState;

use crate::{Command, token};

/// Which TCP sockets a tool prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Sockets in LISTEN.
    pub(crate) listeners: bool,
    /// Sockets in SYN_RECV.
    pub(crate) requests: bool,
    /// Only those that an expression, an address or a state picks out.
    pub(crate) is_part: bool,
    /// The state of all rows: `ss` prints no column for it.
    pub(crate) only: Option<TcpState>,
}

impl Selection {
    /// What this `netstat` prints. Without `-a` and `-l` sockets in LISTEN are missing, with `-l`
    /// all others.
    pub(crate) fn of_netstat(command: &Command) -> Self {
        let all = command.has_short('a') || command.has("--all");
        let listening =
            command.has_short('l') || command.has("--listening") || command.has("--listen");
        Self {
            listeners: all || listening,
            requests: all || !listening,
            is_part: false,
            only: None,
        }
    }

    /// What this `ss` prints. Without `-a`, `-l` and `state` it leaves out LISTEN, SYN-RECV and
    /// TIME-WAIT.
    pub(crate) fn of_ss(command: &Command) -> Self {
        let all = command.has_short('a') || command.has("--all");
        let listening = command.has_short('l') || command.has("--listening");
        let mut selection =
            Self { listeners: all || listening, requests: all, is_part: false, only: None };
        let mut asked: Vec<&str> = Vec::new();
        let mut is_excluded = false;
        let mut words = command.args.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "state" | "exclude" => {
                    let Some(name) = words.next() else { break };
                    asked.push(name);
                    selection.is_part = true;
                    is_excluded |= word == "exclude";
                }
                "src" | "dst" | "sport" | "dport" | "dev" | "fwmark" | "cgroup" | "autobound" => {
                    selection.is_part = true;
                }
                _ if word.starts_with('(') => selection.is_part = true,
                _ => {}
            }
        }
        if asked.is_empty() {
            return selection;
        }
        let covers = |state: TcpState| asked.iter().any(|name| group(name, state)) != is_excluded;
        selection.listeners = covers(TcpState::Listen);
        selection.requests = covers(TcpState::SynRecv);
        if let ([name], false) = (asked.as_slice(), is_excluded) {
            selection.only = state(name);
        }
        selection
    }
}

/// The state of a filter of `ss`: `syn-recv`, `closed`, `listening`.
fn state(name: &str) -> Option<TcpState> {
    token::state::state(name)
}

/// True when a word of `state` covers a state: one of them, or one of the groups of `ss`.
fn group(name: &str, wanted: TcpState) -> bool {
    use TcpState::{Close, Listen, SynRecv, SynSent, TimeWait};
    match name {
        "all" => true,
        "connected" => !matches!(wanted, Listen | Close),
        "synchronized" => !matches!(wanted, Listen | Close | SynSent),
        "bucket" => matches!(wanted, SynRecv | TimeWait),
        "big" => !matches!(wanted, SynRecv | TimeWait),
        _ => state(name) == Some(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Command {
        let mut words = line.split_whitespace().map(str::to_owned);
        Command {
            program: words.next().unwrap_or_default(),
            args: words.collect(),
            ..Command::default()
        }
    }

    #[test]
    fn netstat() {
        let shown = |line| {
            let selection = Selection::of_netstat(&command(line));
            (selection.listeners, selection.requests)
        };
        assert_eq!(shown("netstat -ant"), (true, true));
        assert_eq!(shown("netstat -tn"), (false, true));
        assert_eq!(shown("netstat -tlnp"), (true, false));
        assert_eq!(shown("netstat -anltpe"), (true, true));
    }

    #[test]
    fn ss() {
        let shown = |line| {
            let selection = Selection::of_ss(&command(line));
            (selection.listeners, selection.requests, selection.is_part, selection.only)
        };
        assert_eq!(shown("ss -tan"), (true, true, false, None));
        assert_eq!(shown("ss -tn"), (false, false, false, None));
        assert_eq!(shown("ss -ltn"), (true, false, false, None));
        assert_eq!(shown("ss -tno state syn-recv"), (false, true, true, Some(TcpState::SynRecv)));
        assert_eq!(shown("ss -tn state connected"), (false, true, true, None));
        assert_eq!(shown("ss -tn state syn-recv state listening"), (true, true, true, None));
        assert_eq!(shown("ss -tan exclude listening"), (false, true, true, None));
        assert_eq!(shown("ss -tan sport = :80"), (true, true, true, None));
        assert_eq!(shown("ss -tan ( sport = :80 )"), (true, true, true, None));
    }
}
