//! Dates in listings for people. Which form a server uses is seen from each date by itself.

use super::month::{month, with_unit};
use super::words::Words;
use crate::calendar::{Clock, DAY, Date, modified, small, year_of};
use crate::entry::Modified;

/// A date that was found among the words of a line.
pub(super) struct Found {
    pub(super) modified: Modified,
    /// The word after it.
    pub(super) next: usize,
    /// The date is shorter than others of its listing, and a blank on its right makes up for it: that is not of the name.
    pub(super) padded: bool,
}

/// The date that begins at this word:
/// `Jan 5 12:30`, `Jan 5 2024`, `Jan 5 12:30:45 2024`, the same with `5 Jan` or `5. Jan` and a weekday before it,
/// `2024-01-05`, `2024-01-05 12:30:45.000 +0100`, `01-05 12:30`, `05.01.2024 12:30`.
pub(super) fn find(words: &Words<'_>, place: usize, now: i64) -> Option<Found> {
    let first = words.at(place);
    if first.first()?.is_ascii_digit()
        && first.iter().any(|byte| matches!(byte, b'-' | b'/' | b'.'))
        && let Some(found) = numeric(words, place, now)
    {
        return Some(found);
    }
    let place = if is_weekday(first) { place + 1 } else { place };
    let (first, second) = (words.at(place), words.at(place + 1));
    let (month, day) = match (month(first), day(second)) {
        (Some(month), Some(day)) => (month, day),
        _ => (month(second)?, day(first)?),
    };
    let third = words.at(place + 2);
    if let Some(clock) = clock(third) {
        let fourth = words.at(place + 3);
        // `Jan 5 12:30:45 2024`: with seconds and a year behind them. After `12:30` a year would be a name.
        if third.len() >= 7
            && fourth.len() == 4
            && let Some(date) = year(fourth).and_then(|year| Date::new(year, month, day))
        {
            let modified = modified(date, Some(clock), false);
            return Some(Found { modified, next: place + 4, padded: false });
        }
        let modified = guess(month, day, Some(clock), now)?;
        return Some(Found { modified, next: place + 3, padded: false });
    }
    let date = Date::new(year(third)?, month, day)?;
    // `Mar  1 2003  name` beside `Mar  1 12:30 name`: where no blank stands left of the year, it is on the right.
    let padded = third.len() == 4 && words.start(place + 2) == words.end(place + 1) + 1;
    Some(Found { modified: modified(date, None, false), next: place + 3, padded })
}

/// Dates of numbers alone, year first, month first or, with points, day first.
fn numeric(words: &Words<'_>, place: usize, now: i64) -> Option<Found> {
    let word = words.at(place);
    let separator = *word.iter().find(|byte| !byte.is_ascii_digit())?;
    let mut parts = word.split(|byte| *byte == separator);
    let (a, b, c, end) = (parts.next()?, parts.next()?, parts.next(), parts.next());
    let time = clock(words.at(place + 1));
    let Some(c) = c else {
        // `01-05 12:30`: this year's dates of GNU ls with `--time-style=iso`.
        let modified = guess(small(a)?, small(b)?, Some(time?), now)?;
        return (separator == b'-').then_some(Found { modified, next: place + 2, padded: false });
    };
    if end.is_some() {
        return None;
    }
    let date = match (a.len(), c.len()) {
        (4, _) => Date::new(year(a)?, small(b)?, small(c)?)?,
        (_, 4) if separator == b'.' => Date::new(year(c)?, small(b)?, small(a)?)?,
        (_, 4) => month_first(year(c)?, small(a)?, small(b)?)?,
        _ => return None,
    };
    let Some(time) = time else {
        return Some(Found { modified: modified(date, None, false), next: place + 1, padded: true });
    };
    let mut found = Found { modified: modified(date, Some(time), false), next: place + 2, padded: false };
    if let Some(offset) = zone(words.at(place + 2)) {
        found.modified.seconds -= offset;
        found.modified.utc = true;
        found.next += 1;
    }
    Some(found)
}

/// Month and day, or day and month where the month would be none.
pub(super) fn month_first(year: i64, first: u32, second: u32) -> Option<Date> {
    Date::new(year, first, second).or_else(|| Date::new(year, second, first))
}

/// `12:30` or `12:30:45`, with whatever fraction.
pub(super) fn clock(word: &[u8]) -> Option<Clock> {
    if !(4..=20).contains(&word.len()) {
        return None;
    }
    let mut parts = word.split(|byte| *byte == b':');
    let (hour, minute, second, end) = (parts.next()?, parts.next()?, parts.next(), parts.next());
    if end.is_some() || hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    let second = match second {
        Some(second) => {
            let whole = second.split(|byte| matches!(byte, b'.' | b',')).next()?;
            if whole.len() != 2 {
                return None;
            }
            Some(small(whole)?)
        }
        None => None,
    };
    Clock::new(small(hour)?, small(minute)?, second)
}

/// `+0100` in seconds.
fn zone(word: &[u8]) -> Option<i64> {
    let (sign, digits) = word.split_first()?;
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if digits.len() != 4 {
        return None;
    }
    let (hours, minutes) = (small(&digits[..2])?, small(&digits[2..])?);
    (hours <= 14 && minutes < 60).then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

/// A year of four digits; no server is older than Unix.
fn year(word: &[u8]) -> Option<i64> {
    let digits = with_unit(word);
    let year = small(digits).filter(|_| digits.len() == 4)?;
    (1900..=2999).contains(&year).then_some(i64::from(year))
}

fn day(word: &[u8]) -> Option<u32> {
    let digits = with_unit(word);
    let digits = digits.strip_suffix(b".").or_else(|| digits.strip_suffix(b",")).unwrap_or(digits);
    small(digits).filter(|day| digits.len() <= 2 && (1..=31).contains(day))
}

fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    word.len() == 3 && DAYS.iter().any(|day| word.eq_ignore_ascii_case(day))
}

/// The latest year in which the date is not more than a day in the future (rule M10). The day is for zones: the server's clock
/// may show tomorrow, and next year on 31 December. 29 February may be up to eight years back.
fn guess(month: u32, day: u32, clock: Option<Clock>, now: i64) -> Option<Modified> {
    let latest = now.saturating_add(DAY);
    let year = year_of(latest.clamp(-DAY * 365, 250_000_000_000));
    (0..=8).find_map(|back| {
        let modified = modified(Date::new(year - back, month, day)?, clock, false);
        (modified.seconds <= latest).then_some(modified)
    })
}
