//! Directory listings, read while their bytes come in: MLSD (RFC 3659 section 7) and the dialects of LIST, one file each,
//! chosen by evidence line by line (rule M8). What no dialect can read is kept as it is: no line vanishes (rule M11).

mod date;
mod dos;
mod eplf;
mod mlsd;
mod month;
mod row;
mod unix;
mod words;

use crate::entry::Entry;
use row::Row;
use thiserror::Error;

/// Longest line, in bytes.
pub const MAX_LINE: usize = 10_000;
/// Most lines of a listing.
pub const MAX_ROWS: u64 = 2_000_000;
/// Most bytes of a listing.
pub const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Unread lines that are kept; all are counted.
pub const MAX_UNREAD: usize = 100;
/// Bytes that are kept of an unread line.
pub const MAX_UNREAD_LINE: usize = 1_000;

/// A listing past the limits. Entries that came out before it are good.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ListingError {
    /// A line of more than [`MAX_LINE`] bytes.
    #[error("the listing has a line of more than {MAX_LINE} bytes")]
    LongLine,
    /// More than [`MAX_ROWS`] lines.
    #[error("the listing has more than {MAX_ROWS} lines")]
    ManyRows,
    /// More than [`MAX_BYTES`] bytes.
    #[error("the listing has more than {} MiB", MAX_BYTES / 1024 / 1024)]
    ManyBytes,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    /// Facts and a name on each line.
    Mlsd,
    /// What a person would read; dates without a year are near this time, in Unix seconds.
    List { now: i64 },
}

/// Reads a listing.
#[derive(Debug)]
pub struct Parser {
    format: Format,
    /// The line that has not ended yet.
    line: Vec<u8>,
    bytes: u64,
    lines: u64,
    count: u64,
    unread: Vec<Vec<u8>>,
    unread_count: u64,
    failed: Option<ListingError>,
}

impl Parser {
    /// For the data of MLSD.
    #[must_use]
    pub fn mlsd() -> Parser {
        Parser::new(Format::Mlsd)
    }

    /// For the data of LIST. `now_unix_seconds` is the wall clock, to guess the year of dates that have none (rule M10).
    #[must_use]
    pub fn list(now_unix_seconds: i64) -> Parser {
        Parser::new(Format::List { now: now_unix_seconds })
    }

    fn new(format: Format) -> Parser {
        Parser {
            format,
            line: Vec::new(),
            bytes: 0,
            lines: 0,
            count: 0,
            unread: Vec::new(),
            unread_count: 0,
            failed: None,
        }
    }

    /// Takes bytes as they came and adds the entries that are complete to `out`. How the bytes are cut makes no difference.
    ///
    /// # Errors
    /// [`ListingError`], now and for ever after.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Entry>) -> Result<(), ListingError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.read(bytes, out).inspect_err(|error| self.failed = Some(*error)),
        }
    }

    fn read(&mut self, mut rest: &[u8], out: &mut Vec<Entry>) -> Result<(), ListingError> {
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (piece, after) = rest.split_at(end);
            rest = &after[1..];
            self.account(piece.len() + 1, piece.len())?;
            if self.line.is_empty() {
                self.end_line(piece, out)?;
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(piece);
                self.end_line(&line, out)?;
                // The buffer is used again.
                line.clear();
                self.line = line;
            }
        }
        self.account(rest.len(), rest.len())?;
        self.line.extend_from_slice(rest);
        Ok(())
    }

    /// Takes the last line, if it has no line end, and drops nothing else.
    ///
    /// # Errors
    /// [`ListingError`].
    pub fn finish(&mut self, out: &mut Vec<Entry>) -> Result<(), ListingError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let line = std::mem::take(&mut self.line);
        self.end_line(&line, out).inspect_err(|error| self.failed = Some(*error))
    }

    /// Lines that no dialect could read, or whose name is none; of a great many the first [`MAX_UNREAD`], of long ones the
    /// first [`MAX_UNREAD_LINE`] bytes.
    #[must_use]
    pub fn unread(&self) -> &[Vec<u8>] {
        &self.unread
    }

    /// How many lines could not be read, kept or not.
    #[must_use]
    pub fn unread_count(&self) -> u64 {
        self.unread_count
    }

    /// Entries so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    fn account(&mut self, bytes: usize, of_line: usize) -> Result<(), ListingError> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > MAX_BYTES {
            return Err(ListingError::ManyBytes);
        }
        if self.line.len() + of_line > MAX_LINE {
            return Err(ListingError::LongLine);
        }
        Ok(())
    }

    fn end_line(&mut self, line: &[u8], out: &mut Vec<Entry>) -> Result<(), ListingError> {
        let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
        let line = &line[..end];
        if line.is_empty() {
            return Ok(());
        }
        self.lines += 1;
        if self.lines > MAX_ROWS {
            return Err(ListingError::ManyRows);
        }
        let row = match self.format {
            Format::Mlsd => mlsd::read(line),
            Format::List { now } => list(line, now),
        };
        match row {
            Some(Row::Entry(entry)) => {
                self.count += 1;
                out.push(entry);
            }
            Some(Row::Nothing) => {}
            None => {
                self.unread_count += 1;
                if self.unread.len() < MAX_UNREAD {
                    self.unread.push(line[..line.len().min(MAX_UNREAD_LINE)].to_vec());
                }
            }
        }
        Ok(())
    }
}

