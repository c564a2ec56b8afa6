//! What stands in front of a message: time, host, program, level.

/// A line of a log, taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp<'a> {
    /// Time as printed.
    pub(super) time: Option<&'a str>,
    /// Host.
    pub(super) host: Option<&'a str>,
    /// Program that logged it: `kernel`.
    pub(super) program: Option<&'a str>,
    /// The message.
    pub(super) rest: &'a str,
}

impl Stamp<'_> {
    /// True when something stands in front of the message that only logs have.
    pub(super) fn is_log(&self) -> bool {
        self.time.is_some() || self.program == Some("kernel")
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Takes a line apart.
pub(super) fn split(line: &str) -> Stamp<'_> {
    let mut rest = line.trim_start();
    // `<4>` of the raw buffer, `kern  :warn  :` of `dmesg -x`.
    rest = level(rest).unwrap_or(rest);
    let (time, behind) = time(rest);
    let mut stamp = Stamp { time, rest: behind, ..Stamp::default() };
    if time.is_some_and(|time| !time.starts_with('[')) {
        (stamp.host, stamp.rest) = host(stamp.rest);
    }
    (stamp.program, stamp.rest) = program(stamp.rest);
    // The kernel's own clock stands behind the name of the program once more.
    if let (Some(_), behind) = brackets(stamp.rest) {
        stamp.rest = behind;
    }
    stamp
}

/// True when another line begins within a message: two were taken for one.
pub(super) fn is_inside(message: &str) -> bool {
    message
        .match_indices('[')
        .any(|(at, _)| message.get(at..).is_some_and(|rest| brackets(rest).0.is_some()))
        || message.split_ascii_whitespace().any(|word| clock_at(word).is_some())
        || message.contains(" kernel: ")
}

fn level(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix('<') {
        let (number, rest) = rest.split_once('>')?;
        return number.parse::<u16>().is_ok().then(|| rest.trim_start());
    }
    let (facility, rest) = line.split_once(':')?;
    let (level, rest) = rest.split_once(':')?;
    let fits = matches!(facility.trim(), "kern" | "user" | "daemon" | "syslog")
        && matches!(
            level.trim(),
            "emerg" | "alert" | "crit" | "err" | "warn" | "notice" | "info" | "debug"
        );
    fits.then(|| rest.trim_start())
}

/// `[12345.678901]`, `[Mon Nov 23 03:48:01 2026]`.
fn brackets(line: &str) -> (Option<&str>, &str) {
    let none = (None, line);
    let Some(inner) = line.strip_prefix('[') else { return none };
    let Some((inside, rest)) = inner.split_once(']') else { return none };
    let text = inside.trim();
    let is_seconds = text.split_once('.').is_some_and(|(whole, part)| {
        whole.parse::<u64>().is_ok()
            && !part.is_empty()
            && part.bytes().all(|octet| octet.is_ascii_digit())
    });
    let first = text.split(' ').next().unwrap_or_default();
    let is_date = DAYS.contains(&first) || clock_at(text).is_some();
    if !is_seconds && !is_date {
        return none;
    }
    let end = line.len() - rest.len();
    (line.get(..end), rest.trim_start())
}

/// The time at the start of a line.
fn time(line: &str) -> (Option<&str>, &str) {
    let (found, rest) = brackets(line);
    if found.is_some() {
        return (found, rest);
    }
    let mut words = line.split_ascii_whitespace();
    let (first, second, third) = (words.next(), words.next(), words.next());
    let first = first.unwrap_or_default();
    let count = match (second, third) {
        // `Sep  2 23:57:53`
        (Some(day), Some(clock))
            if MONTHS.contains(&first) && day.parse::<u8>().is_ok() && is_clock(clock) =>
        {
            3
        }
        // `Mon Nov 23 03:48:01 2026`
        (Some(month), Some(_))
            if DAYS.contains(&first)
                && MONTHS.contains(&month)
                && words.next().is_some_and(is_clock) =>
        {
            5
        }
        // `2026-11-23 03:48:01`
        (Some(clock), _) if is_day(first) && is_clock(clock) => 2,
        // `2026-11-23T03:48:01.123456+00:00`
        _ if clock_at(first).is_some() => 1,
        _ => 0,
    };
    if count == 0 {
        return (None, line);
    }
    let mut rest = line;
    for _ in 0..count {
        let trimmed = rest.trim_start();
        let len = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        rest = trimmed.get(len..).unwrap_or_default();
    }
    let end = line.len() - rest.len();
    (line.get(..end), rest.trim_start())
}

fn is_clock(word: &str) -> bool {
    let mut parts = word.split([':', '.', ',']);
    let is_two = |part: Option<&str>| {
        part.is_some_and(|part| part.len() == 2 && part.bytes().all(|octet| octet.is_ascii_digit()))
    };
    is_two(parts.next()) && is_two(parts.next()) && is_two(parts.next())
}

fn is_day(word: &str) -> bool {
    let mut parts = word.split(['-', '/']);
    parts.next().is_some_and(|year| year.len() == 4 && year.parse::<u16>().is_ok())
        && parts.next().is_some_and(|month| month.parse::<u8>().is_ok())
        && parts.next().is_some_and(|day| day.parse::<u8>().is_ok())
}

/// The clock of `2026-11-23T03:48:01`.
fn clock_at(word: &str) -> Option<&str> {
    let (day, clock) = word.split_once('T')?;
    (is_day(day) && is_clock(clock.get(..8)?)).then_some(clock)
}

/// The host: one word before the program.
fn host(line: &str) -> (Option<&str>, &str) {
    let Some((word, rest)) = line.split_once(' ') else { return (None, line) };
    let is_name = !word.is_empty()
        && !word.ends_with(':')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':'))
        && program(rest.trim_start()).0.is_some();
    if is_name { (Some(word), rest.trim_start()) } else { (None, line) }
}

/// `kernel:`, `NetworkManager[812]:`.
fn program(line: &str) -> (Option<&str>, &str) {
    let none = (None, line);
    let Some((head, rest)) =
        line.split_once(": ").or_else(|| line.strip_suffix(':').map(|head| (head, "")))
    else {
        return none;
    };
    let name = head.split('[').next().unwrap_or(head);
    let is_name = (1..=40).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let has_pid = head.ends_with(']') && head.len() > name.len();
    // The first word of a message can look like one: it is only taken for what is known.
    let known = matches!(
        name,
        "kernel"
            | "NetworkManager"
            | "systemd-networkd"
            | "dhclient"
            | "dhcpcd"
            | "avahi-daemon"
            | "arpwatch"
            | "network"
            | "ifup"
            | "ifup-eth"
            | "netplan"
            | "connmand"
            | "wicked"
    );
    if is_name && (known || has_pid) { (Some(name), rest.trim_start()) } else { none }
}
