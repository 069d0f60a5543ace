//! Where a download goes.
//!
//! A file sink writes under a temporary name beside its target and takes the real name when the transfer is done, so that a
//! broken download never looks like a whole file.

use super::job::{Hash, Summary, copy_at};
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::time::Instant;

/// Bytes that are read at once of what a sink has already.
const CHUNK: usize = 256 * 1024;

/// Where a download goes.
pub struct Sink {
    place: Place,
    /// Where the next byte goes: what comes before it is there.
    position: u64,
    hash: Option<Hash>,
    pace: Option<Pace>,
    /// What has come stays when the transfer fails.
    keeps: bool,
    /// When the file is to have been modified, Unix seconds.
    modified: Option<i64>,
}

enum Place {
    Nowhere,
    Memory(Vec<u8>),
    File {
        file: File,
        part: PathBuf,
        path: PathBuf,
    },
    /// A part of a file that others write to as well; how far it came is told at its end.
    Range {
        file: File,
        reached: Arc<AtomicU64>,
    },
}

/// So many bytes a second, like a slow disk.
pub(crate) struct Pace {
    bytes_per_second: u64,
    next: Instant,
}

impl Pace {
    pub(crate) fn new(bytes_per_second: u64) -> Pace {
        Pace { bytes_per_second: bytes_per_second.max(1), next: Instant::now() }
    }

    /// Waits until so many bytes may follow those before.
    pub(crate) async fn wait(&mut self, bytes: usize) {
        tokio::time::sleep_until(self.next).await;
        let due = self.next.max(Instant::now());
        self.next = due + Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
    }
}

/// Where the bytes of a file are kept until it is whole.
pub(crate) fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(towpath_ftp::request::PART);
    path.with_file_name(name)
}

impl Sink {
    /// Keeps nothing; with [`Sink::hashed`] it says what passed.
    #[must_use]
    pub fn nowhere() -> Sink {
        Sink::new(Place::Nowhere, 0)
    }

    /// Keeps everything in memory: for small files.
    #[must_use]
    pub fn memory() -> Sink {
        Sink::memory_from(Vec::new())
    }

    /// In memory, where these bytes are already.
    #[must_use]
    pub fn memory_from(bytes: Vec<u8>) -> Sink {
        let position = bytes.len() as u64;
        Sink::new(Place::Memory(bytes), position)
    }

