//! What `ls -l` prints, and all those who print something like it.
//!
//! `[inode] [blocks] permissions [links] [owner] [group] size date name`. The columns are not counted: owner and group may be missing
//! or hold blanks. The anchors are the permissions and the first date that has a size before it.

use super::date::{self, Found};
use super::dos;
use super::row::Row;
use super::scene::Scene;
use super::words::{Words, is_blank};
use crate::calendar::number;
use crate::entry::{Entry, EntryKind};
use crate::path::Name;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, line: &[u8], scene: &mut Scene) -> Option<Row> {
    if is_total(words) {
        return Some(Row::Nothing);
    }
    let (place, permissions) = find_permissions(words)?;
    let columns = find_columns(words, place + 1, permissions.kind, scene)?;
    let name = name(line, words, &columns.date)?;
    let (name, target) = match permissions.kind {
        EntryKind::Link => split_link(name, columns.size),
        _ => (name, None),
    };
    let name = scene.own(name);
    if matches!(name, b"." | b"..") {
        return Some(Row::Nothing);
    }
    let mut entry = Entry::new(Name::new(name).ok()?, permissions.kind);
    entry.size = columns.size;
    entry.modified = Some(columns.date.modified);
    entry.mode = Some(permissions.mode);
    entry.owner = columns.owner.and_then(|owner| scene.owner(owner));
    entry.group = columns.group.and_then(|group| scene.group(group));
    entry.target = target.map(Into::into);
    Some(Row::Entry(entry))
}

/// `total 12`, in the languages of servers. Nothing else stands on the line.
pub(super) fn is_total(words: &Words<'_>) -> bool {
    if words.len() != 2 {
        return false;
    }
    const WORDS: [&str; 16] = [
        "total",
        "totale",
        "totaal",
        "totalt",
        "insgesamt",
        "gesamt",
        "итого",
        "合計",
        "总计",
        "总用量",
        "總計",
        "總用量",
        "celkem",
        "razem",
        "toplam",
        "yhteensä",
    ];
    let (first, second) = (words.at(0), words.at(1));
    let first = first.strip_suffix(b":").unwrap_or(first);
    // In the charsets of East Asia the words have other bytes; none of them is ASCII, and a line of two words is nothing else.
    let foreign =
        !first.is_empty() && !first.iter().any(u8::is_ascii) && second.iter().all(u8::is_ascii_digit);
    second.first().is_some_and(u8::is_ascii_digit)
        && (foreign || WORDS.iter().any(|word| first.eq_ignore_ascii_case(word.as_bytes())))
}

struct Permissions {
    kind: EntryKind,
    mode: u16,
}

/// The permissions are the first word, or come after an inode and a block count.
fn find_permissions(words: &Words<'_>) -> Option<(usize, Permissions)> {
    for place in 0..3 {
        if let Some(permissions) = permissions(words.at(place)) {
            return Some((place, permissions));
        }
        number(words.at(place))?;
    }
    None
}

/// `drwxr-sr-t`, then perhaps a mark for an ACL or label, then perhaps the link count without a blank. Some servers
/// leave out the last characters; those are off then.
fn permissions(word: &[u8]) -> Option<Permissions> {
    const LEAST: usize = 7;
    let (&letter, rest) = word.split_first()?;
    let kind = match letter {
        b'-' | b'f' | b'F' | b'm' | b'M' | b'C' => EntryKind::File,
        b'd' | b'D' => EntryKind::Directory,
        b'l' | b'L' => EntryKind::Link,
        letter if letter.is_ascii_alphabetic() => EntryKind::Other,
        _ => return None,
    };
    if word.len() < LEAST {
        return None;
    }
    let mut bits = [b'-'; 9];
    let (shown, rest) = rest.split_at(rest.len().min(bits.len()));
    bits.iter_mut().zip(shown).for_each(|(bit, shown)| *bit = *shown);
    let marked =
        rest.strip_prefix(b"+").or_else(|| rest.strip_prefix(b"@")).or_else(|| rest.strip_prefix(b"."));
    if !marked.unwrap_or(rest).iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(Permissions { kind, mode: mode(&bits)? })
}

/// Nine characters to mode bits. Set-id and sticky bits stand in the place of `x`, in capitals or as `l` where `x` is off.
fn mode(bits: &[u8]) -> Option<u16> {
    let (mut mode, mut special) = (0, 0);
    for (triple, bit) in bits.chunks(3).zip([0o4000, 0o2000, 0o1000]) {
        let &[read, write, execute] = triple else { return None };
        mode = mode << 3 | flag(read, b'r')? << 2 | flag(write, b'w')? << 1;
        match execute {
            b's' | b't' => {
                mode |= 1;
                special |= bit;
            }
            b'S' | b'T' | b'l' | b'L' => special |= bit,
            execute => mode |= flag(execute, b'x')?,
        }
    }
    Some(mode | special)
}

