//! OpenVMS: `NAME.TYPE;version  blocks  d-MON-yyyy hh:mm[:ss[.cc]]  [group,owner]  (system,owner,group,world)`.
//!
//! Blocks are 512 bytes, `used/allocated` where both stand. Everything after the name may be missing or in another order, and long names
//! have it on the line below. The name is what later commands need: a directory loses `.DIR;1`, for CWD wants it without; a file its version,
//! for the server takes the newest then, an upload finds what it would replace, and a download gets a name. Versions are listed newest
//! first, so only a name that follows itself keeps its number. Case stays: ODS-5 volumes have small letters.

use super::date::named;
use super::row::Row;
use super::scene::Scene;
use super::words::{Words, is_blank};
use crate::calendar::{Clock, DAY, modified_on, number, small};
use crate::entry::EntryKind;

/// Bytes of a block.
const BLOCK: u64 = 512;
/// Most words that can follow a name.
const MOST_WORDS: usize = 8;

/// Name, version and where the rest begins; the version is digits, as no other dialect has them behind a name.
fn name(words: &Words<'_>) -> Option<(usize, usize)> {
    // ODS-5 names may hold blanks.
    let place = (0..words.len().min(MOST_WORDS)).find(|place| version(words.at(*place)).is_some())?;
    Some((place, version(words.at(place))?))
}

/// Where `;version` begins in a word that ends with it.
fn version(word: &[u8]) -> Option<usize> {
    let at = word.iter().rposition(|byte| *byte == b';')?;
    let digits = word.get(at + 1..)?;
    ((1..=5).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)).then_some(at)
}

/// Whether the line is a name whose rest is on the line below.
pub(super) fn is_name_alone(words: &Words<'_>) -> bool {
    name(words).is_some_and(|(place, at)| place + 1 == words.len() && place + at > 0)
}

/// Whether the line has nothing but what may end an entry: `[owner]` or `(protection)`.
pub(super) fn is_rest(words: &Words<'_>, line: &[u8]) -> bool {
    line.first().copied().is_some_and(is_blank)
        && words.len() > 0
        && words.at(0).first().is_some_and(|byte| matches!(byte, b'[' | b'('))
        && !words.from(0).contains(&b';')
}

/// Whether an entry of this line may go on below: it has no protection.
pub(super) fn may_go_on(words: &Words<'_>) -> bool {
    words.at(words.len().saturating_sub(1)).last().is_some_and(|byte| *byte != b')')
}

/// Reads a line, two where they were joined. `last` is the name of the entry before.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene, last: &mut Vec<u8>) -> Option<Row> {
    if is_frame(words) {
        return Some(Row::Nothing);
    }
    let (place, _) = name(words)?;
    let full = words.between(0, place);
    let at = version(full)?;
    if full == b"*.*;0" && words.at(place + 1).starts_with(b"<%") {
        return Some(Row::Nothing);
    }
    let mut rest = Rest::default();
    let mut next = place + 1;
    if words.len() > next + MOST_WORDS {
        return None;
    }
    while next < words.len() {
        next = rest.take(words, next)?;
    }
    // A name alone may be anything.
    if rest == Rest::default() {
        return None;
    }
    let name = full.get(..at).filter(|name| !name.is_empty())?;
    let directory = name.len() > 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".dir");
    let repeated = name == last.as_slice();
    last.clear();
    last.extend_from_slice(name);
    let (name, kind) = match directory {
        true => (&name[..name.len() - 4], EntryKind::Directory),
        false if repeated => (full, EntryKind::File),
        false => (name, EntryKind::File),
    };
    Row::of(name, kind, |entry| {
        entry.size = rest.blocks.and_then(|blocks| blocks.checked_mul(BLOCK));
        entry.modified = rest.day.map(|day| modified_on(day, rest.clock));
        entry.mode = rest.mode;
        entry.owner = rest.owner.and_then(|owner| scene.owner(owner));
        entry.group = rest.group.and_then(|group| scene.group(group));
    })
}

