//! Durations as people write them: `90s`, `1m30s`, `1.5 min`.

use std::time::Duration;

/// Units with their nanoseconds, longest first.
const UNITS: [(&[&str], u64); 4] = [
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000_000_000),
    (&["m", "min", "mins", "minute", "minutes"], 60_000_000_000),
    (&["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
    (&["ms", "msec", "msecs", "milli", "millis", "millisecond", "milliseconds"], 1_000_000),
];

/// Numbers with units, from the longest unit to the shortest, each unit at most once.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut nanoseconds = 0_u64;
    let mut longer = u64::MAX;
    loop {
        let (number, behind) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, behind) = split(behind.trim_start(), |c| c.is_ascii_alphabetic());
        let (_, unit) = UNITS.iter().find(|(names, _)| names.contains(&unit))?;
        if *unit >= longer {
            return None;
        }
        longer = *unit;
        nanoseconds = nanoseconds.checked_add(times(number, *unit)?)?;
        rest = behind.trim_start();
        if rest.is_empty() {
            return Some(Duration::from_nanos(nanoseconds));
        }
    }
}

/// The characters at the start that belong, and the rest.
fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// A decimal number of units.
fn times(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.is_empty() {
        return None;
    }
    let mut place = unit;
    fraction.bytes().try_fold(whole.parse::<u64>().ok()?.checked_mul(unit)?, |sum, digit| {
        place /= 10;
        let digit = char::from(digit).to_digit(10)?;
        sum.checked_add(u64::from(digit) * place)
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn ms(text: &str) -> Option<u128> {
        parse(text).map(|duration| duration.as_millis())
    }

    #[test]
    fn numbers_with_units() {
        assert_eq!(ms("10s"), Some(10_000));
        assert_eq!(ms("500ms"), Some(500));
        assert_eq!(ms("1m30s"), Some(90_000));
        assert_eq!(ms("1 h 1 min 1 sec 1 ms"), Some(3_661_001));
        assert_eq!(ms("1.5s"), Some(1_500));
        assert_eq!(ms("0.25 hours"), Some(900_000));
        assert_eq!(ms("1.123456789123456789s"), Some(1_123));
    }

    #[test]
    fn everything_else_is_none() {
        for text in [
            "", "s", "10", "1s1", "1s1m", "1s2s", "-5s", "1.s", ".5s", "1.2.3s", "1d", "1S",
            "1,5s", "٣s",
        ] {
            assert_eq!(ms(text), None, "{text}");
        }
        assert_eq!(ms("18446744073709551615h"), None);
        assert_eq!(ms("5100000h9999999m"), None);
    }
}
