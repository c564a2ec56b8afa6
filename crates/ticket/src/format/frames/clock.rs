//! Times as tools print them, and what they count from.

/// A time as printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// Nanoseconds since 1970: a date, or seconds since then.
    Since1970(u64),
    /// Hours, minutes and seconds: a time of day, or elapsed (`-ttt`, `-ttttt`), in nanoseconds.
    Clock(u64),
    /// Seconds with a fraction, in nanoseconds: since the first frame, or since the one before.
    Elapsed(u64),
}

/// What times count from, as far as the command says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// From one origin.
    FromStart,
    /// From the frame before.
    FromBefore,
}

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;

/// Its nanoseconds since 1970 fit into 64 bits.
const YEAR_MAX: u64 = 2500;

/// Seconds from which on a number counts from 1970 (1973).
const EPOCH_LEAST: u64 = 100_000_000;

/// Reads a time at the start of these words, and how many of them it takes.
pub(crate) fn stamp(words: &[&str]) -> Option<(Stamp, usize)> {
    let first = words.first()?.trim_matches(['"', '\'', '`', '|', '[', ']', '(', ')', '>']);
    if let Some(days) = date(first) {
        let clock = clock(words.get(1)?.trim_matches('"'))?;
        return Some((Stamp::Since1970(days * DAY + clock), 2));
    }
    if let Some((days, time)) = first.split_once('T')
        && let (Some(days), Some(time)) = (date(days), clock(time))
    {
        return Some((Stamp::Since1970(days * DAY + time), 1));
    }
    if let Some(time) = clock(first) {
        return Some((Stamp::Clock(time), 1));
    }
    // `Nov 23, 2026 11:16:14.764128000 UTC`
    if let (Some(month), [_, day, year, time, ..]) = (month(first), words)
        && let (Ok(day), Ok(year)) = (day.trim_end_matches(',').parse(), year.parse())
        && let (Some(days), Some(time)) = (days_from_civil(year, month, day), clock(time))
    {
        let zone = words.get(4).is_some_and(|zone| zone.chars().all(|c| c.is_ascii_uppercase()));
        return Some((Stamp::Since1970(days * DAY + time), if zone { 5 } else { 4 }));
    }
    let (whole, fraction) = first.split_once(['.', ','])?;
    let ns = whole.parse::<u64>().ok()?.checked_mul(SECOND)?.checked_add(nanos(fraction)?)?;
    if fraction.is_empty() {
        // Elapsed time of old versions: `1. 023938`.
        let micros = words.get(1).filter(|word| word.len() == 6)?;
        return Some((Stamp::Elapsed(ns.saturating_add(nanos(micros)?)), 2));
    }
    let stamp = if ns / SECOND >= EPOCH_LEAST { Stamp::Since1970(ns) } else { Stamp::Elapsed(ns) };
    Some((stamp, 1))
}

/// Microseconds since the frame before, six digits, as old versions print them.
pub(crate) fn micros(word: &str) -> Option<Stamp> {
    (word.len() == 6).then(|| nanos(word)).flatten().map(Stamp::Elapsed)
}

/// `11:16:14.764128`, in nanoseconds.
fn clock(word: &str) -> Option<u64> {
    let word = word.trim_end_matches(['Z', ',', ']', ')']);
    let mut parts = word.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || hours.is_empty() || hours.len() > 3 || minutes.len() != 2 {
        return None;
    }
    let (whole, fraction) = seconds.split_once(['.', ',']).unwrap_or((seconds, ""));
    if whole.len() != 2 {
        return None;
    }
    let (hours, minutes, whole): (u64, u64, u64) =
        (hours.parse().ok()?, minutes.parse().ok()?, whole.parse().ok()?);
    (minutes < 60 && whole < 61).then_some(())?;
    Some(hours * HOUR + (minutes * 60 + whole) * SECOND + nanos(fraction)?)
}

/// A fraction of a second, as digits.
fn nanos(digits: &str) -> Option<u64> {
    if digits.len() > 9 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = if digits.is_empty() { 0 } else { digits.parse::<u64>().ok()? };
    Some(number * 10_u64.pow(9 - u32::try_from(digits.len()).ok()?))
}

