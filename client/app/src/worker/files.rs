//! The files of jobs: what downloads go into and uploads come from, while their transfers run.

use super::convert;
use super::inbox::{Event, Inbox};
use super::owner::Owner;
use super::sink::{self, Sink};
use crate::protocol::{self as page, Failure, JobId, SessionId};
use crate::web::file;
use crate::web::private::PrivateDirectory;
use js_sys::Uint8Array;
use std::collections::BTreeMap;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

/// The private file system.
enum Private {
    /// It is being opened; these downloads wait for it.
    Opening(Vec<(SessionId, JobId, Option<u64>)>),
    /// It is there.
    Ready(PrivateDirectory),
    /// There is none.
    Absent,
}

/// What came of a write.
pub(super) enum Written {
    /// Done.
    Now,
    /// [`Event::Wrote`] follows.
    Later,
}

/// Files by job.
pub(super) struct Files {
    inbox: Inbox,
    private: Private,
    sinks: BTreeMap<JobId, Sink>,
    sources: BTreeMap<JobId, File>,
}

impl Files {
    /// No files yet. The private file system is being opened, and what earlier workers left there removed.
    pub(super) fn new(inbox: Inbox) -> Files {
        inbox.push_later(async {
            Event::Private(PrivateDirectory::open().await.map_err(|error| crate::web::fault::text(&error)))
        });
        Files {
            inbox,
            private: Private::Opening(Vec::new()),
            sinks: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }

    /// The private file system is there, or is not.
    pub(super) fn private_opened(&mut self, opened: Result<PrivateDirectory, String>) {
        let next = opened.map_or(Private::Absent, Private::Ready);
        if let Private::Opening(waiting) = std::mem::replace(&mut self.private, next) {
            for (session, job, size) in waiting {
                self.open_private(session, job, size);
            }
        }
    }

    /// Opens the file that the user picked; [`Event::SinkOpened`] follows.
    pub(super) fn open_picked(&self, session: SessionId, job: JobId, handle: JsValue) {
        self.inbox.push_later(async move { Event::SinkOpened(session, job, Sink::picked(handle).await) });
    }

    /// Makes a private file, or keeps the download in memory where there are none; [`Event::SinkOpened`] follows.
    pub(super) fn open_private(&mut self, session: SessionId, job: JobId, size: Option<u64>) {
        match &mut self.private {
            Private::Opening(waiting) => waiting.push((session, job, size)),
            Private::Ready(directory) => {
                let (directory, name) = (directory.clone(), format!("job-{}", job.0));
                self.inbox.push_later(async move {
                    Event::SinkOpened(session, job, Sink::private(directory, name).await)
                });
            }
            Private::Absent if sink::fits_memory(size) => {
                self.inbox.push(Event::SinkOpened(session, job, Ok(Sink::memory())));
            }
            Private::Absent => self.inbox.push(Event::SinkOpened(session, job, Err(sink::too_large()))),
        }
    }

    /// Keeps an open sink for a job.
    pub(super) fn keep_sink(&mut self, job: JobId, sink: Sink) {
        self.sinks.insert(job, sink);
    }

    /// Keeps the file of an upload and returns its size.
    ///
    /// # Errors
    /// A failure for the page where no file came along.
    pub(super) fn keep_source(&mut self, job: JobId, object: Option<JsValue>) -> Result<u64, Failure> {
        use wasm_bindgen::JsCast;
        let file = object
            .and_then(|object| object.dyn_into::<File>().ok())
            .ok_or_else(|| convert::fault(page::Stage::File, "No file came with the upload", ""))?;
        let size = file::size(&file);
        self.sources.insert(job, file);
        Ok(size)
    }

    /// Size of the file of an upload; 0 where there is none.
    pub(super) fn source_size(&self, job: JobId) -> u64 {
        self.sources.get(&job).map_or(0, file::size)
    }

    /// Writes chunks of a download at a place.
    ///
    /// # Errors
    /// Words for a person.
    pub(super) fn write(
        &mut self,
        job: JobId,
        owner: Owner,
        at: u64,
        chunks: Vec<Uint8Array>,
    ) -> Result<Written, String> {
        let sink = self.sinks.get_mut(&job).ok_or("The file is not open")?;
        let Some(promise) = sink.write(at, chunks)? else { return Ok(Written::Now) };
        self.inbox.push_later(async move {
            let written = JsFuture::from(promise).await;
            Event::Wrote(owner, written.map(drop).map_err(|error| sink::write_failed(&error)))
        });
        Ok(Written::Later)
    }

    /// Reads a part of an upload's file; [`Event::Read`] follows.
    pub(super) fn read(&self, job: JobId, owner: Owner, start: u64, end: u64) {
        let file = self.sources.get(&job).cloned();
        self.inbox.push_later(async move {
            let read = match file {
                Some(file) => file::read(&file, start, end).await.map_err(|error| sink::read_failed(&error)),
                None => Err("The file is not open".to_owned()),
            };
            Event::Read(owner, read)
        });
    }

    /// A download is complete: [`Event::Committed`] follows.
    pub(super) fn commit(&mut self, session: SessionId, job: JobId) {
        let sink = self.sinks.remove(&job);
        self.inbox.push_later(async move {
            let committed = match sink {
                Some(sink) => sink.commit().await,
                None => Err("The file is not open".to_owned()),
            };
            Event::Committed(session, job, committed)
        });
    }

    /// A job is over or failed: what is left of its files goes.
    pub(super) fn drop_job(&mut self, job: JobId) {
        self.sources.remove(&job);
        if let Private::Opening(waiting) = &mut self.private {
            waiting.retain(|(_, waiting, _)| *waiting != job);
        }
        if let Some(sink) = self.sinks.remove(&job) {
            discard(sink);
        }
    }
}

/// Removes what is there of a download that nobody wants any more.
pub(super) fn discard(sink: Sink) {
    spawn_local(sink.discard());
}
