//! From the connect card to the first listing, and the end of a session.

use super::action::{Answer, Effect, Tab};
use super::browser::{Browser, Go};
use super::jobs::Progress;
use super::session::{Phase, Session};
use super::shared::Shared;
use super::site::Site;
use super::state::{Relay, State};
use super::text::text;
use crate::protocol::{Command, Credential, Failure, Question, Server, Stage, ToWorker};

impl State {
    pub(super) fn sign_in(&mut self, site: Site, password: String) -> Vec<Effect> {
        let mut effects = self.disconnect();
        self.browser = Shared::default();
        self.log = Shared::default();
        effects.extend(self.open(site, password, None));
        effects
    }

    pub(super) fn reconnect(&mut self) -> Vec<Effect> {
        let Some(session) = self.session.clone().filter(|session| matches!(session.phase, Phase::Lost(..)))
        else {
            return Vec::new();
        };
        self.open(session.site.clone(), session.password.clone(), session.server.clone())
    }

    fn open(&mut self, site: Site, password: String, server: Option<Server>) -> Vec<Effect> {
        let id = self.next_session();
        let connect = site.connect(password.clone(), self.memory.pins(&site));
        self.session = Some(Shared::new(Session { id, site, password, phase: Phase::Connecting, server }));
        self.tab = Tab::Log;
        self.cards = Shared::default();
        vec![Effect::Send(ToWorker::Session(id, Command::Connect(connect)))]
    }

    pub(super) fn disconnect(&mut self) -> Vec<Effect> {
        let Some(session) = self.session.take() else { return Vec::new() };
        let mut effects = self.stop_work(None);
        self.cards = Shared::default();
        if !matches!(session.phase, Phase::Lost(..)) {
            effects.push(Effect::Send(ToWorker::Session(session.id, Command::Disconnect)));
        }
        effects
    }

    pub(super) fn connected(&mut self, server: Server) -> Vec<Effect> {
        let Some(session) = &mut self.session else { return Vec::new() };
        let again = session.server.is_some();
        let session = session.edit();
        session.phase = Phase::Up;
        session.server = Some(server);
        let site = session.site.clone();
        self.announce((text().connected_to)(&site.title()));
        let mut effects = self.remember(|memory| memory.used(&site));
        // After a reconnect the person finds the folder where they were.
        let start = if again { None } else { site.path.as_deref().map(crate::protocol::Bytes::text) };
        effects.extend(self.go(start.map_or(Go::Again, Go::To)));
        effects
    }

    pub(super) fn asked_by_session(&mut self, question: Question) -> Vec<Effect> {
        if let Some(session) = &mut self.session {
            session.edit().phase = Phase::Asked(question);
        }
        Vec::new()
    }

    pub(super) fn answer(&mut self, answer: Answer) -> Vec<Effect> {
        let Some(session) = &mut self.session else { return Vec::new() };
        let Phase::Asked(question) = session.phase.clone() else { return Vec::new() };
        session.edit().phase = Phase::Connecting;
        let (id, site) = (session.id, session.site.clone());
        let mut effects = Vec::new();
        if let (Answer::Always, Question::Certificate { tls, changed }) = (answer, question)
            && let Some(leaf) = tls.chain.first().filter(|leaf| !leaf.spki_sha256.is_empty())
        {
            effects.extend(self.remember(|memory| memory.trust(&site, &leaf.spki_sha256, changed)));
        }
        effects.push(Effect::Send(ToWorker::Session(id, Command::Answer(answer != Answer::No))));
        effects
    }

    pub(super) fn disconnected(&mut self, failure: Option<Failure>) -> Vec<Effect> {
        let Some(session) = &self.session else { return Vec::new() };
        let wished = failure.as_ref().is_none_or(|failure| failure.cancelled);
        match failure {
            // Refusing a certificate, or closing, is no failure.
            _ if wished && !session.has_browser() => {
                self.session = None;
                self.stop_work(None)
            }
            failure => {
                let failure = failure.unwrap_or_else(closed_by_server);
                let lines = self.tail();
                self.announce((text().lost_connection)(&failure.message));
                let effects = self.stop_work(Some(&failure));
                if let Some(session) = &mut self.session {
                    session.edit().phase = Phase::Lost(failure, lines);
                }
                effects
            }
        }
    }

    /// The session's requests and transfers have nobody to answer them any more.
    fn stop_work(&mut self, failure: Option<&Failure>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.asked.clear();
        self.dialog = None;
        let browser: &mut Browser = self.browser.edit();
        browser.loading = None;
        browser.renaming = None;
        let lines = self.tail();
        let active: Vec<_> = self.jobs.active().map(|job| job.id).collect();
        for id in active {
            match failure {
                Some(failure) => {
                    if let Some(job) = self.jobs.edit().edit(id) {
                        job.progress = Progress::Failed(failure.clone(), lines.clone());
                    }
                }
                None => {
                    self.jobs.edit().remove(id);
                    effects.push(Effect::Release(id));
                }
            }
        }
        effects
    }

    pub(super) fn worker_failed(&mut self, words: String) -> Vec<Effect> {
        let failure = Failure {
            stage: Stage::Relay,
            cancelled: false,
            credentials: false,
            message: words,
            reply: None,
            advice: text().reload_advice.to_owned(),
        };
        self.relay = Shared::new(Relay::Lost(failure.clone()));
        if self.session.is_some() { self.disconnected(Some(failure)) } else { Vec::new() }
    }

    pub(super) fn retry_relay(&mut self) -> Vec<Effect> {
        self.relay = Shared::new(Relay::Connecting);
        vec![Effect::StartTunnel(None)]
    }

    pub(super) fn show_token(&mut self, token: String) -> Vec<Effect> {
        self.relay = Shared::new(Relay::Connecting);
        // It is not kept here: the worker has it until the page is closed.
        vec![Effect::StartTunnel(Some(Credential::Token(token)))]
    }
}

fn closed_by_server() -> Failure {
    Failure {
        stage: Stage::Connection,
        cancelled: false,
        credentials: false,
        message: text().closed_by_server.to_owned(),
        reply: None,
        advice: String::new(),
    }
}
