use super::{Route, reading};
use crate::format::fixture::{read, reason};
use crate::format::{Format, Sees};
use crate::{Content, Taken};

fn shown(command: Option<&str>, text: &str) -> Vec<String> {
    let Content::Routes(rows) = read(&Route, command, text).content else { panic!("no routes") };
    rows.iter()
        .map(|row| reading(row).spans().iter().map(synrecv_model::Span::raw).collect())
        .collect()
}

const REJECTS: &str = "\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
default         192.0.2.1       0.0.0.0         UG    80     0        0 eth0
10.66.0.0       0.0.0.0         255.255.0.0     U     0      0        0 *
10.67.0.0       -               255.255.0.0     !     5      -        0 -
10.68.0.0       0.0.0.0         255.255.0.0     !     0      0        0 *
10.71.0.7       0.0.0.0         255.255.255.255 UH    0      0        0 a-long-devname1
10.75.0.0       0.0.0.0         255.255.0.0     UG    0      0        0 eth0
link-local      *               255.255.0.0     U     1000   0        0 wlan0
example         *               255.255.255.0   U     0      0        0 wlan0
default         fritz.box       0.0.0.0         UG    0      0        0 wlan0";

#[test]
fn routes_of_net_tools() {
    assert_eq!(
        shown(None, REJECTS),
        [
            "0.0.0.0/0 via 192.0.2.1 on eth0, metric 80",
            "10.66.0.0/16 blackhole, metric 0",
            "10.67.0.0/16 unreachable, metric 5",
            "10.68.0.0/16 unreachable, metric 0",
            "10.71.0.7/32 on-link on a-long-devname1, metric 0",
            "169.254.0.0/16 on-link on wlan0, metric 1000",
            "0.0.0.0/0 via fritz.box (a name, not an address) on wlan0, metric 0",
        ]
    );
    let table = read(&Route, None, REJECTS);
    assert_eq!(reason(&table, 7), "the gateway is of IPv6 and is not printed");
    assert!(reason(&table, 9).contains("example"));
    assert_eq!(table.taken[..2], [Taken::Title, Taken::Title]);
}

#[test]
fn the_first_number_is_a_metric_or_not() {
    let metric = |command, text: &str| {
        let Content::Routes(rows) = read(&Route, command, text).content else {
            panic!("no routes")
        };
        rows[0].metric
    };
    let plain = "0.0.0.0 192.0.2.1 0.0.0.0 UG 0 0 0 eth0";
    assert_eq!(metric(None, plain), None);
    assert_eq!(metric(Some("route -n"), plain), Some(0));
    assert_eq!(metric(Some("route -ne"), plain), None);
    assert_eq!(metric(Some("netstat -rn"), plain), None);
    assert_eq!(metric(None, "0.0.0.0 192.0.2.1 0.0.0.0 UG 80 0 0 eth0"), Some(80));
    assert_eq!(metric(None, "0.0.0.0 192.0.2.1 0.0.0.0 UG 1460 0 0 eth0"), None);
    let titled = "Ziel            Router          Genmask         Flags   MSS Fenster irtt Iface\n0.0.0.0 192.0.2.1 0.0.0.0 UG 1340 0 0 eth0";
    assert_eq!(metric(None, titled), None);
    let extended = "Destination Gateway Genmask Flags Metric Ref Use Iface MSS Window irtt\n0.0.0.0 192.0.2.1 0.0.0.0 UG 80 0 0 eth0 1340 0 0";
    assert_eq!(metric(None, extended), Some(80));
    let reject = "10.67.0.0       -               255.255.0.0     !     5      -        0 -        -     -      -";
    assert_eq!(metric(None, reject), Some(5));
}

#[test]
fn routes_of_ipv6() {
    assert_eq!(
        shown(
            None,
            "\
Kernel IPv6 routing table
Destination                    Next Hop                   Flag Met Ref  Use If
[::]/0                         [::]                       !n   -1  1      0 lo
2001:db8::/64                  ::                         U    256 3      0 eth0
2001:db8:1::/48                2001:db8::1                UGe  1024 1      0 eth0
2001:db8:bad::/48              ::                         !n   1024 1      0 lo
::/0                           fe80::1                    UG   1024 1      0 eth0
2001:db8::10/128               ::                         Un   0   2      0 eth0
ff00::/8                       ::                         U    256 3      0 eth0"
        ),
        [
            "2001:db8::/64 on-link on eth0, metric 256",
            "2001:db8:1::/48 via 2001:db8::1 on eth0, metric 1024",
            "2001:db8:bad::/48 unreachable, metric 1024",
            "::/0 via fe80::1 on eth0, metric 1024",
            "2001:db8::10/128 local on eth0, metric 0, table local",
            "ff00::/8 multicast on eth0, metric 256, table local",
        ]
    );
}

