use super::IpRoute;
use crate::format::fixture::{read, reason};
use crate::format::route::reading;
use crate::format::{Format, Sees, Table};
use crate::{Content, Cut, RouteRow, Taken};

fn rows(table: &Table) -> &[RouteRow] {
    match &table.content {
        Content::Routes(rows) => rows,
        other => panic!("{other:?}"),
    }
}

fn shown(command: Option<&str>, text: &str) -> Vec<String> {
    let table = read(&IpRoute, command, text);
    rows(&table)
        .iter()
        .map(|row| reading(row).spans().iter().map(synrecv_model::Span::raw).collect())
        .collect()
}

#[test]
fn gateways_by_name_are_no_way_on_the_wire() {
    let text = "default via _gateway dev eth0 proto dhcp metric 100";
    let table = read(&IpRoute, Some("ip -r route"), text);
    let [row] = rows(&table) else { panic!("{table:?}") };
    assert!(!row.on_link && row.hops[0].gateway_name.as_deref() == Some("_gateway"));
    assert_eq!(
        shown(None, text),
        ["0.0.0.0/0 via _gateway (a name, not an address) on eth0, metric 100"]
    );
}

const TABLE: &str = "\
default via 192.0.2.1 dev eth0 metric 80
10.1.0.0/16
	nexthop via 192.0.2.1 dev eth0 weight 1
	nexthop via 192.0.2.2 dev eth1 weight 3 dead linkdown
10.8.0.1 dev tun0 proto kernel scope link src 10.8.0.2 linkdown
blackhole 10.66.0.0/16
unreachable 10.67.0.0/16 metric 5
10.70.0.0/16 via 192.0.2.3 dev eth0 proto static src 192.0.2.11 onlink mtu lock 1400 advmss 1300
10.73.0.0/16 nhid 7 via 192.0.2.5 dev eth0
10.74.0.0/16 nhid 9
	nh_info id 9 group 7,2/8 scope global proto unspec
	nexthop via 192.0.2.5 dev eth0 weight 2
10.75.0.0/16 via inet6 fe80::1 dev eth0
10.77.0.0/16 encap ip id 7 src 10.0.0.1 dst 10.0.0.2 ttl 0 tos 0 via 192.0.2.9 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10
default via 192.0.2.1 dev eth0 table 100
unreachable 2001:db8:bad::/48 dev lo metric 1024 pref medium
local 192.0.2.10 dev eth0 table local proto kernel scope host src 192.0.2.10
broadcast 192.0.2.255 dev eth0 proto kernel scope link src 192.0.2.10
default via fe80::1 dev eth0 proto ra metric 100 expires 1799sec hoplimit 64 pref medium
default dev wg0 table vpn scope link";

#[test]
fn routes_of_all_shapes() {
    let expected = [
        "0.0.0.0/0 via 192.0.2.1 on eth0, metric 80",
        "10.1.0.0/16 via 192.0.2.1 on eth0 or via 192.0.2.2 on eth1 (down)",
        "10.8.0.1/32 on-link on tun0 (down) from 10.8.0.2",
        "10.66.0.0/16 blackhole",
        "10.67.0.0/16 unreachable, metric 5",
        "10.70.0.0/16 via 192.0.2.3 on eth0 from 192.0.2.11",
        "10.73.0.0/16 via 192.0.2.5 on eth0",
        "10.74.0.0/16 via 192.0.2.5 on eth0",
        "10.75.0.0/16 via fe80::1 on eth0",
        "10.77.0.0/16 via 192.0.2.9 on eth0",
        "192.0.2.0/24 on-link on eth0 from 192.0.2.10",
        "0.0.0.0/0 via 192.0.2.1 on eth0, table 100",
        "2001:db8:bad::/48 unreachable, metric 1024",
        "192.0.2.10/32 local on eth0 from 192.0.2.10, table local",
        "192.0.2.255/32 broadcast on eth0 from 192.0.2.10, table local",
        "::/0 via fe80::1 on eth0, metric 100",
    ];
    let shown = shown(None, TABLE);
    assert_eq!(shown[..16], expected);
    let table = read(&IpRoute, None, TABLE);
    let rows = rows(&table);
    assert_eq!((rows[1].hops[1].weight, rows[1].hops[1].dead), (3, true));
    assert_eq!((rows[6].nexthop_id, rows[7].nexthop_id), (Some(7), Some(9)));
    assert!(rows[5].hops[0].onlink);
    assert_eq!(rows[5].protocol, Some(4));
    assert_eq!(rows[16].table, Some(super::TableName::new("vpn").number));
    assert_eq!(table.notes.len(), 1);
    assert!(
        table.taken.iter().all(|taken| !matches!(taken, Taken::Rejected(_))),
        "{:?}",
        table.taken
    );
    // Without the blanks in front of lines, and with two between words.
    let flat = TABLE.replace('\t', "").replace(' ', "  ");
    assert_eq!(super::tests::shown(None, &flat), shown);
}

