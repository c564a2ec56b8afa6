//! Messages of the kernel and of daemons about addresses: `dmesg`, `journalctl`, files of syslog; and
//! connections of `ipvsadm -lnc`.

mod balanced;
mod packet;
mod said;
mod signature;
mod stamp;

use synrecv_model::{Foreign, Text, text};

use self::said::said;
use super::{Format, Sees, Table};
use crate::{Command, Content, Kind, Line, Message, Said, Taken};

/// The format.
#[derive(Debug)]
pub(super) struct KernelLog;

impl Format for KernelLog {
    fn kind(&self) -> Kind {
        Kind::KernelLog
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        const FILES: [&str; 7] =
            ["messages", "syslog", "kern.log", "kern", "dmesg", "ufw.log", "firewalld"];
        let is_log = |arg: &String| {
            let file = arg.rsplit('/').next().unwrap_or(arg);
            arg.contains("/log/") && FILES.iter().any(|name| file.starts_with(name))
        };
        matches!(command.program.as_str(), "dmesg" | "journalctl" | "ipvsadm")
            || command.args.iter().any(is_log)
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        if balanced::row(line).is_some() {
            return Sees::Row;
        }
        if balanced::is_title(line) {
            return if inside { Sees::Row } else { Sees::Title };
        }
        let stamp = stamp::split(line);
        if said(stamp.rest, stamp.is_log()).is_some() {
            return Sees::Row;
        }
        if inside && said::link_header(stamp.rest).is_some() {
            return Sees::More;
        }
        if inside && stamp.is_log() { Sees::Aside } else { Sees::Nothing }
    }

    fn read(&self, lines: &[Line], _: Option<&Command>) -> Table {
        let mut messages: Vec<Message> = Vec::new();
        let mut taken = Vec::with_capacity(lines.len());
        for line in lines {
            let made = read_line(line, &mut messages);
            taken.push(made);
        }
        let is_balanced = |message: &Message| matches!(message.said, Said::Balanced { .. });
        let mut notes = Vec::new();
        if messages.iter().any(is_balanced) {
            notes.push(Text::from(
                "connections of a load balancer: its SYN_RECV says that the client's ACK did not pass it, and is no socket",
            ));
        }
        let content = Content::Messages(messages);
        Table { content, taken, cut: None, foreign_system: None, notes }
    }
}

fn read_line(line: &Line, messages: &mut Vec<Message>) -> Taken {
    if balanced::is_title(&line.text) {
        return Taken::Title;
    }
    if let Some(row) = balanced::row(&line.text) {
        return match row {
            Ok(said) => add(line, None, None, said, messages),
            Err(why) => Taken::Aside(why),
        };
    }
    let stamp = stamp::split(&line.text);
    if let Some(found) = said(stamp.rest, stamp.is_log()) {
        let host = stamp.host.map(str::to_owned);
        return add(line, stamp.time.map(str::to_owned), host, found, messages);
    }
    if let Some(macs) = said::link_header(stamp.rest) {
        let last = messages.last_mut().map(|message| &mut message.said);
        return match last {
            Some(Said::MartianSource { macs: of_last @ None, .. }) => {
                *of_last = Some(macs);
                Taken::More(Some(text!["frame to ", macs.0, " from ", macs.1]))
            }
            _ => Taken::Aside("a frame of no message"),
        };
    }
    if stamp.is_log() {
        return Taken::Aside("a message about something else");
    }
    Taken::Rejected(Text::from("no message of a log"))
}

fn add(
    line: &Line,
    stamp: Option<String>,
    host: Option<String>,
    said: Said,
    messages: &mut Vec<Message>,
) -> Taken {
    let what = shown(&said);
    messages.push(Message { line: line.number, stamp, host, said });
    if line.rebuilt || line.part_count > 1 { Taken::Repaired(what) } else { Taken::Row(what) }
}

fn shown(said: &Said) -> Text {
    let on = |device: &str| text![" on ", Foreign(device.to_owned())];
    match said {
        Said::ConntrackFull => "the table of connections is full".into(),
        Said::SynFlood { port, .. } => text!["queue of requests full, port ", *port],
        Said::MartianSource { destination, source, device, .. } => {
            text!["martian source ", *source, " to ", *destination, on(device)]
        }
        Said::MartianDestination { destination, source, device } => {
            text!["martian destination ", *destination, " from ", *source, on(device)]
        }
        Said::NeighbourTableFull { .. } => "the table of neighbours is full".into(),
        Said::AddressConflict { address, mac, device } => {
            let mut what = Text::from("address conflict");
            if let Some(address) = address {
                what.push(text![": ", *address]);
            }
            if let Some(mac) = mac {
                what.push(text![" is also at ", *mac]);
            }
            if let Some(device) = device {
                what.push(on(device));
            }
            what
        }
        Said::AddressMoved { address, macs, .. } => {
            text![*address, " is at ", macs.0, ", was at ", macs.1]
        }
        Said::LoggedPacket(packet) => packet::shown(packet),
        Said::Balanced { state, client, service, server, .. } => {
            text![Foreign(state.clone()), " ", *client, " -> ", *service, ", balanced to ", *server]
        }
    }
}

#[cfg(test)]
mod tests;
