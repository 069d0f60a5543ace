//! The tool without its process: arguments and bytes in, lines and an end out, so that tests run exactly it.

mod answer;
mod arguments;
mod clock;
mod json;
mod listing;
mod replies;

use arguments::{Kind, Wish};
use std::io::{self, Read, Write};

/// The most bytes of input that are replies: the reader refuses longer ones anyway.
const MAX_REPLIES: u64 = 16 * 1024 * 1024;

/// How a run ended; the number is the exit status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// The input was read; an empty listing is read too.
    Read = 0,
    /// The input was refused: nothing in it could be read.
    Refused = 1,
    /// The arguments are none, or input or output failed.
    Unusable = 2,
}

/// Does what the arguments ask: JSON to `out`, one object a line; what could not be read, as text, to `notes`.
pub(crate) fn run(
    arguments: &[String],
    input: &mut dyn Read,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<End> {
    let arguments = match arguments::read(arguments) {
        Ok(Wish::Parse(arguments)) => arguments,
        Ok(Wish::Help) => {
            out.write_all(arguments::HELP.as_bytes())?;
            return Ok(End::Read);
        }
        Err(text) => {
            writeln!(notes, "error: {text}; --help says how to use this")?;
            return Ok(End::Unusable);
        }
    };
    if let Kind::List | Kind::Mlsd = arguments.kind {
        return listing::run(&arguments, input, out, notes);
    }
    let mut bytes = Vec::new();
    input.take(MAX_REPLIES).read_to_end(&mut bytes)?;
    let object = match arguments.kind {
        Kind::Reply => replies::read(&bytes, notes)?,
        kind => answer::read(kind, &bytes),
    };
    match object {
        Some(object) => {
            writeln!(out, "{object}")?;
            Ok(End::Read)
        }
        None => {
            listing::unread(&bytes, notes)?;
            Ok(End::Refused)
        }
    }
}

/// Bytes of a server as the engine shows them: UTF-8 where they are, else Latin-1 (rule R11).
fn text(bytes: &[u8]) -> String {
    towpath_ftp::path::display(bytes)
}

/// Lines by any line end, empty ones left out (rule R3).
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| matches!(byte, b'\r' | b'\n' | 0)).filter(|line| !line.is_empty())
}
