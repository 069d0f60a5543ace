//! The rows of a listing on their way: parsed as bytes come, then told in batches or kept.

use crate::entry::Entry;
use crate::event::Event;
use crate::link::Link;
use crate::listing::{Dialect, ListingError, Parser};
use crate::path::{PathSyntax, RemotePath};
use crate::reply::escape;
use crate::request::RequestId;

use super::clock::{self, Sample};

/// Most rows of one event.
pub(crate) const BATCH: usize = 500;

/// Where rows go.
enum Sink {
    /// To the user.
    Tell(RequestId),
    /// To the operation that asked.
    Keep,
}

/// A listing.
pub(crate) struct Rows {
    parser: Parser,
    sink: Sink,
    directory: Option<RemotePath>,
    entries: Vec<Entry>,
    /// A file whose time tells the server's zone, where that is not known.
    sample: Option<Sample>,
    /// The server has left rows out (rule M7).
    truncated: bool,
}

impl Rows {
    /// Rows that are told as they come.
    pub(crate) fn tell(parser: Parser, request: RequestId) -> Rows {
        Rows::new(parser, Sink::Tell(request))
    }

    /// Rows that are kept.
    pub(crate) fn keep(parser: Parser) -> Rows {
        Rows::new(parser, Sink::Keep)
    }

    fn new(parser: Parser, sink: Sink) -> Rows {
        Rows { parser, sink, directory: None, entries: Vec::new(), sample: None, truncated: false }
    }

    /// They are of this directory; said before the first bytes.
    pub(crate) fn at(&mut self, directory: RemotePath) {
        if directory.syntax() == PathSyntax::Unix {
            self.parser.within(directory.as_bytes());
        }
        self.directory = Some(directory);
    }

    /// The directory that they are of.
    pub(crate) fn directory(&self) -> Option<&RemotePath> {
        self.directory.as_ref()
    }

    /// Takes bytes of the data connection.
    pub(crate) fn push(&mut self, link: &mut Link, bytes: &[u8]) -> Result<(), ListingError> {
        let before = self.entries.len();
        let result = self.parser.push(bytes, &mut self.entries);
        self.dated(link, before);
        self.flush(link);
        result
    }

    /// The data connection ended.
    pub(crate) fn finish(&mut self, link: &mut Link) -> Result<(), ListingError> {
        let before = self.entries.len();
        let result = self.parser.finish(&mut self.entries);
        self.dated(link, before);
        self.flush(link);
        result
    }

    /// Rows have come: their times become UTC where the server's zone is known (rule T10).
    fn dated(&mut self, link: &Link, before: usize) {
        for entry in self.entries.iter_mut().skip(before) {
            if link.server.clock.0 > 0 {
                self.sample = Sample::better(self.sample.take(), entry);
            }
            if let Some(minutes) = link.memory.quirks.clock_offset {
                clock::shift(entry, minutes);
            }
        }
    }

    /// A file whose time tells the server's zone; none where no question is open, or no row has a time of that zone.
    pub(crate) fn sample(&self) -> Option<&Sample> {
        self.sample.as_ref()
    }

    /// The dialect of LIST, where one has shown itself.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        self.parser.dialect()
    }

    /// The rows so far, where they are kept.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Rows in all.
    pub(crate) fn count(&self) -> u64 {
        self.parser.count()
    }

    /// Lines that could not be read, for eyes. Of a great many the parser keeps some; none goes uncounted.
    pub(crate) fn unread(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.parser.unread().iter().map(|line| escape(line)).collect();
        let more = self.parser.unread_count().saturating_sub(lines.len() as u64);
        if more > 0 {
            lines.push(format!("… and {more} more lines"));
        }
        lines
    }

    /// How many lines could not be read.
    pub(crate) fn unread_count(&self) -> u64 {
        self.parser.unread_count()
    }

    /// The server has left rows out.
    pub(crate) fn truncate(&mut self) {
        self.truncated = true;
    }

    /// Whether these are all rows of the directory, and all could be read.
    pub(crate) fn is_whole(&self) -> bool {
        !self.truncated && self.unread_count() == 0
    }

    /// The rows that were kept.
    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The listing as it is, out of an operation that ends.
    pub(crate) fn take(&mut self) -> Rows {
        std::mem::replace(self, Rows::keep(Parser::mlsd()))
    }

    fn flush(&mut self, link: &mut Link) {
        let (Sink::Tell(request), Some(path)) = (&self.sink, &self.directory) else { return };
        let mut rest = std::mem::take(&mut self.entries).into_iter();
        loop {
            let entries: Vec<Entry> = rest.by_ref().take(BATCH).collect();
            if entries.is_empty() {
                return;
            }
            link.tell(Event::Listed { request: *request, path: path.clone(), entries });
        }
    }
}
