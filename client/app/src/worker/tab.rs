//! A tab: one engine session for browsing, and [`Transfers`] beside it with a session of their own.

use super::account::Account;
use super::convert;
use super::driver::{Context, Driver};
use super::early::Early;
use super::idle::Idle;
use super::owner::{Owner, Role};
use super::throttle::Throttle;
use super::transfers::{Transfers, Work};
use crate::protocol::{self as page, Command, Connect, Failure, SessionId, Sink, Stage, Update};
use std::collections::{BTreeMap, VecDeque};
use towpath_ftp as ftp;
use towpath_ftp::{Input, Request, RequestId, Time};
use wasm_bindgen::JsValue;

/// How long leaving may take before the connections are broken. The engine itself gives the farewell 2 s.
const LEAVE_MS: u64 = 3_000;

/// Whom an engine request is for.
enum Purpose {
    Connect,
    KeepAlive,
    Disconnect,
    Page(page::RequestId, Throttle),
    /// A listing that the page will ask for.
    Early,
}

/// A tab of the page.
pub(super) struct Tab {
    id: SessionId,
    account: Account,
    generation: u32,
    browsing: Option<Driver>,
    requests: BTreeMap<RequestId, Purpose>,
    next_request: u32,
    /// There is a login, and since when nothing was wanted of it.
    idle: Option<Idle>,
    /// The user wants to leave; until when that may take.
    leaving: Option<Time>,
    connect_failure: Option<Failure>,
    early: Option<Early>,
    /// The first one is before the user.
    questions: VecDeque<(Role, ftp::Question)>,
    transfers: Transfers,
}

impl Tab {
    /// A tab that is not connected.
    pub(super) fn new(id: SessionId, account: Account) -> Tab {
        Tab {
            id,
            account,
            generation: 0,
            browsing: None,
            requests: BTreeMap::new(),
            next_request: 0,
            idle: None,
            leaving: None,
            connect_failure: None,
            early: None,
            questions: VecDeque::new(),
            transfers: Transfers::new(id),
        }
    }

    /// Connects anew; `epoch` as in [`Account::new`]. Jobs go on where it is the same account.
    pub(super) fn connect(&mut self, cx: &mut Context<'_>, connect: Connect, epoch: i64) {
        self.drop_browsing(cx);
        if !self.account.is_same(&connect) {
            self.transfers.fail_all(cx, &convert::cancelled(Stage::Server));
            self.transfers.abandon(cx);
            self.account = Account::new(connect, epoch);
        }
        self.leaving = None;
        cx.ensure_tunnel();
        self.generation = self.generation.wrapping_add(1);
        let site = self.account.site(cx.tunnel.listens(), cx.learned);
        self.browsing = Some(Driver::new(self.id, Role::Browsing, self.generation, site));
        self.request(cx, Purpose::Connect, Request::Connect);
        let start = self.account.start();
        if let Some(request) = self.request(cx, Purpose::Early, Request::List(start)) {
            self.early = Some(Early::new(request));
        }
    }

