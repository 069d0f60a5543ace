//! The files of transfers: where a download goes ([`Sink`]) and where an upload comes from ([`Source`]).
//!
//! A file sink writes under a temporary name beside its target and takes the real name on [`Sink::finish`] alone, so
//! that a broken download never looks like a whole file.

use aws_lc_rs::digest::{Context, SHA256};
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::time::Instant;

/// What came of a job's file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Bytes written or read.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal, where asked for with `hashed`.
    pub sha256: Option<String>,
    /// The bytes themselves, of a memory sink.
    pub data: Vec<u8>,
}

/// SHA-256 of what passes.
struct Hash(Context);

impl Hash {
    fn new() -> Hash {
        Hash(Context::new(&SHA256))
    }

    fn finish(self) -> String {
        self.0.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// SHA-256 of bytes, as [`Summary::sha256`] writes it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let mut hash = Hash::new();
    hash.0.update(bytes);
    hash.finish()
}

/// Where a download goes.
pub struct Sink {
    place: SinkPlace,
    bytes: u64,
    hash: Option<Hash>,
    pace: Option<Pace>,
}

enum SinkPlace {
    Nowhere,
    Memory(Vec<u8>),
    File { file: File, part: PathBuf, path: PathBuf },
}

/// Takes so many bytes a second, like a slow disk.
struct Pace {
    bytes_per_second: u64,
    next: Instant,
}

impl Sink {
    /// Keeps nothing; with [`Sink::hashed`] it says what passed.
    #[must_use]
    pub fn nowhere() -> Sink {
        Sink::new(SinkPlace::Nowhere)
    }

    /// Keeps everything in memory: for small files.
    #[must_use]
    pub fn memory() -> Sink {
        Sink::new(SinkPlace::Memory(Vec::new()))
    }

    /// A file, which appears under this name when it is whole. A file that is there is replaced then.
    ///
    /// # Errors
    /// Where the temporary file beside it cannot be made.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Sink> {
        let path = path.as_ref().to_owned();
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = File::create(&part).await?;
        Ok(Sink::new(SinkPlace::File { file, part, path }))
    }

    fn new(place: SinkPlace) -> Sink {
        Sink { place, bytes: 0, hash: None, pace: None }
    }

    /// Computes SHA-256 on the way.
    #[must_use]
    pub fn hashed(mut self) -> Sink {
        self.hash = Some(Hash::new());
        self
    }

    /// Takes at most so many bytes a second.
    #[must_use]
    pub fn paced(mut self, bytes_per_second: u64) -> Sink {
        self.pace = Some(Pace { bytes_per_second: bytes_per_second.max(1), next: Instant::now() });
        self
    }

    /// Makes ready for bytes that begin at `offset`, a second try after a first one that brought some included.
    pub(crate) async fn start(&mut self, offset: u64) -> io::Result<()> {
        if offset == self.bytes {
            return Ok(());
        }
        match (&mut self.place, offset) {
            (SinkPlace::Nowhere, 0) => {}
            (SinkPlace::Memory(data), _) if offset < self.bytes && self.hash.is_none() => {
                data.truncate(usize::try_from(offset).map_err(io::Error::other)?);
            }
            (SinkPlace::Memory(data), 0) => data.clear(),
            (SinkPlace::File { file, .. }, _)
                if offset == 0 || (offset < self.bytes && self.hash.is_none()) =>
            {
                file.set_len(offset).await?;
                file.seek(SeekFrom::Start(offset)).await?;
            }
            _ => return Err(io::Error::other("the file cannot go on at this place")),
        }
        self.bytes = offset;
        if self.hash.is_some() {
            self.hash = Some(Hash::new());
        }
        Ok(())
    }

    /// Returns when the bytes are taken.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(pace) = &mut self.pace {
            tokio::time::sleep_until(pace.next).await;
            let due = pace.next.max(Instant::now());
            pace.next = due + Duration::from_secs_f64(bytes.len() as f64 / pace.bytes_per_second as f64);
        }
        match &mut self.place {
            SinkPlace::Nowhere => {}
            SinkPlace::Memory(data) => data.extend_from_slice(bytes),
            SinkPlace::File { file, .. } => file.write_all(bytes).await?,
        }
        if let Some(hash) = &mut self.hash {
            hash.0.update(bytes);
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The transfer is complete.
    pub(crate) async fn finish(self) -> io::Result<Summary> {
        let data = match self.place {
            SinkPlace::Nowhere => Vec::new(),
            SinkPlace::Memory(data) => data,
            SinkPlace::File { mut file, part, path } => {
                file.flush().await?;
                drop(file);
                tokio::fs::rename(part, path).await?;
                Vec::new()
            }
        };
        Ok(Summary { bytes: self.bytes, sha256: self.hash.map(Hash::finish), data })
    }

    /// The transfer failed: nothing that looks like the file stays behind.
    pub(crate) async fn discard(self) {
        if let SinkPlace::File { file, part, .. } = self.place {
            drop(file);
            // Best effort: the failure that led here is what is reported.
            let _ = tokio::fs::remove_file(part).await;
        }
    }
}

/// Where an upload comes from.
pub struct Source {
    place: SourcePlace,
    position: u64,
    size: u64,
    hash: Option<Hash>,
}

enum SourcePlace {
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
        Source::new(SourcePlace::Memory(bytes), size)
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
        Ok(Source::new(SourcePlace::File(file), meta.len()))
    }

    /// `size` bytes that look random and are always the same.
    #[must_use]
    pub fn pattern(size: u64) -> Source {
        Source::new(SourcePlace::Pattern, size)
    }

    fn new(place: SourcePlace, size: u64) -> Source {
        Source { place, position: 0, size, hash: None }
    }

    /// Computes SHA-256 on the way.
    #[must_use]
    pub fn hashed(mut self) -> Source {
        self.hash = Some(Hash::new());
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
        if let SourcePlace::File(file) = &mut self.place {
            file.seek(SeekFrom::Start(offset)).await?;
        }
        if self.hash.is_some() {
            self.hash = Some(Hash::new());
        }
        self.position = offset;
        Ok(())
    }

    /// Fills a part of the buffer; 0 at the end.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.position).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let buffer = &mut buffer[..most];
        let read = match &mut self.place {
            SourcePlace::Memory(data) => {
                // Below the size, which is a usize here.
                let from = usize::try_from(self.position).map_err(io::Error::other)?;
                buffer.copy_from_slice(&data[from..from + most]);
                most
            }
            SourcePlace::File(file) => {
                let read = file.read(buffer).await?;
                if read == 0 && most > 0 {
                    return Err(io::Error::other("the file became shorter"));
                }
                read
            }
            SourcePlace::Pattern => {
                pattern(self.position, buffer);
                most
            }
        };
        if let Some(hash) = &mut self.hash {
            hash.0.update(&buffer[..read]);
        }
        self.position += read as u64;
        Ok(read)
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
