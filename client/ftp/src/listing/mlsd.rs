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
        // By length first: a listing of a million rows has ten million facts.
        match name.len() {
            4 if is("type") => self.take_type(value),
            // `sizd` is the size of a directory (Pure-FTPd).
            4 if is("size") || is("sizd") => self.size = number(value),
            6 if is("modify") => self.modify = text,
            8 if is("unix.uid") => self.owner = text,
            8 if is("unix.gid") => self.group = text,
            9 if is("unix.mode") => self.mode = octal(value),
            10 if is("unix.owner") => self.owner = text,
            10 if is("unix.group") => self.group = text,
            14 if is("unix.ownername") => self.owner_name = text,
            14 if is("unix.groupname") => self.group_name = text,
            _ => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: &str) -> Entry {
        match read(line.as_bytes()) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn m4_facts_of_a_file() {
        let entry = entry(
            "Type=FILE;SIZE=11;Modify=20240229123456.7;UNIX.mode=0100644;UNIX.owner=7;unix.group=8;perm=r; a; b",
        );
        assert_eq!(entry.name.as_bytes(), b"a; b");
        assert_eq!((entry.kind, entry.size, entry.mode), (EntryKind::File, Some(11), Some(0o644)));
        assert_eq!(entry.modified.unwrap().seconds, 1_709_210_096);
        assert!(entry.modified.unwrap().utc);
        assert_eq!((entry.owner.as_deref(), entry.group.as_deref()), (Some("7"), Some("8")));
    }

    #[test]
    fn m4_the_name_is_verbatim() {
        for (line, name) in [
            ("type=file;  leading", " leading"),
            ("type=file; trailing ", "trailing "),
            ("type=file;  ", " "),
            ("type=file no-semicolon", "no-semicolon"),
            (" bare name", "bare name"),
            ("type=file; type=dir; x", "type=dir; x"),
            ("type=file; <img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ] {
            assert_eq!(entry(line).name.as_bytes(), name.as_bytes(), "{line}");
        }
    }

    #[test]
    fn m4_types() {
        for (value, kind, target) in [
            ("file", EntryKind::File, None),
            ("Dir", EntryKind::Directory, None),
            ("OS.unix=slink:/a b", EntryKind::Link, None),
            ("OS.unix=slink:/a;b", EntryKind::Link, Some("/a")),
            ("OS.UNIX=SLINK:../x", EntryKind::Link, Some("../x")),
            ("OS.unix=slink:", EntryKind::Link, None),
            ("OS.unix=slink", EntryKind::Link, None),
            ("OS.unix=symlink", EntryKind::Link, None),
            ("OS.unix=blkdev:8/1", EntryKind::Other, None),
            ("OS.unix=chr-13/29", EntryKind::Other, None),
            ("", EntryKind::Other, None),
        ] {
            // A target with a blank cannot be told from the name: the facts end at the first one. One with `;` is cut, and what
            // follows it is no fact.
            let line = format!("type={value}; name");
            match value {
                "OS.unix=slink:/a b" => {
                    let entry = entry(&line);
                    assert_eq!((entry.kind, entry.name.as_bytes()), (kind, &b"b; name"[..]));
                    assert_eq!(entry.target.as_deref(), Some(&b"/a"[..]));
                }
                "OS.unix=slink:/a;b" => assert!(read(line.as_bytes()).is_none()),
                _ => {
                    let entry = entry(&line);
                    assert_eq!(
                        (entry.kind, entry.target),
                        (kind, target.map(|target| target.as_bytes().to_vec())),
                        "{line}"
                    );
                }
            }
        }
    }

    #[test]
    fn m4_the_directory_itself_and_the_one_above_are_nothing() {
        for line in ["type=cdir; /home", "Type=PDIR; ..", "type=dir; .", "type=dir; ..", "type=cdir; "] {
            assert!(matches!(read(line.as_bytes()), Some(Row::Nothing)), "{line}");
        }
    }

    #[test]
    fn m5_absent_is_not_zero() {
        let directory = entry("type=dir;sizd=4096;modify=20240230000000; d");
        assert_eq!((directory.size, directory.modified, directory.mode), (Some(4096), None, None));
        assert_eq!(entry("type=file; f").size, None);
        assert_eq!(entry("type=file;size=-1; f").size, None);
        assert_eq!(entry("type=file;size=99999999999999999999; f").size, None);
        assert_eq!(entry("UNIX.mode=0999; f").mode, None);
        assert_eq!(entry("UNIX.ownername=me;UNIX.owner=1;UNIX.uid=1; f").owner.as_deref(), Some("me"));
    }

    #[test]
    fn a_type_that_is_not_said() {
        assert_eq!(entry("size=3; f").kind, EntryKind::File);
        assert_eq!(entry("perm=r; f").kind, EntryKind::Other);
    }

    #[test]
    fn what_is_no_line_of_mlsd() {
        for line in ["", "name", "type=file;", "type=file; ", " ", "250-Begin x", "size;type=file; x"] {
            assert!(read(line.as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn m8_facts_in_a_list() {
        assert!(read_in_list(b"Type=file;Size=3; name").is_some());
        assert!(read_in_list(b"a=b; name").is_none());
        assert!(read_in_list(b"bare name").is_none());
    }
}
