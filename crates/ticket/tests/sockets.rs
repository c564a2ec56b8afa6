//! Outputs of tools that were run in scenarios of the lab, and what must be read from them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use synrecv_model::{Endpoint, TcpState, TimerKind};
use synrecv_ticket::{Content, Cut, Kind, Limits, Piece, SocketRow, Taken, Ticket, hosts, read};

fn ticket(text: &str) -> Ticket {
    read(text.as_bytes(), Limits::default()).expect("small")
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read_to_string(path).expect(name)
}

/// The rows of the only table of sockets.
#[track_caller]
fn table(text: &str) -> (Piece, Vec<SocketRow>) {
    let ticket = ticket(text);
    let mut tables = ticket.pieces.into_iter().filter_map(|piece| match &piece.content {
        Content::Sockets(rows) => Some((piece.clone(), rows.clone())),
        _ => None,
    });
    let only = tables.next().expect("a table");
    assert_eq!(tables.next(), None);
    only
}

fn end(ip: &str, port: u16) -> Endpoint {
    Endpoint::new(ip.parse::<IpAddr>().expect("address"), port)
}

fn count(rows: &[SocketRow], state: TcpState) -> usize {
    rows.iter().filter(|row| row.state == state).count()
}

/// What must not depend on blanks and line numbers.
fn facts(rows: &[SocketRow]) -> Vec<SocketRow> {
    rows.iter().map(|row| SocketRow { line: 0, guessed: false, ..row.clone() }).collect()
}

#[test]
fn every_row_is_read_or_rejected() {
    for (name, kind, row_count, rejected_count) in [
        ("netstat-accept-queue-full.txt", Kind::Netstat, 45, 0),
        ("netstat-an-cut.txt", Kind::Netstat, 9, 7),
        ("netstat-anltpe-v6.txt", Kind::Netstat, 14, 0),
        ("netstat-antop-incident.txt", Kind::Netstat, 18, 0),
        ("netstat-antop-v6-cs.txt", Kind::Netstat, 13, 0),
        ("netstat-antop-v6-de.txt", Kind::Netstat, 13, 0),
        ("netstat-antop-v6-et.txt", Kind::Netstat, 13, 0),
        ("netstat-antop-v6-fr.txt", Kind::Netstat, 13, 0),
        ("netstat-antop-v6-ja.txt", Kind::Netstat, 13, 0),
        ("netstat-antop-v6-pt.txt", Kind::Netstat, 13, 0),
        ("netstat-busybox.txt", Kind::Netstat, 16, 0),
        ("netstat-not-root.txt", Kind::Netstat, 13, 0),
        ("netstat-toybox.txt", Kind::Netstat, 8, 8),
        ("netstat-wide.txt", Kind::Netstat, 16, 0),
        ("ss-a-names.txt", Kind::Ss, 16, 0),
        ("ss-an.txt", Kind::Ss, 16, 0),
        ("ss-htno-state.txt", Kind::Ss, 32, 0),
        ("ss-tanoiemp-v6.txt", Kind::Ss, 13, 0),
        ("ss-tanop-narrow.txt", Kind::Ss, 33, 0),
        ("ss-tanope-hostile.txt", Kind::Ss, 16, 0),
        ("ss-tlne-accept-queue-full.txt", Kind::Ss, 2, 0),
        ("proc-tcp-incident.txt", Kind::Proc, 33, 0),
        ("proc-tcp6-incident.txt", Kind::Proc, 13, 0),
        ("proc-tcp6-mapped.txt", Kind::Proc, 11, 0),
    ] {
        let (piece, rows) = table(&fixture(name));
        assert_eq!(
            (piece.kind, piece.row_count, piece.rejected_count, rows.len()),
            (kind, row_count, rejected_count, row_count as usize),
            "{name}"
        );
    }
}

