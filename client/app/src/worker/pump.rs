//! A spliced data connection: its bytes between the tunnel and a file. Pure bookkeeping over chunks that stay where they are
//! (in the browser: views of JavaScript arrays), so that the rules can be tested: what may be read, written and sent next, and
//! when it is over.

use std::collections::VecDeque;

/// Bytes that one write takes at the most; smaller chunks that are at hand are put together.
const WRITE: u64 = 1024 * 1024;
/// Bytes that one read of a source fetches.
const READ: u64 = 512 * 1024;
/// Chunks of a source that are read ahead.
const AHEAD: usize = 2;

/// From the tunnel into a file.
#[derive(Debug)]
pub(super) struct Download<C> {
    offset: u64,
    queue: VecDeque<(C, u64)>,
    writing: u64,
    written: u64,
    /// The other side sends no more; whether its end was unclean.
    finished: Option<bool>,
}

impl<C> Download<C> {
    /// Into a file from `offset` on.
    pub(super) fn new(offset: u64) -> Download<C> {
        Download { offset, queue: VecDeque::new(), writing: 0, written: 0, finished: None }
    }

    /// A chunk came.
    pub(super) fn arrived(&mut self, chunk: C, len: u64) {
        if len > 0 {
            self.queue.push_back((chunk, len));
        }
    }

    /// The other side sends no more.
    pub(super) fn finished(&mut self, unclean: bool) {
        self.finished = Some(unclean);
    }

    /// What to write next and where; `None` while a write is under way, or where there is nothing. The write is under way then.
    pub(super) fn next_write(&mut self) -> Option<(u64, Vec<C>)> {
        if self.writing > 0 {
            return None;
        }
        let at = self.offset.saturating_add(self.written);
        let mut chunks = Vec::new();
        while let Some((chunk, len)) = self
            .queue
            .pop_front_if(|(_, len)| self.writing == 0 || self.writing.saturating_add(*len) <= WRITE)
        {
            self.writing = self.writing.saturating_add(len);
            chunks.push(chunk);
        }
        (!chunks.is_empty()).then_some((at, chunks))
    }

    /// The write that was under way is done. Returns its bytes: they are consumed.
    pub(super) fn wrote(&mut self) -> u64 {
        let bytes = std::mem::take(&mut self.writing);
        self.written = self.written.saturating_add(bytes);
        bytes
    }

    /// Bytes in the file since the splice began.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Whether everything is written, and if so whether the end was unclean.
    pub(super) fn over(&self) -> Option<bool> {
        self.finished.filter(|_| self.writing == 0 && self.queue.is_empty())
    }
}

/// From a file into the tunnel.
#[derive(Debug)]
pub(super) struct Upload<C> {
    read_to: u64,
    size: u64,
    reading: Option<u64>,
    chunks: VecDeque<(C, u64)>,
    /// Bytes of the first chunk that are sent.
    taken: u64,
    sent: u64,
    finished: bool,
}

/// A part of a chunk to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Part<C> {
    /// The chunk.
    pub(super) chunk: C,
    /// Its first byte to send.
    pub(super) start: u64,
    /// Its first byte not to send.
    pub(super) end: u64,
}

impl<C: Clone> Upload<C> {
    /// From `offset` of a file of `size` bytes on.
    pub(super) fn new(offset: u64, size: u64) -> Upload<C> {
        Upload {
            read_to: offset.min(size),
            size,
            reading: None,
            chunks: VecDeque::new(),
            taken: 0,
            sent: 0,
            finished: false,
        }
    }

    /// The range of the file to read next; `None` while a read is under way or enough is read ahead. The read is under way then.
    pub(super) fn next_read(&mut self) -> Option<(u64, u64)> {
        if self.reading.is_some() || self.read_to >= self.size || self.chunks.len() >= AHEAD {
            return None;
        }
        let start = self.read_to;
        let end = self.size.min(start.saturating_add(READ));
        self.reading = Some(end - start);
        self.read_to = end;
        Some((start, end))
    }

    /// The read that was under way brought `len` bytes. `false`: fewer or more than the file had, so it has changed.
    pub(super) fn read(&mut self, chunk: C, len: u64) -> bool {
        let expected = self.reading.take();
        if expected != Some(len) {
            return false;
        }
        self.chunks.push_back((chunk, len));
        true
    }

