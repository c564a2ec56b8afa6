//! `tshark`, and rows copied out of Wireshark: whatever columns there are, in whatever order. The column
//! `Info` says most; of the others addresses, time and length are known by their look.

mod columns;
mod details;
mod info;
mod other;
mod sheet;

use self::columns::Seen;
use super::frames::Counting;
use super::{Format, Sees, Table};
use crate::{Command, Kind, Line};

/// Frames as `tshark` prints them, and Wireshark copies them.
#[derive(Debug)]
pub(super) struct Tshark;

impl Format for Tshark {
    fn kind(&self) -> Kind {
        Kind::Tshark
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        matches!(command.program.as_str(), "tshark" | "wireshark" | "tethereal" | "termshark")
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        match columns::parse(line) {
            Seen::Title(_) => return Sees::Title,
            Seen::Segment(_) | Seen::Resolution(..) | Seen::Error(_) => return Sees::Row,
            Seen::Data(_) | Seen::Other if inside => return Sees::Row,
            Seen::Data(_) | Seen::Other | Seen::Nothing => {}
        }
        details::sees(line, inside)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        sheet::read(lines, command)
    }
}

/// What times count from (`-t`).
fn counting(command: Option<&Command>) -> Option<Counting> {
    let args = &command?.args;
    let place = args.iter().position(|arg| arg.starts_with("-t"))?;
    let arg = args.get(place)?.strip_prefix("-t")?;
    let kind = if arg.is_empty() { args.get(place + 1)?.as_str() } else { arg };
    match kind {
        "d" | "dd" => Some(Counting::FromBefore),
        "r" | "a" | "ad" | "adoy" | "e" | "u" | "ud" | "udoy" => Some(Counting::FromStart),
        _ => None,
    }
}
