//! Targets.

use std::net::IpAddr;

use synrecv_model::RuleVerdict;

use crate::parse::fields::{at, text, u32_at};
use crate::parse::words::{Words, word};

/// `IPT_REJECT_WITH` of each.
const REJECT_WITH: Words = &[
    (0, "icmp-net-unreachable"),
    (1, "icmp-host-unreachable"),
    (2, "icmp-proto-unreachable"),
    (3, "icmp-port-unreachable"),
    (5, "icmp-net-prohibited"),
    (6, "icmp-host-prohibited"),
    (7, "tcp-reset"),
    (8, "icmp-admin-prohibited"),
];
/// `IP6T_REJECT_WITH` of each.
const REJECT_WITH_6: Words = &[
    (0, "icmp6-no-route"),
    (1, "icmp6-adm-prohibited"),
    (3, "icmp6-addr-unreachable"),
    (4, "icmp6-port-unreachable"),
    (6, "tcp-reset"),
    (7, "icmp6-policy-fail"),
    (8, "icmp6-reject-route"),
];

/// `struct nf_nat_ipv4_multi_range_compat`, which revision 0 of IPv4 has, else the beginning of
/// `struct nf_nat_range2`.
fn translation(option: &str, revision: u32, info: &[u8], ip_version: Option<u8>) -> Option<String> {
    const MAPS_ADDRESS: u32 = 1;
    const MAPS_PORT: u32 = 2;
    let (start, wide) = if revision == 0 && ip_version == Some(4) { (4, 4) } else { (0, 16) };
    let flags = u32_at(info, start)?;
    let address = |index: usize| -> Option<IpAddr> {
        let offset = start + 4 + index * wide;
        match ip_version? {
            4 => Some(IpAddr::from(at::<4>(info, offset)?)),
            _ => Some(IpAddr::from(at::<16>(info, offset)?)),
        }
    };
    let port = |index: usize| at(info, start + 4 + 2 * wide + 2 * index).map(u16::from_be_bytes);
    let range = |low: String, high: String| if low == high { low } else { format!("{low}-{high}") };
    let mut to = String::new();
    if flags & MAPS_ADDRESS != 0 {
        let (low, high) = (address(0)?, address(1)?);
        to = range(low.to_string(), high.to_string());
        if low.is_ipv6() && flags & MAPS_PORT != 0 {
            to = format!("[{to}]");
        }
    }
    if flags & MAPS_PORT != 0 {
        let colon = if to.is_empty() { "" } else { ":" };
        to = format!("{to}{colon}{}", range(port(0)?.to_string(), port(1)?.to_string()));
    }
    Some(format!(" {option} {to}"))
}

/// A target by its name and revision.
pub(in crate::parse) fn target(
    name: &str,
    revision: u32,
    info: &[u8],
    ip_version: Option<u8>,
) -> (String, RuleVerdict) {
    let options = match (name, revision) {
        ("REJECT", 0) => u32_at(info, 0).map(|with| {
            let words = if ip_version == Some(6) { REJECT_WITH_6 } else { REJECT_WITH };
            format!(" --reject-with {}", word(words, with))
        }),
        ("LOG", 0) => info.get(2..32).map(|prefix| match text(prefix) {
            prefix if prefix.is_empty() => prefix,
            prefix => format!(" --log-prefix \"{prefix}\""),
        }),
        ("MARK", 2) => u32_at(info, 0)
            .zip(u32_at(info, 4))
            .map(|(value, bits)| format!(" --set-xmark {value:#x}/{bits:#x}")),
        ("CT", _) if info.first().is_some_and(|flags| flags & 1 != 0) => {
            Some(" --notrack".to_owned())
        }
        ("MASQUERADE" | "NOTRACK", _) => Some(String::new()),
        ("DNAT", _) => translation("--to-destination", revision, info, ip_version),
        ("SNAT", _) => translation("--to-source", revision, info, ip_version),
        ("REDIRECT", _) => translation("--to-ports", revision, info, ip_version),
        _ => None,
    };
    let verdict = RuleVerdict::of_xt_target(name).unwrap_or(RuleVerdict::Unknown);
    let options = options.unwrap_or_else(|| " ...".to_owned());
    (format!("-j {name}{options}"), verdict)
}
