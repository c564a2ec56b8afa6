//! A typed line to the commands that it runs, without what only starts them.

use crate::Command;

/// Most commands that are taken from one line.
const COMMANDS_MAX: usize = 32;

/// Most programs in a row that only start another one.
const WRAPPERS_MAX: usize = 8;

/// Programs behind a pipe that hand every line on.
const PASS_ON: [&str; 13] = [
    "cat", "less", "more", "most", "tee", "sort", "column", "nl", "tac", "clip", "pbcopy", "xclip",
    "ts",
];

/// The quotes and dashes that editors make of those on the keyboard.
fn straighten(typed: &str) -> String {
    let mut straight = String::with_capacity(typed.len());
    let mut characters = typed.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '“' | '”' | '„' | '＂' => straight.push('"'),
            '‘' | '’' | '＇' => straight.push('\''),
            '｜' => straight.push('|'),
            '；' => straight.push(';'),
            // One dash or two: `--numeric` has more letters behind it than `-n`. With a dash of the
            // keyboard beside it, the two were one.
            '–' | '—' | '−' | '‐' | '‑' | '－' => {
                while characters.next_if(|next| is_dash(*next)).is_some() {}
                let letters = characters.clone().take_while(char::is_ascii_lowercase).count();
                if !straight.ends_with('-') {
                    straight.push_str(if letters > 6 { "--" } else { "-" });
                }
            }
            '-' if characters.peek().is_some_and(|next| *next != '-' && is_dash(*next)) => {
                while characters.next_if(|next| is_dash(*next)).is_some() {}
                straight.push('-');
            }
            other => straight.push(other),
        }
    }
    straight
}

fn is_dash(character: char) -> bool {
    matches!(character, '-' | '–' | '—' | '−' | '‐' | '‑' | '－')
}

/// A token of a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word {
        /// Without its quotes.
        text: String,
        /// As it was typed.
        typed: String,
    },
    /// `|`.
    Pipe,
    /// `;`, `&&`, `||`, `&`.
    Next,
}

/// Takes a typed line apart, as a shell does with words, quotes and separators; nothing is expanded.
#[derive(Default)]
struct Lexer {
    tokens: Vec<Token>,
    text: String,
    typed: String,
}

impl Lexer {
    fn end_word(&mut self) {
        if !self.typed.is_empty() {
            let (text, typed) = (std::mem::take(&mut self.text), std::mem::take(&mut self.typed));
            self.tokens.push(Token::Word { text, typed });
        }
    }

    fn push(&mut self, text: Option<char>, typed: char) {
        self.text.extend(text);
        self.typed.push(typed);
    }

    fn read(mut self, line: &str) -> Vec<Token> {
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\'' | '"' => {
                    self.push(None, character);
                    for inner in characters.by_ref() {
                        self.push((inner != character).then_some(inner), inner);
                        if inner == character {
                            break;
                        }
                    }
                }
                '\\' => {
                    self.push(None, character);
                    if let Some(escaped) = characters.next() {
                        self.push(Some(escaped), escaped);
                    }
                }
                // `2>&1`, `&>file`: of a redirection.
                '&' if self.typed.ends_with('>') || characters.peek() == Some(&'>') => {
                    self.push(Some(character), character);
                }
                '|' | ';' | '&' => {
                    self.end_word();
                    let is_doubled = characters.next_if_eq(&character).is_some();
                    let is_pipe = character == '|' && !is_doubled;
                    self.tokens.push(if is_pipe { Token::Pipe } else { Token::Next });
                }
                blank if blank.is_whitespace() => self.end_word(),
                other => self.push(Some(other), other),
            }
        }
        self.end_word();
        self.tokens
    }
}

/// The words of one program, without quotes and as typed.
type Words = Vec<(String, String)>;

/// A pipeline as words of each of its programs.
fn pipelines(tokens: Vec<Token>) -> Vec<Vec<Words>> {
    let mut all: Vec<Vec<Words>> = vec![vec![Words::new()]];
    for token in tokens {
        match (token, all.last_mut()) {
            (Token::Word { text, typed }, Some(pipeline)) => {
                if let Some(words) = pipeline.last_mut() {
                    words.push((text, typed));
                }
            }
            (Token::Pipe, Some(pipeline)) => pipeline.push(Words::new()),
            (Token::Next, _) | (_, None) => all.push(vec![Words::new()]),
        }
    }
    all.retain(|pipeline| pipeline.first().is_some_and(|words| !words.is_empty()));
    all
}

