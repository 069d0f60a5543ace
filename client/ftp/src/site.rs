//! A server and how to get in.

use crate::quirks::Quirks;
use crate::secret::Secret;

/// The four ways of FTP and TLS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Encryption {
    /// Plain FTP, always.
    None,
    /// AUTH TLS; if the server refuses, ask and go on in plain text.
    ExplicitIfOffered,
    /// AUTH TLS; if the server refuses, stop.
    #[default]
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

/// All that a session needs to know beforehand. No `Debug`: it holds a password.
#[derive(Clone)]
pub struct Site {
    /// Host name or literal address.
    pub host: String,
    /// Control port: 21, implicit TLS 990.
    pub port: u16,
    /// User; `anonymous` where nothing better is known.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// ACCT, for the rare server that asks.
    pub account: Option<Secret>,
    /// Use of TLS.
    pub encryption: Encryption,
    /// SHA-256 of subject public key infos that were accepted earlier, lower-case hexadecimal.
    pub pins: Vec<String>,
    /// Accept every certificate without a question: for tests and tools, never for a page.
    pub accept_any_certificate: bool,
    /// Offer TLS 1.2 only (rule S-4).
    pub tls12_only: bool,
    /// What earlier sessions learned about the server; [`crate::Session::quirks`] gives what this one has.
    pub quirks: Quirks,
    /// Wall-clock time, Unix seconds, at [`crate::Time`] 0 of the driver's clock: years of listings are guessed by it.
    pub epoch: i64,
}

impl Site {
    /// A site with the defaults: explicit TLS, no account, no pins.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, user: impl Into<String>, password: Secret) -> Site {
        Site {
            host: host.into(),
            port,
            user: user.into(),
            password,
            account: None,
            encryption: Encryption::default(),
            pins: Vec::new(),
            accept_any_certificate: false,
            tls12_only: false,
            quirks: Quirks::default(),
            epoch: 0,
        }
    }
}
