use super::Ifconfig;
use crate::format::fixture::{read, reason};
use crate::format::link_row::reading;
use crate::format::{Format, Sees, Table};
use crate::{Content, LinkRow, Taken};

fn links(table: &Table) -> &[LinkRow] {
    match &table.content {
        Content::Links(links) => links,
        other => panic!("{other:?}"),
    }
}

fn shown(table: &Table) -> Vec<String> {
    links(table)
        .iter()
        .map(|row| reading(row).spans().iter().map(synrecv_model::Span::raw).collect())
        .collect()
}

const NEW: &str = "\
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.0.2.10  netmask 255.255.255.0  broadcast 192.0.2.255
        inet6 fe80::5eff:fe10:1  prefixlen 64  scopeid 0x20<link>
        inet6 2001:db8::10  prefixlen 64  scopeid 0x0<global>
        ether 02:00:5e:10:00:01  txqueuelen 1000  (Ethernet)
        RX packets 298  bytes 21588 (21.0 KiB)
        RX errors 0  dropped 1  overruns 0  frame 0
        TX packets 173  bytes 11910 (11.6 KiB)
        TX errors 0  dropped 4 overruns 0  carrier 0  collisions 0

eth0:vip: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.0.2.11  netmask 255.255.255.0  broadcast 0.0.0.0
        ether 02:00:5e:10:00:01  txqueuelen 1000  (Ethernet)

tun0: flags=4305<UP,POINTOPOINT,RUNNING,NOARP,MULTICAST>  mtu 1500
        inet 10.8.0.2  netmask 255.255.255.255  destination 10.8.0.1
        unspec 00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00  txqueuelen 500  (UNSPEC)";

const OLD: &str = "\
eth0      Link encap:Ethernet  HWaddr 02:00:5E:10:00:01
          inet addr:192.0.2.10  Bcast:192.0.255.255  Mask:255.255.255.0
          inet6 addr: fe80::5eff:fe10:1/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          RX packets:133 errors:0 dropped:1 overruns:0 frame:0
          TX packets:152 errors:0 dropped:2 overruns:0 carrier:0
          collisions:0 txqueuelen:1000
          RX bytes:9646 (9.4 KiB)  TX bytes:10920 (10.6 KiB)

lo        Link encap:Local Loopback
          inet addr:127.0.0.1  Mask:255.0.0.0
          inet6 addr: ::1/128 Scope: Host
          UP LOOPBACK RUNNING  MTU:65536  Metric:1
          RX bytes:0 TX bytes:0
tun0      Link encap:UNSPEC  HWaddr 00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00
          inet addr:10.8.0.2  P-t-P:10.8.0.1  Mask:255.255.255.255
          UP POINTOPOINT RUNNING NOARP MULTICAST  MTU:1500  Metric:1";

fn whole(text: &str) -> Table {
    let text: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let table = read(&Ifconfig, None, &text.join("\n"));
    assert!(
        table.taken.iter().all(|taken| !matches!(taken, Taken::Rejected(_))),
        "{:?}",
        table.taken
    );
    table
}

#[test]
fn the_layout_of_net_tools_2() {
    let table = whole(NEW);
    assert_eq!(
        shown(&table),
        [
            "device eth0 02:00:5e:10:00:01, up, 192.0.2.10/24 broadcast 192.0.2.255, fe80::5eff:fe10:1/64, 2001:db8::10/64, 192.0.2.11/24",
            "device tun0, up, 10.8.0.2/32 to 10.8.0.1",
        ]
    );
    let links = links(&table);
    assert_eq!(links[0].traffic, Some([298, 1, 173, 4]));
    assert_eq!((links[0].mtu_bytes, links[0].carrier), (Some(1500), Some(true)));
    assert_eq!(links[0].addresses[3].label.as_deref(), Some("eth0:vip"));
    assert!(links[1].noarp && links[1].point_to_point);
}

