//! The page's state: a fold over actions. [`State::reduce`] is the whole of it: pure, natively tested, and it names what it
//! wants done in the world as [`Effect`]s instead of doing it.

pub(crate) mod action;
pub(crate) mod address;
pub(crate) mod browser;
mod browsing;
mod cache;
mod changing;
mod connecting;
pub(crate) mod dialog;
pub(crate) mod format;
pub(crate) mod jobs;
pub(crate) mod listing;
pub(crate) mod log;
pub(crate) mod memory;
pub(crate) mod natural;
pub(crate) mod selection;
pub(crate) mod session;
pub(crate) mod shared;
pub(crate) mod site;
pub(crate) mod state;
pub(crate) mod text;
mod transferring;
pub(crate) mod visible;

pub(crate) use action::{Action, Effect};
pub(crate) use shared::Shared;
pub(crate) use state::State;
pub(crate) use text::text;
