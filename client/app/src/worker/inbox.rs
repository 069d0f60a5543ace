//! The worker's one queue. Whatever happens in the browser becomes an event here, and one loop takes them: no handler acts
//! by itself, so nothing is ever entered twice.

use super::Worker;
use super::owner::Owner;
use super::sink::Sink;
use crate::protocol::{JobId, SessionId, ToWorker};
use crate::web::private::PrivateDirectory;
use crate::web::socket::SocketEvent;
use js_sys::Uint8Array;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

/// Something happened.
pub(super) enum Event {
    /// The page wants something; objects travel beside.
    Page(ToWorker, Vec<JsValue>),
    /// A socket spoke; the number tells it from earlier sockets.
    Socket(u32, SocketEvent),
    /// The alarm rang.
    Alarm,
    /// The private file system is there, or is not.
    Private(Result<PrivateDirectory, String>),
    /// A download's file was opened, or could not be.
    SinkOpened(SessionId, JobId, Result<Sink, String>),
    /// A write of a spliced connection ended.
    Wrote(Owner, Result<(), String>),
    /// A read for a spliced connection ended.
    Read(Owner, Result<Uint8Array, String>),
    /// A download's file is complete, or could not be completed. A private one comes along.
    Committed(SessionId, JobId, Result<Option<File>, String>),
}

/// A handle to the queue.
#[derive(Clone)]
pub(super) struct Inbox(Rc<Shared>);

struct Shared {
    events: RefCell<VecDeque<Event>>,
    worker: RefCell<Option<Worker>>,
}

impl Inbox {
    /// An empty queue without a worker.
    pub(super) fn new() -> Inbox {
        Inbox(Rc::new(Shared { events: RefCell::default(), worker: RefCell::default() }))
    }

    /// Sets the worker that takes the events.
    pub(super) fn serve(&self, worker: Worker) {
        if let Ok(mut slot) = self.0.worker.try_borrow_mut() {
            *slot = Some(worker);
        }
        self.drain();
    }

    /// Adds an event and takes all that wait. Called by the worker itself it only adds: the loop that is under way takes it.
    pub(super) fn push(&self, event: Event) {
        // Borrowed for these lines alone; nothing in between calls out.
        if let Ok(mut events) = self.0.events.try_borrow_mut() {
            events.push_back(event);
        }
        self.drain();
    }

    /// Runs something that takes time and adds its outcome.
    pub(super) fn push_later(&self, event: impl Future<Output = Event> + 'static) {
        let inbox = self.clone();
        spawn_local(async move { inbox.push(event.await) });
    }

    fn next(&self) -> Option<Event> {
        self.0.events.try_borrow_mut().ok()?.pop_front()
    }

    fn drain(&self) {
        // Held: a loop further out is under way, and it takes what was added.
        let Ok(mut slot) = self.0.worker.try_borrow_mut() else { return };
        let Some(worker) = slot.as_mut() else { return };
        while let Some(event) = self.next() {
            worker.take(event);
        }
        worker.settle();
    }
}
