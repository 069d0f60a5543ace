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

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str) -> Reply {
        Reply::new(213, vec![line.as_bytes().to_vec()])
    }

    #[test]
    fn t6_digits_at_the_end() {
        assert_eq!(size(&reply("6666")), Some(6666));
        assert_eq!(size(&reply("0 ")), Some(0));
        assert_eq!(size(&reply("/1/file.txt 6666")), Some(6666));
        assert_eq!(size(&reply("18446744073709551615")), Some(u64::MAX));
        for line in ["", "none", "18446744073709551616", "12 bytes"] {
            assert_eq!(size(&reply(line)), None, "{line}");
        }
    }

    #[test]
    fn t10_utc_with_seconds() {
        let modified = mdtm(&reply("20240229123456.5")).unwrap();
        assert_eq!(modified.seconds, 1_709_210_096);
        assert!(modified.utc && modified.has_time && modified.has_seconds);
        assert_eq!(mdtm(&reply("20240229123456 /file")), Some(modified));
        assert_eq!(mdtm(&reply("yesterday")), None);
    }
}
