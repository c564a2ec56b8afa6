//! Keys of settings in their spellings.

/// First components of keys.
const ROOTS: [&str; 8] = ["net", "kernel", "fs", "vm", "user", "dev", "abi", "debug"];
/// Below these stands the name of a device, which can hold dots, and one more component.
const OF_DEVICES: [&str; 4] =
    ["net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.neigh.", "net.ipv6.neigh."];
const PROC_SYS: &str = "/proc/sys/";

/// A key and what stands behind its sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    /// With dots, `/` for dots in names of devices.
    pub(super) key: String,
    rest: &'a str,
    /// Behind the name of a configuration file.
    pub(super) in_file: bool,
    /// No blanks around the sign, which `sysctl` always prints.
    pub(super) tight: bool,
    /// The line begins with it.
    first: bool,
}

impl Pair<'_> {
    /// True when a line without any context can be said to be a setting.
    pub(super) fn is_sure(&self) -> bool {
        self.first
    }

    /// The value; `None` when other words follow it.
    pub(super) fn value(&self) -> Option<&str> {
        let value = self.rest.split(" #").next().unwrap_or_default().trim();
        let is_number = |word: &str| word.parse::<i128>().is_ok();
        let mut words = value.split_ascii_whitespace();
        let mixed = words.next().is_some_and(is_number) && !words.all(is_number);
        // A list of names is short and without punctuation.
        let is_prose = value.ends_with(['.', ',', ';', '?']) && value.contains(' ');
        (!mixed && !is_prose).then_some(value)
    }
}

/// The settings of a line, several when their line ends were lost.
pub(super) fn pairs(line: &str) -> Vec<Pair<'_>> {
    let mut found: Vec<(usize, usize, Pair<'_>)> = Vec::new();
    let mut at = 0;
    for word in line.split_inclusive([' ', '\t']) {
        let start = at;
        at += word.len();
        if let Some((offset, end, pair)) = pair_at(line, start) {
            found.push((start + offset, end, pair));
        }
    }
    let starts: Vec<usize> = found.iter().map(|(start, _, _)| *start).collect();
    let mut result = Vec::with_capacity(found.len());
    for (index, (_, end, mut pair)) in found.into_iter().enumerate() {
        let next = starts.get(index + 1).copied().unwrap_or(line.len());
        pair.rest = line.get(end..next).unwrap_or_default().trim();
        pair.first = index > 0
            || starts.first().is_some_and(|start| line.get(..*start).is_some_and(is_lead));
        result.push(pair);
    }
    result
}

/// What may stand before the first key: nothing, the mark of a file, or its name.
fn is_lead(lead: &str) -> bool {
    lead.is_empty() || lead == "-" || (lead.starts_with('/') && lead.ends_with(':'))
}

/// A key that begins at a word, with the offset of its first letter and the end of its sign.
fn pair_at(line: &str, start: usize) -> Option<(usize, usize, Pair<'_>)> {
    let text = line.get(start..)?;
    let mut offset = usize::from(text.starts_with('-'));
    let mut in_file = false;
    // The name of a file by `grep`, but not that of the key itself.
    if text.starts_with('/') && !text.starts_with(PROC_SYS) {
        let (file, _) = text.split_once(':')?;
        if file.rsplit_once('.').is_none_or(|(_, extension)| extension != "conf") {
            return None;
        }
        offset = file.len() + 1;
        in_file = true;
    }
    let text = text.get(offset..)?;
    let len = text.find(|c: char| !is_key_char(c)).unwrap_or(text.len());
    let word = text.get(..len)?;
    let behind = text.get(len..)?;
    let sign = behind.trim_start();
    let is_path = word.starts_with(PROC_SYS);
    if !(sign.starts_with('=') && !sign.starts_with("==") || is_path && sign.starts_with(':')) {
        return None;
    }
    let key = normal(word)?;
    let end = line.len() - sign.len() + 1;
    let tight = !is_path && sign.len() == behind.len() && !sign.starts_with("= ");
    Some((offset, end, Pair { key, rest: "", in_file, tight, first: false }))
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '@' | '+')
}

/// A key by the name of its file or any other spelling.
pub(super) fn file_key(word: &str) -> Option<String> {
    normal(word)
}

fn normal(word: &str) -> Option<String> {
    let path = word.strip_prefix(PROC_SYS);
    let word = path.unwrap_or(word);
    let root = ROOTS.iter().find(|root| word.starts_with(**root))?;
    let rest = word.get(root.len()..)?;
    let swaps = rest.starts_with('/');
    if !(swaps || rest.starts_with('.')) || rest.len() < 2 || rest.ends_with(['.', '/']) {
        return None;
    }
    if swaps {
        let swap = |c| match c {
            '/' => '.',
            '.' => '/',
            other => other,
        };
        return Some(word.chars().map(swap).collect());
    }
    // A dot in the name of a device that was not written as it should be.
    for start in OF_DEVICES {
        if let Some((device, leaf)) =
            word.strip_prefix(start).and_then(|rest| rest.rsplit_once('.'))
        {
            return Some(format!("{start}{}.{leaf}", device.replace('.', "/")));
        }
    }
    Some(word.to_owned())
}

/// A key of BSD: `net.inet.tcp.syncookies: 1`.
pub(super) fn bsd_key(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(": ")?;
    let fits = key.starts_with("net.inet") && key.chars().all(is_key_char);
    (fits && !value.is_empty()).then_some(key)
}
