//! Names of numbers, as `nft` and `iptables` write them.

/// Numbers with their names.
pub(super) type Words = &'static [(u32, &'static str)];

pub(super) const PROTOCOLS: Words = &[
    (1, "icmp"),
    (2, "igmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "ipv6-icmp"),
    (108, "comp"),
    (132, "sctp"),
    (136, "udplite"),
];
pub(super) const NFPROTO: Words = &[(2, "ipv4"), (10, "ipv6")];
pub(super) const ETHERTYPES: Words =
    &[(0x0800, "ip"), (0x0806, "arp"), (0x8100, "vlan"), (0x86dd, "ip6"), (0x88a8, "8021ad")];
pub(super) const ICMP: Words = &[
    (0, "echo-reply"),
    (3, "destination-unreachable"),
    (5, "redirect"),
    (8, "echo-request"),
    (11, "time-exceeded"),
    (12, "parameter-problem"),
];
pub(super) const ICMP6: Words = &[
    (1, "destination-unreachable"),
    (2, "packet-too-big"),
    (3, "time-exceeded"),
    (4, "parameter-problem"),
    (128, "echo-request"),
    (129, "echo-reply"),
    (130, "mld-listener-query"),
    (131, "mld-listener-report"),
    (132, "mld-listener-done"),
    (133, "nd-router-solicit"),
    (134, "nd-router-advert"),
    (135, "nd-neighbor-solicit"),
    (136, "nd-neighbor-advert"),
    (137, "nd-redirect"),
    (143, "mld2-listener-report"),
];
pub(super) const PACKET_TYPES: Words =
    &[(0, "host"), (1, "broadcast"), (2, "multicast"), (3, "other")];
pub(super) const DIRECTIONS: Words = &[(0, "original"), (1, "reply")];
pub(super) const ADDRESS_TYPES: Words = &[
    (0, "unspec"),
    (1, "unicast"),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
];
pub(super) const ARP_OPERATIONS: Words = &[(1, "request"), (2, "reply")];
pub(super) const LINK_TYPES: Words = &[(1, "ether"), (512, "ppp"), (772, "loopback")];
pub(super) const PRESENCE: Words = &[(0, "missing"), (1, "exists")];
pub(super) const TCP_FLAGS: Words = &[
    (0x01, "fin"),
    (0x02, "syn"),
    (0x04, "rst"),
    (0x08, "psh"),
    (0x10, "ack"),
    (0x20, "urg"),
    (0x40, "ecn"),
    (0x80, "cwr"),
];
/// `NF_CT_STATE_BIT` of each.
pub(super) const CT_STATES: Words =
    &[(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];
pub(super) const CT_STATUS: Words = &[
    (0x01, "expected"),
    (0x02, "seen-reply"),
    (0x04, "assured"),
    (0x08, "confirmed"),
    (0x10, "snat"),
    (0x20, "dnat"),
    (0x200, "dying"),
];
pub(super) const ICMP_CODES: Words = &[
    (0, "net-unreachable"),
    (1, "host-unreachable"),
    (2, "prot-unreachable"),
    (3, "port-unreachable"),
    (9, "net-prohibited"),
    (10, "host-prohibited"),
    (13, "admin-prohibited"),
];
pub(super) const ICMP6_CODES: Words = &[
    (0, "no-route"),
    (1, "admin-prohibited"),
    (3, "addr-unreachable"),
    (4, "port-unreachable"),
    (5, "policy-fail"),
    (6, "reject-route"),
];
pub(super) const ICMPX_CODES: Words =
    &[(0, "no-route"), (1, "port-unreachable"), (2, "host-unreachable"), (3, "admin-prohibited")];
pub(super) const LOG_LEVELS: Words = &[
    (0, "emerg"),
    (1, "alert"),
    (2, "crit"),
    (3, "err"),
    (4, "warn"),
    (5, "notice"),
    (6, "info"),
    (7, "debug"),
    (8, "audit"),
];
pub(super) const UNITS: Words =
    &[(1, "second"), (60, "minute"), (3600, "hour"), (86400, "day"), (604_800, "week")];

/// The name of a number, or the number.
pub(super) fn word(words: Words, number: u32) -> String {
    match words.iter().find(|(value, _)| *value == number) {
        Some((_, name)) => (*name).to_owned(),
        None => number.to_string(),
    }
}

/// The names of the bits that are set; bits without a name as a number.
pub(super) fn flag_words(words: Words, mut number: u32, separator: &str) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    let mut names = Vec::new();
    for (bit, name) in words {
        if number & bit != 0 {
            names.push((*name).to_owned());
            number &= !bit;
        }
    }
    if number != 0 {
        names.push(format!("{number:#x}"));
    }
    names.join(separator)
}
