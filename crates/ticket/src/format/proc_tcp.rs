//! `/proc/net/tcp` and `/proc/net/tcp6` as they are, by `get_tcp4_sock`, `get_openreq4` and
//! `get_timewait4_sock` of the kernel.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::{Endpoint, TcpState, TimerKind, text};

use super::socket::{self, Ends, describe};
use super::{Format, Sees, Table};
use crate::{Command, Content, Cut, Kind, Line, PrintedTimer, SocketRow, Taken};

/// Milliseconds in a tick of `tm->when` (`USER_HZ` is 100).
const MS_PER_TICK: u64 = 10;

/// Files of other sockets with rows of the same shape.
const OTHERS: &[&str] = &["udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"];

/// `/proc/net/tcp` and `/proc/net/tcp6`.
pub(crate) struct ProcTcp;

impl Format for ProcTcp {
    fn kind(&self) -> Kind {
        Kind::Proc
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        command.args.iter().any(|arg| is_file(arg, |name| matches!(name, "tcp" | "tcp6" | "tcp*")))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        if is_title(line) || file_title(line).is_some() {
            return Sees::Title;
        }
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        match words.as_slice() {
            [number, local, peer, _]
                if is_row_number(number) && is_pair(local) && is_pair(peer) =>
            {
                Sees::Row
            }
            [number, local, ..] if inside && is_row_number(number) && is_hex_start(local) => {
                Sees::Row
            }
            _ => Sees::Nothing,
        }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        read(lines, command)
    }
}

/// True for the path of a file of a network namespace: `/proc/net/tcp`, `/proc/1/net/tcp`, or only
/// its name in that directory.
fn is_file(path: &str, is_name: impl Fn(&str) -> bool) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("net", path));
    is_name(name) && (directory == "net" || directory.ends_with("/net"))
}

fn is_title(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("sl") && words.next() == Some("local_address")
}

/// The file that `head` and `tail` name above what they print of it: `==> /proc/net/tcp <==`.
fn file_title(line: &str) -> Option<&str> {
    let path = line.trim().strip_prefix("==> ")?.strip_suffix(" <==")?;
    let is_known = |name: &str| matches!(name, "tcp" | "tcp6") || OTHERS.contains(&name);
    is_file(path, is_known).then_some(path)
}

