//! Dates in listings for people. Which form a server uses is seen from each date by itself, but for numbers whose order is not plain:
//! see [`super::order`].

use super::month::{month, with_unit};
use super::order::{MONTH_FIRST, parts};
use super::scene::Scene;
use super::words::Words;
use crate::calendar::{Clock, DAY, Date, modified, modified_on, small, year_of};
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
/// `Jan 5 12:30`, `Jan 5 2024`, `Jan 5 12:30:45 2024`, `Jan 5 2024 12:30:45`, the same with `5 Jan` or `5. Jan` and a weekday before it,
/// `2024-01-05`, `2024-01-05 12:30:45.000 +0100`, `01-05 12:30`, `01-05 2024`, `05.01.2024 12:30`, `01-05-24 02:30PM`, `05-Jan-2024`,
/// `1月5日 12:30`, `2024年 1月 5日`.
pub(super) fn find(words: &Words<'_>, place: usize, scene: &mut Scene) -> Option<Found> {
    let first = words.at(place);
    let byte = *first.first()?;
    if byte.is_ascii_digit() {
        // Digits alone begin `5 Jan`; nearly all words that are tried here are a size or an owner.
        if let Some(other) = first.iter().find(|byte| !byte.is_ascii_digit()) {
            let found = if other.is_ascii() {
                numeric(words, place, scene)
            } else {
                eastern(words, place, scene.now)
            };
            if found.is_some() {
                return found;
            }
        }
        if first.len() > 3 && !first.iter().any(|byte| !byte.is_ascii()) {
            return None;
        }
    } else if first.contains(&b'-')
        && let Some(date) = named(first)
    {
        return Some(with_clock(words, place, date.days() * DAY));
    }
    let place = if is_weekday(first) { place + 1 } else { place };
    let (first, second) = (words.at(place), words.at(place + 1));
    let (month, day) = match (month(first), day(second)) {
        (Some(month), Some(day)) => (month, day),
        _ => (month(second)?, day(first)?),
    };
    let third = words.at(place + 2);
    if third.last().is_some_and(|byte| matches!(byte, b'M' | b'm'))
        && let Some((clock, next)) = clock_at(words, place + 2)
    {
        return Some(Found { modified: guess(month, day, Some(clock), scene.now)?, next, padded: false });
    }
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
        let modified = guess(month, day, Some(clock), scene.now)?;
        return Some(Found { modified, next: place + 3, padded: false });
    }
    let date = Date::new(year(third)?, month, day)?;
    // A time behind the year is one with seconds, or after a comma (VShell); else it is how a name begins.
    let fourth = words.at(place + 3);
    if (fourth.len() >= 7 || second.ends_with(b","))
        && let Some(clock) = clock(fourth)
    {
        return Some(Found { modified: modified(date, Some(clock), false), next: place + 4, padded: false });
    }
    // `Mar  1 2003  name` beside `Mar  1 12:30 name`: where no blank stands left of the year, it is on the right.
    let padded = words.start(place + 2) == words.end(place + 1) + 1;
    Some(Found { modified: modified(date, None, false), next: place + 3, padded })
}

/// Dates of one word: three numbers, a day and month of this year, or a month's name between them.
fn numeric(words: &Words<'_>, place: usize, scene: &mut Scene) -> Option<Found> {
    let word = words.at(place);
    // ISO 8601 in one word.
    if let Some((date, [b'T', time @ ..])) = word.split_at_checked(10) {
        let time = time.strip_suffix(b"Z").unwrap_or(time);
        let modified = modified_on(scene.numeric(date, MONTH_FIRST)?, Some(clock(time)?));
        return Some(Found {
            modified: Modified { utc: word.ends_with(b"Z"), ..modified },
            next: place + 1,
            padded: false,
        });
    }
    if let Some(([a, _, c], _)) = parts(word) {
        let time = clock_at(words, place + 1);
        // A year of two digits is believed beside a time only: `1.2.3` may be anything.
        if time.is_none() && a.len() != 4 && c.len() != 4 {
            return named(word).map(|date| with_clock(words, place, date.days() * DAY));
        }
        if let Some(day) = scene.numeric(word, MONTH_FIRST) {
            return Some(with_clock(words, place, day));
        }
        return named(word).map(|date| with_clock(words, place, date.days() * DAY));
    }
    // `01-05 12:30` and `01-05 2024`: GNU ls with `--time-style=iso`, and others.
    let mut parts = word.split(|byte| *byte == b'-');
    let (month, day, end) = (parts.next()?, parts.next()?, parts.next());
    let (month, day) = (small(month)?, small(day)?);
    let second = words.at(place + 1);
    let modified = match clock(second) {
        Some(clock) => guess(month, day, Some(clock), scene.now)?,
        None => modified(Date::new(year(second)?, month, day)?, None, false),
    };
    end.is_none().then_some(Found { modified, next: place + 2, padded: false })
}

