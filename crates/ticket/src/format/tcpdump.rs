//! `tcpdump`, as text: versions 3 and 4, on one line or two, with and without link-layer headers.

mod damage;
mod error;
mod head;
mod line;
mod resolution;
mod segment;
mod sheet;

use self::line::Seen;
use super::frames::Counting;
use super::{Format, Sees, Table};
use crate::{Command, Kind, Line};

/// Frames as `tcpdump` prints them.
#[derive(Debug)]
pub(super) struct Tcpdump;

impl Format for Tcpdump {
    fn kind(&self) -> Kind {
        Kind::Tcpdump
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        // With -w nothing is printed but how much was captured.
        command.program == "tcpdump" || command.program == "windump"
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        match line::parse(line) {
            Seen::Title(_) => Sees::Title,
            Seen::Segment { .. }
            | Seen::Error { .. }
            | Seen::Resolution { .. }
            | Seen::Head(_)
            | Seen::Quiet(_) => Sees::Row,
            Seen::Other(head) if head.stamp.is_some() => Sees::Row,
            Seen::Other(_) | Seen::Footer(_) | Seen::Warning if inside => Sees::Aside,
            Seen::Payload if inside => Sees::More,
            Seen::Nothing if inside && line::is_continuation(line) => Sees::More,
            _ => Sees::Nothing,
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        line::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        sheet::read(lines, command)
    }
}

/// What times count from, by the number of `t` among the options.
fn counting(command: Option<&Command>) -> Option<Counting> {
    let clusters =
        command?.args.iter().filter(|arg| arg.starts_with('-') && !arg.starts_with("--"));
    match clusters.map(|arg| arg.matches('t').count()).sum() {
        3 => Some(Counting::FromBefore),
        2 | 4 | 5 => Some(Counting::FromStart),
        _ => None,
    }
}
