use std::net::IpAddr;

use synrecv_model::{Endpoint, Span, TcpState, TimerKind};

use super::Netstat;
use crate::format::fixture::{read, reason};
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

fn one(text: &str) -> SocketRow {
    let table = read(&Netstat, None, text);
    assert_eq!(rows(&table).len(), 1, "{:?}", table.taken);
    rows(&table)[0].clone()
}

fn notes(table: &Table) -> Vec<String> {
    let raw = |note: &synrecv_model::Text| note.spans().iter().map(Span::raw).collect();
    table.notes.iter().map(raw).collect()
}

#[test]
fn a_table_of_net_tools() {
    let text = "\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name     Timer
tcp        5      0 0.0.0.0:8443            0.0.0.0:*               LISTEN      1502/nginx: master   off (0.00/0/0)
tcp        0      0 192.0.2.17:8443         198.51.100.7:35655      SYN_RECV    -                    on (5.72/3/0)
tcp6       0      0 :::80                   :::*                    LISTEN      99/a b/c             off (0.00/0/0)
tcp6       0      0 192.0.2.17:80           198.51.100.8:1022       ESTABLISHED -                    keepalive (70.54/0/2)
udp        0      0 0.0.0.0:68              0.0.0.0:*                           77/dhclient          off (0.00/0/0)
raw6       0      0 :::58                   :::*                    7           -                    off (0.00/0/0)
Active UNIX domain sockets (servers and established)
Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path
unix  2      [ ACC ]     STREAM     LISTENING     10805563 1/init               @x";
    let table = read(&Netstat, Some("netstat -anop"), text);
    let rows = rows(&table);
    assert_eq!(rows.len(), 4);
    assert_eq!((rows[0].state, rows[0].local), (TcpState::Listen, end("0.0.0.0", 8443)));
    assert_eq!((rows[0].recv_queue, rows[0].peer, rows[0].is_v6_socket), (Some(5), None, false));
    assert_eq!(rows[0].process.as_ref().unwrap().name, "nginx: master");
    let timer = rows[1].timer.unwrap();
    assert_eq!((timer.kind, timer.expires_ms, timer.count), (Some(TimerKind::On), 5720, 3));
    assert_eq!(rows[1].peer, Some(end("198.51.100.7", 35655)));
    assert_eq!(rows[1].process, None);
    assert_eq!((rows[2].local, rows[2].is_v6_socket), (end("::", 80), true));
    assert_eq!(rows[2].process.as_ref().unwrap().name, "a b/c");
    assert_eq!((rows[3].local, rows[3].is_v6_socket), (end("192.0.2.17", 80), true));
    assert_eq!(rows[3].timer.unwrap().probe_count, 2);
    assert!(matches!(table.taken[6], Taken::Aside(_)));
    assert_eq!(
        notes(&table),
        ["connections wait to be accepted; netstat does not show the limit, ss -ltn does"]
    );
    assert_eq!(table.cut, None);
}

#[test]
fn states_and_timers_in_other_languages() {
    for (text, state, timer) in [
        (
            "tcp 0 0 192.0.2.1:80 198.51.100.7:5 SYN_RECEBIDO - em (0,41/1/0)",
            TcpState::SynRecv,
            Some(410),
        ),
        (
            "tcp 0 0 192.0.2.1:80 198.51.100.7:5 SYN_RECV - オン (0.36/0/0)",
            TcpState::SynRecv,
            Some(360),
        ),
        (
            "tcp 0 0 192.0.2.1:80 198.51.100.7:5 SYN_RECV 打开 (0.14/1/0)",
            TcpState::SynRecv,
            Some(140),
        ),
        (
            "tcp 0 0 192.0.2.1:80 198.51.100.7:5 SYN_RECV foo (0.14/1/0)",
            TcpState::SynRecv,
            Some(140),
        ),
        ("tcp 0 0 192.0.2.1:80 198.51.100.7:5 POSLEDNÍ ACK 7/x", TcpState::LastAck, None),
        ("tcp 0 0 192.0.2.1:80 198.51.100.7:5 VERBUNDEN 7/x", TcpState::Established, None),
        ("tcp 0 0 0.0.0.0:80 0.0.0.0:* OUÇA 13812/python3", TcpState::Listen, None),
    ] {
        let row = one(text);
        let running = row.timer.filter(|timer| timer.kind == Some(TimerKind::On));
        assert_eq!((row.state, running.map(|timer| timer.expires_ms)), (state, timer), "{text}");
    }
}

#[test]
fn owners_and_inodes() {
    let row = one("tcp6 0 0 2001:db8:4::10:80 :::* LISTEN 0 10735241 10470/synrecv-lab");
    assert_eq!((row.uid, row.inode), (Some(0), Some(10_735_241)));
    assert_eq!(row.process.unwrap().pid, Some(10470));
}

