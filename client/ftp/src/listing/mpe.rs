//! HP 3000 with MPE/iX: what `LISTF,2` prints.
//!
//! ```text
//! ACCOUNT=  SYS         GROUP=  PUB
//!
//! FILENAME  CODE  ------------LOGICAL RECORD-----------  ----SPACE----
//!                   SIZE  TYP        EOF      LIMIT R/B  SECTORS #X MX
//!
//! CATALOG   MPEKEY  128W  FB          12         12   1       16  1  1
//! ```
//!
//! Records are counted in words of two bytes (`W`) or in bytes (`B`); the size is known where their length is fixed. There is no date.

use super::row::Row;
use super::words::Words;
use crate::calendar::number;
use crate::entry::EntryKind;

/// Reads a line; `None` where it is none of this format or its name is none.
pub(super) fn read(words: &Words<'_>) -> Option<Row> {
    let first = words.at(0);
    let header = first == b"ACCOUNT="
        || (first == b"FILENAME" && words.at(1) == b"CODE")
        || (first == b"SIZE" && words.at(1) == b"TYP");
    if header {
        return Some(Row::Nothing);
    }
    // The code is missing for plain files.
    let place = 1 + usize::from(record(words.at(1)).is_none());
    let length = record(words.at(place))?;
    let kind = words.at(place + 1);
    let known = (2..=4).contains(&kind.len())
        && matches!(kind[0], b'F' | b'V' | b'U' | b'B')
        && kind.iter().all(|byte| byte.is_ascii_uppercase());
    let records = number(words.at(place + 2))?;
    let rest =
        (place + 3..words.len()).all(|place| number(words.at(place)).is_some() || words.at(place) == b"*");
    let name = first.strip_suffix(b"*").unwrap_or(first);
    let legal = name.len() <= 16 && name.first().is_some_and(u8::is_ascii_alphabetic);
    if !known || !rest || !legal || words.len() < place + 6 {
        return None;
    }
    let size = (kind[0] == b'F').then(|| records.checked_mul(length)).flatten();
    Row::of(name, EntryKind::File, |entry| entry.size = size)
}

/// Bytes of a record: `128W`, `80B`.
fn record(word: &[u8]) -> Option<u64> {
    let (unit, digits) = word.split_last()?;
    match unit {
        b'W' => number(digits)?.checked_mul(2),
        b'B' => number(digits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: &str) -> Option<Row> {
        read(&Words::new(line.as_bytes()))
    }

    #[test]
    fn m8_records() {
        for (line, size) in [
            ("CATALOG   MPEKEY  128W  FB          12         12   1       16  1  1", Some(3072)),
            ("CATALOG             80B  FA          12       1023   3      16  1  *", Some(960)),
            ("CATALOG*           256B  VA          12         12   1       16  1  1", None),
        ] {
            let Some(Row::Entry(entry)) = row(line) else { panic!("{line}") };
            assert_eq!((entry.name.as_bytes(), entry.size), (&b"CATALOG"[..], size), "{line}");
        }
        for line in [
            "ACCOUNT=  SYS         GROUP=  PUB",
            "FILENAME  CODE  ------------LOGICAL RECORD-----------  ----SPACE----",
            "                  SIZE  TYP        EOF      LIMIT R/B  SECTORS #X MX",
        ] {
            assert!(matches!(row(line), Some(Row::Nothing)), "{line}");
        }
        for line in [
            "",
            "CATALOG",
            "CATALOG 80B",
            "CATALOG 80B FA 12",
            "CATALOG 80B FA x 1 1 1 1 1",
            "1 80B FA 1 1 1 1 1 1",
        ] {
            assert!(row(line).is_none(), "{line}");
        }
    }
}