fn flag(byte: u8, letter: u8) -> Option<u16> {
    match byte {
        b'-' => Some(0),
        byte if byte == letter => Some(1),
        _ => None,
    }
}

struct Columns<'a> {
    owner: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
    size: Option<u64>,
    date: Found,
}

/// Words between permissions and date that a line can have at most: names of owner and group may hold blanks.
const MOST_COLUMNS: usize = 20;

/// Finds the date, and from there the columns before it.
///
/// Dates after three words or more (links, owner, size) are looked for first, so that an owner called `Jan` is none. Where no
/// date has a size before it, the size has run into the group, and neither can be known for certain: such a line has no size.
fn find_columns<'a>(
    words: &Words<'a>,
    first: usize,
    kind: EntryKind,
    scene: &mut Scene,
) -> Option<Columns<'a>> {
    let end = words.len().min(first + MOST_COLUMNS + 1);
    let places = || (first + 3..end).chain((first + 1..end.min(first + 3)).rev());
    let sized = places().find_map(|place| {
        let (size, columns) = size(words, place - 1, kind)?;
        Some((size, columns, date::find(words, place, scene)?))
    });
    let (size, end, date) =
        sized.or_else(|| places().find_map(|place| Some((None, place, date::find(words, place, scene)?))))?;
    if is_mac(words, first, end, size) {
        // What a folder has before its date is the number of things in it.
        let size = size.filter(|_| words.at(first) != b"folder");
        return Some(Columns { owner: None, group: None, size, date });
    }
    let (owner, group) = names(words, first, end);
    Some(Columns { owner, group, size, date })
}

/// NetPresenz, Rumpus and Peter's server on the Mac have no owner: they write the sizes of a file's two forks, whose sum is its size,
/// and `folder`.
fn is_mac(words: &Words<'_>, first: usize, end: usize, size: Option<u64>) -> bool {
    if end == first + 1 && words.at(first) == b"folder" {
        return true;
    }
    let forks =
        (end == first + 2).then(|| number(words.at(first)).zip(number(words.at(first + 1)))).flatten();
    forks.is_some_and(|(resource, data)| resource.checked_add(data) == size && size.is_some())
}

/// The size in this word, and where the columns before it end: a number, for files also one with its thousands parted, a rounded number
/// such as `1.2K`, a dash for none, or a device's two numbers `8, 1` and `8,1`.
fn size(words: &Words<'_>, place: usize, kind: EntryKind) -> Option<(Option<u64>, usize)> {
    let word = words.at(place);
    if let Some(size) = number(word) {
        let major = place.checked_sub(1).and_then(|place| words.at(place).strip_suffix(b","));
        return match major.and_then(number) {
            Some(_) => Some((None, place - 1)),
            None => Some((Some(size), place)),
        };
    }
    // A dash, and faults of servers with files too large for their own numbers.
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    if !word.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        return Some((None, place));
    }
    if kind == EntryKind::File
        && let Some(size) = dos::size(word).filter(|_| word.contains(&b','))
    {
        return Some((Some(size), place));
    }
    let (last, digits) = word.split_last()?;
    let starts = digits.first().is_some_and(u8::is_ascii_digit);
    let rounded = matches!(last, b'K' | b'k' | b'M' | b'G' | b'T' | b'B');
    let rest = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',');
    let device = last.is_ascii_digit() && digits.contains(&b',');
    (starts && (rounded || device) && digits.iter().all(rest)).then_some((None, place))
}

/// Owner and group among the words up to `end`; a number in front is the link count.
fn names<'a>(words: &Words<'a>, mut first: usize, end: usize) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
    if first < end && number(words.at(first)).is_some() {
        first += 1;
    }
    if first >= end {
        return (None, None);
    }
    // Names may hold single blanks; columns are further apart where they do.
    let gap = (first + 1..end).find(|place| words.start(*place) > words.end(*place - 1) + 1);
    let group = gap.unwrap_or(first + 1);
    (Some(words.between(first, group - 1)), (group < end).then(|| words.between(group, end - 1)))
}

/// All that follows the single blank after the date (rule M9).
fn name<'a>(line: &'a [u8], words: &Words<'_>, date: &Found) -> Option<&'a [u8]> {
    let (blank, mut name) = line.get(words.end(date.next - 1)..)?.split_first()?;
    if date.padded && name.first().copied().is_some_and(is_blank) {
        name = &name[1..];
    }
    (is_blank(*blank) && !name.is_empty()).then_some(name)
}

