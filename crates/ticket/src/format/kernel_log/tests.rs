use std::net::IpAddr;

use synrecv_model::{Endpoint, Mac};

use super::*;
use crate::{FloodReaction, LoggedPacket};

fn lines(text: &str) -> Vec<Line> {
    let line = |(number, text): (u32, &str)| Line {
        number,
        text: text.to_owned(),
        part_count: 1,
        rebuilt: false,
    };
    (1..).zip(text.lines()).map(line).collect()
}

fn read(text: &str) -> (Vec<Message>, Vec<Taken>) {
    let table = KernelLog.read(&lines(text), None);
    let Content::Messages(messages) = table.content else { panic!() };
    (messages, table.taken)
}

#[track_caller]
fn one(line: &str) -> Message {
    assert_eq!(KernelLog.sees(line, false), Sees::Row, "{line}");
    let (messages, _) = read(line);
    assert_eq!(messages.len(), 1, "{line}");
    messages.into_iter().next().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn mac(text: &str) -> Mac {
    text.parse().unwrap()
}

#[test]
fn stamps_of_all_kinds() {
    let words = "nf_conntrack: nf_conntrack: table full, dropping packet";
    for (stamp, time, host) in [
        ("", None, None),
        ("[12345.678901] ", Some("[12345.678901]"), None),
        ("[    3.100000] ", Some("[    3.100000]"), None),
        ("[Mon Nov 23 03:48:01 2026] ", Some("[Mon Nov 23 03:48:01 2026]"), None),
        ("<4>[   12.5] ", Some("[   12.5]"), None),
        ("kern  :warn  : [  100.000001] ", Some("[  100.000001]"), None),
        (
            "kern  :warn  : 2026-11-23T03:48:01,123456+00:00 ",
            Some("2026-11-23T03:48:01,123456+00:00"),
            None,
        ),
        ("Sep  2 23:57:53 web-1 kernel: ", Some("Sep  2 23:57:53"), Some("web-1")),
        (
            "Sep  2 23:57:53 web-1.example.org kernel: [100.1] ",
            Some("Sep  2 23:57:53"),
            Some("web-1.example.org"),
        ),
        (
            "2026-11-23T03:48:01.123456+00:00 web kernel: ",
            Some("2026-11-23T03:48:01.123456+00:00"),
            Some("web"),
        ),
        ("2026-11-23 03:48:01 web kernel: ", Some("2026-11-23 03:48:01"), Some("web")),
        ("kernel: ", None, None),
    ] {
        let message = one(&format!("{stamp}{words}"));
        assert_eq!(message.said, Said::ConntrackFull);
        assert_eq!((message.stamp.as_deref(), message.host.as_deref()), (time, host), "{stamp}");
    }
    assert_eq!(one("ip_conntrack: table full, dropping packet.").said, Said::ConntrackFull);
}

#[test]
fn floods() {
    let flood = |port, address: Option<&str>, reaction| Said::SynFlood {
        port,
        address: address.map(ip),
        reaction,
    };
    for (line, said) in [
        (
            "possible SYN flooding on port 80. Sending cookies.",
            flood(80, None, FloodReaction::Cookies),
        ),
        (
            "[1.0] TCP: request_sock_TCP: Possible SYN flooding on port 8443. Dropping request.  Check SNMP counters.",
            flood(8443, None, FloodReaction::Drops),
        ),
        (
            "[1.0] TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies.",
            flood(80, Some("0.0.0.0"), FloodReaction::Cookies),
        ),
        (
            "[1.0] TCPv6: Possible SYN flooding on port [::]:80. Sending cookies.",
            flood(80, Some("::"), FloodReaction::Cookies),
        ),
        ("TCP: Possible SYN flooding on port 22", flood(22, None, FloodReaction::Unknown)),
    ] {
        assert_eq!(one(line).said, said, "{line}");
    }
}

#[test]
fn martians_with_their_frame() {
    let text = "Sep  2 23:57:53 host kernel: IPv4: martian source 192.0.2.1 from 198.51.100.7, on dev eth0\n\
                Sep  2 23:57:53 host kernel: ll header: 00000000: 02 00 00 00 00 01 02 00 00 00 00 02 08 00";
    let (messages, taken) = read(text);
    let device = "eth0".to_owned();
    let macs = Some((mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02")));
    let said = Said::MartianSource {
        destination: ip("192.0.2.1"),
        source: ip("198.51.100.7"),
        device,
        macs,
    };
    assert_eq!((messages.len(), &messages[0].said), (1, &said));
    assert!(matches!(taken[1], Taken::More(Some(_))));
    let old = "martian source 192.0.2.1 from 198.51.100.7, on dev eth0\nll header: 02:00:00:00:00:01:02:00:00:00:00:02:08:00";
    assert_eq!(read(old).0[0].said, said);
    let said = one("IPv4: martian destination 0.0.0.0 from 192.0.2.7, dev eth1").said;
    assert!(matches!(said, Said::MartianDestination { ref device, .. } if device == "eth1"));
}

#[test]
fn tables_of_neighbours() {
    for (line, is_v6) in [
        ("neighbour: arp_cache: neighbor table overflow!", Some(false)),
        ("[1.0] neighbour: ndisc_cache: neighbor table overflow!", Some(true)),
        ("kernel: Neighbour table overflow.", None),
    ] {
        assert_eq!(one(line).said, Said::NeighbourTableFull { is_v6 });
    }
}

#[test]
fn addresses_of_two() {
    let conflict =
        |address: Option<&str>, other: Option<&str>, device: Option<&str>| Said::AddressConflict {
            address: address.map(ip),
            mac: other.map(mac),
            device: device.map(str::to_owned),
        };
    for (line, said) in [
        (
            "IPv6: eth0: IPv6 duplicate address fe80::1 detected!",
            conflict(Some("fe80::1"), None, Some("eth0")),
        ),
        (
            "[1.0] IPv6: eth0.5: IPv6 duplicate address 2001:db8::1 used by 02:00:00:00:00:01 detected!",
            conflict(Some("2001:db8::1"), Some("02:00:00:00:00:01"), Some("eth0.5")),
        ),
        ("eth0: duplicate address detected!", conflict(None, None, Some("eth0"))),
        (
            "Nov 23 03:48:01 web NetworkManager[812]: <warn>  [1700000000.1] acd[0x5,2]: conflict for address 192.0.2.10 detected with host 02:00:00:00:00:01 on interface 'eth0'",
            conflict(Some("192.0.2.10"), Some("02:00:00:00:00:01"), Some("eth0")),
        ),
        (
            "Nov 23 03:48:01 web NetworkManager[812]: <warn> (eth0): conflict detected for IP address 192.0.2.10",
            conflict(Some("192.0.2.10"), None, Some("eth0")),
        ),
        (
            "Error, some other host (02:00:00:00:00:01) already uses address 192.0.2.10.",
            conflict(Some("192.0.2.10"), Some("02:00:00:00:00:01"), None),
        ),
    ] {
        assert_eq!(one(line).said, said, "{line}");
    }
    let said =
        one("arpwatch: flip flop 192.0.2.10 02:00:00:00:00:01 (02:00:00:00:00:02) eth0").said;
    let macs = (mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02"));
    assert_eq!(said, Said::AddressMoved { address: ip("192.0.2.10"), macs, flips: true });
}

#[test]
fn packets_of_rules() {
    let text = "[ 77.5] DROPPED INPUT: IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=198.51.100.7 \
                DST=192.0.2.1 LEN=52 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=4711 DPT=80 WINDOW=502 RES=0x00 ACK URGP=0";
    let Said::LoggedPacket(packet) = one(text).said else { panic!() };
    let expected = LoggedPacket {
        prefix: "DROPPED INPUT".to_owned(),
        in_device: Some("eth0".to_owned()),
        out_device: None,
        macs: Some((mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02"))),
        source: Some(ip("198.51.100.7")),
        destination: Some(ip("192.0.2.1")),
        ports: Some((4711, 80)),
        is_tcp: true,
        flags: Some(0x10),
        ttl: Some(63),
    };
    assert_eq!(packet, expected);
    let Said::LoggedPacket(packet) =
        one("nf_ct_proto_6: invalid SYN (ignored) IN= OUT=eth0 SRC=2001:db8::1 DST=2001:db8::2 HOPLIMIT=64 PROTO=TCP SPT=80 DPT=4000 SYN ACK").said
    else {
        panic!()
    };
    assert_eq!((packet.flags, packet.ttl, packet.macs), (Some(0x12), Some(64), None));
    assert_eq!(packet.out_device.as_deref(), Some("eth0"));
    let Said::LoggedPacket(packet) =
        one("kernel: X:IN=ens8 OUT=ens3 SRC=pinged DST=pinger PROTO=ICMP TYPE=0").said
    else {
        panic!()
    };
    assert_eq!(
        (packet.source, packet.flags, packet.is_tcp, packet.prefix.as_str()),
        (None, None, false, "X")
    );
}

#[test]
fn load_balancers() {
    let text = "IPVS connection entries\npro expire state       source             virtual            destination\n\
                TCP 00:58  SYN_RECV    198.51.100.7:45346 192.0.2.10:80   10.0.0.2:8080\n\
                UDP 04:00  UDP         198.51.100.7:5 192.0.2.10:53   10.0.0.2:53";
    assert_eq!(KernelLog.sees("IPVS connection entries", false), Sees::Title);
    let (messages, taken) = read(text);
    let end = |text: &str, port| Endpoint::new(ip(text), port);
    let said = Said::Balanced {
        state: "SYN_RECV".to_owned(),
        client: end("198.51.100.7", 45346),
        service: end("192.0.2.10", 80),
        server: end("10.0.0.2", 8080),
        expires_s: 58,
    };
    assert_eq!((messages.len(), &messages[0].said), (1, &said));
    assert!(matches!(taken[3], Taken::Aside(_)));
}

#[test]
fn other_messages_and_prose_are_not_claimed() {
    for line in [
        "the table is full, dropping packets",
        "we saw possible SYN flooding",
        "there is an address conflict for 192.0.2.10",
        "martian source is logged",
        "a duplicate address was detected",
        "[  1.0] eth0: Link is Up",
        "Sep  2 23:57:53 web sshd[1]: Connection closed",
        "nf_conntrack: default automatic helper assignment",
        "IN=eth0 means the way in",
        "TCP 00:58 was printed",
    ] {
        assert_eq!(KernelLog.sees(line, false), Sees::Nothing, "{line}");
    }
    assert_eq!(KernelLog.sees("[  1.0] eth0: Link is Up", true), Sees::Aside);
    assert_eq!(KernelLog.sees("so the log says", true), Sees::Nothing);
}
