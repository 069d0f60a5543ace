//! What was learned about a server: one plain value that the application can store with a site and give back.

mod merge;
mod text;

#[cfg(test)]
mod tests;

use crate::habits::Habits;
use crate::parse::Features;

pub use text::MAX_TEXT;

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
    /// Minutes to add to the times of LIST, which are in the server's zone, for UTC (rule T10); less than two days either way.
    pub clock_offset: Option<i32>,
    /// Connections that the server grants this user at once, once it has refused one more (rule L11): the start for
    /// [`crate::pool::Pool::set_quirks`]. A session alone neither sets nor heeds it.
    pub limit: Option<u16>,
    /// The answer to FEAT under which all of this was learned, as a number that another answer hardly has.
    pub features: Option<u64>,
}

impl Quirks {
    /// The server has answered FEAT: if the answer is another than before, it is another server or another configuration, and what it did
    /// not have it may have now. An answer that was no list says nothing.
    pub(crate) fn offered(&mut self, features: &Features) {
        if !features.known {
            return;
        }
        let print = fingerprint(features);
        if self.features.is_some_and(|before| before != print) {
            self.habits.forget_missing();
            self.no_mlsd = false;
        }
        self.features = Some(print);
    }
}

/// FNV-1a over the lines (64 bits). Stars are left out: they tell what is selected, not what there is.
fn fingerprint(features: &Features) -> u64 {
    let lines = features.lines.iter();
    let bytes =
        lines.flat_map(|line| line.name.bytes().chain([b' ']).chain(line.parameters.bytes()).chain([b'\n']));
    bytes.filter(|byte| *byte != b'*').fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
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
