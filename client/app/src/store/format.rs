//! Figures for people: counts, sizes, speeds, times. Pure: the clock and the zone come from the caller.

use crate::protocol::Modified;

/// `1,204`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `18.2 MiB`: IEC units, three figures at most before the unit.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Exact enough: a float holds 53 bits and one decimal is shown.
    let mut value = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 999.95 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if value < 99.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// `4.1 MiB/s`.
pub(crate) fn speed(bytes_per_second: f64) -> String {
    format!("{}/s", size(bytes_per_second.max(0.0) as u64))
}

/// `41 s`, `3 min 20 s`, `2 h 05 min`.
pub(crate) fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s:02} s"),
        (h, m, _) if h < 100 => format!("{h} h {m:02} min"),
        (h, ..) => format!("{} days", h / 24),
    }
}

/// `rwxr-xr-x 755`, as hosting panels write it.
pub(crate) fn permissions(mode: u16) -> (String, String) {
    let mut letters = String::with_capacity(9);
    for shift in [6, 3, 0] {
        let bits = mode >> shift;
        letters.push(if bits & 4 == 0 { '-' } else { 'r' });
        letters.push(if bits & 2 == 0 { '-' } else { 'w' });
        letters.push(if bits & 1 == 0 { '-' } else { 'x' });
    }
    (letters, format!("{:03o}", mode & 0o7777))
}

/// A point in time as the person sees it, and the offset of their zone at any moment.
pub(crate) struct Clock<'a> {
    /// Unix seconds.
    pub(crate) now: i64,
    /// Seconds to add to UTC at a given Unix time.
    pub(crate) offset: &'a dyn Fn(i64) -> i64,
}

impl Clock<'_> {
    fn local(&self, time: Modified) -> i64 {
        // Without a known zone the server's own figures are shown, unshifted.
        if time.utc { time.seconds.saturating_add((self.offset)(time.seconds)) } else { time.seconds }
    }

    /// `today 09:12`, `yesterday 18:40`, `3 days ago`, `14 Mar 2025`.
    pub(crate) fn relative(&self, time: Modified) -> String {
        let local = self.local(time);
        let today = self.now.saturating_add((self.offset)(self.now)).div_euclid(DAY);
        let at =
            |word: &str| if time.has_time { format!("{word} {}", hours(local)) } else { word.to_owned() };
        match today - local.div_euclid(DAY) {
            0 => at("today"),
            1 => at("yesterday"),
            days @ 2..=6 => format!("{days} days ago"),
            _ => {
                let (year, month, day) = civil(local.div_euclid(DAY));
                format!("{day} {} {year}", MONTHS.get(month.saturating_sub(1)).copied().unwrap_or("?"))
            }
        }
    }

    /// `2026-11-22 16:26:03`, with a word where the zone is the server's.
    pub(crate) fn exact(&self, time: Modified, server_time: &str) -> String {
        let local = self.local(time);
        let mut out = date(local);
        if time.has_time {
            out.push_str(&format!(" {}:{:02}", hours(local), local.rem_euclid(60)));
        }
        if !time.utc && time.has_time {
            out.push_str(&format!(" ({server_time})"));
        }
        out
    }
}

/// `2026-11-22` of Unix seconds.
pub(crate) fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `75:db:d6…`: a fingerprint in pairs.
pub(crate) fn pairs(hex: &str) -> String {
    let chars: Vec<char> = hex.chars().filter(char::is_ascii_hexdigit).collect();
    chars.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(":")
}

const DAY: i64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn hours(local: i64) -> String {
    let second = local.rem_euclid(DAY);
    format!("{:02}:{:02}", second / 3600, second % 3600 / 60)
}

/// Year, month (1 to 12) and day of a day count since 1970, by the 400-year cycle of the Gregorian calendar.
fn civil(days: i64) -> (i64, usize, i64) {
    const CYCLE: i64 = 146_097;
    // Years begin in March here, so that a leap day is the last day of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(CYCLE), shifted.rem_euclid(CYCLE));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), usize::try_from(month).unwrap_or(1), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!([count(0), count(999), count(1204), count(1_000_000)], ["0", "999", "1,204", "1,000,000"]);
        assert_eq!([size(0), size(1023), size(1024), size(4198)], ["0 B", "1023 B", "1.0 KiB", "4.1 KiB"]);
        assert_eq!([size(19_084_083), size(1 << 30), size(u64::MAX)], ["18.2 MiB", "1.0 GiB", "16.0 EiB"]);
        assert_eq!(size(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(speed(-1.0), "0 B/s");
        assert_eq!(
            [duration(41), duration(200), duration(7500), duration(400_000)],
            ["41 s", "3 min 20 s", "2 h 05 min", "4 days"]
        );
        assert_eq!(permissions(0o755), ("rwxr-xr-x".into(), "755".into()));
        assert_eq!(pairs("75dbd6"), "75:db:d6");
    }

    #[test]
    fn times_by_the_persons_day() {
        // 2026-11-22 00:30 in a zone one hour east of UTC.
        let clock = Clock { now: 1_795_303_800, offset: &|_| 3600 };
        let at = |seconds, has_time, utc| Modified { seconds, has_time, utc };
        assert_eq!(clock.relative(at(1_795_303_800, true, true)), "today 00:30");
        assert_eq!(clock.relative(at(1_795_300_000, true, true)), "yesterday 23:26");
        assert_eq!(clock.relative(at(1_795_300_000, false, true)), "yesterday");
        assert_eq!(clock.relative(at(1_795_303_800 - 3 * 86_400, true, true)), "3 days ago");
        assert_eq!(clock.relative(at(951_782_400, true, false)), "29 Feb 2000");
        assert_eq!(clock.exact(at(1_795_303_800, true, true), "server time"), "2026-11-22 00:30:00");
        assert_eq!(
            clock.exact(at(951_782_400, true, false), "server time"),
            "2000-02-29 00:00:00 (server time)"
        );
        assert_eq!(date(-86_400), "1969-12-31");
    }

    #[test]
    fn absurd_times_do_not_panic() {
        let clock = Clock { now: 0, offset: &|_| 0 };
        for seconds in [i64::MIN / 2, i64::MAX / 2, -1] {
            let time = Modified { seconds, has_time: true, utc: true };
            assert!(!clock.relative(time).is_empty());
            assert!(!clock.exact(time, "").is_empty());
        }
    }
}
