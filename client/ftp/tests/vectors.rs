//! Cases from other projects' tests. They stay out of this repository: `TOWPATH_VECTORS` names a directory of them, else one beside
//! the checkout is taken (`../shared/vectors`); without either the test says so and has nothing to do.
//!
//! One JSON object a line; each field that a case asserts is compared, and cases with a flag (one client's choice, an
//! ambiguous date and the like) are left out.

#![allow(clippy::unwrap_used, reason = "a test: what is not as it should be ends it")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use towpath_ftp::listing::Parser;
use towpath_ftp::reply::{Reader, Reply};
use towpath_ftp::{Entry, EntryKind, Modified, Name, PathSyntax, RemotePath, parse};

/// Cases whose source sees it differently, on purpose: the beginning of the case's name and why.
const DIFFERENT: [(&str, &str); 17] = [
    ("dir-listing-ls-19", "a directory called ` ` is one: the source drops it"),
    ("dir-listing-ls-31", "a line end within a name: none of our names has one"),
    (
        "MVSFTPEntryParserTest.testParseFieldsOnFile 1",
        "the date of the last use is shown (FileZilla and FluentFTP agree)",
    ),
    ("MacOsPeterFTPEntryParserTest.bad: drwxr-xr-x    123       folder", "an owner may be called `folder`"),
    ("Bad:   ", "a bare name, a blank, is a line of RFC 3659; commons-net agrees, Chromium does not"),
    ("LsDate: Nov 16 12:00", "one day's grace for the server's zone (rule M10)"),
    ("MLSxEntryParserTest.bad: Type=dir missing-semicolon", "tolerated (rule M4)"),
    ("MLSxEntryParserTest.bad: Type= missing value and semicolon", "tolerated (rule M4)"),
    ("MLSxEntryParserTest.bad: Modify=2014; Short stamp", "a bad fact is absent, the entry stays"),
    ("MLSxEntryParserTest.bad: Type=dir;Modify=2014102206510x2", "a bad fact is absent, the entry stays"),
    ("NTFTPEntryParserTest.bad: 20-05-97", "the day first where the month would be none"),
    (
        "OS400FTPEntryParserAdditionalTest.good: QPGMR                                   *MEM",
        "`FILE/MEMBER` is no name of one directory",
    ),
    ("OS400FTPEntryParserTest.bad: ----rwxr-x   1PEP ", "an owner may begin with a digit"),
    ("OS400FTPEntryParserTest.bad: ----rwxr-x   1 PEP      0  xx ", "a group may hold blanks"),
    ("UnixFTPEntryParserTest.bad: zrwxr-xr-x", "a file type that is not known yet is still an entry"),
    (
        "UnixFTPEntryParserTest.bad: -rw-r--r--   1 14       staff      119:26",
        "an entry whose size is not known",
    ),
    ("UnixFTPEntryParserTest.bad: -rw-r--r--   1ftp ", "an owner may begin with a digit"),
];

/// What was wrong, or nothing.
type Check = Result<(), String>;

#[test]
fn cases_of_other_projects() {
    let Some(cases) = load() else {
        println!("no vectors: set TOWPATH_VECTORS to a directory of them");
        return;
    };
    let (mut ran, mut failures) = (BTreeMap::<String, usize>::new(), Vec::new());
    for case in &cases {
        let Some((kind, check)) = check(case) else { continue };
        *ran.entry(kind).or_default() += 1;
        if let Err(text) = check {
            failures.push(format!("{}: {}\n    {text}", case["source"], case["case"]));
        }
    }
    let all: usize = ran.values().sum();
    println!("{all} cases ran, {} failed: {ran:?}", failures.len());
    let decided = cases.iter().filter(|case| !is_flagged(case) && is_decided(case)).count();
    println!(
        "{decided} more differ on purpose, {} have flags",
        cases.iter().filter(|case| is_flagged(case)).count()
    );
    for (start, reason) in DIFFERENT {
        let known = cases.iter().any(|case| case["case"].as_str().unwrap().starts_with(start));
        println!("{} {start:?}: {reason}", if known { "differs" } else { "differs, not in this directory" });
    }
    assert!(all > 0, "the directory has no case that concerns these parsers");
    assert!(failures.is_empty(), "{} of {all} failed:\n{}", failures.len(), failures.join("\n"));
}

