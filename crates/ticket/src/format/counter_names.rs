//! Names of counters, shared by the formats that print them.

use crate::{Command, CounterRow};

/// Groups of `/proc/net/{snmp,netstat,snmp6}` and the SCTP counters, as `nstat` puts them in front.
const GROUPS: &[&str] = &[
    "IcmpMsg", "Icmp6", "Icmp", "IpExt", "Ip6", "Ip", "MPTcpExt", "Sctp", "TcpExt", "Tcp", "Udp6",
    "UdpLite6", "UdpLite", "Udp", "Xfrm",
];

/// Counters of `TcpExt` and `IpExt` that `netstat -s` prints by name, and whose name alone tells the
/// group.
const TCP_EXT_STARTS: &[&str] = &[
    "TCP",
    "PAWS",
    "Syncookies",
    "Listen",
    "TSEcr",
    "IPReversePathFilter",
    "PFMemalloc",
    "ArpFilter",
    "BeyondWindow",
    "BusyPoll",
    "EmbryonicRsts",
    "DelayedACK",
    "TcpTimeoutRehash",
    "TcpDuplicateDataRehash",
];
const IP_EXT: &[&str] = &[
    "InNoRoutes",
    "InTruncatedPkts",
    "InMcastPkts",
    "OutMcastPkts",
    "InBcastPkts",
    "OutBcastPkts",
    "InOctets",
    "OutOctets",
    "InMcastOctets",
    "OutMcastOctets",
    "InBcastOctets",
    "OutBcastOctets",
    "InNoECTPkts",
    "InECT1Pkts",
    "InECT0Pkts",
    "InCEPkts",
    "ReasmOverlaps",
];

/// Counters that every kernel since 2.6 has, and that say something when they are zero.
const ALWAYS_THERE: &[&str] = &[
    "TcpExtSyncookiesSent",
    "TcpExtSyncookiesRecv",
    "TcpExtSyncookiesFailed",
    "TcpExtEmbryonicRsts",
    "TcpExtPAWSEstab",
    "TcpExtListenOverflows",
    "TcpExtListenDrops",
];

/// The group of a name as `nstat` prints it, and what follows; `None` for any other word.
pub(super) fn split_group(word: &str) -> Option<(&'static str, &str)> {
    let with = |group: &&'static str| word.strip_prefix(*group).map(|rest| (*group, rest));
    // The longest group that fits: `TcpExt` before `Tcp`.
    let (group, rest) = GROUPS.iter().filter_map(with).max_by_key(|(group, _)| group.len())?;
    is_name(rest).then_some((group, rest))
}

/// True for the name of a group: `TcpExt`.
pub(super) fn is_group(word: &str) -> bool {
    GROUPS.contains(&word)
}

/// True for a name within a group: `ListenDrops`, `InType3`.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.len() >= 2
        && word.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
}

/// The group of a counter that is known by its own name alone.
pub(super) fn group_of(name: &str) -> Option<&'static str> {
    if !is_name(name) {
        return None;
    }
    if IP_EXT.contains(&name) {
        return Some("IpExt");
    }
    TCP_EXT_STARTS.iter().any(|start| name.starts_with(start)).then_some("TcpExt")
}

/// Zeros for what an output leaves out because it is zero, on the line of a neighbour of its group.
pub(super) fn add_left_out_zeros(rows: &mut Vec<CounterRow>) {
    let Some(line) = rows.iter().find(|row| row.name.starts_with("TcpExt")).map(|row| row.line)
    else {
        return;
    };
    for name in ALWAYS_THERE {
        if !rows.iter().any(|row| row.name == *name) {
            rows.push(CounterRow { line, name: (*name).to_owned(), value: 0 });
        }
    }
}

/// True when the command was asked for a part, or its output went through a filter.
pub(super) fn is_partial(command: Option<&Command>) -> bool {
    command.is_some_and(|command| {
        command.is_filtered() || command.args.iter().any(|arg| !arg.starts_with('-'))
    })
}

/// A count, with commas between thousands or without.
pub(super) fn count(word: &str) -> Option<u64> {
    if word.is_empty() || !word.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if !word.contains(',') {
        return word.parse().ok();
    }
    let mut parts = word.split(',');
    let first = parts.next()?;
    let fits = (1..=3).contains(&first.len()) && parts.all(|part| part.len() == 3);
    fits.then(|| word.replace(',', "").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_group_is_taken() {
        assert_eq!(split_group("TcpExtListenDrops"), Some(("TcpExt", "ListenDrops")));
        assert_eq!(split_group("TcpInSegs"), Some(("Tcp", "InSegs")));
        assert_eq!(split_group("IcmpMsgInType3"), Some(("IcmpMsg", "InType3")));
        assert_eq!(split_group("UdpLite6InDatagrams"), Some(("UdpLite6", "InDatagrams")));
        assert_eq!(split_group("Ip6InReceives"), Some(("Ip6", "InReceives")));
        for word in ["Tcp", "Ipsum", "Tcpdump", "IP", "Udp-x", "TcpExt:"] {
            assert_eq!(split_group(word), None, "{word}");
        }
    }

    #[test]
    fn counts_with_commas() {
        assert_eq!(count("661,822,924,057"), Some(661_822_924_057));
        assert_eq!(count("12"), Some(12));
        for word in ["1,2", "1,0000", "", ",1", "12K", "-1", "99999999999999999999"] {
            assert_eq!(count(word), None, "{word}");
        }
    }
}
