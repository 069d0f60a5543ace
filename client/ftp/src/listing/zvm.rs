//! z/VM and VM/CMS: minidisks, whose files have a name, a type and a mode.
//!
//! `NAME TYPE F|V lrecl records blocks date time owner` of the FTP server, and `NAME TYPE Fm F|V lrecl records blocks date time` of CMS itself,
//! with `DIR` in place of the format for a directory. Records of a fixed length give the size; those of a variable one do not.

use super::date::clock;
use super::order::MONTH_FIRST;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::{modified_on, number};
use crate::entry::EntryKind;

/// Longest name or type.
const NAME: usize = 8;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    if words.at(0).eq_ignore_ascii_case(b"Filename") && words.at(1).eq_ignore_ascii_case(b"FileType") {
        return Some(Row::Nothing);
    }
    if !(8..=10).contains(&words.len()) && words.len() != 7 {
        return None;
    }
    // A directory has no type; there may be a mode before the format.
    let format = (1..=3).find(|place| matches!(words.at(*place), b"F" | b"V" | b"DIR" | b"-"))?;
    let directory = words.at(format) == b"DIR";
    let mode = |word: &[u8]| matches!(word, [b'A'..=b'Z', b'0'..=b'9']);
    let has_mode = format >= 2 && mode(words.at(format - 1));
    let names = format - usize::from(has_mode);
    if !(1..=2).contains(&names)
        || (names == 1 && !directory)
        || !(0..names).all(|place| fits(words.at(place)))
    {
        return None;
    }
    let count = |place: usize| number(words.at(place));
    // Of a directory nothing is counted, and there may be a dash more.
    let dashes = (format + 1..words.len()).take_while(|place| words.at(*place) == b"-").count();
    let date = if directory && dashes == 4 { format + 5 } else { format + 4 };
    let counts = (format + 1..date).all(|place| words.at(place) == b"-" || count(place).is_some());
    let day = scene.numeric(words.at(date), MONTH_FIRST)?;
    let clock = clock(words.at(date + 1))?;
    if !counts || words.len() > date + 3 {
        return None;
    }
    let name = match names {
        2 => [words.at(0), b".", words.at(1)].concat(),
        _ => words.at(0).to_vec(),
    };
    let kind = if directory { EntryKind::Directory } else { EntryKind::File };
    // What CMS itself prints counts records as they stand on the disk.
    let fixed = (words.at(format) == b"F" && !has_mode)
        .then(|| count(format + 1)?.checked_mul(count(format + 2)?))
        .flatten();
    Row::of(&name, kind, |entry| {
        entry.size = fixed;
        entry.modified = Some(modified_on(day, Some(clock)));
        let owner = words.at(date + 2);
        entry.owner = if owner == b"-" { None } else { scene.owner(owner) };
    })
}

fn fits(word: &[u8]) -> bool {
    let legal = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'#' | b'@' | b'+' | b'-' | b':' | b'_' | b'.')
    };
    (1..=4 * NAME).contains(&word.len()) && word.iter().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;

    fn row(line: &str) -> Option<Row> {
        read(&Words::new(line.as_bytes()), &mut Scene::new(1_718_452_800))
    }

    fn entry(line: &str) -> Entry {
        match row(line) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn m8_both_forms() {
        for (line, name, kind, size, owner) in [
            (
                "README   TEXT     F  80  107 2 2005-10-04 15:28:42 ANN191",
                "README.TEXT",
                EntryKind::File,
                Some(8560),
                Some("ANN191"),
            ),
            (
                "README   TEXT     V  65  107 2 2005-10-04 15:28:42 -",
                "README.TEXT",
                EntryKind::File,
                None,
                None,
            ),
            ("SUB               DIR -  -   - 2005-10-04 15:28:42 -", "SUB", EntryKind::Directory, None, None),
            ("SUB      DIR      -  -  -   - 2005-10-04 15:28:42 -", "SUB", EntryKind::Directory, None, None),
            ("README   TEXT A1 F  80  107 2 10/04/05 15:28:42", "README.TEXT", EntryKind::File, None, None),
            ("README   TEXT A1 V  41  21  1 10/04/105 15:28:42", "README.TEXT", EntryKind::File, None, None),
            ("SUB           A1 DIR - -   - 10/04/05 15:28:42", "SUB", EntryKind::Directory, None, None),
        ] {
            let entry = entry(line);
            assert_eq!(
                (entry.name.to_string().as_str(), entry.kind, entry.size),
                (name, kind, size),
                "{line}"
            );
            assert_eq!(entry.owner.as_deref(), owner, "{line}");
            assert_eq!(entry.modified.unwrap().seconds, 1_128_439_722, "{line}");
        }
    }

    #[test]
    fn what_is_none_of_them() {
        assert!(matches!(
            row("Filename FileType  Fm Format Lrecl  Records Blocks Date      Time"),
            Some(Row::Nothing)
        ));
        for line in [
            "",
            "README TEXT F 80 107 2 2005-10-04",
            "README TEXT X 80 107 2 2005-10-04 15:28:42 ANN",
            "README TEXT F x 107 2 2005-10-04 15:28:42 ANN",
            "README TEXT F 80 107 2 2005-10-34 15:28:42 ANN",
            "README F 80 107 2 2005-10-04 15:28:42 ANN",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
