//! Unix seconds as commands write them: `YYYYMMDDHHMMSS`, UTC (RFC 3659 section 2.3).

use crate::calendar::{DAY, Date, year_of};

/// The time as 14 digits; `None` outside of the years 1 to 9999, which FTP cannot write.
pub(crate) fn time_val(unix_seconds: i64) -> Option<String> {
    // Within these bounds nothing below can overflow.
    if !(-62_135_596_800..253_402_300_800).contains(&unix_seconds) {
        return None;
    }
    let (day, clock) = (unix_seconds.div_euclid(DAY), unix_seconds.rem_euclid(DAY));
    let year = year_of(unix_seconds);
    let day_of_year = day - Date::new(year, 1, 1)?.days();
    let starts = |month: u32| Date::new(year, month, 1).map(|date| date.days() - day + day_of_year);
    let month = (1..=12).rev().find(|month| starts(*month).is_some_and(|start| start <= day_of_year))?;
    let date = day_of_year - starts(month)? + 1;
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    Some(format!("{year:04}{month:02}{date:02}{hour:02}{minute:02}{second:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        for (seconds, text) in [
            (0, "19700101000000"),
            (1_709_210_096, "20240229123456"),
            (-1, "19691231235959"),
            (253_402_300_799, "99991231235959"),
            (-62_135_596_800, "00010101000000"),
        ] {
            assert_eq!(time_val(seconds).as_deref(), Some(text));
        }
        for seconds in [i64::MIN, -62_135_596_801, 253_402_300_800, i64::MAX] {
            assert_eq!(time_val(seconds), None);
        }
        // Every day of 350 years, at another time of day each; what is older than FILETIME is no time when it is read.
        for day in -117_000i64..10_957 {
            let seconds = day * DAY + (day * 7_919).rem_euclid(DAY);
            let text = time_val(seconds).unwrap();
            let read = crate::calendar::time_val(text.as_bytes()).map(|modified| modified.seconds);
            assert_eq!(read, Some(seconds), "{text}");
        }
    }
}
