//! Lines that hold several rows, or a row behind other text.

use super::row::{self, Row};
use crate::token::state;

/// Octets behind a state in which the first end begins.
const HEAD_MAX: usize = 64;

/// Takes a line apart at each state that a row begins with. Blanks stay as they are.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let starts: Vec<usize> = line
        .char_indices()
        .filter(|(_, c)| c.is_ascii_uppercase())
        .map(|(at, _)| at)
        .filter(|&at| is_start(line, at))
        .map(|at| with_netid(line, at))
        .collect();
    let first = *starts.first()?;
    let before = line[..first].trim();
    if starts.len() == 1 && before.is_empty() {
        return None;
    }
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let rows: Vec<&str> =
        starts.iter().zip(ends).map(|(&from, to)| line[from..to].trim()).collect();
    if !rows.iter().any(|text| matches!(row::row(text), Some(Row::Tcp(_)))) {
        return None;
    }
    let before = Some(before).filter(|text| !text.is_empty());
    Some(before.into_iter().chain(rows).map(str::to_owned).collect())
}

/// True where a state stands before digits and what ends in a colon.
fn is_start(line: &str, at: usize) -> bool {
    let follows = line[..at].chars().next_back();
    if follows.is_some_and(|c| c.is_ascii_uppercase() || "-_\"".contains(c)) {
        return false;
    }
    let Some((_, behind)) = state::prefix(&line[at..]) else { return false };
    let behind = behind.trim_start();
    if !behind.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let is_part = |c: char| c.is_ascii_hexdigit() || c.is_whitespace() || "*[.".contains(c);
    let head = behind.char_indices().take(HEAD_MAX).find(|(_, c)| !is_part(*c));
    matches!(head, Some((_, ':' | '%')))
}

/// The place of the `Netid` before a state, when it is there. Only `tcp` is looked for where blanks
/// are missing.
fn with_netid(line: &str, at: usize) -> usize {
    let before = line[..at].trim_end();
    let begins = |text: &str, netid: &str| match text.chars().next_back() {
        Some(c) => c.is_whitespace() || (netid == "tcp" && !c.is_ascii_lowercase()),
        None => true,
    };
    let found = row::NETIDS.iter().find_map(|netid| {
        before.strip_suffix(netid).filter(|text| begins(text, netid)).map(str::len)
    });
    found.unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn rows_on_one_line() {
        let row =
            "SYN-RECV 0      0       192.0.2.17:80     198.51.100.7:35249 timer:(on,1.224ms,3)";
        assert_eq!(split(row), None);
        assert_eq!(split(&format!("tcp {row}")), None);
        assert_eq!(split(&format!("{row} {row}")).expect("rows"), [row, row]);
        let netid = format!("tcp   {row}");
        assert_eq!(split(&format!("{netid} {netid}")).expect("rows"), [netid.as_str(), &netid]);
        let title = "State Recv-Q Send-Q Local Address:Port Peer Address:Port";
        assert_eq!(split(&format!("{title} {row}")).expect("rows"), [title, row]);
    }

    #[test]
    fn rows_without_blanks() {
        let line = "LISTEN0128*:80*:*users:((\"a\",pid=1,fd=3))SYN-RECV00192.0.2.17:80198.51.100.7:35249timer:(on,1.224ms,3)";
        assert_eq!(
            split(line).expect("rows"),
            [
                "LISTEN0128*:80*:*users:((\"a\",pid=1,fd=3))",
                "SYN-RECV00192.0.2.17:80198.51.100.7:35249timer:(on,1.224ms,3)"
            ]
        );
    }

    #[test]
    fn lines_that_are_no_rows() {
        for line in [
            "",
            "tcp 0 0 192.0.2.1:80 198.51.100.7:5 SYN_RECV 0 0 - tcp 0 0 192.0.2.1:80 198.51.100.7:5 LISTEN",
            "tcp 6 431999 ESTABLISHED src=192.0.2.1 dst=192.0.2.2 sport=1",
            "at SYN_RECV 3 times",
            "users:((\"LISTEN 0 1 a:1 b:2\"",
            "udp   UNCONN 0      0       127.0.0.1:53       0.0.0.0:*",
            "raw   UNCONN 0      0               *:58             *:*",
            "mptcp LISTEN 0      5               *:80             *:*",
        ] {
            assert_eq!(split(line), None, "{line}");
        }
    }
}