#[test]
fn one_line_each_and_types() {
    assert_eq!(
        shown(
            Some("ip -o route"),
            "10.1.0.0/16 \\\tnexthop via 192.0.2.1 dev eth0 weight 1 \\\tnexthop via 192.0.2.2 dev eth0 weight 3"
        ),
        ["10.1.0.0/16 via 192.0.2.1 on eth0 or via 192.0.2.2 on eth0"]
    );
    assert_eq!(
        shown(
            Some("ip -d route"),
            "unicast default via 192.0.2.1 dev eth0 proto boot scope global metric 80"
        ),
        ["0.0.0.0/0 via 192.0.2.1 on eth0, metric 80"]
    );
    assert_eq!(
        shown(
            Some("ip -N route"),
            "6 10.66.0.0/16\n2 192.0.2.10 dev eth0 table 255 proto 2 scope 254 src 192.0.2.10"
        ),
        ["10.66.0.0/16 blackhole", "192.0.2.10/32 local on eth0 from 192.0.2.10, table local"]
    );
}

#[test]
fn what_the_command_says_is_left_out_of_rows() {
    let text = "default via 192.0.2.1 metric 80\n10.71.0.7 scope link";
    assert_eq!(
        shown(Some("ip route show dev eth0"), text),
        ["0.0.0.0/0 via 192.0.2.1 on eth0, metric 80", "10.71.0.7/32 on-link on eth0",]
    );
    assert_eq!(read(&IpRoute, Some("ip route show dev eth0"), text).cut, Some(Cut::Filtered));
    assert_eq!(
        shown(Some("ip route show table 100"), "default via 192.0.2.1 dev eth0"),
        ["0.0.0.0/0 via 192.0.2.1 on eth0, table 100"]
    );
    assert_eq!(
        shown(Some("ip r s t all"), "default via 192.0.2.1 dev eth0"),
        ["0.0.0.0/0 via 192.0.2.1 on eth0, table main"]
    );
    assert_eq!(
        shown(Some("ip route list table all"), "default via 192.0.2.1 dev eth0"),
        ["0.0.0.0/0 via 192.0.2.1 on eth0, table main"]
    );
    assert_eq!(
        shown(Some("ip -6 route"), "default dev tun0 metric 1024"),
        ["::/0 on-link on tun0, metric 1024"]
    );
    let none = read(
        &IpRoute,
        Some("ip route show table 4711"),
        "Error: ipv4: FIB table does not exist.\nDump terminated",
    );
    assert_eq!(none.content, Content::Routes(Vec::new()));
}

#[test]
fn routes_without_a_way_are_named() {
    let table = read(&IpRoute, None, "10.1.0.0/16\n10.2.0.0/16 via 192.0.2.1 dev eth0");
    assert_eq!(reason(&table, 0), "no way out is printed");
    let table = read(&IpRoute, None, "nexthop via 192.0.2.1 dev eth0 weight 1");
    assert_eq!(reason(&table, 0), "the line of its route is missing");
    let table = read(&IpRoute, None, "default");
    assert_eq!((table.taken, table.content), (vec![Taken::Prose], Content::Nothing));
}

