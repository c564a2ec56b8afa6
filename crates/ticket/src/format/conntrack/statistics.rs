//! Counters of connection tracking, one line a CPU.

use synrecv_model::ConntrackCpu;

/// The first line of `/proc/net/stat/nf_conntrack`.
pub(super) fn is_title(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    words.next() == Some("entries")
        && line.contains("insert_failed")
        && words.any(|word| word == "drop")
}

/// `cpu=0 found=0 invalid=12 insert=0 insert_failed=0 drop=0 early_drop=0 ...`
pub(super) fn named(line: &str) -> Option<ConntrackCpu> {
    let mut words = line.split_ascii_whitespace();
    words.next()?.strip_prefix("cpu=")?.parse::<u32>().ok()?;
    let value = |name: &str| {
        let found = line.split_ascii_whitespace().find_map(|word| {
            let (key, value) = word.split_once('=')?;
            (key == name).then_some(value)
        });
        found?.parse::<u64>().ok().map(fit)
    };
    Some(ConntrackCpu {
        // Not printed since conntrack-tools 1.4.6.
        entries_count: value("entries").unwrap_or(0),
        invalid_count: value("invalid")?,
        insert_failed_count: value("insert_failed")?,
        drop_count: value("drop")?,
        early_drop_count: value("early_drop")?,
    })
}

/// A line of hexadecimal numbers.
pub(super) fn hexadecimal(line: &str) -> Option<Vec<u64>> {
    let number = |word: &str| {
        let fits = word.len() == 8 && word.bytes().all(|octet| octet.is_ascii_hexdigit());
        fits.then(|| u64::from_str_radix(word, 16).ok())?
    };
    let values: Option<Vec<u64>> = line.split_ascii_whitespace().map(number).collect();
    values.filter(|values| values.len() >= 8)
}

/// A line by the names of the first one.
pub(super) fn of_columns(names: &[&str], values: &[u64]) -> Option<ConntrackCpu> {
    if names.len() != values.len() {
        return None;
    }
    let value = |name: &str| {
        let place = names.iter().position(|known| *known == name)?;
        values.get(place).copied().map(fit)
    };
    Some(ConntrackCpu {
        entries_count: value("entries")?,
        invalid_count: value("invalid")?,
        insert_failed_count: value("insert_failed")?,
        drop_count: value("drop")?,
        early_drop_count: value("early_drop")?,
    })
}

/// The kernel's counters have 32 bits.
fn fit(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
