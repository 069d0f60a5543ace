//! Paths on a server.

use super::pathname::{Pathname, of};
use super::{Argument, ArgumentError, Name, PathSyntax, display, is_delicate, operand};
use std::fmt;

/// An absolute path in one of the ten syntaxes, in canonical form: equal paths are written with equal bytes. Case counts, since only
/// the server knows whether it matters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RemotePath {
    text: Argument,
    syntax: PathSyntax,
}

impl RemotePath {
    /// The root of Unix syntax; for the others see [`PathSyntax::root`].
    #[must_use]
    pub fn root() -> RemotePath {
        RemotePath::written(PathSyntax::Unix, b"/".to_vec())
    }

    /// A path of Unix syntax. Checks the bytes and removes a trailing `/`, repeated `/` and `.`; resolves `..`, which stops at the root.
    ///
    /// # Errors
    /// [`ArgumentError::NotAbsolute`], [`ArgumentError::ControlByte`].
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<RemotePath, ArgumentError> {
        RemotePath::parse(PathSyntax::Unix, bytes)
    }

    /// A path as a server of this syntax writes it. A server of VMS or MVS syntax may have a tree of Unix syntax beside its own (z/OS
    /// UNIX files, OpenVMS servers in Unix mode): there a path that begins with `/` is one of Unix syntax, and
    /// [`RemotePath::syntax`] says so.
    ///
    /// # Errors
    /// [`ArgumentError::ControlByte`], [`ArgumentError::NotAbsolute`], [`ArgumentError::Malformed`].
    pub fn parse(syntax: PathSyntax, bytes: impl AsRef<[u8]>) -> Result<RemotePath, ArgumentError> {
        let argument = Argument::new(bytes.as_ref())?;
        let syntax = match (syntax, argument.as_bytes().first()) {
            (PathSyntax::Vms | PathSyntax::Mvs, Some(b'/')) => PathSyntax::Unix,
            _ => syntax,
        };
        let text = of!(syntax, P => P::read(argument.as_bytes())?.write());
        Ok(RemotePath::written(syntax, text))
    }

    /// Where a text leads that a user types while here: an absolute path, or a relative one with `..` in it where the syntax has
    /// that. In VMS syntax `[.A]` and `[-]` are relative; in MVS syntax everything without quotes is.
    ///
    /// # Errors
    /// [`ArgumentError`].
    pub fn change(&self, text: impl AsRef<[u8]>) -> Result<RemotePath, ArgumentError> {
        let argument = Argument::new(text.as_ref())?;
        let text = argument.as_bytes();
        match (self.syntax, text.first()) {
            (_, None) => return Err(ArgumentError::Empty),
            (PathSyntax::Vms | PathSyntax::Mvs, Some(b'/')) => return RemotePath::new(text),
            _ => {}
        }
        let text = of!(self.syntax, P => P::read(self.as_bytes())?.change(text)?.write());
        Ok(RemotePath::written(self.syntax, text))
    }

    /// The path of a child. The name has to be one of this syntax ([`Name::checked`]); with another the path is still safe to send, but
    /// its levels may be others than those that were joined.
    #[must_use]
    pub fn join(&self, name: &Name) -> RemotePath {
        let text = of!(self.syntax, P => P::child(self.as_bytes(), name.as_bytes()));
        RemotePath::written(self.syntax, text)
    }

    /// The directory that holds it; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<RemotePath> {
        let text = of!(self.syntax, P => {
            let mut path = P::read(self.as_bytes()).ok()?;
            path.pop().then(|| path.write())?
        });
        Some(RemotePath::written(self.syntax, text))
    }

    /// The last component; `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        of!(self.syntax, P => {
            let path = P::read(self.as_bytes()).ok()?;
            path.last().map(|name| Name(Argument(name.to_vec())))
        })
    }

    /// The root of its tree: of the drive, device, system, or of all.
    #[must_use]
    pub fn top(&self) -> RemotePath {
        let text = of!(self.syntax, P => P::read(self.as_bytes()).map(|mut path| {
            while path.pop() {}
            path.write()
        }));
        text.map_or_else(|_| self.clone(), |text| RemotePath::written(self.syntax, text))
    }

    /// Whether it is a root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.depth() == 0
    }

    /// How many steps it is to the root.
    #[must_use]
    pub fn depth(&self) -> usize {
        of!(self.syntax, P => P::read(self.as_bytes()).map_or(0, |path| path.depth()))
    }

    /// Whether it is below that directory, at whatever depth; no path is below itself.
    #[must_use]
    pub fn is_below(&self, directory: &RemotePath) -> bool {
        self.syntax == directory.syntax
            && of!(self.syntax, P => match (P::read(directory.as_bytes()), P::read(self.as_bytes())) {
                (Ok(directory), Ok(path)) => directory.holds(&path),
                _ => false,
            })
    }

    /// The syntax that it is written in.
    #[must_use]
    pub fn syntax(&self) -> PathSyntax {
        self.syntax
    }

    /// The canonical bytes: what CWD takes for a directory and PWD tells. [`RemotePath::parse`] gives the same path again.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The bytes that RETR, STOR, DELE and their like take for a file: other ones than CWD's in VMS and MVS syntax.
    #[must_use]
    pub fn file_bytes(&self) -> Vec<u8> {
        of!(self.syntax, P => P::read(self.as_bytes()).map(|path| path.write_file()))
            .unwrap_or_else(|_| self.as_bytes().to_vec())
    }

    /// What a command takes for this file while the session stands in its parent: the name alone, unless a server could take it for something
    /// else; then `./name`, or the full path where the syntax has no `.` (rules P5, S6).
    #[must_use]
    pub fn operand(&self) -> Vec<u8> {
        match self.name() {
            Some(name) if self.syntax.here().is_some() || !is_delicate(&name) => {
                operand(self.syntax, &name).into_owned()
            }
            _ => self.file_bytes(),
        }
    }

    pub(super) fn written(syntax: PathSyntax, text: Vec<u8>) -> RemotePath {
        RemotePath { text: Argument(text), syntax }
    }
}

impl fmt::Display for RemotePath {
    /// UTF-8 where it is, else each byte as Latin-1: for eyes only, never to be sent back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display(self.as_bytes()))
    }
}
