//! What the readers of rows share.

use super::Table;
use crate::{Command, Content, Taken};

impl Table {
    /// A whole table of Linux, as far as is known.
    pub(super) fn new(content: Content, taken: Vec<Taken>) -> Self {
        Self { content, taken, cut: None, foreign_system: None, notes: Vec::new() }
    }
}

/// The words of a row, without what a person wrote behind it: `10.0.0.1 dev eth0  <-- this one`.
pub(super) fn words(line: &str) -> Vec<&str> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let is_remark = |word: &&str| {
        word.starts_with(['←', '⟵', '⇐', '#', '（', '⬅'])
            || word.starts_with("<-")
            || word.starts_with("<=")
            || word.starts_with("//")
    };
    if let Some(end) = words.iter().skip(1).position(is_remark) {
        words.truncate(end + 1);
    }
    words
}

/// True when a command prints a file whose path ends so: `cat /proc/net/arp`, `head /proc/1/net/arp`.
pub(super) fn reads_file(command: &Command, path: &str) -> bool {
    command.args.iter().any(|arg| arg.starts_with("/proc/") && arg.ends_with(path))
}
