//! What went wrong, and the lines of the session log.

use serde::{Deserialize, Serialize};

/// Why something failed, for a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Where in the work.
    pub stage: Stage,
    /// It was the user's own wish.
    pub cancelled: bool,
    /// User or password is wrong: ask again.
    pub credentials: bool,
    /// What happened.
    pub message: String,
    /// The server's own words.
    pub reply: Option<String>,
    /// What to try next; may be empty.
    pub advice: String,
}

/// Where in the work something failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Stage {
    /// The way to the relay.
    Relay,
    /// The relay's policy.
    Policy,
    /// Name lookup.
    Lookup,
    /// TCP connection.
    Connection,
    /// TLS and certificates.
    Tls,
    /// Login.
    Login,
    /// The server refused.
    Server,
    /// The data connection.
    Data,
    /// The file on this side.
    File,
}

/// A line of the session log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogLine {
    /// Milliseconds since the worker started.
    pub at: u64,
    /// What kind of line.
    pub kind: LogKind,
    /// Its text.
    pub text: String,
}

/// The kinds of log line that FileZilla knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum LogKind {
    /// What the client is doing.
    Status,
    /// What it said.
    Command,
    /// What the server said.
    Response,
    /// Detail.
    Trace,
    /// What went wrong.
    Error,
}
