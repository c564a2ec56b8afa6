use super::IpAddr;
use crate::format::fixture::{read, reason};
use crate::format::link_row::reading;
use crate::format::{Format, Sees, Table};
use crate::{Content, LinkRow, Taken};
use synrecv_model::{AddressScope, OperState};

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

const ADDR: &str = "\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host noprefixroute
       valid_lft forever preferred_lft forever
3: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 xdpgeneric/id:7 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:5e:10:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    prog/xdp id 7 name drop tag 3b185187f1855c4c jited
    altname enp1s0f0np0
    inet 192.0.2.10/24 metric 100 brd 192.0.2.255 scope global dynamic eth0
       valid_lft 3599sec preferred_lft 3599sec
    inet 192.0.2.11/24 brd 192.0.255.255 scope global secondary eth0:vip
       valid_lft forever preferred_lft forever
    inet6 2001:db8::10/64 scope global tentative dadfailed
       valid_lft forever preferred_lft forever
6: veth1@veth2: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue master br0 state LOWERLAYERDOWN group default qlen 1000
    link/ether ea:0a:58:c5:33:59 brd ff:ff:ff:ff:ff:ff promiscuity 1  allmulti 1 minmtu 68 maxmtu 65535
    veth
    bridge_slave state disabled priority 32 cost 2
10: tun0: <NO-CARRIER,POINTOPOINT,MULTICAST,NOARP,UP> mtu 1500 qdisc pfifo_fast state DOWN group default qlen 500
    link/none
    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0
       valid_lft forever preferred_lft forever";

#[test]
fn devices_with_addresses() {
    let table = read(&IpAddr, None, ADDR);
    assert_eq!(
        shown(&table),
        [
            "device lo, up, 127.0.0.1/8, ::1/128",
            "device eth0 02:00:5e:10:00:01, up, 192.0.2.10/24 broadcast 192.0.2.255, 192.0.2.11/24 broadcast 192.0.255.255, 2001:db8::10/64, somebody else has it",
            "device veth1 ea:0a:58:c5:33:59, up, of br0",
            "device tun0, up, 10.8.0.2/32 to 10.8.0.1",
        ]
    );
    let links = links(&table);
    assert!(links[0].loopback && links[3].point_to_point && links[3].noarp && links[1].xdp);
    assert_eq!((links[1].ifindex, links[1].mtu_bytes, links[1].line), (Some(3), Some(1500), 7));
    assert_eq!(
        (links[1].lower.as_deref(), links[2].lower.as_deref()),
        (Some("if2"), Some("veth2"))
    );
    assert_eq!(
        (links[2].carrier, links[2].operstate),
        (Some(false), Some(OperState::LowerLayerDown))
    );
    assert_eq!(links[2].kind.as_deref(), Some("veth"));
    let vip = &links[1].addresses[1];
    assert_eq!((vip.label.as_deref(), vip.secondary, vip.line), (Some("eth0:vip"), true, 13));
    assert_eq!(links[0].addresses[0].scope, Some(AddressScope::Host));
    assert!(
        table.taken.iter().all(|taken| !matches!(taken, Taken::Rejected(_))),
        "{:?}",
        table.taken
    );
    // Blanks in front of lines get lost in tickets.
    let flat: Vec<&str> = ADDR.lines().map(str::trim).collect();
    assert_eq!(shown(&read(&IpAddr, None, &flat.join("\n"))), shown(&table));
}