/// `2026-11-23`, in days since 1970.
fn date(word: &str) -> Option<u64> {
    let mut parts = word.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    days_from_civil(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn month(word: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let place = MONTHS.iter().position(|month| *month == word)?;
    u64::try_from(place + 1).ok()
}

/// Days since 1970 of a day of the Gregorian calendar.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=YEAR_MAX).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day)
    {
        return None;
    }
    // Years begin in March, so that the day that is sometimes missing is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    days.checked_sub(719_469)
}

/// Times of all frames from one origin, in nanoseconds. `tsval` is the timestamp that a sender put
/// into the frame, with a number that stands for the sender.
pub(crate) fn resolve(
    stamps: &[Option<Stamp>],
    counting: Option<Counting>,
    tsval: &[Option<(u64, u32)>],
) -> Vec<Option<u64>> {
    if counting.unwrap_or_else(|| guess(stamps, tsval)) == Counting::FromBefore {
        return sums(stamps);
    }
    let mut days = 0;
    let mut before: Option<u64> = None;
    let mut times = Vec::with_capacity(stamps.len());
    for stamp in stamps {
        let time = stamp.map(|stamp| match stamp {
            Stamp::Since1970(ns) | Stamp::Elapsed(ns) => ns,
            Stamp::Clock(ns) => {
                // Past midnight.
                if before.is_some_and(|before| before > ns + DAY / 2) {
                    days += 1;
                }
                before = Some(ns);
                DAY.saturating_mul(days).saturating_add(ns)
            }
        });
        times.push(time);
    }
    times
}

/// Whether times go on or start anew with each frame.
fn guess(stamps: &[Option<Stamp>], tsval: &[Option<(u64, u32)>]) -> Counting {
    let elapsed = |stamp: &Stamp| match *stamp {
        Stamp::Elapsed(ns) => Some(ns),
        Stamp::Clock(ns) if ns < HOUR => Some(ns),
        _ => None,
    };
    let known: Option<Vec<u64>> = stamps.iter().flatten().map(elapsed).collect();
    let Some(known) = known.filter(|known| known.len() > 1) else { return Counting::FromStart };
    let falls = || known.windows(2).filter(|pair| pair[1] < pair[0]);
    if falls().next().is_some() {
        // Captures one behind the other start at zero again.
        let anew = falls().all(|pair| pair[1] == 0);
        return if anew && falls().count() * 5 < known.len() {
            Counting::FromStart
        } else {
            Counting::FromBefore
        };
    }
    by_tsval(stamps, tsval).unwrap_or(Counting::FromStart)
}

/// Timestamps of one sender grow by one in a millisecond (Linux since 4.13, most systems): which
/// reading of the times fits them better.
fn by_tsval(stamps: &[Option<Stamp>], tsval: &[Option<(u64, u32)>]) -> Option<Counting> {
    let readings = [Counting::FromStart, Counting::FromBefore];
    let (mut errors, mut total) = ([0_u64; 2], 0_u64);
    for (error, counting) in errors.iter_mut().zip(readings) {
        let times = resolve(stamps, Some(counting), tsval);
        let mut last: Vec<(u64, u64, u32)> = Vec::new();
        for (time, value) in times.iter().zip(tsval) {
            let (Some(time), Some((sender, value))) = (*time, *value) else { continue };
            if let Some(before) = last.iter_mut().find(|before| before.0 == sender) {
                let ticks = u64::from(value.wrapping_sub(before.2));
                let ms = time.saturating_sub(before.1) / 1_000_000;
                *error += ticks.abs_diff(ms);
                total += ticks;
                *before = (sender, time, value);
            } else if last.len() < 64 {
                last.push((sender, time, value));
            }
        }
    }
    let [from_start, from_before] = errors;
    // Apart by so much that it is no matter of rounding, and one of them fits.
    let decides = from_start.abs_diff(from_before) > total / 8 + 100
        && from_start.min(from_before) <= total / 8;
    decides.then_some(if from_before < from_start {
        Counting::FromBefore
    } else {
        Counting::FromStart
    })
}

/// Each time counts from the frame before. One without is the origin when it comes first.
fn sums(stamps: &[Option<Stamp>]) -> Vec<Option<u64>> {
    let mut sum: Option<u64> = None;
    let mut times = Vec::with_capacity(stamps.len());
    for stamp in stamps {
        match stamp {
            Some(Stamp::Since1970(ns) | Stamp::Clock(ns) | Stamp::Elapsed(ns)) => {
                sum = Some(sum.unwrap_or(0).saturating_add(*ns));
                times.push(sum);
            }
            None if sum.is_none() => {
                sum = Some(0);
                times.push(sum);
            }
            None => times.push(None),
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_that_no_clock_shows_are_none() {
        assert_eq!(read("6026-11-23 13:13:22.005557"), None);
        assert!(matches!(read("2500-12-31 23:59:59.999999"), Some((Stamp::Since1970(_), 2))));
        assert!(matches!(read("18446744073. 999999"), Some((Stamp::Elapsed(u64::MAX), 2))));
    }

    fn read(text: &str) -> Option<(Stamp, usize)> {
        stamp(&text.split_whitespace().collect::<Vec<_>>())
    }

    #[test]
    fn forms_of_times() {
        let ns = 40_574_764_128_000;
        assert_eq!(read("11:16:14.764128 IP"), Some((Stamp::Clock(ns), 1)));
        assert_eq!(read("11:16:14,764128000 IP"), Some((Stamp::Clock(ns), 1)));
        let date = 1_795_432_574_764_128_000;
        assert_eq!(read("2026-11-23 11:16:14.764128 IP"), Some((Stamp::Since1970(date), 2)));
        assert_eq!(read("2026-11-23T11:16:14.764128Z IP"), Some((Stamp::Since1970(date), 1)));
        assert_eq!(
            read("Nov 23, 2026 11:16:14.764128000 UTC 1"),
            Some((Stamp::Since1970(date), 5))
        );
        assert_eq!(read("1795432574.764128 IP"), Some((Stamp::Since1970(date), 1)));
        assert_eq!(read("0.000016 10.0.0.1"), Some((Stamp::Elapsed(16_000), 1)));
        assert_eq!(read("1. 023938 IP"), Some((Stamp::Elapsed(1_023_938_000), 2)));
        for wrong in ["", "11:16", "IP", "10.0.0.1", "02:00:00:00:00:01", "fe80::1", "1.2.3"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    fn clocks(ms: &[u64]) -> Vec<Option<Stamp>> {
        ms.iter().map(|ms| Some(Stamp::Clock(ms * 1_000_000))).collect()
    }

    fn ms(times: &[Option<u64>]) -> Vec<u64> {
        times.iter().flatten().map(|ns| ns / 1_000_000).collect()
    }

    #[test]
    fn times_that_fall_count_from_the_frame_before() {
        let stamps = clocks(&[0, 1, 1_000, 2, 2_000]);
        assert_eq!(ms(&resolve(&stamps, None, &[])), [0, 1, 1_001, 1_003, 3_003]);
        let stamps = clocks(&[86_399_000, 500]);
        assert_eq!(ms(&resolve(&stamps, None, &[])), [86_399_000, 86_400_500]);
        // A frame out of order is no new day.
        let stamps = clocks(&[40_000_001, 40_000_000, 40_000_002]);
        assert_eq!(ms(&resolve(&stamps, None, &[])), [40_000_001, 40_000_000, 40_000_002]);
    }

    #[test]
    fn timestamps_tell_what_times_alone_do_not() {
        let stamps = clocks(&[0, 1_000, 2_000, 4_000]);
        let sent = [0, 1_000, 3_000, 7_000].map(|value| Some((1, value)));
        assert_eq!(ms(&resolve(&stamps, None, &sent)), [0, 1_000, 3_000, 7_000]);
        let sent = [0, 1_000, 2_000, 4_000].map(|value| Some((1, value)));
        assert_eq!(ms(&resolve(&stamps, None, &sent)), [0, 1_000, 2_000, 4_000]);
    }
}
