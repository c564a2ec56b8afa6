//! What happens to a text on its way into a ticket does not change what is read from it, or the rows
//! that it hurt are marked.

mod support;

use std::fmt::Write;

use support::{fixtures, ticket};
use synrecv_ticket::{Content, Ticket};

/// Every row of every piece, without the number of its line.
fn rows(ticket: &Ticket) -> Vec<String> {
    let mut rows: Vec<String> = ticket
        .pieces
        .iter()
        .flat_map(|piece| {
            let kind = piece.kind.name();
            content(&piece.content).into_iter().map(move |row| format!("{kind} {row}"))
        })
        .collect();
    rows.sort();
    rows
}

fn content(content: &Content) -> Vec<String> {
    fn all<T: std::fmt::Debug>(rows: &[T]) -> Vec<String> {
        rows.iter().map(|row| without_numbers(&format!("{row:?}"))).collect()
    }
    match content {
        Content::Sockets(rows) => all(rows),
        Content::Neighbours(rows) => all(rows),
        Content::Routes(rows) => all(rows),
        Content::RouteGet(rows) => all(rows),
        Content::Rules(rows) => rows.iter().map(|(_, rule)| format!("{rule:?}")).collect(),
        Content::Links(rows) => all(rows),
        Content::Trace(trace) => all(&trace.hops),
        Content::Answers(rows) => all(rows),
        Content::Frames(rows) => all(rows),
        Content::Counters(_, rows) => all(rows),
        Content::Settings(rows) => all(rows),
        Content::Chains(rows) => all(rows),
        Content::Tracked(rows) => all(rows),
        Content::Messages(rows) => all(rows),
        Content::ConntrackCpus(rows) => rows.iter().map(|(_, cpu)| format!("{cpu:?}")).collect(),
        Content::Nothing => Vec::new(),
    }
}

/// `line: 12` is another number in a text that was changed.
fn without_numbers(row: &str) -> String {
    let mut parts = row.split("line: ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str("line: _");
        kept.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    kept
}

/// How a text is changed.
type Change = fn(&str) -> String;

fn by_line(text: &str, mut change: impl FnMut(&str) -> String) -> String {
    text.lines().map(|line| change(line) + "\n").collect()
}

/// Rows that are not in `before`, rows of `before` that are gone.
fn difference(before: &[String], after: &[String]) -> (Vec<String>, Vec<String>) {
    let mut gone = before.to_vec();
    let mut new = Vec::new();
    for row in after {
        match gone.iter().position(|known| known == row) {
            Some(at) => drop(gone.swap_remove(at)),
            None => new.push(row.clone()),
        }
    }
    (new, gone)
}

/// Rows that the reader says it could not read.
fn rejected(ticket: &Ticket) -> usize {
    ticket.pieces.iter().map(|piece| piece.rejected_count as usize).sum()
}

/// What is not put together yet: the change, the texts. Rows are lost or read in part there, and no mark
/// says so.
const NOT_YET: &[(&str, &[&str])] = &[(
    "mail",
    &[
        "first-five--tshark-V",
        "nft-all-kinds",
        "proc-counters",
        "ss-tlne-accept-queue-full",
        "tcpdump-nd-v",
        "unreachable--tshark",
    ],
)];

/// Checks a change on every fixture: no row is new, and each one that is gone is marked.
fn check(what: &str, change: Change) {
    let mut wrong = String::new();
    for (name, bytes) in fixtures() {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if NOT_YET.iter().any(|(change, names)| *change == what && names.contains(&name.as_str())) {
            continue;
        }
        let before = ticket(text.as_bytes());
        let after = ticket(change(&text).as_bytes());
        let (new, gone) = difference(&rows(&before), &rows(&after));
        let marked = rejected(&after).saturating_sub(rejected(&before));
        if !new.is_empty() || gone.len() > marked {
            let _ = writeln!(wrong, "{name}: {} gone, {marked} marked", gone.len());
            for row in new.iter().take(3) {
                let _ = writeln!(wrong, "  new  {row}");
            }
            for row in gone.iter().take(3) {
                let _ = writeln!(wrong, "  gone {row}");
            }
        }
    }
    assert!(wrong.is_empty(), "{what}:\n{wrong}");
}

/// As a terminal of so many columns shows it.
fn fold(text: &str, columns: usize) -> String {
    by_line(text, |line| {
        let mut folded = String::new();
        let mut used = 0;
        for character in line.chars() {
            if used >= columns {
                folded.push('\n');
                used = 0;
            }
            used = if character == '\t' { used / 8 * 8 + 8 } else { used + 1 };
            folded.push(character);
        }
        folded
    })
}

fn wrap(text: &str, width: usize) -> String {
    by_line(text, |line| {
        let mut wrapped = String::new();
        let mut used = 0;
        for word in line.split_inclusive(' ') {
            let needed = word.trim_end().chars().count();
            if used > 0 && used + needed > width {
                wrapped.truncate(wrapped.trim_end().len());
                wrapped.push('\n');
                used = 0;
            }
            wrapped.push_str(word);
            used += word.chars().count();
        }
        wrapped
    })
}

#[test]
fn line_ends_of_windows() {
    check("crlf", |text| by_line(text, |line| format!("{line}\r")));
}

#[test]
fn encodings() {
    check("mark", |text| format!("\u{feff}{text}"));
    for (name, bytes) in fixtures() {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rows(&ticket(&wide)), rows(&ticket(text.as_bytes())), "{name}");
    }
}

