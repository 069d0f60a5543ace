//! The session log: chunks that never change once full, so that the page draws only the last one, and a cap, so that
//! it does not grow without bound.

use super::shared::Shared;
use crate::protocol::{LogKind, LogLine};
use std::collections::VecDeque;

/// Lines in a chunk.
const CHUNK: usize = 100;
/// Lines kept; the oldest chunk goes first.
const LINES: usize = 5_000;

/// Some lines that follow each other.
#[derive(Clone, Default)]
pub(crate) struct Chunk {
    /// The number of its first line since the session began.
    pub(crate) first: u64,
    /// The lines.
    pub(crate) lines: Vec<LogLine>,
}

/// The log.
#[derive(Clone, Default)]
pub(crate) struct Log {
    chunks: VecDeque<Shared<Chunk>>,
    next: u64,
}

impl Log {
    /// Adds a line.
    pub(crate) fn push(&mut self, line: LogLine) {
        if self.chunks.back().is_none_or(|chunk| chunk.lines.len() >= CHUNK) {
            self.chunks.push_back(Shared::new(Chunk { first: self.next, lines: Vec::new() }));
            if self.chunks.len() > LINES / CHUNK {
                self.chunks.pop_front();
            }
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.edit().lines.push(line);
            self.next += 1;
        }
    }

    /// The chunks, oldest first.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &Shared<Chunk>> {
        self.chunks.iter()
    }

    /// How many lines there have been.
    pub(crate) fn written(&self) -> u64 {
        self.next
    }

    /// The last lines, for an error card.
    pub(crate) fn tail(&self, lines: usize) -> Vec<LogLine> {
        let mut tail: Vec<LogLine> = self
            .chunks
            .iter()
            .rev()
            .flat_map(|chunk| chunk.lines.iter().rev())
            .take(lines)
            .cloned()
            .collect();
        tail.reverse();
        tail
    }

    /// The whole as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in self.chunks.iter().flat_map(|chunk| &chunk.lines) {
            text.push_str(label(line.kind));
            text.push_str(": ");
            text.push_str(&super::visible::text(&line.text));
            text.push('\n');
        }
        text
    }
}

/// The word before the colon. FileZilla's, and part of the log, so it is not translated.
pub(crate) fn label(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Status => "Status",
        LogKind::Command => "Command",
        LogKind::Response => "Response",
        LogKind::Trace => "Trace",
        LogKind::Error => "Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize) -> LogLine {
        LogLine { at: 0, kind: LogKind::Response, text: number.to_string() }
    }

    #[test]
    fn it_is_bounded_and_keeps_the_newest() {
        let mut log = Log::default();
        (0..12_345).for_each(|number| log.push(line(number)));
        let kept: usize = log.chunks().map(|chunk| chunk.lines.len()).sum();
        assert!(kept <= LINES && kept > LINES - CHUNK, "{kept}");
        assert_eq!(log.written(), 12_345);
        assert_eq!(log.tail(2), [line(12_343), line(12_344)]);
        assert!(log.text().ends_with("Response: 12344\n"));
    }

    #[test]
    fn a_full_chunk_is_not_touched_again() {
        let mut log = Log::default();
        (0..CHUNK).for_each(|number| log.push(line(number)));
        let shown: Vec<_> = log.chunks().cloned().collect();
        log.push(line(CHUNK));
        assert!(log.chunks().next() == shown.first());
        assert_eq!(log.chunks().count(), 2);
    }
}
