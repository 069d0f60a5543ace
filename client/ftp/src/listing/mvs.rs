//! z/OS, which was MVS: what a qualifier, a partitioned dataset or the job queue hold.
//!
//! Datasets: `Volume Unit Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname`; extents and tracks may run together, and a few words stand
//! instead of the columns where the dataset is not on a disk. `PO` is a directory. Sizes in tracks are no bytes, so there is none. The only
//! date is that of the last use, which is the latest that the content can have; it is shown, as other clients do.
//!
//! Members with statistics: `Name VV.MM Created Changed Size Init Mod Id`, where the size counts records; load modules: `Name Size TTR
//! Alias-of AC …`, with hexadecimal bytes; names alone where nobody kept statistics. Jobs: `JOBNAME JOBID OWNER STATUS CLASS`.

use super::date::clock;
use super::order::YEAR_FIRST;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::{modified_on, number};
use crate::entry::EntryKind;

/// Longest name of a member.
const MEMBER: usize = 8;

/// Reads a line. `members` is whether the listing is one of members, so that a name alone is one too; a header or a line with statistics
/// says so.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene, members: &mut bool) -> Option<Row> {
    if is_header(words, members) {
        return Some(Row::Nothing);
    }
    let first = words.at(0);
    if let Some(row) = with_statistics(words, scene).or_else(|| load_module(words)) {
        *members = true;
        return Some(row);
    }
    if *members && words.len() == 1 && is_member(first) {
        return Row::of(first, EntryKind::File, |_| ());
    }
    dataset(words, scene).or_else(|| elsewhere(words)).or_else(|| job(words))
}

/// A line of a member without statistics: its name, and blanks up to the width of the others.
pub(super) fn is_padded_member(words: &Words<'_>, line: &[u8]) -> bool {
    words.len() == 1 && words.start(0) <= 1 && line.len() > words.end(0) + 20 && is_member(words.at(0))
}

/// Letters, digits and the three national characters; the first is no digit.
pub(super) fn is_member(word: &[u8]) -> bool {
    let national = |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'#' | b'@' | b'$');
    word.len() <= MEMBER
        && word.first().is_some_and(national)
        && word.iter().all(|byte| national(byte) || byte.is_ascii_digit() || *byte == b'{')
}

fn is_header(words: &Words<'_>, members: &mut bool) -> bool {
    let begins = |known: &[&str]| {
        known.iter().enumerate().all(|(place, word)| words.at(place).eq_ignore_ascii_case(word.as_bytes()))
    };
    if begins(&["Name", "VV.MM"]) || begins(&["Name", "Size", "TTR"]) {
        *members = true;
        return true;
    }
    begins(&["Volume", "Unit"]) || begins(&["JOBNAME", "JOBID"])
}

fn dataset(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    let volume = words.at(0);
    if words.len() < 4 || volume.len() > 6 || words.at(1).len() > 8 {
        return None;
    }
    if words.at(2) == b"VSAM" {
        return (words.len() == 4).then(|| Row::of(words.at(3), EntryKind::File, |_| ()))?;
    }
    let referred = words.at(2);
    let day = match referred {
        b"**NONE**" => None,
        date if date.contains(&b'/') => Some(scene.numeric(date, YEAR_FIRST)?),
        _ => return None,
    };
    let mut place = 3;
    let extents = words.at(place);
    number(extents)?;
    place += 1;
    let used = words.at(place);
    if number(used).is_some() || matches!(used, b"????" | b"++++") {
        place += 1;
    } else if extents.len() < 6 {
        return None;
    }
    // Recfm is letters or `?`; the two lengths are numbers.
    let format = words.at(place);
    let known =
        |byte: &u8| matches!(byte, b'F' | b'V' | b'U' | b'B' | b'A' | b'M' | b'S' | b'T' | b'D' | b'?');
    if !(format.iter().all(known) && format.len() <= 5 || format == b"NONE") || format.is_empty() {
        return None;
    }
    number(words.at(place + 1))?;
    number(words.at(place + 2))?;
    let organisation = words.at(place + 3);
    let kind = match organisation {
        b"PO" | b"PO-E" | b"POU" => EntryKind::Directory,
        word if word.len() <= 5
            && word.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'?')) =>
        {
            EntryKind::File
        }
        _ => return None,
    };
    let name = words.at(place + 4);
    if words.len() != place + 5 {
        return None;
    }
    Row::of(name, kind, |entry| entry.modified = day.map(|day| modified_on(day, None)))
}

