//! A tab's jobs on its transfer session: first come, first served, one at a time. The session is opened for the first job
//! and left when nothing was to do for a while.

use super::account::Account;
use super::convert;
use super::driver::{Context, Driver};
use super::files;
use super::owner::Role;
use super::queue::JobQueue;
use super::sink::Sink;
use super::throttle::Throttle;
use crate::protocol::{self as page, Failure, JobId, SessionId, Stage, Update};
use std::collections::BTreeMap;
use towpath_ftp as ftp;
use towpath_ftp::{Input, Request, RequestId, Time};
use wasm_bindgen::JsValue;
use web_sys::File;

/// How long a session without jobs is kept.
const IDLE_MS: u64 = 60_000;

/// What a job is to do.
pub(super) enum Work {
    /// Fetch a file.
    Download {
        /// From where.
        path: ftp::RemotePath,
        /// Its size by the listing.
        size: Option<u64>,
        /// The file that the user picked; `None` for a private one.
        picked: Option<JsValue>,
    },
    /// Store a file, which [`files::Files`] holds.
    Upload {
        /// Where to.
        path: ftp::RemotePath,
        /// Its size.
        size: u64,
    },
}

struct Job {
    work: Work,
    state: JobState,
    throttle: Throttle,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum JobState {
    Waiting,
    /// Its file is being opened.
    Opening,
    /// Its file is open; the session is awaited.
    Open,
    /// The engine is at it.
    Running(RequestId),
    /// The server has confirmed it; its file is being closed.
    Committing(u64),
}

/// How far the transfer session is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Connecting(RequestId),
    /// Logged in; since when nothing was to do.
    Ready(Time),
    Leaving,
}

/// Jobs and their session.
pub(super) struct Transfers {
    session: SessionId,
    queue: JobQueue,
    jobs: BTreeMap<JobId, Job>,
    driver: Option<Driver>,
    state: State,
    /// Why the connect under way failed.
    connect_failure: Option<Failure>,
    next_request: u32,
    generation: u32,
    questions: Vec<ftp::Question>,
}

impl Transfers {
    /// No jobs, no session.
    pub(super) fn new(session: SessionId) -> Transfers {
        Transfers {
            session,
            queue: JobQueue::default(),
            jobs: BTreeMap::new(),
            driver: None,
            state: State::Absent,
            connect_failure: None,
            next_request: 0,
            generation: 0,
            questions: Vec::new(),
        }
    }

    /// Whether there is nothing left of it.
    pub(super) fn is_over(&self) -> bool {
        self.driver.is_none() && self.jobs.is_empty()
    }

    /// Questions that a person must answer.
    pub(super) fn take_questions(&mut self) -> Vec<ftp::Question> {
        std::mem::take(&mut self.questions)
    }

    /// Adds a job.
    pub(super) fn add(&mut self, cx: &mut Context<'_>, account: &Account, job: JobId, work: Work) {
        self.jobs.insert(job, Job { work, state: JobState::Waiting, throttle: Throttle::default() });
        self.queue.push(job);
        self.advance(cx, account);
    }

    /// Stops a job.
    pub(super) fn cancel(&mut self, cx: &mut Context<'_>, account: &Account, id: JobId) {
        match self.jobs.get(&id).map(|job| job.state) {
            Some(JobState::Running(request)) => self.input(cx, account, Input::Cancel(request)),
            Some(JobState::Waiting | JobState::Opening | JobState::Open) => {
                self.fail(cx, id, convert::cancelled(Stage::Server));
                self.advance(cx, account);
            }
            // What is confirmed is done.
            Some(JobState::Committing(_)) | None => {}
        }
    }

