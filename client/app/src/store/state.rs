//! The state, and which part of it an action concerns.

use super::action::{Action, Effect, Tab};
use super::browser::Browser;
use super::dialog::Dialog;
use super::jobs::Jobs;
use super::log::Log;
use super::memory::Memory;
use super::session::Session;
use super::shared::Shared;
use crate::protocol::{
    Bytes, Command, Failure, FromWorker, LogLine, Preset, RequestId, SessionId, Stage, ToWorker, Tunnel,
    Update,
};
use std::collections::BTreeMap;

/// Log lines that an error card shows.
const TAIL: usize = 12;
/// Error cards on the screen.
const CARDS: usize = 3;

/// The way to the relay.
#[derive(Clone, PartialEq)]
pub(crate) enum Relay {
    /// On the way.
    Connecting,
    /// Up: its name.
    Ready(String),
    /// The connection broke, and the worker tries to come back: its name.
    Interrupted(String),
    /// Lost, or never up.
    Lost(Failure),
}

/// An error card.
#[derive(Clone, PartialEq)]
pub(crate) struct Card {
    /// Its number.
    pub(crate) id: u32,
    /// What failed.
    pub(crate) title: String,
    /// Why.
    pub(crate) failure: Failure,
    /// The last log lines then.
    pub(crate) lines: Vec<LogLine>,
}

/// What a request was for.
#[derive(Clone, PartialEq)]
pub(crate) enum Asked {
    /// A new folder of this name.
    MakeDirectory(String),
    /// A new name.
    Rename {
        /// Where it was.
        from: Bytes,
        /// What it is to be called.
        to: String,
    },
    /// The count of the open deletion.
    Count,
    /// The open deletion.
    Delete,
}

/// All that the page knows. Cheap to clone: what can be large is shared.
#[derive(Clone)]
pub(crate) struct State {
    /// The way to the relay.
    pub(crate) relay: Shared<Relay>,
    /// The relay's words before it stops.
    pub(crate) leaving: Option<String>,
    /// The relay's words where it asks for an access token.
    pub(crate) token_wanted: Option<String>,
    /// Sites that the relay offers.
    pub(crate) presets: Shared<Vec<Preset>>,
    /// The session of the tab.
    pub(crate) session: Option<Shared<Session>>,
    /// The directory on the screen.
    pub(crate) browser: Shared<Browser>,
    /// The session log.
    pub(crate) log: Shared<Log>,
    /// Transfers.
    pub(crate) jobs: Shared<Jobs>,
    /// An open dialog.
    pub(crate) dialog: Option<Shared<Dialog>>,
    /// Error cards.
    pub(crate) cards: Shared<Vec<Card>>,
    /// The part of the dock on the screen.
    pub(crate) tab: Tab,
    /// What is remembered between visits.
    pub(crate) memory: Shared<Memory>,
    /// What was last said to those who listen, and a number that tells it from the same words said again.
    pub(crate) announcement: (u32, String),
    pub(super) asked: BTreeMap<RequestId, Asked>,
    sessions: u32,
    requests: u32,
    card: u32,
}

impl State {
    /// The first moment of a visit.
    pub(crate) fn new(memory: Memory) -> State {
        State {
            relay: Shared::new(Relay::Connecting),
            leaving: None,
            token_wanted: None,
            presets: Shared::default(),
            session: None,
            browser: Shared::default(),
            log: Shared::default(),
            jobs: Shared::default(),
            dialog: None,
            cards: Shared::default(),
            tab: Tab::default(),
            memory: Shared::new(memory),
            announcement: (0, String::new()),
            asked: BTreeMap::new(),
            sessions: 0,
            requests: 0,
            card: 0,
        }
    }

