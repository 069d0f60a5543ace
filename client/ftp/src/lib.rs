//! Towpath's FTP engine, sans-IO: time and bytes go in, actions come out. The same engine runs in the browser over
//! the tunnel and in native programs over plain sockets.
//!
//! # The contract
//!
//! A [`Session`] is one control connection. Its driver does this and nothing else:
//!
//! 1. [`Session::handle`] with one [`Input`] and the present [`Time`]: exactly one mutation.
//! 2. [`Session::poll`] until it returns [`Output::Wait`], and do each output in order.
//! 3. Sleep until the time that `Wait` names, or until something happens; then step 1 again ([`Input::Tick`] for time alone).
//!
//! The engine has no clock: [`Time`] comes from its driver. **File bytes never enter the engine**: [`Output::Splice`]
//! tells the driver to pump a data connection to or from a job's file, and the driver reports counts
//! ([`Input::Moved`]) and the end ([`Input::Closed`]). Listings and control bytes do come in.
//!
//! Nothing here knows a runtime, a browser, the tunnel or TLS; certificates come in as [`TlsSession`] and
//! the decision goes out as [`Output::AcceptTls`].

pub mod cache;
mod calendar;
mod command;
pub mod conflict;
mod control;
mod data;
pub mod entry;
pub mod error;
pub mod event;
pub mod io;
mod link;
pub mod listing;
mod log;
mod operation;
pub mod parse;
pub mod path;
pub mod pool;
pub mod reply;
pub mod request;
pub mod secret;
pub mod session;
pub mod site;
pub mod sync;

pub use entry::{Entry, EntryKind, Modified};
pub use error::{Error, ErrorKind, Stage};
pub use event::{Event, LogKind, LogLine, Outcome, Question, ServerInfo};
pub use io::{Certificate, ConnId, Direction, End, Input, JobId, Output, Target, Time, TlsSession, Verdict};
pub use path::{Argument, ArgumentError, Name, RemotePath};
pub use request::{Item, Request, RequestId};
pub use secret::Secret;
pub use session::Session;
pub use site::{Encryption, Site};
