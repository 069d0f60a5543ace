//! Names, paths and command arguments. All are bytes: a server's charset is not ours to assume. None can hold CR, LF or
//! NUL, so no argument can yield a second command (rule S1).
//!
//! A [`RemotePath`] is a text and the [`PathSyntax`] that it is written in; the ten syntaxes of rule P6 are a file each. Eight
//! of them are a root and names between separators (`separated.rs`); VMS and MVS are of their own kind.

mod cygwin;
mod detect;
mod dos;
mod dos_forward;
mod dos_virtual;
mod mvs;
mod name;
mod nonstop;
mod operand;
mod pathname;
mod remote;
mod separated;
mod syntax;
mod unix;
mod vms;
mod vxworks;
mod zvm;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use detect::needs_name_format;
pub use name::Name;
pub use operand::{is_delicate, operand};
pub use remote::RemotePath;
pub use syntax::PathSyntax;

use thiserror::Error;

/// Bytes that cannot stand in a command.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ArgumentError {
    /// CR, LF or NUL at this place.
    #[error("a line end or NUL cannot be sent in an FTP command")]
    ControlByte,
    /// Empty where something is needed.
    #[error("nothing there")]
    Empty,
    /// A name with `/` in it, or `.` or `..`.
    #[error("not a plain file name")]
    NotAName,
    /// A path that does not begin at the root.
    #[error("not an absolute path")]
    NotAbsolute,
    /// A path whose brackets, quotes or levels do not fit its syntax.
    #[error("not a path as this server writes them")]
    Malformed,
}

/// A command's argument: any bytes but CR, LF and NUL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Argument(Vec<u8>);

impl Argument {
    /// Checks the bytes.
    ///
    /// # Errors
    /// [`ArgumentError::ControlByte`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Argument, ArgumentError> {
        let bytes = bytes.into();
        if bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(ArgumentError::ControlByte);
        }
        Ok(Argument(bytes))
    }

    /// The same with words of ours before it.
    pub(crate) fn after(&self, words: &'static str) -> Argument {
        Argument([words.as_bytes(), &self.0].concat())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Server bytes for eyes: UTF-8 where they are, else each byte as Latin-1 (rule R11).
#[must_use]
pub fn display(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