#[test]
fn names_and_addresses_that_are_cut_are_named() {
    let text = "\
tcp 0 0 *:http *:* LISTEN
tcp 0 0 localhost:ipp *:* LISTEN
tcp6 0 0 ip6-localhost:ipp [::]:* LISTEN
tcp 0 0 server:ssh client:1022 SYN_RECV
tcp 0 0 192.0.2.1:noservice 192.0.2.2:1022 SYN_RECV
tcp6 0 0 2001:db8:aaaa:bbbb:8080 2001:db8:aaaa:bbb:54382 ESTABLISHED
tcp6 0 0 2001:db8:10:20::15:8080 :::* LISTEN";
    let table = read(&Netstat, Some("netstat -a"), text);
    let locals: Vec<Endpoint> = rows(&table).iter().map(|row| row.local).collect();
    assert_eq!(locals, [end("0.0.0.0", 80), end("127.0.0.1", 631), end("::1", 631)]);
    assert!(reason(&table, 3).contains("host name"));
    assert!(reason(&table, 4).contains("port name noservice"));
    assert!(reason(&table, 5).contains("cut the address 2001:db8:aaaa:bbbb;"));
    assert!(reason(&table, 6).contains("may be cut"));
    assert_eq!(notes(&table).len(), 2);
}

#[test]
fn an_address_that_fills_its_column_can_be_whole() {
    let line = "tcp6 0 0 2001:db8:10:20::15:8080 :::* LISTEN";
    let wide = read(&Netstat, Some("netstat -antW"), line);
    assert_eq!((rows(&wide).len(), rows(&wide)[0].guessed), (1, false));
    let other = "tcp6 0 0 2001:db8:10:20::15:80 :::* LISTEN";
    let table = read(&Netstat, None, &format!("{line}\n{other}"));
    assert_eq!((rows(&table).len(), rows(&table)[0].guessed), (2, true));
    let longer = "tcp6 0 0 2001:db8:10:20::150:8080 :::* LISTEN";
    let table = read(&Netstat, None, &format!("{line}\n{longer}"));
    assert_eq!((rows(&table).len(), rows(&table)[0].guessed), (2, false));
}

#[test]
fn busybox_says_tcp_for_both_families() {
    let row =
        one("tcp        0      0 2001:db8:4::10:80       2001:db8:4:5::13:36071  SYN_RECV    ");
    assert!(row.is_v6_socket);
    let mapped = one(
        "tcp        0      0 ::ffff:198.51.100.200:9090 ::ffff:198.51.100.200:46408 ESTABLISHED",
    );
    assert_eq!((mapped.local, mapped.is_v6_socket), (end("198.51.100.200", 9090), true));
}

#[test]
fn windows() {
    let text = "\
活动连接

  协议  本地地址          外部地址        状态           PID
  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING       4
  TCP    192.0.2.9:80           198.51.100.7:5000      SYN_RECEIVED    4
  TCP    [::]:80                [::]:0                 LISTENING       4
  TCP    [fe80::1%12]:80        [fe80::2%12]:5000      ESTABLISHED     7
  UDP    0.0.0.0:123            *:*                                    1";
    let table = read(&Netstat, Some("netstat -ano"), text);
    assert_eq!(table.foreign_system, Some("Windows"));
    let rows = rows(&table);
    assert_eq!((rows.len(), rows[0].peer, rows[0].recv_queue), (4, None, None));
    assert_eq!(
        (rows[1].state, rows[1].process.as_ref().unwrap().pid),
        (TcpState::SynRecv, Some(4))
    );
    assert_eq!(rows[3].device.as_deref(), Some("12"));
    assert!(notes(&table).is_empty());
}

#[test]
fn bsd() {
    let text = "\
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  10.0.0.1.80            192.0.2.4.5555         SYN_RCVD
tcp46      0      0  *.80                   *.*                    LISTEN
tcp6       0      0  fe80::1%lo0.1024       fe80::2%lo0.1025       ESTABLISHED
tcp6       0      0  2001:db8:b6c0:2.50743  2001:db8::1.443        ESTABLISHED
tcp4       0      0  *.*                    *.*                    CLOSED
udp4       0      0  *.5353                 *.*";
    let table = read(&Netstat, None, text);
    assert_eq!(table.foreign_system, Some("macOS or BSD"));
    let rows = rows(&table);
    assert_eq!(
        (rows.len(), rows[0].state, rows[0].local),
        (3, TcpState::SynRecv, end("10.0.0.1", 80))
    );
    assert_eq!((rows[1].local, rows[1].is_v6_socket), (end("::", 80), true));
    assert_eq!(rows[2].device.as_deref(), Some("lo0"));
    assert!(reason(&table, 5).contains("cut"));
    assert!(matches!(table.taken[6], Taken::Aside(_)));
}

