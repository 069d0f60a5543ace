//! The worker: engine sessions, the tunnel and the files. Everything that happens becomes an [`inbox::Event`]; [`Worker::take`]
//! acts on one, and [`Worker::settle`] sends what has come of it to the page and sets the alarm.

mod account;
mod arrival;
mod convert;
mod driver;
mod early;
mod files;
mod idle;
mod inbox;
mod learned;
mod outbox;
mod owner;
mod pump;
mod queue;
mod reset;
mod sink;
mod tab;
mod throttle;
mod transfers;
mod tunnel;

use crate::protocol::{
    Command, Failure, FromWorker, SessionId, Stage, ToWorker, Tunnel as TunnelState, Update,
};
use crate::web::clock::{self, Alarm, complain};
use crate::web::message;
use account::Account;
use arrival::Arrival;
use driver::Context;
use files::Files;
use inbox::{Event, Inbox};
use learned::Learned;
use outbox::Outbox;
use owner::Owner;
use std::collections::BTreeMap;
use tab::Tab;
use towpath_ftp::Time;
use towpath_shared::close;
use tunnel::Tunnel;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageEvent;

/// Starts the worker's message loop.
pub(crate) fn start() {
    let inbox = Inbox::new();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new({
        let inbox = inbox.clone();
        move |event: MessageEvent| match message::read(&event) {
            Ok((message, objects)) => inbox.push(Event::Page(message, objects)),
            Err(error) => complain("message from the page", &JsValue::from_str(&error)),
        }
    });
    clock::scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    listener.forget();
    inbox.serve(Worker::new(&inbox));
}

/// All that the worker holds.
struct Worker {
    tunnel: Tunnel,
    files: Files,
    outbox: Outbox<JsValue>,
    learned: Learned,
    tabs: BTreeMap<SessionId, Tab>,
    alarm: Alarm,
    /// Wall clock, Unix seconds, at time 0 of the worker's clock.
    epoch: i64,
}

impl Worker {
    fn new(inbox: &Inbox) -> Worker {
        let ring = inbox.clone();
        Worker {
            tunnel: Tunnel::new(inbox.clone()),
            files: Files::new(inbox.clone()),
            outbox: Outbox::new(),
            learned: Learned::default(),
            tabs: BTreeMap::new(),
            alarm: Alarm::new(move || ring.push(Event::Alarm)),
            epoch: 0,
        }
    }

    /// Acts on one event.
    fn take(&mut self, event: Event) {
        let now = Time(clock::now_ms());
        match event {
            Event::Page(ToWorker::Start { tunnel, now: wall, credential }, _) => {
                self.epoch = wall.saturating_sub(i64::try_from(now.0 / 1_000).unwrap_or(0));
                self.tunnel.set_url(tunnel);
                if let Some(credential) = credential {
                    self.tunnel.set_credential(convert::credential(credential));
                }
                self.context(now).0.ensure_tunnel();
            }
            Event::Page(ToWorker::Awake, _) => self.tunnel.awake(now),
            Event::Page(ToWorker::Session(id, command), objects) => {
                self.command(now, id, command, objects.into_iter().next());
            }
            Event::Socket(generation, event) => match self.tunnel.heard(now, generation, event) {
                Ok(None) => {}
                Ok(Some(arrival)) => self.arrived(now, arrival),
                Err(text) => self.lost(now, &text),
            },
            Event::Alarm => self.tick(now),
            Event::Private(opened) => self.files.private_opened(opened),
            Event::SinkOpened(session, job, opened) => match self.tabs.get_mut(&session) {
                Some(_) => self.with_tab(now, session, |tab, cx| {
                    tab.with_transfers(cx, |transfers, cx, account| {
                        transfers.sink_opened(cx, account, job, opened);
                    });
                }),
                None => drop(opened.map(files::discard)),
            },
            Event::Wrote(owner, result) => self.with_driver(now, owner, |driver, cx| {
                driver.wrote(cx, owner.conn, result);
            }),
            Event::Read(owner, result) => self.with_driver(now, owner, |driver, cx| {
                driver.read(cx, owner.conn, result);
            }),
            Event::Committed(session, job, committed) => self.with_tab(now, session, |tab, cx| {
                tab.with_transfers(cx, |transfers, cx, _| transfers.committed(cx, job, committed));
            }),
        }
    }

    /// Sends what has come of the events to the page, and sets the alarm.
    fn settle(&mut self) {
        self.tabs.retain(|_, tab| !tab.is_over());
        let scope = clock::scope();
        for letter in self.outbox.take() {
            debug_assert_eq!(letter.message.carries(), usize::from(letter.object.is_some()));
            let objects: Vec<JsValue> = letter.object.into_iter().collect();
            if let Err(error) = message::post::<FromWorker>(&scope, &letter.message, &objects) {
                complain("message to the page", &error);
            }
        }
        let now = Time(clock::now_ms());
        let tabs = self.tabs.values().filter_map(Tab::wake).min();
        let tabs = tabs.and_then(|at| self.tunnel.worker_time(at));
        if let Some(wake) = [self.tunnel.wake(now), tabs].into_iter().flatten().min() {
            self.alarm.set(wake.0);
        }
    }

