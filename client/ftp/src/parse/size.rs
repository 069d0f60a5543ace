//! Answers to SIZE and MDTM (RFC 3659 sections 3 and 4).

use crate::calendar::{number, time_val};
use crate::entry::Modified;
use crate::reply::Reply;

/// Bytes of a file: the digits that end the 213 (rule T6).
#[must_use]
pub fn size(reply: &Reply) -> Option<u64> {
    let line = reply.lines.last()?.trim_ascii_end();
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    number(&line[line.len() - digits..])
}

/// Modification time of a file, UTC (rule T10): the first word of the 213 that is one.
#[must_use]
pub fn mdtm(reply: &Reply) -> Option<Modified> {
    let words = reply.lines.iter().flat_map(|line| line.split(u8::is_ascii_whitespace));
    words.into_iter().find_map(time_val)
}
