//! What JavaScript throws, in words.

use wasm_bindgen::{JsCast, JsValue};

/// The words of something thrown: an error's name and message, or the text itself.
pub(crate) fn text(thrown: &JsValue) -> String {
    if let Some(error) = thrown.dyn_ref::<web_sys::DomException>() {
        return format!("{}: {}", error.name(), error.message());
    }
    if let Some(error) = thrown.dyn_ref::<js_sys::Error>() {
        return format!("{}: {}", String::from(error.name()), String::from(error.message()));
    }
    thrown.as_string().unwrap_or_else(|| "unknown error".to_owned())
}

/// The name of a `DOMException`, such as `QuotaExceededError`.
pub(crate) fn name(thrown: &JsValue) -> Option<String> {
    thrown.dyn_ref::<web_sys::DomException>().map(web_sys::DomException::name)
}
