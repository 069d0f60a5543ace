//! Names: one level of a path.

use super::pathname::{Pathname, of};
use super::{Argument, ArgumentError, PathSyntax, display};
use std::fmt;

/// One component of a path. As it comes from a server's listing it may be anything but empty, `.`, `..`, or
/// bytes that cannot be sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(pub(super) Argument);

impl Name {
    /// Checks the bytes by the rules of [`PathSyntax::Unix`].
    ///
    /// # Errors
    /// [`ArgumentError`]; a `/` makes it no name.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Name, ArgumentError> {
        Name::checked(PathSyntax::Unix, bytes)
    }

    /// Checks the bytes: whatever would be more than one level, another level or none in a path of that syntax is no name. Beyond that the
    /// server decides which names there are. An escape of VMS lets a name hold `/` (as `^/`), so a program that makes a local file
    /// of a name has to look at it again (rule T14).
    ///
    /// # Errors
    /// [`ArgumentError::ControlByte`], [`ArgumentError::Empty`], [`ArgumentError::NotAName`].
    pub fn checked(syntax: PathSyntax, bytes: impl Into<Vec<u8>>) -> Result<Name, ArgumentError> {
        let argument = Argument::new(bytes)?;
        match argument.as_bytes() {
            b"" => Err(ArgumentError::Empty),
            b"." | b".." => Err(ArgumentError::NotAName),
            bytes if !of!(syntax, P => P::is_name(bytes)) => Err(ArgumentError::NotAName),
            _ => Ok(Name(argument)),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Name {
    /// UTF-8 where it is, else each byte as Latin-1: for eyes only, never to be sent back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display(self.as_bytes()))
    }
}
