//! Transfers and the session log, below the list.

mod log_view;
mod panel;
mod resizer;
mod transfer_row;
mod transfers;

pub(crate) use panel::Dock;
