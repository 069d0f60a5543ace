//! Data of MLSD and of LIST in all its forms: how the bytes are cut makes no difference, every name is one, and no more
//! comes out than went in.

use towpath_ftp::listing::{Dialect, MAX_UNREAD, Parser};
use towpath_ftp::{Entry, Name};

/// Clocks: a leap day, a New Year, the ends of time.
const CLOCKS: [i64; 4] = [1_709_210_096, 1_735_689_600, 0, i64::MAX];

/// The first byte says which form and which clock, the second how the rest is cut.
pub(crate) fn body(data: &[u8]) {
    let [form, cut, bytes @ ..] = data else { return };
    let parser = || match form % 5 {
        _ if *form >= 128 => {
            let dialect = Dialect::ALL[usize::from(form - 128) % Dialect::ALL.len()];
            Parser::list_as(dialect, CLOCKS[0])
        }
        0 => Parser::mlsd(),
        clock => Parser::list(CLOCKS[usize::from(clock) - 1]),
    };
    let whole = read(parser(), std::iter::once(bytes));
    let pieces = read(parser(), bytes.chunks(usize::from(*cut).max(1)));
    assert_eq!(whole, pieces);
    // 0x15 and 0x25 end lines in EBCDIC.
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n' | 0 | 0x15 | 0x25)).count();
    assert!(whole.entries.len() + usize::try_from(whole.unread_count).unwrap_or(usize::MAX) <= lines);
    for entry in &whole.entries {
        assert!(Name::new(entry.name.as_bytes()).is_ok());
        assert!(entry.mode.is_none_or(|mode| mode <= 0o7777));
        assert!(entry.target.as_ref().is_none_or(|target| target.len() <= bytes.len()));
    }
}

#[derive(PartialEq, Debug)]
struct Whole {
    entries: Vec<Entry>,
    unread: Vec<Vec<u8>>,
    unread_count: u64,
    failed: bool,
}

fn read<'a>(mut parser: Parser, mut pieces: impl Iterator<Item = &'a [u8]>) -> Whole {
    let mut entries = Vec::new();
    let result = pieces.try_for_each(|piece| parser.push(piece, &mut entries));
    let result = result.and_then(|()| parser.finish(&mut entries));
    assert_eq!(parser.count(), entries.len() as u64);
    assert!(parser.unread().len() <= MAX_UNREAD);
    Whole {
        entries,
        unread: parser.unread().to_vec(),
        unread_count: parser.unread_count(),
        failed: result.is_err(),
    }
}