    fn context(&mut self, now: Time) -> (Context<'_>, &mut BTreeMap<SessionId, Tab>) {
        let Worker { tunnel, files, outbox, learned, tabs, .. } = self;
        (Context { now: tunnel.session_time(now), clock: now, tunnel, files, outbox, learned }, tabs)
    }

    fn with_tab(&mut self, now: Time, id: SessionId, act: impl FnOnce(&mut Tab, &mut Context<'_>)) {
        let (mut cx, tabs) = self.context(now);
        if let Some(tab) = tabs.get_mut(&id) {
            act(tab, &mut cx);
        }
    }

    fn with_driver(
        &mut self,
        now: Time,
        owner: Owner,
        act: impl FnOnce(&mut driver::Driver, &mut Context<'_>),
    ) {
        self.with_tab(now, owner.session, |tab, cx| tab.with_driver(cx, owner, act));
    }

    fn command(&mut self, now: Time, id: SessionId, command: Command, object: Option<JsValue>) {
        let epoch = self.epoch;
        let (mut cx, tabs) = self.context(now);
        match (command, tabs.get_mut(&id)) {
            (Command::Connect(connect), Some(tab)) => tab.connect(&mut cx, connect, epoch),
            (Command::Connect(connect), None) => {
                let mut tab = Tab::new(id, Account::new(connect.clone(), epoch));
                tab.connect(&mut cx, connect, epoch);
                tabs.insert(id, tab);
            }
            (command, Some(tab)) => tab.command(&mut cx, command, object),
            (command, None) => refuse(cx.outbox, id, &command),
        }
    }

    fn arrived(&mut self, now: Time, arrival: Arrival) {
        match arrival {
            Arrival::Stream(owner, happening) => self.with_driver(now, owner, |driver, cx| {
                driver.happened(cx, owner.conn, happening);
            }),
            Arrival::Welcome(welcome) => {
                let sites = welcome.sites.into_iter().map(convert::preset).collect();
                self.outbox.tunnel(TunnelState::Ready { relay: welcome.agent, sites });
            }
            Arrival::Interrupted => self.outbox.tunnel(TunnelState::Interrupted),
            Arrival::Resumed => {
                self.outbox.tunnel(TunnelState::Resumed);
                self.tick_tabs(now);
            }
            Arrival::GoAway(away) => self.outbox.tunnel(TunnelState::Leaving(away.text)),
            Arrival::RoundTrip(ms) => self.outbox.tunnel(TunnelState::RoundTrip(ms)),
        }
    }

    /// The tunnel is lost: every connection on it is told.
    fn lost(&mut self, now: Time, text: &str) {
        let failure = match self.tunnel.refusal() {
            Some(code) => Failure {
                credentials: code == close::UNAUTHORIZED,
                ..convert::fault(Stage::Policy, text, "")
            },
            None => convert::fault(Stage::Relay, text, "Check that the relay is running, then connect again"),
        };
        let owners = self.tunnel.lose(now);
        self.outbox.tunnel(TunnelState::Lost(failure));
        for owner in owners {
            self.with_driver(now, owner, |driver, cx| driver.lost(cx, owner.conn, text));
        }
    }

    fn tick(&mut self, now: Time) {
        self.alarm.rang();
        match self.tunnel.tick(now) {
            Ok(None) => {}
            Ok(Some(arrival)) => self.arrived(now, arrival),
            Err(text) => self.lost(now, &text),
        }
        self.tick_tabs(now);
    }

    fn tick_tabs(&mut self, now: Time) {
        let (mut cx, tabs) = self.context(now);
        for tab in tabs.values_mut() {
            tab.tick(&mut cx);
        }
    }
}

/// Answers for a tab that does not exist.
fn refuse(outbox: &mut Outbox<JsValue>, id: SessionId, command: &Command) {
    let failure =
        || convert::fault(Stage::Connection, "There is no connection to the server", "Connect first");
    let update = match command {
        Command::List(request, _)
        | Command::MakeDirectory(request, _)
        | Command::Rename { request, .. }
        | Command::Count(request, _)
        | Command::Delete(request, _) => Update::Failed { request: *request, failure: failure() },
        Command::Download { job, .. } | Command::Upload { job, .. } => {
            Update::JobFailed { job: *job, failure: failure() }
        }
        Command::Disconnect => Update::Disconnected(None),
        Command::Connect(_) | Command::Answer(_) | Command::Cancel(_) | Command::CancelJob(_) => return,
    };
    outbox.update(id, update);
}
