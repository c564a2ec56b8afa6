//! Rules as options: `iptables -S`, `iptables-save`.

use synrecv_model::{Foreign, Term, Test};

use super::super::rule_words::{
    UNKNOWN, addresses, flags, is_everything, port, ports, protocol, quoted_words, state_term,
    states,
};
use super::table::Draft;

/// A line that begins with an option, after counters in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// `-A CHAIN ...`
    Rule(String, Draft),
    /// `-P CHAIN ACCEPT`, and packets where they are counted.
    Policy(String, String, Option<u64>),
    /// `-N CHAIN`
    Chain(String),
}

/// `[130:7800]`: packets and bytes.
pub(super) fn counters(word: &str) -> Option<u64> {
    let (packets, bytes) = word.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    bytes.parse::<u64>().ok()?;
    packets.parse().ok()
}

/// A line of `-S` or between the chains and `COMMIT` of a save; `None` for anything else.
pub(super) fn line(text: &str) -> Option<Line> {
    let mut rest = text.trim();
    // Two lines that were taken for one.
    if rest.ends_with("COMMIT") {
        return None;
    }
    let mut packets = None;
    if let Some((first, behind)) = rest.split_once(' ')
        && let Some(count) = counters(first)
    {
        packets = Some(count);
        rest = behind.trim_start();
    }
    if !["-A ", "-P ", "-N "].iter().any(|command| rest.starts_with(command)) {
        return None;
    }
    let mut words = quoted_words(rest);
    if words.len() < 2 {
        return None;
    }
    let spec = words.split_off(2);
    let mut words = words.into_iter().map(|(word, _)| word);
    let (command, chain) = (words.next()?, words.next()?);
    if chain.starts_with('-') || chain.len() > 64 {
        return None;
    }
    let is_option = |(word, _): &(String, bool)| word.starts_with('-') || word == "!";
    match command.as_str() {
        "-A" if spec.first().is_none_or(is_option) => {
            // The text is what stands behind the name of the chain, without counters.
            let mut draft = rule(&spec);
            draft.packets = draft.packets.or(packets);
            Some(Line::Rule(chain, draft))
        }
        "-P" => {
            let policy = spec.first().map(|(word, _)| word.clone())?;
            let known = matches!(policy.as_str(), "ACCEPT" | "DROP");
            let counted = spec.get(1).is_some_and(|(word, _)| word == "-c");
            let packets = spec.get(2).filter(|_| counted).and_then(|(word, _)| word.parse().ok());
            known.then_some(Line::Policy(chain, policy, packets))
        }
        "-N" if spec.is_empty() => Some(Line::Chain(chain)),
        _ => None,
    }
}

/// Walks over the words of a rule.
struct Spec<'a> {
    words: &'a [(String, bool)],
    at: usize,
}

impl<'a> Spec<'a> {
    fn next(&mut self) -> Option<&'a (String, bool)> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// The next word when it is no option.
    fn value(&mut self) -> Option<&'a str> {
        let (word, quoted) = self.words.get(self.at)?;
        if !quoted && (word == "!" || word.starts_with('-')) && word.parse::<i64>().is_err() {
            return None;
        }
        self.at += 1;
        Some(word)
    }

    fn skip_values(&mut self) {
        while self.value().is_some() {}
    }
}

fn rule(words: &[(String, bool)]) -> Draft {
    let mut draft = Draft::default();
    let mut shown: Vec<String> = Vec::new();
    let mut spec = Spec { words, at: 0 };
    let mut negated = false;
    let mut module = "";
    while let Some((option, _)) = spec.next() {
        let start = spec.at - 1;
        if option == "!" {
            negated = true;
            shown.push("!".to_owned());
            continue;
        }
        if option == "-c" || option == "--set-counters" {
            draft.packets = spec.value().and_then(|word| word.parse().ok());
            spec.skip_values();
            continue;
        }
        if draft.target.is_some() {
            // Options of a target are no conditions.
            spec.skip_values();
        } else {
            match option.as_str() {
                "-j" | "--jump" | "-g" | "--goto" => {
                    draft.target = spec.value().map(str::to_owned);
                    draft.goto = option == "-g" || option == "--goto";
                }
                "-m" | "--match" => {
                    module = spec.value().unwrap_or_default();
                    // A condition even without options; the others say nothing by themselves.
                    if matches!(module, "rpfilter") {
                        draft.terms.push(reverse_path(&mut spec));
                    } else if matches!(module, "socket" | "unclean" | "eui64" | "ah" | "esp") {
                        draft.terms.push(UNKNOWN);
                    }
                }
                option => draft.terms.extend(condition(option, negated, module, &mut spec)),
            }
        }
        shown.extend(words.get(start..spec.at).unwrap_or_default().iter().map(|(word, quoted)| {
            if *quoted { format!("\"{}\"", word.replace('"', "\\\"")) } else { word.clone() }
        }));
        negated = false;
    }
    draft.text = shown.join(" ");
    draft
}

