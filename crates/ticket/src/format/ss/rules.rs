//! What all rows of an output say about each of them.

use std::collections::BTreeSet;

use synrecv_model::{TcpState, TimerKind};

use super::Group;
use super::row::{Row, Tcp};
use crate::Command;
use crate::format::socket::Selection;
use crate::token::endpoint::{Host, Port};

/// What the whole output says about each row.
pub(super) struct Rules {
    /// `*` is an IPv6 socket that takes IPv4, too: not so in old versions.
    pub(super) star_is_v6: bool,
    /// The state that the command asks for, of rows without a column for it.
    asked: Option<TcpState>,
    /// The state that timers tell.
    pub(super) deduced: Option<TcpState>,
    /// Rows with two ends have no column for the state.
    pub(super) is_one_state: bool,
    /// Rows without a column for the state, and without another end, are in LISTEN.
    is_listening: bool,
    /// Rows without `Netid` are of UDP or another protocol.
    pub(super) is_udp: bool,
}

impl Rules {
    pub(super) fn of(
        groups: &[Group],
        parsed: &[Option<Row<'_>>],
        command: Option<&Command>,
    ) -> Self {
        let mut stars = BTreeSet::new();
        let mut v6_any = BTreeSet::new();
        let (mut is_old, mut is_one_state, mut is_deduced) = (false, false, false);
        // Old versions leave out the column with -l, too.
        let mut is_listening = command.is_some_and(|command| command.has_short('l'));
        for (group, row) in groups.iter().zip(parsed) {
            let Some(Row::Tcp(readings)) = row else { continue };
            for tcp in readings {
                is_old |=
                    [&tcp.local, &tcp.peer].into_iter().any(|end| end.is_v6() && !end.in_brackets);
                match (tcp.local.host, tcp.local.port) {
                    (Host::Any, Port::Number(port)) => _ = stars.insert(port),
                    (Host::Ip(ip), Port::Number(port)) if ip.is_ipv6() && ip.is_unspecified() => {
                        v6_any.insert(port);
                    }
                    _ => {}
                }
                let has_no_peer = tcp.state.is_none() && tcp.peer.port == Port::Any;
                // Only the queue of a listener has a limit.
                is_listening |= has_no_peer && tcp.queues.is_some_and(|(_, send)| send > 0);
                is_one_state |= tcp.state.is_none() && !has_no_peer;
                is_deduced |= tcp.state.is_none() && is_request(tcp, group);
            }
        }
        let states: Vec<Option<TcpState>> = parsed
            .iter()
            .flatten()
            .filter_map(|row| match row {
                Row::Tcp(readings) => {
                    readings.first().filter(|tcp| !tcp.has_netid).map(|tcp| tcp.state)
                }
                _ => None,
            })
            .collect();
        let only_v4 = command.is_some_and(|command| command.has_short('4'));
        let asked = command.and_then(|command| Selection::of_ss(command).only);
        let is_deduced = is_deduced && asked.is_none();
        Self {
            star_is_v6: !is_old && !only_v4 && stars.is_disjoint(&v6_any),
            asked,
            deduced: is_deduced.then_some(TcpState::SynRecv),
            is_one_state,
            is_listening,
            is_udp: command.map_or_else(|| is_udp(&states), asks_no_tcp),
        }
    }
}

impl Rules {
    /// The state of a row, when anything tells it.
    pub(super) fn state(&self, tcp: &Tcp<'_>) -> Option<TcpState> {
        let listens = self.is_listening && tcp.peer.port == Port::Any;
        tcp.state.or(self.asked).or(listens.then_some(TcpState::Listen)).or(self.deduced)
    }
}

/// True when the command asks for sockets of other protocols only.
fn asks_no_tcp(command: &Command) -> bool {
    let others = ['u', 'w', 'x', 'd', 'f', 'S'];
    others.iter().any(|&option| command.has_short(option))
        && !command.has_short('t')
        && !command.has("--tcp")
}

/// True for the states of a table of UDP: TCP has no socket without a state that listens nowhere.
fn is_udp(states: &[Option<TcpState>]) -> bool {
    let unbound = Some(TcpState::Close);
    states.contains(&unbound)
        && states.iter().all(|state| [unbound, Some(TcpState::Established)].contains(state))
}

/// In every other state a running timer of this kind waits for an acknowledgement of something, at
/// least of a FIN, which Send-Q counts.
fn is_request(tcp: &Tcp<'_>, group: &Group) -> bool {
    let mut details = group.details.clone();
    details.read(tcp.rest);
    let runs = details.timer.is_some_and(|timer| timer.kind == Some(TimerKind::On));
    runs && tcp.queues == Some((0, 0))
}
