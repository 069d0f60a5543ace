//! What `dir` prints: IIS and others on Windows.
//!
//! `01-31-24  09:05PM  <DIR>  name`, `01-31-2024  21:05  1234 name`.

use super::date::{clock, month_first};
use super::row::Row;
use super::words::{Words, is_blank};
use crate::calendar::{Clock, Date, modified, number, small};
use crate::entry::{Entry, EntryKind};
use crate::path::Name;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(line: &[u8]) -> Option<Row> {
    let words = Words::new(line);
    let date = date(words.at(0))?;
    let (clock, place) = time(&words)?;
    let word = words.at(place);
    let (kind, size) = match word {
        word if tag(word, "<DIR>") => (EntryKind::Directory, None),
        word if ["<JUNCTION>", "<SYMLINKD>", "<SYMLINK>"].iter().any(|known| tag(word, known)) => {
            (EntryKind::Link, None)
        }
        word => (EntryKind::File, Some(size(word)?)),
    };
    let name = name(line, &words, place, size.is_none())?;
    if matches!(name, b"." | b"..") {
        return Some(Row::Nothing);
    }
    let (name, target) = match kind {
        EntryKind::Link => split_link(name),
        _ => (name, None),
    };
    Some(Row::Entry(Entry {
        name: Name::new(name).ok()?,
        kind,
        size,
        modified: Some(modified(date, Some(clock), false)),
        mode: None,
        owner: None,
        group: None,
        target: target.map(<[u8]>::to_vec),
    }))
}

/// `01-31-24`, `01-31-2024`, with `/` as well; the day first with points or where the month would be none; `2024-01-31`.
fn date(word: &[u8]) -> Option<Date> {
    let separator = *word.iter().find(|byte| !byte.is_ascii_digit())?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let mut parts = word.split(|byte| *byte == separator);
    let (a, b, c, end) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
    if end.is_some() || b.is_empty() || b.len() > 2 {
        return None;
    }
    let (first, second, third) = (small(a)?, small(b)?, small(c)?);
    match (a.len(), c.len()) {
        (4, 1 | 2) => Date::new(i64::from(first), second, third),
        (1 | 2, 2 | 4) => {
            let year = match third {
                // No file is older than DOS on a FAT; the pivot is that of POSIX's %y.
                year if c.len() == 2 && year < 69 => 2000 + i64::from(year),
                year if c.len() == 2 => 1900 + i64::from(year),
                year => i64::from(year),
            };
            if separator == b'.' { Date::new(year, second, first) } else { month_first(year, first, second) }
        }
        _ => None,
    }
}

/// The time, and the word after it: `09:05PM`, `09:05 PM`, `09:05p`, `21:05`, `21:05:59`.
fn time(words: &Words<'_>) -> Option<(Clock, usize)> {
    let word = words.at(1);
    let split = word.iter().position(u8::is_ascii_alphabetic).unwrap_or(word.len());
    let (digits, mut suffix) = word.split_at(split);
    let mut next = 2;
    if suffix.is_empty() && half(words.at(2)).is_some() {
        suffix = words.at(2);
        next = 3;
    }
    if suffix.is_empty() {
        return clock(digits).map(|clock| (clock, next));
    }
    let afternoon = half(suffix)?;
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
fn half(suffix: &[u8]) -> Option<bool> {
    let is = |known: &str| suffix.eq_ignore_ascii_case(known.as_bytes());
    if is("am") || is("a") { Some(false) } else { (is("pm") || is("p")).then_some(true) }
}

fn tag(word: &[u8], known: &str) -> bool {
    word.eq_ignore_ascii_case(known.as_bytes())
}

/// Digits, perhaps in groups of three.
fn size(word: &[u8]) -> Option<u64> {
    if let Some(size) = number(word) {
        return Some(size);
    }
    let separator =
        *word.iter().find(|byte| !byte.is_ascii_digit()).filter(|byte| matches!(byte, b',' | b'.'))?;
    let mut groups = word.split(|byte| *byte == separator);
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()))?;
    groups.try_fold(number(first)?, |size, group| {
        number(group)
            .filter(|_| group.len() == 3)
            .and_then(|group| size.checked_mul(1000)?.checked_add(group))
    })
}

/// The name: after a size what follows the single blank (rule M9). After `<DIR>` the column is filled up with blanks, ten on
/// IIS and more on others, so that a name's own cannot be told from them.
fn name<'a>(line: &'a [u8], words: &Words<'_>, place: usize, tagged: bool) -> Option<&'a [u8]> {
    let (blank, name) = line.get(words.end(place)..)?.split_first()?;
    let fill = if tagged { name.iter().take_while(|byte| is_blank(**byte)).count() } else { 0 };
    Some(&name[fill..]).filter(|name| is_blank(*blank) && !name.is_empty())
}

