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
pub mod charset;
pub mod checksum;
mod command;
pub mod conflict;
mod control;
mod data;
pub mod doctor;
pub mod entry;
pub mod error;
pub mod event;
pub mod habits;
pub mod io;
mod link;
pub mod listing;
mod log;
mod operation;
pub mod parse;
pub mod path;
pub mod pool;
pub mod quirks;
pub mod reply;
pub mod request;
pub mod secret;
pub mod segments;
pub mod session;
pub mod site;
pub mod sync;
pub mod telnet;
pub mod text;
mod timestamp;
pub mod tree;
pub mod typed;
mod unique;

pub use charset::Charset;
pub use checksum::{Algorithm, Checksum};
pub use doctor::Finding;
pub use entry::{Entry, EntryKind, Modified, Perm};
pub use error::{Error, ErrorKind, Stage};
pub use event::{Event, LeftOut, LogKind, LogLine, Outcome, Question, ServerInfo, Transferred};
pub use io::{
    Certificate, Coding, ConnId, Direction, End, Input, JobId, Output, Target, Time, TlsSession, Verdict,
};
pub use path::{Argument, ArgumentError, Name, PathSyntax, RemotePath};
pub use quirks::Quirks;
pub use request::{Item, Modes, Placement, Request, RequestId, TransferOptions};
pub use secret::Secret;
pub use session::{MOST_WAITING, Session};
pub use site::{Abilities, ActiveMode, Encryption, Site};
pub use typed::TypedLine;