    /// Does what the page wants; [`Command::Connect`] goes to [`Tab::connect`]. `object` is what travelled beside.
    pub(super) fn command(&mut self, cx: &mut Context<'_>, command: Command, object: Option<JsValue>) {
        match command {
            Command::Connect(_) => {}
            Command::Answer(yes) => self.answer(cx, yes),
            Command::Disconnect => self.leave(cx),
            Command::List(id, None) if self.early.is_some() => self.claim(cx, id),
            Command::List(id, path) => {
                let path = match path {
                    Some(path) => convert::remote_path(&path).map(Some),
                    None => Ok(self.account.start()),
                };
                self.page_request(cx, id, path.map(Request::List));
            }
            Command::MakeDirectory(id, path) => {
                self.page_request(cx, id, convert::remote_path(&path).map(Request::MakeDirectory));
            }
            Command::Rename { request, from, to } => {
                let paths =
                    convert::remote_path(&from).and_then(|from| Ok((from, convert::remote_path(&to)?)));
                self.page_request(cx, request, paths.map(|(from, to)| Request::Rename { from, to }));
            }
            Command::Count(id, items) => {
                self.page_request(cx, id, convert::items(&items).map(Request::Count));
            }
            Command::Delete(id, items) => {
                self.page_request(cx, id, convert::items(&items).map(Request::DeleteTree));
            }
            Command::Cancel(id) => {
                let wanted = |purpose: &Purpose| matches!(purpose, Purpose::Page(page, _) if *page == id);
                let request = self.requests.iter().find(|(_, purpose)| wanted(purpose)).map(|(id, _)| *id);
                if let Some(request) = request {
                    self.input(cx, Input::Cancel(request));
                }
            }
            Command::Download { job, path, size, sink } => {
                let picked = object.filter(|_| sink == Sink::Picked);
                let work = match (convert::remote_path(&path), sink, &picked) {
                    (_, Sink::Picked, None) => {
                        Err(convert::fault(Stage::File, "No file came with the download", ""))
                    }
                    (path, _, _) => path.map(|path| Work::Download { path, size, picked }),
                };
                self.job(cx, job, work);
            }
            Command::Upload { job, path, size: _ } => {
                let size = cx.files.keep_source(job, object);
                let work =
                    convert::remote_path(&path).and_then(|path| Ok(Work::Upload { path, size: size? }));
                self.job(cx, job, work);
            }
            Command::CancelJob(job) => {
                self.transfers.cancel(cx, &self.account, job);
                self.settle_transfers(cx);
            }
        }
    }

    /// Whether nothing is left of it: the user left and all is closed.
    pub(super) fn is_over(&self) -> bool {
        self.leaving.is_some() && self.browsing.is_none() && self.transfers.is_over()
    }

    /// The session that a connection belongs to, if it is still the same.
    fn driver(&mut self, owner: Owner) -> Option<&mut Driver> {
        match owner.role {
            Role::Browsing => self.browsing.as_mut().filter(|driver| driver.generation() == owner.generation),
            Role::Transfer => self.transfers.driver(owner.generation),
        }
    }

