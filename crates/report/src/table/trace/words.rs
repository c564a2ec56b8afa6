//! What answers mean, with the marks of traceroute(8).

use synrecv_model::{HopAnswer, HopSaid};

/// Codes of ICMP destination unreachable (RFC 792, 1122, 1812), from 0.
const UNREACHABLE_V4: [(&str, &str); 16] = [
    ("!N", "network unreachable"),
    ("!H", "host unreachable"),
    ("!P", "protocol unreachable"),
    ("", "port unreachable"),
    ("!F", "too long for the next link"),
    ("!S", "source route failed"),
    ("!U", "network unknown"),
    ("!W", "host unknown"),
    ("!I", "source host isolated"),
    ("!A", "network administratively prohibited"),
    ("!Z", "host administratively prohibited"),
    ("!Q", "network unreachable for this type of service"),
    ("!T", "host unreachable for this type of service"),
    ("!X", "administratively prohibited"),
    ("!V", "host precedence violation"),
    ("!C", "precedence cut off"),
];

/// Codes of ICMPv6 destination unreachable (RFC 4443), from 0.
const UNREACHABLE_V6: [(&str, &str); 7] = [
    ("!N", "no route"),
    ("!X", "administratively prohibited"),
    ("!S", "beyond the scope of the source"),
    ("!H", "address unreachable"),
    ("", "port unreachable"),
    ("!P", "source address failed a policy"),
    ("!R", "a route that rejects"),
];

/// What an answer means, without who sent it.
pub(super) fn meaning(answer: &HopAnswer) -> String {
    let (kind, code) = match answer.said {
        HopSaid::Datagram => return "a datagram: somebody listens on the port".to_owned(),
        HopSaid::SynAck => return "SYN-ACK: the port is open".to_owned(),
        HopSaid::Reset => return "RST: the port is closed, or a filter resets".to_owned(),
        HopSaid::Icmp { kind, code } => (kind, code),
    };
    let is_v4 = answer.from.is_ipv4();
    let codes: &[_] = if is_v4 { &UNREACHABLE_V4 } else { &UNREACHABLE_V6 };
    match (is_v4, kind) {
        (true, 11) | (false, 3) if code == 0 => "time exceeded".to_owned(),
        (true, 0) | (false, 129) => "echo reply".to_owned(),
        (true, 3) | (false, 1) => match codes.get(usize::from(code)) {
            Some(("", words)) => (*words).to_owned(),
            Some((mark, words)) => format!("{mark} {words}"),
            None => format!("!{code} unreachable"),
        },
        (_, kind) => format!("ICMP type {kind} code {code}"),
    }
}