    /// A file, which appears under this name when it is whole. A file that is there is replaced then.
    ///
    /// # Errors
    /// Where the temporary file beside it cannot be made.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Sink> {
        Sink::open(path.as_ref(), true).await
    }

    /// The same, but what an earlier try left under the temporary name is there already ([`Sink::position`]), and what this one
    /// brings stays there if it fails.
    ///
    /// # Errors
    /// Where the temporary file beside it cannot be made or read.
    pub async fn resumed(path: impl AsRef<Path>) -> io::Result<Sink> {
        let mut sink = Sink::open(path.as_ref(), false).await?;
        sink.keeps = true;
        Ok(sink)
    }

    async fn open(path: &Path, afresh: bool) -> io::Result<Sink> {
        let part = part(path);
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(afresh).open(&part).await?;
        let position = file.metadata().await?.len();
        Ok(Sink::new(Place::File { file, part, path: path.to_owned() }, position))
    }

    /// A file whose bytes are kept under this temporary name until it is whole, and stay there if that fails; afresh, or behind those that
    /// are there. Nothing that has the temporary name is followed if it is a link.
    pub(crate) async fn under(path: &Path, part: &Path, afresh: bool) -> io::Result<Sink> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        if afresh {
            match tokio::fs::remove_file(part).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => options.create_new(true),
            };
        } else if !tokio::fs::symlink_metadata(part).await?.is_file() {
            return Err(io::Error::other("what is under the temporary name is no file"));
        }
        let file = options.open(part).await?;
        let position = file.metadata().await?.len();
        let mut sink =
            Sink::new(Place::File { file, part: part.to_owned(), path: path.to_owned() }, position);
        sink.keeps = true;
        Ok(sink)
    }

    /// The file gets this time before it takes its name, Unix seconds.
    pub(crate) fn date(&mut self, seconds: i64) {
        self.modified = Some(seconds);
    }

    /// Bytes from the beginning on that are safe on this side: all that came, once this returns.
    pub(crate) async fn flush(&mut self) -> io::Result<u64> {
        if let Place::File { file, .. } | Place::Range { file, .. } = &mut self.place {
            file.flush().await?;
        }
        Ok(self.position)
    }

    /// A part of a file that is there; `reached` is told up to where it was written.
    pub(crate) async fn range(path: &Path, offset: u64, reached: Arc<AtomicU64>) -> io::Result<Sink> {
        let file = OpenOptions::new().read(true).write(true).open(path).await?;
        reached.store(offset, Ordering::Relaxed);
        Ok(Sink::new(Place::Range { file, reached }, offset))
    }

    fn new(place: Place, position: u64) -> Sink {
        Sink { place, position, hash: None, pace: None, keeps: false, modified: None }
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
        self.pace = Some(Pace::new(bytes_per_second));
        self
    }

    /// Bytes that are there already.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Makes ready for bytes that begin at `offset`, a second try after a first one that brought some included. Bytes that are there
    /// behind it are dropped.
    pub(crate) async fn start(&mut self, offset: u64) -> io::Result<()> {
        match &mut self.place {
            Place::Nowhere => {}
            Place::Memory(data) => match usize::try_from(offset) {
                Ok(length) if length <= data.len() => data.truncate(length),
                _ => return Err(gap()),
            },
            Place::File { file, .. } => {
                if file.metadata().await?.len() < offset {
                    return Err(gap());
                }
                file.set_len(offset).await?;
                file.seek(SeekFrom::Start(offset)).await?;
            }
            Place::Range { file, .. } => {
                file.seek(SeekFrom::Start(offset)).await?;
            }
        }
        self.position = offset;
        if self.hash.is_some() {
            self.hash = Some(self.hash_kept(offset).await?);
        }
        Ok(())
    }

    /// The hash of what is there already.
    async fn hash_kept(&mut self, offset: u64) -> io::Result<Hash> {
        let mut hash = Hash::new();
        if offset == 0 || matches!(self.place, Place::Nowhere | Place::Range { .. }) {
            return Ok(hash);
        }
        let mut buffer = vec![0; CHUNK];
        let mut place = 0;
        while place < offset {
            let wanted = usize::try_from(offset - place).unwrap_or(CHUNK).min(CHUNK);
            match self.read_at(place, &mut buffer[..wanted]).await? {
                0 => return Err(gap()),
                count => {
                    hash.update(&buffer[..count]);
                    place += count as u64;
                }
            }
        }
        if let Place::File { file, .. } = &mut self.place {
            file.seek(SeekFrom::Start(offset)).await?;
        }
        Ok(hash)
    }

    /// Reads what is there. Bytes can be written again after [`Sink::start`] only.
    pub(crate) async fn read_at(&mut self, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.place {
            Place::Nowhere => Err(io::Error::other("nothing is kept of this file")),
            Place::Memory(data) => Ok(copy_at(data, place, buffer)),
            Place::File { file, .. } | Place::Range { file, .. } => {
                file.seek(SeekFrom::Start(place)).await?;
                file.read(buffer).await
            }
        }
    }

    /// Returns when the bytes are taken.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(pace) = &mut self.pace {
            pace.wait(bytes.len()).await;
        }
        match &mut self.place {
            Place::Nowhere => {}
            Place::Memory(data) => data.extend_from_slice(bytes),
            Place::File { file, .. } | Place::Range { file, .. } => file.write_all(bytes).await?,
        }
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// The transfer is complete.
    pub(crate) async fn finish(self) -> io::Result<Summary> {
        let data = match self.place {
            Place::Nowhere => Vec::new(),
            Place::Memory(data) => data,
            Place::File { mut file, part, path } => {
                file.flush().await?;
                let file = file.into_std().await;
                if let Some(time) = self.modified.and_then(|seconds| time(seconds).ok()) {
                    // Where the file system has no such time, the file is whole all the same.
                    let _ = file.set_modified(time);
                }
                drop(file);
                tokio::fs::rename(part, path).await?;
                Vec::new()
            }
            Place::Range { mut file, reached } => {
                file.flush().await?;
                reached.store(self.position, Ordering::Relaxed);
                Vec::new()
            }
        };
        Ok(Summary { bytes: self.position, sha256: self.hash.map(Hash::finish), data })
    }

    /// The transfer failed: nothing that looks like the file stays behind.
    pub(crate) async fn discard(self) {
        match self.place {
            Place::Nowhere | Place::Memory(_) => {}
            Place::File { mut file, .. } if self.keeps => {
                // Best effort, here and below: the failure that led here is what is reported.
                let _ = file.flush().await;
            }
            Place::File { file, part, .. } => {
                drop(file);
                let _ = tokio::fs::remove_file(part).await;
            }
            Place::Range { mut file, reached } => {
                if file.flush().await.is_ok() {
                    reached.store(self.position, Ordering::Relaxed);
                }
            }
        }
    }
}

/// The time so many seconds after 1970, or before.
pub(crate) fn time(seconds: i64) -> io::Result<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.ok_or_else(|| io::Error::other("the time is out of range"))
}

fn gap() -> io::Error {
    io::Error::other("the file cannot go on at this place: it is shorter")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::sha256;

    #[tokio::test]
    async fn t9_what_failed_leaves_nothing_and_what_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut sink = Sink::resumed(&path).await.unwrap();
        sink.start(0).await.unwrap();
        sink.write(b"one two").await.unwrap();
        sink.discard().await;
        assert!(!path.exists() && part(&path).exists());
        let mut sink = Sink::resumed(&path).await.unwrap().hashed();
        assert_eq!(sink.position(), 7);
        assert!(sink.start(8).await.is_err());
        for _ in 0..2 {
            sink.start(4).await.unwrap();
            sink.write(b"three").await.unwrap();
        }
        let mut buffer = [0; 16];
        assert_eq!(sink.read_at(4, &mut buffer).await.unwrap(), 5);
        let summary = sink.finish().await.unwrap();
        assert_eq!((summary.bytes, summary.sha256), (9, Some(sha256(b"one three"))));
        assert_eq!(std::fs::read(&path).unwrap(), b"one three");
        // A fresh one begins anew and leaves nothing when it fails.
        let mut sink = Sink::file(&path).await.unwrap();
        assert_eq!(sink.position(), 0);
        sink.write(b"x").await.unwrap();
        sink.discard().await;
        assert!(!part(&path).exists());
        assert_eq!(std::fs::read(&path).unwrap(), b"one three");
    }

    #[tokio::test]
    async fn memory_goes_on_where_it_stands() {
        let mut sink = Sink::memory_from(b"abcdef".to_vec()).hashed();
        sink.start(3).await.unwrap();
        sink.write(b"X").await.unwrap();
        let summary = sink.finish().await.unwrap();
        assert_eq!((summary.data.as_slice(), summary.sha256), (&b"abcX"[..], Some(sha256(b"abcX"))));
    }
}
