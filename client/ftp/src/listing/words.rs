//! A line cut at its blanks, without a copy.

/// Words that are looked at; the name may well hold more.
const MAX_WORDS: usize = 32;

/// The first words of a line. A word past the end is empty.
pub(super) struct Words<'a> {
    line: &'a [u8],
    spans: [(usize, usize); MAX_WORDS],
    len: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a [u8]) -> Words<'a> {
        let mut words = Words { line, spans: [(0, 0); MAX_WORDS], len: 0 };
        let mut at = 0;
        while words.len < MAX_WORDS {
            let rest = line.get(at..).unwrap_or_default();
            let Some(start) = rest.iter().position(|byte| !is_blank(*byte)) else { break };
            let length = rest.iter().skip(start).take_while(|byte| !is_blank(**byte)).count();
            if let Some(span) = words.spans.get_mut(words.len) {
                *span = (at + start, at + start + length);
            }
            words.len += 1;
            at += start + length;
        }
        words
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The word at this place.
    pub(super) fn at(&self, place: usize) -> &'a [u8] {
        self.line.get(self.start(place)..self.end(place)).unwrap_or_default()
    }

    /// Where the word begins in the line.
    pub(super) fn start(&self, place: usize) -> usize {
        self.span(place).0
    }

    /// Where it ends.
    pub(super) fn end(&self, place: usize) -> usize {
        self.span(place).1
    }

    /// The line from the beginning of one word to the end of another.
    pub(super) fn between(&self, first: usize, last: usize) -> &'a [u8] {
        self.line.get(self.start(first)..self.end(last)).unwrap_or_default()
    }

    fn span(&self, place: usize) -> (usize, usize) {
        let past = (self.line.len(), self.line.len());
        if place < self.len { self.spans.get(place).copied().unwrap_or(past) } else { past }
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
