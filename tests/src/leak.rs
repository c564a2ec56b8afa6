//! What a host must not show, looked for in everything that was written about it.
//!
//! Nothing here is shared with the redaction itself but the pseudonyms, which may by chance be an
//! address that is another one's original.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde_json::Value;
use synrecv_bundle::redact::Pseudonyms;
use synrecv_model::Mac;

/// Addresses of all kinds that were in facts.
#[derive(Debug, Default)]
pub struct Secrets {
    ips: BTreeSet<IpAddr>,
    macs: BTreeSet<Mac>,
    words: BTreeSet<String>,
}

impl Secrets {
    /// Every address in the strings of the second line of a bundle, less those that may be shown.
    ///
    /// # Panics
    /// When it is no bundle.
    pub fn of(bundle: &[u8], names: &Pseudonyms) -> Self {
        let content = content(bundle);
        let mut secrets = Self::default();
        let mut images = BTreeSet::new();
        strings(&content, &mut |text| secrets.add(text, names, &mut images));
        let all = secrets.ips.len();
        secrets.ips.retain(|ip| !images.contains(ip));
        let chance = all - secrets.ips.len();
        assert!(
            chance <= 4 + all / 10,
            "{chance} of {all} addresses stand for others or for themselves"
        );
        secrets.macs.retain(|mac| names.mac(*mac) != *mac);
        secrets
    }

    /// The same, and a name.
    #[must_use]
    pub fn and(mut self, word: &str) -> Self {
        self.words.insert(word.to_ascii_lowercase());
        self
    }

    /// Addresses that are looked for.
    pub fn count(&self) -> usize {
        self.ips.len() + self.macs.len()
    }

    fn add(&mut self, text: &str, names: &Pseudonyms, images: &mut BTreeSet<IpAddr>) {
        // Of a prefix, the address that it is written with.
        if let Ok(net) = text.parse::<IpNet>() {
            images.insert(names.net(net).addr());
        }
        for word in
            text.split(|letter: char| !(letter.is_ascii_hexdigit() || ":.".contains(letter)))
        {
            if let Ok(mac) = word.parse::<Mac>() {
                if !is_everywhere(mac) {
                    self.macs.insert(mac);
                }
            } else if let Ok(ip) = word.trim_end_matches([':', '.']).parse::<IpAddr>() {
                images.insert(names.ip(ip));
                if !is_public_knowledge(ip) {
                    self.ips.insert(ip);
                }
            }
        }
    }

    /// What of it is in a text, in any way of writing it.
    pub fn in_text(&self, text: &str) -> Vec<String> {
        let lower = text.to_ascii_lowercase();
        let words: BTreeSet<&str> = lower
            .split(|letter: char| !(letter.is_ascii_hexdigit() || ":.-".contains(letter)))
            .flat_map(pieces)
            .collect();
        let mut found: Vec<String> =
            self.words.iter().filter(|word| lower.contains(*word)).cloned().collect();
        let forms = self.ips.iter().flat_map(|&ip| forms_of_ip(ip));
        let forms = forms.chain(self.macs.iter().flat_map(|&mac| forms_of_mac(mac)));
        found.extend(forms.filter(|form| words.contains(form.as_str())));
        // Digits of a link-layer address inside of a name, and of an identifier made of it.
        for mac in &self.macs {
            let digits = mac.to_string().replace(':', "");
            let [a, b, c, d, e, f] = mac.0;
            let identifier = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
            let identifier = Ipv6Addr::from_bits(identifier.into()).to_string();
            let identifier = identifier.trim_start_matches(':');
            found.extend(lower.contains(&digits).then_some(digits));
            found.extend(holds_groups(&lower, identifier).then(|| identifier.to_owned()));
        }
        found
    }
}

/// True where the groups of an address stand by themselves, and are not the beginning or end of others:
/// `ff:fe00:1` is not in `3aff:fe00:1` or `ff:fe00:1b2c`.
fn holds_groups(text: &str, groups: &str) -> bool {
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_hexdigit());
    text.match_indices(groups).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + groups.len()..]);
        !is_digit(before.chars().next_back()) && !is_digit(after.chars().next())
    })
}

/// The JSON in a bundle.
///
/// # Panics
/// When it is no bundle.
pub fn content(bundle: &[u8]) -> Value {
    let text = unpacked(bundle);
    let line = text.lines().nth(1).expect("a bundle has two lines");
    serde_json::from_str(line).expect("the second line is JSON")
}

/// Both lines of a bundle.
///
/// # Panics
/// When it is no bundle.
pub fn unpacked(bundle: &[u8]) -> String {
    let mut text = String::new();
    let mut lines = flate2::read::GzDecoder::new(bundle);
    std::io::Read::read_to_string(&mut lines, &mut text).expect("a bundle is gzip around text");
    text
}

fn strings(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, each)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            each(key);
            strings(value, each);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A word, and the same without what can stand around an address: a port, a full stop, a dash.
fn pieces(word: &str) -> Vec<&str> {
    let mut all = vec![word, word.trim_matches(['.', ':', '-'])];
    all.extend(word.split(['-', ':']));
    all.extend(word.rsplit_once(':').map(|(before, _)| before));
    all.extend(word.split('-'));
    all
}

fn forms_of_ip(ip: IpAddr) -> Vec<String> {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            let mut forms = vec![
                v4.to_string(),
                format!("{d}.{c}.{b}.{a}"),
                format!("{a:03}.{b:03}.{c:03}.{d:03}"),
                v4.to_ipv6_mapped().to_string(),
            ];
            // Without a letter it is a number like others.
            let numbers = [u32::from_be_bytes([a, b, c, d]), u32::from_le_bytes([a, b, c, d])];
            let digits = numbers.map(|number| format!("{number:08x}"));
            let has_letter =
                |digits: &String| digits.bytes().any(|digit| digit.is_ascii_alphabetic());
            forms.extend(digits.into_iter().filter(has_letter));
            forms
        }
        IpAddr::V6(v6) => {
            let groups = v6.segments().map(|group| format!("{group:04x}"));
            let digits = v6.octets().iter().fold(String::new(), |mut digits, octet| {
                let _ = write!(digits, "{octet:02x}");
                digits
            });
            vec![v6.to_string(), groups.join(":"), digits]
        }
    }
}

fn forms_of_mac(mac: Mac) -> Vec<String> {
    let colons = mac.to_string();
    let digits = colons.replace(':', "");
    let groups: Vec<&str> = (0..3).map(|at| &digits[4 * at..4 * at + 4]).collect();
    vec![colons.replace(':', "-"), groups.join("."), digits.clone(), colons]
}

/// Addresses that everybody has, and those of examples.
fn is_public_knowledge(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            v4.octets()[0] == 0
                || v4.octets()[0] >= 224
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || v4 == Ipv4Addr::new(10, 0, 0, 0)
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            let solicits = v6.octets()[..13] == [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff];
            v6.is_unspecified()
                || v6.is_loopback()
                || (v6.is_multicast() && !solicits)
                || (first, second) == (0x2001, 0x0db8)
                || (first == 0x3fff && second < 0x1000)
                // The prefix alone.
                || (v6.is_unicast_link_local() && v6.segments()[4..] == [0; 4])
        }
    }
}

/// Link-layer addresses that say what they are for.
fn is_everywhere(mac: Mac) -> bool {
    let group = mac.0[0] & 1 == 1 && mac.0[..3] != [0x33, 0x33, 0xff];
    group || mac.is_zero() || mac.is_virtual_router() || mac.0 == [0xee; 6]
}
