//! Where the pure store meets the world: actions go in, the page is told to draw, effects are carried out. Components get an
//! [`App`] from context; it compares by address, so it never makes anything draw again.

use super::{download, storage};
use crate::port::Port;
use crate::protocol::{Command, Credential, FromWorker, JobId, ToWorker, Update};
use crate::store::{Action, Effect, State, text};
use js_sys::Date;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use yew::prelude::*;

struct Runtime {
    state: RefCell<State>,
    port: RefCell<Option<Port>>,
    draw: RefCell<Option<Callback<State>>>,
    /// Files and handles that a job's command takes along; kept for a retry.
    outgoing: RefCell<HashMap<JobId, JsValue>>,
    /// Files that came back.
    incoming: RefCell<HashMap<JobId, JsValue>>,
    jobs: Cell<u32>,
}

/// The way of components to the store.
#[derive(Clone)]
pub(crate) struct App(Rc<Runtime>);

impl PartialEq for App {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl App {
    /// The store as an earlier visit left it.
    pub(crate) fn new() -> App {
        App(Rc::new(Runtime {
            state: RefCell::new(State::new(storage::load())),
            port: RefCell::default(),
            draw: RefCell::default(),
            outgoing: RefCell::default(),
            incoming: RefCell::default(),
            jobs: Cell::new(0),
        }))
    }

    /// The state now.
    pub(crate) fn state(&self) -> State {
        self.0.state.borrow().clone()
    }

    /// Starts the worker; from now on changes are drawn through `draw`.
    pub(crate) fn start(&self, draw: Callback<State>) {
        *self.0.draw.borrow_mut() = Some(draw);
        storage::show_theme(self.0.state.borrow().memory.theme);
        let (ears, nerves) = (self.clone(), self.clone());
        let heard = move |message, objects| ears.heard(message, objects);
        let failed = move || nerves.dispatch(Action::WorkerFailed(text().worker_failed.to_owned()));
        match Port::open(heard, failed) {
            Ok(port) => {
                *self.0.port.borrow_mut() = Some(port);
                self.run(Effect::StartTunnel(taken_ticket()));
            }
            Err(_) => self.dispatch(Action::WorkerFailed(text().worker_failed.to_owned())),
        }
    }

    /// Lets an action happen.
    pub(crate) fn dispatch(&self, action: Action) {
        let effects = self.0.state.borrow_mut().reduce(action);
        let draw = self.0.draw.borrow().clone();
        if let Some(draw) = draw {
            draw.emit(self.state());
        }
        effects.into_iter().for_each(|effect| self.run(effect));
    }

    /// The page is seen again, or the network is back.
    pub(crate) fn awake(&self) {
        self.send(&ToWorker::Awake);
    }

    /// A number for a new transfer, with what its command takes along.
    pub(crate) fn new_job(&self, object: Option<JsValue>) -> JobId {
        self.0.jobs.set(self.0.jobs.get() + 1);
        let job = JobId(self.0.jobs.get());
        if let Some(object) = object {
            self.0.outgoing.borrow_mut().insert(job, object);
        }
        job
    }

    fn heard(&self, message: FromWorker, mut objects: Vec<JsValue>) {
        if let (FromWorker::Session(_, Update::JobDone { job, file: true, .. }), Some(file)) =
            (&message, objects.pop())
        {
            self.0.incoming.borrow_mut().insert(*job, file);
        }
        self.dispatch(Action::Heard(Box::new(message), steady_now()));
    }

    fn run(&self, effect: Effect) {
        match effect {
            Effect::Send(message) => self.send(&message),
            Effect::StartTunnel(credential) => match tunnel_address() {
                Some(tunnel) => {
                    let now = (Date::now() / 1000.0) as i64;
                    self.send(&ToWorker::Start { tunnel, now, credential });
                }
                None => self.dispatch(Action::WorkerFailed(text().worker_failed.to_owned())),
            },
            Effect::Save(job, name) => {
                let file = self.0.incoming.borrow_mut().remove(&job);
                if let Some(file) = file {
                    download::save(&file, &name);
                }
            }
            Effect::Release(job) => {
                self.0.outgoing.borrow_mut().remove(&job);
                self.0.incoming.borrow_mut().remove(&job);
            }
            Effect::Remember(memory) => {
                storage::show_theme(memory.theme);
                storage::store(&memory);
            }
        }
    }

    fn send(&self, message: &ToWorker) {
        let job = match message {
            ToWorker::Session(_, Command::Upload { job, .. } | Command::Download { job, .. })
                if message.carries() > 0 =>
            {
                Some(*job)
            }
            _ => None,
        };
        let objects: Vec<JsValue> =
            job.and_then(|job| self.0.outgoing.borrow().get(&job).cloned()).into_iter().collect();
        let sent = match &*self.0.port.borrow() {
            Some(port) => port.send(message, &objects),
            None => Ok(()),
        };
        if let Err(problem) = sent {
            web_sys::console::error_1(&problem);
        }
    }
}

/// Milliseconds on the page's steady clock.
pub(super) fn steady_now() -> u64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0, |clock| clock.now() as u64)
}

/// `/tunnel` beside the page, as a WebSocket address.
fn tunnel_address() -> Option<String> {
    let base = web_sys::window()?.location().href().ok()?;
    let url = web_sys::Url::new_with_base("tunnel", &base).ok()?;
    url.set_protocol(if url.protocol() == "https:" { "wss:" } else { "ws:" });
    url.set_search("");
    url.set_hash("");
    Some(url.href())
}

/// The ticket with which a portal opened the page, `#ticket=…`: a browser sends that part of an address to nobody. It is taken out of the
/// address bar and of the history at once.
fn taken_ticket() -> Option<Credential> {
    let window = web_sys::window()?;
    let location = window.location();
    let ticket = location.hash().ok()?.strip_prefix("#ticket=").map(str::to_owned)?;
    let rest = format!("{}{}", location.pathname().ok()?, location.search().ok()?);
    window.history().ok()?.replace_state_with_url(&JsValue::NULL, "", Some(&rest)).ok()?;
    Some(Credential::Ticket(ticket))
}

/// The app, in any component below the root.
#[hook]
pub(crate) fn use_app() -> App {
    // The root provides it; a component elsewhere would get an app of its own, without a worker.
    use_context::<App>().unwrap_or_else(App::new)
}
