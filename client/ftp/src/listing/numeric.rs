//! `0100644   500  101   12345    123456789       name`: the mode in octal, owner, group, size and a time in Unix seconds.

use super::octal;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::number;
use crate::entry::{EntryKind, Modified};

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    let digits = words.at(0);
    let mode = octal(digits).filter(|_| (5..=7).contains(&digits.len()))?;
    let kind = match number(&digits[..digits.len() - 4])? {
        4 => EntryKind::Directory,
        10 => EntryKind::File,
        12 => EntryKind::Link,
        _ => EntryKind::Other,
    };
    let (owner, group) = (words.at(1), words.at(2));
    number(owner)?;
    number(group)?;
    let size = number(words.at(3))?;
    let seconds = number(words.at(4)).and_then(|seconds| i64::try_from(seconds).ok())?;
    let name = words.verbatim(5)?.trim_ascii_start();
    Row::of(name, kind, |entry| {
        entry.size = Some(size);
        entry.mode = Some(mode);
        entry.modified = Some(Modified { seconds, has_time: true, has_seconds: true, utc: true });
        entry.owner = scene.owner(owner);
        entry.group = scene.group(group);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m8_octal_modes() {
        let row = |line: &str| read(&Words::new(line.as_bytes()), &mut Scene::new(0));
        for (mode, kind) in [
            ("0100644", EntryKind::File),
            ("100644", EntryKind::File),
            ("040644", EntryKind::Directory),
            ("0120644", EntryKind::Link),
            ("020644", EntryKind::Other),
        ] {
            let Some(Row::Entry(entry)) = row(&format!("{mode}   500  101   12345    123456789       a b"))
            else {
                panic!("{mode}")
            };
            assert_eq!(
                (entry.name.as_bytes(), entry.kind, entry.size),
                (&b"a b"[..], kind, Some(12_345)),
                "{mode}"
            );
            assert_eq!((entry.mode, entry.modified.unwrap().seconds), (Some(0o644), 123_456_789));
        }
        for line in ["", "0644 1 1 1 1 x", "0100844 1 1 1 1 x", "0100644 1 1 1 x", "0100644 1 1 1 1"] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
