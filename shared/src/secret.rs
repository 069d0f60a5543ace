//! Secrets that the relay holds for its preset sites. They never cross the tunnel: the page asks for them to be written.

use serde::{Deserialize, Serialize};

/// WRITE_SECRET: the page asks the relay to write a stored secret into a control stream, as the whole command that carries it. Only for a
/// site of WELCOME that says so, right behind that site's USER command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WriteSecret {
    /// Which one.
    pub what: SecretKind,
}

/// The secrets that a site may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// The password, written as `PASS`.
    Password,
}