#[test]
fn languages_differ_only_in_words() {
    let mut peers = BTreeSet::new();
    for language in ["cs", "de", "et", "fr", "ja", "pt"] {
        let (_, rows) = table(&fixture(&format!("netstat-antop-v6-{language}.txt")));
        assert_eq!((count(&rows, TcpState::Listen), count(&rows, TcpState::SynRecv)), (1, 12));
        let on =
            |row: &&SocketRow| row.timer.is_some_and(|timer| timer.kind == Some(TimerKind::On));
        assert_eq!(rows.iter().filter(on).count(), 12, "{language}");
        assert_eq!(
            rows[0].process.as_ref().map(|process| process.name.as_str()),
            Some("synrecv-lab")
        );
        peers.insert(rows.iter().map(|row| row.peer).collect::<Vec<_>>());
    }
    assert_eq!(peers.len(), 1);
}

#[test]
fn a_full_accept_queue() {
    let (_, rows) = table(&fixture("netstat-accept-queue-full.txt"));
    let full = rows.iter().find(|row| row.local == end("10.1.0.10", 8443)).expect("listener");
    assert_eq!((full.state, full.recv_queue, full.uid), (TcpState::Listen, Some(33), Some(0)));
    // Without an inode: completed, and nobody has accepted them.
    let waits = |row: &&SocketRow| {
        row.local == full.local
            && row.inode == Some(0)
            && matches!(row.state, TcpState::Established | TcpState::CloseWait)
    };
    assert_eq!(rows.iter().filter(waits).count(), 33);
    let (_, rows) = table(&fixture("ss-tlne-accept-queue-full.txt"));
    assert_eq!((rows[1].recv_queue, rows[1].send_queue), (Some(33), Some(32)));
}

#[test]
fn retries_and_drops() {
    let (_, rows) = table(&fixture("ss-tanoiemp-v6.txt"));
    assert_eq!((rows[0].local, rows[0].drops_count), (end("2001:db8:4::10", 80), Some(6)));
    assert_eq!(rows[2].timer.map(|timer| (timer.expires_ms, timer.count)), Some((1708, 2)));
    let (_, rows) = table(&fixture("proc-tcp6-incident.txt"));
    assert_eq!((rows[0].ref_count, rows[0].is_v6_socket), (Some(13), true));
    assert_eq!(rows[2].timer.map(|timer| (timer.expires_ms, timer.count)), Some((1480, 1)));
    let (_, rows) = table(&fixture("proc-tcp6-mapped.txt"));
    assert_eq!((rows[9].local, rows[9].is_v6_socket), (end("198.51.100.200", 9090), true));
    assert_eq!(rows[1].recv_queue, Some(1));
}

#[test]
fn a_state_that_only_timers_tell() {
    let (piece, rows) = table(&fixture("ss-htno-state.txt"));
    assert_eq!((count(&rows, TcpState::SynRecv), piece.cut), (32, Some(Cut::Filtered)));
    let named = format!("$ ss -Htno state syn-recv\n{}", fixture("ss-htno-state.txt"));
    assert_eq!(facts(&table(&named).1), facts(&rows));
}

#[test]
fn tools_agree() {
    // One moment, printed by several tools; those that cut addresses have fewer rows.
    let ends = |name: &str| -> BTreeSet<_> {
        table(&fixture(name)).1.iter().map(|row| (row.local, row.peer, row.state)).collect()
    };
    let wide = ends("netstat-wide.txt");
    for name in ["netstat-busybox.txt", "ss-an.txt", "ss-a-names.txt", "ss-tanope-hostile.txt"] {
        assert_eq!(ends(name), wide, "{name}");
    }
    for name in ["netstat-an-cut.txt", "netstat-toybox.txt"] {
        assert!(ends(name).is_subset(&wide), "{name}");
    }
    let names = table(&fixture("ss-tanope-hostile.txt")).1;
    assert!(names.iter().filter_map(|row| row.process.as_ref()).all(|own| own.pid == Some(23311)));
}

