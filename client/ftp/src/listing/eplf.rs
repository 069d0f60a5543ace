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
    let mut entry = Entry {
        name: Name::new(name).ok()?,
        kind: EntryKind::Other,
        size: None,
        modified: None,
        mode: None,
        owner: None,
        group: None,
        target: None,
    };
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
            [b'u', b'p', digits @ ..] => entry.mode = super::octal(digits),
            _ => {}
        }
    }
    Some(Row::Entry(entry))
}
