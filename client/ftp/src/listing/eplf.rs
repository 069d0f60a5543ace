//! EPLF, Bernstein's easily parsed list format: `+i123,m825718503,r,s280,<tab>name`.

use super::row::Row;
use crate::calendar::number;
use crate::entry::{Entry, EntryKind, Modified};
use crate::path::Name;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(line: &[u8]) -> Option<Row> {
    let rest = line.strip_prefix(b"+")?;
    let tab = rest.iter().position(|byte| *byte == b'\t')?;
    let (facts, name) = (&rest[..tab], &rest[tab + 1..]);
    if matches!(name, b"." | b"..") {
        return Some(Row::Nothing);
    }
    let mut entry = Entry::new(Name::new(name).ok()?, EntryKind::Other);
    let mut inode = None;
    for fact in facts.split(|byte| *byte == b',') {
        match fact {
            b"/" => entry.kind = EntryKind::Directory,
            b"r" if entry.kind == EntryKind::Other => entry.kind = EntryKind::File,
            [b's', digits @ ..] => entry.size = number(digits),
            [b'm', digits @ ..] => {
                let seconds = number(digits).and_then(|seconds| i64::try_from(seconds).ok());
                entry.modified =
                    seconds.map(|seconds| Modified { seconds, has_time: true, has_seconds: true, utc: true });
            }
            [b'i', unique @ ..] => inode = Some(unique),
            [b'u', b'p', digits @ ..] => entry.mode = super::octal(digits),
            _ => {}
        }
    }
    entry.unique = inode.filter(|_| entry.kind == EntryKind::Directory).map(Into::into);
    Some(Row::Entry(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m8_facts() {
        let entry = |line: &str| match read(line.as_bytes()) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        };
        let file = entry("+i8388621.48594,m825718503,r,s280,up644,\t a\tb");
        assert_eq!((file.kind, file.size, file.mode), (EntryKind::File, Some(280), Some(0o644)));
        assert_eq!(file.name.as_bytes(), b" a\tb");
        assert_eq!(file.modified.map(|modified| (modified.seconds, modified.utc)), Some((825_718_503, true)));
        assert_eq!(entry("+i8388621.50690,m824255907,/,\t514").kind, EntryKind::Directory);
        assert_eq!(entry("+r,/,\tx").kind, EntryKind::Directory);
        assert_eq!(entry("+\tx").kind, EntryKind::Other);
        for line in ["", "+", "+r,s1 name", "+r,\t", "+r,\ta/b"] {
            assert!(read(line.as_bytes()).is_none(), "{line}");
        }
    }
}
