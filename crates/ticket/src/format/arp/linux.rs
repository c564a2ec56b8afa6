//! The table of net-tools: `192.0.2.1 ether 02:00:5e:10:00:01 C eth0`.

use synrecv_model::{Nud, text};

use super::{Entry, bare, known};
use crate::token::{address, link};

/// Kinds of hardware that net-tools knows by name.
const HARDWARE: [&str; 20] = [
    "ether",
    "loop",
    "infiniband",
    "ieee802",
    "fddi",
    "hippi",
    "irda",
    "eui64",
    "ppp",
    "tunnel",
    "sit",
    "arcnet",
    "ax25",
    "netrom",
    "rose",
    "frad",
    "dlci",
    "slip",
    "generic",
    "ash",
];

/// `(incomplete)` in the languages of net-tools.
const INCOMPLETE: [&str; 13] = [
    "incomplete",
    "nekompletní",
    "unvollständig",
    "mittetäielik",
    "不完全",
    "incompleto",
    "incomplet",
    "未完成",
    "不完整",
    "incompleta",
    "неполный",
    "ofullständig",
    "未完整",
];

/// An entry, or why it cannot be used.
pub(super) fn entry(words: &[&str], inside: bool) -> Option<Entry> {
    let (&host, rest) = words.split_first()?;
    let is_address = address::ip(host).is_some();
    let (&second, rest) = rest.split_first()?;
    if let Some(inner) = second.strip_prefix('(') {
        let word = inner.trim_end_matches(')');
        let is_known = INCOMPLETE.contains(&word);
        let fits = is_known || (inside && second.ends_with(')') && address::ip(word).is_none());
        let device = rest.last().filter(|word| link::is_device(word) && rest.len() <= 3);
        // `host (192.0.2.1) at ...` is of BSD.
        return device.filter(|_| fits && (is_address || is_known)).map(|device| {
            let mut entry = bare(host)?;
            entry.state = Some(Nud::Incomplete);
            entry.device = Some((*device).to_owned());
            Ok(entry)
        });
    }
    let (&third, rest) = rest.split_first()?;
    if second == "*" && third.starts_with('<') && (1..=3).contains(&rest.len()) {
        let device = rest.last().filter(|word| link::is_device(word) && !is_flags(word));
        return device.map(|device| {
            let mut entry = bare(host)?;
            entry.proxy = true;
            entry.device = Some((*device).to_owned());
            Ok(entry)
        });
    }
    let mac = link::mac(third)?;
    let is_hardware = HARDWARE.contains(&second);
    // Flags got lost, or are there; a mask stands between them and the device, or not.
    let (flags, device) = match rest {
        [device] if !is_flags(device) => ("", *device),
        [flags, device] if is_flags(flags) => (*flags, *device),
        [flags, mask, device] if is_flags(flags) && is_mask(mask) => (*flags, *device),
        _ if is_hardware && inside => {
            return Some(Err(text!["no flags and device behind the link-layer address"]));
        }
        _ => return None,
    };
    let fits =
        link::is_device(device) && (is_hardware || (inside && is_address && !flags.is_empty()));
    fits.then(|| {
        let mut entry = bare(host)?;
        entry.mac = known(mac);
        entry.state = flags.contains('M').then_some(Nud::Permanent);
        entry.proxy = flags.contains('P');
        entry.device = Some(device.to_owned());
        Ok(entry)
    })
}

fn is_flags(word: &str) -> bool {
    !word.is_empty() && word.len() <= 6 && word.bytes().all(|octet| b"CMPAT!".contains(&octet))
}

/// `*` of a published entry, or a real one of old kernels.
fn is_mask(word: &str) -> bool {
    word == "*" || address::ip(word).is_some()
}

/// Several rows in one line, or one that lost its blanks:
/// `192.0.2.1ether02:00:5e:10:00:01Ceth0`.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    if let Some(row) = with_blanks(line) {
        return Some(vec![row]);
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_link_layer = |word: &&&str| link::mac(word).is_some();
    if words.len() < 8 || words.iter().filter(is_link_layer).count() < 2 {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    let mut text: Vec<&str> = Vec::new();
    let mut at = 0;
    let mut rows_count = 0;
    while at < words.len() {
        let row = (3..=6).filter_map(|len| words.get(at..at + len)).find(|row| {
            address::ip(row[0]).is_some() && entry(row, false).is_some_and(|e| e.is_ok())
        });
        match row {
            Some(row) => {
                if !text.is_empty() {
                    parts.push(std::mem::take(&mut text).join(" "));
                }
                parts.push(row.join(" "));
                rows_count += 1;
                at += row.len();
            }
            None => {
                text.push(words[at]);
                at += 1;
            }
        }
    }
    if !text.is_empty() {
        parts.push(text.join(" "));
    }
    (rows_count >= 2).then_some(parts)
}

/// One row without blanks. Every border but none is clear: digits and dots, the kind of hardware,
/// seventeen characters, capitals, the device.
fn with_blanks(line: &str) -> Option<String> {
    let line = line.trim();
    if line.len() > 80 || line.contains(' ') {
        return None;
    }
    let hardware_at = line.find(|c: char| c.is_ascii_alphabetic())?;
    let (host, rest) = line.split_at(hardware_at);
    address::ip(host)?;
    let hardware = HARDWARE.iter().find(|known| rest.starts_with(**known))?;
    let rest = &rest[hardware.len()..];
    let (mac, rest) = rest.split_at_checked(17)?;
    link::mac(mac)?;
    let flags_end = rest.find(|c: char| !"CMPAT!".contains(c)).unwrap_or(rest.len());
    let (flags, rest) = rest.split_at(flags_end);
    let device = rest.strip_prefix('*').unwrap_or(rest);
    (is_flags(flags) && link::is_device(device))
        .then(|| format!("{host} {hardware} {mac} {flags} {device}"))
}
