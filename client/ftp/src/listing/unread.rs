//! Lines that nobody could read: all are counted, some are kept (rule M11).

/// Unread lines that are kept; all are counted.
pub const MAX_UNREAD: usize = 100;
/// Bytes that are kept of an unread line.
pub const MAX_UNREAD_LINE: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Unread {
    lines: Vec<Vec<u8>>,
    count: u64,
}

impl Unread {
    pub(super) fn add(&mut self, line: &[u8]) {
        self.count += 1;
        if self.lines.len() < MAX_UNREAD {
            self.lines.push(line[..line.len().min(MAX_UNREAD_LINE)].to_vec());
        }
    }

    pub(super) fn lines(&self) -> &[Vec<u8>] {
        &self.lines
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}
