//! Size first, then the date: VxWorks with `1024  Jan-01-2004  12:00:00  NAME  <DIR>`, and VShell with `206876  Apr 04, 2000 21:06 name`,
//! where a directory ends with `/`.

use super::date;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::number;
use crate::entry::EntryKind;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    if is_header(words) {
        return Some(Row::Nothing);
    }
    let size = number(words.at(0))?;
    let first = words.at(1);
    // `MM/DD/YYYY` and a month's name are these; with `-` it is OS/2.
    let known = first.first()?.is_ascii_alphabetic() || first.contains(&b'/') || first.contains(&b'.');
    let found = known.then(|| date::find(words, 1, scene))?.filter(|found| found.modified.has_time)?;
    let name = words.verbatim(found.next)?;
    let column = name.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    // One blank belongs to the line, more fill a column.
    let name = name.get(column..)?;
    let (name, kind) =
        match name.trim_ascii_end().strip_suffix(b"<DIR>").or(name.trim_ascii_end().strip_suffix(b"<dir>")) {
            Some(name) => (name.trim_ascii_end(), EntryKind::Directory),
            None => match name.strip_suffix(b"/") {
                Some(name) => (name, EntryKind::Directory),
                None => (name, EntryKind::File),
            },
        };
    Row::of(name, kind, |entry| {
        entry.size = Some(size);
        entry.modified = Some(found.modified);
    })
}

/// `size date time name` and the line of dashes below it.
fn is_header(words: &Words<'_>) -> bool {
    let titles = ["size", "date", "time", "name"];
    words.len() == titles.len()
        && (0..titles.len()).all(|place| {
            words.at(place).eq_ignore_ascii_case(titles[place].as_bytes())
                || (words.at(place).len() >= 4 && words.at(place).iter().all(|byte| *byte == b'-'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: &str) -> Option<Row> {
        read(&Words::new(line.as_bytes()), &mut Scene::new(1_718_452_800))
    }

    #[test]
    fn m8_both_servers() {
        for (line, kind, size) in [
            (
                "     2048    Jan-01-2004  12:00:00   a b               <DIR>",
                EntryKind::Directory,
                Some(2048),
            ),
            ("     2048    JAN-01-2004  12:00:00   a b", EntryKind::File, Some(2048)),
            ("2048  Jan 01, 2004 12:00 a b", EntryKind::File, Some(2048)),
            ("0  Jan 01, 2004 12:00 a b/", EntryKind::Directory, Some(0)),
            ("2048 01/01/2004 12:00:00 a b", EntryKind::File, Some(2048)),
        ] {
            let Some(Row::Entry(entry)) = row(line) else { panic!("{line}") };
            assert_eq!((entry.name.as_bytes(), entry.kind, entry.size), (&b"a b"[..], kind, size), "{line}");
            assert_eq!(entry.modified.unwrap().seconds, 1_072_958_400, "{line}");
        }
        for line in
            ["  size          date       time       name", "--------       ------     ------    --------"]
        {
            assert!(matches!(row(line), Some(Row::Nothing)), "{line}");
        }
        for line in [
            "",
            "2048",
            "2048 Jan-01-2004 x",
            "2048 Jan-32-2004 12:00:00 x",
            "x Jan-01-2004 12:00:00 x",
            "2 Jan-01-2004 12:00:00",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
