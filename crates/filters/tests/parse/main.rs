//! Messages and tables of a real kernel, and what the tools say about them.

mod device;
mod legacy;
mod nft;
mod xt;

use synrecv_filters::parse::Ruleset;
use synrecv_model::FilterChain;

/// Lines of a file of samples, without comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn bytes(hex: &str) -> Vec<u8> {
    let octet = |pair: &[u8]| {
        let digits = str::from_utf8(pair).expect("hexadecimal digits");
        u8::from_str_radix(digits, 16).expect("two hexadecimal digits")
    };
    hex.as_bytes().chunks(2).map(octet).collect()
}

/// Messages with the words that say which they are.
fn messages(text: &str) -> Vec<(&str, Vec<u8>)> {
    lines(text)
        .map(|line| {
            let (kind, hex) = line.split_once(' ').expect("a kind and bytes");
            (kind, bytes(hex))
        })
        .collect()
}

/// Feeds one message; the only device is number 1.
fn feed(ruleset: &mut Ruleset, kind: &str, payload: &[u8]) -> bool {
    let devices = |index: u32| (index == 1).then(|| "lo".to_owned());
    let fed = match kind {
        "table" => ruleset.table(payload),
        "chain" => ruleset.chain(payload),
        "set" => ruleset.set(payload),
        "elements" => ruleset.elements(payload),
        _ => ruleset.rule(payload, &devices),
    };
    fed.is_ok()
}

/// What a whole dump says.
fn ruleset(messages: &[(&str, Vec<u8>)]) -> Vec<FilterChain> {
    let mut ruleset = Ruleset::default();
    let (rules, before): (Vec<_>, Vec<_>) = messages.iter().partition(|(kind, _)| *kind == "rule");
    for (kind, payload) in before {
        assert!(feed(&mut ruleset, kind, payload), "{kind}");
    }
    for set in ruleset.wanted() {
        ruleset.elements_end(&set);
    }
    for (kind, payload) in rules {
        assert!(feed(&mut ruleset, kind, payload), "{kind}");
    }
    ruleset.into_chains()
}
