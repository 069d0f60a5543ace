//! What trees ask for, done: requests and jobs of the pool, work on our own disk, questions to a person.

use super::file::JobFile;
use super::folder::{fault, seconds};
use super::request::{Answered, Asker};
use super::runner::{Carried, Message, Runner, Step};
use super::settings::News;
use super::shelf;
use super::work::{Open, Work};
use std::sync::Arc;
use towpath_ftp::pool::{JobEnd, PoolInput};
use towpath_ftp::tree::{AskId, FileEnd, FileTransfer, Listing, LocalAsk, TreeEvent, TreeInput, TreeOutput};
use towpath_ftp::{Direction, Error, ErrorKind, JobId, Modified, Outcome, Stage, TransferOptions};

impl Runner {
    /// One output of a tree, which is out of the list of trees meanwhile.
    pub(super) fn tree_output(&mut self, id: u64, work: &mut Work, output: TreeOutput) {
        match output {
            TreeOutput::Ask(ask, request) => {
                let request = self.ask(request, Asker::Tree(id, ask));
                work.open.insert(ask, Open::Request(request));
            }
            TreeOutput::Local(ask, local) => self.local(id, work, ask, local),
            TreeOutput::Transfer(ask, transfer) => self.transfer(id, work, ask, transfer),
            TreeOutput::Cancel(ask) => {
                // What is done here ends by itself.
                if let Some(open) = work.open.get(&ask) {
                    self.steps.push_back(Step::Pool(match open {
                        Open::Request(request) => PoolInput::CancelAsk(*request),
                        Open::Job(job) => PoolInput::Cancel(*job),
                    }));
                }
            }
            TreeOutput::Hold(ask, held) => {
                if let Some(Open::Job(job)) = work.open.get(&ask) {
                    self.steps.push_back(Step::Pool(PoolInput::Pause(*job, held)));
                }
            }
            TreeOutput::Discard(ask) => work.discard(ask),
            TreeOutput::Event(event) => self.tree_event(id, work, event),
            TreeOutput::Wait(_) => {}
        }
    }

    fn tree_event(&mut self, id: u64, work: &mut Work, event: TreeEvent) {
        (self.settings.observer)(&News::Tree(event.clone()));
        match event {
            TreeEvent::Asked(ask, question) => {
                let (arbiter, messages) = (self.settings.arbiter.clone(), self.messages.clone());
                // A person may take time.
                tokio::task::spawn_blocking(move || {
                    let (answer, all) = arbiter(&question);
                    let _ = messages.send(Message::Answer(id, ask, answer, all));
                });
            }
            TreeEvent::Stalled(error) => {
                work.report.stopped.get_or_insert(error);
                self.steps.push_back(Step::Tree(id, TreeInput::Cancel));
            }
            TreeEvent::Ended(summary) => {
                let mut report = std::mem::take(&mut work.report);
                report.summary = summary;
                if let Some(reply) = work.reply.take() {
                    // Whoever began it may have gone.
                    let _ = reply.send(report);
                }
            }
            _ => {}
        }
    }

    fn local(&mut self, id: u64, work: &Work, ask: AskId, local: LocalAsk) {
        let (folder, messages) = (work.folder.clone(), self.messages.clone());
        tokio::task::spawn_blocking(move || {
            let mut unnamed = Vec::new();
            let wrong = |error| fault("The directory here", &error);
            let input = match &local {
                LocalAsk::List(place) => {
                    let rows = folder.list(place).map_err(wrong);
                    let listing = rows.map(|rows| {
                        unnamed = rows.unnamed;
                        Listing::Local(rows.entries)
                    });
                    TreeInput::Listed(ask, listing)
                }
                other => TreeInput::Done(ask, folder.perform(other).map_err(wrong)),
            };
            let _ = messages.send(Message::Tree(id, input, unnamed));
        });
    }

