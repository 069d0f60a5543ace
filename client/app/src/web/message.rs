//! The envelope of `postMessage` between page and worker: `{m: "<JSON>", o: [objects…]}`. JSON for what it can carry; objects
//! (a `File`, a `FileSystemFileHandle`) beside it, cloned by the browser.

use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

/// Something that takes messages.
pub(crate) trait Mailbox {
    /// Posts a message.
    fn post_message(&self, message: &JsValue) -> Result<(), JsValue>;
}

impl Mailbox for Worker {
    fn post_message(&self, message: &JsValue) -> Result<(), JsValue> {
        Worker::post_message(self, message)
    }
}

impl Mailbox for DedicatedWorkerGlobalScope {
    fn post_message(&self, message: &JsValue) -> Result<(), JsValue> {
        DedicatedWorkerGlobalScope::post_message(self, message)
    }
}

/// Posts a message with the objects that travel beside it.
///
/// # Errors
/// What the browser threw: an object that cannot be cloned.
pub(crate) fn post<T: Serialize>(to: &impl Mailbox, message: &T, objects: &[JsValue]) -> Result<(), JsValue> {
    let text = serde_json::to_string(message).map_err(|error| JsValue::from_str(&error.to_string()))?;
    let envelope = Object::new();
    Reflect::set(&envelope, &JsValue::from_str("m"), &JsValue::from_str(&text))?;
    Reflect::set(&envelope, &JsValue::from_str("o"), &objects.iter().cloned().collect::<Array>())?;
    to.post_message(&envelope)
}

/// Reads a message and the objects beside it.
///
/// # Errors
/// Words for the console where it is no envelope or not of this type. The text itself is not repeated: it may hold a
/// password.
pub(crate) fn read<T: DeserializeOwned>(event: &MessageEvent) -> Result<(T, Vec<JsValue>), String> {
    let data = event.data();
    let field = |name: &str| Reflect::get(&data, &JsValue::from_str(name)).ok();
    let text = field("m").and_then(|text| text.as_string()).ok_or("not an envelope")?;
    let objects = field("o").and_then(|objects| objects.dyn_into::<Array>().ok()).ok_or("not an envelope")?;
    // Only the place is named: serde's messages quote what they found.
    let message = serde_json::from_str(&text)
        .map_err(|error| format!("unreadable message at {}:{}", error.line(), error.column()))?;
    Ok((message, objects.to_vec()))
}