#[test]
fn titles_in_many_languages() {
    for title in [
        "Kernel IP routing table",
        "Kernel-IP-Routentabelle",
        "Kernel IP Routentabelle",
        "Table de routage IP du noyau",
        "カーネルIP経路テーブル",
        "Tabela de Roteamento IP do Kernel",
        "Směrovací tabulka v jádru pro IP",
        "内核 IP 路由表",
        "目标            网关            子网掩码        标志  跃点   引用  使用 接口",
        "Adresát         Brána           Maska           Přízn   MSS Okno    irtt Rozhraní",
        "受信先サイト    ゲートウェイ    ネットマスク   フラグ Metric Ref 使用数 インタフェース",
    ] {
        assert_eq!(Route.sees(title, false), Sees::Title, "{title}");
    }
    for line in [
        "My kernel has a wrong IP routing table, and I do not know why it has",
        "查看路由表",
        "192.0.2.1 ether 02:00:5e:10:00:fe C eth0",
        "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN",
        "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10",
        "10.0.0.0 192.0.2.1 255.255.0.255 UG 0 0 0 eth0",
    ] {
        assert_eq!(Route.sees(line, false), Sees::Nothing, "{line}");
    }
}

#[test]
fn tables_of_other_systems_are_recognised() {
    let windows = "\
===========================================================================
IPv4 Route Table
Active Routes:
Network Destination        Netmask          Gateway       Interface  Metric
          0.0.0.0          0.0.0.0        192.0.2.1       192.0.2.10     25
        127.0.0.0        255.0.0.0         On-link         127.0.0.1    331";
    let table = read(&Route, None, windows);
    assert_eq!((table.foreign_system, table.content), (Some("Windows"), Content::Nothing));
    assert!(table.taken.iter().all(|taken| !matches!(taken, Taken::Rejected(_))));
    let macos = "\
Routing tables
Internet:
Destination        Gateway            Flags               Netif Expire
default            192.0.2.1          UGScg                 en0
127                127.0.0.1          UCS                   lo0
192.0.2.1          2:0:5e:10:0:fe     UHLWIir               en0   1199
fe80::%lo0/64      fe80::1%lo0        UcI                   lo0";
    let table = read(&Route, None, macos);
    assert_eq!((table.foreign_system, table.content), (Some("BSD or macOS"), Content::Nothing));
    assert!(
        table.taken.iter().all(|taken| !matches!(taken, Taken::Rejected(_))),
        "{:?}",
        table.taken
    );
}

#[test]
fn lost_line_ends_and_blanks() {
    let joined = "Kernel IP routing table Destination Gateway Genmask Flags Metric Ref Use Iface 0.0.0.0 192.0.2.1 0.0.0.0 UG 80 0 0 eth0 192.0.2.0 0.0.0.0 255.255.255.0 U 80 0 0 eth0";
    let parts = Route.split(joined).unwrap();
    assert_eq!(
        parts[1..],
        [
            "0.0.0.0 192.0.2.1 0.0.0.0 UG 80 0 0 eth0",
            "192.0.2.0 0.0.0.0 255.255.255.0 U 80 0 0 eth0",
        ]
    );
    for (lost, row) in [
        (
            "0.0.0.0159.99.250.10.0.0.0UG8000eno1np0",
            Some("0.0.0.0 159.99.250.1 0.0.0.0 UG 80 0 0 eno1np0"),
        ),
        (
            "159.99.0.00.0.0.0255.255.0.0U000eno1np0",
            Some("159.99.0.0 0.0.0.0 255.255.0.0 U 0 0 0 eno1np0"),
        ),
        ("159.99.0.0 0.0.0.0 255.255.0.0 U 0 0 0 eth0", None),
        ("192.0.2.1", None),
    ] {
        assert_eq!(Route.split(lost), row.map(|row| vec![row.to_owned()]), "{lost}");
    }
    assert_eq!(Route.split("192.0.2.0 0.0.0.0 255.255.255.0 U 80 0 0 eth0 <- this one"), None);
}
