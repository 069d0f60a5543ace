//! Directory listings, read while their bytes come in: MLSD (RFC 3659 section 7) and the dialects of LIST, one file each,
//! chosen by evidence (rule M8). What no dialect can read is kept as it is: no line vanishes (rule M11).

mod date;
mod dialect;
mod dos;
mod ebcdic;
mod enterprise;
mod eplf;
mod held;
mod mlsd;
mod month;
mod mpe;
mod mvs;
mod name_first;
mod netware;
mod nonstop;
mod numeric;
mod order;
mod os2;
mod os400;
mod reader;
mod row;
mod scene;
mod unix;
mod unread;
mod vms;
mod vxworks;
mod words;
mod zvm;

pub use dialect::Dialect;
pub use mlsd::mlst;
pub use unread::{MAX_UNREAD, MAX_UNREAD_LINE};

use crate::entry::Entry;
use reader::{Reader, Sink};
use row::Row;
use scene::Scene;
use thiserror::Error;
use unread::Unread;

/// Longest line, in bytes.
pub const MAX_LINE: usize = 10_000;
/// Most lines of a listing.
pub const MAX_ROWS: u64 = 2_000_000;
/// Most bytes of a listing.
pub const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Bytes at the beginning, up to the first line end, that show the charset.
const PROBE: usize = 64;

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

#[derive(Debug)]
enum Format {
    /// Facts and a name on each line.
    Mlsd(Box<Scene>),
    /// What a person would read.
    List(Box<Reader>),
}

/// What the bytes are.
#[derive(Debug)]
enum Charset {
    /// Not known yet: the bytes so far.
    Open(Vec<u8>),
    /// ASCII and whatever contains it.
    Ascii,
    Ebcdic,
}

/// Reads a listing.
#[derive(Debug)]
pub struct Parser {
    format: Format,
    charset: Charset,
    /// The line that has not ended yet.
    line: Vec<u8>,
    bytes: u64,
    lines: u64,
    count: u64,
    unread: Unread,
    failed: Option<ListingError>,
}

impl Parser {
    /// For the data of MLSD.
    #[must_use]
    pub fn mlsd() -> Parser {
        Parser::new(Format::Mlsd(Box::new(Scene::new(0))))
    }

    /// For the data of LIST, in whatever dialect. `now_unix_seconds` is the wall clock, to guess the year of dates that have none (rule
    /// M10).
    #[must_use]
    pub fn list(now_unix_seconds: i64) -> Parser {
        Parser::new(Format::List(Box::new(Reader::automatic(None, now_unix_seconds))))
    }

    /// For the data of LIST from a server that answered this to SYST. It is a hint, never the proof: what the lines show counts, and the
    /// hint decides between dialects that could both read a line.
    #[must_use]
    pub fn list_for(syst: &str, now_unix_seconds: i64) -> Parser {
        let hint = Dialect::from_syst(syst);
        Parser::new(Format::List(Box::new(Reader::automatic(hint, now_unix_seconds))))
    }

    /// For the data of LIST in this dialect and no other: the user's word against the evidence.
    #[must_use]
    pub fn list_as(dialect: Dialect, now_unix_seconds: i64) -> Parser {
        Parser::new(Format::List(Box::new(Reader::forced(dialect, now_unix_seconds))))
    }

    fn new(format: Format) -> Parser {
        Parser {
            format,
            charset: Charset::Open(Vec::new()),
            line: Vec::new(),
            bytes: 0,
            lines: 0,
            count: 0,
            unread: Unread::default(),
            failed: None,
        }
    }

    /// The path of the directory, before the first bytes: some servers write it before each name.
    pub fn within(&mut self, directory: &[u8]) {
        match &mut self.format {
            Format::Mlsd(scene) => scene.set_directory(directory),
            Format::List(reader) => reader.within(directory),
        }
    }

    /// Takes bytes as they came and adds the entries that are complete to `out`. How the bytes are cut makes no difference. A few entries
    /// may wait for later lines that decide what they mean; [`finish`](Parser::finish) gives the last of them.
    ///
    /// # Errors
    /// [`ListingError`], now and for ever after.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Entry>) -> Result<(), ListingError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.decode(bytes, out).inspect_err(|error| self.failed = Some(*error)),
        }
    }

    fn decode(&mut self, bytes: &[u8], out: &mut Vec<Entry>) -> Result<(), ListingError> {
        match &mut self.charset {
            Charset::Ascii => self.read(bytes, out),
            Charset::Ebcdic => {
                let mut bytes = bytes.to_vec();
                ebcdic::decode(&mut bytes);
                self.read(&bytes, out)
            }
            Charset::Open(start) => {
                start.extend_from_slice(bytes);
                if start.len() < PROBE && !start.contains(&b'\n') {
                    return Ok(());
                }
                self.decide(out)
            }
        }
    }

    /// Sees the charset of what has come so far, and reads it.
    fn decide(&mut self, out: &mut Vec<Entry>) -> Result<(), ListingError> {
        let Charset::Open(mut start) = std::mem::replace(&mut self.charset, Charset::Ascii) else {
            return Ok(());
        };
        let shown = &start[..start.len().min(PROBE)];
        if matches!(self.format, Format::List(_)) && !shown.contains(&b'\n') && ebcdic::is_likely(shown) {
            self.charset = Charset::Ebcdic;
            ebcdic::decode(&mut start);
        }
        // A byte order mark is of the charset, not of the first line.
        self.read(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start), out)
    }

    fn read(&mut self, mut rest: &[u8], out: &mut Vec<Entry>) -> Result<(), ListingError> {
        while let Some(end) = words::find(rest, b'\n') {
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

    /// Takes the last line, if it has no line end, and gives the entries that waited.
    ///
    /// # Errors
    /// [`ListingError`].
    pub fn finish(&mut self, out: &mut Vec<Entry>) -> Result<(), ListingError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.end(out).inspect_err(|error| self.failed = Some(*error)),
        }
    }

    fn end(&mut self, out: &mut Vec<Entry>) -> Result<(), ListingError> {
        self.decide(out)?;
        let line = std::mem::take(&mut self.line);
        self.end_line(&line, out)?;
        if let Format::List(reader) = &mut self.format {
            reader.finish(&mut Sink { out, count: &mut self.count, unread: &mut self.unread });
        }
        Ok(())
    }

    /// Lines that no dialect could read, or whose name is none; of a great many the first [`MAX_UNREAD`], of long ones the
    /// first [`MAX_UNREAD_LINE`] bytes.
    #[must_use]
    pub fn unread(&self) -> &[Vec<u8>] {
        self.unread.lines()
    }

    /// How many lines could not be read, kept or not.
    #[must_use]
    pub fn unread_count(&self) -> u64 {
        self.unread.count()
    }

    /// Entries so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The dialect of most lines so far; `None` where none has shown itself.
    #[must_use]
    pub fn dialect(&self) -> Option<Dialect> {
        match &self.format {
            Format::Mlsd(_) => None,
            Format::List(reader) => reader.dialect(),
        }
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
        let mut sink = Sink { out, count: &mut self.count, unread: &mut self.unread };
        match &mut self.format {
            Format::Mlsd(scene) => match mlsd::read(line, scene) {
                Some(Row::Entry(entry)) => sink.entry(entry),
                Some(Row::Nothing) => {}
                None => sink.unread.add(line),
            },
            Format::List(reader) => reader.line(line, &mut sink),
        }
        Ok(())
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
mod tests;
