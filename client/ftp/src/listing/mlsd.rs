//! MLSD (RFC 3659 section 7.2): `fact=value;fact=value; name`.
//!
//! The facts end at the first blank and the name is all that follows, whatever it holds (rule M4). A fact whose value
//! cannot be read is as good as absent: the entry stays.

use super::octal;
use super::row::Row;
use super::scene::Scene;
use crate::calendar::{number, time_val};
use crate::entry::{Entry, EntryKind, Perm};
use crate::path::Name;
use crate::reply::Reply;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(line: &[u8], scene: &mut Scene) -> Option<Row> {
    let (found, name) = split(line)?;
    let name = scene.own(name);
    if found.is_self || matches!(name, b"." | b"..") {
        return Some(Row::Nothing);
    }
    Some(Row::Entry(found.entry(Name::new(name).ok()?, scene)))
}

/// Reads the answer to MLST (RFC 3659 section 7.2) about the thing of this name: the first line that has facts (rule M6). What else
/// servers put there is no concern: a path instead of the name or none at all, no blank before the facts or several, a code before them,
/// `250-Begin`. The type `cdir` is said of any directory (`ProFTPD`). `None` where no line has facts.
#[must_use]
pub fn mlst(reply: &Reply, name: Name) -> Option<Entry> {
    reply.lines.iter().find_map(|line| {
        let line = line.trim_ascii_start();
        let code =
            line.len() > 4 && line.iter().take(3).all(u8::is_ascii_digit) && matches!(line[3], b'-' | b' ');
        let line = if code { line[4..].trim_ascii_start() } else { line };
        // Without a name there may be no blank either.
        let line = [line, b" "].concat();
        let (found, _) = split(&line)?;
        found.known.then(|| found.entry(name.clone(), &mut Scene::new(0)))
    })
}

/// Facts and name: one pass, for a listing may have millions of lines.
fn split(line: &[u8]) -> Option<(Facts<'_>, &[u8])> {
    let (mut found, mut start, mut equals) = (Facts::default(), 0, None);
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'=' if equals.is_none() => equals = Some(at),
            b';' | b' ' => {
                if at > start {
                    let equals = equals?;
                    found.take(&line[start..equals], &line[equals + 1..at]);
                }
                if *byte == b' ' {
                    return Some((found, &line[at + 1..]));
                }
                (start, equals) = (at + 1, None);
            }
            _ => {}
        }
    }
    None
}

/// Reads a line of a LIST that answers with facts (rule M8): only where it begins with a fact.
pub(super) fn read_in_list(line: &[u8], scene: &mut Scene) -> Option<Row> {
    let fact = line.split(|byte| matches!(byte, b';' | b' ')).next()?;
    let equals = fact.iter().position(|byte| *byte == b'=')?;
    let known = [&b"type"[..], b"size", b"sizd", b"modify", b"create", b"perm", b"unique"];
    known.iter().any(|known| fact[..equals].eq_ignore_ascii_case(known)).then(|| read(line, scene))?
}

