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
