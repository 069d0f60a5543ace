//! Commands as they go out (RFC 959 section 4.1) and as the log shows them. An argument is a path, a name, a number or a
//! word of ours: none can hold CR, LF or NUL (rule S1). Secrets are shown as four stars (rule S3).

use crate::path::{Argument, RemotePath};
use crate::reply::escape;

/// What goes out. No `Debug`: it may hold a password.
pub(crate) enum Wire {
    /// These bytes.
    Line(Vec<u8>),
    /// PASS with the password that the driver has.
    StoredPassword,
}

/// A command line. No `Debug`: it may hold a password.
#[derive(Clone)]
pub(crate) struct Command {
    verb: &'static str,
    argument: Option<Vec<u8>>,
    /// What the log shows instead of the line.
    masked: Option<String>,
    /// The argument is the whole line: a person typed it.
    typed: bool,
    timed: bool,
    /// PASS, whose argument the driver has.
    stored: bool,
}

impl Command {
    /// A verb alone.
    pub(crate) fn bare(verb: &'static str) -> Command {
        Command { verb, argument: None, masked: None, typed: false, timed: true, stored: false }
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

    /// PRET and the command that a data connection will be for (rule D6).
    pub(crate) fn announcing(command: &Command) -> Command {
        let mut line = command.verb.as_bytes().to_vec();
        if let Some(argument) = &command.argument {
            line.push(b' ');
            line.extend_from_slice(argument);
        }
        Command::with("PRET", line)
    }

    /// A verb and text of ours, without line ends.
    pub(crate) fn text(verb: &'static str, text: &str) -> Command {
        Command::with(verb, text.bytes().filter(|byte| !byte.is_ascii_control()).collect())
    }

    /// A verb and a number.
    pub(crate) fn number(verb: &'static str, number: u64) -> Command {
        Command::with(verb, number.to_string().into_bytes())
    }

    /// A verb and a path.
    pub(crate) fn path(verb: &'static str, path: &RemotePath) -> Command {
        Command::with(verb, path.as_bytes().to_vec())
    }

    /// A verb and text that was checked.
    pub(crate) fn argument(verb: &'static str, argument: &Argument) -> Command {
        Command::with(verb, argument.as_bytes().to_vec())
    }

    /// A verb and a secret.
    pub(crate) fn secret(verb: &'static str, argument: &Argument) -> Command {
        let masked = Some(format!("{verb} ****"));
        Command { masked, timed: false, ..Command::argument(verb, argument) }
    }

    /// PASS with the password that the driver has.
    pub(crate) fn stored_password() -> Command {
        let masked = Some("PASS ****".to_owned());
        Command { masked, timed: false, stored: true, ..Command::bare("PASS") }
    }

    /// A whole line that a person typed; `masked` is what the log shows where it holds a secret.
    pub(crate) fn typed(line: &Argument, masked: Option<String>) -> Command {
        let command = Command::argument("the command", line);
        Command { typed: true, timed: false, masked, ..command }
    }

    /// A verb and bytes that were put together from what was checked before.
    pub(crate) fn with(verb: &'static str, argument: Vec<u8>) -> Command {
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

    /// The bytes after the verb.
    pub(crate) fn into_argument(self) -> Vec<u8> {
        self.argument.unwrap_or_default()
    }

    /// Its verb.
    pub(crate) fn verb(&self) -> &'static str {
        self.verb
    }

    /// What goes out.
    pub(crate) fn wire(&self) -> Wire {
        if self.stored { Wire::StoredPassword } else { Wire::Line(self.line()) }
    }

    fn line(&self) -> Vec<u8> {
        let mut line = if self.typed { Vec::new() } else { self.verb.as_bytes().to_vec() };
        if let Some(argument) = &self.argument {
            if !self.typed {
                line.push(b' ');
            }
            line.extend_from_slice(argument);
        }
        line.extend_from_slice(b"\r\n");
        line
    }

    /// The text for the log.
    pub(crate) fn shown(&self) -> String {
        match (&self.masked, &self.argument) {
            (Some(masked), _) => masked.clone(),
            (None, None) => self.verb.to_owned(),
            (None, Some(argument)) if self.typed => escape(argument),
            (None, Some(argument)) => format!("{} {}", self.verb, escape(argument)),
        }
    }
}