    /// Lets an action happen, and says what is to be done in the world.
    pub(crate) fn reduce(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Heard(message, now) => self.heard(*message, now),
            Action::WorkerFailed(words) => self.worker_failed(words),
            Action::RetryRelay => self.retry_relay(),
            Action::ShowToken(token) => self.show_token(token),
            Action::SignIn(site, password) => self.sign_in(site, password),
            Action::Answer(answer) => self.answer(answer),
            Action::Reconnect => self.reconnect(),
            Action::Disconnect => self.disconnect(),
            Action::Go(to) => self.go(to),
            Action::Enter(row) => self.enter(row),
            Action::Grip(row, grip) => self.browse(|browser| browser.grip(row, grip)),
            Action::Step(step, grip) => self.browse(|browser| browser.step(step, grip)),
            Action::ToggleCursor => self.toggle_cursor(),
            Action::SelectAll => self.browse(|browser| {
                let order = browser.order.clone();
                browser.selection.all(&order);
            }),
            Action::SelectNone => self.browse(|browser| browser.selection.clear()),
            Action::Seek(prefix, advance) => self.browse(|browser| browser.seek(&prefix, advance)),
            Action::SortBy(column) => self.browse(|browser| browser.sort_by(column)),
            Action::FilterBy(filter) => self.browse(|browser| browser.filter_by(filter)),
            Action::AskNewFolder => self.ask_new_folder(),
            Action::NewFolder(name) => self.new_folder(name),
            Action::StartRename => self.start_rename(),
            Action::Rename(name) => self.rename(name),
            Action::StopRename => self.browse(|browser| browser.renaming = None),
            Action::AskDelete => self.ask_delete(),
            Action::Delete => self.delete(),
            Action::CloseDialog => self.close_dialog(),
            Action::Upload(files) => self.upload(files),
            Action::Resolve(choice, all) => self.resolve(choice, all),
            Action::Download(files) => self.download(files),
            Action::StopJob(job) => self.stop_job(job),
            Action::RetryJob(job) => self.retry_job(job),
            Action::ForgetJob(job) => self.forget_job(job),
            Action::ForgetDone => self.forget_done(),
            Action::ShowTab(tab) => {
                self.tab = tab;
                Vec::new()
            }
            Action::OpenDock(open) => self.remember(|memory| memory.dock_open = open),
            Action::ResizeDock(height) => self.remember(|memory| memory.dock_height = height),
            Action::SetTheme(theme) => self.remember(|memory| memory.theme = theme),
            Action::Dismiss(id) => {
                self.cards.edit().retain(|card| card.id != id);
                Vec::new()
            }
            Action::Announce(words) => {
                self.announce(words);
                Vec::new()
            }
        }
    }

    fn heard(&mut self, message: FromWorker, now: u64) -> Vec<Effect> {
        match message {
            FromWorker::Tunnel(tunnel) => self.tunnel(tunnel),
            // Words of a session that was closed meanwhile concern nobody.
            FromWorker::Session(id, _) if self.session.as_ref().is_none_or(|session| session.id != id) => {
                Vec::new()
            }
            FromWorker::Session(_, update) => self.updated(update, now),
        }
    }

    fn tunnel(&mut self, tunnel: Tunnel) -> Vec<Effect> {
        match tunnel {
            Tunnel::Connecting => self.relay = Shared::new(Relay::Connecting),
            Tunnel::Ready { relay, sites } => {
                self.relay = Shared::new(Relay::Ready(relay));
                self.presets = Shared::new(sites);
                self.leaving = None;
                self.token_wanted = None;
            }
            Tunnel::RoundTrip(_) => {}
            Tunnel::Interrupted => {
                if let Relay::Ready(relay) = &*self.relay {
                    self.relay = Shared::new(Relay::Interrupted(relay.clone()));
                }
            }
            Tunnel::Resumed => {
                if let Relay::Interrupted(relay) = &*self.relay {
                    self.relay = Shared::new(Relay::Ready(relay.clone()));
                }
            }
            Tunnel::Leaving(words) => self.leaving = Some(words),
            Tunnel::Lost(failure) => {
                let wanted = failure.stage == Stage::Policy && failure.credentials;
                self.token_wanted = wanted.then(|| failure.message.clone());
                self.relay = Shared::new(Relay::Lost(failure));
            }
        }
        Vec::new()
    }

    fn updated(&mut self, update: Update, now: u64) -> Vec<Effect> {
        match update {
            Update::Log(lines) => {
                let log = self.log.edit();
                lines.into_iter().for_each(|line| log.push(line));
                Vec::new()
            }
            Update::Connected(server) => self.connected(server),
            Update::Asked(question) => self.asked_by_session(question),
            Update::Disconnected(failure) => self.disconnected(failure),
            Update::Rows { request, path, rows } => {
                // Cloning the state's listing is avoided while its rows are not ours.
                self.browse(|browser| browser.rows(request, path, rows))
            }
            Update::Walked { request, tree } => self.walked(request, tree),
            Update::Done { request, outcome } => self.request_done(request, outcome),
            Update::Failed { request, failure } => self.request_failed(request, failure),
            Update::JobProgress { job, done, total } => self.job_moved(job, done, total, now),
            Update::JobDone { job, bytes, file } => self.job_done(job, bytes, file, now),
            Update::JobFailed { job, failure } => self.job_failed(job, failure),
        }
    }

    pub(super) fn browse(&mut self, change: impl FnOnce(&mut Browser)) -> Vec<Effect> {
        change(self.browser.edit());
        Vec::new()
    }

    pub(super) fn remember(&mut self, change: impl FnOnce(&mut Memory)) -> Vec<Effect> {
        let before = self.memory.clone();
        change(self.memory.edit());
        if *before == *self.memory { Vec::new() } else { vec![Effect::Remember(Memory::clone(&self.memory))] }
    }

    pub(super) fn announce(&mut self, words: String) {
        self.announcement = (self.announcement.0.wrapping_add(1), words);
    }

    /// An error card; the oldest makes room.
    pub(super) fn complain(&mut self, title: String, failure: Failure) {
        self.announce(format!("{title}: {}", failure.message));
        self.card += 1;
        let card = Card { id: self.card, title, failure, lines: self.tail() };
        let cards = self.cards.edit();
        cards.push(card);
        if cards.len() > CARDS {
            cards.remove(0);
        }
    }

    /// The last log lines.
    pub(super) fn tail(&self) -> Vec<LogLine> {
        self.log.tail(TAIL)
    }

    pub(super) fn next_session(&mut self) -> SessionId {
        self.sessions += 1;
        SessionId(self.sessions)
    }

    pub(super) fn next_request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// A command for the session, if it is up.
    pub(super) fn command(&self, command: Command) -> Vec<Effect> {
        match &self.session {
            Some(session) if session.is_up() => vec![Effect::Send(ToWorker::Session(session.id, command))],
            _ => Vec::new(),
        }
    }

    /// Whether the session can take commands.
    pub(crate) fn is_up(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_up())
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
