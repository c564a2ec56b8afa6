//! A rule: conditions, statements and a verdict, as `nft list` prints them.

use synrecv_model::{FilterRule, Foreign, RuleVerdict, Term};

use super::super::rule_words::{UNKNOWN, quoted_words};
use super::value::Sets;

/// Stands behind a rule by `-a`: `# handle 12`.
pub(super) const HANDLE: &str = " # handle ";

/// The rule of a line, one for each verdict of its verdict map.
pub(super) fn rules(line: &str, position: u64, sets: &Sets) -> Vec<FilterRule> {
    let (body, handle) = match line.rsplit_once(HANDLE) {
        Some((body, handle)) if handle.trim().parse::<u64>().is_ok() => {
            (body, handle.trim().parse().unwrap_or(position))
        }
        _ => (line, position),
    };
    let words = quoted_words(body);
    let mut reading = Reading::new(&words, sets);
    reading.run();
    let text = Foreign(reading.text.join(" "));
    if let Some(branches) = reading.branches.take() {
        let rule = |(terms, verdict)| FilterRule {
            handle,
            text: text.clone(),
            terms: [reading.terms.clone(), terms].concat(),
            verdict,
            packet_count: None,
        };
        return branches.into_iter().map(rule).collect();
    }
    // A counter before a condition counts more than what the rule matches.
    let counted = reading.counted.filter(|(_, terms)| *terms == reading.terms.len());
    vec![FilterRule {
        handle,
        text,
        verdict: reading.verdict,
        packet_count: counted.map(|(packets, _)| packets),
        terms: reading.terms,
    }]
}