/// `name -> target`. Either may hold an arrow of its own: where the size is known, it is the target's length and tells.
fn split_link(text: &[u8], size: Option<u64>) -> (&[u8], Option<&[u8]>) {
    const ARROW: &[u8] = b" -> ";
    let splits =
        || text.windows(ARROW.len()).enumerate().filter(|(_, window)| *window == ARROW).map(|(at, _)| at);
    let target = |at: usize| &text[at + ARROW.len()..];
    let exact = splits().find(|at| Some(target(*at).len() as u64) == size);
    match exact.or_else(|| splits().next()) {
        Some(at) => (&text[..at], Some(target(at))),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 15 June 2024, 12:00.
    const NOW: i64 = 1_718_452_800;

    fn read(line: &[u8], now: i64) -> Option<Row> {
        super::read(&Words::new(line), line, &mut Scene::new(now))
    }

    fn entry(line: &str) -> Entry {
        match read(line.as_bytes(), NOW) {
            Some(Row::Entry(entry)) => entry,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn m8_columns_and_their_absence() {
        for (columns, owner, group, size) in [
            ("1 root wheel 4096", Some("root"), Some("wheel"), Some(4096)),
            ("1 1000 1001 4096", Some("1000"), Some("1001"), Some(4096)),
            ("1 root 4096", Some("root"), None, Some(4096)),
            ("root wheel 4096", Some("root"), Some("wheel"), Some(4096)),
            ("1 4096", None, None, Some(4096)),
            ("4096", None, None, Some(4096)),
            ("54149       27826    81975", None, None, Some(81975)),
            ("0      4096    4096", None, None, Some(4096)),
            ("folder        3", None, None, None),
            ("1 Jan 12 4096", Some("Jan"), Some("12"), Some(4096)),
            ("1 me     Domain Users  4096", Some("me"), Some("Domain Users"), Some(4096)),
            ("1 me Domain Users 4096", Some("me"), Some("Domain Users"), Some(4096)),
            ("1 The Boss  Domain Users 4096", Some("The Boss"), Some("Domain Users"), Some(4096)),
            ("1 root longgroup4096", Some("root"), Some("longgroup4096"), None),
            ("1 root root 1.2K", Some("root"), Some("root"), None),
            ("1 root root -", Some("root"), Some("root"), None),
            ("1 root root 1,234,567", Some("root"), Some("root"), Some(1_234_567)),
            ("1 root root 1,23", Some("root"), Some("root"), None),
            ("1 root root -294967296", Some("root"), Some("root"), None),
            ("1 root root 18446744073709551616", Some("root"), Some("root"), None),
            ("1 root root 18446744073709551615", Some("root"), Some("root"), Some(u64::MAX)),
        ] {
            let entry = entry(&format!("-rw-r--r-- {columns} Feb 12 2000 name"));
            assert_eq!(
                (entry.owner.as_deref(), entry.group.as_deref(), entry.size),
                (owner, group, size),
                "{columns}"
            );
            assert_eq!(entry.name.as_bytes(), b"name");
            assert_eq!(entry.modified.unwrap().seconds, 950_313_600);
        }
    }

    #[test]
    fn m8_inode_and_blocks_before_the_permissions() {
        for line in ["8 -rw-r--r-- 1 o g 5 Jan 5 2024 x", "1234 8 -rw-r--r-- 1 o g 5 Jan 5 2024 x"] {
            assert_eq!(entry(line).size, Some(5), "{line}");
        }
        assert!(read(b"1 2 3 -rw-r--r-- 1 o g 5 Jan 5 2024 x", NOW).is_none());
    }

    #[test]
    fn m8_permissions() {
        for (word, kind, mode) in [
            ("-rw-r--r--", EntryKind::File, 0o644),
            ("drwxr-xr-x+", EntryKind::Directory, 0o755),
            ("drwxr-xr-x@", EntryKind::Directory, 0o755),
            ("-rwxr-xr-x.", EntryKind::File, 0o755),
            ("drwxrwxrwt", EntryKind::Directory, 0o1777),
            ("drwxrwx--T", EntryKind::Directory, 0o1770),
            ("-rwsr-sr-x", EntryKind::File, 0o6755),
            ("-rwSr-Sr--", EntryKind::File, 0o6644),
            ("-rw-r-lr--", EntryKind::File, 0o2644),
            ("brw-rw----", EntryKind::Other, 0o660),
            ("prw-rw----", EntryKind::Other, 0o660),
            ("srwxrwxrwx", EntryKind::Other, 0o777),
            ("drwxr-xr-x12", EntryKind::Directory, 0o755),
            ("drwxr-x", EntryKind::Directory, 0o750),
        ] {
            let entry = entry(&format!("{word} 1 o g 5 Jan 5 2024 x"));
            assert_eq!((entry.kind, entry.mode), (kind, Some(mode)), "{word}");
        }
        for word in ["-rw-r--r-", "-rwqr--r--", "drwx", "1rw-r--r--", "-rw-r--r--x", "-wr-r--r--"] {
            let read = read(format!("{word} 1 o g 5 Jan 5 2024 x").as_bytes(), NOW);
            assert_eq!(read.is_some(), word == "-rw-r--r-", "{word}");
        }
    }

    #[test]
    fn m8_devices_have_no_size() {
        for numbers in ["8, 1", "8,   1", "8,1"] {
            let entry = entry(&format!("brw-rw---- 1 root disk {numbers} Jan  5 12:30 sda1"));
            assert_eq!((entry.kind, entry.size), (EntryKind::Other, None), "{numbers}");
            assert_eq!((entry.owner.as_deref(), entry.group.as_deref()), (Some("root"), Some("disk")));
        }
    }

    #[test]
    fn m9_blanks_around_a_name() {
        for (line, name) in [
            ("-rw-r--r-- 1 o g 5 Jan  5 12:30  leading", " leading"),
            ("-rw-r--r-- 1 o g 5 Jan  5  2024  leading", " leading"),
            ("-rw-r--r-- 1 o g 5 Jan  5 12:30 trailing  ", "trailing  "),
            ("-rw-r--r-- 1 o g 5 Jan  5 12:30  ", " "),
            ("-rw-r--r-- 1 o g 5 Jan  5 12:30 a  b", "a  b"),
            // The blank fills the column of a short year up.
            ("-rw-r--r-- 1 o g 5 Jan  5 2024  name", "name"),
            ("-rw-r--r-- 1 o g 5 2024-01-05  name", "name"),
            ("-rw-r--r-- 1 o g 5 2024-01-05 12:30  name", " name"),
            ("-rw-r--r-- 1 o g 5 Jan  5 12:30 5 Jan 6 2024 x", "5 Jan 6 2024 x"),
            ("-rw-r--r-- 1 o g 5 Jan  5 12:30 not -> link", "not -> link"),
        ] {
            assert_eq!(entry(line).name.to_string(), name, "{line}");
        }
        assert!(read(b"-rw-r--r-- 1 o g 5 Jan  5 12:30", NOW).is_none());
        assert!(read(b"-rw-r--r-- 1 o g 5 Jan  5 12:30 ", NOW).is_none());
    }

    #[test]
    fn m9_links() {
        for (rest, name, target) in [
            ("7 Jan  5 12:30 bin -> usr/bin", "bin", Some("usr/bin")),
            ("0 Jan  5 12:30 a -> b -> c", "a", Some("b -> c")),
            ("1 Jan  5 12:30 a -> b -> c", "a -> b", Some("c")),
            ("6 Jan  5 12:30 a -> b -> c", "a", Some("b -> c")),
            ("6 Jan  5 12:30 nowhere", "nowhere", None),
        ] {
            let entry = entry(&format!("lrwxrwxrwx 1 o g {rest}"));
            assert_eq!(entry.kind, EntryKind::Link);
            assert_eq!(entry.name.to_string(), name, "{rest}");
            assert_eq!(entry.target.as_deref(), target.map(str::as_bytes), "{rest}");
        }
    }

    #[test]
    fn hostile_lines() {
        for line in [
            "-rw-r--r-- 1 o g 5 Jan  5 12:30 ../x",
            "lrwxrwxrwx 1 o g 5 Jan  5 12:30 ../x -> y",
            "lrwxrwxrwx 1 o g 5 Jan  5 12:30 .. -> y",
            "lrwxrwxrwx 1 o g 5 Jan  5 12:30  -> y",
            "-rw-r--r--",
            "-rw-r--r-- Jan  5 12:30 x",
            "drwxr-xr-x 1 o g 5 Xxx  5 12:30 x",
            "drwxr-xr-x 1 o g 5 Jan 32 12:30 x",
            "drwxr-xr-x 1 o g 5 Jan  5 25:30 x",
        ] {
            assert!(!matches!(read(line.as_bytes(), NOW), Some(Row::Entry(_))), "{line}");
        }
    }
}
