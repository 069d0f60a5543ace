//! Checksums of jobs' files.

use super::job::{SharedJob, hexadecimal};
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use md5::{Digest as _, Md5};
use towpath_ftp::Algorithm;

/// Bytes between two chances for other tasks: less than a millisecond's work of any algorithm.
const CHUNK: usize = 256 * 1024;

/// A checksum that is being computed.
enum State {
    Crc(crc32fast::Hasher),
    Md5(Md5),
    Sha(Context),
}

impl State {
    fn new(algorithm: Algorithm) -> State {
        match algorithm {
            Algorithm::Crc32 => State::Crc(crc32fast::Hasher::new()),
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::Sha1 => State::Sha(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Algorithm::Sha256 => State::Sha(Context::new(&SHA256)),
            Algorithm::Sha512 => State::Sha(Context::new(&SHA512)),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            State::Crc(state) => state.update(bytes),
            State::Md5(state) => state.update(bytes),
            State::Sha(state) => state.update(bytes),
        }
    }

    fn finish(self) -> String {
        match self {
            State::Crc(state) => format!("{:08x}", state.finalize()),
            State::Md5(state) => hexadecimal(state.finalize().as_slice()),
            State::Sha(state) => hexadecimal(state.finish().as_ref()),
        }
    }
}

/// The digest of the first `length` bytes of a job's file; `None` where it has fewer or cannot be read.
pub(crate) async fn of(job: SharedJob, algorithm: Algorithm, length: u64) -> Option<String> {
    let mut job = job.lock().await;
    let job = job.as_mut()?;
    let mut state = State::new(algorithm);
    let mut buffer = vec![0; CHUNK];
    let mut place = 0;
    while place < length {
        let wanted = usize::try_from(length - place).unwrap_or(CHUNK).min(CHUNK);
        let count = job.read_at(place, &mut buffer[..wanted]).await.ok().filter(|count| *count > 0)?;
        state.update(&buffer[..count]);
        place += count as u64;
        // Memory never waits.
        tokio::task::yield_now().await;
    }
    Some(state.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::job::Job;
    use crate::driver::{Sink, Source};
    use std::sync::Arc;
    use tokio::sync::Mutex;

    fn shared(job: Job) -> SharedJob {
        Arc::new(Mutex::new(Some(job)))
    }

    #[tokio::test]
    async fn all_algorithms_of_the_beginning_of_a_file() {
        // Of "abc": FIPS 180, RFC 1321; CRC-32 as in ISO 3309.
        let known = [
            (Algorithm::Crc32, "352441c2"),
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                Algorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ];
        for (algorithm, hex) in known {
            let source = shared(Job::Upload(Source::memory("abcdef")));
            let sink = shared(Job::Download(Sink::memory_from(b"abc".to_vec())));
            assert_eq!(of(source.clone(), algorithm, 3).await.as_deref(), Some(hex));
            assert_eq!(of(sink.clone(), algorithm, 3).await.as_deref(), Some(hex));
            assert_eq!(of(source, algorithm, 7).await, None, "it is shorter");
            assert_eq!(hex.len(), algorithm.digits());
        }
        let nowhere = shared(Job::Download(Sink::nowhere()));
        assert_eq!(of(nowhere, Algorithm::Md5, 1).await, None);
        assert_eq!(of(SharedJob::default(), Algorithm::Md5, 0).await, None);
    }

    #[tokio::test]
    async fn large_files_are_read_in_pieces() {
        let size = CHUNK as u64 * 2 + 17;
        let mut bytes = vec![0; usize::try_from(size).unwrap()];
        crate::driver::pattern(0, &mut bytes);
        let digest = of(shared(Job::Upload(Source::pattern(size))), Algorithm::Sha256, size).await;
        assert_eq!(digest, Some(crate::driver::sha256(&bytes)));
    }
}
