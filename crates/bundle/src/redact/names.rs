//! Names: each has a number that follows from the key, so that it is the same in the next attachment.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::key::{Domain, Prf};

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Host,
    User,
    /// What an administrator wrote about a device.
    Alias,
    /// What an administrator wrote about a rule.
    Note,
    Process,
    Device,
    Table,
    Chain,
    Set,
    Program,
}

impl Kind {
    /// What its pseudonyms begin with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::User => "user",
            Self::Alias => "alias",
            Self::Note => "note",
            Self::Process => "process",
            Self::Device => "dev",
            Self::Table => "table",
            Self::Chain => "chain",
            Self::Set => "set",
            Self::Program => "program",
        }
    }
}

/// Numbers that are drawn from; few enough to be short.
const NUMBERS: u64 = 9_999;

/// Names that were given, and what to.
#[derive(Debug)]
pub(super) struct Names {
    prf: Prf,
    given: RefCell<Given>,
}

#[derive(Debug, Default)]
struct Given {
    names: BTreeMap<(Kind, String), u64>,
    taken: BTreeSet<(Kind, u64)>,
}

impl Names {
    pub(super) fn new(prf: Prf) -> Self {
        Self { prf, given: RefCell::default() }
    }

    /// `host-4711`: the same for the same name, and for no other one in the same document. Nothing
    /// stands for nothing.
    pub(super) fn name(&self, kind: Kind, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        let mut given = self.given.borrow_mut();
        let key = (kind, name.to_owned());
        let number = match given.names.get(&key) {
            Some(&number) => number,
            None => {
                let message = [kind.word().as_bytes(), b"\0", name.as_bytes()].concat();
                let mut number = self.prf.draw(Domain::Name, &message) % NUMBERS + 1;
                while !given.taken.insert((kind, number)) {
                    number += 1;
                }
                given.names.insert(key, number);
                number
            }
        };
        format!("{}-{number}", kind.word())
    }
}

/// True when `word` stands in `text`, in any case, with no letter or digit beside it.
pub(super) fn holds_word(text: &str, word: &str) -> bool {
    find_word(text, word).is_some()
}

/// Where that is, as bytes.
pub(super) fn find_word(text: &str, word: &str) -> Option<(usize, usize)> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    if word.is_empty() {
        return None;
    }
    let is_part =
        |at: usize| text.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    let places = 0..(text.len() + 1).saturating_sub(word.len());
    let mut found = places.filter(|&start| {
        let end = start + word.len();
        text.get(start..end).is_some_and(|there| there.eq_ignore_ascii_case(word))
            && !(start > 0 && is_part(start - 1))
            && !is_part(end)
    });
    found.next().map(|start| (start, start + word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Key;

    #[test]
    fn a_name_has_one_number_and_no_other_name_has_it() {
        let names = Names::new(Prf::new(&Key::new([1; 32])));
        let first = names.name(Kind::Host, "db1");
        assert!(first.strip_prefix("host-").is_some_and(|n| n.parse::<u32>().is_ok()), "{first}");
        let all: BTreeSet<String> =
            (0..2_000).map(|at| names.name(Kind::Host, &format!("db{at}"))).collect();
        assert_eq!(all.len(), 2_000);
        assert_eq!(names.name(Kind::Host, "db1"), first);
        assert_eq!(names.name(Kind::Host, ""), "");
        // The next document has the same number for it.
        assert_eq!(Names::new(Prf::new(&Key::new([1; 32]))).name(Kind::Host, "db1"), first);
    }

    #[test]
    fn a_word_ends_where_letters_end() {
        assert!(holds_word("backup-DB1.example", "db1"));
        assert!(holds_word("db1", "db1") && holds_word("/db1/", "db1"));
        assert!(!holds_word("db12", "db1") && !holds_word("xdb1", "db1"));
        assert!(!holds_word("x", "") && !holds_word("", "db1"));
        assert_eq!(find_word("ädb1 db1", "db1"), Some((6, 9)));
    }
}
