//! A command line before it is known where the session stands: words, and paths that are written as they can be reached when it goes
//! out (rule P4).

use crate::command::Command;
use crate::link::Link;
use crate::path::{Argument, RemotePath};
use crate::reply::escape;

use super::enter;

#[derive(Clone)]
enum Part {
    Word(Vec<u8>),
    Path(RemotePath),
    /// In double quotes where it holds a blank: what follows it could not be told from it.
    Quoted(RemotePath),
    /// The same, and always from the root: it is not a name in the present directory.
    Whole(RemotePath),
}

/// A command in parts, with one blank between them.
#[derive(Clone)]
pub(crate) struct Line {
    verb: &'static str,
    parts: Vec<Part>,
}

impl Line {
    /// A verb alone.
    pub(crate) fn new(verb: &'static str) -> Line {
        Line { verb, parts: Vec::new() }
    }

    /// With a word of ours. It must hold no CR, LF or NUL.
    pub(crate) fn word(mut self, word: impl Into<String>) -> Line {
        self.parts.push(Part::Word(word.into().into_bytes()));
        self
    }

    /// With text that was checked.
    pub(crate) fn argument(mut self, argument: &Argument) -> Line {
        self.parts.push(Part::Word(argument.as_bytes().to_vec()));
        self
    }

    /// With a path, which nothing must follow that could be taken for a part of it.
    pub(crate) fn path(mut self, path: &RemotePath) -> Line {
        self.parts.push(Part::Path(path.clone()));
        self
    }

    /// With a path that something follows.
    pub(crate) fn quoted(mut self, path: &RemotePath) -> Line {
        self.parts.push(Part::Quoted(path.clone()));
        self
    }

    /// With a path that something follows and that the server keeps as it is written.
    pub(crate) fn whole(mut self, path: &RemotePath) -> Line {
        self.parts.push(Part::Whole(path.clone()));
        self
    }

    /// The command as it can be sent now.
    ///
    /// # Errors
    /// The name that cannot be written here, for eyes: one that holds a blank and a quotation mark.
    pub(crate) fn command(&self, link: &Link) -> Result<Command, String> {
        let Some((first, rest)) = self.parts.split_first() else { return Ok(Command::bare(self.verb)) };
        let mut argument = write(link, first)?;
        for part in rest {
            argument.push(b' ');
            argument.extend_from_slice(&write(link, part)?);
        }
        Ok(Command::with(self.verb, argument))
    }
}

fn write(link: &Link, part: &Part) -> Result<Vec<u8>, String> {
    let named = |path| enter::command(link, "", path).into_argument();
    match part {
        Part::Word(word) => Ok(word.clone()),
        Part::Path(path) => Ok(named(path)),
        Part::Quoted(path) => quote(named(path)),
        Part::Whole(path) => quote(path.as_bytes().to_vec()),
    }
}

fn quote(name: Vec<u8>) -> Result<Vec<u8>, String> {
    match (name.contains(&b' '), name.contains(&b'"')) {
        (false, _) => Ok(name),
        (true, false) => Ok([b"\"", name.as_slice(), b"\""].concat()),
        (true, true) => Err(escape(&name)),
    }
}
