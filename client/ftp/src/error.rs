//! Errors: what failed, at which stage, in whose words, and what to do next.

use std::fmt;

/// Where in the work something failed. The page shows it before all else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// The way to the relay: no tunnel.
    Relay,
    /// The relay's (or the driver's) policy.
    Policy,
    /// Name lookup.
    Lookup,
    /// TCP connection to the control port.
    Connection,
    /// TLS handshake or certificate.
    Tls,
    /// Greeting, USER, PASS, ACCT.
    Login,
    /// The server refused a command.
    Server,
    /// PASV, EPSV, the data connection and what flows on it.
    Data,
    /// The file on this side.
    File,
}

/// What kind of failure, for decisions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// The user or password is wrong: ask again, never retry by itself (rule L11).
    Credentials,
    /// Too many connections: use fewer (rule L11).
    Limit,
    /// The certificate or plain text was not accepted.
    NotAccepted,
    /// The server refused for good (5yz).
    Refused,
    /// The server refused for now (4yz).
    Transient,
    /// Disk full or quota (452, 552).
    Full,
    /// The connection was lost.
    Lost,
    /// Nothing came for too long.
    Timeout,
    /// Fewer or more bytes than there should be, or an end that is not proven.
    Incomplete,
    /// The server broke the protocol, or a limit that guards against hostile ones.
    Protocol,
    /// There is no login.
    NotConnected,
    /// It was cancelled.
    Cancelled,
    /// The argument cannot be sent (CR, LF, NUL).
    Argument,
    /// The file on this side.
    File,
}

/// Why a request failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// Where.
    pub stage: Stage,
    /// What kind.
    pub kind: ErrorKind,
    /// What happened, a sentence.
    pub message: String,
    /// The server's own words, where it said something.
    pub reply: Option<String>,
    /// What to try next, a sentence; empty where there is nothing sensible to say.
    pub advice: String,
}

impl Error {
    /// An error without server words or advice.
    #[must_use]
    pub fn new(stage: Stage, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { stage, kind, message: message.into(), reply: None, advice: String::new() }
    }

    /// With the server's words.
    #[must_use]
    pub fn with_reply(mut self, reply: impl Into<String>) -> Error {
        self.reply = Some(reply.into());
        self
    }

    /// With what to try next by its kind alone, where nobody knew better and the server had no words for it.
    pub(crate) fn advised(mut self) -> Error {
        if self.advice.is_empty() && self.reply.is_none() {
            let advice = match (self.kind, self.stage) {
                (ErrorKind::Lost | ErrorKind::Timeout, Stage::Data) => "Try again",
                (ErrorKind::Lost | ErrorKind::Timeout, _) => "Connect again",
                (ErrorKind::Transient | ErrorKind::Incomplete, _) => "Try again",
                (ErrorKind::Protocol, _) => "Try again; if it happens each time, the server is at fault",
                _ => "",
            };
            self.advice = advice.to_owned();
        }
        self
    }

    /// With what to try next.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Error {
        self.advice = advice.into();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(reply) = &self.reply {
            write!(f, " (server: {reply})")?;
        }
        if !self.advice.is_empty() {
            write!(f, ". {}", self.advice)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