/// The dialects of LIST. Their first bytes nearly always tell them apart, so the order costs little.
fn list(line: &[u8], now: i64) -> Option<Row> {
    match line.first()? {
        b'+' => eplf::read(line),
        b'0'..=b'9' => dos::read(line).or_else(|| unix::read(line, now)),
        _ => unix::read(line, now).or_else(|| mlsd::read_in_list(line)),
    }
}

/// Unix mode bits, the lower 12; servers put the file type before them.
fn octal(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let all = digits.iter().try_fold(0u32, |mode, byte| {
        matches!(byte, b'0'..=b'7').then(|| mode * 8 + u32::from(byte - b'0'))
    })?;
    u16::try_from(all & 0o7777).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(mut parser: Parser, bytes: &[u8]) -> (Parser, Vec<Entry>) {
        let mut out = Vec::new();
        parser.push(bytes, &mut out).unwrap();
        parser.finish(&mut out).unwrap();
        (parser, out)
    }

    fn names(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(|entry| entry.name.to_string()).collect()
    }

    #[test]
    fn m8_every_line_by_itself() {
        let (parser, entries) = read(
            Parser::list(1_718_452_800),
            b"-rw-r--r-- 1 o g 1 Jan  5  2024 unix\r\n01-05-24  12:30PM  1 dos\n+r,s1,\teplf\r\ntype=file;size=1; mlsd",
        );
        assert_eq!(names(&entries), ["unix", "dos", "eplf", "mlsd"]);
        assert!(entries.iter().all(|entry| entry.kind == crate::EntryKind::File && entry.size == Some(1)));
        assert_eq!((parser.count(), parser.unread_count()), (4, 0));
    }

    #[test]
    fn m11_no_line_vanishes() {
        let lines = [
            "Volume in drive C",
            "ls: cannot open directory",
            "-rw-r--r-- 1 o g 1 Jan 5 2024",
            "foo",
            "x=1; y",
        ];
        let (parser, entries) = read(Parser::list(0), lines.join("\r\n").as_bytes());
        assert_eq!(names(&entries), [""; 0]);
        assert_eq!(parser.unread(), lines.map(str::as_bytes));
        let (parser, _) =
            read(Parser::list(0), &[&[b'x'; MAX_LINE][..], &b"\nx".repeat(MAX_UNREAD)].concat());
        assert_eq!((parser.unread().len(), parser.unread_count()), (MAX_UNREAD, MAX_UNREAD as u64 + 1));
        assert_eq!(parser.unread()[0].len(), MAX_UNREAD_LINE);
    }

    #[test]
    fn m11_names_that_are_none_are_unread() {
        for name in ["a/b", "../../x", "/etc/passwd", "nul\0byte", "cr\rname"] {
            let unix = format!("-rw-r--r-- 1 o g 1 Jan  5  2024 {name}\n");
            let dos = format!("01-05-24  12:30PM  1 {name}\n");
            let mlsd = format!("type=file; {name}\n");
            let eplf = format!("+r,\t{name}\n");
            for line in [unix, dos, eplf] {
                let (parser, entries) = read(Parser::list(0), line.as_bytes());
                assert_eq!((entries.len(), parser.unread_count()), (0, 1), "{line:?}");
            }
            let (parser, entries) = read(Parser::mlsd(), mlsd.as_bytes());
            assert_eq!((entries.len(), parser.unread()), (0, &[mlsd.trim_end().as_bytes().to_vec()][..]));
        }
    }

    #[test]
    fn m11_dots_and_totals_are_nothing() {
        let text = "total 12\r\ndrwxr-xr-x 2 o g 1 Jan  5  2024 .\r\ndrwxr-xr-x 2 o g 1 Jan  5  2024 ..\r\n\r\ninsgesamt 4\r\n\
                    01-05-24  12:30PM  <DIR>  .\r\n+/,\t..\r\ntotal 1.2K\r\n";
        let (parser, entries) = read(Parser::list(0), text.as_bytes());
        assert_eq!((entries.len(), parser.unread_count()), (0, 0), "{:?}", parser.unread());
    }

    #[test]
    fn line_ends_and_none_at_all() {
        let (_, entries) =
            read(Parser::mlsd(), b"type=file; a\ntype=file; b\r\ntype=file; c\r\r\n\r\n\ntype=file; d");
        assert_eq!(names(&entries), ["a", "b", "c", "d"]);
        assert_eq!(read(Parser::mlsd(), b"").1, []);
    }

    #[test]
    fn limits_of_lines_rows_and_bytes() {
        let mut out = Vec::new();
        let mut parser = Parser::mlsd();
        parser.push(b"type=file; a\n", &mut out).unwrap();
        assert_eq!(parser.push(&[b'x'; MAX_LINE + 1], &mut out), Err(ListingError::LongLine));
        assert_eq!(parser.push(b"\ntype=file; b\n", &mut out), Err(ListingError::LongLine));
        assert_eq!(parser.finish(&mut out), Err(ListingError::LongLine));
        assert_eq!(names(&out), ["a"]);

        let mut parser = Parser { lines: MAX_ROWS - 1, ..Parser::mlsd() };
        parser.push(b"type=file; c\n", &mut out).unwrap();
        assert_eq!(parser.push(b"type=file; d\n", &mut out), Err(ListingError::ManyRows));

        let mut parser = Parser { bytes: MAX_BYTES - 13, ..Parser::mlsd() };
        parser.push(b"type=file; e\n", &mut out).unwrap();
        assert_eq!(parser.push(b"\n", &mut out), Err(ListingError::ManyBytes));
        assert_eq!(names(&out), ["a", "c", "e"]);
    }

    /// A listing of the longest lines, byte by byte: were a line read again for each byte, this would take minutes.
    #[test]
    fn reading_is_linear() {
        let line = [b"type=file; ", &[b'x'; MAX_LINE - 12][..], b"\n"].concat();
        let (mut parser, mut out) = (Parser::mlsd(), Vec::new());
        for byte in line.repeat(100) {
            parser.push(&[byte], &mut out).unwrap();
        }
        assert_eq!(out.len(), 100);
    }

    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let words = [
            "type=file;",
            "size=12;",
            "type=OS.unix=slink:/x;",
            "modify=20240229123456;",
            "-rw-r--r--",
            "drwxr-xr-x+",
            "lrwxrwxrwx",
            "crw-------",
            "1",
            "12,",
            "4096",
            "root",
            "Domain Users",
            "Jan",
            "Feb 29",
            "31",
            "2024",
            "12:30",
            "2024-01-05",
            "12:30:45.123456789",
            "+0100",
            "name",
            " -> ",
            "/",
            "..",
            "01-05-24",
            "12:30PM",
            "<DIR>",
            "<JUNCTION>",
            "[x]",
            "+i1,r,s5,\t",
            "total",
            "月",
            "1月",
            " ",
            "\t",
            "\r",
            "\n",
            "\r\n",
            ";",
            "=",
            "18446744073709551616",
        ];
        let word = prop_oneof![
            4 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
            2 => Just(b" ".to_vec()),
            1 => Just(b"\n".to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..4),
        ];
        proptest::collection::vec(word, 0..80).prop_map(|words| words.concat())
    }

    fn same_in_pieces(
        whole: Parser,
        mut cut: Parser,
        bytes: &[u8],
        sizes: &[usize],
    ) -> Result<(), TestCaseError> {
        let (whole, entries) = read(whole, bytes);
        let (mut out, mut rest) = (Vec::new(), bytes);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            cut.push(piece, &mut out).unwrap();
            rest = after;
        }
        cut.finish(&mut out).unwrap();
        prop_assert_eq!(&entries, &out);
        prop_assert_eq!(whole.unread(), cut.unread());
        prop_assert_eq!((whole.count(), whole.unread_count()), (cut.count(), cut.unread_count()));
        prop_assert_eq!(whole.count(), entries.len() as u64);
        Ok(())
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(
            bytes in lines(),
            now in prop_oneof![Just(1_718_452_800), any::<i64>()],
            sizes in proptest::collection::vec(1usize..9, 1..9),
        ) {
            same_in_pieces(Parser::list(now), Parser::list(now), &bytes, &sizes)?;
            same_in_pieces(Parser::mlsd(), Parser::mlsd(), &bytes, &sizes)?;
        }

        /// Whatever MLSD can say of a name, the name comes out as it went in.
        #[test]
        fn m4_names_survive(name in "[^/\\x00\\r\\n]{1,30}") {
            prop_assume!(name != "." && name != "..");
            let (_, entries) = read(Parser::mlsd(), format!("type=file;size=3; {name}\r\n").as_bytes());
            prop_assert_eq!(entries[0].name.as_bytes(), name.as_bytes());
        }

        #[test]
        fn m9_names_survive(name in "[^/\\x00\\r\\n]{1,30}") {
            prop_assume!(name != "." && name != "..");
            for line in ["-rw-r--r--   1 o  g    3 Jan  5 12:30 ", "-rw-r--r--   1 o  g    3 Jan  5  2024 ", "01-05-24  12:30PM     3 "] {
                let (_, entries) = read(Parser::list(1_718_452_800), format!("{line}{name}\r\n").as_bytes());
                prop_assert_eq!(entries[0].name.as_bytes(), name.as_bytes());
                prop_assert_eq!(entries[0].size, Some(3));
            }
        }
    }
}