#[test]
fn the_layout_of_net_tools_1() {
    let table = whole(OLD);
    assert_eq!(
        shown(&table),
        [
            "device eth0 02:00:5e:10:00:01, up, 192.0.2.10/24 broadcast 192.0.255.255, fe80::5eff:fe10:1/64",
            "device lo, up, 127.0.0.1/8, ::1/128",
            "device tun0, up, 10.8.0.2/32 to 10.8.0.1",
        ]
    );
    assert_eq!(links(&table)[0].traffic, Some([133, 1, 152, 2]));
    assert!(links(&table)[1].loopback);
}

#[test]
fn other_languages_and_lost_blanks() {
    for text in [
        "eth0      Link encap:以太网  硬件地址 02:00:5e:10:00:01\n          inet 地址:192.0.2.10  广播:192.0.2.255  掩码:255.255.255.0\n          inet6 地址: fe80::5eff:fe10:1/64 Scope:Link\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  跃点数:1\n          接收数据包:84743 错误:0 丢弃:7 过载:0 帧数:0\n          发送数据包:48721 错误:0 丢弃:8 过载:0 载波:0\n          碰撞:0 发送队列长度:1000\n          接收字节:99129124 (99.1 MB)  发送字节:16185986 (16.1 MB)",
        "eth0      Protokoll:Ethernet  Hardware Adresse 02:00:5e:10:00:01\n          inet Adresse:192.0.2.10  Bcast:192.0.2.255  Maske:255.255.255.0\n          inet6-Adresse: fe80::5eff:fe10:1/64 Gültigkeitsbereich:Verbindung\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metrik:1\n          RX packets:84743 errors:0 dropped:7 overruns:0 frame:0\n          TX packets:48721 errors:0 dropped:8 overruns:0 carrier:0",
        "eth0      リンク方法:イーサネット  ハードウェアアドレス 02:00:5e:10:00:01\n          inetアドレス:192.0.2.10  ブロードキャスト:192.0.2.255  マスク:255.255.255.0\n          inet6アドレス: fe80::5eff:fe10:1/64 範囲:リンク\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  メトリック:1\n          RXパケット:84743 エラー:0 損失:7 オーバラン:0 フレーム:0\n          TXパケット:48721 エラー:0 損失:8 オーバラン:0 キャリア:0",
        "eth0: flags=4163<AKTIVOVÁNO,VŠESMĚR,BĚŽÍ,MULTICAST>  mtu 1500\n        inet 192.0.2.10 síťová_maska 255.255.255.0  všesměr 192.0.2.255\n        inet6 fe80::5eff:fe10:1  délka_prefixu 64  scopeid 0x20<linka>\n        ether 02:00:5e:10:00:01 délka_odchozí_fronty 1000  (Ethernet)\n        RX packetů 84743  bajtů 0 (0,0 B)\n        RX chyb 0  zahozeno 7  přetečení 0  rámců 0\n        TX packetů 48721  bajtů 0 (0,0 B)\n        TX chyb 0  zahozeno 8  přetečení 0  přenos 0  kolizí 0",
        "eth0Link encap:EthernetHWaddr 02:00:5E:10:00:01\ninet addr:192.0.2.10Bcast:192.0.2.255Mask:255.255.255.0\ninet6 addr: fe80::5eff:fe10:1/64 Scope:Link\nUP BROADCAST RUNNING MULTICASTMTU:1500Metric:1\nUP BROADCAST RUNNING MULTICAST MTU:1500Metric:1\nRX packets:84743 errors:0 dropped:7 overruns:0 frame:0\nTX packets:48721 errors:0 dropped:8 overruns:0 carrier:0",
        "eth0: flags=1043<UP,BROADCAST,RUNNING,MULTICAST> metric 1 mtu 1500\n\tEthernet 02:00:5E:10:00:01\n\tinet 192.0.2.10 netmask 0xffffff00 broadcast 192.0.2.255\n\tinet6 fe80::5eff:fe10:1%eth0 prefixlen 64 scopeid 0x4\nRX packets 84743  bytes 7 (7.0 B)\nRX errors 0 dropped 7\nTX packets 48721 bytes 7 (7.0 B)\nTX errors 0 dropped 8",
    ] {
        let text = text.replace("UP BROADCAST RUNNING MULTICASTMTU:1500Metric:1\n", "");
        let table = whole(&text);
        assert_eq!(
            shown(&table),
            [
                "device eth0 02:00:5e:10:00:01, up, 192.0.2.10/24 broadcast 192.0.2.255, fe80::5eff:fe10:1/64"
            ],
            "{text}"
        );
        assert_eq!(links(&table)[0].traffic, Some([84743, 7, 48721, 8]), "{text}");
        assert_eq!(links(&table)[0].mtu_bytes, Some(1500), "{text}");
    }
}