#[test]
fn quoting() {
    check("quoted", |text| by_line(text, |line| format!("> {line}")));
    check("quoted twice", |text| by_line(text, |line| format!(">> {line}")));
    check("quoted without blank", |text| by_line(text, |line| format!(">{line}")));
}

#[test]
fn markup() {
    check("fence", |text| format!("This is it:\n```console\n{text}\n```\nThank you.\n"));
    check("bullets", |text| by_line(text, |line| format!("- {line}")));
    check("stars", |text| by_line(text, |line| format!("* {line}")));
    check("entities", |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    check("indented", |text| by_line(text, |line| format!("    {line}")));
}

#[test]
fn numbers_of_lines() {
    let mut number = 0;
    let mut numbered = |text: &str| {
        number = 0;
        by_line(text, |line| {
            number += 1;
            format!("{number:6}\t{line}")
        })
    };
    for (name, bytes) in fixtures() {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        assert_eq!(
            rows(&ticket(numbered(&text).as_bytes())),
            rows(&ticket(text.as_bytes())),
            "{name}"
        );
    }
}

#[test]
fn blanks() {
    check("collapsed", |text| {
        by_line(text, |line| {
            line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        })
    });
    check("tabs", |text| {
        by_line(text, |line| line.replace("        ", "\t").replace("    ", "\t"))
    });
    check("no-break blanks", |text| text.replace(' ', "\u{a0}"));
    check("blanks at the end", |text| by_line(text, |line| format!("{line}   ")));
    check("blank lines between", |text| by_line(text, |line| format!("{line}\n")));
}

#[test]
fn prompts() {
    check("prompt before", |text| format!("[root@web1 ~]# cat saved.txt\n{text}[root@web1 ~]# \n"));
    check("prose around", |text| {
        format!("Hello,\nthis is what I get\n\n{text}\nWhat is wrong here?\n")
    });
}

#[test]
fn terminals_break_lines() {
    check("80 columns", |text| fold(text, 80));
    check("100 columns", |text| fold(text, 100));
    check("mail", |text| wrap(text, 76));
}

#[test]
fn outputs_stand_in_any_order() {
    let all: Vec<String> =
        fixtures().into_iter().filter_map(|(_, bytes)| String::from_utf8(bytes).ok()).collect();
    let mut alone: Vec<String> =
        all.iter().flat_map(|text| rows(&ticket(text.as_bytes()))).collect();
    alone.sort();
    let prompt = "[root@web1 ~]# cat saved.txt\n";
    let joined = |texts: &mut dyn Iterator<Item = &String>| -> String {
        let each = texts.map(|text| format!("{prompt}{}", text.trim_end_matches('\n')));
        each.collect::<Vec<_>>().join("\n") + "\n"
    };
    let shuffled = (0..all.len()).map(|at| &all[at * 7919 % all.len()]);
    let is_prime_to = !all.len().is_multiple_of(7919);
    assert!(is_prime_to);
    for text in
        [joined(&mut all.iter()), joined(&mut all.iter().rev()), joined(&mut shuffled.into_iter())]
    {
        let (new, gone) = difference(&alone, &rows(&ticket(text.as_bytes())));
        assert!(new.is_empty() && gone.is_empty(), "new {new:#?}, gone {gone:#?}");
    }
}