/// What a program starts: the words behind those that only say how.
enum Started {
    /// A command of its own.
    Words(Words),
    /// A line for a shell.
    Line(String),
}

/// The commands of one line, in order. Never fails: what cannot be understood is an argument.
pub(super) fn parse(typed: &str, host: Option<&str>, as_root: bool) -> Vec<Command> {
    let mut commands = Vec::new();
    // Each line for another shell is shorter than the one that held it.
    let mut lines = vec![(straighten(typed), host.map(str::to_owned), as_root)];
    while let Some((line, host, as_root)) = lines.pop() {
        for pipeline in pipelines(Lexer::default().read(&line)) {
            let mut command = Command { host: host.clone(), as_root, ..Command::default() };
            let mut programs = pipeline.into_iter();
            let first = programs.next().unwrap_or_default();
            match unwrap(first, &mut command) {
                Started::Words(words) => fill(&mut command, words),
                Started::Line(inner) => {
                    if lines.len() < COMMANDS_MAX {
                        lines.push((inner, command.host, command.as_root));
                    }
                    continue;
                }
            }
            command.filter = filter(programs);
            if !command.program.is_empty() && commands.len() < COMMANDS_MAX {
                commands.push(command);
            }
        }
    }
    commands
}

/// Takes off what only starts another program: `sudo`, `docker exec`, `ip netns exec`, `watch`.
fn unwrap(mut words: Words, command: &mut Command) -> Started {
    for _ in 0..WRAPPERS_MAX {
        while words.first().is_some_and(|(word, _)| is_assignment(word) || is_keyword(word)) {
            words.remove(0);
        }
        let texts: Vec<&str> = words.iter().map(|(text, _)| text.as_str()).collect();
        let skipped = match (
            program_name(texts.first().copied().unwrap_or_default()).as_str(),
            texts.get(1..).unwrap_or_default(),
        ) {
            ("sudo" | "doas", rest) => {
                command.as_root = true;
                1 + options(rest, &["-u", "-g", "-p", "-C", "-h", "-r", "-t", "-T", "-U"])
            }
            ("su", rest) => {
                command.as_root = true;
                match rest.iter().position(|&word| word == "-c") {
                    Some(at) if rest.len() > at + 1 => {
                        return Started::Line(rest[at + 1].to_owned());
                    }
                    _ => 0,
                }
            }
            ("sh" | "bash" | "ash" | "dash" | "zsh" | "ksh", rest) => {
                match rest.iter().position(|word| word.starts_with('-') && word.ends_with('c')) {
                    Some(at) if rest.len() > at + 1 => {
                        return Started::Line(rest[at + 1].to_owned());
                    }
                    _ => 0,
                }
            }
            ("env", rest) => 1 + options(rest, &["-u", "-C", "-S"]),
            (
                "time" | "nohup" | "command" | "exec" | "builtin" | "eval" | "unbuffer" | "setsid"
                | "busybox" | "toybox",
                rest,
            ) if !rest.is_empty() => 1 + options(rest, &[]),
            ("nice" | "ionice" | "stdbuf", rest) => {
                1 + options(rest, &["-n", "-c", "-o", "-e", "-i"])
            }
            ("timeout", rest) => 2 + options(rest, &["-k", "-s"]),
            ("chroot", rest) => 2 + options(rest, &[]),
            ("watch", rest) => 1 + options(rest, &["-n", "--interval", "-q"]),
            ("nsenter", rest) => 1 + options(rest, &["-t", "--target", "-S", "-G"]),
            ("unshare", rest) => 1 + options(rest, &[]),
            ("ip", rest) => {
                let object = options(rest, &["-n", "-netns", "-b"]);
                match rest.get(object..).unwrap_or_default() {
                    [kind, "exec", _, ..] if matches!(*kind, "netns" | "net" | "vrf") => {
                        1 + object + 3
                    }
                    _ => 0,
                }
            }
            (
                "docker" | "podman" | "nerdctl" | "lxc" | "incus" | "crictl" | "docker-compose"
                | "kubectl" | "oc" | "k3s" | "k",
                rest,
            ) => in_container(rest),
            ("ssh", rest) => {
                let at = options(
                    rest,
                    &["-i", "-p", "-l", "-o", "-F", "-J", "-b", "-c", "-L", "-R", "-D"],
                );
                match rest.get(at) {
                    Some(target) if rest.len() > at + 1 => {
                        let name = target.rsplit('@').next().unwrap_or_default();
                        command.as_root = target.starts_with("root@");
                        command.host = Some(name.to_owned());
                        return Started::Line(rest[at + 1..].join(" "));
                    }
                    _ => 0,
                }
            }
            ("adb", rest) if rest.first() == Some(&"shell") => 2,
            _ => 0,
        };
        // A wrapper that starts nothing is a command itself: `watch`, `docker exec` at the end.
        if skipped == 0 || skipped >= words.len() {
            break;
        }
        words.drain(..skipped);
        // `watch 'ss -tan | grep SYN'` and `watch "..."`.
        if let [(only, typed)] = words.as_slice()
            && typed != only
            && only.contains(' ')
        {
            return Started::Line(only.clone());
        }
    }
    Started::Words(words)
}