#[derive(Default)]
struct Facts<'a> {
    kind: Option<EntryKind>,
    /// Whether a fact of RFC 3659 is among them.
    known: bool,
    /// `cdir` or `pdir`: the directory itself or the one above.
    is_self: bool,
    size: Option<u64>,
    modify: Option<&'a [u8]>,
    create: Option<&'a [u8]>,
    perm: Option<Perm>,
    unique: Option<&'a [u8]>,
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
        // By length first: a listing of a million rows has ten million facts. What no user asks for (`lang`, `charset`, `media-type`,
        // `win32.ea`, and what servers call `x.…`) is passed over.
        match name.len() {
            4 if is("type") => self.take_type(value),
            4 if is("perm") => self.perm = Some(Perm::from_letters(value)),
            // `sizd` is the size of a directory (Pure-FTPd).
            4 if is("size") || is("sizd") => self.size = number(value),
            6 if is("modify") => self.modify = text,
            6 if is("create") => self.create = text,
            6 if is("unique") => self.unique = text,
            8 if is("unix.uid") => self.owner = text,
            8 if is("unix.gid") => self.group = text,
            9 if is("unix.mode") => self.mode = octal(value),
            10 if is("unix.owner") => self.owner = text,
            10 if is("unix.group") => self.group = text,
            14 if is("unix.ownername") => self.owner_name = text,
            14 if is("unix.groupname") => self.group_name = text,
            _ => return,
        }
        self.known = true;
    }

    fn entry(&self, name: Name, scene: &mut Scene) -> Entry {
        let kind = self.kind.unwrap_or(if self.size.is_some() { EntryKind::File } else { EntryKind::Other });
        let mut entry = Entry::new(name, kind);
        entry.size = self.size;
        entry.modified = self.modify.and_then(time_val);
        entry.created = self.create.and_then(time_val);
        entry.mode = self.mode;
        entry.perm = self.perm;
        entry.owner = self.owner_name.or(self.owner).and_then(|owner| scene.owner(owner));
        entry.group = self.group_name.or(self.group).and_then(|group| scene.group(group));
        entry.target = self.target.map(Into::into);
        entry.unique = self.unique.filter(|_| kind != EntryKind::File).map(Into::into);
        entry
    }

    fn take_type(&mut self, value: &'a [u8]) {
        let colon = value.iter().position(|byte| *byte == b':');
        let word = &value[..colon.unwrap_or(value.len())];
        let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
        self.is_self = is("cdir") || is("pdir");
        self.kind = Some(if is("file") {
            EntryKind::File
        } else if is("dir") || self.is_self {
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

    fn read(line: &[u8]) -> Option<Row> {
        super::read(line, &mut Scene::new(0))
    }

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
                        (entry.kind, entry.target.map(Vec::from)),
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
        assert!(read_in_list(b"Type=file;Size=3; name", &mut Scene::new(0)).is_some());
        assert!(read_in_list(b"a=b; name", &mut Scene::new(0)).is_none());
        assert!(read_in_list(b"bare name", &mut Scene::new(0)).is_none());
    }

    #[test]
    fn m5_facts_that_a_client_uses() {
        let entry =
            entry("type=dir;create=20200101000000;perm=elcmp;unique=801U2a;win32.ea=0x10;lang=de;x.y=z; d");
        assert_eq!(entry.created.unwrap().seconds, 1_577_836_800);
        assert!(entry.perm.unwrap().allows(Perm::ENTER) && !entry.perm.unwrap().allows(Perm::DELETE));
        assert_eq!(entry.unique.as_deref(), Some(&b"801U2a"[..]));
        let file = self::entry("type=file;perm=;unique=801U2b; f");
        assert_eq!((file.unique, file.perm), (None, Some(Perm::default())));
    }

    #[test]
    fn m6_answers_to_mlst() {
        let ask = |lines: &[&str]| {
            let reply = Reply::new(250, lines.iter().map(|line| line.as_bytes().to_vec()).collect());
            mlst(&reply, Name::new("x").unwrap())
        };
        for facts in [
            " type=file;size=3; /dir/x",
            "type=file;size=3; x",
            "   Type=file;Size=3; /a path/x",
            " type=file;size=3;",
            " type=file;size=3 x",
            "250-type=file;size=3; x",
            " size=3; x",
        ] {
            let entry = ask(&["Begin", facts, "End"]).unwrap_or_else(|| panic!("{facts}"));
            assert_eq!(
                (entry.kind, entry.size, entry.name.as_bytes()),
                (EntryKind::File, Some(3), &b"x"[..]),
                "{facts}"
            );
        }
        // Some answer with one line.
        assert_eq!(ask(&["type=dir; /x"]).unwrap().kind, EntryKind::Directory);
        for kind in ["cdir", "pdir", "dir"] {
            assert_eq!(
                ask(&["Listing x", &format!(" type={kind};perm=el; /x"), "End"]).unwrap().kind,
                EntryKind::Directory
            );
        }
        for lines in [&["Begin", "End"][..], &["size is = 3"], &["a=b; x"], &[""]] {
            assert!(ask(lines).is_none(), "{lines:?}");
        }
    }
}
