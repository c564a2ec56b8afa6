//! What stands behind the state: owner, process, timer.

use synrecv_model::{TcpState, TimerKind};

use super::row::word;
use crate::token::timer;
use crate::{PrintedTimer, Process};

/// The optional columns, read by what they look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// `User` where it is a number (`-n`), or `root`.
    pub(super) uid: Option<u32>,
    pub(super) inode: Option<u64>,
    pub(super) process: Option<Process>,
    pub(super) timer: Option<PrintedTimer>,
    /// A column for processes is there, and this socket has none: `-`.
    pub(super) has_no_process: bool,
}

impl Tail {
    /// Reads `[user inode] [pid/program] [timer]`.
    pub(super) fn read(text: &str, state: TcpState) -> Self {
        let (timer, text) = match timer::netstat(text) {
            Some((timer, rest)) => (Some(named(timer, state)), rest),
            None => (None, text),
        };
        let mut tail = Self { timer, ..Self::default() };
        let (first, behind) = word(text);
        let (second, rest) = word(behind);
        let is_owner = first != "-" && !first.contains('/') && !first.is_empty();
        let text = match second.parse() {
            Ok(inode) if is_owner => {
                tail.uid = if first == "root" { Some(0) } else { first.parse().ok() };
                tail.inode = Some(inode);
                rest
            }
            _ => text,
        };
        tail.program(text);
        tail
    }

    /// `1502/nginx: master`, cut at 19 characters by net-tools; `-` without one.
    fn program(&mut self, text: &str) {
        let text = text.trim();
        if text.split_whitespace().next() == Some("-") {
            self.has_no_process = true;
            return;
        }
        let Some((pid, name)) = text.split_once('/') else { return };
        // One blank separates the words of a name, several its column from a remark.
        let name = name.split("  ").next().unwrap_or_default().trim();
        if let Ok(pid) = pid.parse() {
            self.process = Some(Process { pid: Some(pid), name: name.to_owned() });
        }
    }

    /// Windows prints the number of the process alone.
    pub(super) fn of_windows(word: &str) -> Self {
        let pid = word.parse().ok();
        Self {
            process: pid.map(|pid| Process { pid: Some(pid), name: String::new() }),
            ..Self::default()
        }
    }
}

/// A request has no other timer than that of its SYN-ACK, whatever a language calls it.
fn named(timer: PrintedTimer, state: TcpState) -> PrintedTimer {
    match (state, timer.kind) {
        (TcpState::SynRecv, Some(TimerKind::Other(_))) => {
            PrintedTimer { kind: Some(TimerKind::On), ..timer }
        }
        _ => timer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_by_content() {
        let tail = |text| Tail::read(text, TcpState::Established);
        let process = |pid, name: &str| Some(Process { pid: Some(pid), name: name.to_owned() });
        assert_eq!(tail(""), Tail::default());
        assert_eq!(tail("  1502/nginx: master  ").process, process(1502, "nginx: master"));
        let all = tail(" root       31917      1502/nginx: worker   off (0.00/0/0)");
        assert_eq!((all.uid, all.inode), (Some(0), Some(31917)));
        assert_eq!(all.process, process(1502, "nginx: worker"));
        assert_eq!(all.timer.map(|timer| timer.kind), Some(None));
        let none = tail(" 1000       0          -                    on (0.20/1/0)");
        assert_eq!((none.uid, none.inode, none.has_no_process), (Some(1000), Some(0), true));
        assert_eq!(none.timer.map(|timer| timer.expires_ms), Some(200));
        assert_eq!(tail("12/a <- this one (stuck)").timer, None);
        assert_eq!(tail(" www-data 77 -").uid, None);
    }
}