/// Words to skip before the program in `docker exec -it NAME program`, 0 when there is none.
fn in_container(rest: &[&str]) -> usize {
    let Some(exec) = rest.iter().position(|&word| matches!(word, "exec" | "run")) else {
        return 0;
    };
    if let Some(end) = rest.iter().position(|&word| word == "--") {
        return if end > exec { 1 + end + 1 } else { 0 };
    }
    let valued = [
        "-u",
        "-e",
        "-w",
        "-c",
        "-n",
        "--user",
        "--container",
        "--namespace",
        "--index",
        "--network",
        "--net",
    ];
    let name = exec + 1 + options(&rest[exec + 1..], &valued);
    1 + name + 1
}

/// How many of the words are options, with their values.
fn options(words: &[&str], valued: &[&str]) -> usize {
    let mut count = 0;
    while let Some(word) = words.get(count) {
        if *word == "--" {
            return count + 1;
        }
        if !word.starts_with('-') || word.len() == 1 {
            break;
        }
        count += 1 + usize::from(valued.contains(word));
    }
    count.min(words.len())
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
            && !name.as_bytes()[0].is_ascii_digit()
    })
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "do" | "then" | "else" | "while" | "if" | "(" | "{" | "!")
}

/// The last part of a path, in lower case, without `.exe`.
fn program_name(word: &str) -> String {
    let name = word.trim_start_matches('(').rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
}

/// Program and arguments, without redirections and remarks.
fn fill(command: &mut Command, words: Words) {
    let mut words = words.into_iter().peekable();
    command.program = words.next().map(|(text, _)| program_name(&text)).unwrap_or_default();
    // Those which take no word of one dash: `route - n` is `route -n`.
    let joins_dash =
        matches!(command.program.as_str(), "netstat" | "route" | "arp" | "ss" | "ifconfig");
    while let Some((text, typed)) = words.next() {
        let is_quoted = typed != text;
        if !is_quoted && text.starts_with('#') {
            break;
        }
        if !is_quoted && is_redirection(&text) {
            // Its target can be a word of its own, or got lost.
            if text.ends_with(['>', '<']) {
                words.next();
            }
            continue;
        }
        if joins_dash
            && text == "-"
            && let Some((letters, _)) =
                words.next_if(|(next, _)| next.bytes().all(|octet| octet.is_ascii_alphabetic()))
        {
            command.args.push(format!("-{letters}"));
            continue;
        }
        let text = if is_quoted { text.as_str() } else { text.trim_end_matches(['>', '<']) };
        command.args.push(text.to_owned());
    }
}

/// `>file`, `2>&1`, `&>`, `>>`; not `<incomplete>` and not a comparison.
fn is_redirection(word: &str) -> bool {
    let rest =
        word.trim_start_matches(|character: char| character.is_ascii_digit() || character == '&');
    rest.starts_with('>') || (rest.starts_with('<') && !rest.ends_with('>'))
}

/// What the lines went through that can leave some of them out.
fn filter(programs: impl Iterator<Item = Words>) -> Option<String> {
    let typed: Vec<String> = programs
        .filter(|words| {
            let name = words.iter().map(|(text, _)| text).find(|text| *text != "sudo");
            name.is_some_and(|name| !PASS_ON.contains(&program_name(name).as_str()))
        })
        .map(|words| {
            let typed: Vec<&str> = words.iter().map(|(_, typed)| typed.as_str()).collect();
            typed.join(" ")
        })
        .collect();
    (!typed.is_empty()).then(|| typed.join(" | "))
}

#[cfg(test)]
mod tests;
