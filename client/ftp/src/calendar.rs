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
        let seconds = i64::from(hour * 3600 + minute * 60 + second.unwrap_or(0));
        known.then_some(Clock { seconds, has_seconds: second.is_some() })
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
    let pair = |at: usize| small(rest.get(at..at + 2)?);
    let date = Date::new(year, pair(0)?, pair(2)?)?;
    Some(modified(date, Some(Clock::new(pair(4)?, pair(6)?, Some(pair(8)?))?), true))
}