    /// The user leaves: all jobs end.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>, account: &Account) {
        let busy = self.jobs.values().any(|job| matches!(job.state, JobState::Running(_)));
        self.fail_all(cx, &convert::cancelled(Stage::Server));
        if matches!(self.state, State::Ready(_)) && !busy {
            self.quit(cx, account);
        } else {
            self.abandon(cx);
        }
    }

    /// The session is of no more use: breaks what is left of it. Jobs must have ended before.
    pub(super) fn abandon(&mut self, cx: &mut Context<'_>) {
        if let Some(mut driver) = self.driver.take() {
            driver.abandon(cx);
        }
        self.state = State::Absent;
    }

    /// All jobs that are not confirmed fail.
    pub(super) fn fail_all(&mut self, cx: &mut Context<'_>, failure: &Failure) {
        for job in self.queue.drain() {
            self.fail(cx, job, failure.clone());
        }
    }

    /// The session, if it is this generation.
    pub(super) fn driver(&mut self, generation: u32) -> Option<&mut Driver> {
        self.driver.as_mut().filter(|driver| driver.generation() == generation)
    }

    /// Answers the session's question.
    pub(super) fn answer(&mut self, cx: &mut Context<'_>, account: &Account, yes: bool) {
        self.input(cx, account, Input::Answer(yes));
    }

    /// A download's file was opened, or could not be.
    pub(super) fn sink_opened(
        &mut self,
        cx: &mut Context<'_>,
        account: &Account,
        id: JobId,
        opened: Result<Sink, String>,
    ) {
        let job = self.jobs.get_mut(&id).filter(|job| job.state == JobState::Opening);
        match (job, opened) {
            (Some(job), Ok(sink)) => {
                job.state = JobState::Open;
                cx.files.keep_sink(id, sink);
            }
            (Some(_), Err(text)) => self.fail(cx, id, convert::fault(Stage::File, text, "")),
            // Cancelled in the meantime.
            (None, Ok(sink)) => files::discard(sink),
            (None, Err(_)) => {}
        }
        self.advance(cx, account);
    }

    /// A download's file is complete, or could not be completed.
    pub(super) fn committed(
        &mut self,
        cx: &mut Context<'_>,
        id: JobId,
        committed: Result<Option<File>, String>,
    ) {
        let Some(Job { state: JobState::Committing(bytes), .. }) = self.jobs.get(&id) else { return };
        let bytes = *bytes;
        match committed {
            Ok(file) => {
                self.jobs.remove(&id);
                let done = Update::JobDone { job: id, bytes, file: file.is_some() };
                match file {
                    Some(file) => cx.outbox.update_with(self.session, done, file.into()),
                    None => cx.outbox.update(self.session, done),
                }
            }
            Err(text) => self.fail(cx, id, convert::fault(Stage::File, text, "")),
        }
    }

    /// When there is something to do.
    pub(super) fn wake(&self) -> Option<Time> {
        let idle = match self.state {
            State::Ready(since) if self.queue.is_empty() => Some(since.after(IDLE_MS)),
            _ => None,
        };
        let engine = self.driver.as_ref().and_then(Driver::wake);
        [idle, engine].into_iter().flatten().min()
    }

    /// What time alone brings.
    pub(super) fn tick(&mut self, cx: &mut Context<'_>, account: &Account) {
        if let Some(driver) = &mut self.driver {
            driver.tick(cx);
        }
        self.settle(cx, account);
        if let State::Ready(since) = self.state
            && self.queue.is_empty()
            && since.after(IDLE_MS) <= cx.now
        {
            self.quit(cx, account);
        }
    }

    /// Takes what the session has told, and goes on with the next job.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>, account: &Account) {
        while let Some(events) = self.driver.as_mut().map(Driver::take_events).filter(|e| !e.is_empty()) {
            if let Some(driver) = &mut self.driver {
                driver.tell_learned(cx.learned);
            }
            for event in events {
                self.event(cx, account, event);
            }
            // A login that failed without a connection to lose.
            if self.connect_failure.is_some() {
                self.disconnected(cx, None);
            }
            self.advance(cx, account);
        }
    }

    fn input(&mut self, cx: &mut Context<'_>, account: &Account, input: Input) {
        if let Some(driver) = &mut self.driver {
            driver.input(cx, input);
        }
        self.settle(cx, account);
    }

    fn request(&mut self) -> RequestId {
        self.next_request = self.next_request.wrapping_add(1);
        RequestId(self.next_request)
    }

    fn quit(&mut self, cx: &mut Context<'_>, account: &Account) {
        self.state = State::Leaving;
        let request = self.request();
        self.input(cx, account, Input::Request(request, Request::Disconnect));
    }

    /// Brings the current job as far as it can go now.
    fn advance(&mut self, cx: &mut Context<'_>, account: &Account) {
        if let Some(id) = self.queue.advance() {
            self.open_file(cx, id);
        }
        let Some(id) = self.queue.current() else { return };
        match self.state {
            State::Absent => self.connect(cx, account),
            State::Ready(_) => self.run(cx, account, id),
            State::Connecting(_) | State::Leaving => {}
        }
    }

    fn open_file(&mut self, cx: &mut Context<'_>, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.state = match &mut job.work {
            Work::Upload { .. } => JobState::Open,
            Work::Download { size, picked, .. } => {
                match picked.take() {
                    Some(handle) => cx.files.open_picked(self.session, id, handle),
                    None => cx.files.open_private(self.session, id, *size),
                }
                JobState::Opening
            }
        };
    }

    fn connect(&mut self, cx: &mut Context<'_>, account: &Account) {
        cx.ensure_tunnel();
        self.generation = self.generation.wrapping_add(1);
        let site = account.site(cx.tunnel.listens(), cx.learned);
        self.driver = Some(Driver::new(self.session, Role::Transfer, self.generation, site));
        let request = self.request();
        self.state = State::Connecting(request);
        self.connect_failure = None;
        self.input(cx, account, Input::Request(request, Request::Connect));
    }

    fn run(&mut self, cx: &mut Context<'_>, account: &Account, id: JobId) {
        let request = self.request();
        let Some(job) = self.jobs.get_mut(&id).filter(|job| job.state == JobState::Open) else { return };
        job.state = JobState::Running(request);
        let file = ftp::JobId(id.0);
        let work = match &job.work {
            Work::Download { path, size, .. } => Request::Download {
                job: file,
                path: path.clone(),
                size: *size,
                offset: 0,
                options: ftp::TransferOptions::default(),
            },
            Work::Upload { path, size } => Request::Upload {
                job: file,
                path: path.clone(),
                size: Some(*size),
                offset: 0,
                options: ftp::TransferOptions::default(),
            },
        };
        self.input(cx, account, Input::Request(request, work));
    }

    fn event(&mut self, cx: &mut Context<'_>, account: &Account, event: ftp::Event) {
        match event {
            ftp::Event::Log(line) => cx.outbox.log(self.session, convert::log_line(line)),
            ftp::Event::LoggedIn(_) => self.state = State::Ready(cx.now),
            ftp::Event::Asked(question) if account.has_accepted(&question) => {
                if let Some(driver) = &mut self.driver {
                    driver.input(cx, Input::Answer(true));
                }
            }
            ftp::Event::Asked(question) => self.questions.push(question),
            ftp::Event::Progressed { request, done, total } => self.progressed(cx, request, done, total),
            ftp::Event::Done { request, outcome } => self.done(cx, request, &outcome),
            ftp::Event::Failed { request, error } => self.failed(cx, request, &error),
            ftp::Event::Disconnected(error) => self.disconnected(cx, error.as_ref()),
            // Of listings and walks, which are the browsing session's.
            ftp::Event::DataSecured { .. }
            | ftp::Event::Learned(_)
            | ftp::Event::Examined { .. }
            | ftp::Event::LeftOut { .. }
            | ftp::Event::Listed { .. }
            | ftp::Event::Walked { .. } => {}
        }
    }

    fn progressed(&mut self, cx: &mut Context<'_>, request: RequestId, done: u64, total: Option<u64>) {
        let Some((id, job)) = self.running(request) else { return };
        if job.throttle.allows(cx.now) {
            cx.outbox.update(self.session, Update::JobProgress { job: id, done, total });
        }
    }

    fn done(&mut self, cx: &mut Context<'_>, request: RequestId, outcome: &ftp::Outcome) {
        let Some((id, job)) = self.running(request) else { return };
        let ftp::Outcome::Transferred(ftp::Transferred { bytes, .. }) = *outcome else { return };
        let download = matches!(job.work, Work::Download { .. });
        job.state = JobState::Committing(bytes);
        self.queue.remove(id);
        if let State::Ready(since) = &mut self.state {
            *since = cx.now;
        }
        if download {
            cx.files.commit(self.session, id);
        } else {
            self.jobs.remove(&id);
            cx.files.drop_job(id);
            cx.outbox.update(self.session, Update::JobDone { job: id, bytes, file: false });
        }
    }

    fn failed(&mut self, cx: &mut Context<'_>, request: RequestId, error: &ftp::Error) {
        let failure = convert::failure(error);
        if self.state == State::Connecting(request) {
            self.connect_failure = Some(failure);
            return;
        }
        if let Some((id, _)) = self.running(request) {
            self.fail(cx, id, failure);
            if let State::Ready(since) = &mut self.state {
                *since = cx.now;
            }
        }
    }

    /// The session is over. A login that failed would fail for the next job as well (and lock accounts): then all end.
    fn disconnected(&mut self, cx: &mut Context<'_>, error: Option<&ftp::Error>) {
        let connecting = matches!(self.state, State::Connecting(_));
        self.abandon(cx);
        self.questions.clear();
        if connecting {
            let failure = self
                .connect_failure
                .take()
                .or_else(|| error.map(convert::failure))
                .unwrap_or_else(|| convert::fault(Stage::Connection, "The connection was lost", ""));
            self.fail_all(cx, &failure);
        }
    }

    fn fail(&mut self, cx: &mut Context<'_>, id: JobId, failure: Failure) {
        self.queue.remove(id);
        cx.files.drop_job(id);
        if self.jobs.remove(&id).is_some() {
            cx.outbox.update(self.session, page::Update::JobFailed { job: id, failure });
        }
    }

    fn running(&mut self, request: RequestId) -> Option<(JobId, &mut Job)> {
        self.jobs
            .iter_mut()
            .find(|(_, job)| job.state == JobState::Running(request))
            .map(|(id, job)| (*id, job))
    }
}
