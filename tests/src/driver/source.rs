//! Where an upload comes from.

use super::job::{Hash, Summary, copy_at};
use super::sink::Pace;
use std::io::{self, SeekFrom};
use std::path::Path;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Where an upload comes from.
pub struct Source {
    place: Place,
    position: u64,
    size: u64,
    hash: Option<Hash>,
    pace: Option<Pace>,
}

enum Place {
    Memory(Vec<u8>),
    File(File),
    /// Bytes that a generator makes of their position.
    Pattern,
}

impl Source {
    /// These bytes.
    #[must_use]
    pub fn memory(bytes: impl Into<Vec<u8>>) -> Source {
        let bytes = bytes.into();
        let size = bytes.len() as u64;
        Source::new(Place::Memory(bytes), size)
    }

    /// A file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Source> {
        let file = File::open(path).await?;
        let meta = file.metadata().await?;
        if meta.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        Ok(Source::new(Place::File(file), meta.len()))
    }

    /// `size` bytes that look random and are always the same.
    #[must_use]
    pub fn pattern(size: u64) -> Source {
        Source::new(Place::Pattern, size)
    }

    fn new(place: Place, size: u64) -> Source {
        Source { place, position: 0, size, hash: None, pace: None }
    }

    /// Computes SHA-256 on the way; of a file that goes from its beginning.
    #[must_use]
    pub fn hashed(mut self) -> Source {
        self.hash = Some(Hash::new());
        self
    }

    /// Gives at most so many bytes a second.
    #[must_use]
    pub fn paced(mut self, bytes_per_second: u64) -> Source {
        self.pace = Some(Pace::new(bytes_per_second));
        self
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(crate) async fn start(&mut self, offset: u64) -> io::Result<()> {
        if offset > self.size || (offset != 0 && self.hash.is_some()) {
            return Err(io::Error::other("the file cannot go on at this place"));
        }
        if self.hash.is_some() {
            self.hash = Some(Hash::new());
        }
        self.position = offset;
        self.seek(offset).await
    }

    async fn seek(&mut self, place: u64) -> io::Result<()> {
        if let Place::File(file) = &mut self.place {
            file.seek(SeekFrom::Start(place)).await?;
        }
        Ok(())
    }

    /// Fills a part of the buffer; 0 at the end.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill(self.position, buffer).await?;
        if let Some(pace) = &mut self.pace {
            pace.wait(read).await;
        }
        if let Some(hash) = &mut self.hash {
            hash.update(&buffer[..read]);
        }
        self.position += read as u64;
        Ok(read)
    }

    /// Reads at a place. The transfer can go on after [`Source::start`] only.
    pub(crate) async fn read_at(&mut self, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.seek(place).await?;
        self.fill(place, buffer).await
    }

    /// Fills a part of the buffer with bytes of this place, where a file stands already.
    async fn fill(&mut self, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(place)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let buffer = &mut buffer[..most];
        match &mut self.place {
            Place::Memory(data) => Ok(copy_at(data, place, buffer)),
            Place::File(file) => match file.read(buffer).await? {
                0 if most > 0 => Err(io::Error::other("the file became shorter")),
                read => Ok(read),
            },
            Place::Pattern => {
                pattern(place, buffer);
                Ok(most)
            }
        }
    }

    pub(crate) fn finish(self) -> Summary {
        Summary { bytes: self.position, sha256: self.hash.map(Hash::finish), data: Vec::new() }
    }
}

/// Bytes of the pattern from `position` on: the SplitMix64 of each 8-byte word's number.
pub fn pattern(position: u64, buffer: &mut [u8]) {
    let mut place = position;
    let mut rest = buffer;
    while !rest.is_empty() {
        let mut word = (place / 8).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bytes = (word ^ (word >> 31)).to_le_bytes();
        // At most 7, and at least one byte is left of the word.
        let skip = (place % 8) as usize;
        let count = (8 - skip).min(rest.len());
        let (now, later) = rest.split_at_mut(count);
        now.copy_from_slice(&bytes[skip..skip + count]);
        rest = later;
        place += count as u64;
    }
}
