//! What was learned about a server: one plain value that the application can store with a site and give back.

use crate::habits::Habits;

/// How a server differs from what its kin do. Nothing in it is secret.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Quirks {
    /// It loses or mixes up commands that are sent before the one before is answered.
    pub lock_step: bool,
    /// It closes a data connection on which bytes come before it has read the command (pyftpdlib): the preliminary reply is awaited.
    pub patient: bool,
    /// The way to a data connection that comes first, once the usual first choice has failed (rule D4).
    pub way: Option<DataWay>,
    /// MLSD is listed and was refused all the same.
    pub no_mlsd: bool,
    /// Whether `LIST -a` works, once that is known (rule M2).
    pub list_all: Option<bool>,
    /// What is known of TLS 1.2 as the cure for too few tickets (rule S-4).
    pub tls12: Tls12,
    /// Which forms of commands it has.
    pub habits: Habits,
}

/// The ways to a data connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DataWay {
    /// EPSV (RFC 2428 section 3): the server listens and tells a port, no address.
    ExtendedPassive,
    /// PASV (RFC 959 section 4.1.2).
    Passive,
    /// PORT (RFC 959 section 4.1.2): the server connects.
    Active,
    /// EPRT (RFC 2428 section 2).
    ExtendedActive,
}

/// TLS 1.2 as the cure of rule S-4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Tls12 {
    /// Not needed so far, or wished by the site itself.
    #[default]
    Untried,
    /// The session lowered itself to it.
    Lowered,
    /// The server has none.
    Refused,
}
