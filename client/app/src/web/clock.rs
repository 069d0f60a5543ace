//! The worker's clock and its one alarm.

use js_sys::global;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// The worker's global object.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}

/// Milliseconds since the worker was created, on a steady clock.
pub(crate) fn now_ms() -> u64 {
    // Not negative and far below 2^53; a float cast saturates anyway.
    scope().performance().map_or(0, |performance| performance.now() as u64)
}

/// One timer that can be set anew. It may ring too early, when the time it was set for has moved back: setting a timer for
/// every message would cost more than a bell in vain now and then. It never rings too late.
pub(crate) struct Alarm {
    ring: Closure<dyn FnMut()>,
    set: Option<(i32, u64)>,
}

impl Alarm {
    /// An alarm that calls `ring`.
    pub(crate) fn new(ring: impl FnMut() + 'static) -> Alarm {
        Alarm { ring: Closure::new(ring), set: None }
    }

    /// Forgets a timer that has rung.
    pub(crate) fn rang(&mut self) {
        self.set = None;
    }

    /// Rings at `at`, or before.
    pub(crate) fn set(&mut self, at: u64) {
        if self.set.is_some_and(|(_, earlier)| earlier <= at) {
            return;
        }
        if let Some((handle, _)) = self.set.take() {
            scope().clear_timeout_with_handle(handle);
        }
        // Timers round down: one more millisecond, so that the time has come when it rings.
        let wait = at.saturating_sub(now_ms()).saturating_add(1);
        let wait = i32::try_from(wait).unwrap_or(i32::MAX);
        let function = self.ring.as_ref().unchecked_ref();
        match scope().set_timeout_with_callback_and_timeout_and_arguments_0(function, wait) {
            Ok(handle) => self.set = Some((handle, at)),
            Err(error) => complain("no timer", &error),
        }
    }
}

/// Writes a fault that nobody else can be told of to the console.
pub(crate) fn complain(what: &str, error: &JsValue) {
    web_sys::console::error_2(&JsValue::from_str(what), error);
}