    /// Passes something on to the session of a connection, then acts on what it tells.
    pub(super) fn with_driver(
        &mut self,
        cx: &mut Context<'_>,
        owner: Owner,
        act: impl FnOnce(&mut Driver, &mut Context<'_>),
    ) {
        if let Some(driver) = self.driver(owner) {
            act(driver, cx);
        }
        match owner.role {
            Role::Browsing => self.settle(cx),
            Role::Transfer => self.settle_transfers(cx),
        }
    }

    /// Passes something on to the transfers, then acts on what they tell.
    pub(super) fn with_transfers(
        &mut self,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut Transfers, &mut Context<'_>, &Account),
    ) {
        act(&mut self.transfers, cx, &self.account);
        self.settle_transfers(cx);
    }

    /// When there is something to do.
    pub(super) fn wake(&self) -> Option<Time> {
        let engine = self.browsing.as_ref().and_then(Driver::wake);
        let idle = self.idle.filter(|_| self.requests.is_empty()).and_then(|idle| idle.due());
        let leaving = self.leaving.filter(|_| !self.is_over());
        [engine, idle, leaving, self.transfers.wake()].into_iter().flatten().min()
    }

    /// What time alone brings.
    pub(super) fn tick(&mut self, cx: &mut Context<'_>) {
        if let Some(driver) = &mut self.browsing {
            driver.tick(cx);
        }
        self.settle(cx);
        self.transfers.tick(cx, &self.account);
        self.settle_transfers(cx);
        if self.leaving.is_some_and(|until| until <= cx.now) {
            self.transfers.abandon(cx);
            if self.browsing.is_some() {
                self.over(cx, None);
            }
        }
        if let Some(idle) = &mut self.idle
            && self.requests.is_empty()
            && idle.due().is_some_and(|due| due <= cx.now)
        {
            idle.kept_alive(cx.now);
            self.request(cx, Purpose::KeepAlive, Request::KeepAlive);
        }
    }

    fn page_request(&mut self, cx: &mut Context<'_>, id: page::RequestId, request: Result<Request, Failure>) {
        let request = request.and_then(|request| {
            if self.browsing.is_none() {
                let text = "There is no connection to the server";
                return Err(convert::fault(Stage::Connection, text, "Connect first"));
            }
            Ok(request)
        });
        match request {
            Ok(request) => {
                self.used(cx.now);
                self.request(cx, Purpose::Page(id, Throttle::default()), request);
            }
            Err(failure) => cx.outbox.update(self.id, Update::Failed { request: id, failure }),
        }
    }

    fn job(&mut self, cx: &mut Context<'_>, job: page::JobId, work: Result<Work, Failure>) {
        self.used(cx.now);
        match work {
            Ok(work) => {
                self.transfers.add(cx, &self.account, job, work);
                self.settle_transfers(cx);
            }
            Err(failure) => {
                cx.files.drop_job(job);
                cx.outbox.update(self.id, Update::JobFailed { job, failure });
            }
        }
    }

    fn used(&mut self, now: Time) {
        if let Some(idle) = &mut self.idle {
            idle.used(now);
        }
    }

    /// Hands a request to the engine; its number, unless it has ended by then.
    fn request(&mut self, cx: &mut Context<'_>, purpose: Purpose, request: Request) -> Option<RequestId> {
        self.next_request = self.next_request.wrapping_add(1);
        let id = RequestId(self.next_request);
        self.requests.insert(id, purpose);
        self.input(cx, Input::Request(id, request));
        self.requests.contains_key(&id).then_some(id)
    }

    /// The page asks for the listing that is under way, or there, already.
    fn claim(&mut self, cx: &mut Context<'_>, id: page::RequestId) {
        let Some((request, events)) = self.early.take().map(Early::claim) else { return };
        self.used(cx.now);
        self.requests.insert(request, Purpose::Page(id, Throttle::default()));
        for event in events {
            self.event(cx, event);
        }
    }

    fn input(&mut self, cx: &mut Context<'_>, input: Input) {
        if let Some(driver) = &mut self.browsing {
            driver.input(cx, input);
        }
        self.settle(cx);
    }

    fn leave(&mut self, cx: &mut Context<'_>) {
        self.leaving = Some(cx.now.after(LEAVE_MS));
        self.transfers.leave(cx, &self.account);
        if self.browsing.is_none() {
            return cx.outbox.update(self.id, Update::Disconnected(None));
        }
        // What is under way is no longer wanted, and would make the farewell wait.
        for request in self.requests.keys().copied().collect::<Vec<_>>() {
            self.input(cx, Input::Cancel(request));
        }
        if self.browsing.is_some() {
            self.request(cx, Purpose::Disconnect, Request::Disconnect);
        }
    }

    fn answer(&mut self, cx: &mut Context<'_>, yes: bool) {
        let Some((role, question)) = self.questions.pop_front() else { return };
        if yes {
            self.account.accept(&question);
        }
        match role {
            Role::Browsing => self.input(cx, Input::Answer(yes)),
            Role::Transfer => {
                self.transfers.answer(cx, &self.account, yes);
                self.settle_transfers(cx);
            }
        }
        if let Some((_, next)) = self.questions.front() {
            cx.outbox.update(self.id, Update::Asked(convert::question(next.clone())));
        }
    }

    fn ask(&mut self, cx: &mut Context<'_>, role: Role, question: ftp::Question) {
        if self.questions.is_empty() {
            cx.outbox.update(self.id, Update::Asked(convert::question(question.clone())));
        }
        self.questions.push_back((role, question));
    }

    fn settle_transfers(&mut self, cx: &mut Context<'_>) {
        self.transfers.settle(cx, &self.account);
        for question in self.transfers.take_questions() {
            self.ask(cx, Role::Transfer, question);
        }
    }

    /// Acts on what the browsing session has told.
    fn settle(&mut self, cx: &mut Context<'_>) {
        while let Some(events) = self.browsing.as_mut().map(Driver::take_events).filter(|e| !e.is_empty()) {
            for event in events {
                self.event(cx, event);
            }
            if let Some(driver) = &mut self.browsing {
                driver.tell_learned(cx.learned);
            }
            // A login that failed without a connection to lose.
            if let (Some(failure), Some(_)) = (self.connect_failure.take(), &self.browsing) {
                self.over(cx, Some(failure));
            }
        }
    }

    fn event(&mut self, cx: &mut Context<'_>, event: ftp::Event) {
        let event = match &mut self.early {
            Some(early) => early.keep(event),
            None => Some(event),
        };
        let Some(event) = event else { return };
        match event {
            ftp::Event::Log(line) => cx.outbox.log(self.id, convert::log_line(line)),
            ftp::Event::LoggedIn(info) => {
                self.idle = Some(Idle::new(cx.now));
                cx.outbox.update(self.id, Update::Connected(convert::server(info)));
            }
            ftp::Event::Asked(question) => self.ask(cx, Role::Browsing, question),
            ftp::Event::Listed { request, path, entries } => {
                if let Some(Purpose::Page(request, _)) = self.requests.get(&request) {
                    let rows = entries.into_iter().map(convert::row).collect();
                    let path = page::Bytes::new(path.as_bytes());
                    cx.outbox.update(self.id, Update::Rows { request: *request, path, rows });
                }
            }
            ftp::Event::Walked { request, files, directories, bytes } => {
                if let Some(Purpose::Page(request, throttle)) = self.requests.get_mut(&request)
                    && throttle.allows(cx.now)
                {
                    let tree = page::Tree { files, directories, bytes };
                    cx.outbox.update(self.id, Update::Walked { request: *request, tree });
                }
            }
            ftp::Event::Done { request, outcome } => {
                if let Some(Purpose::Page(request, _)) = self.requests.remove(&request) {
                    self.used(cx.now);
                    let outcome = convert::outcome(outcome);
                    cx.outbox.update(self.id, Update::Done { request, outcome });
                }
            }
            ftp::Event::Failed { request, error } => self.failed(cx, request, &error),
            ftp::Event::Disconnected(error) => {
                let failure = self.connect_failure.take().or_else(|| error.as_ref().map(convert::failure));
                self.over(cx, failure);
            }
            ftp::Event::DataSecured { .. }
            | ftp::Event::Learned(_)
            | ftp::Event::Examined { .. }
            | ftp::Event::LeftOut { .. }
            | ftp::Event::Progressed { .. } => {}
        }
    }

    fn failed(&mut self, cx: &mut Context<'_>, request: RequestId, error: &ftp::Error) {
        let failure = convert::failure(error);
        match self.requests.remove(&request) {
            Some(Purpose::Page(request, _)) => {
                self.used(cx.now);
                cx.outbox.update(self.id, Update::Failed { request, failure });
            }
            Some(Purpose::Connect) => self.connect_failure = Some(failure),
            Some(Purpose::Disconnect) => self.over(cx, None),
            Some(Purpose::KeepAlive | Purpose::Early) | None => {}
        }
    }

    /// The browsing session is over.
    fn over(&mut self, cx: &mut Context<'_>, failure: Option<Failure>) {
        self.drop_browsing(cx);
        let failure = failure.filter(|_| self.leaving.is_none());
        cx.outbox.update(self.id, Update::Disconnected(failure));
    }

    /// Forgets the browsing session; its page requests fail.
    fn drop_browsing(&mut self, cx: &mut Context<'_>) {
        if let Some(mut driver) = self.browsing.take() {
            for event in driver.take_events() {
                if let ftp::Event::Log(line) = event {
                    cx.outbox.log(self.id, convert::log_line(line));
                }
            }
            driver.abandon(cx);
        }
        for purpose in std::mem::take(&mut self.requests).into_values() {
            if let Purpose::Page(request, _) = purpose {
                let failure = convert::cancelled(Stage::Connection);
                cx.outbox.update(self.id, Update::Failed { request, failure });
            }
        }
        self.idle = None;
        self.early = None;
        self.connect_failure = None;
        self.questions.retain(|(role, _)| *role != Role::Browsing);
    }
}