    /// What to send next, at most `budget` bytes; it counts as sent.
    pub(super) fn next_send(&mut self, budget: u64) -> Option<Part<C>> {
        let (chunk, len) = self.chunks.front()?;
        let start = self.taken;
        let end = (*len).min(start.saturating_add(budget));
        if end == start {
            return None;
        }
        let part = Part { chunk: chunk.clone(), start, end };
        self.sent = self.sent.saturating_add(end - start);
        self.taken = end;
        if end == *len {
            self.taken = 0;
            self.chunks.pop_front();
        }
        Some(part)
    }

    /// Bytes sent since the splice began.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether everything is sent and the half-close is due: `true` once.
    pub(super) fn finish(&mut self) -> bool {
        let all = self.read_to == self.size && self.reading.is_none() && self.chunks.is_empty();
        all && !std::mem::replace(&mut self.finished, true)
    }

    /// Whether the half-close was sent.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_chunks_at_hand_become_one_write_and_only_one_write_is_under_way() {
        let mut pump = Download::new(100);
        pump.arrived('a', 10);
        assert_eq!(pump.next_write(), Some((100, vec!['a'])));
        for chunk in ['b', 'c', 'd'] {
            pump.arrived(chunk, 400 * 1024);
        }
        assert_eq!(pump.next_write(), None);
        assert_eq!(pump.wrote(), 10);
        assert_eq!(pump.next_write(), Some((110, vec!['b', 'c'])), "two fit into a write, three do not");
        assert_eq!(pump.wrote(), 800 * 1024);
        assert_eq!(pump.written(), 10 + 800 * 1024);
    }

    #[test]
    fn a_chunk_above_the_limit_of_a_write_still_goes() {
        let mut pump = Download::new(0);
        pump.arrived('a', 2 * WRITE);
        assert_eq!(pump.next_write(), Some((0, vec!['a'])));
    }

    #[test]
    fn a_download_is_over_only_when_all_is_written() {
        let mut pump = Download::new(0);
        assert_eq!(pump.over(), None);
        pump.arrived((), 5);
        pump.finished(true);
        assert_eq!(pump.over(), None);
        assert!(pump.next_write().is_some());
        assert_eq!(pump.over(), None);
        pump.wrote();
        assert_eq!(pump.over(), Some(true));
    }

    #[test]
    fn an_empty_download_is_over_at_once() {
        let mut pump = Download::<()>::new(0);
        pump.finished(false);
        assert_eq!(pump.next_write(), None);
        assert_eq!(pump.over(), Some(false));
    }

    /// Drives an upload with the budgets given and returns the file as it arrives.
    fn upload(file: &[u8], offset: u64, budgets: impl Iterator<Item = u64>) -> Vec<u8> {
        let mut pump = Upload::new(offset, file.len() as u64);
        let mut arrived = Vec::new();
        for budget in budgets {
            if let Some((start, end)) = pump.next_read() {
                let chunk = file[start as usize..end as usize].to_vec();
                let len = chunk.len() as u64;
                assert!(pump.read(chunk, len));
            }
            if let Some(part) = pump.next_send(budget) {
                assert!(part.end - part.start <= budget);
                arrived.extend_from_slice(&part.chunk[part.start as usize..part.end as usize]);
                assert_eq!(pump.sent(), arrived.len() as u64);
            }
            if pump.finish() {
                assert!(!pump.finish(), "the half-close is due once");
                assert!(pump.is_finished());
                return arrived;
            }
        }
        panic!("the upload did not end");
    }

    #[test]
    fn every_byte_goes_once_and_in_order_whatever_the_credit() {
        let file: Vec<u8> = (0..3 * READ + 77).map(|at| (at % 251) as u8).collect();
        let budgets = (0..).map(|turn| [0, 1, 64 * 1024, 300_000, u64::MAX][turn % 5]);
        assert_eq!(upload(&file, 0, budgets), file);
        let budgets = std::iter::repeat(65_536);
        assert_eq!(upload(&file, 1_000_000, budgets), file[1_000_000..]);
    }

    #[test]
    fn an_empty_file_is_finished_at_once() {
        assert!(upload(&[], 0, [0].into_iter()).is_empty());
    }

    #[test]
    fn an_offset_past_the_end_sends_nothing() {
        assert!(upload(b"abc", 9, [10].into_iter()).is_empty());
    }

    #[test]
    fn a_file_that_shrank_is_found_out() {
        let mut pump = Upload::new(0, 100);
        assert_eq!(pump.next_read(), Some((0, 100)));
        assert!(!pump.finish(), "not while a read is under way");
        assert!(!pump.read((), 60));
        assert!(!pump.read((), 40), "no read is under way");
    }
}
