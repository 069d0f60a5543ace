//! Server replies (RFC 959 section 4.2), read incrementally from the control connection's bytes.
//!
//! Rules R1 to R4: a reply that starts `ddd-` ends on `ddd ` with the same code and anything may stand between; CRLF, LF,
//! CR, CR NUL and NUL end a line; every size is bounded. Each byte is looked at once, so reading is linear however
//! the bytes are cut. Rule R6, telnet's commands, is a switch: [`Reader::set_telnet`].

use crate::path::display;
use crate::telnet::Filter;
use std::borrow::Cow;
use std::collections::VecDeque;
use thiserror::Error;

/// Longest line of a reply, in bytes.
pub const MAX_LINE: usize = 64 * 1024;
/// Most lines of one reply; also of noise outside replies.
pub const MAX_LINES: usize = 10_000;
/// Most bytes of one reply, line ends not counted.
pub const MAX_REPLY: usize = 1024 * 1024;
/// Lines outside replies that are kept for [`Reader::strays`].
const MAX_STRAYS: usize = 16;

/// A reply past the limits. The place of the next reply is lost: the connection has to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ReplyError {
    /// A line of more than [`MAX_LINE`] bytes.
    #[error("the server sent a reply line of more than {} KiB", MAX_LINE / 1024)]
    LongLine,
    /// A reply of more than [`MAX_LINES`] lines.
    #[error("the server sent a reply of more than {MAX_LINES} lines")]
    ManyLines,
    /// A reply of more than [`MAX_REPLY`] bytes.
    #[error("the server sent a reply of more than {} KiB", MAX_REPLY / 1024)]
    LongReply,
    /// More than [`MAX_LINES`] lines that are no reply.
    #[error("the server sent {MAX_LINES} lines that are no FTP replies")]
    Noise,
}

/// A whole reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// Its code, that of its first line.
    pub code: u16,
    /// Its lines, at least one: of the first and the last the text after the code, of those between all bytes.
    pub lines: Vec<Vec<u8>>,
    /// The code on the last line; another one only where rule R2 had to end the reply.
    last_code: u16,
}

impl Reply {
    /// A reply of these lines; none is one empty line.
    #[must_use]
    pub fn new(code: u16, mut lines: Vec<Vec<u8>>) -> Reply {
        if lines.is_empty() {
            lines.push(Vec::new());
        }
        Reply { code, lines, last_code: code }
    }

    /// The same reply with the code that it ought to have; what is shown stays the server's.
    pub(crate) fn meant_as(&self, code: u16) -> Reply {
        Reply { code, ..self.clone() }
    }

    /// The code as the server wrote it at the end.
    pub(crate) fn shown_code(&self) -> u16 {
        self.last_code
    }

    /// First digit of the code: 1 preliminary, 2 done, 3 go on, 4 not now, 5 never.
    #[must_use]
    pub fn class(&self) -> u8 {
        u8::try_from(self.code / 100).unwrap_or(0)
    }

    /// The last line's text, for eyes.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.last().map(|line| escape(line)).unwrap_or_default()
    }

    /// All lines with their codes, as the session log shows them; control characters are escaped (rule S4).
    #[must_use]
    pub fn display_lines(&self) -> Vec<String> {
        let last = self.lines.len().saturating_sub(1);
        let line = |(place, line): (usize, &Vec<u8>)| match place {
            place if place == last && line.is_empty() => format!("{:03}", self.last_code),
            place if place == last => format!("{:03} {}", self.last_code, escape(line)),
            0 => format!("{:03}-{}", self.code, escape(line)),
            _ => escape(line),
        };
        self.lines.iter().enumerate().map(line).collect()
    }
}

