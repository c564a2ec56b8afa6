//! Lines that hold several rows, or a row behind other text.

use super::row::{self, Row};

/// Octets behind a protocol in which the first end begins.
const HEAD_MAX: usize = 48;

/// Takes a line apart at each protocol that a row begins with. Rows keep their blanks as they are:
/// which reading of a row without blanks is right, other rows can tell.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let starts: Vec<usize> =
        line.match_indices(['t', 'u']).map(|(at, _)| at).filter(|&at| is_start(line, at)).collect();
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

/// True where a row can begin: a protocol, digits and what ends in a colon or dot, or the stub of a
/// row at the end of the line.
fn is_start(line: &str, at: usize) -> bool {
    let text = &line[at..];
    let Some(behind) = text.strip_prefix("tcp").or_else(|| text.strip_prefix("udp")) else {
        return false;
    };
    let is_alone = line[..at].chars().next_back().is_none_or(char::is_whitespace);
    let behind = behind.strip_prefix('4').unwrap_or(behind);
    let behind = behind.strip_prefix('6').unwrap_or(behind);
    let has_blank = behind.starts_with(char::is_whitespace);
    let behind = behind.trim_start();
    if !behind.starts_with(|c: char| c.is_ascii_digit())
        || (has_blank && !is_alone && !follows_row(line, at))
    {
        return false;
    }
    let head = behind.char_indices().take(HEAD_MAX).find(|(_, c)| {
        !(c.is_ascii_hexdigit() || c.is_whitespace() || matches!(c, '*' | '[' | '.'))
    });
    match head {
        Some((at, ':')) => behind[..at].contains(|c: char| c.is_ascii_digit()),
        Some(_) => {
            let end = behind.char_indices().nth(HEAD_MAX).map_or(behind.len(), |(at, _)| at);
            let third = behind[..end].split_whitespace().nth(2);
            third.is_some_and(|word| word.contains([':', '.']))
        }
        None => behind.len() < HEAD_MAX && !has_blank && !line[..at].trim().is_empty(),
    }
}

/// True directly behind the state of another row, or the titles: `LISTENtcp`.
fn follows_row(line: &str, at: usize) -> bool {
    line[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == '*')
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn rows_without_blanks() {
        let line = "ActiveInternetconnections(serversandestablished)ProtoRecv-QSend-QLocalAddressForeignAddressStatetcp000.0.0.0:800.0.0.0:*LISTENtcp00192.0.2.17:80198.51.100.7:51543SYN_RECV";
        assert_eq!(
            split(line).expect("rows"),
            [
                "ActiveInternetconnections(serversandestablished)ProtoRecv-QSend-QLocalAddressForeignAddressState",
                "tcp000.0.0.0:800.0.0.0:*LISTEN",
                "tcp00192.0.2.17:80198.51.100.7:51543SYN_RECV",
            ]
        );
    }

    #[test]
    fn rows_behind_a_prompt_and_a_stub() {
        assert_eq!(
            split("$ netstat -an | grep :80tcp00 0.0.0.0:800.0.0.0:*LISTENtcp00").expect("rows"),
            ["$ netstat -an | grep :80", "tcp00 0.0.0.0:800.0.0.0:*LISTEN", "tcp00"]
        );
    }

    #[test]
    fn rows_with_blanks() {
        let one = "tcp        0      0 0.0.0.0:80    0.0.0.0:*   LISTEN";
        assert_eq!(split(one), None);
        assert_eq!(split(&format!("  {one}")), None);
        assert_eq!(split(&format!("{one} {one}")).expect("rows"), [one, one]);
        assert_eq!(split(&format!("stuck: {one}")).expect("rows"), ["stuck:", one]);
        let udp = "udp        0      0 0.0.0.0:68    0.0.0.0:*";
        assert_eq!(split(&format!("{one} {udp}")).expect("rows"), [one, udp]);
        for line in [
            "tcp 6 431999 ESTABLISHED src=192.0.2.1",
            "ACCEPT tcp -- 0.0.0.0/0 tcp dpt:80",
            "use tcp 0",
            "",
            "tcp",
            "tcp00",
        ] {
            assert_eq!(split(line), None, "{line}");
        }
    }
}
