use super::ProcRoute;
use crate::format::fixture::{read, reason};
use crate::format::route::reading;
use crate::format::{Format, Sees};
use crate::{Content, RouteRow, Taken};

fn shown(rows: &[RouteRow]) -> Vec<String> {
    rows.iter()
        .map(|row| reading(row).spans().iter().map(synrecv_model::Span::raw).collect())
        .collect()
}

#[test]
fn routes_of_ipv4() {
    let text = "\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	80	00000000	0	0	0
tun0	0100080A	00000000	0005	0	0	0	FFFFFFFF	0	0	0
*	0000420A	00000000	0001	0	0	0	0000FFFF	0	0	0
*	0000430A	00000000	0201	0	0	5	0000FFFF	0	0	0
eth0	00004B0A	00000000	0003	0	0	0	0000FFFF	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0";
    let table = read(&ProcRoute, None, text);
    let Content::Routes(rows) = &table.content else { panic!("no routes") };
    assert_eq!(
        shown(rows),
        [
            "0.0.0.0/0 via 192.0.2.1 on eth0, metric 80",
            "10.8.0.1/32 on-link on tun0, metric 0",
            "10.66.0.0/16 blackhole, metric 0",
            "10.67.0.0/16 unreachable, metric 5",
            "192.0.2.0/24 on-link on eth0, metric 0",
        ]
    );
    assert_eq!(table.taken[0], Taken::Title);
    assert_eq!(reason(&table, 5), "the gateway is of IPv6 and is not printed");
}

#[test]
fn the_order_of_octets_of_other_machines() {
    let table = read(
        &ProcRoute,
        None,
        "\
eth0 00000000 C0000201 0003 0 0 80 00000000 0 0 0
eth0 C0000200 00000000 0001 0 0 0 FFFFFF00 0 0 0",
    );
    let Content::Routes(rows) = &table.content else { panic!("no routes") };
    assert_eq!(shown(rows)[1], "192.0.2.0/24 on-link on eth0, metric 0");
}

#[test]
fn routes_of_ipv6() {
    let table = read(&ProcRoute, None, "\
20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000003 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 20010db8000000000000000000000001 00000400 00000001 00000000 00000003     eth0
20010db80bad00000000000000000000 30 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00200200       lo
20010db8000000000000000000000010 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo");
    let Content::Routes(rows) = &table.content else { panic!("no routes") };
    assert_eq!(
        shown(rows),
        [
            "2001:db8::/64 on-link on eth0, metric 256",
            "::/0 via 2001:db8::1 on eth0, metric 1024",
            "2001:db8:bad::/48 unreachable, metric 1024",
            "2001:db8::10/128 local on eth0, metric 0, table local",
        ]
    );
    assert!(matches!(table.taken[4], Taken::Aside(_)));
    for line in [
        "eth0 1 2 3",
        "  0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 31917",
    ] {
        assert_eq!(ProcRoute.sees(line, true), Sees::Nothing, "{line}");
    }
}
