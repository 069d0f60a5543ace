//! Names, paths and command arguments. All are bytes: a server's charset is not ours to assume. None can hold CR, LF or
//! NUL, so no argument can yield a second command (rule S1).

use std::fmt;
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

/// One component of a path. As it comes from a server's listing it may be anything but empty, `.`, `..`, or
/// bytes that cannot be sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(Argument);

impl Name {
    /// Checks the bytes.
    ///
    /// # Errors
    /// [`ArgumentError`]; a `/` makes it no name.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Name, ArgumentError> {
        let argument = Argument::new(bytes)?;
        match argument.as_bytes() {
            b"" => Err(ArgumentError::Empty),
            b"." | b".." => Err(ArgumentError::NotAName),
            bytes if bytes.contains(&b'/') => Err(ArgumentError::NotAName),
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

/// An absolute path of Unix syntax. (The other syntaxes of rule P6 come with their own types.)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RemotePath(Argument);

impl RemotePath {
    /// The root.
    #[must_use]
    pub fn root() -> RemotePath {
        RemotePath(Argument(b"/".to_vec()))
    }

    /// Checks the bytes and removes a trailing `/`, repeated `/` and `.`; resolves `..`, which stops at the root.
    ///
    /// # Errors
    /// [`ArgumentError::NotAbsolute`], [`ArgumentError::ControlByte`].
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<RemotePath, ArgumentError> {
        let argument = Argument::new(bytes.as_ref())?;
        if argument.as_bytes().first() != Some(&b'/') {
            return Err(ArgumentError::NotAbsolute);
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in argument.as_bytes().split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        let mut path = Vec::with_capacity(argument.as_bytes().len());
        for part in parts {
            path.push(b'/');
            path.extend_from_slice(part);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        Ok(RemotePath(Argument(path)))
    }

    /// The path of a child.
    #[must_use]
    pub fn join(&self, name: &Name) -> RemotePath {
        let mut path = self.as_bytes().to_vec();
        if path != b"/" {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        RemotePath(Argument(path))
    }

    /// The directory that holds it; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<RemotePath> {
        let (cut, _) = self.split()?;
        Some(RemotePath(Argument(if cut == 0 { b"/".to_vec() } else { self.as_bytes()[..cut].to_vec() })))
    }

    /// The last component; `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        let (_, name) = self.split()?;
        Some(Name(Argument(name.to_vec())))
    }

    /// Whether it is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.as_bytes() == b"/"
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn split(&self) -> Option<(usize, &[u8])> {
        let bytes = self.as_bytes();
        let cut = bytes.iter().rposition(|byte| *byte == b'/')?;
        (bytes.len() > 1).then(|| (cut, &bytes[cut + 1..]))
    }
}

impl fmt::Display for RemotePath {
    /// UTF-8 where it is, else each byte as Latin-1: for eyes only, never to be sent back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display(self.as_bytes()))
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
