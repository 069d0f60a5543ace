//! The replies of a control connection, and what is left of one that has not ended.

use super::json::{self, Object};
use super::{lines, text};
use std::io::{self, Write};
use towpath_ftp::reply::{Reader, Reply, escape};

/// The replies as one object; `None` where there is no reply and none that began, or where one is past the limits.
pub(super) fn read(bytes: &[u8], notes: &mut dyn Write) -> io::Result<Option<Object>> {
    let mut reader = Reader::new();
    let mut replies = Vec::new();
    let (mut start, mut noise) = (0, false);
    // The last line may lack its end.
    for (at, byte) in bytes.iter().chain(b"\n").enumerate() {
        if let Err(error) = reader.push(&[*byte]) {
            writeln!(notes, "refused: {error}")?;
            return Ok(None);
        }
        let before = replies.len();
        let said = bytes.get(start..at).unwrap_or_default();
        while let Some(reply) = reader.next() {
            replies.push(object(&reply, said));
        }
        let strays = reader.strays();
        for line in &strays {
            writeln!(notes, "unread: {}", escape(line))?;
        }
        noise |= !strays.is_empty();
        if replies.len() > before || !strays.is_empty() {
            // A bare CR ends its line only with the byte behind it, which belongs to the next.
            start = if matches!(byte, b'\r' | b'\n' | 0) { at + 1 } else { at };
        }
    }
    let mut rest = String::new();
    for line in lines(bytes.get(start..).unwrap_or_default()) {
        rest.push_str(&text(line));
        rest.push('\n');
    }
    if noise && replies.is_empty() && rest.is_empty() {
        return Ok(None);
    }
    Ok(Some(Object::new().raw("replies", &json::array(replies)).text("rest", Some(&rest))))
}

/// A reply: its lines as they came, codes included, and the text of the last one.
fn object(reply: &Reply, said: &[u8]) -> String {
    let last = reply.lines.last().map(Vec::as_slice).unwrap_or_default();
    Object::new()
        .number("code", Some(u64::from(reply.code)))
        .text("last_line", Some(&text(last)))
        .raw("lines", &json::array(lines(said).map(|line| json::string(&text(line)))))
        .to_string()
}
