//! IBM i, which was OS/400: `OWNER  size  date time  *TYPE  name`, and `OWNER  *TYPE  name` for what has no date.
//!
//! The date is in the format of the server's job, so its order is seen from the listing; year first is where nothing decides. Names of
//! directories end with `/`; some servers write whole paths.

use super::date::clock;
use super::order::YEAR_FIRST;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::{modified_on, number};
use crate::entry::EntryKind;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    let owner = words.at(0);
    let place = [1, 4].into_iter().find(|place| words.at(*place).first() == Some(&b'*'))?;
    let letters = words.at(place).strip_prefix(b"*")?;
    if !(2..=10).contains(&letters.len())
        || !letters.iter().all(u8::is_ascii_alphanumeric)
        || owner.len() > 10
    {
        return None;
    }
    let kind = match letters.to_ascii_uppercase().as_slice() {
        b"DIR" | b"DDIR" | b"LIB" | b"FLR" => EntryKind::Directory,
        b"SYMLNK" => EntryKind::Link,
        b"FILE" | b"STMF" | b"DSTMF" | b"MEM" | b"MBR" | b"DOC" | b"SAVF" | b"USRSPC" => EntryKind::File,
        // Objects of a library: programs, queues and the like can be fetched into save files only.
        _ => EntryKind::Other,
    };
    let (size, modified) = if place == 4 {
        let day = scene.numeric(words.at(2), YEAR_FIRST)?;
        (Some(number(words.at(1))?), Some(modified_on(day, Some(clock(words.at(3))?))))
    } else {
        (None, None)
    };
    let name = words.from(place + 1);
    // A member is shown as `FILE/MEMBER`, which is not the name of a thing in this directory; an absolute path is that of one.
    let path = name.strip_suffix(b"/").unwrap_or(name);
    let name = match path.first() {
        Some(b'/') => path.rsplit(|byte| *byte == b'/').next()?,
        _ => path,
    };
    Row::of(name, kind, |entry| {
        entry.size = size;
        entry.modified = modified;
        entry.owner = scene.owner(owner);
    })
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
    fn m8_dates_and_types() {
        for (date, seconds) in [
            ("04/03/24 14:06:34", 1_080_137_194),
            ("03/24/04 14:06:34", 1_080_137_194),
            ("24/03/00 14:06:34", 953_906_794),
            ("24.03.04 14:06:34", 1_080_137_194),
        ] {
            let entry = entry(&format!("ANN             36864 {date} *STMF      a b.xml"));
            assert_eq!(entry.modified.unwrap().seconds, seconds, "{date}");
            assert_eq!((entry.name.as_bytes(), entry.size), (&b"a b.xml"[..], Some(36_864)));
            assert_eq!(entry.owner.as_deref(), Some("ANN"));
        }
        for (word, kind) in [
            ("*DIR", EntryKind::Directory),
            ("*LIB", EntryKind::Directory),
            ("*FLR", EntryKind::Directory),
            ("*FILE", EntryKind::File),
            ("*MEM", EntryKind::File),
            ("*PGM", EntryKind::Other),
        ] {
            assert_eq!(entry(&format!("QSYS  77824 02/23/00 15:09:55 {word}  name/")).kind, kind, "{word}");
        }
        assert_eq!(entry("QSYS  *MEM  NAME.MBR").modified, None);
        assert_eq!(entry("ANN 9 05/20/15 15:36:52 *STMF /A/B/C.PDF").name.as_bytes(), b"C.PDF");
    }

    #[test]
    fn what_is_none_of_them() {
        for line in [
            "QSYS  135168 04/03/18 13:18:19 *FILE",
            "QSYS  135168 03/24 13:18:19 *FILE X.FILE",
            "QSYS  135168 04/03/18 30:06:29 *FILE X.FILE",
            "QSYS  04/03/18 13:18:19 *FILE X.FILE",
            "QSYS  *MEM  X.FILE/Y.MBR",
            "QSYS USR  *MEM  Y.MBR",
            "ANN USR 36864 04/03/24 14:06:34 *DIR dir1/",
            "ANN 4019 04/03/18 18:58:16 STMF x.zip",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
