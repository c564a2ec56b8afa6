//! `ip addr` and `ip link`, by iproute2 and BusyBox, in all layouts.

mod from_json;
mod lines;
mod reader;

use super::ip_command::{IpCommand, Object};
use super::json::{self, Told};
use super::{Format, Sees, Table};
use crate::{Command, Content, Cut, Kind, Line};
use lines::Part;
use synrecv_model::{Family, text};

/// Devices and addresses, by `ip addr` or `ip link`.
#[derive(Debug)]
pub(super) struct IpAddr;

impl Format for IpAddr {
    fn kind(&self) -> Kind {
        Kind::IpAddr
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        IpCommand::new(command).is_some_and(|asked| asked.object == Object::Link)
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let Some(first) = lines::parts(line).next() else {
            return Sees::Nothing;
        };
        match lines::part(first, inside) {
            Part::Header(_) | Part::Brief(_) | Part::OneLine(_) => Sees::Row,
            // Addresses that `grep inet` left over, with the words of `ip` behind them.
            Part::Address(address) if !inside => {
                if address.scope.is_some() {
                    Sees::Row
                } else {
                    Sees::Nothing
                }
            }
            _ if !inside => json::sees(line, inside, Told::Links),
            Part::Nothing => match json::sees(line, inside, Told::Links) {
                Sees::Nothing if lines::is_remark(line) => Sees::Aside,
                seen => seen,
            },
            _ => Sees::More,
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        lines::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let asked = command.and_then(IpCommand::new);
        let mut table = if json::is_json(lines) {
            let mut devices = Vec::new();
            let (taken, cut) = json::read(lines, |line, members| {
                let link = from_json::link(line, members)?;
                let reading = super::link_row::reading(&link);
                devices.push(link);
                Ok(reading)
            });
            let mut table = Table::new(Content::Links(devices), taken);
            table.cut = cut;
            table
        } else {
            reader::read(lines)
        };
        if let Some(asked) = &asked {
            let part = asked.words.iter().any(|word| !matches!(word.as_str(), "dev" | "all"));
            table.cut = table.cut.or(part.then_some(Cut::Filtered));
            match asked.family {
                Some(Family::V4) => table.notes.push(text!["asked for addresses of IPv4 only"]),
                Some(Family::V6) => table.notes.push(text!["asked for addresses of IPv6 only"]),
                None => {}
            }
        }
        table
    }
}

#[cfg(test)]
mod tests;
