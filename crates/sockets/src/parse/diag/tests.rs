//! Payloads captured from Linux 6.18 on x86-64 with `idiag_ext` of `INET_DIAG_SKMEMINFO`, as root.
#![cfg(target_endian = "little")]

use super::*;

/// `0.0.0.0:8080`, accept queue 1 of 4096.
const LISTENER: &str = "020a00001f90000000000000000000000000000000000000000000000000000000000000000000000000000096200000\
    00000000000000000100000000100000000000008e9c0100050008000000000008000f00000000000c00150001000000\
    00000000060016005200000028000700000000000000020000000000004000000000000000000000000000000000000001000000";
/// `[::1]:8082`, `IPV6_V6ONLY` set.
const LISTENER6: &str = "0a0a00001f920000000000000000000000000000000000010000000000000000000000000000000000000000\
    9d2000000000000000000000010000000010000000000000909c0100050008000000000005000b000100000008000f0000000000\
    0c0015000100000000000000060016001200000028000700000000000000020000000000004000000000000000000000000000000000000000000000";
/// An IPv4 client of `[::]:8081`, first timer expired.
const MAPPED_REQUEST: &str = "0a0301011f91040100000000000000000000ffff0a00000100000000000000000000ffffc6120002\
    00000000a220000000000000b00500000000000000000000000000000000000008000f0000000000";
/// The child of a Fast Open SYN with data, whose ACK was dropped.
const FAST_OPEN: &str = "020301011b5884120a0000010000000000000000000000000a000001000000000000000000000000000000009a20\
    00000000000050060000000000000000000000000000000000000500080000000000\
    08000f00000000000c0015000100000000000000060016005200000028000700000000000000020000000000001e3c000000000000000000000000000000000001000000";
const TIME_WAIT: &str = "0a0603008fca1b59000000000000000000000000000000010000000000000000000000000000000100000000\
    a020000000000000e8e400000000000000000000000000000000000008000f0000000000";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn parse(payload: &[u8]) -> Result<DiagRow, Undecodable> {
    row(&Message { kind: 20, flags: 2, seq: 1, port: 1, at: Mono(5), payload })
}

fn endpoint(ip: &str, port: u16) -> Endpoint {
    Endpoint::new(ip.parse().unwrap(), port)
}

#[test]
fn a_listener_has_queues_and_drops() {
    let row = parse(&bytes(LISTENER)).unwrap();
    assert_eq!((row.family, row.state), (Family::V4, TcpState::Listen));
    assert_eq!(row.flow.local, endpoint("0.0.0.0", 8080));
    assert_eq!((row.rqueue, row.wqueue, row.inode), (1, 4096, 105_614));
    assert_eq!((row.optmem_bytes, row.drops_count), (Some(0), Some(1)));
    assert_eq!((row.v6only, row.mark, row.at), (None, Some(0), Mono(5)));
}

#[test]
fn a_v6_listener_tells_v6only() {
    let row = parse(&bytes(LISTENER6)).unwrap();
    assert_eq!(row.flow.local, endpoint("::1", 8082));
    assert_eq!((row.family, row.v6only), (Family::V6, Some(true)));
}

#[test]
fn a_mapped_request_is_unmapped_and_keeps_the_listeners_family() {
    let row = parse(&bytes(MAPPED_REQUEST)).unwrap();
    assert_eq!((row.family, row.state, row.full), (Family::V6, TcpState::SynRecv, false));
    assert_eq!(row.flow.local, endpoint("10.0.0.1", 8081));
    assert_eq!(row.flow.peer, endpoint("198.18.0.2", 1025));
    assert_eq!((row.timer, row.retrans_count, row.expires_ms), (1, 1, 1456));
}

#[test]
fn a_fast_open_child_is_a_full_socket() {
    let row = parse(&bytes(FAST_OPEN)).unwrap();
    assert_eq!((row.state, row.full, row.inode), (TcpState::SynRecv, true, 0));
}

#[test]
fn time_wait_is_no_full_socket() {
    let row = parse(&bytes(TIME_WAIT)).unwrap();
    assert_eq!((row.state, row.full, row.timer), (TcpState::TimeWait, false, 3));
    assert_eq!(row.expires_ms, 58_600);
}

#[test]
fn new_syn_recv_is_syn_recv_and_other_numbers_are_refused() {
    let mut payload = bytes(MAPPED_REQUEST);
    payload[1] = 12;
    assert_eq!(parse(&payload).unwrap().state, TcpState::SynRecv);
    payload[1] = 13;
    assert!(parse(&payload).is_err());
    payload[1] = 3;
    payload[0] = 1;
    assert!(parse(&payload).is_err());
}

#[test]
fn every_truncation_is_refused_or_lacks_only_attributes() {
    for sample in [LISTENER, LISTENER6, MAPPED_REQUEST, FAST_OPEN, TIME_WAIT] {
        let whole = bytes(sample);
        let expected = parse(&whole).unwrap();
        for len in 0..whole.len() {
            match parse(&whole[..len]) {
                Ok(row) => assert_eq!((row.flow, row.inode), (expected.flow, expected.inode)),
                Err(what) => assert!(len < whole.len(), "{what:?}"),
            }
        }
        assert!((0..72).all(|len| parse(&whole[..len]).is_err()));
    }
}
