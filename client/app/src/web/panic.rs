//! A panic is a defect; in wasm it would otherwise be a silent `unreachable`. This writes it to the console. The
//! message names places in our code, never data of a session: nothing here formats passwords or payload.

use std::panic;
use wasm_bindgen::JsValue;

/// Sends panic messages to the console.
pub(crate) fn install() {
    panic::set_hook(Box::new(|info| web_sys::console::error_1(&JsValue::from_str(&info.to_string()))));
}
