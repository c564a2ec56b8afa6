use super::{IpRouteGet, shown};
use crate::format::fixture::read;
use crate::format::{Format, Sees, Table};
use crate::{Content, RouteGetRow};
use synrecv_model::{RouteErrno, RouteKind};

fn rows(table: &Table) -> &[RouteGetRow] {
    match &table.content {
        Content::RouteGet(rows) => rows,
        other => panic!("{other:?}"),
    }
}

fn text(command: Option<&str>, text: &str) -> Vec<String> {
    let table = read(&IpRouteGet, command, text);
    rows(&table)
        .iter()
        .map(|row| shown(row).spans().iter().map(synrecv_model::Span::raw).collect())
        .collect()
}

#[test]
fn answers() {
    assert_eq!(
        text(
            None,
            "\
198.51.100.200 via 192.0.2.1 dev eth0 table 100 src 192.0.2.10 uid 0
    cache
159.99.233.20 from 159.99.250.198 dev eno1np0 uid 0
    cache
local 192.0.2.10 from 192.0.2.77 dev lo table local
    cache <local> iif eth0
10.1.2.3 via 192.0.2.1 dev eth0 table 100 src 192.0.2.10 mark 0x80000 uid 0
    cache expires 596sec mtu 1400
2001:db8:9::1 from :: via 2001:db8::1 dev eth0 src 2001:db8::10 metric 1024 pref medium
192.0.2.77 dev eth0  src 192.0.2.10"
        ),
        [
            "198.51.100.200/32 via 192.0.2.1 on eth0 from 192.0.2.10, table 100",
            "159.99.233.20/32 on-link on eno1np0, asked from 159.99.250.198",
            "192.0.2.10/32 local on lo, table local, asked from 192.0.2.77, asked for the way in by eth0",
            "10.1.2.3/32 via 192.0.2.1 on eth0 from 192.0.2.10, table 100, asked with mark 524288",
            "2001:db8:9::1/128 via 2001:db8::1 on eth0 from 2001:db8::10, metric 1024",
            "192.0.2.77/32 on-link on eth0 from 192.0.2.10",
        ]
    );
}

#[test]
fn refusals() {
    for (reason, errno) in [
        ("RTNETLINK answers: Network is unreachable", RouteErrno::ENETUNREACH),
        ("RTNETLINK answers: No route to host", RouteErrno::EHOSTUNREACH),
        ("RTNETLINK answers: Invalid cross-device link", RouteErrno::EXDEV),
        ("ip: RTNETLINK answers: Permission denied", RouteErrno::EACCES),
        ("RTNETLINK answers: Invalid argument", RouteErrno::EINVAL),
    ] {
        let table =
            read(&IpRouteGet, Some("ip route get 192.0.2.9 from 198.51.100.7 iif eth0"), reason);
        let row = &rows(&table)[0];
        assert_eq!(row.answer, Err(errno));
        assert_eq!(row.destination, "192.0.2.9".parse().ok());
        assert_eq!((row.from, row.iif.as_deref()), ("198.51.100.7".parse().ok(), Some("eth0")));
        assert_eq!(IpRouteGet.sees(reason, true), Sees::Row);
        // Without the question, these can be the answer to anything.
        let is_of_many = matches!(errno, RouteErrno::EINVAL | RouteErrno::EACCES);
        let alone = if is_of_many { Sees::Nothing } else { Sees::Row };
        assert_eq!(IpRouteGet.sees(reason, false), alone);
    }
    let alone = read(&IpRouteGet, None, "RTNETLINK answers: Network is unreachable");
    assert_eq!(rows(&alone)[0].destination, None);
    assert_eq!(IpRouteGet.sees("RTNETLINK answers: File exists", false), Sees::Nothing);
    assert_eq!(IpRouteGet.sees("connect: Network is unreachable", false), Sees::Nothing);
}

#[test]
fn the_question_of_the_command() {
    let table = read(
        &IpRouteGet,
        Some("ip r g to 10.1.2.3 mark 0x1"),
        "10.1.2.3 via 192.0.2.1 dev eth0 src 192.0.2.10\n    cache",
    );
    assert_eq!(rows(&table)[0].mark, Some(1));
    let matched =
        read(&IpRouteGet, Some("ip route get fibmatch 10.1.2.3"), "default via 192.0.2.1 dev eth0");
    assert_eq!(rows(&matched)[0].destination, "10.1.2.3".parse().ok());
    let other = read(
        &IpRouteGet,
        Some("ip route get 10.1.2.3 mark 1"),
        "10.9.9.9 via 192.0.2.1 dev eth0 src 192.0.2.10 uid 0",
    );
    assert_eq!(rows(&other)[0].mark, None);
}

#[test]
fn answers_as_json() {
    let text = r#"[{"dst":"10.1.2.3","from":"192.0.2.11","gateway":"192.0.2.1","dev":"eth0","table":"100","prefsrc":"192.0.2.10","flags":[],"uid":0,"cache":[]}]"#;
    assert_eq!(IpRouteGet.sees(text, false), Sees::Row);
    let table = read(&IpRouteGet, None, text);
    let row = &rows(&table)[0];
    assert_eq!(row.from, "192.0.2.11".parse().ok());
    assert!(
        row.answer
            .as_ref()
            .is_ok_and(|route| route.kind == RouteKind::Unicast && route.table == Some(100))
    );
}

#[test]
fn rows_of_tables_are_no_answers() {
    for line in [
        "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10",
        "10.8.0.1 dev tun0 proto kernel scope link src 10.8.0.2",
        "default via 192.0.2.1 dev eth0",
        "local 192.0.2.10 dev eth0 table local proto kernel scope host src 192.0.2.10",
        "192.0.2.50 dev eth0 lladdr 02:00:5e:10:00:50 PERMANENT",
        "cache memory is full",
    ] {
        assert_eq!(IpRouteGet.sees(line, false), Sees::Nothing, "{line}");
        assert_eq!(IpRouteGet.sees(line, true), Sees::Nothing, "{line}");
    }
}
