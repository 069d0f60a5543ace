//! Name first. Chameleon and SuperTCP on DOS: `NAME.EXT  <DIR>|size  date  time`; routers of Bay and Nortel (`wfFtp`), with a weekday before the
//! time: `name  size  06/03/04  Thu.  10:20:03`; and `dls` of old archives: `name[/]  size|-|=  date  [description]`,
//! long names on a line of their own, with sizes in thousands of bytes on some servers and in bytes on others: they are taken as they stand.

use super::date::{self, clock};
use super::order::MONTH_FIRST;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::{modified_on, number};
use crate::entry::EntryKind;

/// Reads a line, two where they were joined; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, line: &[u8], scene: &mut Scene) -> Option<Row> {
    let (name, column) = (words.at(0), words.at(1));
    if words.len() < 4 || line.first().is_none_or(|byte| matches!(byte, b' ' | b'\t')) {
        return None;
    }
    let tagged = column.eq_ignore_ascii_case(b"<DIR>");
    let size = number(column);
    if !tagged && size.is_none() && !matches!(column, b"-" | b"=") {
        return None;
    }
    // Chameleon: the date is of three numbers, or the year comes before the time.
    let numeric =
        words.at(2).first()?.is_ascii_digit() && words.at(2).iter().any(|byte| matches!(byte, b'-' | b'/'));
    if numeric {
        // Behind the time stand attributes at most.
        let attributes = |word: &[u8]| word.iter().all(|byte| matches!(byte, b'R' | b'H' | b'S' | b'A'));
        let time = 3 + usize::from(is_weekday(words.at(3)));
        if words.len() > time + 2 || !attributes(words.at(time + 1)) {
            return None;
        }
        let day = scene.numeric(words.at(2), MONTH_FIRST)?;
        let clock = clock(words.at(time))?;
        let kind = if tagged { EntryKind::Directory } else { EntryKind::File };
        return (tagged || size.is_some()).then(|| {
            Row::of(name, kind, |entry| {
                entry.size = size;
                entry.modified = Some(modified_on(day, Some(clock)));
            })
        })?;
    }
    let found = date::find(words, 2, scene)?;
    let mut modified = found.modified;
    if !modified.has_time
        && (tagged || is_dos(name))
        && let Some(clock) = clock(words.at(found.next))
    {
        modified = modified_on(modified.seconds, Some(clock));
    }
    let path = name.strip_suffix(b"/");
    let target = (words.at(found.next) == b"->")
        .then(|| words.from(found.next + 1))
        .filter(|target| !target.is_empty());
    let kind = match target {
        Some(_) => EntryKind::Link,
        None if tagged || path.is_some() => EntryKind::Directory,
        None => EntryKind::File,
    };
    Row::of(path.unwrap_or(name), kind, |entry| {
        entry.size = size;
        entry.modified = Some(modified);
        entry.target = target.map(Into::into);
    })
}

/// `Thu.`
fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    word.strip_suffix(b".").is_some_and(|word| DAYS.contains(&word))
}

/// Capitals, eight and three at the most.
fn is_dos(name: &[u8]) -> bool {
    let mut parts = name.split(|byte| *byte == b'.');
    let (base, extension) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    !name.iter().any(u8::is_ascii_lowercase)
        && base.len() <= 8
        && extension.len() <= 3
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;

    fn row(line: &str) -> Option<Row> {
        read(&Words::new(line.as_bytes()), line.as_bytes(), &mut Scene::new(1_718_452_800))
    }

    fn entry(line: &str) -> Entry {
        match row(line) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn m8_chameleon() {
        for date in ["Nov 16 1994 17:16", "11-16-94        17:16", "11/16/94        17:16   RHA"] {
            let directory = entry(&format!("TOOLS           <DIR>      {date}"));
            assert_eq!((directory.name.as_bytes(), directory.kind), (&b"TOOLS"[..], EntryKind::Directory));
            assert_eq!(directory.modified.unwrap().seconds, 785_006_160, "{date}");
            let file = entry(&format!("A.TXT           1045      {date}"));
            assert_eq!(
                (file.kind, file.size, file.modified),
                (EntryKind::File, Some(1045), directory.modified)
            );
        }
    }

    #[test]
    fn m8_routers_with_a_weekday() {
        let file = entry("ti.cfg           2048  01/31/99  Sun.   23:59:58");
        assert_eq!(
            (file.name.as_bytes(), file.kind, file.size),
            (&b"ti.cfg"[..], EntryKind::File, Some(2048))
        );
        assert_eq!(file.modified.unwrap().seconds, 917_827_198);
        assert!(row("ti.cfg           2048  01/31/99  Day.   23:59:58").is_none());
        assert!(row("ti.cfg           2048  01/31/99  Sun.").is_none());
    }

    #[test]
    fn m8_dls() {
        let file = entry("README              763  Feb  3 18:21  What is here");
        assert_eq!(
            (file.kind, file.size, file.name.as_bytes()),
            (EntryKind::File, Some(763), &b"README"[..])
        );
        let directory = entry("pub/                  =  11 Jul  2021  Public area");
        assert_eq!(
            (directory.kind, directory.size, directory.name.as_bytes()),
            (EntryKind::Directory, None, &b"pub"[..])
        );
        let link = entry("ann                  14  Apr 18  9:39  -> ../real/ann");
        assert_eq!((link.kind, link.target.as_deref()), (EntryKind::Link, Some(&b"../real/ann"[..])));
    }

    #[test]
    fn what_is_none_of_them() {
        for line in ["", "x", "x 1", "x 1 Feb 3", " x 1 Feb 3 18:21", "x y Feb 3 18:21", "a/b 1 Feb 3 18:21"]
        {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
