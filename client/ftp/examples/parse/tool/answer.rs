//! Single replies and what they mean. A text without a code is taken for the text of a reply that succeeded.

use super::arguments::Kind;
use super::json::{self, Object};
use super::{clock, lines, text};
use std::collections::BTreeMap;
use towpath_ftp::parse;
use towpath_ftp::reply::{Reader, Reply};

/// The meaning of the answer to a command; `None` where it has none or is a failure.
pub(super) fn read(kind: Kind, bytes: &[u8]) -> Option<Object> {
    let reply = reply(kind, bytes)?;
    if reply.class() != 2 {
        return None;
    }
    match kind {
        Kind::Pasv => {
            let (host, port) = parse::pasv(&reply)?;
            let host = host.map(|byte| byte.to_string()).join(".");
            Some(Object::new().text("host", Some(&host)).number("port", Some(u64::from(port))))
        }
        Kind::Epsv => Some(Object::new().number("port", Some(u64::from(parse::epsv(&reply)?)))),
        Kind::Pwd => Some(Object::new().text("path", Some(&path(&reply)?))),
        Kind::Size => Some(Object::new().number("size", Some(parse::size(&reply)?))),
        Kind::Mdtm => {
            let modified = parse::mdtm(&reply)?;
            let micros = micros(&reply);
            Some(
                Object::new()
                    .text("mtime", Some(&clock::write(modified.seconds)))
                    .number("millis", Some(micros / 1_000))
                    .number("micros", Some(micros)),
            )
        }
        Kind::Feat => features(&reply),
        Kind::List | Kind::Mlsd | Kind::Reply => None,
    }
}

/// The first reply, or the bare text.
fn reply(kind: Kind, bytes: &[u8]) -> Option<Reply> {
    let first = lines(bytes).next()?;
    let coded = first.len() >= 3
        && first.iter().take(3).all(u8::is_ascii_digit)
        && first.get(3).is_none_or(|separator| matches!(separator, b' ' | b'-' | b'\t'));
    if !coded {
        let code = if kind == Kind::Feat { return None } else { 200 };
        return Some(Reply::new(code, lines(bytes).map(<[u8]>::to_vec).collect()));
    }
    let mut reader = Reader::new();
    reader.push(bytes).and_then(|()| reader.push(b"\n")).ok()?;
    reader.next()
}

/// The path. A pair of quotes with nothing between is an empty one: the engine has no use for it, but that is what
/// the server said.
fn path(reply: &Reply) -> Option<String> {
    let empty = || reply.lines.iter().any(|line| line.trim_ascii() == b"\"\"" || line.starts_with(b"\"\" "));
    parse::pwd(reply).map(|path| text(&path)).or_else(|| empty().then(String::new))
}

/// What follows the point of the time, in microseconds.
fn micros(reply: &Reply) -> u64 {
    let words = reply.lines.iter().flat_map(|line| line.split(u8::is_ascii_whitespace));
    let is_time = |word: &&[u8]| parse::mdtm(&Reply::new(213, vec![word.to_vec()])).is_some();
    let word = words.into_iter().find(is_time).unwrap_or_default();
    let fraction = word.split(|byte| *byte == b'.').nth(1).unwrap_or_default();
    let digits = fraction.iter().chain(b"000000").take_while(|byte| byte.is_ascii_digit()).take(6);
    digits.fold(0, |micros, digit| micros * 10 + u64::from(digit - b'0'))
}

/// Features by their names, with what follows them. One that has several lines has them joined.
fn features(reply: &Reply) -> Option<Object> {
    if !parse::feat(reply).known {
        return None;
    }
    let prefix = format!("{:03}-", reply.code);
    let mut features = BTreeMap::<String, String>::new();
    // The first line and the last are no features, and a single one is none either.
    let inner = reply.lines.len().saturating_sub(2);
    for line in reply.lines.iter().skip(1).take(inner) {
        let line = line.trim_ascii();
        let line = text(line.strip_prefix(prefix.as_bytes()).unwrap_or(line));
        let (name, parameters) = line.trim().split_once([' ', '\t']).unwrap_or((line.trim(), ""));
        if name.is_empty() {
            continue;
        }
        let all = features.entry(name.to_ascii_uppercase()).or_default();
        if !all.is_empty() && !parameters.is_empty() {
            all.push(';');
        }
        all.push_str(parameters.trim());
    }
    let object = features
        .iter()
        .fold(Object::new(), |object, (name, parameters)| object.raw(name, &json::string(parameters)));
    Some(Object::new().raw("features", &object.to_string()))
}
