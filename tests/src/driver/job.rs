//! The files of transfers: [`Sink`], where a download goes, and [`Source`], where an upload comes from.

use super::sink::Sink;
use super::source::Source;
use aws_lc_rs::digest::{Context, SHA256};
use std::io;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A transfer's file. A connection that works on it holds the lock.
pub(crate) enum Job {
    Download(Sink),
    Upload(Source),
}

impl Job {
    /// Reads what the file holds at a place, to compare it or to compute its digest; 0 at its end.
    pub(crate) async fn read_at(&mut self, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Job::Download(sink) => sink.read_at(place, buffer).await,
            Job::Upload(source) => source.read_at(place, buffer).await,
        }
    }
}

/// The job's file, until the transfer takes it back.
pub(crate) type SharedJob = Arc<Mutex<Option<Job>>>;

/// What came of a job's file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Bytes that the file has, up to where the transfer ended.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal, where asked for with `hashed`: of the whole file, of a sink that keeps nothing of what
    /// passed.
    pub sha256: Option<String>,
    /// The bytes themselves, of a memory sink.
    pub data: Vec<u8>,
}

/// SHA-256 of what passes.
pub(crate) struct Hash(Context);

impl Hash {
    pub(crate) fn new() -> Hash {
        Hash(Context::new(&SHA256))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> String {
        hexadecimal(self.0.finish().as_ref())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of bytes, as [`Summary::sha256`] writes it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let mut hash = Hash::new();
    hash.update(bytes);
    hash.finish()
}

/// A slice's bytes from a place on; how many there were.
pub(crate) fn copy_at(data: &[u8], place: u64, buffer: &mut [u8]) -> usize {
    let from = usize::try_from(place).unwrap_or(usize::MAX).min(data.len());
    let count = buffer.len().min(data.len() - from);
    buffer[..count].copy_from_slice(&data[from..from + count]);
    count
}
