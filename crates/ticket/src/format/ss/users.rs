//! `users:(("nginx",pid=1502,fd=6),("nginx",pid=1503,fd=6))`. A process can call itself anything,
//! and `ss` escapes nothing: the list has to fit as a whole.

use std::collections::BTreeSet;

use crate::Process;

/// Characters of a name: TASK_COMM_LEN without its zero.
const NAME_MAX: usize = 15;

/// The first process of a list: the text between `users:(` and the last `)`.
pub(super) fn first(list: &str) -> Option<Process> {
    let (name, pid, _) = entries(list).find(|(_, _, rest)| fits(rest))?;
    Some(Process { pid: Some(pid), name: name.to_owned() })
}

/// True when the text behind an entry is more entries up to the end, in some reading.
fn fits(rest: &str) -> bool {
    let mut open = vec![rest];
    let mut known = BTreeSet::new();
    while let Some(rest) = open.pop() {
        if rest.is_empty() {
            return true;
        }
        if let Some(next) = rest.strip_prefix(',').filter(|_| known.insert(rest.len())) {
            open.extend(entries(next).map(|(_, _, behind)| behind));
        }
    }
    false
}

/// Every way to read one entry at the start of a text: name, number, and what is behind it.
fn entries(text: &str) -> impl Iterator<Item = (&str, u32, &str)> {
    let inside = text.strip_prefix("(\"").unwrap_or_default();
    let longest = inside.char_indices().nth(NAME_MAX).map_or(inside.len(), |(at, _)| at);
    inside.match_indices("\",").take_while(move |(at, _)| *at <= longest).filter_map(|(at, _)| {
        let name = &inside[..at];
        let (pid, behind) = numbers(&inside[at + 2..])?;
        Some((name, pid, behind))
    })
}

/// `pid=1502,fd=6)`, or `1502,6)` of old versions, up to the parenthesis.
fn numbers(text: &str) -> Option<(u32, &str)> {
    let (fields, behind) = text.split_once(')')?;
    let mut fields = fields.split(',');
    let first = fields.next()?;
    let pid = first.strip_prefix("pid=").unwrap_or(first).parse().ok()?;
    // `proc_ctx=` and `sock_ctx=` of -Z stand between the two.
    let mut rest = fields.filter(|field| !field.contains("_ctx="));
    let fd = rest.next()?;
    let is_number = fd.strip_prefix("fd=").unwrap_or(fd).bytes().all(|b| b.is_ascii_digit());
    (is_number && rest.next().is_none()).then_some((pid, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Option<(Option<u32>, String)> {
        first(list).map(|process| (process.pid, process.name))
    }

    #[test]
    fn lists() {
        let is = |pid, name: &str| Some((pid, name.to_owned()));
        assert_eq!(read(r#"("sshd",pid=2224,fd=3)"#), is(Some(2224), "sshd"));
        assert_eq!(read(r#"("sshd",2224,3)"#), is(Some(2224), "sshd"));
        assert_eq!(read(r#"("nginx",pid=1,fd=6),("nginx",pid=2,fd=6)"#), is(Some(1), "nginx"));
        assert_eq!(read(r#"("a",1,6),("b",2,6)"#), is(Some(1), "a"));
        assert_eq!(
            read(r#"("sshd",pid=7,proc_ctx=system_u:system_r:sshd_t:s0,fd=3)"#),
            is(Some(7), "sshd")
        );
        for bad in ["", "()", r#"("a")"#, r#"("a",pid=x,fd=1)"#, r#"("a",pid=1,fd=1"#] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn hostile_names() {
        // A process that calls itself `",pid=1,fd=3`.
        assert_eq!(
            read(r#"("",pid=1,fd=3",pid=23311,fd=11)"#),
            Some((Some(23311), r#"",pid=1,fd=3"#.to_owned()))
        );
        assert_eq!(read(r#"("a)),(("b",pid=9,fd=1)"#), Some((Some(9), r#"a)),(("b"#.to_owned())));
        assert_eq!(
            read(r#"("a",pid=1,fd=1),("",pid=1,fd=3",pid=2,fd=1)"#).map(|(pid, _)| pid),
            Some(Some(1))
        );
    }
}
