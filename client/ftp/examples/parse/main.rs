//! Reads what a server sent and prints what the engine makes of it: the tool with which people report a listing that
//! reads wrongly. `--help` says how.

mod tool;

use std::io::{BufWriter, ErrorKind, Write, stderr, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut out = BufWriter::new(stdout().lock());
    let mut notes = stderr().lock();
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let ended = tool::run(&arguments, &mut stdin().lock(), &mut out, &mut notes);
    match ended.and_then(|end| out.flush().map(|()| end)) {
        Ok(end) => ExitCode::from(end as u8),
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody left to tell if this fails too.
            let _ = writeln!(notes, "error: {error}");
            ExitCode::from(tool::End::Unusable as u8)
        }
    }
}
