//! A server and how to get in.

use crate::charset::Charset;
use crate::listing::Dialect;
use crate::path::PathSyntax;
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

/// Use of active mode, in which the server connects to this side (rule D15).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ActiveMode {
    /// Not at all.
    #[default]
    Never,
    /// Where passive mode does not work.
    Fallback,
    /// First.
    Preferred,
}

/// What a driver can do beyond the least. The engine asks for nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Abilities {
    /// Listen for data connections ([`crate::Output::Listen`]).
    pub listen: bool,
    /// Compare bytes of the server with a job's file ([`crate::Direction::Compare`]).
    pub compare: bool,
    /// Convert line ends ([`crate::Coding::text`]).
    pub text: bool,
    /// Compress and decompress ([`crate::Coding::deflate`]).
    pub deflate: bool,
    /// Say the digest of a job's file ([`crate::Output::Digest`]).
    pub digest: bool,
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
    /// The driver has the password and writes it itself ([`crate::Output::SendPassword`]); `password` is not looked at.
    pub stored_password: bool,
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
    /// The name by which one of several servers at an address is meant (HOST, RFC 7151; rule L12).
    pub virtual_host: Option<String>,
    /// The language of replies, a tag such as `en` (LANG, RFC 2640).
    pub language: Option<String>,
    /// How the server writes paths, where a person knows better than SYST and PWD tell (rule P6).
    pub syntax: Option<PathSyntax>,
    /// How LIST is to be read, where a person knows better than the lines tell (rule M8).
    pub dialect: Option<Dialect>,
    /// The charset of names (rules U1, R11).
    pub charset: Charset,
    /// The byte 255 is a command of Telnet (rules S2, R6); only where the charset has one byte a character.
    pub telnet: bool,
    /// Use of active mode.
    pub active: ActiveMode,
    /// What the driver can do.
    pub abilities: Abilities,
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
            stored_password: false,
            account: None,
            encryption: Encryption::default(),
            pins: Vec::new(),
            accept_any_certificate: false,
            tls12_only: false,
            virtual_host: None,
            language: None,
            syntax: None,
            dialect: None,
            charset: Charset::default(),
            telnet: false,
            active: ActiveMode::default(),
            abilities: Abilities::default(),
            quirks: Quirks::default(),
            epoch: 0,
        }
    }
}
