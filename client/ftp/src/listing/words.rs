//! A line cut at its blanks, without a copy.

/// Words that are looked at; the name may well hold more.
const MAX_WORDS: usize = 32;

/// The first words of a line. A word past the end is empty.
pub(super) struct Words<'a> {
    line: &'a [u8],
    spans: [(u16, u16); MAX_WORDS],
    len: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a [u8]) -> Words<'a> {
        let mut words = Words { line, spans: [(0, 0); MAX_WORDS], len: 0 };
        let mut start = None;
        for (at, byte) in line.iter().enumerate() {
            match (is_blank(*byte), start) {
                (false, None) => start = Some(at),
                (true, Some(from)) => {
                    start = None;
                    words.add(from, at);
                    if words.len == MAX_WORDS {
                        return words;
                    }
                }
                _ => {}
            }
        }
        if let Some(from) = start {
            words.add(from, line.len());
        }
        words
    }

    fn add(&mut self, start: usize, end: usize) {
        // Lines are shorter than this: `MAX_LINE`.
        let narrow = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        if let Some(span) = self.spans.get_mut(self.len) {
            *span = (narrow(start), narrow(end));
            self.len += 1;
        }
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

    /// The line from the beginning of a word, without the blanks that end it.
    pub(super) fn from(&self, place: usize) -> &'a [u8] {
        self.line.get(self.start(place)..).unwrap_or_default().trim_ascii_end()
    }

    /// All that follows the single blank after the word before this one (rule M9).
    pub(super) fn verbatim(&self, place: usize) -> Option<&'a [u8]> {
        let (blank, rest) = self.line.get(self.end(place.checked_sub(1)?)..)?.split_first()?;
        (is_blank(*blank) && !rest.is_empty()).then_some(rest)
    }

    fn span(&self, place: usize) -> (usize, usize) {
        let past = (self.line.len(), self.line.len());
        match self.spans.get(place) {
            Some((start, end)) if place < self.len => (usize::from(*start), usize::from(*end)),
            _ => past,
        }
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Where this byte is first. Sixteen bytes at a time, which the compiler makes one comparison of: listings are long.
pub(super) fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    const STEP: usize = 16;
    let mut at = 0;
    for chunk in bytes.chunks_exact(STEP) {
        if chunk.iter().fold(false, |found, byte| found | (*byte == wanted)) {
            break;
        }
        at += STEP;
    }
    Some(at + bytes.get(at..)?.iter().position(|byte| *byte == wanted)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_wherever_it_is() {
        for length in 0..70 {
            assert_eq!(find(&vec![b'x'; length], b'y'), None);
            for place in 0..length {
                let mut bytes = vec![b'x'; length];
                bytes[place] = b'y';
                assert_eq!(find(&bytes, b'y'), Some(place));
            }
        }
    }

    #[test]
    fn words_and_what_is_past_them() {
        let words = Words::new(b" a  bc\td ");
        assert_eq!(
            (words.len(), words.at(0), words.at(1), words.at(2), words.at(3)),
            (3, &b"a"[..], &b"bc"[..], &b"d"[..], &b""[..])
        );
        assert_eq!(
            (words.between(0, 1), words.from(1), words.verbatim(1)),
            (&b"a  bc"[..], &b"bc\td"[..], Some(&b" bc\td "[..]))
        );
        assert_eq!((words.verbatim(3), words.verbatim(0)), (None, None));
        assert_eq!(Words::new(&b"x ".repeat(100)).len(), MAX_WORDS);
    }
}
