//! Uploads and downloads.

use super::action::{Effect, NewDownload, Tab};
use super::dialog::{Choice, Conflict, Dialog, NewUpload, free_name};
use super::jobs::{Direction, Job, Progress};
use super::listing::Entry;
use super::shared::Shared;
use super::state::State;
use super::text::text;
use super::visible;
use crate::protocol::{Bytes, Command, Failure, JobId, Modified, Row, RowKind};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

impl State {
    /// Files whose names are free go at once; for the others the person is asked.
    pub(super) fn upload(&mut self, files: Vec<NewUpload>) -> Vec<Effect> {
        let Some(folder) = self.browser.path.clone().filter(|_| self.is_up()) else {
            return files.into_iter().map(|file| Effect::Release(file.job)).collect();
        };
        let mut effects = Vec::new();
        let mut waiting: VecDeque<(NewUpload, Rc<Entry>)> = VecDeque::new();
        let mut batch: HashSet<String> = HashSet::new();
        for mut file in files {
            // Two files of one name, picked from different places: neither may swallow the other.
            if batch.contains(&file.name) {
                file.name =
                    free_name(&file.name, |name| batch.contains(name) || self.is_taken(&folder, name));
            }
            batch.insert(file.name.clone());
            match self.browser.named(&file.name).cloned() {
                Some(theirs) => waiting.push_back((file, theirs)),
                None => effects.extend(self.start_upload(&folder, file)),
            }
        }
        if let Some((ours, theirs)) = waiting.pop_front() {
            self.dialog = Some(Shared::new(Dialog::Exists(Conflict { folder, ours, theirs, waiting })));
        }
        effects
    }

    pub(super) fn resolve(&mut self, choice: Choice, all: bool) -> Vec<Effect> {
        let Some(Dialog::Exists(conflict)) = self.dialog.take().map(|dialog| Dialog::clone(&dialog)) else {
            return Vec::new();
        };
        let Conflict { folder, ours, theirs, mut waiting } = conflict;
        let mut effects = self.settle(&folder, ours, &theirs, choice);
        while let Some((ours, theirs)) = waiting.pop_front() {
            // A folder cannot be overwritten by a file, whatever was said of all.
            let fits = choice != Choice::Overwrite || !theirs.is_directory();
            if choice == Choice::Cancel || (all && fits) {
                effects.extend(self.settle(&folder, ours, &theirs, choice));
            } else {
                self.dialog = Some(Shared::new(Dialog::Exists(Conflict { folder, ours, theirs, waiting })));
                break;
            }
        }
        effects
    }

    fn settle(&mut self, folder: &Bytes, mut ours: NewUpload, theirs: &Entry, choice: Choice) -> Vec<Effect> {
        match choice {
            Choice::Overwrite if !theirs.is_directory() => self.start_upload(folder, ours),
            Choice::Rename => {
                ours.name = free_name(&ours.name, |name| self.is_taken(folder, name));
                self.start_upload(folder, ours)
            }
            Choice::Overwrite | Choice::Skip | Choice::Cancel => vec![Effect::Release(ours.job)],
        }
    }

    /// Whether a name in this folder is a listed file's or a coming upload's.
    fn is_taken(&self, folder: &Bytes, name: &str) -> bool {
        let path = folder.join(&Bytes::text(name));
        let coming = self.jobs.active().any(|job| job.direction == Direction::Upload && job.path == path);
        coming || self.browser.named(name).is_some()
    }

    fn start_upload(&mut self, folder: &Bytes, file: NewUpload) -> Vec<Effect> {
        let path = folder.join(&Bytes::text(file.name.clone()));
        self.show_transfers();
        let job = Job::new(file.job, Direction::Upload, file.name, path.clone(), Some(file.size));
        self.jobs.edit().push(job);
        self.command(Command::Upload { job: file.job, path, size: file.size })
    }

    pub(super) fn download(&mut self, files: Vec<NewDownload>) -> Vec<Effect> {
        if !self.is_up() {
            return files.into_iter().map(|file| Effect::Release(file.job)).collect();
        }
        let mut effects = Vec::new();
        for NewDownload { job, name, path, size, sink } in files {
            self.show_transfers();
            let mut row = Job::new(job, Direction::Download, name, path.clone(), size);
            row.sink = sink;
            self.jobs.edit().push(row);
            effects.extend(self.command(Command::Download { job, path, size, sink }));
        }
        effects
    }

    /// The first transfer turns the person's eye to it.
    fn show_transfers(&mut self) {
        if self.jobs.active().next().is_none() {
            self.tab = Tab::Transfers;
        }
    }

