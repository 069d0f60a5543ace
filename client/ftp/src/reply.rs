//! Server replies (RFC 959 section 4.2), read incrementally from the control connection's bytes.
//!
//! Rules R1 to R4: a reply that starts `ddd-` ends on `ddd ` with the same code and anything may stand between; CRLF, LF,
//! CR, CR NUL and NUL end a line; every size is bounded. Each byte is looked at once, so reading is linear however
//! the bytes are cut.

use crate::path::display;
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
        match self.failed {
            Some(error) => Err(error),
            None => self.read(bytes).inspect_err(|error| self.failed = Some(*error)),
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
        self.line.is_empty() && self.open.is_none() && self.ready.is_empty() && self.strays.is_empty()
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Vec<Reply> {
        let mut reader = Reader::new();
        reader.push(bytes).unwrap();
        std::iter::from_fn(|| reader.next()).collect()
    }

    fn lines(reply: &Reply) -> Vec<&str> {
        reply.lines.iter().map(|line| std::str::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn r1_a_line_is_a_reply() {
        let replies = read(b"220 Welcome\r\n331  Password\r\n200\r\n");
        assert_eq!(replies.iter().map(|reply| reply.code).collect::<Vec<_>>(), [220, 331, 200]);
        assert_eq!(lines(&replies[1]), [" Password"]);
        assert_eq!(replies[1].display_lines(), ["331  Password"]);
        assert_eq!(replies[2].display_lines(), ["200"]);
        assert_eq!((replies[1].class(), replies[2].text()), (3, String::new()));
    }

    #[test]
    fn r1_ends_on_the_same_code_and_a_blank_alone() {
        let bytes = b"211-Features:\r\n UTF8\r\n211-MDTM\r\n500 no end\r\n2111 nor this\r\n 211 nor this\r\n211 End.\r\n";
        let replies = read(bytes);
        assert_eq!(replies.len(), 1);
        assert_eq!(lines(&replies[0])[..3], ["Features:", " UTF8", "211-MDTM"]);
        assert_eq!(replies[0].text(), "End.");
        let shown = replies[0].display_lines();
        assert_eq!(
            (shown[0].as_str(), shown[1].as_str(), shown[6].as_str()),
            ("211-Features:", " UTF8", "211 End.")
        );
        assert_eq!(shown.len(), 7);
    }

    #[test]
    fn r1_the_end_may_have_no_text() {
        let replies = read(b"230-Hello\r\n230\r\n");
        assert_eq!(lines(&replies[0]), ["Hello", ""]);
        assert_eq!(replies[0].display_lines(), ["230-Hello", "230"]);
    }

    #[test]
    fn r2_another_code_ends_only_after_silence() {
        let mut reader = Reader::new();
        reader.push(b"226-Free space\r\n200 done\r\n").unwrap();
        assert_eq!(reader.next(), None);
        let reply = reader.stalled_end().unwrap();
        assert_eq!((reply.code, reply.text().as_str()), (226, "done"));
        assert_eq!(reply.display_lines(), ["226-Free space", "200 done"]);
        assert!(reader.is_empty());
        // From now on at once.
        reader.push(b"250-One\r\n200 two\r\n").unwrap();
        assert_eq!(reader.next().unwrap().code, 250);
    }

    #[test]
    fn r2_silence_within_a_reply_ends_nothing() {
        let mut reader = Reader::new();
        reader.push(b"226-Free space\r\n200 done\r\n more\r\n").unwrap();
        assert_eq!(reader.stalled_end(), None);
        reader.push(b"200 done\r\n22").unwrap();
        assert_eq!(reader.stalled_end(), None);
        reader.push(b"6 End\r\n").unwrap();
        assert_eq!(reader.next().unwrap().lines.len(), 5);
        assert_eq!(Reader::new().stalled_end(), None);
    }

    #[test]
    fn r3_all_line_ends() {
        let replies = read(b"200 a\r\n\r\n201 b\n202 c\r203 d\r\x00204 e\x00205 f\n\r206 g\r\r\n");
        let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
        assert_eq!(codes, [200, 201, 202, 203, 204, 205, 206]);
        assert!(replies.iter().all(|reply| reply.text().len() == 1));
    }

    #[test]
    fn r3_cr_waits_for_what_belongs_to_it() {
        let mut reader = Reader::new();
        reader.push(b"234 AUTH TLS OK.\r").unwrap();
        assert_eq!(reader.next(), None);
        assert!(!reader.is_empty());
        reader.push(b"\n").unwrap();
        assert_eq!(reader.next().unwrap().code, 234);
        assert!(reader.is_empty());
    }

    #[test]
    fn r3_bare_cr_ends_after_silence() {
        let mut reader = Reader::new();
        reader.push(b"220 Hello\r").unwrap();
        assert_eq!(reader.stalled_end().unwrap().code, 220);
        reader.push(b"331 Password\r").unwrap();
        assert_eq!(reader.next().unwrap().code, 331);
    }

    #[test]
    fn r4_limits() {
        let mut reader = Reader::new();
        reader.push(b"200 before\r\n").unwrap();
        assert_eq!(reader.push(&vec![b'2'; MAX_LINE + 1]), Err(ReplyError::LongLine));
        assert_eq!(reader.push(b"\r\n200 after\r\n"), Err(ReplyError::LongLine));
        assert_eq!(reader.next().unwrap().code, 200);
        assert_eq!(reader.next(), None);

        let mut reader = Reader::new();
        reader.push(b"211-Start\r\n").unwrap();
        reader.push(&b"x\n".repeat(MAX_LINES - 1)).unwrap();
        assert_eq!(reader.push(b"x\n"), Err(ReplyError::ManyLines));

        let mut reader = Reader::new();
        let line = [&vec![b'x'; MAX_LINE][..], b"\n"].concat();
        reader.push(b"211-Start\r\n").unwrap();
        assert_eq!(reader.push(&line.repeat(MAX_REPLY / MAX_LINE)), Err(ReplyError::LongReply));

        assert_eq!(Reader::new().push(&b"x\n".repeat(MAX_LINES + 1)), Err(ReplyError::Noise));
    }

    /// A reply of nearly 1 MiB whose lines are as long as they may be, byte by byte: were a line read again for each byte, this
    /// would take half an hour.
    #[test]
    fn r4_reading_is_linear() {
        let line = [&vec![b'x'; MAX_LINE][..], b"\r\n"].concat();
        let bytes = [b"211-Start\r\n".to_vec(), line.repeat(15), b"211 End\r\n".to_vec()].concat();
        let mut reader = Reader::new();
        bytes.iter().for_each(|byte| reader.push(&[*byte]).unwrap());
        assert_eq!(reader.next().unwrap().lines.len(), 17);
    }

    #[test]
    fn l3_everything_after_the_reply_counts() {
        for injected in [&b"230 OK\r\n"[..], b"230-OK\r\n", b"2", b"noise\r\n", b"x\r\n"] {
            let mut reader = Reader::new();
            reader.push(&[b"234 AUTH TLS OK.\r\n", injected].concat()).unwrap();
            assert_eq!(reader.next().unwrap().code, 234);
            assert!(!reader.is_empty(), "{injected:?}");
        }
    }

    #[test]
    fn l4_lines_outside_replies_are_kept() {
        let mut reader = Reader::new();
        reader.push(b"SSH-2.0-OpenSSH_9.2\r\n220 Welcome\r\n").unwrap();
        assert_eq!(reader.strays(), [b"SSH-2.0-OpenSSH_9.2"]);
        assert_eq!(reader.next().unwrap().code, 220);
        assert!(reader.is_empty());
    }

    #[test]
    fn s4_control_characters_are_escaped() {
        let replies = read(b"220 a\x1b[31m\tb\x7f\xe2\x80\xaec\r\n221 \xff\x85\r\n");
        assert_eq!(replies[0].text(), "a\\x1b[31m\tb\\x7f\\u{202e}c");
        assert_eq!(replies[1].display_lines(), ["221 \u{ff}\\u{85}"]);
    }

    /// Bytes that often make replies, and a number for where to cut them.
    fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let piece = prop_oneof![
            Just(b"220 a\r\n".to_vec()),
            Just(b"220-".to_vec()),
            Just(b"221 ".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\0".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..6),
        ];
        proptest::collection::vec(piece, 0..40)
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(pieces in pieces(), cuts in proptest::collection::vec(1usize..9, 1..9)) {
            let bytes = pieces.concat();
            let mut whole = Reader::new();
            let result = whole.push(&bytes);
            let mut cut = Reader::new();
            let (mut rest, mut cut_result) = (&bytes[..], Ok(()));
            for size in cuts.iter().cycle() {
                if rest.is_empty() || cut_result.is_err() { break }
                let (piece, after) = rest.split_at((*size).min(rest.len()));
                cut_result = cut.push(piece);
                rest = after;
            }
            prop_assert_eq!(result, cut_result);
            while let Some(reply) = whole.next() {
                prop_assert_eq!(reply.class() as u16, reply.code / 100);
                prop_assert!(!reply.lines.is_empty());
                prop_assert_eq!(reply.lines.len(), reply.display_lines().len());
                prop_assert!(!reply.display_lines().concat().contains(['\r', '\n', '\0', '\x1b']));
                prop_assert_eq!(Some(reply), cut.next());
            }
            prop_assert_eq!(None, cut.next());
            prop_assert_eq!(whole.is_empty(), cut.is_empty());
            prop_assert_eq!(whole.stalled_end(), cut.stalled_end());
            prop_assert_eq!(whole.strays(), cut.strays());
        }
    }
}
