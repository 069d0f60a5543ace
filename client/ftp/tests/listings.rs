//! Listings as servers send them, beside what they mean: `tests/data/listings/*.txt` and `*.expected`. Each is read whole and byte by
//! byte. They are our own making, after the formats of the servers that their names tell.

#![allow(clippy::unwrap_used, reason = "a test: what is not as it should be ends it")]

use std::fmt::Write;
use std::path::Path;
use towpath_ftp::listing::{Dialect, Parser};
use towpath_ftp::{Entry, EntryKind, Modified};

/// 15 June 2024, 12:00.
const NOW: i64 = 1_718_452_800;

#[test]
fn each_means_what_stands_beside_it() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/listings");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() >= 40, "only {} listings found", files.len());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let expected = std::fs::read_to_string(file.with_extension("expected")).unwrap();
        let mlsd = file.file_name().unwrap().to_string_lossy().starts_with("mlsd-");
        for size in [bytes.len(), 1] {
            let mut parser = if mlsd { Parser::mlsd() } else { Parser::list(NOW) };
            assert_eq!(shown(&mut parser, &bytes, size), expected, "{} in pieces of {size}", file.display());
        }
    }
}

fn shown(parser: &mut Parser, bytes: &[u8], size: usize) -> String {
    let mut entries = Vec::new();
    for piece in bytes.chunks(size) {
        parser.push(piece, &mut entries).unwrap();
    }
    parser.finish(&mut entries).unwrap();
    let mut text: String = entries.iter().map(|entry| line(entry) + "\n").collect();
    for unread in parser.unread() {
        writeln!(text, "unread {:?}", String::from_utf8_lossy(unread)).unwrap();
    }
    text
}

/// A listing whose lines are all of one dialect reads the same where that one is asked for, or hinted at.
#[test]
fn the_dialect_by_itself_reads_the_same() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/listings");
    let mut seen = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let other = ["mixed", "hostile", "message", "empty"].iter().any(|other| name.contains(other));
        if !name.ends_with(".txt") || !name.starts_with("list-") || other {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        let mut parser = Parser::list(NOW);
        let whole = shown(&mut parser, &bytes, bytes.len());
        let dialect = parser.dialect().unwrap();
        seen.insert(dialect);
        // Where there are names only, the dialect takes a blank before one for its own.
        if name != "list-names-after-a-blank.txt" {
            assert_eq!(shown(&mut Parser::list_as(dialect, NOW), &bytes, 7), whole, "{name} as {dialect}");
        }
        for hint in
            ["UNIX Type: L8", "Windows_NT", "VMS", "MVS", "OS/400", "NETWARE", "VM is", "Nonstop", "nonsense"]
        {
            let hinted = shown(&mut Parser::list_for(hint, NOW), &bytes, 7);
            assert_eq!(hinted, whole, "{name} from a server of {hint}");
        }
    }
    let missing: Vec<_> = Dialect::ALL.iter().filter(|dialect| !seen.contains(dialect)).collect();
    assert!(missing.is_empty(), "no listing of {missing:?}");
}

/// `kind size time mode owner:group "name" -> "target"`, with `-` for what the server does not say; behind it, where it is said, when it was
/// created, what may be done with it and what it is.
fn line(entry: &Entry) -> String {
    let kind = match entry.kind {
        EntryKind::File => "file",
        EntryKind::Directory => "dir ",
        EntryKind::Link => "link",
        EntryKind::Other => "other",
    };
    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let unique = entry.unique.as_deref().map(String::from_utf8_lossy);
    let target = entry.target.as_deref().map(String::from_utf8_lossy);
    format!(
        "{kind} {} {} {} {}:{} {:?}{}{}{}{}",
        or(entry.size.map(|size| size.to_string())),
        or(entry.modified.map(time)),
        or(entry.mode.map(|mode| format!("{mode:04o}"))),
        or(entry.owner.as_deref().map(str::to_owned)),
        or(entry.group.as_deref().map(str::to_owned)),
        entry.name.to_string(),
        target.map(|target| format!(" -> {target:?}")).unwrap_or_default(),
        entry.created.map(|created| format!(" created {}", time(created))).unwrap_or_default(),
        entry.perm.map(|perm| format!(" perm {perm}")).unwrap_or_default(),
        unique.map(|unique| format!(" unique {unique}")).unwrap_or_default(),
    )
}

/// The time as far as it is known; `Z` where it is known to be UTC.
fn time(modified: Modified) -> String {
    let (days, seconds) = (modified.seconds.div_euclid(86_400), modified.seconds.rem_euclid(86_400));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (mut year, mut day) = (1970, days);
    assert!(day >= 0, "the listings here are younger than 1970");
    while day >= 365 + i64::from(leap(year)) {
        day -= 365 + i64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let mut text = format!("{year:04}-{month:02}-{:02}", day + 1);
    if modified.has_time {
        write!(text, "T{:02}:{:02}", seconds / 3600, seconds / 60 % 60).unwrap();
    }
    if modified.has_seconds {
        write!(text, ":{:02}", seconds % 60).unwrap();
    }
    if modified.utc {
        text.push('Z');
    }
    text
}