/// Server text for eyes, with control characters as `\xNN` (rules R11 and S4). Those that turn text round
/// are control characters here too.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let text = display(bytes);
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if hidden(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// Reads replies from the bytes of a control connection.
#[derive(Debug, Default)]
pub struct Reader {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The last byte was CR: it ends the line with the next byte, which may be the LF or NUL that belongs to it. Ending it
    /// at once would let TLS begin before the LF of `234 …` has come.
    after_cr: bool,
    /// A multi-line reply that has not ended yet.
    open: Option<Open>,
    ready: VecDeque<Reply>,
    strays: Vec<Vec<u8>>,
    stray_count: usize,
    /// This server ends replies with other codes than it began them with (rule R2).
    any_code_ends: bool,
    /// This server ends lines with a bare CR.
    bare_cr_ends: bool,
    /// Takes out telnet's commands, where the site says that there are some.
    telnet: Option<Filter>,
    failed: Option<ReplyError>,
}

#[derive(Debug)]
struct Open {
    reply: Reply,
    bytes: usize,
    /// The last line was `ddd ` with this other code.
    other_end: Option<u16>,
}

impl Reader {
    /// A reader at the start of a connection.
    #[must_use]
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Takes bytes as they came.
    ///
    /// # Errors
    /// [`ReplyError`], now and for ever after. Replies that were whole before can still be taken.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ReplyError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let text = self.telnet.as_mut().map_or(Cow::Borrowed(bytes), |telnet| telnet.text(bytes));
        self.read(&text).inspect_err(|error| self.failed = Some(*error))
    }

    /// Whether the server speaks telnet: then `FF FF` is one 0xFF, and `FF FB` to `FF FE` with the byte after them are no
    /// text (rule R6). Off at first, and to be left off unless the site's charset is one of single bytes.
    pub fn set_telnet(&mut self, on: bool) {
        match (self.telnet.take(), on) {
            (telnet, true) => self.telnet = Some(telnet.unwrap_or_default()),
            // A failure of this is kept for the next push.
            (Some(telnet), false) => drop(self.push(telnet.rest())),
            (None, false) => {}
        }
    }

    fn read(&mut self, mut rest: &[u8]) -> Result<(), ReplyError> {
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_cr) {
                self.end_line()?;
                if matches!(first, b'\n' | 0) {
                    rest = &rest[1..];
                    continue;
                }
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0));
            let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
            if self.line.len() + piece.len() > MAX_LINE {
                return Err(ReplyError::LongLine);
            }
            self.line.extend_from_slice(piece);
            let Some((end, after)) = after.split_first() else { break };
            rest = after;
            if *end == b'\r' && !self.bare_cr_ends {
                self.after_cr = true;
            } else {
                self.end_line()?;
            }
        }
        Ok(())
    }

    /// The next whole reply.
    #[allow(clippy::should_implement_trait, reason = "more replies may follow a None")]
    pub fn next(&mut self) -> Option<Reply> {
        self.ready.pop_front()
    }

    /// Whether every byte so far was part of a reply that has been taken. After the 234 that starts TLS anything else was
    /// injected (rule L3).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let telnet = self.telnet.as_ref().is_none_or(Filter::is_empty);
        telnet
            && self.line.is_empty()
            && self.open.is_none()
            && self.ready.is_empty()
            && self.strays.is_empty()
    }

    /// To be called after two seconds of silence (rule R2). Ends a reply whose last line was `ddd ` with another code, or a
    /// line that ended with a bare CR, and from then on takes such ends at once from this server.
    pub fn stalled_end(&mut self) -> Option<Reply> {
        if self.after_cr && self.failed.is_none() {
            self.after_cr = false;
            self.bare_cr_ends = true;
            if let Err(error) = self.end_line() {
                self.failed = Some(error);
            }
        }
        if self.ready.is_empty() && self.line.is_empty() && self.open.as_ref()?.other_end.is_some() {
            self.any_code_ends = true;
            self.close();
        }
        self.ready.pop_front()
    }

    /// Takes the lines that were outside of every reply, such as the first words of an SSH server; of a great
    /// many the first ones.
    pub fn strays(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.strays)
    }

    fn end_line(&mut self) -> Result<(), ReplyError> {
        // Empty lines say nothing, and CR LF in odd order makes some (rule R3).
        if self.line.is_empty() {
            return Ok(());
        }
        let line = std::mem::take(&mut self.line);
        let code = code(&line);
        let Some(open) = &mut self.open else { return self.begin(line, code) };
        open.bytes += line.len();
        if open.bytes > MAX_REPLY {
            return Err(ReplyError::LongReply);
        }
        if open.reply.lines.len() >= MAX_LINES {
            return Err(ReplyError::ManyLines);
        }
        let end = code.filter(|_| line.get(3).is_none_or(|separator| *separator == b' '));
        open.reply.lines.push(line);
        open.other_end = end.filter(|end| *end != open.reply.code);
        if end.is_some() && (open.other_end.is_none() || self.any_code_ends) {
            self.close();
        }
        Ok(())
    }

    /// A line outside of a reply: a whole one, the first of one, or noise.
    fn begin(&mut self, line: Vec<u8>, code: Option<u16>) -> Result<(), ReplyError> {
        let Some(code) = code else {
            // No reply begins so (rule R3). The line is kept for the log, and because it counts as injected after a 234.
            self.stray_count += 1;
            if self.strays.len() < MAX_STRAYS {
                self.strays.push(line);
            }
            return if self.stray_count > MAX_LINES { Err(ReplyError::Noise) } else { Ok(()) };
        };
        let multi_line = line.get(3) == Some(&b'-');
        let bytes = line.len();
        let reply = Reply::new(code, vec![after_code(line)]);
        if multi_line {
            self.open = Some(Open { reply, bytes, other_end: None });
        } else {
            self.ready.push_back(reply);
        }
        Ok(())
    }

    /// Ends the open reply with the line that came last.
    fn close(&mut self) {
        let Some(Open { mut reply, other_end, .. }) = self.open.take() else { return };
        if let Some(last) = reply.lines.pop() {
            reply.lines.push(after_code(last));
        }
        reply.last_code = other_end.unwrap_or(reply.code);
        self.ready.push_back(reply);
    }
}

/// The code that a line begins with. A fourth digit makes it some other number.
fn code(line: &[u8]) -> Option<u16> {
    let (digits, rest) = line.split_first_chunk::<3>()?;
    if !digits.iter().all(u8::is_ascii_digit) || rest.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}

/// The line without its code and the separator.
fn after_code(mut line: Vec<u8>) -> Vec<u8> {
    let separator = usize::from(matches!(line.get(3), Some(b' ' | b'-' | b'\t')));
    line.drain(..line.len().min(3 + separator));
    line
}

#[cfg(test)]
mod tests;
