//! `nft -j`: put into the words of the plain listing, and read as that.

use serde_json::Value;
use synrecv_model::{Text, text};

use super::{Reading, Table};
use crate::{Command, Content, Cut, Line, Taken};

/// How deep an expression is followed.
const DEPTH_MAX: usize = 8;

/// True for the first line: all of it, or its first brackets.
pub(super) fn is_start(line: &str) -> bool {
    let mut start = line.chars().filter(|c| !c.is_whitespace());
    let start: String = start.by_ref().take(12).collect();
    start.starts_with("{\"nftables\":") || start.starts_with("\"nftables\":")
}

/// True for a line of an object that is laid out.
pub(super) fn is_inner(line: &str) -> bool {
    let is_bracket = line.starts_with(['{', '[', ']', '}']) && line.len() < 4;
    let is_member = line.starts_with('"') && (line.contains("\":") || line.ends_with(['"', ',']));
    is_bracket || is_member || matches!(line, "null" | "null," | "true" | "false")
}

/// Reads the whole piece as one object.
pub(super) fn read(lines: &[Line], command: Option<&Command>) -> Table {
    let joined: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let joined = joined.join("\n");
    // The first bracket can be on a line that was taken for prose.
    let start = joined.trim_start();
    let whole = if start.starts_with('{') { joined } else { format!("{{{joined}") };
    let Ok(value) = serde_json::from_str::<Value>(&whole) else {
        let why = || Taken::Rejected(Text::from("JSON that is incomplete"));
        let taken = lines.iter().map(|_| why()).collect();
        let content = Content::Nothing;
        return Table {
            content,
            taken,
            cut: Some(Cut::LastRow),
            foreign_system: None,
            notes: Vec::new(),
        };
    };
    let first = lines.first().map_or(1, |line| line.number);
    let mut reading = Reading::default();
    let mut rejected = 0_usize;
    for text in listing(&value) {
        let line = Line { number: first, text, part_count: 1, rebuilt: false };
        rejected += usize::from(matches!(reading.line(&line.text, &line), Taken::Rejected(_)));
    }
    let chains = reading.chains.len();
    let rules: usize = reading.chains.iter().map(|chain| chain.rules.len()).sum();
    let mut taken: Vec<Taken> = lines.iter().map(|_| Taken::More(None)).collect();
    if let Some(first) = taken.first_mut() {
        *first = Taken::Row(text![chains, " chains, ", rules, " rules"]);
    }
    if rejected > 0
        && let Some(last) = taken.last_mut()
    {
        *last = Taken::Rejected(text![rejected, " rules could not be read"]);
    }
    let has_devices = listing(&value).iter().any(|line| line.contains(" hook ingress "));
    let mut table = reading.finish(taken, command);
    if has_devices {
        table
            .notes
            .push(Text::from("JSON of older versions does not say which devices a chain is for"));
    }
    table
}

/// The lines of the plain listing, table by table.
fn listing(value: &Value) -> Vec<String> {
    let objects: Vec<(&String, &Value)> = value
        .get("nftables")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flatten()
        .collect();
    let of = |kind: &'static str| {
        objects.iter().filter(move |(name, _)| name.as_str() == kind).map(|(_, object)| *object)
    };
    let mut lines = Vec::new();
    for table in of("table") {
        let is_here = |object: &&Value| {
            text_of(object, "family") == text_of(table, "family")
                && text_of(object, "table") == text_of(table, "name")
        };
        lines.push(format!("table {} {} {{", text_of(table, "family"), text_of(table, "name")));
        let flags = table.get("flags").map(|flags| expression(flags, 0)).unwrap_or_default();
        if !flags.is_empty() {
            lines.push(format!("flags {flags}"));
        }
        for set in of("set").chain(of("map")).filter(is_here) {
            lines.push(format!("set {} {{", text_of(set, "name")));
            if let Some(flags) = set.get("flags") {
                lines.push(format!("flags {}", expression(flags, 0)));
            }
            if let Some(elements) = set.get("elem").and_then(Value::as_array) {
                let all: Vec<String> = elements.iter().map(|one| element(one, 0)).collect();
                lines.push(format!("elements = {{ {} }}", all.join(", ")));
            }
            lines.push("}".to_owned());
        }
        for chain in of("chain").filter(is_here) {
            lines.push(format!("chain {} {{", text_of(chain, "name")));
            lines.extend(binding(chain));
            let in_chain = |rule: &&Value| text_of(rule, "chain") == text_of(chain, "name");
            for rule in of("rule").filter(is_here).filter(in_chain) {
                lines.push(rule_line(rule));
            }
            lines.push("}".to_owned());
        }
        lines.push("}".to_owned());
    }
    lines
}

