//! The file of a job on this side: opened when a session is asked to move it, closed before the pool hears how that ended. A download takes its
//! name only when it is done, with the time of its original.

use super::folder::Folder;
use crate::driver::{Job, SharedJob, Sink, Source};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use towpath_ftp::{Direction, Transferred};

/// A job's file. Its sessions come one after the other; what the last of them holds is waited for.
pub(super) struct JobFile {
    path: PathBuf,
    /// What a download is called until it is done.
    part: Option<PathBuf>,
    /// When the original was modified, where that is known to the second.
    modified: Option<i64>,
    /// Bytes a second at most.
    rate: Option<u64>,
    shared: SharedJob,
    /// What was there under the file's own name is the part that the download goes on with.
    taken_over: AtomicBool,
}

impl JobFile {
    pub(super) fn new(direction: Direction, path: PathBuf, number: u32) -> JobFile {
        let part = (direction != Direction::Upload).then(|| Folder::unfinished(&path, number));
        let (shared, taken_over) = (SharedJob::default(), AtomicBool::new(false));
        JobFile { path, part, modified: None, rate: None, shared, taken_over }
    }

    /// A download gets this time, Unix seconds.
    pub(super) fn dated(self, modified: Option<i64>) -> JobFile {
        JobFile { modified, ..self }
    }

    /// It moves at most so many bytes a second.
    pub(super) fn paced(self, rate: Option<u64>) -> JobFile {
        JobFile { rate, ..self }
    }

    /// For a session that is to move it from this byte on.
    pub(super) async fn open(&self, offset: u64) -> io::Result<SharedJob> {
        let mut held = self.shared.lock().await;
        if held.is_none() {
            *held = Some(match &self.part {
                Some(part) => Job::Download(self.sink(part, offset).await?),
                None => Job::Upload(self.source().await?),
            });
        }
        drop(held);
        Ok(self.shared.clone())
    }

    async fn source(&self) -> io::Result<Source> {
        if !tokio::fs::symlink_metadata(&self.path).await?.is_file() {
            return Err(io::Error::other(format!("{} is no file", self.path.display())));
        }
        let source = Source::file(&self.path).await?;
        Ok(match self.rate {
            Some(rate) => source.paced(rate),
            None => source,
        })
    }

    async fn sink(&self, part: &Path, offset: u64) -> io::Result<Sink> {
        if offset > 0 && !tokio::fs::try_exists(part).await? {
            // It goes on with what is there, which is a part by the user's word.
            if !tokio::fs::symlink_metadata(&self.path).await?.is_file() {
                return Err(io::Error::other(format!("{} is no file", self.path.display())));
            }
            tokio::fs::rename(&self.path, part).await?;
            self.taken_over.store(true, Ordering::Relaxed);
        }
        if offset == 0 && self.taken_over.swap(false, Ordering::Relaxed) {
            // It begins anew: what was there keeps its place until all of it has come.
            tokio::fs::rename(part, &self.path).await?;
        }
        let sink = Sink::under(&self.path, part, offset == 0).await?;
        Ok(match self.rate {
            Some(rate) => sink.paced(rate),
            None => sink,
        })
    }

    /// A session has moved all of it.
    pub(super) async fn done(&self, transferred: &Transferred) -> io::Result<()> {
        match self.shared.lock().await.take() {
            Some(Job::Download(mut sink)) => {
                if let Some(seconds) = self.modified.or(transferred.modified.map(|time| time.seconds)) {
                    sink.date(seconds);
                }
                self.taken_over.store(false, Ordering::Relaxed);
                sink.finish().await.map(drop)
            }
            Some(Job::Upload(_)) | None => Ok(()),
        }
    }

    /// A session has moved a part of it: how many bytes a download has safely.
    pub(super) async fn broken_off(&self) -> Option<u64> {
        match self.shared.lock().await.take() {
            Some(Job::Download(mut sink)) => sink.flush().await.ok(),
            Some(Job::Upload(_)) | None => None,
        }
    }

    /// Every byte had come, and the server has been asked since and has as many.
    pub(super) async fn confirmed(&self) -> io::Result<()> {
        match &self.part {
            Some(part) if tokio::fs::try_exists(part).await? => {
                self.broken_off().await;
                let mut sink = Sink::under(&self.path, part, false).await?;
                if let Some(seconds) = self.modified {
                    sink.date(seconds);
                }
                self.taken_over.store(false, Ordering::Relaxed);
                sink.finish().await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// The job has ended without the whole file: nothing that is not whole stays, but what was there before.
    pub(super) async fn give_up(&self) {
        self.broken_off().await;
        let Some(part) = &self.part else { return };
        // Best effort: why the job failed is what is reported.
        let _ = match self.taken_over.swap(false, Ordering::Relaxed) {
            true => tokio::fs::rename(part, &self.path).await,
            false => tokio::fs::remove_file(part).await,
        };
    }
}
