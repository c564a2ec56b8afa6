//! The text of a rule, as `nft` or `iptables-save` would list it.

use std::borrow::Cow;

use synrecv_model::Foreign;

use super::prose::{self, Found};
use super::pseudonyms::Pseudonyms;

/// What stands before something that an administrator wrote.
const BEFORE_NOTES: [&str; 2] = ["comment \"", BEFORE_LOGGED];

/// What stands before the text that is written into the log.
const BEFORE_LOGGED: &str = "prefix \"";

/// Digits from which a number can be an address.
const LONG_DIGITS: usize = 8;

/// The text with pseudonyms. Notes have none of their words left.
pub(super) fn replaced(names: &Pseudonyms, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, note, after)) = first_note(rest) {
        out.push_str(&words(names, before));
        let is_logged = before.ends_with(BEFORE_LOGGED);
        let image = if is_logged { names.log_prefix(note) } else { names.note(note) };
        out.push_str(&image);
        rest = after;
    }
    out.push_str(&words(names, rest));
    out
}

/// The text up to the first note with its quotation mark, the note, and what follows.
fn first_note(text: &str) -> Option<(&str, &str, &str)> {
    let start = BEFORE_NOTES.iter().filter_map(|word| Some(text.find(word)? + word.len())).min()?;
    let (before, rest) = text.split_at_checked(start)?;
    // A quotation mark ends the note where the next word begins.
    let ends = |&(at, _): &(usize, &str)| {
        let behind = rest.as_bytes().get(at + 1);
        behind.is_none() || behind == Some(&b' ')
    };
    let end = rest.match_indices('"').find(ends).map_or(rest.len(), |(at, _)| at);
    let (note, after) = rest.split_at_checked(end)?;
    Some((before, note, after))
}

/// Everything but notes.
fn words(names: &Pseudonyms, text: &str) -> String {
    let text = without_numbers(text);
    let mut after_mask = false;
    let image = &mut |found: Found, before: &str| {
        let is_mask = before.ends_with("& ");
        let masked = std::mem::replace(&mut after_mask, is_mask);
        match found {
            // `ip saddr & 255.0.255.0 == 10.0.3.0`: bits in the middle have no pseudonym.
            Found::Ip(ip) if masked && names.ip(ip) != ip => "...".to_owned(),
            found => names.found(found, before),
        }
    };
    let text = prose::replaced(&text, image);
    let mut out = String::with_capacity(text.len());
    let mut before = "";
    for word in text.split_inclusive(' ') {
        out.push_str(&self::word(names, before, word));
        before = word;
    }
    out
}