#[test]
fn macos() {
    let table = whole(
        "\
en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\toptions=6463<RXCSUM,TXCSUM,TSO4,TSO6,CHANNEL_IO,PARTIAL_CSUM,ZEROINVERT_CSUM>
\tether 02:00:5e:10:00:01
\tinet6 fe80::1c:5eff:fe10:1%en0 prefixlen 64 secured scopeid 0x6
\tinet 192.0.2.10 netmask 0xffff0000 broadcast 192.0.255.255
\tnd6 options=201<PERFORMNUD,DAD>
\tmedia: autoselect
\tstatus: active",
    );
    assert_eq!(table.foreign_system, Some("BSD or macOS"));
    assert_eq!(links(&table)[0].addresses[1].prefix_len, Some(16));
}

#[test]
fn tables_of_one_line_each() {
    let table = whole(
        "\
Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0             1500        6      0      1 0             7      0      2      0 BMRU
eth0:vip         1500      - no statistics available -                        BMRU
lo              65536      144      0      0 0           144      0      0      0 LRU",
    );
    let links = links(&table);
    assert_eq!((links.len(), links[0].traffic), (2, Some([6, 1, 7, 2])));
    assert!(links[1].loopback);
    let old = whole(
        "Kernel Interface table\nIface   MTU Met   RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\neth0 1500 0 6 0 1 0 7 0 2 0 BMRU",
    );
    assert_eq!(super::tests::links(&old)[0].traffic, Some([6, 1, 7, 2]));
    let toybox = whole(
        "eth0      192.0.2.10/24      02:00:5e:10:00:01 fe80::5eff:fe10:1/64@L 2001:db8::10/64@G",
    );
    assert_eq!(super::tests::links(&toybox)[0].addresses.len(), 3);
}

#[test]
fn addresses_without_a_device_are_named() {
    let line = "          inet addr:192.0.2.10  Bcast:192.0.2.255  Mask:255.255.255.0";
    assert_eq!(Ifconfig.sees(line, false), Sees::Row);
    assert_eq!(reason(&read(&Ifconfig, None, line), 0), "the line of its device is missing");
    let cut = read(&Ifconfig, None, "macv-long Link encap:Ethernet  HWaddr 02:00:5e:10:00:01");
    assert_eq!(cut.notes.len(), 1);
    for line in [
        "    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0",
        "2: eth0@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500",
        "192.0.2.0 0.0.0.0 255.255.255.0 U 80 0 0 eth0",
        "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN",
        "RX packets are lost",
        "192.0.2.1 ether 02:00:5e:10:00:fe C eth0",
        "internet 192.0.2.1 is down",
    ] {
        assert_eq!(Ifconfig.sees(line, false), Sees::Nothing, "{line}");
    }
}

#[test]
fn a_device_that_lost_its_line_ends() {
    let line = "eth0 Link encap:Ethernet HWaddr 02:00:5E:10:00:01 inet addr:192.0.2.10 Bcast:192.0.2.255 Mask:255.255.255.0 UP BROADCAST RUNNING MULTICAST MTU:1500 Metric:1 lo Link encap:Local Loopback inet addr:127.0.0.1 Mask:255.0.0.0";
    let parts = Ifconfig.split(line).unwrap();
    let table = whole(&parts.join("\n"));
    assert_eq!(
        shown(&table),
        [
            "device eth0 02:00:5e:10:00:01, up, 192.0.2.10/24 broadcast 192.0.2.255",
            "device lo, 127.0.0.1/8",
        ]
    );
    assert_eq!(Ifconfig.split("eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500"), None);
}