/// Datasets that no disk has at hand: nobody knows what they are, but they have a name, the last word. To fetch one recalls it, so it
/// is a file until it is seen to be none.
fn elsewhere(words: &Words<'_>) -> Option<Row> {
    const PHRASES: [&str; 11] = [
        "Migrated",
        "Not Direct Access Device",
        "Not Mounted",
        "Error determining attributes",
        "Tape",
        "VSAM",
        "GDG",
        "Generation Data Group",
        "User catalog connector",
        "Path",
        "Alias",
    ];
    let last = words.len().checked_sub(1).filter(|last| (1..=6).contains(last))?;
    let name = words.at(last);
    let legal =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'#' | b'@' | b'$' | b'-' | b'_');
    let qualified =
        name.len() <= 44 && name.iter().all(legal) && name.first().is_some_and(|byte| *byte != b'.');
    if words.between(0, last - 1).eq_ignore_ascii_case(b"Pseudo Directory") {
        return Row::of(name, EntryKind::Directory, |_| ());
    }
    let is = |first: usize| {
        let text = words.between(first, last - 1);
        PHRASES.iter().any(|phrase| text.eq_ignore_ascii_case(phrase.as_bytes()))
    };
    // The phrase comes first or after the volume. `Tape` and the like stand on so many lines of other kinds that they need one.
    let after = last >= 2 && words.at(0).len() <= 6 && is(1);
    let first = is(0) && matches!(words.at(0), b"Migrated" | b"Not" | b"Error" | b"User" | b"Generation");
    (qualified && (after || first)).then(|| Row::of(name, EntryKind::File, |_| ()))?
}

fn with_statistics(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    let version = words.at(1);
    let shape = version.len() == 5 && version[2] == b'.';
    if words.len() < 5 || !shape || number(&version[..2]).is_none() || number(&version[3..]).is_none() {
        return None;
    }
    let (created, changed) = (words.at(2), words.at(3));
    if !created.contains(&b'/') || !changed.contains(&b'/') {
        return None;
    }
    let created = scene.numeric(created, YEAR_FIRST)?;
    let changed = scene.numeric(changed, YEAR_FIRST)?;
    let clock = clock(words.at(4))?;
    Row::of(words.at(0), EntryKind::File, |entry| {
        entry.created = Some(modified_on(created, None));
        entry.modified = Some(modified_on(changed, Some(clock)));
    })
}

fn load_module(words: &Words<'_>) -> Option<Row> {
    let hexadecimal = |word: &[u8]| {
        let fits = (4..=8).contains(&word.len())
            && word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
        fits.then(|| {
            word.iter().fold(0u64, |value, byte| {
                value << 4 | u64::from(if *byte > b'9' { byte - b'A' + 10 } else { byte - b'0' })
            })
        })
    };
    let size = hexadecimal(words.at(1))?;
    hexadecimal(words.at(2))?;
    // The authorization code, two digits, before which the name of what it is an alias of may stand.
    let code = |place: usize| words.at(place).len() == 2 && number(words.at(place)).is_some();
    (code(3) || code(4)).then(|| Row::of(words.at(0), EntryKind::File, |entry| entry.size = Some(size)))?
}

