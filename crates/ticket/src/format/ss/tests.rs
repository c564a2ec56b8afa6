use std::net::IpAddr;

use synrecv_model::{Endpoint, Span, TcpState};

use super::Ss;
use crate::format::fixture::{command, read, reason};
use crate::format::{Format, Sees, Table};
use crate::{Content, Cut, SocketRow, Taken};

fn rows(table: &Table) -> &[SocketRow] {
    match &table.content {
        Content::Sockets(rows) => rows,
        other => panic!("no sockets: {other:?}"),
    }
}

fn end(ip: &str, port: u16) -> Endpoint {
    Endpoint::new(ip.parse::<IpAddr>().unwrap(), port)
}

fn notes(table: &Table) -> Vec<String> {
    let raw = |note: &synrecv_model::Text| note.spans().iter().map(Span::raw).collect();
    table.notes.iter().map(raw).collect()
}

#[test]
fn a_table_with_details_below_each_row() {
    let text = "\
State    Recv-Q Send-Q    Local Address:Port       Peer Address:Port Process
LISTEN   5      4      [2001:db8:4::10]:80                 [::]:*     users:((\"synrecv-lab\",pid=10470,fd=44)) ino:10735241 sk:2180f6 cgroup:/ v6only:1 <->
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d6) bbr cwnd:10
SYN-RECV 0      0      [2001:db8:4::10]:80   [2001:db8:4:5::13]:36071 timer:(on,1.460ms,6) ino:0 sk:2180f7
\t
LISTEN   0      128               0.0.0.0:22                0.0.0.0:*
 cubic cwnd:10
LISTEN   0      128                     *:81                      *:*";
    let table = read(&Ss, Some("ss -tanoiemp"), text);
    let rows = rows(&table);
    assert_eq!(rows.len(), 4);
    assert_eq!(
        (rows[0].recv_queue, rows[0].send_queue, rows[0].drops_count),
        (Some(5), Some(4), Some(6))
    );
    assert_eq!(
        (rows[0].inode, rows[0].process.as_ref().unwrap().pid),
        (Some(10_735_241), Some(10470))
    );
    assert_eq!(rows[1].peer, Some(end("2001:db8:4:5::13", 36071)));
    assert_eq!(rows[1].timer.map(|timer| (timer.expires_ms, timer.count)), Some((1460, 6)));
    assert!(!rows[2].is_v6_socket);
    assert_eq!((rows[3].local, rows[3].is_v6_socket), (end("::", 81), true));
    assert!(matches!(table.taken[2], Taken::More(Some(_))));
    assert_eq!((&table.taken[4], &table.taken[6]), (&Taken::Blank, &Taken::More(None)));
}

#[test]
fn the_state_stands_in_the_command() {
    let text = "\
Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
0      0      192.0.2.17:80 198.51.100.7:51543
0      0      192.0.2.17:80 198.51.100.7:51544";
    let table = read(&Ss, Some("ss -tn state syn-recv"), text);
    assert_eq!(rows(&table).len(), 2);
    assert_eq!((rows(&table)[0].state, table.cut), (TcpState::SynRecv, Some(Cut::Filtered)));
    let table = read(&Ss, Some("ss -tn state established"), text);
    assert_eq!(rows(&table)[0].state, TcpState::Established);
    let table = read(&Ss, None, text);
    assert!(rows(&table).is_empty());
    assert!(reason(&table, 1).contains("no column for the state"));
}

#[test]
fn timers_tell_requests_where_nothing_else_does() {
    let text = "\
0 0 192.0.2.17:80 198.51.100.7:51543 timer:(on,236ms,2)
0 0 192.0.2.17:80 198.51.100.7:51544";
    let table = read(&Ss, None, text);
    assert!(rows(&table).iter().all(|row| row.state == TcpState::SynRecv));
    assert_eq!(rows(&table).len(), 2);
    assert_eq!(notes(&table).len(), 1);
    let sent = text.replace("0 0 192", "0 36 192");
    assert!(rows(&read(&Ss, None, &sent)).is_empty());
}

#[test]
fn old_versions_list_listeners_without_a_state() {
    let text = "\
Recv-Q Send-Q           Local Address:Port             Peer Address:Port
0      128                          *:22                         *:*
0      0                            *:80                         *:*";
    let table = read(&Ss, None, text);
    assert_eq!((rows(&table).len(), rows(&table)[1].state), (2, TcpState::Listen));
    assert_eq!(table.cut, Some(Cut::WithoutRequests));
    assert!(rows(&read(&Ss, Some("ss -lnu"), text)).is_empty());
    let unknown = read(&Ss, None, &text.replace("128", "0"));
    assert!(rows(&unknown).is_empty());
    assert_eq!(rows(&read(&Ss, Some("ss -lnt"), &text.replace("128", "0"))).len(), 2);
}

#[test]
fn columns_that_were_picked_out() {
    let table = read(&Ss, None, "SYN-RECV 192.0.2.17:80 198.51.100.7:51543");
    assert_eq!((rows(&table)[0].state, rows(&table)[0].recv_queue), (TcpState::SynRecv, None));
}

#[test]
fn an_empty_table_is_a_fact() {
    let title = "Recv-Q Send-Q Local Address:Port Peer Address:PortProcess";
    let table = read(&Ss, Some("ss -tno state syn-recv"), title);
    assert_eq!((table.content, &table.taken[0]), (Content::Sockets(Vec::new()), &Taken::Title));
}

#[test]
fn old_versions() {
    let text = "\
Netid  State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
tcp    LISTEN     0      128       *:22                    *:*                   users:((\"sshd\",2224,3))
tcp    SYN-RECV   0      0      192.0.2.73%if415659752:22                 192.0.2.24:56457
udp    UNCONN     0      0         *:68                    *:*
tcp    LISTEN     0      128    :::22                 :::*
tcp    SYN-RECV   0      0      ::ffff:192.0.2.121:80         ::ffff:192.0.2.119:41416
tcp    LISTEN     0      128    127.0.0.1%lo:53                 *:*";
    let table = read(&Ss, Some("ss -an"), text);
    let rows = rows(&table);
    assert_eq!(rows.len(), 5);
    assert_eq!((rows[0].local, rows[0].is_v6_socket), (end("0.0.0.0", 22), false));
    assert_eq!((rows[1].local, rows[1].device.as_deref()), (end("192.0.2.73", 22), None));
    assert_eq!((rows[2].local, rows[2].is_v6_socket), (end("::", 22), true));
    assert_eq!((rows[3].local, rows[3].is_v6_socket), (end("192.0.2.121", 80), true));
    assert_eq!((rows[4].is_v6_socket, rows[4].device.as_deref()), (false, Some("lo")));
    assert!(matches!(table.taken[3], Taken::Aside(_)));
}

#[test]
fn rows_on_two_lines() {
    let text = "\
ESTAB      0      0      192.0.2.17:80
    198.51.100.7:51543   timer:(keepalive,1min2sec,0)
SYN-RECV   0      0      192.0.2.17:80   198.51.100.7:51544
timer:(on,27sec,15)
LISTEN     0      128
*:80     *:*
SYN-RECV   0      0      192.0.2.17:80";
    let table = read(&Ss, None, text);
    let rows = rows(&table);
    assert_eq!((rows.len(), rows[0].peer), (3, Some(end("198.51.100.7", 51543))));
    assert_eq!(rows[0].timer.map(|timer| timer.expires_ms), Some(62_000));
    assert_eq!(rows[1].timer.map(|timer| timer.count), Some(15));
    assert!(matches!(table.taken[0], Taken::Repaired(_)));
    assert_eq!((reason(&table, 6).as_str(), table.cut), ("the row is cut", Some(Cut::LastRow)));
}

#[test]
fn blanks_are_missing() {
    let text = "\
StateRecv-QSend-QLocalAddress:PortPeerAddress:PortProcess
LISTEN054*:80*:*users:((\"python3\",pid=26022,fd=3))
SYN-RECV00192.0.2.17:80198.51.100.7:35249timer:(on,1.224ms,3)
SYN-RECV00192.0.2.17:80271.56.137.10:46839timer:(on,1.224ms,3)";
    let table = read(&Ss, None, text);
    let rows = rows(&table);
    assert_eq!(rows.len(), 2, "{:?}", table.taken);
    assert_eq!((rows[0].send_queue, rows[0].local.port), (Some(54), 80));
    assert_eq!(
        (rows[1].local.port, rows[1].peer, rows[1].guessed),
        (80, Some(end("198.51.100.7", 35249)), true)
    );
    assert_eq!(rows[1].timer.map(|timer| timer.count), Some(3));
    assert!(reason(&table, 3).contains(" or "));
}

#[test]
fn a_table_of_udp() {
    let text = "\
State  Recv-Q Send-Q Local Address:Port Peer Address:Port
UNCONN 0      0            0.0.0.0:68        0.0.0.0:*
ESTAB  0      0          192.0.2.1:5000    192.0.2.2:53";
    assert!(rows(&read(&Ss, None, text)).is_empty());
    assert!(rows(&read(&Ss, Some("ss -uan"), text)).is_empty());
    assert_eq!(rows(&read(&Ss, Some("ss -tuan"), text)).len(), 2);
}

#[test]
fn a_summary_holds_no_sockets() {
    let text = "\
Total: 3
TCP:   12 (estab 0, closed 10, orphaned 0, timewait 0)

Transport Total     IP        IPv6
RAW\t  0         0         0";
    let table = read(&Ss, Some("ss -s"), text);
    assert_eq!(table.content, Content::Nothing);
    assert!(matches!(table.taken[0], Taken::Aside(_)));
}

#[test]
fn what_the_command_leaves_out() {
    let title = "State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess";
    let table = read(&Ss, Some("ss -tn"), title);
    assert_eq!(
        notes(&table),
        [
            "sockets in LISTEN are not listed: they were not asked for",
            "sockets in SYN-RECV are not listed: ss without -a leaves them out"
        ]
    );
    let listen = "LISTEN 0      5            0.0.0.0:81        0.0.0.0:*";
    let table = read(&Ss, Some("ss -tlnp"), listen);
    assert!(notes(&table)[1].contains("not run as root"));
}

#[test]
fn what_is_seen_of_a_line() {
    for (line, is) in [
        ("SYN-RECV 0      0       192.0.2.17:80     198.51.100.7:35249", Sees::Row),
        ("tcp   LISTEN 0      5                   *:9090          *:*", Sees::Row),
        ("0      0      192.0.2.17:80 198.51.100.7:51543", Sees::Row),
        ("0      0      192.0.2.17:80 198.51.100.7:51543 timer:(on,1sec,2)", Sees::Row),
        ("SYN-RECV00192.0.2.17:80198.51.100.7:35249", Sees::Row),
        ("State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess", Sees::Title),
        ("tcp 0 0 192.0.2.17:80 198.51.100.7:51543 SYN_RECV", Sees::Nothing),
        ("udp   UNCONN 0      0     127.0.0.1:53   0.0.0.0:*", Sees::Nothing),
        ("LISTEN 0 128", Sees::Nothing),
        ("\t cubic cwnd:10", Sees::Nothing),
        ("12 3 a:b c:d", Sees::Nothing),
        ("0 0 192.0.2.17:80 198.51.100.7:51543 and so on", Sees::Nothing),
    ] {
        assert_eq!(Ss.sees(line, false), is, "{line}");
    }
    for (line, is) in [
        ("udp   UNCONN 0      0     127.0.0.1:53   0.0.0.0:*", Sees::Aside),
        ("u_str LISTEN 0      1     @x 10805563    * 0", Sees::Aside),
        ("LISTEN 0 128", Sees::Row),
        ("\t cubic cwnd:10", Sees::More),
        ("skmem:(r0,rb131072)", Sees::More),
        ("198.51.100.7:51543 timer:(on,1sec,2)", Sees::More),
        ("Failed to find cgroup2 mount", Sees::Aside),
        ("then it hung", Sees::Nothing),
        ("", Sees::Nothing),
    ] {
        assert_eq!(Ss.sees(line, true), is, "{line}");
    }
    assert!(Ss.is_printed_by(&command("ss -tan")));
}
