//! Listings: an object for each entry, as the entries come.
//!
//! `mlsd` reads answers to MLST too, and those may name a path (RFC 3659 section 7.2): such a line is shown with its path, and a note says that
//! a listing does not show it.

use super::arguments::{Arguments, Kind};
use super::json::Object;
use super::{End, clock, lines, text};
use std::io::{self, BufRead, BufReader, Read, Write};
use towpath_ftp::listing::{MAX_LINE, Parser, mlst};
use towpath_ftp::reply::{Reply, escape};
use towpath_ftp::{Entry, EntryKind, Name};

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Bytes of a refused input that are shown.
const MAX_SHOWN: usize = 64 * 1024;

/// Reads a listing to its end, or to where it is past the engine's limits.
pub(super) fn run(
    arguments: &Arguments,
    input: &mut dyn Read,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<End> {
    let mut parser = parser(arguments);
    let mut entries = Vec::new();
    if arguments.kind == Kind::Mlsd {
        return facts(parser, input, out, notes);
    }
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = match input.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        let result = match count {
            0 => parser.finish(&mut entries),
            count => parser.push(chunk.get(..count).unwrap_or_default(), &mut entries),
        };
        for entry in entries.drain(..) {
            show(&entry, &text(entry.name.as_bytes()), out, notes)?;
        }
        if let Err(error) = result {
            writeln!(notes, "refused: {error}")?;
            return Ok(End::Refused);
        }
        if count == 0 {
            break;
        }
    }
    for line in parser.unread() {
        writeln!(notes, "unread: {}", escape(line))?;
    }
    let more = parser.unread_count() - parser.unread().len() as u64;
    if more > 0 {
        writeln!(notes, "unread: {more} more lines")?;
    }
    Ok(if parser.count() == 0 && parser.unread_count() > 0 { End::Refused } else { End::Read })
}

/// Lines of facts, each by itself, so that a path comes where it stands.
fn facts(
    mut parser: Parser,
    input: &mut dyn Read,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<End> {
    let mut input = BufReader::with_capacity(CHUNK, input);
    let (mut entries, mut line, mut paths) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        // One byte past the engine's limit is enough for it to refuse the line.
        let count = input.by_ref().take(MAX_LINE as u64 + 2).read_until(b'\n', &mut line)?;
        if count > 0 && count <= MAX_LINE && !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        let rows = parser.count();
        let result = if count == 0 { parser.finish(&mut entries) } else { parser.push(&line, &mut entries) };
        for entry in entries.drain(..) {
            show(&entry, &text(entry.name.as_bytes()), out, notes)?;
        }
        if let Err(error) = result {
            writeln!(notes, "refused: {error}")?;
            return Ok(End::Refused);
        }
        // The directory itself is no row either.
        if parser.count() == rows
            && let Some((entry, path)) = of_path(line.trim_ascii_end())
        {
            paths += 1;
            show(&entry, &text(path), out, notes)?;
            writeln!(notes, "a path: {} (MLST may name one, a listing does not show it)", escape(path))?;
        }
        if count == 0 {
            break;
        }
    }
    for line in parser.unread().iter().filter(|line| of_path(line).is_none()) {
        writeln!(notes, "unread: {}", escape(line))?;
    }
    Ok(if parser.count() + paths == 0 && parser.unread_count() > 0 { End::Refused } else { End::Read })
}

/// The facts of a line that names a path, under no name of its own, and the path. A line that begins with a blank has no facts.
fn of_path(line: &[u8]) -> Option<(Entry, &[u8])> {
    let blank = line.iter().position(|byte| *byte == b' ')?;
    let path = line.get(blank + 1..).filter(|path| path.contains(&b'/'))?;
    let name = Name::new("path").ok()?;
    let entry = match blank {
        0 => Entry::new(name, EntryKind::Other),
        _ => mlst(&Reply::new(250, vec![line.to_vec()]), name)?,
    };
    Some((entry, path))
}

fn show(entry: &Entry, name: &str, out: &mut dyn Write, notes: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", object(entry, name))?;
    if std::str::from_utf8(entry.name.as_bytes()).is_err() {
        writeln!(notes, "not UTF-8: {} ({:02x?})", entry.name, entry.name.as_bytes())?;
    }
    Ok(())
}

/// The one place where `--system` becomes a hint.
fn parser(arguments: &Arguments) -> Parser {
    match arguments.kind {
        Kind::Mlsd => Parser::mlsd(),
        _ => Parser::list_for(syst(arguments.system.as_deref().unwrap_or_default()), arguments.now),
    }
}

/// What a server of the kind that a word names would answer to SYST; an answer stays as it is.
fn syst(word: &str) -> &str {
    const WORDS: [(&str, &str); 8] = [
        ("dos", "Windows_NT"),
        ("iis", "Windows_NT"),
        ("os2", "OS/2"),
        ("vm-cms", "VM/ESA"),
        ("zvm", "z/VM"),
        ("zos", "z/OS"),
        ("connect-enterprise", "Connect:Enterprise"),
        ("netpresenz", "UNIX"),
    ];
    WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map_or(word, |(_, syst)| syst)
}

fn object(entry: &Entry, name: &str) -> Object {
    let kind = match entry.kind {
        EntryKind::File => "file",
        EntryKind::Directory => "dir",
        EntryKind::Link => "link",
        EntryKind::Other => "other",
    };
    let modified = entry.modified.map(|modified| clock::write(modified.seconds));
    let precision = entry.modified.map(|modified| match (modified.has_time, modified.has_seconds) {
        (false, _) => "day",
        (true, false) => "minute",
        (true, true) => "second",
    });
    Object::new()
        .text("name", Some(name))
        .text("type", Some(kind))
        .number("size", entry.size)
        .text("mtime", modified.as_deref())
        .text("mtime_precision", precision)
        .text("target", entry.target.as_deref().map(text).as_deref())
        .text("perms", entry.mode.map(permissions).as_deref())
        .text("owner", entry.owner.as_deref())
        .text("group", entry.group.as_deref())
}

/// Nine letters; those of setuid, setgid and sticky are folded into the x below them.
fn permissions(mode: u16) -> String {
    let letter = |(place, letter)| if mode >> (8 - place) & 1 == 1 { letter } else { '-' };
    "rwxrwxrwx".chars().enumerate().map(letter).collect()
}

/// Notes what was refused as a whole.
pub(super) fn unread(bytes: &[u8], notes: &mut dyn Write) -> io::Result<()> {
    let shown = bytes.get(..bytes.len().min(MAX_SHOWN)).unwrap_or_default();
    lines(shown).try_for_each(|line| writeln!(notes, "unread: {}", escape(line)))?;
    if shown.len() < bytes.len() {
        writeln!(notes, "unread: {} more bytes", bytes.len() - shown.len())?;
    }
    Ok(())
}