fn load() -> Option<Vec<Value>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let directory = std::env::var_os("TOWPATH_VECTORS").map_or_else(beside, PathBuf::from);
    let mut files: Vec<_> = std::fs::read_dir(directory).ok()?.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let lines = files.iter().flat_map(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    });
    Some(lines.collect())
}

fn is_flagged(case: &Value) -> bool {
    case["flags"].as_array().is_some_and(|flags| !flags.is_empty())
}

fn is_decided(case: &Value) -> bool {
    let name = case["case"].as_str().unwrap();
    DIFFERENT.iter().any(|(start, _)| name.starts_with(start))
}

/// The kind and outcome of a case that concerns these parsers.
fn check(case: &Value) -> Option<(String, Check)> {
    if is_flagged(case) || is_decided(case) {
        return None;
    }
    let kind = case["kind"].as_str().unwrap();
    let dialect = case["dialect"].as_str().unwrap_or_default();
    let input = match case["input"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64(case["input_b64"].as_str()?),
    };
    let check = match kind {
        "list" | "mlsd" => listing(case, &input),
        "lsdate" => date(case, &[b"-rw-r--r-- 1 owner group 1 ", &input[..], b" name"].concat()),
        "dosdate" => date(case, &[&input[..], b"       <DIR>          name"].concat()),
        "lsperm" => permissions(case, &input),
        "reply" => replies(case, &input),
        "pasv" => answer(case, &input, |reply, expect| {
            let (host, port) = parse::pasv(reply)?;
            let host = host.map(|byte| byte.to_string()).join(".");
            Some(host == expect["host"].as_str()? && u64::from(port) == expect["port"].as_u64()?)
        }),
        "epsv" => answer(case, &input, |reply, expect| {
            Some(u64::from(parse::epsv(reply)?) == expect["port"].as_u64()?)
        }),
        "pwd" => answer(case, &input, |reply, expect| {
            Some(parse::pwd(reply)? == expect["path"].as_str()?.as_bytes())
        }),
        "size" => answer(case, &input, |reply, expect| Some(parse::size(reply)? == expect["size"].as_u64()?)),
        "mdtm" => {
            answer(case, &input, |reply, expect| Some(iso(parse::mdtm(reply)?) == expect["mtime"].as_str()?))
        }
        "feat" => answer(case, &input, features),
        "vmspath" => vms_path(case, &input)?,
        _ => return None,
    };
    let name = if dialect.is_empty() { kind.to_owned() } else { format!("{kind}/{dialect}") };
    Some((name, check))
}

/// The source turns Unix paths into VMS paths and back, with the device as the first name; here both are the same names joined. It
/// writes the root, which has no device then, as `[]` or nothing.
fn vms_path(case: &Value, input: &[u8]) -> Option<Check> {
    let wanted = case["expect"]["result"].as_str().unwrap().as_bytes();
    let to_unix = case["expect"]["function"] == "VMSPathToUnix";
    let (unix, vms) = if to_unix { (wanted, input) } else { (input, wanted) };
    if matches!(vms, b"" | b"[]" | b"[.") {
        return None;
    }
    if vms.starts_with(b"/") {
        let path = RemotePath::parse(PathSyntax::Vms, vms).unwrap();
        return Some((path.as_bytes() == unix).then_some(()).ok_or(path.to_string()));
    }
    let mut names = unix.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
    let device = if unix.starts_with(b"/") { names.next().unwrap() } else { b"here" };
    let root = RemotePath::parse(PathSyntax::Vms, [device, b":[000000]"].concat()).unwrap();
    let built =
        names.fold(root.clone(), |path, name| path.join(&Name::checked(PathSyntax::Vms, name).unwrap()));
    let read = root.change(vms).unwrap();
    let written = if vms.ends_with(b"]") { built.as_bytes().to_vec() } else { built.file_bytes() };
    let fits = read == built && (vms.starts_with(b"[.") || written == vms);
    Some(fits.then_some(()).ok_or(format!("{read} for {built}")))
}

