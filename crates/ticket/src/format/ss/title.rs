//! Titles, the summary of `ss -s`, and what is printed beside sockets.

/// What a line without a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// The title of the table.
    Table,
    /// A first line of `ss -s`.
    Summary,
    /// Another line of `ss -s`.
    SummaryRow,
    /// A complaint that says nothing about sockets.
    Noise,
    /// The tool did not know an option or an expression, and printed no table.
    BadOption,
}

/// How the lines of the summary and of complaints begin.
const STARTS: &[&str] = &[
    "TCP",
    "Transport",
    "Total:",
    "RAW",
    "UDP",
    "INET",
    "FRAG",
    "*",
    "ss: ",
    "Error: ",
    "Failed to",
    "RTNETLINK",
    "Cannot open",
    "Peer",
];

/// Reads a line as a title or a notice.
pub(super) fn words(line: &str) -> Option<Words> {
    let text = line.trim();
    if is_table(text) {
        return Some(Words::Table);
    }
    // Prose is told from all of this by its first letters.
    if !STARTS.iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().take(6).collect();
    let is_count = |word: &&str| *word == "-" || word.parse::<u64>().is_ok();
    match words.as_slice() {
        ["TCP:", _, first, ..] if first.starts_with("(estab") => Some(Words::Summary),
        ["Transport", "Total", ..] => Some(Words::Summary),
        ["Total:", count] if is_count(count) => Some(Words::SummaryRow),
        ["Total:", count, "(kernel", ..] if is_count(count) => Some(Words::Summary),
        ["RAW" | "UDP" | "TCP" | "INET" | "FRAG" | "*", counts @ ..]
            if counts.len() == 3 && counts.iter().all(is_count) =>
        {
            Some(Words::SummaryRow)
        }
        _ => {
            let has = |list: &[&str]| list.iter().any(|start| text.starts_with(start));
            if has(&[
                "ss: invalid option",
                "ss: unrecognized option",
                "ss: bison bellows",
                "Error: an inet prefix",
            ]) {
                return Some(Words::BadOption);
            }
            let noise = [
                "Failed to find cgroup2 mount",
                "RTNETLINK answers",
                "ss: SELinux",
                "Cannot open netlink",
                "Peer Address:Port",
            ];
            has(&noise).then_some(Words::Noise)
        }
    }
}

/// `State Recv-Q Send-Q Local Address:Port ...`, also without its blanks.
fn is_table(text: &str) -> bool {
    if !text.starts_with(['N', 'S', 'R']) {
        return false;
    }
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).take(80).collect();
    let first = ["Netid", "State"]
        .iter()
        .fold(bare.as_str(), |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    first.starts_with("Recv-QSend-QLocalAddress:Port") || (first == "Recv-QSend-Q" && bare != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for (line, is) in [
            ("State    Recv-Q Send-Q  Local Address:Port  Peer Address:Port Process", Words::Table),
            ("Recv-Q Send-Q Local Address:Port Peer Address:PortProcess", Words::Table),
            (
                "Netid  State      Recv-Q Send-Q Local Address:Port    Peer Address:Port",
                Words::Table,
            ),
            ("StateRecv-QSend-QLocalAddress:PortPeerAddress:PortProcess", Words::Table),
            ("TCP:   12 (estab 0, closed 10, orphaned 0, timewait 0)", Words::Summary),
            ("Transport Total     IP        IPv6", Words::Summary),
            ("Total: 3", Words::SummaryRow),
            ("RAW\t  0         0         0", Words::SummaryRow),
            ("*\t  1022      -         -", Words::SummaryRow),
            ("Failed to find cgroup2 mount", Words::Noise),
            ("ss: invalid option -- 'q'", Words::BadOption),
        ] {
            assert_eq!(words(line), Some(is), "{line}");
        }
        for line in
            ["Proto Recv-Q Send-Q Local Address  Foreign Address State", "State", "TCP 3", ""]
        {
            assert_eq!(words(line), None, "{line}");
        }
    }
}