#[test]
fn routes_as_json() {
    let text = r#"[{"dst":"default","gateway":"192.0.2.1","dev":"eth0","metric":80,"flags":[]},{"dst":"10.1.0.0/16","flags":[],"nexthops":[{"gateway":"192.0.2.1","dev":"eth0","weight":1,"flags":[]},{"gateway":"192.0.2.2","dev":"eth0","weight":3,"flags":["dead"]}]},{"type":"blackhole","dst":"10.66.0.0/16","flags":[]},{"dst":"10.75.0.0/16","via":{"family":"inet6","host":"fe80::1"},"dev":"eth0","flags":[]},{"dst":"10.8.0.1","dev":"tun0","protocol":"kernel","scope":"link","prefsrc":"10.8.0.2","flags":["linkdown"]},{"dst":"default","dev":"eth0","metric":256,"flags":[],"pref":"medium"},{"type":"local","dst":"192.0.2.10","dev":"eth0","table":"local","flags":[]}]"#;
    assert_eq!(
        shown(None, text),
        [
            "0.0.0.0/0 via 192.0.2.1 on eth0, metric 80",
            "10.1.0.0/16 via 192.0.2.1 on eth0 or via 192.0.2.2 on eth0 (down)",
            "10.66.0.0/16 blackhole",
            "10.75.0.0/16 via fe80::1 on eth0",
            "10.8.0.1/32 on-link on tun0 (down) from 10.8.0.2",
            "::/0 on-link on eth0, metric 256",
            "192.0.2.10/32 local on eth0, table local",
        ]
    );
    assert_eq!(IpRoute.sees(text, false), Sees::Row);
}

#[test]
fn lines_of_others_are_no_routes() {
    for line in [
        "192.0.2.50 dev eth0 lladdr 02:00:5e:10:00:50 PERMANENT",
        "192.0.2.77 dev eth0 INCOMPLETE",
        "192.0.2.77 dev eth0 src 192.0.2.10 uid 0",
        "2001:db8::77 from :: dev eth0 proto kernel src 2001:db8::10 metric 256 pref medium",
        "0:	from all lookup local",
        "192.0.2.0 0.0.0.0 255.255.255.0 U 80 0 0 eth0",
        "default via the wrong router",
        "local 192.0.2.1",
        "10.0.0.0/8",
        "10.0.0.0/8 via VPN",
        "1 192.0.2.1 (192.0.2.1) 0.531 ms",
        "    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0",
    ] {
        assert_eq!(IpRoute.sees(line, false), Sees::Nothing, "{line}");
    }
    for line in [
        "default via 192.0.2.1 dev eth0",
        "10.100.0.10   dev wg0 scope link    ← this line",
        "default",
    ] {
        assert_eq!(IpRoute.sees(line, false), Sees::Row, "{line}");
    }
}

#[test]
fn routes_that_lost_their_line_ends() {
    let line = "default via 192.0.2.1 dev eth0 proto static local 192.0.2.10 dev eth0 table local src 192.0.2.10 10.1.0.0/16 proto static nexthop via 192.0.2.1 dev eth0 weight 1 192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10";
    assert_eq!(
        IpRoute.split(line).unwrap(),
        [
            "default via 192.0.2.1 dev eth0 proto static",
            "local 192.0.2.10 dev eth0 table local src 192.0.2.10",
            "10.1.0.0/16 proto static",
            "nexthop via 192.0.2.1 dev eth0 weight 1",
            "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10",
        ]
    );
    assert_eq!(IpRoute.split("default via 192.0.2.1 dev eth0"), None);
}

#[test]
fn broken_lines_are_put_together() {
    let whole = TABLE
        .replace("\n\tnexthop", " nexthop")
        .replace("\n\tnh_info id 9 group 7,2/8 scope global proto unspec", "");
    let expected = shown(None, &whole);
    for width in [24, 40, 61, 72] {
        let mut broken = String::new();
        let mut used = 0;
        for line in whole.lines() {
            for word in line.split(' ') {
                if used > 0 && used + word.len() > width {
                    broken.push('\n');
                    used = 0;
                }
                broken.push_str(word);
                broken.push(' ');
                used += word.len() + 1;
            }
            broken.push('\n');
            used = 0;
        }
        let table = read(&IpRoute, None, &broken);
        let marked = table.taken.iter().filter(|taken| matches!(taken, Taken::Rejected(_))).count();
        let read = shown(None, &broken);
        let new = read.iter().filter(|row| !expected.contains(row)).count();
        assert!(new <= marked, "{width}: {read:#?}");
    }
    // A line that is cut takes nothing from the next route.
    assert_eq!(
        shown(None, "10.0.0.0/8 via 192.0.2.1 dev eth0 src\ndefault via 192.0.2.9 dev eth1"),
        ["10.0.0.0/8 via 192.0.2.1 on eth0", "0.0.0.0/0 via 192.0.2.9 on eth1",]
    );
}