#[test]
fn a_summary_is_no_table() {
    let ticket = ticket(&fixture("ss-s.txt"));
    assert_eq!((ticket.pieces.len(), &ticket.pieces[0].content), (1, &Content::Nothing));
}

fn collapsed(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Lines of details keep the blank that they begin with.
#[test]
fn blanks_in_a_row_do_not_matter() {
    for entry in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")).expect("data")
    {
        let name = entry.expect("entry").file_name().into_string().expect("name");
        let is_table =
            ["netstat-a", "netstat-b", "netstat-n", "netstat-t", "netstat-w", "ss-", "proc-tcp"];
        if !is_table.iter().any(|start| name.starts_with(start)) || name == "ss-s.txt" {
            continue;
        }
        let text = fixture(&name);
        let (whole, rows) = table(&text);
        let (damaged, damaged_rows) = table(&collapsed(&text));
        assert_eq!(facts(&damaged_rows), facts(&rows), "{name}");
        assert_eq!(damaged.rejected_count, whole.rejected_count, "{name}");
    }
}

#[test]
fn rows_without_blanks_are_right_or_rejected() {
    for name in
        ["netstat-antop-incident.txt", "netstat-accept-queue-full.txt", "netstat-anltpe-v6.txt"]
    {
        let text = fixture(name);
        let (_, rows) = table(&text);
        let ends = |row: &SocketRow| (row.local, row.peer, row.state);
        let right: BTreeSet<_> = rows.iter().map(ends).collect();
        let squeezed: String = text.split_whitespace().collect();
        let ticket = ticket(&squeezed);
        let found: Vec<&SocketRow> = ticket
            .pieces
            .iter()
            .filter_map(|piece| match &piece.content {
                Content::Sockets(rows) => Some(rows),
                _ => None,
            })
            .flatten()
            .collect();
        let wrong: Vec<_> = found.iter().filter(|row| !right.contains(&ends(row))).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        let rejected =
            ticket.lines().filter(|(_, _, taken)| matches!(taken, Taken::Rejected(_))).count();
        assert_eq!(found.len() + rejected, rows.len(), "{name}");
        assert!(found.len() * 2 > rows.len(), "{name}: {} of {}", found.len(), rows.len());
    }
}

#[test]
fn what_was_not_asked_for_is_not_absent() {
    let title = "Active Internet connections (only servers)\n";
    let listener = "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n";
    let up = "tcp 0 0 192.0.2.1:80 198.51.100.7:4711 ESTABLISHED\n";
    let whole = "Active Internet connections (servers and established)\n";
    for (text, cut) in [
        (format!("$ netstat -tlnp\n{listener}"), Some(Cut::WithoutRequests)),
        (format!("$ netstat -tan\n{listener}"), None),
        (format!("{title}{listener}"), Some(Cut::WithoutRequests)),
        (format!("{whole}{listener}"), None),
        (listener.to_owned(), Some(Cut::WithoutRequests)),
        (format!("{listener}{up}"), None),
        ("$ ss -ltn\nLISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n".to_owned(), Some(Cut::WithoutRequests)),
        (
            "$ ss -tn\nESTAB 0 0 192.0.2.1:80 198.51.100.7:4711\n".to_owned(),
            Some(Cut::WithoutRequests),
        ),
        ("$ ss -tan\nLISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n".to_owned(), None),
        ("SYN-RECV 0 0 192.0.2.1:80 198.51.100.7:4711\n".to_owned(), None),
    ] {
        assert_eq!(table(&text).0.cut, cut, "{text}");
    }
    let both = format!("$ netstat -tlnp\n{listener}$ netstat -tan\n{listener}{up}");
    let [host] = &hosts(&ticket(&both))[..] else { panic!("one host") };
    assert!(host.facts.sockets.whole().is_some());
    let [host] = &hosts(&ticket(&format!("$ netstat -tlnp\n{listener}")))[..] else { panic!() };
    assert!(host.facts.sockets.whole().is_none());
}
