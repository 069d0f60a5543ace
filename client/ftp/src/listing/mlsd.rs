//! MLSD (RFC 3659 section 7.2): `fact=value;fact=value; name`.
//!
//! The facts end at the first blank and the name is all that follows, whatever it holds (rule M4). A fact whose value
//! cannot be read is as good as absent: the entry stays.

use super::octal;
use super::row::Row;
use crate::calendar::{number, time_val};
use crate::entry::{Entry, EntryKind};
use crate::path::{Name, display};

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(line: &[u8]) -> Option<Row> {
    let blank = line.iter().position(|byte| *byte == b' ')?;
    let (facts, name) = (&line[..blank], &line[blank + 1..]);
    let mut found = Facts::default();
    if !facts.is_empty() {
        for fact in facts.split(|byte| *byte == b';').filter(|fact| !fact.is_empty()) {
            let equals = fact.iter().position(|byte| *byte == b'=')?;
            found.take(&fact[..equals], &fact[equals + 1..]);
        }
    }
    if found.is_self || matches!(name, b"." | b"..") {
        return Some(Row::Nothing);
    }
    let name = Name::new(name).ok()?;
    let kind = found.kind.unwrap_or(if found.size.is_some() { EntryKind::File } else { EntryKind::Other });
    Some(Row::Entry(Entry {
        name,
        kind,
        size: found.size,
        modified: found.modify.and_then(time_val),
        mode: found.mode,
        owner: found.owner_name.or(found.owner).map(display),
        group: found.group_name.or(found.group).map(display),
        target: found.target.map(<[u8]>::to_vec),
    }))
}

/// Reads a line of a LIST that answers with facts (rule M8): only where it begins with a fact.
pub(super) fn read_in_list(line: &[u8]) -> Option<Row> {
    let fact = line.split(|byte| matches!(byte, b';' | b' ')).next()?;
    let equals = fact.iter().position(|byte| *byte == b'=')?;
    let known = [&b"type"[..], b"size", b"sizd", b"modify", b"perm", b"unique"];
    known.iter().any(|known| fact[..equals].eq_ignore_ascii_case(known)).then(|| read(line))?
}

#[derive(Default)]
struct Facts<'a> {
    kind: Option<EntryKind>,
    /// `cdir` or `pdir`: the directory itself or the one above.
    is_self: bool,
    size: Option<u64>,
    modify: Option<&'a [u8]>,
    mode: Option<u16>,
    owner_name: Option<&'a [u8]>,
    owner: Option<&'a [u8]>,
    group_name: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
    target: Option<&'a [u8]>,
}

impl<'a> Facts<'a> {
    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let text = (!value.is_empty()).then_some(value);
        // `sizd` is the size of a directory (Pure-FTPd).
        if is("type") {
            self.take_type(value);
        } else if is("size") || is("sizd") {
            self.size = number(value);
        } else if is("modify") {
            self.modify = text;
        } else if is("unix.mode") {
            self.mode = octal(value);
        } else if is("unix.ownername") {
            self.owner_name = text;
        } else if is("unix.owner") || is("unix.uid") {
            self.owner = text;
        } else if is("unix.groupname") {
            self.group_name = text;
        } else if is("unix.group") || is("unix.gid") {
            self.group = text;
        }
    }

    fn take_type(&mut self, value: &'a [u8]) {
        let colon = value.iter().position(|byte| *byte == b':');
        let word = &value[..colon.unwrap_or(value.len())];
        let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
        self.is_self = is("cdir") || is("pdir");
        self.kind = Some(if is("file") {
            EntryKind::File
        } else if is("dir") {
            EntryKind::Directory
        } else if is("os.unix=slink") || is("os.unix=symlink") {
            self.target = colon.map(|at| &value[at + 1..]).filter(|target| !target.is_empty());
            EntryKind::Link
        } else {
            EntryKind::Other
        });
    }
}