fn is_row_number(word: &str) -> bool {
    matches!(word.strip_suffix(':'), Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// `0100007F:1F90`.
fn is_pair(word: &str) -> bool {
    let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    let at = word.find(':');
    is_hex && (at == Some(8) && word.len() == 13 || at == Some(32) && word.len() == 37)
}

fn is_hex_start(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
}

fn read(lines: &[Line], command: Option<&Command>) -> Table {
    let is_big_endian = lines.iter().any(|line| line.text.contains(" 7F000001:"))
        && !lines.iter().any(|line| line.text.contains(" 0100007F:"));
    let names_other = |path: &str| is_file(path, |name| OTHERS.contains(&name));
    let mut is_other = command.is_some_and(|command| {
        let args = || command.args.iter().map(String::as_str);
        args().any(names_other) && !args().any(|arg| is_file(arg, |name| name.starts_with("tcp")))
    });
    let (mut rows, mut ends_early, mut is_seen) = (Vec::new(), false, command.is_some());
    let taken: Vec<Taken> = lines
        .iter()
        .map(|line| {
            let text = line.text.as_str();
            if text.trim().is_empty() {
                return Taken::Blank;
            }
            if let Some(path) = file_title(text) {
                is_other = names_other(path);
                return Taken::Title;
            }
            if is_title(text) {
                // Only tables of datagrams count drops.
                is_other |= text.contains("drops");
                is_seen |= !is_other;
                return Taken::Title;
            }
            if is_other {
                return Taken::Aside("a socket of another protocol");
            }
            ends_early = false;
            match row(text, is_big_endian) {
                Ok(Some(found)) => {
                    is_seen = true;
                    let row = SocketRow { line: line.number, ..found };
                    let reading = describe(&row, false);
                    rows.push(row);
                    Taken::Row(reading)
                }
                Ok(None) => Taken::Aside("a socket of another protocol"),
                Err(Broken { why, is_short }) => {
                    ends_early = is_short;
                    Taken::Rejected(text![why])
                }
            }
        })
        .collect();
    let content = if is_seen { Content::Sockets(rows) } else { Content::Nothing };
    Table { cut: ends_early.then_some(Cut::LastRow), ..Table::new(content, taken) }
}

/// Why a row cannot be read.
struct Broken {
    why: &'static str,
    /// Its last words are missing.
    is_short: bool,
}

/// Reads a row; `None` for a socket of another protocol.
fn row(text: &str, is_big_endian: bool) -> Result<Option<SocketRow>, Broken> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_short = words.len() < 12;
    let broken =
        |why: &'static str| Broken { why: if is_short { "the row is cut" } else { why }, is_short };
    let column = |at: usize| words.get(at).copied().unwrap_or_default();
    let (local, is_v6) =
        endpoint(column(1), is_big_endian).ok_or_else(|| broken("no local address"))?;
    let (peer, _) =
        endpoint(column(2), is_big_endian).ok_or_else(|| broken("no remote address"))?;
    let number = hex(column(3)).ok_or_else(|| broken("no state"))?;
    let state = u8::try_from(number)
        .ok()
        .and_then(TcpState::from_number)
        .ok_or_else(|| broken("unknown state"))?;
    let (tx_queue, rx_queue) = pair(column(4)).ok_or_else(|| broken("no queues"))?;
    let (timer, ticks) = pair(column(5)).ok_or_else(|| broken("no timer"))?;
    let count = hex(column(6)).ok_or_else(|| broken("no retransmissions"))?;
    let decimal = |at: usize, why| column(at).parse::<u64>().map_err(|_| broken(why));
    let (uid, probe_count) = (decimal(7, "no uid")?, decimal(8, "no timeout")?);
    let (inode, ref_count) = (decimal(9, "no inode")?, decimal(10, "no reference count")?);
    if column(11).is_empty() {
        return Err(broken("no pointer"));
    }
    // Datagram sockets have one number behind the pointer; TCP never prints state CLOSE.
    if state == TcpState::Close || words.len() == 13 {
        return Ok(None);
    }
    let ends = Ends {
        local,
        peer: Some(peer).filter(|peer| peer.port != 0),
        is_v6_socket: is_v6,
        device: None,
    };
    let mut row = socket::row(0, state, ends);
    row.recv_queue = Some(clamp(rx_queue));
    row.send_queue = Some(clamp(tx_queue));
    row.timer = Some(PrintedTimer {
        kind: kind(timer),
        expires_ms: clamp(ticks.saturating_mul(MS_PER_TICK)),
        count: clamp(count),
        probe_count: clamp(probe_count),
    });
    row.uid = Some(clamp(uid));
    row.inode = Some(inode);
    row.ref_count = Some(clamp(ref_count));
    Ok(Some(row))
}

fn kind(number: u64) -> Option<TimerKind> {
    match number {
        0 => None,
        1 => Some(TimerKind::On),
        2 => Some(TimerKind::Keepalive),
        3 => Some(TimerKind::TimeWait),
        4 => Some(TimerKind::Persist),
        other => Some(TimerKind::Other(u8::try_from(other).unwrap_or(u8::MAX))),
    }
}

fn clamp(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn hex(word: &str) -> Option<u64> {
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_hexdigit());
    u64::from_str_radix(word, 16).ok().filter(|_| plain)
}

fn pair(word: &str) -> Option<(u64, u64)> {
    let (first, second) = word.split_once(':')?;
    Some((hex(first)?, hex(second)?))
}

/// `0100007F:1F90`: words of the address in the byte order of the machine, then the port.
fn endpoint(word: &str, is_big_endian: bool) -> Option<(Endpoint, bool)> {
    if !is_pair(word) {
        return None;
    }
    let (address, port) = word.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut octets = [0_u8; 16];
    for (word, out) in address.as_bytes().chunks_exact(8).zip(octets.chunks_exact_mut(4)) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        out.copy_from_slice(&if is_big_endian { word.to_be_bytes() } else { word.to_le_bytes() });
    }
    let is_v6 = address.len() == 32;
    let [a, b, c, d, ..] = octets;
    let ip: IpAddr =
        if is_v6 { Ipv6Addr::from(octets).into() } else { Ipv4Addr::new(a, b, c, d).into() };
    Some((Endpoint::new(ip, port), is_v6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::fixture;

    const TITLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    const LISTEN: &str = "   0: 0100007F:0050 00000000:0000 0A 00000000:00000002 00:00000000 00000000    33        0 31917 8 00000000067848c2 100 0 0 10 0";
    const REQUEST: &str = "   2: C6FA639F:0050 15E9639F:C957 03 00000000:00000000 01:00000296 00000003     0        0 0 0 000000002cd6b760";

    fn rows(text: &str) -> Vec<SocketRow> {
        match fixture::read(&ProcTcp, None, text).content {
            Content::Sockets(rows) => rows,
            other => panic!("no sockets: {other:?}"),
        }
    }

    fn end(text: &str) -> Endpoint {
        let (ip, port) = text.rsplit_once(':').expect("port");
        Endpoint::new(ip.parse().expect("address"), port.parse().expect("port"))
    }

    #[test]
    fn a_listener_and_a_request() {
        let rows = rows(&[TITLE, LISTEN, REQUEST].join("\n"));
        assert_eq!((rows[0].local, rows[0].peer), (end("127.0.0.1:80"), None));
        assert_eq!(
            (rows[0].recv_queue, rows[0].ref_count, rows[0].uid),
            (Some(2), Some(8), Some(33))
        );
        assert_eq!((rows[1].state, rows[1].line), (TcpState::SynRecv, 3));
        assert_eq!(rows[1].peer, Some(end("159.99.233.21:51543")));
        let timer =
            PrintedTimer { kind: Some(TimerKind::On), expires_ms: 6620, count: 3, probe_count: 0 };
        assert_eq!(rows[1].timer, Some(timer));
    }

    #[test]
    fn ipv6_and_mapped_addresses() {
        let row = "   1: B80D0120000004000000000010000000:0050 0000000000000000FFFF0000C86433C6:B548 01 00000000:00000001 02:00000294 00000000     0        2 77 2 0000000000000000 20 4 30 10 -1";
        let rows = rows(row);
        assert_eq!((rows[0].local, rows[0].is_v6_socket), (end("2001:db8:4::10:80"), true));
        assert_eq!(rows[0].peer, Some(end("198.51.100.200:46408")));
        assert_eq!(rows[0].timer.map(|timer| timer.probe_count), Some(2));
    }

    #[test]
    fn a_machine_of_the_other_byte_order() {
        let row = LISTEN.replace("0100007F", "7F000001");
        assert_eq!(rows(&row)[0].local, end("127.0.0.1:80"));
    }

    #[test]
    fn datagram_sockets_are_passed_over() {
        let udp = "  512: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 555 2 0000000000000000 0";
        let table = fixture::read(&ProcTcp, None, udp);
        assert_eq!(
            (table.content, &table.taken[0]),
            (Content::Nothing, &Taken::Aside("a socket of another protocol"))
        );
    }

    #[test]
    fn cut_rows_have_a_reason() {
        for end in 24..REQUEST.len() - 17 {
            let table = fixture::read(&ProcTcp, None, &REQUEST[..end]);
            assert!(matches!(table.taken[0], Taken::Rejected(_)), "{:?}", &REQUEST[..end]);
            assert_eq!(table.cut, Some(Cut::LastRow));
        }
    }

    #[test]
    fn what_is_seen_of_a_line() {
        assert_eq!(ProcTcp.sees(TITLE, false), Sees::Title);
        assert_eq!(ProcTcp.sees(REQUEST, false), Sees::Row);
        assert_eq!(ProcTcp.sees("==> /proc/net/tcp6 <==", false), Sees::Title);
        for line in ["0: lo: <LOOPBACK>", "1: 10 20 03", "12:30:45.000 IP", "   0: C6FA639F:0050"] {
            assert_eq!(ProcTcp.sees(line, false), Sees::Nothing, "{line}");
        }
        assert!(ProcTcp.is_printed_by(&fixture::command("cat /proc/net/tcp")));
        assert!(!ProcTcp.is_printed_by(&fixture::command("cat /proc/net/route")));
    }
}