#[test]
fn other_rows_decide_between_readings() {
    let text = "\
tcp00 0.0.0.0:800.0.0.0:*LISTEN
tcp00 192.0.2.17:8071.56.137.10:56657SYN_RECV
tcp00";
    let table = read(&Netstat, None, text);
    let rows = rows(&table);
    assert_eq!((rows.len(), rows[0].guessed, rows[1].guessed), (2, false, true));
    assert_eq!((rows[1].local.port, rows[1].peer), (80, Some(end("71.56.137.10", 56657))));
    assert!(matches!(table.taken[0], Taken::Repaired(_)));
    assert_eq!(table.cut, Some(Cut::LastRow));
    assert_eq!(reason(&table, 2), "the row is cut");
}

#[test]
fn the_port_of_grep_decides_between_readings() {
    let line = "tcp00 192.0.2.17:8071.56.137.10:56657SYN_RECV";
    let table = read(&Netstat, None, line);
    assert!(rows(&table).is_empty());
    assert_eq!(
        reason(&table, 0),
        "blanks are missing, and it can be read as 192.0.2.17:80 <- 71.56.137.10:56657 SYN_RECV \
         or 192.0.2.17:807 <- 1.56.137.10:56657 SYN_RECV"
    );
    let mut command = crate::format::fixture::command("netstat -an");
    command.filter = Some("grep :80".to_owned());
    let lines = crate::format::fixture::lines(line);
    let table = Netstat.read(&lines, Some(&command));
    assert_eq!(rows(&table)[0].local.port, 80);
}

#[test]
fn only_some_blanks_are_missing() {
    let row = one("tcp 0 0 192.0.2.17:80 71.56.137.10:56657SYN_RECV");
    assert_eq!((row.local, row.guessed), (end("192.0.2.17", 80), false));
    let row = one("tcp600:::80:::*LISTEN13812/python3");
    assert_eq!((row.local, row.process.unwrap().pid), (end("::", 80), Some(13812)));
    let table = read(&Netstat, None, "tcp00192.0.2.17:80198.51.100.7:51543ESTABLISHED");
    assert!(reason(&table, 0).contains("192.0.2.17:801 - 98.51.100.7:51543"));
}

#[test]
fn columns_that_were_picked_out() {
    let row = one("192.0.2.17:80 198.51.100.7:4711 SYN_RECV");
    assert_eq!((row.state, row.recv_queue), (TcpState::SynRecv, None));
}

#[test]
fn what_is_seen_of_a_line() {
    let row = "tcp        0      0 192.0.2.17:80    198.51.100.7:4711   SYN_RECV";
    assert_eq!(Netstat.sees(row, false), Sees::Row);
    assert_eq!(Netstat.sees("tcp00192.0.2.17:80198.51.100.7:51543SYN_RECV", false), Sees::Row);
    assert_eq!(
        Netstat.sees("Proto Recv-Q Send-Q Local Address  Foreign Address  State", false),
        Sees::Title
    );
    for line in [
        "tcp 0 0 192.0.2.1:80 198.51.100.7:5",
        "udp 0 0 0.0.0.0:68 0.0.0.0:*",
        "tcp 6 431999 ESTABLISHED src=192.0.2.1 dst=192.0.2.2",
        "TCP 00:58 SYN_RECV 192.0.2.193:45346 192.0.2.152:8000 198.51.100.102:8000",
        "tcp LISTEN 0 128 *:22 *:*",
        "tcp is a protocol",
        "192.0.2.17:80 198.51.100.7:4711 and more",
        "a:1 b:2 LISTEN",
        "tcp00",
        "",
    ] {
        assert_eq!(Netstat.sees(line, false), Sees::Nothing, "{line}");
    }
    for (line, is) in [
        ("tcp 0 0 192.0.2.1:80 198.51.100.7:5", Sees::Row),
        ("tcp        0", Sees::Row),
        ("udp 0 0 0.0.0.0:68 0.0.0.0:*", Sees::Aside),
        ("unix  2      [ ACC ]     流        LISTENING     2589     /run/x", Sees::Aside),
        ("tcp is a protocol", Sees::Nothing),
    ] {
        assert_eq!(Netstat.sees(line, true), is, "{line}");
    }
}

#[test]
fn what_the_command_leaves_out() {
    let row = "tcp 0 0 192.0.2.17:80 198.51.100.7:4711 SYN_RECV";
    let table = read(&Netstat, Some("netstat -tn"), row);
    assert_eq!(notes(&table), ["sockets in LISTEN are not listed: netstat without -a"]);
    let title = "Active Internet connections (only servers)\n\
                 tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n\
                 (Not all processes could be identified, non-owned process info";
    let table = read(&Netstat, None, title);
    assert_eq!(
        notes(&table),
        [
            "only sockets in LISTEN are listed: netstat with -l and without -a",
            "not run as root: processes of other users are not shown"
        ]
    );
    let table = read(&Netstat, Some("netstat -antp"), "netstat: invalid option -- 'p'");
    assert_eq!(table.content, Content::Nothing);
}
