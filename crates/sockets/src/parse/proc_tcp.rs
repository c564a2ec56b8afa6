//! The text of `/proc/net/tcp` and `/proc/net/tcp6`.
//!
//! Columns are found by content: they shift to the right once `sl` reaches 10000.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::{Endpoint, Family, Flow, Mono, TcpState};

use crate::StateSet;

/// Milliseconds in a tick of `tm->when` (`USER_HZ` is 100).
const MS_PER_TICK: u64 = 10;

/// One socket as `/proc/net/tcp` or `tcp6` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcRow {
    /// V6 for rows with addresses of 128 bits.
    pub family: Family,
    /// `st`.
    pub state: TcpState,
    /// The two ends.
    pub flow: Flow,
    /// `tx_queue`.
    pub tx_queue: u32,
    /// `rx_queue`; for a listener the accept queue.
    pub rx_queue: u32,
    /// `tr`; 0 when no timer runs.
    pub timer: u8,
    /// `tm->when` in milliseconds.
    pub expires_ms: u32,
    /// `retrnsmt`: for a request expiries of the timer.
    pub retrans_count: u32,
    /// `timeout`: unanswered probes.
    pub probe_count: u32,
    /// `uid`; for a request that of the listener.
    pub uid: u32,
    /// `inode`; 0 for a request.
    pub inode: u64,
    /// The number after the inode; for a listener 1 + accept queue + its requests.
    pub ref_count: u32,
    /// A full socket (columns after the pointer): in state 3 that is a Fast Open child.
    pub full: bool,
    /// When the kernel wrote the row.
    pub at: Mono,
}

/// A line that was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Counted from 1, the header included.
    pub line: u64,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Reads the whole text. Rows in states outside `states` are passed over unread.
pub fn rows(text: &[u8], states: StateSet, at: Mono) -> (Vec<ProcRow>, Vec<Rejected>) {
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    for (line, number) in text.split(|&byte| byte == b'\n').zip(1..) {
        match row(line, states, at) {
            Ok(found) => rows.extend(found),
            Err(why) => rejected.push(Rejected { line: number, why }),
        }
    }
    (rows, rejected)
}

/// True for a row of the second part of the table. The kernel shows all listeners first (a socket that
/// closes may still be among them), then every other socket.
pub fn is_past_listeners(line: &[u8]) -> bool {
    let mut columns = line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty());
    let number = columns.nth(3).and_then(hex).and_then(|number| u8::try_from(number).ok());
    let state = number.and_then(TcpState::from_number);
    state.is_some_and(|state| !matches!(state, TcpState::Listen | TcpState::Close))
}

/// Reads one line; `None` for the header, an empty line, or a state outside `states`.
///
/// # Errors
/// Says which column is not what it should be.
pub fn row(line: &[u8], states: StateSet, at: Mono) -> Result<Option<ProcRow>, &'static str> {
    let mut columns = line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty());
    let Some(sl) = columns.next() else { return Ok(None) };
    if sl == b"sl" {
        return Ok(None);
    }
    if !matches!(sl, [digits @ .., b':'] if decimal(digits).is_some()) {
        return Err("no row number");
    }
    let (local, peer) = (columns.next(), columns.next());
    let number = columns.next().and_then(hex).ok_or("no state")?;
    let state = u8::try_from(number).ok().and_then(TcpState::from_number).ok_or("unknown state")?;
    if !states.contains(state) {
        return Ok(None);
    }
    let (family, local) = local.and_then(endpoint).ok_or("no local address")?;
    let (peer_family, peer) = peer.and_then(endpoint).ok_or("no remote address")?;
    if peer_family != family {
        return Err("addresses of two families");
    }
    let mut pair = |why| columns.next().and_then(hex_pair).ok_or(why);
    let (tx_queue, rx_queue) = pair("no queues")?;
    let (timer, ticks) = pair("no timer")?;
    let retrans = columns.next().and_then(hex).ok_or("no retransmissions")?;
    let mut plain = |why| columns.next().and_then(decimal).ok_or(why);
    let (uid, probes) = (plain("no uid")?, plain("no timeout")?);
    let (inode, ref_count) = (plain("no inode")?, plain("no reference count")?);
    columns.next().ok_or("no pointer")?;
    Ok(Some(ProcRow {
        family,
        state,
        flow: Flow { local, peer },
        tx_queue: clamp(tx_queue),
        rx_queue: clamp(rx_queue),
        timer: u8::try_from(timer).map_err(|_| "unknown timer")?,
        expires_ms: clamp(ticks.saturating_mul(MS_PER_TICK)),
        retrans_count: clamp(retrans),
        probe_count: clamp(probes),
        uid: clamp(uid),
        inode,
        ref_count: clamp(ref_count),
        full: columns.next().is_some(),
        at,
    }))
}

fn clamp(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, &digit| {
        let digit = char::from(digit).to_digit(radix)?;
        value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))
    })
}

fn decimal(digits: &[u8]) -> Option<u64> {
    number(digits, 10)
}

fn hex(digits: &[u8]) -> Option<u64> {
    number(digits, 16)
}

fn hex_pair(column: &[u8]) -> Option<(u64, u64)> {
    let colon = column.iter().position(|&byte| byte == b':')?;
    Some((hex(column.get(..colon)?)?, hex(column.get(colon + 1..)?)?))
}

/// `0100007F:1F90`: words of the address in the host's byte order, then the port.
fn endpoint(column: &[u8]) -> Option<(Family, Endpoint)> {
    let (address, port) = match column.len() {
        13 => column.split_at_checked(8)?,
        37 => column.split_at_checked(32)?,
        _ => return None,
    };
    let port = u16::try_from(hex(port.strip_prefix(b":")?)?).ok()?;
    let mut octets = [0_u8; 16];
    for (word, out) in address.chunks_exact(8).zip(octets.chunks_exact_mut(4)) {
        out.copy_from_slice(&u32::try_from(hex(word)?).ok()?.to_ne_bytes());
    }
    let [a, b, c, d, ..] = octets;
    Some(if address.len() == 8 {
        (Family::V4, Endpoint::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), port))
    } else {
        (Family::V6, Endpoint::new(IpAddr::V6(Ipv6Addr::from(octets)), port))
    })
}

#[cfg(test)]
mod tests;