/// `IBMUSER1  JOB01906  OUTPUT    3 Spool Files`, `IBMUSER2 JOB01906 IBMUSER  OUTPUT A        RC=0000 3 spool files`. What can be fetched
/// is the job's number.
fn job(words: &Words<'_>) -> Option<Row> {
    let id = words.at(1);
    let split = id.iter().position(u8::is_ascii_digit)?;
    let (kind, digits) = id.split_at(split);
    let known = matches!(kind, b"JOB" | b"TSU" | b"STC" | b"J" | b"T" | b"S");
    let state = |word: &[u8]| matches!(word, b"OUTPUT" | b"INPUT" | b"ACTIVE" | b"HELD" | b"EXECUTING");
    let states = state(words.at(2)) || state(words.at(3));
    (known && id.len() == 8 && number(digits).is_some() && states && is_member(words.at(0)))
        .then(|| Row::of(id, EntryKind::File, |_| ()))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;

    fn row(line: &str, members: &mut bool) -> Option<Row> {
        read(&Words::new(line.as_bytes()), &mut Scene::new(0), members)
    }

    fn entry(line: &str) -> Entry {
        match row(line, &mut false) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn m8_datasets() {
        for (line, kind, day) in [
            ("WRK001 3390   2004/06/23  1    1  FB     128  6144  PS  A.B", EntryKind::File, Some(12_592)),
            (
                "WRK001 3390   2004/06/23  1    1  FB     128  6144  PO  A.B",
                EntryKind::Directory,
                Some(12_592),
            ),
            (
                "WRK001 3390   2004/06/23  1    1  FB     128  6144  PO-E  A.B",
                EntryKind::Directory,
                Some(12_592),
            ),
            ("WRK001 3390   **NONE**    1   15  NONE     0     0  PO  A.B", EntryKind::Directory, None),
            ("WRK001 3390   2004/06/23 115807  FB   29600 29600  PS    A.B", EntryKind::File, Some(12_592)),
            ("WRK001 3390   2004/06/23  1 ????  U 0 27998 PO A.B", EntryKind::Directory, Some(12_592)),
            ("WRK001 3390   VSAM A.B", EntryKind::File, None),
            ("Migrated                     A.B", EntryKind::File, None),
            ("ARCIVE Not Direct Access Device   A.B", EntryKind::File, None),
            ("WRK001 Not Mounted   A.B", EntryKind::File, None),
            ("TAPE01 Tape   A.B", EntryKind::File, None),
            ("Error determining attributes A.B", EntryKind::File, None),
            ("Pseudo Directory A.B", EntryKind::Directory, None),
        ] {
            let entry = entry(line);
            assert_eq!((entry.name.as_bytes(), entry.kind, entry.size), (&b"A.B"[..], kind, None), "{line}");
            assert_eq!(entry.modified.map(|modified| modified.seconds / 86_400), day, "{line}");
        }
    }

    #[test]
    fn m8_members_and_jobs() {
        let member = entry("MEMBER1   01.03 2002/09/12 2002/10/11 09:37    11    11     0 ANN");
        assert_eq!((member.name.as_bytes(), member.size), (&b"MEMBER1"[..], None));
        assert_eq!(member.modified.unwrap().seconds, 1_034_329_020);
        assert_eq!(member.created.unwrap().seconds, 1_031_788_800);
        let module = entry("EAGRTPRC  005F48   000011 EAGRTALT 00 FO             RN RU            31    ANY");
        assert_eq!((module.name.as_bytes(), module.size), (&b"EAGRTPRC"[..], Some(0x5F48)));
        assert_eq!(entry("ANN1     JOB01906  OUTPUT    3 Spool Files").name.as_bytes(), b"JOB01906");
        assert_eq!(
            entry("ANN      TSU01830 ANN  OUTPUT TSU      ABEND=522 3 spool files").name.as_bytes(),
            b"TSU01830"
        );
        // A name alone is a member where the listing is one of members.
        let members = &mut false;
        assert!(row("PLAIN", members).is_none());
        assert!(matches!(
            row(" Name     VV.MM   Created       Changed      Size  Init   Mod   Id", members),
            Some(Row::Nothing)
        ));
        assert!(matches!(row("PLAIN", members), Some(Row::Entry(_))));
        assert!(row("not a member", members).is_none());
    }

    #[test]
    fn what_is_none_of_them() {
        for line in [
            "",
            "Migrated",
            "MigratedA.B",
            "WRK00133902004/06/231VB2799427998PSA.B",
            "WRK001 3390   2004/06/23  1    1  FB     128  6144  PS",
            "WRK001 3390   2004/06/23  x    1  FB     128  6144  PS A.B",
            "Volume in drive C",
            "file2.O",
            "Not found",
            "error determining the name",
        ] {
            assert!(row(line, &mut false).is_none(), "{line}");
        }
    }
}
