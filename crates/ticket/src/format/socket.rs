//! What the readers of socket tables share.

mod describe;
mod selection;
mod squeezed;

pub(super) use describe::{describe, rejected};
pub(crate) use selection::Selection;
pub(super) use squeezed::{Squeezed, readings};

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::{Endpoint, TcpState, Text, text};

use crate::token::endpoint::{End, Host, Port};
use crate::{Command, SocketRow};

/// True for a table of nothing but sockets in LISTEN.
pub(super) fn all_listen(rows: &[SocketRow]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.state == TcpState::Listen)
}

/// A row of which only the ends are known.
pub(super) fn row(line: u32, state: TcpState, ends: Ends) -> SocketRow {
    SocketRow {
        line,
        state,
        local: ends.local,
        is_v6_socket: ends.is_v6_socket,
        peer: ends.peer.filter(|_| state != TcpState::Listen),
        device: ends.device,
        recv_queue: None,
        send_queue: None,
        timer: None,
        process: None,
        uid: None,
        inode: None,
        ref_count: None,
        drops_count: None,
        guessed: false,
    }
}

/// The two ends of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) local: Endpoint,
    pub(super) peer: Option<Endpoint>,
    pub(super) is_v6_socket: bool,
    pub(super) device: Option<String>,
}

/// Both ends of a row, when they are addresses and ports. `star_is_v6` says what `*` is where
/// neither end tells the family.
pub(super) fn ends(local: &End<'_>, peer: &End<'_>, star_is_v6: bool) -> Result<Ends, Text> {
    let one_is_v4 =
        [local, peer].into_iter().any(|end| matches!(end.host, Host::Ip(ip) if ip.is_ipv4()));
    let one_is_v6 = local.is_v6() || peer.is_v6();
    let v6 = one_is_v6 || (star_is_v6 && !one_is_v4);
    let port = number(local)?.ok_or_else(|| text!["the local port is `*`"])?;
    let peer_port = number(peer)?;
    let own = Endpoint::new(address(local, v6)?, port);
    // An address without a port is that of a socket with no other end.
    let other = address(peer, v6)?;
    let device =
        [local, peer].into_iter().find_map(|end| end.device.filter(|name| !is_garbage(name)));
    Ok(Ends {
        local: own,
        peer: peer_port
            .filter(|&port| port != 0 || !other.is_unspecified())
            .map(|port| Endpoint::new(other, port)),
        is_v6_socket: v6 || star_is_v6,
        device: device.map(str::to_owned),
    })
}

fn address(end: &End<'_>, v6: bool) -> Result<IpAddr, Text> {
    end.ip(v6).ok_or_else(|| match end.host {
        Host::Cut(start) => text![
            "the tool cut the address ",
            synrecv_model::Foreign(start.to_owned()),
            "; netstat -W prints it in full"
        ],
        _ => text!["a host name in place of an address; -n prints addresses"],
    })
}

fn number(end: &End<'_>) -> Result<Option<u16>, Text> {
    match end.port {
        Port::Number(port) => Ok(Some(port)),
        Port::Any => Ok(None),
        Port::Name(name) => Err(text![
            "the port name ",
            synrecv_model::Foreign(name.to_owned()),
            " is not known here; -n prints numbers"
        ]),
    }
}

/// `if415659752`: `ss` prints a scope of requests that some kernels fill with garbage.
fn is_garbage(device: &str) -> bool {
    device
        .strip_prefix("if")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// What rows with one reading say about those with several.
#[derive(Debug, Default)]
pub(super) struct Known {
    listening: BTreeSet<u16>,
    local: BTreeSet<Endpoint>,
    ips: BTreeSet<IpAddr>,
    /// The port that the command was filtered by.
    asked: Option<u16>,
}

impl Known {
    pub(super) fn new(command: Option<&Command>) -> Self {
        let filter = command.and_then(|command| command.filter.as_deref()).unwrap_or_default();
        Self { asked: asked_port(filter), ..Self::default() }
    }

    pub(super) fn add(&mut self, row: &SocketRow) {
        if row.state == TcpState::Listen {
            self.listening.insert(row.local.port);
        } else {
            self.ips.insert(row.local.ip);
            self.local.insert(row.local);
        }
        if !row.local.ip.is_unspecified() {
            self.ips.insert(row.local.ip);
        }
    }

    /// The reading that other rows or the command line agree with, when it is the only one.
    pub(super) fn choose<'r>(&self, readings: &'r [SocketRow]) -> Option<&'r SocketRow> {
        let tests: [&dyn Fn(&SocketRow) -> bool; 4] = [
            &|row| self.local.contains(&row.local),
            &|row| self.listening.contains(&row.local.port) && row.state != TcpState::SynSent,
            &|row| self.ips.contains(&row.local.ip),
            &|row| {
                Some(row.local.port) == self.asked || row.peer.map(|peer| peer.port) == self.asked
            },
        ];
        let mut left: Vec<&SocketRow> = readings.iter().collect();
        for test in tests {
            let kept: Vec<&SocketRow> = left.iter().copied().filter(|row| test(row)).collect();
            if !kept.is_empty() {
                left = kept;
            }
            if left.len() == 1 {
                return left.first().copied();
            }
        }
        None
    }
}

/// The port of `grep :80` and its like.
fn asked_port(filter: &str) -> Option<u16> {
    let (_, behind) = filter.split_once(':')?;
    let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    behind[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_that_was_asked_for() {
        for (filter, port) in [
            ("grep :80", Some(80)),
            ("grep ':443 '", Some(443)),
            ("egrep -w ':8080\\b'", Some(8080)),
            ("grep SYN_RECV", None),
            ("grep :", None),
        ] {
            assert_eq!(asked_port(filter), port, "{filter}");
        }
    }
}
