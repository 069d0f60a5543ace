//! HP NonStop, which was Tandem: `File  Code  EOF  Last Modification  Owner  RWEP`, such as `NAME  101  16354 18-Mar-09 15:09:12 244, 10 "nnnn"`.
//! EOF is the size in bytes.

use super::date::{clock, named};
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::{DAY, modified_on, number};
use crate::entry::EntryKind;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    let is = |place: usize, known: &[u8]| words.at(place).eq_ignore_ascii_case(known);
    // The subvolume stands above: `$DATA01.SOURCE`.
    let subvolume = words.len() == 1 && words.at(0).first() == Some(&b'$') && words.at(0).contains(&b'.');
    if subvolume || (is(0, b"File") && is(1, b"Code") && is(2, b"EOF")) {
        return Some(Row::Nothing);
    }
    let name = words.at(0);
    // The code may have a mark: `101+`; an open file has `O` behind it.
    let code = words.at(1);
    number(code.strip_suffix(b"+").unwrap_or(code))?;
    let place = 2 + usize::from(words.at(2) == b"O");
    let size = number(words.at(place))?;
    let day = named(words.at(place + 1)).filter(|_| words.at(place + 1).contains(&b'-'))?.days() * DAY;
    let clock = clock(words.at(place + 2))?;
    let security = words.len().checked_sub(1)?;
    let quoted = words.at(security).len() >= 3 && words.at(security).starts_with(b"\"");
    if !quoted || !(place + 4..=place + 5).contains(&security) {
        return None;
    }
    let mut numbers =
        words.between(place + 3, security - 1).split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let (group, user, end) = (numbers.next()?, numbers.next()?, numbers.next());
    if end.is_some() || number(group).is_none() || number(user).is_none() {
        return None;
    }
    Row::of(name, EntryKind::File, |entry| {
        entry.size = Some(size);
        entry.modified = Some(modified_on(day, Some(clock)));
        entry.owner = scene.owner(user);
        entry.group = scene.group(group);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: &str) -> Option<Row> {
        read(&Words::new(line.as_bytes()), &mut Scene::new(1_718_452_800))
    }

    #[test]
    fn m8_files() {
        for line in [
            "DATA1        101            16354 18-Mar-09 15:09:12 244, 10 \"nnnn\"",
            "DATA1 101 16354 18-Mar-09 15:09:12 244,10 \"OOOO\"",
            "DATA1 101 O 16354 18-Mar-09 15:09:12 244,10 \"OOOO\"",
        ] {
            let Some(Row::Entry(entry)) = row(line) else { panic!("{line}") };
            assert_eq!(
                (entry.name.as_bytes(), entry.kind, entry.size),
                (&b"DATA1"[..], EntryKind::File, Some(16_354))
            );
            assert_eq!((entry.owner.as_deref(), entry.group.as_deref()), (Some("10"), Some("244")));
            assert_eq!(entry.modified.unwrap().seconds, 1_237_388_952);
        }
        for line in ["File         Code             EOF  Last Modification    Owner  RWEP", "$DATA01.SOURCE"]
        {
            assert!(matches!(row(line), Some(Row::Nothing)), "{line}");
        }
        for line in [
            "",
            "DATA1 101 16354 18-Mar-09 15:09:12",
            "DATA1 x 16354 18-Mar-09 15:09:12 1,2 \"nnnn\"",
            "DATA1 101 16354 18-Foo-09 15:09:12 1,2 \"nnnn\"",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
