//! Commands that are named in a sentence: ``Output of `ip route`:``, `netstat -an:`.

use super::commands::printers;
use super::{prompt, shell};
use crate::Command;
use crate::format::{FORMATS, Sees};

/// Longest line that is taken for a heading.
const OCTETS_MAX: usize = 240;

/// Words that are tried behind the name of a program.
const WORDS_MAX: usize = 16;

/// The commands that a sentence names, if a format reads what they print.
pub(super) fn commands(line: &str) -> Option<Vec<Command>> {
    if line.len() > OCTETS_MAX {
        return None;
    }
    // In backticks or quotes it is whole.
    let quoted = line.split(['`', '"', '\'', '“', '”', '「', '」']).skip(1).step_by(2);
    for typed in quoted {
        if let Some(commands) = read(typed.trim()) {
            return Some(commands);
        }
    }
    let file =
        line.trim().trim_matches(['=', '-', '#', '*', ' ']).rsplit('/').next().unwrap_or_default();
    if file.contains('_') {
        // Names of files of bundles: `sos_commands/networking/ip_-d_address`.
        let typed = file.trim_end_matches(".txt").replace('_', " ");
        if let Some(commands) = read(typed.trim()) {
            return Some(commands);
        }
    }
    let starts = line.char_indices().filter(|(at, first)| {
        first.is_ascii_lowercase()
            && line[..*at].chars().next_back().is_none_or(|before| !is_word(before))
    });
    for (at, _) in starts {
        let tail = &line[at..];
        let word = &tail[..tail.find(|character: char| !is_word(character)).unwrap_or(tail.len())];
        if prompt::is_program(word)
            && let Some(commands) = longest(tail)
        {
            return Some(commands);
        }
    }
    None
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '/')
}

/// The longest run of words from the start that is a command.
fn longest(tail: &str) -> Option<Vec<Command>> {
    let end = tail
        .find(['`', '"', '“', '”', '，', '。', '：', '）', '>', '<', '#'])
        .unwrap_or(tail.len());
    let mut typed = tail[..end].trim_end();
    for _ in 0..WORDS_MAX {
        typed = typed
            .trim_end_matches([' ', '\t', ':', '.', ',', ';', ')', ']', '*', '-', '=', '?', '!']);
        if let Some(commands) = read(typed) {
            return Some(commands);
        }
        typed = &typed[..typed.rfind([' ', '\t'])?];
    }
    None
}

fn read(typed: &str) -> Option<Vec<Command>> {
    let commands = prompt::bare(typed)?;
    commands.iter().any(|command| printers(command).next().is_some()).then_some(commands)
}

/// True when a line is the output of one of the commands.
pub(super) fn is_output(commands: &[Command], line: &str) -> bool {
    commands.iter().flat_map(printers).any(|format| FORMATS[format].sees(line, true) >= Sees::Row)
}

/// Commands of a line that our own script prints.
pub(super) fn asked(typed: &str) -> Vec<Command> {
    shell::parse(typed, None, false)
}
