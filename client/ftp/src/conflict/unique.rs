//! A name that is not taken: `report.pdf` becomes `report (2).pdf`. Names are bytes, and stay within what file systems hold.

use crate::path::Name;

/// Longest name that is made: what ext4, NTFS and APFS hold.
pub const MOST_NAME_BYTES: usize = 255;

/// Highest number that is tried.
pub const MOST_NUMBER: u32 = 9_999;

/// Longest ending that is taken for an extension, the dot left out.
const MOST_EXTENSION: usize = 16;

/// A name like this one that is not taken; `None` if all numbers up to [`MOST_NUMBER`] are, or the name has no
/// room for one. A name that has a number already is counted on: `report (2).pdf` becomes `report (3).pdf`.
#[must_use]
pub fn unique_name(name: &Name, mut taken: impl FnMut(&Name) -> bool) -> Option<Name> {
    let (stem, extension) = split(name.as_bytes());
    let (stem, first) = numbered(stem);
    (first..=MOST_NUMBER).find_map(|number| {
        let tail = format!(" ({number})");
        let room = MOST_NAME_BYTES.checked_sub(tail.len() + extension.len())?;
        let mut bytes = shortened(stem, room).to_vec();
        if bytes.is_empty() {
            return None;
        }
        bytes.extend_from_slice(tail.as_bytes());
        bytes.extend_from_slice(extension);
        Name::new(bytes).ok().filter(|name| !taken(name))
    })
}

/// Stem and extension with its dot; `.tar.gz` and its like are one extension. A leading dot begins no extension, and neither does one
/// before digits alone: `backup.2024`.
fn split(name: &[u8]) -> (&[u8], &[u8]) {
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0) else {
        return (name, b"");
    };
    let letters = &name[dot + 1..];
    let plain = letters.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    if letters.is_empty()
        || letters.len() > MOST_EXTENSION
        || !plain
        || letters.iter().all(u8::is_ascii_digit)
    {
        return (name, b"");
    }
    let archive = dot.checked_sub(4).filter(|at| *at > 0 && name[*at..dot].eq_ignore_ascii_case(b".tar"));
    name.split_at(archive.unwrap_or(dot))
}

/// The stem without a number in brackets, and the number to begin with.
fn numbered(stem: &[u8]) -> (&[u8], u32) {
    let found = || {
        let inner = stem.strip_suffix(b")")?;
        let open = inner.iter().rposition(|byte| *byte == b'(')?;
        let digits = &inner[open + 1..];
        let number = crate::calendar::small(digits).filter(|_| digits.first() != Some(&b'0'))?;
        let rest = inner[..open].strip_suffix(b" ").filter(|rest| !rest.is_empty())?;
        (1..MOST_NUMBER).contains(&number).then_some((rest, number + 1))
    };
    found().unwrap_or((stem, 2))
}

/// At most so many bytes of it, not cut within a character where it is UTF-8.
fn shortened(stem: &[u8], room: usize) -> &[u8] {
    if stem.len() <= room {
        return stem;
    }
    match std::str::from_utf8(stem) {
        Ok(text) => &stem[..text.floor_char_boundary(room)],
        Err(_) => &stem[..room],
    }
}