/// A day, in seconds, with the time and zone that may follow.
fn with_clock(words: &Words<'_>, place: usize, day: i64) -> Found {
    let Some((clock, next)) = clock_at(words, place + 1) else {
        return Found { modified: modified_on(day, None), next: place + 1, padded: true };
    };
    let mut found = Found { modified: modified_on(day, Some(clock)), next, padded: false };
    if let Some(offset) = zone(words.at(next)) {
        found.modified.seconds -= offset;
        found.modified.utc = true;
        found.next += 1;
    }
    found
}

/// `5-Jan-2024`, `05/Jan/24`, `Jan-05-2024`, `2024-Jan-05`.
pub(super) fn named(word: &[u8]) -> Option<Date> {
    let separator = *word.iter().find(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let mut parts = word.split(|byte| *byte == separator);
    let (a, b, c, end) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
    if end.is_some() || word.len() > 24 {
        return None;
    }
    let of = |year: &[u8], name: &[u8], digits: &[u8]| {
        let year = match year.len() {
            2 => small(year).map(|year| i64::from(if year < 69 { 2000 + year } else { 1900 + year }))?,
            _ => self::year(year)?,
        };
        let name = name.first().filter(|byte| !byte.is_ascii_digit()).and_then(|_| month(name))?;
        Date::new(year, name, day(digits)?)
    };
    match a.len() {
        4 => of(a, b, c),
        _ => of(c, b, a).or_else(|| of(c, a, b)),
    }
}

/// `1月5日 12:30`, `2024年1月5日`, and the same in several words; in whatever charset.
fn eastern(words: &Words<'_>, place: usize, now: i64) -> Option<Found> {
    let mut numbers = [0u32; 3];
    let (mut count, mut next) = (0, place);
    while count < 3 && next < place + 3 {
        let mut rest = words.at(next);
        while count < 3 && rest.first().is_some_and(u8::is_ascii_digit) {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number = small(rest.get(..digits)?)?;
            rest = rest.get(digits..)?;
            let unit = rest.iter().take_while(|byte| !byte.is_ascii_digit()).count();
            // The last number of a date may stand without its unit; none has a unit of ASCII.
            if unit > 3 || rest.first().is_some_and(u8::is_ascii) || (rest.is_empty() && count == 0) {
                return None;
            }
            rest = rest.get(unit..)?;
            *numbers.get_mut(count)? = number;
            count += 1;
        }
        if !rest.is_empty() {
            return None;
        }
        next += 1;
        if count >= 2 && (count == 3 || numbers[0] <= 12) {
            break;
        }
    }
    if numbers[0] > 12 {
        let date = Date::new(i64::from(numbers[0]).max(1900), numbers[1], numbers[2])?;
        let time = clock(words.at(next));
        let found = Found { modified: modified(date, time, false), next, padded: time.is_none() };
        return (count == 3).then_some(Found { next: next + usize::from(time.is_some()), ..found });
    }
    let third = words.at(next);
    let modified = match clock(third) {
        Some(clock) => guess(numbers[0], numbers[1], Some(clock), now)?,
        None => modified(Date::new(year(third)?, numbers[0], numbers[1])?, None, false),
    };
    (count == 2).then_some(Found {
        modified,
        next: next + 1,
        padded: !modified.has_time && words.start(next) == words.end(next - 1) + 1,
    })
}

/// The time at this word, and the word after it: `21:05`, `09:05PM`, `09:05 PM`, `09:05p`, `21:05:59`.
pub(super) fn clock_at(words: &Words<'_>, place: usize) -> Option<(Clock, usize)> {
    let word = words.at(place);
    if !word.first()?.is_ascii_digit() {
        return None;
    }
    let split = word.iter().position(u8::is_ascii_alphabetic).unwrap_or(word.len());
    let (digits, mut suffix) = word.split_at(split);
    let mut next = place + 1;
    if suffix.is_empty() && words.at(next).len() == 2 && afternoon(words.at(next)).is_some() {
        suffix = words.at(next);
        next += 1;
    }
    if suffix.is_empty() {
        return clock(digits).map(|clock| (clock, next));
    }
    let afternoon = afternoon(suffix)?;
    let mut parts = digits.split(|byte| *byte == b':');
    let (hour, minute, second) = (small(parts.next()?)?, small(parts.next()?)?, parts.next());
    let second = match second {
        Some(second) => Some(small(second)?),
        None => None,
    };
    // 12 AM is midnight, 12 PM noon. Some write 13:05PM: then the hour is as it stands.
    let hour = match (hour, afternoon) {
        (12, false) => 0,
        (hour @ 1..12, true) => hour + 12,
        (hour, _) => hour,
    };
    Some((Clock::new(hour, minute, second)?, next))
}

/// Whether the word says that the time is in the afternoon.
fn afternoon(suffix: &[u8]) -> Option<bool> {
    let is = |known: &[u8]| suffix.eq_ignore_ascii_case(known);
    if is(b"am") || is(b"a") { Some(false) } else { (is(b"pm") || is(b"p")).then_some(true) }
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
    // A clock that is out of order is still within years 69 to 9892.
    let latest = now.clamp(-60_000_000_000, 250_000_000_000) + DAY;
    let year = year_of(latest);
    (0..=8).find_map(|back| {
        let modified = modified(Date::new(year - back, month, day)?, clock, false);
        (modified.seconds <= latest).then_some(modified)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 15 June 2024, 12:00.
    const NOW: i64 = 1_718_452_800;

    /// Year, month, day, seconds since midnight.
    fn found_at(text: &str, now: i64) -> Option<(Found, i64)> {
        let scene = &mut Scene::new(now);
        let text = format!("{text} name");
        let words = Words::new(text.as_bytes());
        let found = find(&words, 0, scene)?;
        (words.at(found.next) == b"name").then_some(())?;
        let seconds = found.modified.seconds;
        Some((found, seconds))
    }

    fn at(year: i64, month: u32, day: u32, hour: i64, minute: i64) -> i64 {
        Date::new(year, month, day).unwrap().days() * DAY + hour * 3600 + minute * 60
    }

    #[test]
    fn m8_all_forms() {
        for (text, wanted) in [
            ("Jan  5 12:30", at(2024, 1, 5, 12, 30)),
            ("Jan 05 2:30", at(2024, 1, 5, 2, 30)),
            ("Jan  5  2020", at(2020, 1, 5, 0, 0)),
            ("JAN 5 2020", at(2020, 1, 5, 0, 0)),
            ("5 Jan 12:30", at(2024, 1, 5, 12, 30)),
            ("5. Jan 2020", at(2020, 1, 5, 0, 0)),
            ("Jan 5, 2020", at(2020, 1, 5, 0, 0)),
            ("Jan  5 12:30:15 2020", at(2020, 1, 5, 12, 30) + 15),
            ("Sun Jan  5 12:30:15 2020", at(2020, 1, 5, 12, 30) + 15),
            ("2020-01-05", at(2020, 1, 5, 0, 0)),
            ("2020-01-05 12:30", at(2020, 1, 5, 12, 30)),
            ("2020/01/05 12:30:15", at(2020, 1, 5, 12, 30) + 15),
            ("2020-01-05 12:30:15.123456789 +0130", at(2020, 1, 5, 11, 0) + 15),
            ("2020-01-05 12:30:15.123456789 -0130", at(2020, 1, 5, 14, 0) + 15),
            ("01-05 12:30", at(2024, 1, 5, 12, 30)),
            ("05.01.2020 12:30", at(2020, 1, 5, 12, 30)),
            ("01/05/2020 12:30", at(2020, 1, 5, 12, 30)),
            ("Mai  5 12:30", at(2024, 5, 5, 12, 30)),
            ("Dez  5  2020", at(2020, 12, 5, 0, 0)),
            ("5 août 2020", at(2020, 8, 5, 0, 0)),
            ("5. mär. 2020", at(2020, 3, 5, 0, 0)),
            (" 1月  5 12:30", at(2024, 1, 5, 12, 30)),
            ("12月  5日 2020年", at(2020, 12, 5, 0, 0)),
            ("янв  5 12:30", at(2024, 1, 5, 12, 30)),
            ("1月5日 12:30", at(2024, 1, 5, 12, 30)),
            ("1月5日 2020", at(2020, 1, 5, 0, 0)),
            ("2020年1月5日", at(2020, 1, 5, 0, 0)),
            ("2020年 1月 5日 12:30", at(2020, 1, 5, 12, 30)),
            ("1월  5일 12:30", at(2024, 1, 5, 12, 30)),
            ("5-Jan-2020", at(2020, 1, 5, 0, 0)),
            ("05-jan-20 12:30", at(2020, 1, 5, 12, 30)),
            ("05/Jan/2020 12:30:15", at(2020, 1, 5, 12, 30) + 15),
            ("Jan-05-2020 12:30:15", at(2020, 1, 5, 12, 30) + 15),
            ("Jan 05, 2020 12:30", at(2020, 1, 5, 12, 30)),
            ("Jan  5 2020 12:30:15", at(2020, 1, 5, 12, 30) + 15),
            ("01-05-20 12:30PM", at(2020, 1, 5, 12, 30)),
            ("01-05-2020 01:30 pm", at(2020, 1, 5, 13, 30)),
            ("2020.01.05 12:30", at(2020, 1, 5, 12, 30)),
            ("01-05 2020", at(2020, 1, 5, 0, 0)),
            ("2020-01-05T12:30", at(2020, 1, 5, 12, 30)),
            ("Jan 5 12:30PM", at(2024, 1, 5, 12, 30)),
            ("01-05-2020", at(2020, 1, 5, 0, 0)),
        ] {
            let (found, seconds) = found_at(text, NOW).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(seconds, wanted, "{text}");
            assert_eq!(found.modified.has_time, text.contains(':'), "{text}");
            assert_eq!(found.modified.utc, text.contains(['+']) || text.contains(" -0"), "{text}");
        }
    }

    #[test]
    fn m8_what_is_no_date() {
        for text in [
            "",
            "Jan",
            "Jan 5",
            "Jan 32 2020",
            "Jan 5 20",
            "Jan 5 0020",
            "Jan 5 12:60",
            "Jan 5 24:00",
            "Foo 5 2020",
            "5 5 2020",
            "2020-13-01",
            "2020-02-30 12:30",
            "20-21-35 12:30",
            "1.2.3",
            "x-Jan-2020",
            "2020-01-05-06 12:30",
            "01-05",
            "0月 5 12:30",
            "Jan 5 12:3",
            "Jan 5 :30",
        ] {
            assert!(found_at(text, NOW).is_none(), "{text}");
        }
    }

    #[test]
    fn m10_the_year_that_is_not_in_the_future() {
        for (text, now, wanted) in [
            ("Jun 15 12:30", NOW, at(2024, 6, 15, 12, 30)),
            // A day of grace for zones.
            ("Jun 16 11:00", NOW, at(2024, 6, 16, 11, 0)),
            ("Jun 16 13:00", NOW, at(2023, 6, 16, 13, 0)),
            ("Dec 31 23:00", NOW, at(2023, 12, 31, 23, 0)),
            // New Year, on both sides of it.
            ("Jan  1 00:30", at(2023, 12, 31, 23, 0), at(2024, 1, 1, 0, 30)),
            ("Dec 31 23:00", at(2024, 1, 1, 0, 30), at(2023, 12, 31, 23, 0)),
            ("Jan  2 00:30", at(2023, 12, 31, 23, 0), at(2023, 1, 2, 0, 30)),
            // The leap day, which most years do not have.
            ("Feb 29 12:30", NOW, at(2024, 2, 29, 12, 30)),
            ("Feb 29 12:30", at(2024, 2, 28, 13, 0), at(2024, 2, 29, 12, 30)),
            ("Feb 29 12:30", at(2024, 2, 27, 13, 0), at(2020, 2, 29, 12, 30)),
            ("Feb 29 12:30", at(2027, 6, 1, 0, 0), at(2024, 2, 29, 12, 30)),
            ("Feb 29 12:30", at(1903, 6, 1, 0, 0), at(1896, 2, 29, 12, 30)),
        ] {
            assert_eq!(found_at(text, now).unwrap().1, wanted, "{text} at {now}");
        }
        assert!([i64::MIN, i64::MAX, 0].iter().all(|now| found_at("Feb 29 12:30", *now).is_some()));
    }
}
