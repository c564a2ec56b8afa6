//! Conditions of a rule: what is compared, with what, and the maps from values to verdicts.

use synrecv_model::{Foreign, RuleVerdict, Term, Test};

use super::super::rule_words::{UNKNOWN, protocol};
use super::look::STARTS;
use super::rule::Reading;
use super::value::{Key, Operator, Value, compare};

/// Fields of IP that are not decoded.
const IP_FIELDS: &[&str] = &[
    "version",
    "hdrlength",
    "dscp",
    "ecn",
    "length",
    "id",
    "frag-off",
    "ttl",
    "checksum",
    "priority",
    "flowlabel",
    "hoplimit",
    "option",
    "traffic",
];
/// Fields of TCP and its like that are not decoded.
const TCP_FIELDS: &[&str] = &[
    "sequence", "ackseq", "doff", "reserved", "window", "checksum", "urgptr", "length", "csumcov",
    "type", "vtag", "chunk",
];

impl Reading<'_> {
    /// Reads a condition whose first word was taken.
    pub(super) fn condition(&mut self, word: &str) {
        let Some(key) = self.key(word) else {
            self.unknown_words += 1;
            return self.terms.push(UNKNOWN);
        };
        let mut keys = vec![key];
        while self.next_if(".") {
            let Some(word) = self.next() else { break };
            keys.push(self.key(word).unwrap_or(Key::Other));
        }
        if self.next_if("set") {
            // A statement: `meta mark set ct mark`.
            return self.skip_value();
        }
        if self.next_if("vmap") {
            return self.verdict_map(&keys);
        }
        let mask = self.next_if("&").then(|| self.word_or_group()).flatten();
        let operator = self.peek().and_then(Operator::from_word);
        self.at += usize::from(operator.is_some());
        let operator = operator.unwrap_or(Operator::Implicit);
        // `oif eq missing` is written without the sign since 1.0.
        let Some(value) = self.value() else {
            self.unknown_words += 1;
            return self.terms.push(UNKNOWN);
        };
        let terms = compare(&keys, mask.as_deref(), operator, &value, self.sets);
        self.terms.extend(terms);
    }

    /// Values of statements: words up to the next one that begins something.
    fn skip_value(&mut self) {
        self.at += 1;
        while let Some(word) = self.peek() {
            let is_operator = matches!(word, "&" | "|" | "^" | "<<" | ">>" | "map" | "{" | "mod");
            let ends = STARTS.contains(&word) && !matches!(word, "mark");
            if ends && !is_operator {
                break;
            }
            if word == "{" {
                self.braces();
            } else {
                self.at += 1;
            }
        }
    }

    fn word_or_group(&mut self) -> Option<String> {
        let first = self.next()?;
        if !first.starts_with('(') || first.ends_with(')') {
            return Some(first.to_owned());
        }
        let mut all = first.to_owned();
        while let Some(word) = self.next() {
            all.push(' ');
            all.push_str(word);
            if word.ends_with(')') {
                break;
            }
        }
        Some(all)
    }

    fn value(&mut self) -> Option<Value> {
        if self.peek() == Some("{") {
            return Some(Value::Set(self.braces()));
        }
        let word = self.word_or_group()?;
        if let Some(name) = word.strip_prefix('@') {
            return Some(Value::Named(name.to_owned()));
        }
        let mut value = word;
        // `syn / fin,syn,rst,ack`, `10.0.0.1 . 80`, `syn | ack`
        while let Some(joint @ ("/" | "." | "|")) = self.peek() {
            self.at += 1;
            value = format!("{value} {joint} {}", self.word_or_group()?);
        }
        Some(Value::One(value))
    }

    fn verdict_map(&mut self, keys: &[Key]) {
        let Some(value) = self.value() else { return };
        let Some(elements) = value.elements(self.sets) else {
            self.terms.push(UNKNOWN);
            self.verdict = RuleVerdict::Unknown;
            return;
        };
        let mut branches: Vec<(RuleVerdict, Vec<String>)> = Vec::new();
        let mut otherwise = None;
        for element in elements {
            let Some((key, verdict)) = element.rsplit_once(" : ") else { continue };
            let verdict = verdict_of(verdict.trim());
            let key = first_words(key);
            if key == "*" {
                otherwise = Some(verdict);
            } else if let Some((_, keys)) = branches.iter_mut().find(|(known, _)| *known == verdict)
            {
                keys.push(key);
            } else {
                branches.push((verdict, vec![key]));
            }
        }
        let branch = |(verdict, elements)| {
            let value = Value::Set(elements);
            (compare(keys, None, Operator::Implicit, &value, self.sets), verdict)
        };
        let mut all: Vec<_> = branches.into_iter().map(branch).collect();
        all.extend(otherwise.map(|verdict| (vec![UNKNOWN], verdict)));
        self.branches = Some(all);
    }

    /// The left side of a comparison, and what it implies.
    fn key(&mut self, word: &str) -> Option<Key> {
        let key = match word {
            "iif" | "iifname" => Key::InDevice,
            "oif" | "oifname" => Key::OutDevice,
            "ip" | "ip6" => {
                let field = self.next()?;
                let version = if word == "ip" { 4 } else { 6 };
                self.imply(Test::IpVersion(version));
                match field {
                    "saddr" => Key::Source,
                    "daddr" => Key::Destination,
                    "protocol" | "nexthdr" => Key::Protocol,
                    field if IP_FIELDS.contains(&field) => Key::Other,
                    _ => return None,
                }
            }
            "tcp" | "udp" | "th" | "sctp" | "dccp" | "udplite" => {
                if let Some(number) = protocol(word) {
                    self.imply(Test::Protocol(vec![number]));
                }
                match (word, self.next()?) {
                    (_, "sport") => Key::SourcePort,
                    (_, "dport") => Key::DestinationPort,
                    ("tcp", "flags") => Key::TcpFlags,
                    ("tcp", "option") => {
                        // The option, and the field of it.
                        self.next();
                        if !matches!(self.peek(), Some("exists" | "missing")) {
                            self.next();
                        }
                        Key::Other
                    }
                    (_, field) if TCP_FIELDS.contains(&field) => Key::Other,
                    _ => return None,
                }
            }
            "icmp" | "icmpv6" | "igmp" | "esp" | "ah" | "comp" => {
                if let Some(number) = protocol(word) {
                    self.imply(Test::Protocol(vec![number]));
                }
                self.next()?;
                Key::Other
            }
            "meta" => match self.next()? {
                "l4proto" => Key::Protocol,
                "nfproto" => Key::IpVersion,
                "protocol" => Key::EtherType,
                "iif" | "iifname" => Key::InDevice,
                "oif" | "oifname" => Key::OutDevice,
                _ => Key::Other,
            },
            "ether" => match self.next()? {
                "type" => Key::EtherType,
                _ => Key::Other,
            },
            "ct" => self.conntrack()?,
            "fib" => self.fib()?,
            "mark" | "skuid" | "iifgroup" | "oifgroup" | "iiftype" | "oiftype" => Key::Other,
            "socket" | "rt" | "vlan" | "frag" | "hbh" | "dst" | "mh" | "ipsec" | "osf"
            | "exthdr" => {
                self.next()?;
                if matches!(self.peek(), Some("ip" | "ip6")) {
                    self.at += 2;
                }
                Key::Other
            }
            "arp" => {
                self.next()?;
                if matches!(self.peek(), Some("ip" | "ether")) {
                    self.at += 1;
                }
                self.imply(Test::IpVersion(0));
                Key::Other
            }
            "numgen" | "jhash" | "symhash" => {
                while self
                    .peek()
                    .is_some_and(|word| word != "vmap" && Operator::from_word(word).is_none())
                {
                    self.at += 1;
                    if self
                        .words
                        .get(self.at.wrapping_sub(2))
                        .is_some_and(|(word, _)| word == "mod")
                    {
                        break;
                    }
                }
                Key::Other
            }
            // Raw payload: `@th,16,16`.
            raw if raw.starts_with('@') && raw.contains(',') => Key::Other,
            _ => return None,
        };
        Some(key)
    }

    fn conntrack(&mut self) -> Option<Key> {
        let mut field = self.next()?;
        if matches!(field, "original" | "reply") {
            // Fields of one direction: `ct original ip saddr`.
            field = self.next()?;
            if matches!(field, "ip" | "ip6") {
                self.next()?;
            }
            return Some(Key::Other);
        }
        if field == "count" {
            self.next_if("over");
        }
        Some(if field == "state" { Key::State } else { Key::Other })
    }

    /// `fib saddr . iif oif`: what is asked with, and what for.
    fn fib(&mut self) -> Option<Key> {
        let of_source = self.next()? == "saddr";
        while self.next_if(".") {
            self.next()?;
        }
        let result = self.next()?;
        let is_device = matches!(result, "oif" | "oifname");
        Some(if of_source && is_device { Key::ReversePath } else { Key::Other })
    }

    /// A condition that `nft` does not print because what follows implies it.
    fn imply(&mut self, test: Test) {
        let term = Term { negated: false, test };
        if !self.terms.contains(&term) {
            self.terms.push(term);
        }
    }
}

/// An element without its timeout, counter or comment.
pub(super) fn first_words(element: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for word in element.split_ascii_whitespace() {
        if matches!(
            word,
            "timeout" | "expires" | "counter" | "comment" | "limit" | "quota" | "last"
        ) {
            break;
        }
        kept.push(word);
    }
    kept.join(" ")
}

fn verdict_of(text: &str) -> RuleVerdict {
    match text.split_once(' ') {
        Some(("jump", chain)) => RuleVerdict::Jump(Foreign(chain.trim().to_owned())),
        Some(("goto", chain)) => RuleVerdict::Goto(Foreign(chain.trim().to_owned())),
        _ => match text {
            "accept" => RuleVerdict::Accept,
            "drop" => RuleVerdict::Drop,
            "return" => RuleVerdict::Return,
            "continue" => RuleVerdict::Continue,
            "queue" => RuleVerdict::Queue,
            _ => RuleVerdict::Unknown,
        },
    }
}
