//! Novell NetWare: `d [RWCEAFMS] owner  size date name`. The letters in brackets are the rights of who asks.

use super::date;
use super::row::Row;
use super::scene::Scene;
use super::unix;
use super::words::Words;
use crate::calendar::number;
use crate::entry::{EntryKind, Perm};

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, line: &[u8], scene: &mut Scene) -> Option<Row> {
    if unix::is_total(words) {
        return Some(Row::Nothing);
    }
    let kind = match *line.first()? {
        b'd' | b'D' => EntryKind::Directory,
        b'-' => EntryKind::File,
        _ => return None,
    };
    // `d [R----F--]`, and without the blank.
    let (rights, next) = if words.at(0).len() == 1 { (words.at(1), 2) } else { (words.at(0).get(1..)?, 1) };
    let rights = rights.strip_prefix(b"[")?.strip_suffix(b"]")?;
    if rights.len() != 8
        || !rights.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b' '))
    {
        return None;
    }
    // The owner may hold blanks, and the date is the first one that has a size before it.
    let end = words.len().min(next + 8);
    let (place, size, found) = (next + 1..end).find_map(|place| {
        let size = number(words.at(place - 1))?;
        let letters = words.at(place).iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
        let found = letters.then(|| date::find(words, place, scene))??;
        Some((place - 1, size, found))
    })?;
    let name = words.verbatim(found.next)?;
    // The columns are filled up in more than one way, and no name here begins with a blank.
    let name = name.trim_ascii_start();
    Row::of(name, kind, |entry| {
        entry.size = Some(size);
        entry.modified = Some(found.modified);
        entry.owner = (place > next).then(|| scene.owner(words.between(next, place - 1))).flatten();
        entry.perm = Some(perm(rights, kind));
    })
}

/// The rights in the terms of RFC 3659: read, write, create, erase, access control, file scan, modify, supervisor.
fn perm(rights: &[u8], kind: EntryKind) -> Perm {
    let has = |letter: u8| rights.contains(&letter) || rights.contains(&b'S');
    let directory = kind == EntryKind::Directory;
    let mut letters = Vec::new();
    for (right, means) in [(b'R', &b"r"[..]), (b'W', b"wa"), (b'E', b"d"), (b'M', b"f")] {
        if has(right) && !(directory && matches!(right, b'R' | b'W')) {
            letters.extend_from_slice(means);
        }
    }
    if directory {
        letters.push(b'e');
        if has(b'F') {
            letters.push(b'l');
        }
        if has(b'C') {
            letters.extend_from_slice(b"cm");
        }
        if has(b'E') {
            letters.push(b'p');
        }
    }
    Perm::from_letters(&letters)
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
    fn m8_rights_owner_and_names() {
        let file = entry("- [R----F--] ann                            214059 Oct 20 15:27 a b.exe");
        assert_eq!(
            (file.kind, file.size, file.name.as_bytes()),
            (EntryKind::File, Some(214_059), &b"a b.exe"[..])
        );
        assert_eq!((file.owner.as_deref(), file.perm.unwrap().to_string().as_str()), (Some("ann"), "r"));
        let directory = entry("d [RWCEAFMS] 0                                 512 Jun 25  2007 pub");
        assert_eq!((directory.kind, directory.owner.as_deref()), (EntryKind::Directory, Some("0")));
        assert!(directory.perm.unwrap().allows(Perm::CREATE) && directory.perm.unwrap().allows(Perm::DELETE));
        assert_eq!(entry("d[R----F--] 512 Jun 25  2007 pub").owner, None);
        assert_eq!(entry("- [--------] The Boss 12 Jun 25  2007 x").owner.as_deref(), Some("The Boss"));
    }

    #[test]
    fn what_is_none_of_them() {
        for line in [
            "a [-----F--] ann 512 Apr 13 23:52 x",
            "d [----AF--] 0 512 10-04-2001 x",
            "d [----AF-] 0 512 Apr 13 23:52 x",
            "d [----AF--] 0 512 Apr 13 23:52",
            "d [----AF--] Apr 13 23:52 x",
            "d",
            "-",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