/// Lines around the entries: `Directory DISK:[DIR]`, `DISK:[DIR]`, `Total of 11 files, 17 blocks.`, `Total 6 files`.
fn is_frame(words: &Words<'_>) -> bool {
    let first = words.at(0);
    let is = |word: &[u8], known: &[u8]| word.eq_ignore_ascii_case(known);
    let place = |word: &[u8]| word.contains(&b'[') && word.ends_with(b"]");
    let total = |from: usize| {
        let counted = words.at(from + usize::from(is(words.at(from), b"of")));
        number(counted).is_some()
            && (from..words.len()).any(|at| words.at(at).get(..4).is_some_and(|word| is(word, b"file")))
    };
    match words.len() {
        1 => place(first) && first.contains(&b':') && !first.contains(&b';'),
        2 if is(first, b"directory") => place(words.at(1)) || words.at(1).ends_with(b":"),
        3..=9 if is(first, b"total") => total(1),
        4..=10 if is(first, b"grand") => is(words.at(1), b"total"),
        _ => false,
    }
}

#[derive(Default, PartialEq)]
struct Rest<'a> {
    blocks: Option<u64>,
    day: Option<i64>,
    clock: Option<Clock>,
    owner: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
    mode: Option<u16>,
}

impl<'a> Rest<'a> {
    /// Takes the column that begins at this word, and gives the place of the next. `None` where it is none.
    fn take(&mut self, words: &Words<'a>, place: usize) -> Option<usize> {
        let word = words.at(place);
        match *word.first()? {
            b'[' if self.owner.is_none() => self.take_owner(words, place),
            b'(' if self.mode.is_none() => {
                self.mode = Some(protection(word.strip_prefix(b"(")?.strip_suffix(b")")?)?);
                Some(place + 1)
            }
            byte if byte.is_ascii_digit() => self.take_number(word).map(|()| place + 1),
            _ => None,
        }
    }

    fn take_number(&mut self, word: &[u8]) -> Option<()> {
        if word.contains(&b'-') && self.day.is_none() {
            let starts = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.day = named(word).filter(|_| starts <= 2).map(|date| date.days() * DAY);
            return self.day.map(|_| ());
        }
        if word.contains(&b':') && self.clock.is_none() && self.day.is_some() {
            self.clock = clock(word);
            return self.clock.map(|_| ());
        }
        if self.blocks.is_some() {
            return None;
        }
        let mut parts = word.split(|byte| *byte == b'/');
        let (used, allocated, end) = (number(parts.next()?)?, parts.next(), parts.next());
        if end.is_some() || allocated.is_some_and(|allocated| number(allocated).is_none()) {
            return None;
        }
        self.blocks = Some(used);
        Some(())
    }

    /// `[group,owner]`, `[owner]`, `[group, owner]`, and where the column was too narrow, without its end.
    fn take_owner(&mut self, words: &Words<'a>, place: usize) -> Option<usize> {
        let mut last = place;
        if !words.at(place).ends_with(b"]")
            && words.at(place + 1).ends_with(b"]")
            && words.at(place).ends_with(b",")
        {
            last += 1;
        }
        let inner = words.between(place, last).strip_prefix(b"[")?;
        let inner = inner.strip_suffix(b"]").unwrap_or(inner);
        let legal =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b',' | b' ' | b'*');
        if inner.is_empty() || !inner.iter().all(legal) {
            return None;
        }
        let mut parts = inner.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        match (parts.next(), parts.next(), parts.next()) {
            (owner, None, _) => self.owner = owner,
            (group, owner, None) => (self.group, self.owner) = (group, owner),
            _ => return None,
        }
        Some(last + 1)
    }
}

/// `12:30`, `12:30:45`, `12:30:45.67`.
fn clock(word: &[u8]) -> Option<Clock> {
    let whole = word.split(|byte| *byte == b'.').next()?;
    let mut parts = whole.split(|byte| *byte == b':');
    let (hour, minute, second, end) = (parts.next()?, parts.next()?, parts.next(), parts.next());
    let second = match second {
        Some(second) => Some(small(second)?),
        None => None,
    };
    if end.is_some() || hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    Clock::new(small(hour)?, small(minute)?, second)
}

