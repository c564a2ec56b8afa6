//! Text captured from Linux 6.18 on x86-64, some rows left out; the uid 1234 was put in by hand.
#![cfg(target_endian = "little")]

use super::*;

const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0100000A:1B58 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 105651 2 0000000047f35f15 100 0 0 10 16                   
   1: 00000000:1F90 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 105614 3 00000000244b7c64 100 0 0 10 0                    
   2: 0100000A:8412 0100000A:1B58 02 00000001:00000000 01:0000003D 00000001     0        0 105652 2 000000006945b8a6 100 0 0 1 -1                    
   5: 0100000A:1B58 0100000A:8412 03 00000000:00000000 01:000000A1 00000001     0        0 0 2 000000009696446a 300 0 0 10 -1                        
   6: 0100000A:1F90 030012C6:0402 03 00000000:00000000 01:00000091 00000001  1234        0 0 0 0000000089f44ae4                                      
";
const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1F92 00000000000000000000000000000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 105616 2 000000009f0b8484 100 0 0 10 0
   3: 00000000000000000000000001000000:8FCA 00000000000000000000000001000000:1B59 06 00000000:00000000 03:000016E3 00000000     0        0 0 3 000000001c19b0c5
   5: 0000000000000000FFFF00000100000A:1F91 0000000000000000FFFF0000020012C6:0401 03 00000000:00000000 01:00000090 00000001     0        0 0 0 00000000d113c89d
";

fn parse(text: &str) -> (Vec<ProcRow>, Vec<Rejected>) {
    rows(text.as_bytes(), StateSet::ALL, Mono(9))
}

fn endpoint(ip: &str, port: u16) -> Endpoint {
    Endpoint::new(ip.parse().unwrap(), port)
}

#[test]
fn ipv4_rows_are_read() {
    let (rows, rejected) = parse(TCP);
    assert_eq!(rejected, []);
    let [fast_open_listener, listener, syn_sent, fast_open, request] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert_eq!(fast_open_listener.flow.local, endpoint("10.0.0.1", 7000));
    assert_eq!((listener.rx_queue, listener.ref_count, listener.inode), (1, 3, 105_614));
    assert_eq!(
        (syn_sent.state, syn_sent.tx_queue, syn_sent.expires_ms),
        (TcpState::SynSent, 1, 610)
    );
    assert_eq!((fast_open.state, fast_open.full), (TcpState::SynRecv, true));
    let expected = ProcRow {
        family: Family::V4,
        state: TcpState::SynRecv,
        flow: Flow { local: endpoint("10.0.0.1", 8080), peer: endpoint("198.18.0.3", 1026) },
        tx_queue: 0,
        rx_queue: 0,
        timer: 1,
        expires_ms: 1450,
        retrans_count: 1,
        probe_count: 0,
        uid: 1234,
        inode: 0,
        ref_count: 0,
        full: false,
        at: Mono(9),
    };
    assert_eq!(*request, expected);
}

#[test]
fn ipv6_rows_are_read_and_mapped_ones_unmapped() {
    let (rows, rejected) = parse(TCP6);
    assert_eq!(rejected, []);
    let [listener, time_wait, request] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(listener.flow.local, endpoint("::1", 8082));
    assert_eq!((time_wait.state, time_wait.expires_ms), (TcpState::TimeWait, 58_590));
    assert_eq!((request.family, request.full), (Family::V6, false));
    assert_eq!(request.flow.peer, endpoint("198.18.0.2", 1025));
}

#[test]
fn columns_shift_with_long_row_numbers_and_hidden_pointers() {
    let line = "540002: 0100000A:1F90 030012C6:0402 03 00000000:00000000 01:00000091 0000000A  1234        0 0 0 (____ptrval____)";
    let row = row(line.as_bytes(), StateSet::ALL, Mono(0)).unwrap().unwrap();
    assert_eq!((row.retrans_count, row.uid, row.full), (10, 1234, false));
}

#[test]
fn other_states_are_passed_over_unread() {
    let text = TCP.replace("0100000A:8412 0100000A:1B58 02", "0100000A:8412 nonsense 02");
    let (rows, rejected) = rows(text.as_bytes(), StateSet::only(TcpState::SynRecv), Mono(0));
    assert_eq!((rows.len(), rejected.len()), (2, 0));
    assert_eq!(parse(&text).1, [Rejected { line: 4, why: "no remote address" }]);
}

#[test]
fn a_bad_line_is_rejected_by_number_and_the_rest_is_kept() {
    let good = TCP.lines().nth(5).unwrap();
    let bad = [
        ("hello world", "no row number"),
        ("1: 0100000A:1F90", "no state"),
        ("1: 0100000A:1F90 030012C6:0402 0D 0:0", "unknown state"),
        ("1: 0100000A:1F90 030012C6:10402 03 0:0", "no remote address"),
        ("1: 0100000A 030012C6:0402 03 0:0", "no local address"),
        ("1: 0100000A:1F90 030012C6:0402 03 0:0 1:1 1 -1 0 0 0 p", "no uid"),
        ("1: 0100000A:1F90 030012C6:0402 03 0:0 FFF:1 1 1 0 0 0 p", "unknown timer"),
        ("1: 0100000A:1F90 030012C6:0402 03 0:0 1:1 1 1 0 0 0", "no pointer"),
    ];
    for (line, why) in bad {
        let (rows, rejected) = parse(&format!("{good}\n{line}\n{good}\n"));
        assert_eq!(rows.len(), 2, "{line}");
        assert_eq!(rejected, [Rejected { line: 2, why }], "{line}");
    }
    let mixed = format!("1: 0100000A:1F90 {}:0402 03 0:0 1:1 1 1 0 0 0 p", "0".repeat(32));
    assert_eq!(parse(&mixed).1[0].why, "addresses of two families");
}

#[test]
fn no_truncation_panics_or_invents_a_row() {
    for text in [TCP, TCP6] {
        let (whole, _) = parse(text);
        for len in 0..text.len() {
            let (rows, rejected) = parse(&text[..len]);
            assert!(rejected.len() <= 1, "{len}");
            // A cut in the columns after the pointer loses only whether the socket is full.
            let flows = |rows: &[ProcRow]| rows.iter().map(|row| row.flow).collect::<Vec<_>>();
            assert_eq!(flows(&rows), flows(&whole)[..rows.len()], "{len}");
        }
    }
}

#[test]
fn foreign_bytes_are_rejected() {
    let (rows, rejected) = rows(b"\xff\xfe: \x00\n0: \xc3\xa9 b c", StateSet::ALL, Mono(0));
    assert_eq!((rows.len(), rejected.len()), (0, 2));
}

#[test]
fn what_follows_the_listeners_is_told_from_its_state() {
    let past: Vec<bool> = TCP.lines().map(|line| is_past_listeners(line.as_bytes())).collect();
    assert_eq!(past, [false, false, false, true, true, true]);
    let closing = TCP.lines().nth(1).unwrap().replace(" 0A ", " 07 ");
    assert!(!is_past_listeners(closing.as_bytes()) && !is_past_listeners(b""));
}
