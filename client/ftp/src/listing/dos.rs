//! What `dir` prints: IIS and others on Windows.
//!
//! `01-31-24  09:05PM  <DIR>  name`, `01-31-2024  21:05  1234 name`.

use super::date::{clock_at, named};
use super::order::MONTH_FIRST;
use super::row::Row;
use super::scene::Scene;
use super::words::{Words, is_blank};
use crate::calendar::{DAY, modified_on, number};
use crate::entry::EntryKind;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, line: &[u8], scene: &mut Scene) -> Option<Row> {
    let date = date(words.at(0), scene)?;
    let (clock, place) = clock_at(words, 1)?;
    let word = words.at(place);
    let (kind, size) = match word {
        word if tag(word, "<DIR>") => (EntryKind::Directory, None),
        word if ["<JUNCTION>", "<SYMLINKD>", "<SYMLINK>"].iter().any(|known| tag(word, known)) => {
            (EntryKind::Link, None)
        }
        word => (EntryKind::File, Some(size(word)?)),
    };
    let name = name(line, words, place, size.is_none())?;
    let (name, target) = match kind {
        EntryKind::Link => split_link(name),
        _ => (name, None),
    };
    Row::of(name, kind, |entry| {
        entry.size = size;
        entry.modified = Some(modified_on(date, Some(clock)));
        entry.target = target.map(Into::into);
    })
}

/// `01-31-24`, `01-31-2024`, with `/` as well; the day first with points or where the listing shows it; `2024-01-31`, `31-Jan-2024`. In
/// seconds.
fn date(word: &[u8], scene: &mut Scene) -> Option<i64> {
    if !word.first()?.is_ascii_digit() {
        return None;
    }
    scene.numeric(word, MONTH_FIRST).or_else(|| named(word).map(|date| date.days() * DAY))
}

fn tag(word: &[u8], known: &str) -> bool {
    word.eq_ignore_ascii_case(known.as_bytes())
}

/// Digits, perhaps in groups of three.
pub(super) fn size(word: &[u8]) -> Option<u64> {
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
    use crate::calendar::Date;
    use crate::entry::Entry;

    fn read(line: &[u8]) -> Option<Row> {
        super::read(&Words::new(line), line, &mut Scene::new(1_718_452_800))
    }

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