#[test]
fn one_line_each_and_brief() {
    let table = read(&IpAddr, Some("ip -o addr"), "\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
3: eth0    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
3: eth0    inet6 2001:db8::10/64 scope global \\       valid_lft forever preferred_lft forever");
    assert_eq!(
        shown(&table),
        [
            "device lo, 127.0.0.1/8",
            "device eth0, 192.0.2.10/24 broadcast 192.0.2.255, 2001:db8::10/64"
        ]
    );
    let table = read(
        &IpAddr,
        Some("ip -s -o link"),
        "3: eth0@if2: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\\    link/ether 02:00:5e:10:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0\\    RX:  bytes packets errors dropped  missed   mcast           \\           596       6      0       1       0       0 \\    TX:  bytes packets errors dropped carrier collsns           \\           596       7      0       2       0       0",
    );
    assert_eq!(links(&table)[0].traffic, Some([6, 1, 7, 2]));
    assert_eq!(shown(&table), ["device eth0 02:00:5e:10:00:01, up"]);
    let table = read(
        &IpAddr,
        None,
        "\
lo               UNKNOWN        127.0.0.1/8 ::1/128
eth0@if2         UP             192.0.2.10/24 192.0.2.11/24
veth2@veth1      DOWN
tun0             DOWN           10.8.0.2 peer 10.8.0.1/32
br0              DOWN           ea:0a:58:c5:33:59 <NO-CARRIER,BROADCAST,MULTICAST,UP>",
    );
    assert_eq!(
        shown(&table),
        [
            "device lo, 127.0.0.1/8, ::1/128",
            "device eth0, 192.0.2.10/24, 192.0.2.11/24",
            "device veth2",
            "device tun0, 10.8.0.2/32 to 10.8.0.1",
            "device br0 ea:0a:58:c5:33:59, up",
        ]
    );
    assert_eq!(links(&table)[1].operstate, Some(OperState::Up));
}

#[test]
fn counters_below_devices() {
    let table = read(
        &IpAddr,
        None,
        "\
3: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500
    link/ether 02:00:5e:10:00:01 brd ff:ff:ff:ff:ff:ff
    RX:  bytes packets errors dropped  missed   mcast
           596       6      0       1       0       0
    RX errors:  length    crc   frame    fifo overrun
                     0      0       0       0       0
    TX:  bytes packets errors dropped carrier collsns
           596       7      0       2       0       0
    TX errors: aborted   fifo  window heartbt transns
                     0      0       0       0       2",
    );
    assert_eq!(links(&table)[0].traffic, Some([6, 1, 7, 2]));
}

#[test]
fn addresses_that_grep_left_over() {
    let table = read(
        &IpAddr,
        None,
        "\
    inet 127.0.0.1/8 scope host lo
    inet6 ::1/128 scope host
    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0
    inet 192.0.2.11/24 scope global secondary eth0:vip
    inet 172.17.0.1/16 scope global br0",
    );
    assert_eq!(
        shown(&table),
        [
            "device lo, 127.0.0.1/8, ::1/128",
            "device eth0, 192.0.2.10/24 broadcast 192.0.2.255, 192.0.2.11/24",
            "device br0, 172.17.0.1/16",
        ]
    );
    let table = read(&IpAddr, None, "    inet6 2001:db8::10/64 scope global");
    assert_eq!(reason(&table, 0), "the line of its device is missing");
}

#[test]
fn an_alias_cannot_forge_a_device() {
    let forged = "\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
3: eth0@if2: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 02:00:5e:10:00:01 brd ff:ff:ff:ff:ff:ff
    alias uplink
and more
NUMBER: NAME: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP
    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0
4: br0: <BROADCAST,UP> mtu 1500 state DOWN
    link/ether ea:0a:58:c5:33:59 brd ff:ff:ff:ff:ff:ff";
    for (number, name) in [("9", "eth9"), ("4", "eth9"), ("3", "br0")] {
        let text = forged.replace("NUMBER", number).replace("NAME", name);
        let table = read(&IpAddr, None, &text);
        assert_eq!(
            shown(&table),
            [
                "device lo, up",
                "device eth0 02:00:5e:10:00:01, up, 192.0.2.10/24 broadcast 192.0.2.255",
                "device br0 ea:0a:58:c5:33:59, up",
            ],
            "{number} {name}"
        );
        assert_eq!(table.taken[6], Taken::Aside("text of the alias above it, not a device"));
        assert!(matches!(table.taken[5], Taken::Aside(_)));
    }
    let honest = forged.replace("NUMBER: NAME: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP\n", "");
    let table = read(&IpAddr, None, &honest);
    assert_eq!(links(&table).len(), 3);
    assert_eq!(table.notes.len(), 1);
}

#[test]
fn devices_as_json() {
    let text = r#"[{},{"ifindex":3,"link_index":2,"ifname":"eth0","flags":["BROADCAST","UP","LOWER_UP"],"mtu":1500,"qdisc":"noqueue","operstate":"UP","master":"br0","group":"default","txqlen":1000,"link_type":"ether","address":"02:00:5e:10:00:01","broadcast":"ff:ff:ff:ff:ff:ff","linkinfo":{"info_kind":"veth"},"ifalias":"x\n9: eth9: <UP>","stats64":{"rx":{"bytes":596,"packets":6,"errors":0,"dropped":1},"tx":{"bytes":596,"packets":7,"errors":0,"dropped":2}},"addr_info":[{},{"family":"inet","local":"192.0.2.10","prefixlen":24,"broadcast":"192.0.2.255","scope":"global","label":"eth0","valid_life_time":4294967295},{"family":"inet","local":"10.8.0.2","address":"10.8.0.1","prefixlen":32,"scope":"global","secondary":true,"label":"eth0:vip"},{"family":"inet6","local":"2001:db8::10","prefixlen":64,"scope":"global","tentative":true}]}]"#;
    assert_eq!(IpAddr.sees(text, false), Sees::Row);
    let table = read(&IpAddr, None, text);
    assert_eq!(
        shown(&table),
        [
            "device eth0 02:00:5e:10:00:01, up, of br0, 192.0.2.10/24 broadcast 192.0.2.255, 10.8.0.2/32 to 10.8.0.1, 2001:db8::10/64, not in use yet"
        ]
    );
    let link = &links(&table)[0];
    assert_eq!((link.kind.as_deref(), link.traffic), (Some("veth"), Some([6, 1, 7, 2])));
}

#[test]
fn lines_of_others_are_no_devices() {
    for line in [
        "        inet 192.0.2.10  netmask 255.255.255.0  broadcast 192.0.2.255",
        "          inet addr:192.0.2.10  Bcast:192.0.2.255  Mask:255.255.255.0",
        "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500",
        "0:	from all lookup local",
        " 1:  192.0.2.1  0.083ms",
        "1 192.0.2.1 (192.0.2.1) 0.531 ms",
        "eth0 is UP",
        "eth0 UP",
        "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt",
        "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0",
    ] {
        assert_eq!(IpAddr.sees(line, false), Sees::Nothing, "{line}");
    }
}