/// The options of `-m rpfilter`, which stand behind it.
fn reverse_path(spec: &mut Spec<'_>) -> Term {
    let mut inverted = false;
    while let Some((word, _)) = spec.words.get(spec.at) {
        match word.as_str() {
            "--invert" => inverted = true,
            "--loose" | "--validmark" | "--accept-local" => {}
            _ => break,
        }
        spec.at += 1;
    }
    Term { negated: inverted, test: Test::ReversePath }
}

/// What a match option says; nothing for a comment and for what is always true.
fn condition(option: &str, negated: bool, module: &str, spec: &mut Spec<'_>) -> Vec<Term> {
    let one = |test: Option<Test>| vec![test.map_or(UNKNOWN, |test| Term { negated, test })];
    let value = spec.value();
    let list = |value: Option<&str>| -> Option<Vec<std::ops::RangeInclusive<u16>>> {
        value?.split(',').map(|word| ports(word, ':')).collect()
    };
    match option {
        "--comment" => Vec::new(),
        "-p" | "--protocol" => match value {
            Some("all" | "0") => Vec::new(),
            value => one(value.and_then(protocol).map(|number| Test::Protocol(vec![number]))),
        },
        "-s" | "--source" | "--src" => address(value, negated, Test::Source),
        "-d" | "--destination" | "--dst" => address(value, negated, Test::Destination),
        "-i" | "--in-interface" => one(value.map(|name| Test::InDevice(vec![device(name)]))),
        "-o" | "--out-interface" => one(value.map(|name| Test::OutDevice(vec![device(name)]))),
        "--sport" | "--source-port" | "--sports" | "--source-ports" => {
            one(list(value).map(Test::SourcePort))
        }
        "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
            one(list(value).map(Test::DestinationPort))
        }
        "--port" => one(value.and_then(port).and(None)),
        "--syn" => one(Some(Test::TcpFlags { mask: 0x17, values: vec![0x02] })),
        "--tcp-flags" => {
            let (mask, value) = (value.and_then(flags), spec.value().and_then(flags));
            let test = mask.zip(value);
            one(test.map(|(mask, value)| Test::TcpFlags { mask, values: vec![value] }))
        }
        "--ctstate" | "--state" if matches!(module, "conntrack" | "state" | "") => {
            let set = value.and_then(|value| states(value.split(',')));
            vec![set.map_or(UNKNOWN, |set| state_term(set, negated))]
        }
        "--src-range" => one(value.and_then(addresses).map(|range| Test::Source(vec![range]))),
        "--dst-range" => one(value.and_then(addresses).map(|range| Test::Destination(vec![range]))),
        _ => {
            spec.skip_values();
            // The burst belongs to the rate before it.
            if option == "--limit-burst" { Vec::new() } else { vec![UNKNOWN] }
        }
    }
}

/// A prefix as a test, unless it is that of every address.
pub(super) fn address(
    value: Option<&str>,
    negated: bool,
    test: fn(Vec<(std::net::IpAddr, std::net::IpAddr)>) -> Test,
) -> Vec<Term> {
    let ranges: Option<Vec<_>> =
        value.map(|value| value.split(',').map(addresses).collect()).unwrap_or_default();
    match ranges {
        Some(ranges) if !negated && ranges.iter().any(|range| is_everything(*range)) => Vec::new(),
        Some(ranges) => vec![Term { negated, test: test(ranges) }],
        None => vec![UNKNOWN],
    }
}

/// `eth+` is any device that begins so.
pub(super) fn device(name: &str) -> Foreign {
    Foreign(match name.strip_suffix('+') {
        Some(start) => format!("{start}*"),
        None => name.to_owned(),
    })
}