fn listing(case: &Value, input: &[u8]) -> Check {
    let mut entries = read(case, input);
    // The source skips what can neither be fetched nor entered.
    entries.retain(|entry| case["dialect"] != "eplf" || entry.kind != EntryKind::Other);
    // Names that are none to us (paths, `.` and `..`) are not among our entries.
    let is_name = |expect: &&Value| expect["name"].as_str().is_none_or(|name| Name::new(name).is_ok());
    let expected: Vec<&Value> = case["expect"].as_array().into_iter().flatten().filter(is_name).collect();
    let paths = input.windows(2).any(|pair| pair == b" /");
    if expected.iter().all(|expect| expect["asserted"].as_array().unwrap().is_empty()) {
        let fits = paths || entries.is_empty() == expected.is_empty();
        return fits.then_some(()).ok_or(format!("{} entries for {}", entries.len(), expected.len()));
    }
    if entries.len() != expected.len() {
        return Err(format!("{} entries for {}: {entries:?}", entries.len(), expected.len()));
    }
    entries.iter().zip(expected).try_for_each(|(entry, expect)| {
        same(entry, expect, case["dialect"].as_str().unwrap_or_default())
            .map_err(|field| format!("{field}: {entry:?}\n    for {expect}"))
    })
}

fn read(case: &Value, input: &[u8]) -> Vec<Entry> {
    let mut parser = if case["kind"] == "mlsd" {
        Parser::mlsd()
    } else {
        Parser::list(case["now"].as_str().map_or(1_718_452_800, unix))
    };
    let mut entries = Vec::new();
    parser.push(input, &mut entries).unwrap();
    parser.finish(&mut entries).unwrap();
    entries
}

/// Compares the asserted fields; the first that differs is the error.
fn same(entry: &Entry, expect: &Value, dialect: &str) -> Result<(), String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for field in expect["asserted"].as_array().unwrap() {
        let field = field.as_str().unwrap();
        let wanted = &expect[field];
        let fits = match field {
            // The source guessed a charset where they are not UTF-8; ours stay bytes.
            "name" if std::str::from_utf8(entry.name.as_bytes()).is_err() => true,
            "name" if dialect == "vms" => vms(wanted.as_str().unwrap()) == vms(&text(entry.name.as_bytes())),
            "name" => wanted.as_str() == Some(&text(entry.name.as_bytes())),
            "type" => {
                let kind = match entry.kind {
                    EntryKind::File => "file",
                    EntryKind::Directory => "dir",
                    EntryKind::Link => "link",
                    EntryKind::Other => "other",
                };
                wanted.is_null() || wanted == kind
            }
            "size" => wanted.as_u64() == entry.size,
            "mtime" => match (entry.modified, expect.get("mtime_fields")) {
                (Some(modified), None) => {
                    let length = match expect["mtime_precision"].as_str() {
                        Some("day") => 10,
                        Some("minute") => 16,
                        _ => 19,
                    };
                    wanted.as_str().is_some_and(|wanted| wanted[..length] == iso(modified)[..length])
                }
                (Some(modified), Some(fields)) => {
                    let iso = iso(modified);
                    [("month", 5..7), ("day", 8..10), ("hour", 11..13), ("minute", 14..16)].into_iter().all(
                        |(field, range)| fields[field].as_u64().is_none_or(|n| iso[range].parse() == Ok(n)),
                    )
                }
                (None, _) => wanted.is_null(),
            },
            "target" => {
                wanted.as_str().unwrap_or_default() == text(entry.target.as_deref().unwrap_or_default())
            }
            "perms" => match (wanted.as_str(), entry.mode) {
                (Some(wanted), Some(mode)) => (0..9).zip(wanted.chars()).all(|(place, letter)| {
                    let bit = mode >> (8 - place) & 1;
                    letter == if bit == 1 { ['r', 'w', 'x'][place % 3] } else { '-' }
                }),
                (wanted, mode) => wanted.is_none() == mode.is_none(),
            },
            "owner" => wanted.as_str() == entry.owner.as_deref(),
            "group" => wanted.as_str() == entry.group.as_deref(),
            _ => continue,
        };
        if !fits {
            return Err(field.to_owned());
        }
    }
    Ok(())
}

/// A name of VMS as far as sources agree: some make it small, some keep the version or `.DIR`.
fn vms(name: &str) -> String {
    let lower = name.to_lowercase();
    let plain = lower.split(';').next().unwrap_or_default();
    plain.strip_suffix(".dir").unwrap_or(plain).to_owned()
}