    fn transfer(&mut self, id: u64, work: &mut Work, ask: AskId, transfer: FileTransfer) {
        let path = match work.path(&transfer.local) {
            Ok(path) => path,
            Err(error) => {
                let end = FileEnd::Failed(fault("The file here", &error));
                return self.steps.push_back(Step::Tree(id, TreeInput::Ended(ask, end)));
            }
        };
        self.next += 1;
        let job = JobId(self.next);
        let upload = transfer.direction == Direction::Upload;
        let exact = transfer.modified.filter(is_exact).map(|modified| modified.seconds);
        let mut options = TransferOptions::default();
        if self.settings.keep_times {
            options.modified = match upload {
                // The file's own: of a scratch file it is that of its original.
                true => std::fs::symlink_metadata(&path).ok().as_ref().and_then(seconds),
                false if exact.is_none() => Some(0),
                false => None,
            };
        }
        let modified = exact.filter(|_| self.settings.keep_times && !upload);
        let file =
            Arc::new(JobFile::new(transfer.direction, path, job.0).dated(modified).paced(self.settings.rate));
        let stored = upload.then(|| (transfer.remote.clone(), transfer.size));
        self.jobs.insert(job, Carried { work: id, ask, file, upload: stored });
        work.open.insert(ask, Open::Job(job));
        let mut carried = transfer.job(job);
        carried.options = options;
        self.steps.push_back(Step::Pool(PoolInput::Add(vec![carried])));
    }

    /// A request of a tree has ended.
    pub(super) fn tree_answered(&mut self, id: u64, ask: AskId, result: Result<Answered, Error>) {
        let input = match result {
            Ok(answered) => match &answered.outcome {
                Outcome::Listing { path, unread, truncated, .. } => {
                    // A line that cannot be read may be a file that must not be overwritten.
                    let truncated = truncated.is_some() || !unread.is_empty();
                    let path = path.clone();
                    let entries = answered.entries();
                    TreeInput::Listed(ask, Ok(Listing::Remote { path, entries, truncated }))
                }
                _ => TreeInput::Done(ask, Ok(())),
            },
            // A tree knows what it had asked.
            Err(error) => TreeInput::Done(ask, Err(error)),
        };
        self.steps.push_back(Step::Tree(id, input));
    }

    /// Nothing more will come of these.
    pub(super) fn stop(&mut self, works: Vec<u64>, error: &Error) {
        for id in works {
            if let Some(work) = self.works.get_mut(&id) {
                work.report.stopped.get_or_insert_with(|| error.clone());
                self.steps.push_back(Step::Tree(id, TreeInput::Cancel));
            }
        }
    }

    /// A job has ended.
    pub(super) fn job_ended(&mut self, job: JobId, end: JobEnd) {
        let Some(Carried { work, ask, file, upload }) = self.jobs.remove(&job) else { return };
        if let (JobEnd::Done { .. }, Some((path, size))) = (&end, &upload) {
            shelf::stored(&mut self.cache, path, *size);
        }
        let messages = self.messages.clone();
        let end = match end {
            JobEnd::Done { bytes, confirmed: true } => {
                let end = TreeInput::Ended(ask, FileEnd::Done(bytes));
                return self.steps.push_back(Step::Tree(work, end));
            }
            JobEnd::Done { bytes, confirmed: false } => Ok(bytes),
            JobEnd::Failed(error) => Err(FileEnd::Failed(error)),
            JobEnd::Cancelled => Err(FileEnd::Cancelled),
        };
        tokio::spawn(async move {
            let end = match end {
                Ok(bytes) => match file.confirmed().await {
                    Ok(()) => FileEnd::Done(bytes),
                    Err(error) => FileEnd::Failed(fault("The file cannot be finished", &error)),
                },
                Err(end) => {
                    file.give_up().await;
                    end
                }
            };
            let _ = messages.send(Message::Tree(work, TreeInput::Ended(ask, end), Vec::new()));
        });
    }
}

/// Known to the second, and in UTC.
fn is_exact(modified: &Modified) -> bool {
    modified.utc && modified.has_time && modified.has_seconds
}

/// The crew's task has ended before it answered.
pub(super) fn gone() -> Error {
    Error::new(Stage::Connection, ErrorKind::NotConnected, "The sessions have been closed")
}