/// `RWED,RWED,RE,` to mode bits. Those of the system have no place there, nor has the right to delete.
fn protection(text: &[u8]) -> Option<u16> {
    let (mut mode, mut count) = (0, 0);
    for class in text.split(|byte| *byte == b',') {
        let mut bits = 0;
        for letter in class {
            bits |= match letter.to_ascii_uppercase() {
                b'R' => 4,
                b'W' => 2,
                b'E' => 1,
                b'D' => 0,
                _ => return None,
            };
        }
        mode = (mode << 3 | bits) & 0o777;
        count += 1;
    }
    (count == 4).then_some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;

    fn row(line: &str) -> Option<Row> {
        read(&Words::new(line.as_bytes()), &mut Scene::new(0), &mut Vec::new())
    }

    fn entry(line: &str) -> Entry {
        match row(line) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn m8_columns_in_any_order() {
        for rest in [
            "12/15  4-NOV-2009 05:59:10 [STAFF,ANN] (RWED,RWE,R,)",
            "12  4-NOV-2009 05:59:10.47 [STAFF,ANN]  (RWED,RWE,R,)",
            "12  4-nov-2009 05:59:10 [STAFF, ANN] (rwed,rwe,r,)",
            "[STAFF,ANN] (RWED,RWE,R,) 12 4-NOV-2009 05:59:10",
            "4-NOV-2009 05:59:10 12/15 [STAFF,ANN  (RWED,RWE,R,)",
        ] {
            let entry = entry(&format!("LOGIN.COM;2  {rest}"));
            assert_eq!((entry.name.as_bytes(), entry.kind), (&b"LOGIN.COM"[..], EntryKind::File), "{rest}");
            assert_eq!((entry.size, entry.mode), (Some(6144), Some(0o740)), "{rest}");
            assert_eq!(
                (entry.owner.as_deref(), entry.group.as_deref()),
                (Some("ANN"), Some("STAFF")),
                "{rest}"
            );
            assert_eq!(entry.modified.unwrap().seconds, 1_257_314_350, "{rest}");
        }
        let bare = entry("A.;1 3");
        assert_eq!((bare.name.as_bytes(), bare.size, bare.modified), (&b"A."[..], Some(1536), None));
        assert_eq!(entry("SUB.DIR;1 1/9 1-JAN-2020").name.as_bytes(), b"SUB");
        assert_eq!(entry("SUB.DIR;1 1/9 1-JAN-2020").kind, EntryKind::Directory);
        assert_eq!(entry("NO_POINT;1 1/9 1-JAN-2020").name.as_bytes(), b"NO_POINT");
        assert_eq!(entry("two words.txt;1 1/9 1-JAN-2020").name.as_bytes(), b"two words.txt");
    }

    #[test]
    fn m8_versions_keep_names_apart() {
        let mut last = Vec::new();
        let names = ["A.TXT;3 1", "A.TXT;2 1", "B.TXT;7 1", "B.DIR;1 1"].map(|line| {
            match read(&Words::new(line.as_bytes()), &mut Scene::new(0), &mut last) {
                Some(Row::Entry(entry)) => entry.name.to_string(),
                other => panic!("{line}: {other:?}"),
            }
        });
        assert_eq!(names, ["A.TXT", "A.TXT;2", "B.TXT", "B"]);
    }

    #[test]
    fn m8_what_is_around() {
        for line in [
            "Directory USER1:[TEMP]",
            "Directory ANONYMOUS_ROOT:[000000]",
            "EISNER$DRA3:[USER.ANN]",
            "Total of 11 files, 17 blocks.",
            "Total of 43 blocks in 8 files.",
            "Total 6 files",
            "Grand total of 2 directories, 11 files.",
            "*.*;0              <%RMS-E-FNF, file not found>",
        ] {
            assert!(matches!(row(line), Some(Row::Nothing)), "{line}");
        }
        for line in [
            "",
            "NAME.TXT;1",
            "NAME.TXT 1 1-JAN-2020",
            "NAME.TXT; 1 1-JAN-2020",
            "NAME.TXT;1 a/9 1-JAN-2020",
            "NAME.TXT;1 1 JAN-1-2020",
            "NAME.TXT;1 1 1-FED-2020",
            "NAME.TXT;1 1 1-JAN-2020 12:30 PM",
            "NAME.TXT;1 1 1-JAN-2020 12:30 [A-1,B] (,,,)",
            "NAME.TXT;1 1 1-JAN-2020 12:30 [A,B] (RWED2,,,)",
            "NAME.TXT;1 1 1-JAN-2020 12:30 [A,B] (RWED,,)",
            "NAME.TXT;1 %RMS-E-PRV, insufficient privilege",
            ";1 1 1-JAN-2020",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