/// `name [target]`, as `dir` shows links.
fn split_link(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(inner) = text.strip_suffix(b"]") else { return (text, None) };
    let Some(at) = inner.windows(2).position(|window| window == b" [") else { return (text, None) };
    (&text[..at], Some(&inner[at + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::DAY;

    fn entry(line: &str) -> Entry {
        match read(line.as_bytes()) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn at(year: i64, month: u32, day: u32, hour: i64, minute: i64) -> i64 {
        Date::new(year, month, day).unwrap().days() * DAY + hour * 3600 + minute * 60
    }

    #[test]
    fn m8_dates_and_times() {
        for (text, wanted) in [
            ("01-31-24  09:05PM", at(2024, 1, 31, 21, 5)),
            ("01-31-24  09:05AM", at(2024, 1, 31, 9, 5)),
            ("01-31-24  12:05AM", at(2024, 1, 31, 0, 5)),
            ("01-31-24  12:05PM", at(2024, 1, 31, 12, 5)),
            ("01-31-24  09:05 pm", at(2024, 1, 31, 21, 5)),
            ("01-31-24  9:05p", at(2024, 1, 31, 21, 5)),
            ("01-31-24  21:05", at(2024, 1, 31, 21, 5)),
            ("01-31-2024  09:05PM", at(2024, 1, 31, 21, 5)),
            ("01-31-68  21:05", at(2068, 1, 31, 21, 5)),
            ("01-31-69  21:05", at(1969, 1, 31, 21, 5)),
            ("31-01-24  21:05", at(2024, 1, 31, 21, 5)),
            ("01/31/2024  21:05", at(2024, 1, 31, 21, 5)),
            ("05.01.2024  21:05", at(2024, 1, 5, 21, 5)),
            ("2024-01-31  21:05", at(2024, 1, 31, 21, 5)),
        ] {
            let entry = entry(&format!("{text}       <DIR>          name"));
            assert_eq!((entry.kind, entry.size), (EntryKind::Directory, None), "{text}");
            let modified = entry.modified.unwrap();
            assert_eq!((modified.seconds, modified.has_time, modified.utc), (wanted, true, false), "{text}");
        }
    }

    #[test]
    fn m8_files_and_links() {
        let file = entry("01-31-24  09:05PM              1234567 a  b ");
        assert_eq!((file.kind, file.size), (EntryKind::File, Some(1_234_567)));
        assert_eq!(file.name.as_bytes(), b"a  b ");
        assert_eq!(entry("01-31-24  09:05PM  1,234,567 x").size, Some(1_234_567));
        assert_eq!(entry("01-31-24  09:05PM  99,999,999,999,999 x").size, Some(99_999_999_999_999));
        let junction = entry("01-31-24  09:05PM  <JUNCTION>  Documents [C:\\Users\\x]");
        assert_eq!((junction.kind, junction.name.as_bytes()), (EntryKind::Link, &b"Documents"[..]));
        assert_eq!(junction.target.as_deref(), Some(&b"C:\\Users\\x"[..]));
        assert_eq!(entry("01-31-24  09:05PM  <SYMLINKD>  link").kind, EntryKind::Link);
        assert_eq!(entry("01-31-24  09:05PM  <dir>  b [c]").name.as_bytes(), b"b [c]");
    }

    #[test]
    fn m9_a_blank_of_the_name() {
        assert_eq!(entry("01-31-24  09:05PM  12  name").name.as_bytes(), b" name");
        assert!(read(b"01-31-24  09:05PM  12 ").is_none());
        assert!(read(b"01-31-24  09:05PM  <DIR>          ").is_none());
    }

    #[test]
    fn what_is_no_line_of_dir() {
        for line in [
            "",
            "01-31-24",
            "01-31-24  09:05PM",
            "13-32-24  09:05PM  12 x",
            "01-31-24  25:05  12 x",
            "01-31-24  09:05XM  12 x",
            "01-31-24  09:05PM  x y",
            "01-31-24  09:05PM  1,23 x",
            "01-31-24  09:05PM  18446744073709551616 x",
            "01-31-024  09:05PM  1 x",
            " Volume in drive C has no label",
            "               2 File(s)          1,234 bytes",
            "01-31  09:05PM  1 x",
            "01--24  09:05PM 1 x",
        ] {
            assert!(read(line.as_bytes()).is_none(), "{line}");
        }
    }
}
