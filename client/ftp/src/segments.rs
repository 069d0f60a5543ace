//! One file over several connections: which parts are fetched, and which are left when connections fail. For drivers: the engine of
//! one session knows nothing of it; each part is a download with an offset and a [`crate::TransferOptions::length`].

use std::collections::VecDeque;

/// Bytes that a segment has at least, but for a file's only one: less is not worth a data connection.
pub const MINIMUM: u64 = 1024 * 1024;

/// How often a segment may fail without a byte moved before the file is given up.
const TRIES: u32 = 3;

/// A part of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Its first byte.
    pub offset: u64,
    /// Its bytes.
    pub length: u64,
    /// How often it failed since a byte of it moved.
    failures: u32,
}

impl Segment {
    /// A part that has not been tried.
    #[must_use]
    pub fn new(offset: u64, length: u64) -> Segment {
        Segment { offset, length, failures: 0 }
    }

    /// Behind its last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// A file's segments.
#[derive(Clone, Debug)]
pub struct Segments {
    waiting: VecDeque<Segment>,
    /// Bytes that have not arrived.
    missing: u64,
}

impl Segments {
    /// A file of `size` bytes in at most `count` parts of nearly the same length.
    #[must_use]
    pub fn new(size: u64, count: usize) -> Segments {
        let most = (size / MINIMUM).max(1);
        let count = u64::try_from(count).unwrap_or(u64::MAX).clamp(1, most);
        let (length, longer) = (size / count, size % count);
        let mut offset = 0;
        let waiting = (0..count)
            .map(|number| {
                let segment = Segment::new(offset, length + u64::from(number < longer));
                offset = segment.end();
                segment
            })
            .filter(|segment| segment.length > 0)
            .collect();
        Segments { waiting, missing: size }
    }

    /// The next part to fetch. It comes back to [`Segments::done`] or [`Segments::failed`].
    pub fn take(&mut self) -> Option<Segment> {
        self.waiting.pop_front()
    }

    /// All bytes of a segment have arrived.
    pub fn done(&mut self, segment: Segment) {
        self.missing = self.missing.saturating_sub(segment.length);
    }

    /// A segment failed after so many of its bytes: what is left of it waits again. `false`: it failed too often.
    pub fn failed(&mut self, segment: Segment, moved: u64) -> bool {
        let moved = moved.min(segment.length);
        self.missing = self.missing.saturating_sub(moved);
        let failures = if moved == 0 { segment.failures + 1 } else { 0 };
        if moved < segment.length {
            let (offset, length) = (segment.offset.saturating_add(moved), segment.length - moved);
            self.waiting.push_front(Segment { offset, length, failures });
        }
        failures < TRIES
    }

    /// Parts that nobody fetches now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether every byte has arrived.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lengths(mut segments: Segments) -> Vec<u64> {
        std::iter::from_fn(|| segments.take()).map(|segment| segment.length).collect()
    }

    #[test]
    fn small_files_have_few_segments() {
        assert_eq!(lengths(Segments::new(0, 4)), Vec::<u64>::new());
        assert!(Segments::new(0, 4).is_complete());
        assert_eq!(lengths(Segments::new(1, 4)), [1]);
        assert_eq!(lengths(Segments::new(2 * MINIMUM - 1, 4)), [2 * MINIMUM - 1]);
        assert_eq!(lengths(Segments::new(2 * MINIMUM + 1, 4)), [MINIMUM + 1, MINIMUM]);
        assert_eq!(lengths(Segments::new(8 * MINIMUM, 0)), [8 * MINIMUM]);
        assert_eq!(lengths(Segments::new(u64::MAX, 3)), [u64::MAX / 3; 3]);
    }

    #[test]
    fn a_segment_that_never_moves_is_given_up() {
        let mut segments = Segments::new(MINIMUM, 1);
        let first = segments.take().unwrap();
        assert!(segments.failed(first, 0));
        let second = segments.take().unwrap();
        assert!(segments.failed(second, 5), "it moved");
        for again in [true, true, false] {
            let segment = segments.take().unwrap();
            assert_eq!((segment.offset, segment.length), (5, MINIMUM - 5));
            assert_eq!(segments.failed(segment, 0), again);
        }
    }

    proptest! {
        #[test]
        fn every_byte_is_fetched_once(
            size in 0u64..40 * MINIMUM,
            count in 0usize..9,
            fates in proptest::collection::vec((any::<bool>(), any::<u64>()), 0..40),
        ) {
            let mut segments = Segments::new(size, count);
            prop_assert!(segments.waiting() <= count.max(1));
            let mut got: Vec<(u64, u64)> = Vec::new();
            let mut fates = fates.into_iter();
            while let Some(segment) = segments.take() {
                match fates.next() {
                    Some((true, moved)) => {
                        let moved = moved % (segment.length + 1);
                        got.push((segment.offset, moved));
                        segments.failed(segment, moved);
                    }
                    _ => {
                        got.push((segment.offset, segment.length));
                        segments.done(segment);
                    }
                }
            }
            prop_assert!(segments.is_complete());
            got.sort_unstable();
            let mut end = 0;
            for (offset, length) in got {
                prop_assert_eq!(offset, end);
                end += length;
            }
            prop_assert_eq!(end, size);
        }
    }
}