    pub(super) fn job_moved(&mut self, id: JobId, done: u64, total: Option<u64>, now: u64) -> Vec<Effect> {
        if let Some(job) = self.jobs.edit().edit(id).filter(|job| job.is_active()) {
            job.moved(done, total, now);
        }
        Vec::new()
    }

    pub(super) fn job_done(&mut self, id: JobId, bytes: u64, file: bool, now: u64) -> Vec<Effect> {
        let Some(job) = self.jobs.edit().edit(id).filter(|job| job.is_active()) else { return Vec::new() };
        job.moved(bytes, Some(bytes), now);
        job.progress = Progress::Done;
        let job = job.clone();
        let name = visible::text(&job.name);
        let mut effects = Vec::new();
        match job.direction {
            Direction::Download => {
                self.announce((text().downloaded)(&name));
                if file {
                    effects.push(Effect::Save(id, job.name.clone()));
                }
            }
            Direction::Upload => {
                self.announce((text().uploaded)(&name));
                effects.extend(self.uploaded(&job));
            }
        }
        effects.push(Effect::Release(id));
        effects.extend(self.jobs.edit().trim().into_iter().map(Effect::Release));
        effects
    }

    /// The new file stands in its folder at once; the server's own words follow when the last upload there has ended.
    fn uploaded(&mut self, job: &Job) -> Vec<Effect> {
        let Some(folder) = job.path.parent() else { return Vec::new() };
        if self.browser.path.as_ref() != Some(&folder) {
            self.browser.edit().forget_below(&folder);
            return Vec::new();
        }
        let name = Bytes::text(job.name.clone());
        let known = self.browser.named(&job.name).map(|entry| entry.row.clone());
        self.browser.edit().put(Row {
            size: job.total,
            modified: None::<Modified>,
            ..known.unwrap_or(Row {
                name,
                kind: RowKind::File,
                size: None,
                modified: None,
                mode: None,
                owner: None,
                group: None,
                target: None,
            })
        });
        let more = self.jobs.active().any(|other| {
            other.direction == Direction::Upload && other.path.parent().as_ref() == Some(&folder)
        });
        if more { Vec::new() } else { self.refresh() }
    }

    pub(super) fn job_failed(&mut self, id: JobId, failure: Failure) -> Vec<Effect> {
        let lines = self.tail();
        let Some(job) = self.jobs.edit().edit(id).filter(|job| job.is_active()) else { return Vec::new() };
        let name = visible::text(&job.name);
        let upload = job.direction == Direction::Upload;
        let folder = job.path.parent();
        let mut effects = Vec::new();
        if failure.cancelled {
            self.jobs.edit().remove(id);
            effects.push(Effect::Release(id));
            self.announce((text().transfer_stopped)(&name));
        } else {
            let words = (text().transfer_failed)(&name, &failure.message);
            job.progress = Progress::Failed(failure, lines);
            self.announce(words);
        }
        effects.extend(self.jobs.edit().trim().into_iter().map(Effect::Release));
        // A broken upload may have left a part of the file.
        if upload && folder.is_some() && self.browser.path == folder {
            effects.extend(self.refresh());
        }
        effects
    }

    pub(super) fn stop_job(&mut self, id: JobId) -> Vec<Effect> {
        let Some(job) = self.jobs.edit().edit(id).filter(|job| job.is_active()) else { return Vec::new() };
        job.progress = Progress::Stopping;
        self.command(Command::CancelJob(id))
    }

    pub(super) fn retry_job(&mut self, id: JobId) -> Vec<Effect> {
        if !self.is_up() {
            return Vec::new();
        }
        let Some(job) = self.jobs.edit().edit(id).filter(|job| matches!(job.progress, Progress::Failed(..)))
        else {
            return Vec::new();
        };
        job.restart();
        let (path, size, sink) = (job.path.clone(), job.total, job.sink);
        self.tab = Tab::Transfers;
        self.command(match job_direction(self, id) {
            Some(Direction::Upload) => Command::Upload { job: id, path, size: size.unwrap_or(0) },
            _ => Command::Download { job: id, path, size, sink },
        })
    }

    pub(super) fn forget_job(&mut self, id: JobId) -> Vec<Effect> {
        if self.jobs.get(id).is_none_or(Job::is_active) {
            return Vec::new();
        }
        self.jobs.edit().remove(id);
        vec![Effect::Release(id)]
    }

    pub(super) fn forget_done(&mut self) -> Vec<Effect> {
        let done: Vec<JobId> = self.jobs.done().map(|job| job.id).collect();
        let jobs = self.jobs.edit();
        done.iter().for_each(|id| jobs.remove(*id));
        Vec::new()
    }
}

fn job_direction(state: &State, id: JobId) -> Option<Direction> {
    state.jobs.get(id).map(|job| job.direction)
}
