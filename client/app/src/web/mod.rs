//! Bindings to the browser, thin and without policy: what they say is what the browser said.

pub(crate) mod message;
pub(crate) mod panic;