fn date(case: &Value, line: &[u8]) -> Check {
    let entries = read(case, line);
    let modified =
        entries.first().and_then(|entry| entry.modified).map(|modified| iso(modified)[..16].to_owned());
    let wanted = case["expect"]["mtime"].as_str().map(|wanted| wanted[..16].to_owned());
    (modified == wanted).then_some(()).ok_or(format!("{modified:?} for {wanted:?}"))
}

fn permissions(case: &Value, word: &[u8]) -> Check {
    let entries = read(case, &[word, b" 1 owner group 1 Jan 1 2000 name"].concat());
    let mode = entries.first().and_then(|entry| entry.mode).map(u64::from);
    (mode == case["expect"]["mode"].as_u64()).then_some(()).ok_or(format!("{mode:?}"))
}

fn reader(input: &[u8]) -> Reader {
    let mut reader = Reader::new();
    reader.push(input).unwrap();
    // Some cases lack the last line end.
    reader.push(b"\n").unwrap();
    reader
}

fn replies(case: &Value, input: &[u8]) -> Check {
    let mut reader = reader(input);
    for expect in case["expect"]["replies"].as_array().unwrap() {
        let reply = reader.next().ok_or("too few replies")?;
        let lines: Vec<String> = reply.display_lines();
        let wanted: Option<Vec<&str>> =
            expect["lines"].as_array().map(|lines| lines.iter().map(|line| line.as_str().unwrap()).collect());
        if expect["code"] != reply.code || expect["last_line"] != reply.text().as_str() {
            return Err(format!("{reply:?} for {expect}"));
        }
        if wanted.is_some_and(|wanted| wanted != lines) {
            return Err(format!("{lines:?} for {expect}"));
        }
    }
    let rest = case["expect"]["rest"].as_str().is_some_and(|rest| !rest.is_empty());
    match reader.next() {
        Some(reply) => Err(format!("one reply more: {reply:?}")),
        None if reader.is_empty() == rest => Err(format!("empty: {}", !rest)),
        None => Ok(()),
    }
}

/// A reply whose meaning is asked for; `None` from `fits` is that it has none.
fn answer(case: &Value, input: &[u8], fits: impl Fn(&Reply, &Value) -> Option<bool>) -> Check {
    let mut reader = reader(input);
    // Some cases are the bare text without a code.
    let reply = reader.next().unwrap_or_else(|| Reply::new(200, vec![input.to_vec()]));
    match (fits(&reply, &case["expect"]), case["outcome"].as_str()) {
        (None, Some("reject" | "empty")) | (Some(true), Some("ok")) => Ok(()),
        (found, _) => Err(format!("{found:?}: {reply:?}")),
    }
}

fn features(reply: &Reply, expect: &Value) -> Option<bool> {
    let features = parse::feat(reply);
    let expect = expect["features"].as_object()?;
    let found: Vec<(&str, &str)> =
        features.lines.iter().map(|line| (line.name.as_str(), line.parameters.as_str())).collect();
    let same =
        |(name, parameters): &(&str, &str)| expect.get(*name).is_some_and(|wanted| wanted == parameters);
    features.known.then_some(found.len() == expect.len() && found.iter().all(same))
}

/// `2024-01-31T12:30:00` to Unix seconds, by counting days: another way than the crate's.
fn unix(iso: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| iso[range].parse::<i64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let days = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum::<i64>()
        - (year..1970).map(|year| if leap(year) { 366 } else { 365 }).sum::<i64>()
        + (1..month).map(|month| days_in(year, month)).sum::<i64>()
        + day
        - 1;
    days * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19)
}

fn iso(modified: Modified) -> String {
    let (mut days, seconds) = (modified.seconds.div_euclid(86_400), modified.seconds.rem_euclid(86_400));
    let mut year = 1970;
    while days < 0 {
        year -= 1;
        days += if leap(year) { 366 } else { 365 };
    }
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while days >= days_in(year, month) {
        days -= days_in(year, month);
        month += 1;
    }
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}", days + 1)
}

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0u32;
    let mut count = 0;
    let mut out = Vec::new();
    for byte in text.bytes() {
        let Some(value) = LETTERS.iter().position(|letter| *letter == byte) else { continue };
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}
