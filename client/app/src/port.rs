//! The page's end of the pipe to its worker.

use crate::protocol::{FromWorker, ToWorker};
use crate::web::message;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// The worker's script, beside the page.
const SCRIPT: &str = "worker.js";

/// The worker and what listens to it.
pub(crate) struct Port {
    worker: Worker,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
}

impl Port {
    /// Starts the worker. `failed` is called when its script cannot load or stops with an error.
    ///
    /// # Errors
    /// What the browser threw.
    pub(crate) fn open(
        heard: impl Fn(FromWorker, Vec<JsValue>) + 'static,
        failed: impl Fn() + 'static,
    ) -> Result<Port, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(SCRIPT, &options)?;
        let on_message =
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                match message::read::<FromWorker>(&event) {
                    Ok((message, objects)) => heard(message, objects),
                    Err(problem) => web_sys::console::error_1(&JsValue::from_str(&problem)),
                }
            });
        let on_error = Closure::<dyn Fn(Event)>::new(move |_| failed());
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Port { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Tells the worker something, with the objects that travel beside it.
    ///
    /// # Errors
    /// An object that cannot be cloned.
    pub(crate) fn send(&self, message: &ToWorker, objects: &[JsValue]) -> Result<(), JsValue> {
        message::post(&self.worker, message, objects)
    }
}
