//! The rows of a listing on their way: parsed as bytes come, then told in batches or kept.

use crate::entry::Entry;
use crate::event::Event;
use crate::link::Link;
use crate::listing::{ListingError, Parser};
use crate::path::RemotePath;
use crate::reply::escape;
use crate::request::RequestId;

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
}

impl Rows {
    /// Rows that are told as they come.
    pub(crate) fn tell(parser: Parser, request: RequestId) -> Rows {
        Rows { parser, sink: Sink::Tell(request), directory: None, entries: Vec::new() }
    }

    /// Rows that are kept.
    pub(crate) fn keep(parser: Parser) -> Rows {
        Rows { parser, sink: Sink::Keep, directory: None, entries: Vec::new() }
    }

    /// They are of this directory; said before the first bytes.
    pub(crate) fn at(&mut self, directory: RemotePath) {
        self.directory = Some(directory);
    }

    /// The directory that they are of.
    pub(crate) fn directory(&self) -> Option<&RemotePath> {
        self.directory.as_ref()
    }

    /// Takes bytes of the data connection.
    pub(crate) fn push(&mut self, link: &mut Link, bytes: &[u8]) -> Result<(), ListingError> {
        let result = self.parser.push(bytes, &mut self.entries);
        self.flush(link);
        result
    }

    /// The data connection ended.
    pub(crate) fn finish(&mut self, link: &mut Link) -> Result<(), ListingError> {
        let result = self.parser.finish(&mut self.entries);
        self.flush(link);
        result
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