/// Numbers in hexadecimal that can be addresses. Marks are left: they are written with as many digits.
fn without_numbers(text: &str) -> Cow<'_, str> {
    let is_about_marks = text.contains("mark");
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("0x") {
        let digits = rest.bytes().skip(start + 2).take_while(u8::is_ascii_hexdigit).count();
        let (before, from) = rest.split_at(start);
        let (number, after) = from.split_at(2 + digits);
        let is_mark = is_about_marks && digits == LONG_DIGITS;
        out.push_str(before);
        out.push_str(if digits < LONG_DIGITS || is_mark { number } else { "..." });
        rest = after;
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A word with what separates it from the next one: the name of a set, a device or a chain.
fn word(names: &Pseudonyms, before: &str, word: &str) -> String {
    let inner = word.trim_matches(['"', ',', ';', ' ']);
    let Some(start) = word.find(inner).filter(|_| !inner.is_empty()) else {
        return word.to_owned();
    };
    let (head, rest) = word.split_at(start);
    let tail = rest.get(inner.len()..).unwrap_or_default();
    let foreign = || Foreign(inner.to_owned());
    let image = if let Some(set) = inner.strip_prefix('@') {
        format!("@{}", names.set(set))
    } else if matches!(before.trim_end(), "jump" | "goto" | "-j" | "-g") {
        names.chain_in_text(inner)
    } else if names.known().devices.contains(inner) || inner.ends_with(['*', '+']) {
        let images = names.devices(&[foreign()]);
        let images: Vec<&str> = images.iter().map(|device| device.0.as_str()).collect();
        images.join(",")
    } else {
        return names.without_names(word);
    };
    format!("{head}{image}{tail}")
}

#[cfg(test)]
mod tests {
    use super::super::known::Known;
    use super::super::{Key, Mode};
    use super::*;

    fn names(strict: bool) -> Pseudonyms {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let known = Known {
            host_words: vec!["db1.acme".to_owned(), "db1".to_owned()],
            devices: set(&["eth0", "eth0.100"]),
            chains: set(&["input", "office"]),
            ..Known::default()
        };
        Pseudonyms::new(&Key::new([7; 32]), Mode { strict, ..Mode::default() }, known)
    }

    /// Addresses by what stands for them, so that tests need not know the key.
    fn shown(names: &Pseudonyms, text: &str) -> String {
        let mut out = replaced(names, text);
        for (sign, net) in [
            ("OUR/8", "10.0.0.0/8"),
            ("OUR/16", "10.1.0.0/16"),
            ("PAIR", "10.1.2.4/31"),
            ("ONE", "10.1.2.3/32"),
            ("TWO", "10.1.2.4/32"),
            ("SIX", "fd00:1::5/128"),
        ] {
            let image = names.net(net.parse().unwrap());
            let host = image.prefix_len() == image.max_prefix_len();
            let image = if host { image.addr().to_string() } else { image.to_string() };
            out = out.replace(&image, sign);
        }
        out
    }

    #[test]
    fn addresses_in_rules_of_both_tools() {
        let names = names(false);
        for (text, expected) in [
            (
                "ip saddr 10.1.0.0/16 tcp dport 80 counter drop",
                "ip saddr OUR/16 tcp dport 80 counter drop",
            ),
            ("ip saddr { 10.1.2.3, 10.1.2.4-10.1.2.5 } accept", "ip saddr { ONE, PAIR } accept"),
            ("ip daddr != 10.1.2.3-10.1.2.5 drop", "ip daddr != { ONE, PAIR } drop"),
            ("ip6 saddr . tcp dport { fd00:1::5 . 80 }", "ip6 saddr . tcp dport { SIX . 80 }"),
            (
                "-s 10.1.2.3/32 -p tcp -j DNAT --to-destination 10.1.2.4:80",
                "-s ONE/32 -p tcp -j DNAT --to-destination TWO:80",
            ),
            ("-s 10.1.0.0/16 -d 192.0.2.7/32 -j DROP", "-s OUR/16 -d 192.0.2.7/32 -j DROP"),
            ("-s 10.1.0.3/255.255.0.255 -j DROP", "-s .../255.255.0.255 -j DROP"),
            ("ip saddr & 255.255.0.255 == 10.1.0.3 drop", "ip saddr & 255.255.0.255 == ... drop"),
            (
                "ip saddr & 255.255.0.255 != 10.1.0.3 ip daddr 10.1.2.3",
                "ip saddr & 255.255.0.255 != ... ip daddr ONE",
            ),
            (
                "ip saddr 0.0.0.0/0 ip6 daddr ff02::1 accept",
                "ip saddr 0.0.0.0/0 ip6 daddr ff02::1 accept",
            ),
            ("dnat ip6 to [fd00:1::5]:80", "dnat ip6 to [SIX]:80"),
        ] {
            assert_eq!(shown(&names, text), expected);
        }
    }

    #[test]
    fn numbers_can_be_addresses() {
        let names = names(false);
        for (text, expected) in [
            ("@nh,96,32 0x0a010203 drop", "@nh,96,32 ... drop"),
            ("th dport 0x50 drop", "th dport 0x50 drop"),
            (
                "meta mark & 0x000000ff == 0x00000001 accept",
                "meta mark & 0x000000ff == 0x00000001 accept",
            ),
            (
                "meta mark 0x00000001 @nh,96,64 0x0a0102030a010204",
                "meta mark 0x00000001 @nh,96,64 ...",
            ),
            ("ends with 0x", "ends with 0x"),
        ] {
            assert_eq!(shown(&names, text), expected);
        }
    }

    #[test]
    fn notes_have_no_word_left() {
        let names = names(false);
        let note = names.note("Berlin office");
        assert!(note.starts_with("note-"));
        for (text, expected) in [
            ("drop comment \"Berlin office\"", format!("drop comment \"{note}\"")),
            (
                "log prefix \"Berlin office\" level warn",
                format!("log prefix \"{note}\" level warn"),
            ),
            (
                "-m comment --comment \"Berlin office\" -j LOG --log-prefix \"Berlin office\"",
                format!("-m comment --comment \"{note}\" -j LOG --log-prefix \"{note}\""),
            ),
            ("comment \"\" drop", "comment \"\" drop".to_owned()),
        ] {
            assert_eq!(shown(&names, text), expected);
        }
        let logged = shown(&names, "log prefix \"Acme-ctINVALID DROP: \" level warn");
        assert!(logged.ends_with(" INVALID DROP\" level warn"), "{logged}");
        assert!(logged.starts_with("log prefix \"note-"), "{logged}");
        let common = "-j LOG --log-prefix \"[UFW BLOCK] \"";
        assert_eq!(shown(&names, common), common);
        let open = shown(&names, "drop comment \"said \"Berlin\" and no end");
        assert!(!open.contains("Berlin") && !open.contains("said"), "{open}");
    }

    #[test]
    fn names_stay_unless_all_go() {
        let text =
            "iifname \"eth0\" oifname { \"eth0.100\", \"eth*\" } ip saddr @office jump office";
        assert_eq!(shown(&names(false), text), text);
        let strict = names(true);
        let [eth0, vlan] = ["eth0", "eth0.100"].map(|name| strict.device(&Foreign(name.into())).0);
        let (set, chain) = (strict.set("office"), strict.chain(&Foreign("office".into())).0);
        assert_eq!(
            shown(&strict, text),
            format!(
                "iifname \"{eth0}\" oifname {{ \"{vlan}\", \"{eth0},{vlan}\" }} ip saddr @{set} jump {chain}"
            )
        );
        assert_eq!(shown(&strict, "jump input -j ACCEPT"), "jump input -j ACCEPT");
        let own = shown(&names(false), "jump to-db1 @db1.acme goto x");
        assert!(!own.contains("db1"), "{own}");
    }
}
