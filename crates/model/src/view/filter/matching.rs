//! Whether a rule matches a packet.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::Packet;
use crate::{ConntrackStates, FilterRule, Foreign, Test};

/// Whether all conditions of a rule hold for a packet; `None` when that is not known.
pub fn matches(rule: &FilterRule, packet: &Packet<'_>) -> Option<bool> {
    let mut known = true;
    for term in &rule.terms {
        match test(&term.test, packet).map(|holds| holds != term.negated) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

fn test(test: &Test, packet: &Packet<'_>) -> Option<bool> {
    match test {
        Test::IpVersion(version) => {
            Some(*version == if packet.destination.is_ipv4() { 4 } else { 6 })
        }
        Test::Protocol(protocols) => Some(protocols.contains(&TCP)),
        Test::Source(ranges) => Some(holds_address(ranges, packet.source?)),
        Test::Destination(ranges) => Some(holds_address(ranges, packet.destination)),
        Test::SourcePort(ranges) => Some(holds_port(ranges, packet.source_port?)),
        Test::DestinationPort(ranges) => Some(holds_port(ranges, packet.destination_port?)),
        Test::InDevice(devices) => Some(names(devices, packet.in_device?)),
        Test::OutDevice(devices) => Some(names(devices, packet.out_device?)),
        Test::TcpFlags { mask, values } => Some(values.contains(&(packet.flags & mask))),
        Test::ConntrackState(states) => within(packet.conntrack?, *states),
        Test::ReversePath | Test::Other => None,
    }
}

const TCP: u8 = 6;

fn holds_address(ranges: &[(IpAddr, IpAddr)], address: IpAddr) -> bool {
    ranges.iter().any(|(low, high)| {
        low.is_ipv4() == address.is_ipv4() && *low <= address && address <= *high
    })
}

fn holds_port(ranges: &[RangeInclusive<u16>], port: u16) -> bool {
    ranges.iter().any(|range| range.contains(&port))
}

pub(super) fn names(devices: &[Foreign], name: &str) -> bool {
    devices.iter().any(|device| match device.0.strip_suffix(['*', '+']) {
        Some(start) => name.starts_with(start),
        None => device.0 == name,
    })
}

/// Whether the state is one of `states`, when it is one of `can_be`.
fn within(can_be: ConntrackStates, states: ConntrackStates) -> Option<bool> {
    let pairs = [
        (can_be.invalid, states.invalid),
        (can_be.established, states.established),
        (can_be.related, states.related),
        (can_be.new, states.new),
        (can_be.untracked, states.untracked),
    ];
    let inside = pairs.iter().any(|&(can, wanted)| can && wanted);
    let outside = pairs.iter().any(|&(can, wanted)| can && !wanted);
    match (inside, outside) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}
