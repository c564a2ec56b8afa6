use super::*;

fn lines(text: &str) -> Vec<Line> {
    let line = |(number, text): (u32, &str)| Line {
        number,
        text: text.to_owned(),
        part_count: 1,
        rebuilt: false,
    };
    (1..).zip(text.lines()).map(line).collect()
}

fn read(text: &str) -> (Vec<(String, u64)>, Table) {
    let table = NetstatS.read(&lines(text), None);
    let rows = match &table.content {
        Content::Counters(UnitOfCounters::Total, rows) => {
            rows.iter().map(|row| (row.name.clone(), row.value)).collect()
        }
        _ => Vec::new(),
    };
    assert_eq!(table.taken.len(), text.lines().count());
    (rows, table)
}

fn one(text: &str) -> Option<(String, u64)> {
    let (rows, _) = read(text);
    rows.into_iter().next()
}

#[track_caller]
fn is(text: &str, name: &str, value: u64) {
    assert_eq!(one(text), Some((name.to_owned(), value)), "{text}");
}

#[test]
fn words_of_all_versions() {
    is("Tcp:\n    5 active connections openings", "TcpActiveOpens", 5);
    is("Tcp:\n    5 active connection openings", "TcpActiveOpens", 5);
    is("Tcp:\n7 bad segments received.", "TcpInErrs", 7);
    is("Tcp:\n    8488831 segments send out", "TcpOutSegs", 8_488_831);
    is("Tcp:\n    45695 segments retransmited", "TcpRetransSegs", 45_695);
    is("TcpExt:\n    24 SYNs to LISTEN sockets ignored", "TcpExtListenDrops", 24);
    is("TcpExt:\n    24 SYNs to LISTEN sockets dropped", "TcpExtListenDrops", 24);
    is("TcpExt:\n    Quick ack mode was activated 9 times", "TcpExtDelayedACKLost", 9);
    is("TcpExt:\n    TCP ran low on memory 3 times", "TcpExtTCPMemoryPressures", 3);
    is("TcpExt:\n    TCPSynRetrans: 117", "TcpExtTCPSynRetrans", 117);
    is("Ip:\n    661,822,924,057 total packets received", "IpInReceives", 661_822_924_057);
    is("IpExt:\n    InOctets: 4660", "IpExtInOctets", 4660);
    is("Ip:\n    Forwarding: 2", "IpForwarding", 2);
}

#[test]
fn ipv6_has_names_of_its_own() {
    is("Ip6:\n    3 forwarded", "Ip6OutForwDatagrams", 3);
    is("Ip6:\n    Ip6InOctets: 9", "Ip6InOctets", 9);
    is("Icmp6:\n    ICMP input histogram:\n        packets too big: 4", "Icmp6InPktTooBigs", 4);
    is("Udp6:\n    4 packets sent", "Udp6OutDatagrams", 4);
}

#[test]
fn histograms_tell_the_direction() {
    let text = "Icmp:\n    4 ICMP messages received\n    ICMP input histogram:\n        echo replies: 1\n    \
                2 ICMP messages sent\n    ICMP output histogram:\n        echo replies: 2\nIcmpMsg:\n        InType0: 1";
    let names: Vec<String> = read(text).0.into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["IcmpInMsgs", "IcmpInEchoReps", "IcmpOutMsgs", "IcmpOutEchoReps", "IcmpMsgInType0"]
    );
}

#[test]
fn a_line_out_of_a_filter_needs_no_title() {
    for (line, name) in [
        ("    116 times the listen queue of a socket overflowed", "TcpExtListenOverflows"),
        ("22438 SYNs to LISTEN sockets dropped", "TcpExtListenDrops"),
        ("    TCPReqQFullDrop: 4", "TcpExtTCPReqQFullDrop"),
        ("    12 segments retransmitted", "TcpRetransSegs"),
    ] {
        assert_eq!(NetstatS.sees(line, false), Sees::Row, "{line}");
        assert_eq!(one(line).map(|(name, _)| name).as_deref(), Some(name));
    }
}

/// The words are English here; what matters is that they are not those of the table.
#[test]
fn all_lines_of_tcp_are_known_by_their_place() {
    let mut text = "Tcp:\n".to_owned();
    for value in 1..=10 {
        text = format!("{text}    共计{value}个报文\n");
    }
    let (rows, table) = read(&text);
    assert_eq!(rows.len(), 10);
    assert_eq!(rows[7], ("TcpRetransSegs".to_owned(), 8));
    assert!(table.notes.is_empty());
    let (rows, table) = read(text.trim_end().rsplit_once('\n').unwrap().0);
    assert_eq!((rows.len(), table.notes.len()), (0, 1));
}

#[test]
fn zeros_that_were_left_out() {
    let text =
        "TcpExt:\n    4 SYN cookies sent\n    0 packet headers predicted\nIpExt:\n    InOctets: 1";
    let (rows, _) = read(text);
    assert!(rows.contains(&("TcpExtListenOverflows".to_owned(), 0)));
    assert!(rows.contains(&("TcpExtSyncookiesSent".to_owned(), 4)));
    // Cut before the next layer, or not all could be read.
    assert_eq!(read("TcpExt:\n    4 SYN cookies sent").0.len(), 1);
    assert_eq!(read(&text.replace("cookies sent", "biscuits sent")).0.len(), 2);
}

#[test]
fn other_systems_are_set_aside() {
    let (rows, table) = read("tcp:\n\t12 packets sent\n\t\t3 data packets");
    assert_eq!((rows.len(), table.foreign_system), (0, Some("BSD")));
    assert!(table.taken[1..].iter().all(|taken| matches!(taken, Taken::Aside(_))));
}

#[test]
fn prose_is_not_claimed() {
    for line in [
        "We saw 5 packets sent by the client",
        "3 forwarded",
        "Tcp is fine",
        "Error: 5",
        "Uptime: 12",
        "the queue of 4 sockets overflowed",
        "10 packets received by filter",
        "5 packets transmitted, 5 received, 0% packet loss, time 4005ms",
    ] {
        assert_eq!(NetstatS.sees(line, false), Sees::Nothing, "{line}");
    }
    assert_eq!(NetstatS.sees("It failed 3 times.", true), Sees::Nothing);
}
