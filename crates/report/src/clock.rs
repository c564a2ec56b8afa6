//! Wall-clock time as a date in UTC, in the proleptic Gregorian calendar.

use synrecv_model::WallClock;

const MS_PER_DAY: i64 = 86_400_000;

/// Days of 400 years: after them the calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;

/// From 0000-03-01 to 1970-01-01, in days.
const EPOCH_DAYS: i64 = 719_468;

/// A time of RFC 3339, which has years of four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Utc {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) millisecond: i64,
}

impl Utc {
    /// `None` outside the years 0 to 9999.
    pub(crate) fn new(at: WallClock) -> Option<Self> {
        let in_day = at.0.rem_euclid(MS_PER_DAY);
        // Years that begin with March have their leap day, if any, at the end, and the lengths of
        // months follow a line from there.
        let days = at.0.div_euclid(MS_PER_DAY) + EPOCH_DAYS;
        let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
        let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let since_march = (5 * day_of_year + 2) / 153;
        let is_next_year = since_march >= 10;
        let year = era * 400 + year_of_era + i64::from(is_next_year);
        (0..=9_999).contains(&year).then(|| Self {
            year,
            month: if is_next_year { since_march - 9 } else { since_march + 3 },
            day: day_of_year - (153 * since_march + 2) / 5 + 1,
            hour: in_day / 3_600_000,
            minute: in_day / 60_000 % 60,
            second: in_day / 1_000 % 60,
            millisecond: in_day % 1_000,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(days: i64) -> Option<(i64, i64, i64)> {
        Utc::new(WallClock(days * MS_PER_DAY)).map(|utc| (utc.year, utc.month, utc.day))
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let first = -719_528;
        assert_eq!(date(first), Some((0, 1, 1)));
        assert_eq!(date(first - 1), None);
        let (mut year, mut month, mut day) = (0, 1, 1);
        let mut days = first;
        while year < 10_000 {
            assert_eq!(date(days), Some((year, month, day)));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + i64::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
            days += 1;
        }
        assert_eq!(date(days), None);
    }

    #[test]
    fn the_time_of_day() {
        let utc = Utc::new(WallClock(951_786_245_067)).unwrap();
        assert_eq!((utc.year, utc.month, utc.day), (2000, 2, 29));
        assert_eq!((utc.hour, utc.minute, utc.second, utc.millisecond), (1, 4, 5, 67));
        let utc = Utc::new(WallClock(-1)).unwrap();
        assert_eq!((utc.year, utc.month, utc.day), (1969, 12, 31));
        assert_eq!((utc.hour, utc.minute, utc.second, utc.millisecond), (23, 59, 59, 999));
    }

    #[test]
    fn no_time_is_too_far() {
        assert_eq!(Utc::new(WallClock(i64::MIN)), None);
        assert_eq!(Utc::new(WallClock(i64::MAX)), None);
    }
}
