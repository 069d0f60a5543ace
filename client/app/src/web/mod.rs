//! Bindings to the browser, thin and without policy: what they say is what the browser said.

pub(crate) mod clock;
pub(crate) mod fault;
pub(crate) mod file;
pub(crate) mod message;
pub(crate) mod panic;
pub(crate) mod private;
pub(crate) mod socket;
