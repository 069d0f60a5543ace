//! OS/2: `size  attributes  DIR  MM-DD-YY  hh:mm  name`. Attributes are letters such as `RSA`; the size comes first even of a directory.
//! Years past 1999 have three digits on servers with the Y2K fault.

use super::date::clock;
use super::order::MONTH_FIRST;
use super::row::Row;
use super::scene::Scene;
use super::words::Words;
use crate::calendar::{modified_on, number};
use crate::entry::EntryKind;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>, scene: &mut Scene) -> Option<Row> {
    let size = number(words.at(0))?;
    let mut place = 1;
    let mut kind = EntryKind::File;
    while !words.at(place).first()?.is_ascii_digit() {
        let word = words.at(place);
        if word == b"DIR" {
            kind = EntryKind::Directory;
        } else if word.len() > 5
            || !word.iter().all(|byte| matches!(byte, b'R' | b'H' | b'S' | b'A' | b'D' | b'E'))
        {
            return None;
        }
        place += 1;
        if place > 3 {
            return None;
        }
    }
    // The year comes last, and nothing but `-` stands between.
    let date = words.at(place);
    if !date.contains(&b'-') || date.iter().take_while(|byte| byte.is_ascii_digit()).count() > 2 {
        return None;
    }
    let day = scene.numeric(date, MONTH_FIRST)?;
    let clock = clock(words.at(place + 1))?;
    // Two blanks or one before the name: its own cannot be told from them.
    let name = words.verbatim(place + 2)?.trim_ascii_start();
    Row::of(name, kind, |entry| {
        entry.size = Some(size);
        entry.modified = Some(modified_on(day, Some(clock)));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: &str) -> Option<Row> {
        read(&Words::new(line.as_bytes()), &mut Scene::new(1_718_452_800))
    }

    #[test]
    fn m8_attributes_and_years() {
        for (line, kind, size) in [
            ("     0           DIR   04-23-03   10:57  a b", EntryKind::Directory, Some(0)),
            ("587823    RSA    DIR   04-23-103  10:57  a b", EntryKind::Directory, Some(587_823)),
            (" 33280      A          04-23-2003 10:57  a b", EntryKind::File, Some(33_280)),
            ("5000000000             04-23-103  10:57  a b", EntryKind::File, Some(5_000_000_000)),
        ] {
            let Some(Row::Entry(entry)) = row(line) else { panic!("{line}") };
            assert_eq!((entry.name.as_bytes(), entry.kind, entry.size), (&b"a b"[..], kind, size), "{line}");
            assert_eq!(entry.modified.unwrap().seconds, 1_051_095_420, "{line}");
        }
        for line in [
            "",
            "                 DIR   12-30-97   12:32  x",
            "     0    rsa    DIR   11-25-97   09:42  x",
            "     0           dir   05-12-97   16:44  x",
            "     0           DIR   05-13-97   25:49  x",
            "587823    RSA    DIR   Jan-08-97   13:58  x",
            " 33280      A          1997-02-03  13:49  x",
            "     0           DIR   05-13-97   10:49  ",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
