//! Commands as they go out (RFC 959 section 4.1) and as the log shows them. An argument is a path, a name, a number or a
//! word of ours: none can hold CR, LF or NUL (rule S1). Secrets are shown as four stars (rule S3).

use crate::path::{Argument, ArgumentError, Name, PathSyntax, RemotePath, operand};
use crate::reply::escape;
use crate::secret::Secret;

/// A command line. No `Debug`: it may hold a password.
#[derive(Clone)]
pub(crate) struct Command {
    verb: &'static str,
    argument: Option<Vec<u8>>,
    secret: bool,
    timed: bool,
}

impl Command {
    /// A verb alone.
    pub(crate) fn bare(verb: &'static str) -> Command {
        Command { verb, argument: None, secret: false, timed: true }
    }

    /// A verb and a word of ours.
    pub(crate) fn word(verb: &'static str, word: &'static str) -> Command {
        Command::with(verb, word.as_bytes().to_vec())
    }

    /// `OPTS MLST` and the facts that listings are to carry (RFC 3659 section 7.9).
    pub(crate) fn facts(facts: &[&'static str]) -> Command {
        let list: String = facts.iter().map(|fact| format!("{fact};")).collect();
        Command::with("OPTS", format!("MLST {list}").into_bytes())
    }

    /// A verb and a number.
    pub(crate) fn number(verb: &'static str, number: u64) -> Command {
        Command::with(verb, number.to_string().into_bytes())
    }

    /// A verb and a path.
    pub(crate) fn path(verb: &'static str, path: &RemotePath) -> Command {
        Command::with(verb, path.as_bytes().to_vec())
    }

    /// A verb and a name in the present directory (rules P5, S6).
    pub(crate) fn name(verb: &'static str, name: &Name) -> Command {
        Command::with(verb, operand(PathSyntax::Unix, name).into_owned())
    }

    /// A verb and text that was checked.
    pub(crate) fn argument(verb: &'static str, argument: &Argument) -> Command {
        Command::with(verb, argument.as_bytes().to_vec())
    }

    /// A verb and a secret.
    ///
    /// # Errors
    /// [`ArgumentError::ControlByte`].
    pub(crate) fn secret(verb: &'static str, secret: &Secret) -> Result<Command, ArgumentError> {
        let argument = Argument::new(secret.reveal())?;
        Ok(Command { secret: true, timed: false, ..Command::argument(verb, &argument) })
    }

    fn with(verb: &'static str, argument: Vec<u8>) -> Command {
        Command { argument: Some(argument), ..Command::bare(verb) }
    }

    /// Its answer takes as long as something else does (a login, a transfer): no measure of the latency.
    pub(crate) fn untimed(self) -> Command {
        Command { timed: false, ..self }
    }

    /// Whether its answer measures the latency.
    pub(crate) fn is_timed(&self) -> bool {
        self.timed
    }

    /// Its verb.
    pub(crate) fn verb(&self) -> &'static str {
        self.verb
    }

    /// The bytes for the wire.
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = self.verb.as_bytes().to_vec();
        if let Some(argument) = &self.argument {
            line.push(b' ');
            line.extend_from_slice(argument);
        }
        line.extend_from_slice(b"\r\n");
        line
    }

    /// The text for the log.
    pub(crate) fn shown(&self) -> String {
        match &self.argument {
            None => self.verb.to_owned(),
            Some(_) if self.secret => format!("{} ****", self.verb),
            Some(argument) => format!("{} {}", self.verb, escape(argument)),
        }
    }
}