/// Walks over the words of a rule.
pub(super) struct Reading<'a> {
    pub(super) words: &'a [(String, bool)],
    pub(super) at: usize,
    pub(super) sets: &'a Sets,
    pub(super) terms: Vec<Term>,
    pub(super) verdict: RuleVerdict,
    counted: Option<(u64, usize)>,
    pub(super) branches: Option<Vec<(Vec<Term>, RuleVerdict)>>,
    text: Vec<String>,
    pub(super) unknown_words: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn new(words: &'a [(String, bool)], sets: &'a Sets) -> Self {
        Self {
            words,
            at: 0,
            sets,
            terms: Vec::new(),
            verdict: RuleVerdict::Continue,
            counted: None,
            branches: None,
            text: Vec::new(),
            unknown_words: 0,
        }
    }

    pub(super) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).filter(|(_, quoted)| !quoted).map(|(word, _)| word.as_str())
    }

    pub(super) fn next(&mut self) -> Option<&'a str> {
        let (word, _) = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    pub(super) fn next_if(&mut self, wanted: &str) -> bool {
        let fits = self.peek() == Some(wanted);
        self.at += usize::from(fits);
        fits
    }

    pub(super) fn run(&mut self) {
        while self.at < self.words.len() {
            let start = self.at;
            let hides_numbers = self.statement();
            let shown = self.words.get(start..self.at.max(start + 1)).unwrap_or_default();
            self.at = self.at.max(start + 1);
            let shown = if hides_numbers { shown.get(..1).unwrap_or_default() } else { shown };
            self.text.extend(
                shown.iter().map(
                    |(word, quoted)| {
                        if *quoted { format!("\"{word}\"") } else { word.clone() }
                    },
                ),
            );
        }
    }

    /// Reads one condition or statement. True when only its first word is worth to be shown.
    fn statement(&mut self) -> bool {
        let Some(word) = self.next() else { return false };
        match word {
            "accept" => self.verdict = RuleVerdict::Accept,
            "drop" => self.verdict = RuleVerdict::Drop,
            "return" => self.verdict = RuleVerdict::Return,
            "jump" | "goto" => {
                let target = Foreign(self.next().unwrap_or_default().to_owned());
                self.verdict = if word == "jump" {
                    RuleVerdict::Jump(target)
                } else {
                    RuleVerdict::Goto(target)
                };
            }
            "reject" => {
                self.skip_to_comment();
                self.verdict = RuleVerdict::Reject;
            }
            "queue" => {
                self.skip_to_comment();
                self.verdict = RuleVerdict::Queue;
            }
            "masquerade" | "snat" | "dnat" | "redirect" => {
                self.skip_to_comment();
                self.verdict = RuleVerdict::Accept;
            }
            // Both take the packet out of the hands of the hook.
            "fwd" | "synproxy" => {
                self.skip_to_comment();
                self.verdict = RuleVerdict::Unknown;
            }
            "comment" => {
                self.next();
            }
            "counter" => return self.counter(),
            "continue" | "notrack" | "last" => {}
            "log" => self.log(),
            "limit" | "quota" => self.limit(),
            "update" | "add" | "delete" | "flow" => self.dynamic(word),
            "dup" | "tproxy" | "reset" => {
                self.skip_to_comment();
                self.terms.extend((word == "tproxy").then_some(UNKNOWN));
            }
            "xt" => self.extension(),
            _ => self.condition(word),
        }
        false
    }

    fn skip_to_comment(&mut self) {
        while self.peek().is_none_or(|word| word != "comment") && self.at < self.words.len() {
            self.at += 1;
        }
    }

    fn counter(&mut self) -> bool {
        if self.next_if("packets") {
            let packets = self.next().and_then(|word| word.parse().ok());
            if self.next_if("bytes") {
                self.next();
            }
            self.counted = packets.map(|packets| (packets, self.terms.len()));
            return true;
        }
        if self.next_if("name") {
            self.next();
        }
        false
    }

    fn log(&mut self) {
        while let Some(word) = self.peek() {
            match word {
                "prefix" | "level" | "group" | "snaplen" | "queue-threshold" => self.at += 2,
                "flags" => {
                    self.at += 2;
                    // `flags tcp sequence,options`
                    let is_more = |word: &str| word.starts_with("sequence") || word == "options";
                    self.at += usize::from(self.peek().is_some_and(is_more));
                }
                _ => break,
            }
        }
    }

    /// `limit rate over 10/minute burst 5 packets`, `quota over 10 mbytes used 3 bytes`.
    fn limit(&mut self) {
        self.terms.push(UNKNOWN);
        while let Some(word) = self.peek() {
            let is_part = matches!(
                word,
                "rate"
                    | "over"
                    | "until"
                    | "burst"
                    | "name"
                    | "packets"
                    | "used"
                    | "bytes"
                    | "kbytes"
                    | "mbytes"
            ) || word.starts_with(|first: char| first.is_ascii_digit())
                || word.contains("bytes/");
            if !is_part {
                break;
            }
            self.at += 1;
            if word == "name" {
                self.at += 1;
            }
        }
        if let (Some((_, true)), Some("name")) = (
            self.words.get(self.at),
            self.words.get(self.at.wrapping_sub(1)).map(|(word, _)| word.as_str()),
        ) {
            self.at += 1;
        }
    }

    /// `update @set { ip saddr limit rate over 10/minute }`, `flow add @table`.
    fn dynamic(&mut self, word: &str) {
        if word == "flow" {
            self.next_if("add");
            self.next();
            return;
        }
        self.next();
        if self.peek() == Some("{") {
            self.braces();
        }
        self.terms.push(UNKNOWN);
    }

    /// What `nft` cannot put into its own words: `xt match "connlimit"`, `xt target "LOG"`.
    fn extension(&mut self) {
        let kind = self.next();
        let name = self.next().unwrap_or_default();
        match (kind, name) {
            // Says nothing, or what is asked for stands beside it.
            (Some("match"), "comment" | "tcp" | "udp") => {}
            (Some("match"), _) => self.terms.push(UNKNOWN),
            (_, "LOG" | "NFLOG" | "MARK" | "CT" | "CONNMARK" | "TCPMSS" | "SET" | "TRACE") => {}
            (_, "REJECT") => self.verdict = RuleVerdict::Reject,
            (_, "NFQUEUE") => self.verdict = RuleVerdict::Queue,
            (_, "DNAT" | "SNAT" | "MASQUERADE" | "REDIRECT") => self.verdict = RuleVerdict::Accept,
            _ => self.verdict = RuleVerdict::Unknown,
        }
    }

    /// The texts between braces, in one piece for each element.
    pub(super) fn braces(&mut self) -> Vec<String> {
        let mut elements = vec![String::new()];
        self.next_if("{");
        while let Some((word, quoted)) = self.words.get(self.at) {
            self.at += 1;
            if !quoted && word == "}" {
                break;
            }
            let ends = word.ends_with(',');
            let word = word.strip_suffix(',').unwrap_or(word);
            if let Some(last) = elements.last_mut() {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
            }
            if ends {
                elements.push(String::new());
            }
        }
        elements.retain(|element| !element.is_empty());
        elements
    }
}