fn text_of<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn binding(chain: &Value) -> Option<String> {
    let hook = chain.get("hook")?.as_str()?;
    let device = chain.get("dev").map(|dev| format!(" devices = {{ {} }}", expression(dev, 0)));
    Some(format!(
        "type {} hook {hook}{} priority {}; policy {};",
        text_of(chain, "type"),
        device.unwrap_or_default(),
        chain.get("prio")?.as_i64()?,
        chain.get("policy").and_then(Value::as_str).unwrap_or("accept"),
    ))
}

fn rule_line(rule: &Value) -> String {
    let mut words: Vec<String> = Vec::new();
    for statement in rule.get("expr").and_then(Value::as_array).into_iter().flatten() {
        for (name, value) in statement.as_object().into_iter().flatten() {
            words.push(self::statement(name, value));
        }
    }
    if let Some(comment) = rule.get("comment").and_then(Value::as_str) {
        words.push(format!("comment \"{}\"", comment.replace('"', "\\\"")));
    }
    let handle = rule.get("handle").and_then(Value::as_u64);
    words.extend(handle.map(|handle| format!("# handle {handle}")));
    words.join(" ")
}

fn statement(name: &str, value: &Value) -> String {
    let part = |key: &str| value.get(key).map(|value| expression(value, 0)).unwrap_or_default();
    match name {
        "match" => {
            let operator = match text_of(value, "op") {
                "in" => "",
                operator => operator,
            };
            // Only flags are not the same with a sign and without.
            let left = part("left");
            let operator = match operator {
                "==" if !left.starts_with("tcp flags") => "",
                operator => operator,
            };
            join([left.as_str(), operator, part("right").as_str()])
        }
        "counter" => match value.get("packets").and_then(Value::as_u64) {
            Some(packets) => format!("counter packets {packets} bytes 0"),
            None => "counter".to_owned(),
        },
        "vmap" => format!("{} vmap {}", part("key"), part("data")),
        "jump" | "goto" => format!("{name} {}", text_of(value, "target")),
        "limit" => "limit rate 0/second".to_owned(),
        "log" => "log".to_owned(),
        "mangle" => format!("{} set 0", part("key")),
        "set" => "update @... { ... }".to_owned(),
        "ct count" => "ct count over 0".to_owned(),
        "xt" => format!("xt {} \"{}\"", text_of(value, "type"), text_of(value, "name")),
        "reject" | "queue" | "snat" | "dnat" | "redirect" | "masquerade" | "synproxy" | "fwd"
        | "tproxy" | "accept" | "drop" | "return" | "continue" | "notrack" | "quota" => {
            name.to_owned()
        }
        _ => "...".to_owned(),
    }
}

fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// An element of a set; of a map, with what it is mapped to.
fn element(value: &Value, depth: usize) -> String {
    match value.as_array().map(Vec::as_slice) {
        Some([key, verdict]) => {
            format!("{} : {}", expression(key, depth), expression(verdict, depth))
        }
        _ => expression(value, depth),
    }
}

fn expression(value: &Value, depth: usize) -> String {
    if depth > DEPTH_MAX {
        return "...".to_owned();
    }
    let inner = |value: &Value| expression(value, depth + 1);
    let list = |value: &Value, joint: &str| {
        let all: Vec<String> = value.as_array().into_iter().flatten().map(inner).collect();
        all.join(joint)
    };
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is_there) => (if *is_there { "exists" } else { "missing" }).to_owned(),
        Value::Array(_) => list(value, ","),
        Value::Null => String::new(),
        Value::Object(object) => {
            let Some((name, value)) = object.iter().next() else { return String::new() };
            let text = |key| text_of(value, key);
            match name.as_str() {
                "payload" => join([text("protocol"), text("field")]),
                "meta" => match text("key") {
                    key @ ("iif" | "oif" | "iifname" | "oifname") => key.to_owned(),
                    key => format!("meta {key}"),
                },
                "ct" => join(["ct", text("dir"), text("key")]),
                "fib" => {
                    let flags = value.get("flags").map(|flags| list(flags, " . "));
                    format!("fib {} {}", flags.unwrap_or_default(), text("result"))
                }
                "concat" => list(value, " . "),
                "set" => {
                    let all: Vec<String> = value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|one| element(one, depth + 1))
                        .collect();
                    format!("{{ {} }}", all.join(", "))
                }
                "prefix" => {
                    let len = value.get("len").and_then(Value::as_u64).unwrap_or_default();
                    format!("{}/{len}", text("addr"))
                }
                "range" => list(value, "-"),
                "&" => list(value, " & "),
                "|" => format!("({})", list(value, "|")),
                "elem" => value.get("val").map(inner).unwrap_or_default(),
                "jump" | "goto" => format!("{name} {}", text("target")),
                "accept" | "drop" | "return" | "continue" => name.clone(),
                _ => "...".to_owned(),
            }
        }
    }
}
