//! Dates to Unix seconds, by hand: proleptic Gregorian calendar, no zones, no leap seconds.

use crate::entry::Modified;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// A date, checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Date {
    year: i64,
    month: u32,
    day: u32,
}

impl Date {
    /// `None` where there is no such day.
    pub(crate) fn new(year: i64, month: u32, day: u32) -> Option<Date> {
        let known = (0..=9999).contains(&year) && (1..=12).contains(&month);
        (known && (1..=days_in(year, month)).contains(&day)).then_some(Date { year, month, day })
    }

    /// Days since 1970-01-01.
    pub(crate) fn days(self) -> i64 {
        // Years begin in March here, so that the leap day is the last day of a year; 400 years have 146,097 days.
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }
}

/// The year in which a day lies.
pub(crate) fn year_of(unix_seconds: i64) -> i64 {
    let days = unix_seconds.div_euclid(DAY);
    // One 400th of 146,097 days is the mean year: the estimate is off by one at most.
    let guess = 1970 + (days * 400).div_euclid(146_097);
    let starts = |year: i64| Date { year, month: 1, day: 1 }.days();
    if starts(guess) > days {
        guess - 1
    } else if starts(guess + 1) <= days {
        guess + 1
    } else {
        guess
    }
}

fn days_in(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Time of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Clock {
    /// Seconds since midnight.
    seconds: i64,
    has_seconds: bool,
}

impl Clock {
    /// `None` where there is no such time; second 60 is a leap second.
    pub(crate) fn new(hour: u32, minute: u32, second: Option<u32>) -> Option<Clock> {
        let known = hour < 24 && minute < 60 && second.is_none_or(|second| second <= 60);
        // Not before that is known: numbers of a listing may be of any size.
        known.then(|| {
            let seconds = i64::from(hour * 3600 + minute * 60 + second.unwrap_or(0));
            Clock { seconds, has_seconds: second.is_some() }
        })
    }
}

/// A date and what is known of the time.
pub(crate) fn modified(date: Date, clock: Option<Clock>, utc: bool) -> Modified {
    Modified {
        seconds: date.days() * DAY + clock.map_or(0, |clock| clock.seconds),
        has_time: clock.is_some(),
        has_seconds: clock.is_some_and(|clock| clock.has_seconds),
        utc,
    }
}

/// The same for a day in seconds since 1970.
pub(crate) fn modified_on(day: i64, clock: Option<Clock>) -> Modified {
    Modified {
        seconds: day + clock.map_or(0, |clock| clock.seconds),
        has_time: clock.is_some(),
        has_seconds: clock.is_some_and(|clock| clock.has_seconds),
        utc: false,
    }
}

/// All bytes as a decimal number; `None` where one is no digit, there are none or too many.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// The same for the small numbers of dates: at most nine digits.
pub(crate) fn small(digits: &[u8]) -> Option<u32> {
    if digits.len() > 9 { None } else { number(digits).and_then(|number| u32::try_from(number).ok()) }
}

/// `YYYYMMDDHHMMSS[.fraction]` in UTC (RFC 3659 section 2.3). The Y2K fault `191YYMMDDHHMMSS` is read as well (rule T10).
pub(crate) fn time_val(text: &[u8]) -> Option<Modified> {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (whole, fraction) = text.split_at(point);
    if !fraction.get(1..).unwrap_or_default().iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (year, rest) = match whole.len() {
        14 => (i64::from(small(&whole[..4])?), &whole[4..]),
        15 if whole.starts_with(b"191") => (1900 + i64::from(small(&whole[2..5])?), &whole[5..]),
        _ => return None,
    };
    // Year 1 and 1601 are how servers on .NET and Windows write that they do not know (rule T10).
    if year < 1602 {
        return None;
    }
    let pair = |at: usize| small(rest.get(at..at + 2)?);
    let date = Date::new(year, pair(0)?, pair(2)?)?;
    Some(modified(date, Some(Clock::new(pair(4)?, pair(6)?, Some(pair(8)?))?), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_great_numbers_is_none() {
        for (hour, minute, second) in [(u32::MAX, 0, None), (0, 999_999_999, None), (0, 0, Some(u32::MAX))] {
            assert_eq!(Clock::new(hour, minute, second), None);
        }
    }

    #[test]
    fn every_day_of_a_cycle_follows_the_one_before() {
        let mut days = Date::new(1600, 1, 1).unwrap().days();
        assert_eq!(days, -135_140);
        for year in 1600..2400 {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    assert_eq!(Date::new(year, month, day).unwrap().days(), days);
                    assert_eq!(year_of(days * DAY), year);
                    assert_eq!(year_of(days * DAY + DAY - 1), year);
                    days += 1;
                }
                assert_eq!(Date::new(year, month, days_in(year, month) + 1), None);
            }
        }
        assert_eq!(Date::new(1970, 1, 1).unwrap().days(), 0);
        assert_eq!(Date::new(2000, 2, 29).unwrap().days(), 11_016);
    }

    #[test]
    fn there_are_no_such_days_and_times() {
        for (year, month, day) in
            [(2023, 2, 29), (1900, 2, 29), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0), (2024, 4, 31)]
        {
            assert_eq!(Date::new(year, month, day), None);
        }
        assert_eq!(Clock::new(24, 0, None), None);
        assert_eq!(Clock::new(0, 60, None), None);
        assert_eq!(Clock::new(0, 0, Some(61)), None);
        assert!(Clock::new(23, 59, Some(60)).is_some());
    }

    #[test]
    fn t10_time_values() {
        let seconds = |text: &str| time_val(text.as_bytes()).map(|modified| modified.seconds);
        assert_eq!(seconds("19700101000000"), Some(0));
        assert_eq!(seconds("20240229123456"), Some(1_709_210_096));
        assert_eq!(seconds("20240229123456.789"), Some(1_709_210_096));
        // Two ways to write the year 2000: the standard's, and that of servers with the Y2K fault.
        assert_eq!(seconds("20000101000000"), seconds("191000101000000"));
        for wrong in [
            "",
            "2024",
            "20240230000000",
            "00010101000000",
            "16010101000000",
            "2024022912345x",
            "20240229123456.x",
            "20240229250000",
            "202402291234567",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn t1_numbers_are_64_bits() {
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"18446744073709551616"), None);
        assert_eq!(number(b""), None);
        assert_eq!(number(b"+1"), None);
        assert_eq!(small(b"4294967296"), None);
    }
}
