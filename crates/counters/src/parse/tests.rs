use super::*;

/// The layout of Linux 6.18 with a few of its columns; the values are made up.
const NETSTAT: &str = "\
TcpExt: SyncookiesSent SyncookiesRecv ListenOverflows ListenDrops
TcpExt: 0 1 312 18446744073709551615
IpExt: InNoRoutes InOctets
IpExt: 0 44
MPTcpExt: MPCapableSYNRX
MPTcpExt: 7
";

/// As above.
const SNMP: &str = "\
Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 2711
IcmpMsg: InType3
IcmpMsg: 12
Tcp: RtoAlgorithm MaxConn ActiveOpens
Tcp: 1 -1 5
";

/// Linux 6.18, `cat /proc/net/stat/nf_conntrack`, values put into the columns used.
const CONNTRACK: &str = "\
entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
0000000a  00000000 00000000 00000000 0000001f 00000000 00000000 00000000 00000000 00000002 00000003 00000004 00000000  00000000 00000000 00000000 00000000
0000000a  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000
";

/// Linux 6.18, some values changed.
const SOFTNET: &str = "\
00000012 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
00000ab7 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000
";

fn named(rows: &[NamedValue]) -> Vec<(&str, u64)> {
    rows.iter().map(|(name, value)| (name.as_str(), *value)).collect()
}

/// Linux 6.18, values put into the columns used.
const ARP_CACHE: &str = "\
entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls
0000003a 000250c9 00024b6b 00000007   0004c46a 0002ad16 0000077e   00000000         00000000         00000314         00000062       00000000            00000007
0000003a 00032808 00032d64 00000008   000496e6 00012667 00000783   00000000         00000000         00000000         00000021       00000000            100000000
";

#[test]
fn names_are_those_of_nstat() {
    let parsed = groups(NETSTAT);
    let expected = [
        ("TcpExtSyncookiesSent", 0),
        ("TcpExtSyncookiesRecv", 1),
        ("TcpExtListenOverflows", 312),
        ("TcpExtListenDrops", u64::MAX),
        ("IpExtInNoRoutes", 0),
        ("IpExtInOctets", 44),
        ("MPTcpExtMPCapableSYNRX", 7),
    ];
    assert_eq!(named(&parsed.rows), expected);
    assert_eq!(parsed.rejected, []);
}

#[test]
fn minus_one_is_not_a_count() {
    let parsed = groups(SNMP);
    let names: Vec<_> = parsed.rows.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "IpForwarding",
        "IpDefaultTTL",
        "IpInReceives",
        "IcmpMsgInType3",
        "TcpRtoAlgorithm",
        "TcpActiveOpens",
    ];
    assert_eq!(names, expected);
    assert_eq!(parsed.rejected, []);
}

#[test]
fn a_group_that_does_not_add_up_is_rejected_alone() {
    let text = "Ip: A B\nIp: 1\nTcp: C\nTcp: 3\nUdp: D\nfoo\nX: E\nX: f\n";
    let parsed = groups(text);
    assert_eq!(named(&parsed.rows), [("TcpC", 3)]);
    let lines: Vec<_> = parsed.rejected.iter().map(|rejected| rejected.line).collect();
    assert_eq!(lines, [2, 5, 6, 8]);
}

#[test]
fn snmp6_is_taken_as_it_is() {
    let parsed = snmp6("Ip6InReceives                   \t15\nIcmp6OutType133 2\nbad\nX -1\n");
    assert_eq!(named(&parsed.rows), [("Ip6InReceives", 15), ("Icmp6OutType133", 2)]);
    assert_eq!(parsed.rejected.iter().map(|r| r.line).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn conntrack_columns_are_found_by_name() {
    let parsed = conntrack(CONNTRACK);
    let first = ConntrackCpu {
        entries_count: 10,
        invalid_count: 31,
        insert_failed_count: 2,
        drop_count: 3,
        early_drop_count: 4,
    };
    assert_eq!(parsed.rows, [first, ConntrackCpu { entries_count: 10, ..ConntrackCpu::default() }]);
    assert_eq!(parsed.rejected, []);
    assert_eq!(conntrack("entries invalid\n00000001 00000001\n").rejected.len(), 1);
}

#[test]
fn a_neighbour_cache_may_lack_a_column() {
    let row = |entries_count, table_fulls_count| NeighbourCpu { entries_count, table_fulls_count };
    let parsed = neighbour_cache(ARP_CACHE);
    assert_eq!(parsed.rows, [row(0x3a, Some(7)), row(0x3a, Some(0x1_0000_0000))]);
    assert_eq!(parsed.rejected, []);
    assert_eq!(neighbour_cache("entries allocs\n0a 0b\n").rows, [row(10, None)]);
    assert_eq!(neighbour_cache("allocs\n0b\n").rejected.len(), 1);
}

#[test]
fn softnet_is_hexadecimal() {
    let parsed = softnet(SOFTNET);
    let expected = [
        SoftnetCpu { processed_count: 0x12, dropped_count: 0, time_squeeze_count: 1 },
        SoftnetCpu { processed_count: 0xab7, dropped_count: 2, time_squeeze_count: 0 },
    ];
    assert_eq!(parsed.rows, expected);
    assert_eq!(softnet("12 +3 4\n").rejected.len(), 1);
}

#[test]
fn no_truncation_panics_or_invents_a_name() {
    let whole: Vec<_> = groups(NETSTAT).rows.into_iter().map(|(name, _)| name).collect();
    for len in 0..NETSTAT.len() {
        let parsed = groups(&NETSTAT[..len]);
        assert!(parsed.rows.iter().all(|(name, _)| whole.contains(name)), "{len}");
    }
    for len in 0..CONNTRACK.len() {
        assert!(conntrack(&CONNTRACK[..len]).rows.len() <= 2);
    }
    for len in 0..ARP_CACHE.len() {
        assert!(neighbour_cache(&ARP_CACHE[..len]).rows.len() <= 2);
    }
    for len in 0..SOFTNET.len() {
        assert!(softnet(&SOFTNET[..len]).rows.len() <= 2);
    }
}
