//! Answers to SIZE and DSIZ (RFC 3659 section 4).

use crate::calendar::number;
use crate::reply::Reply;

/// Bytes of a file: the digits that end the 213 (rule T6). They are a word of their own: the end of `-1` or of `1,234` is another number.
#[must_use]
pub fn size(reply: &Reply) -> Option<u64> {
    let line = reply.lines.last()?.trim_ascii_end();
    number(line.rsplit(u8::is_ascii_whitespace).next()?)
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
        for line in ["", "none", "18446744073709551616", "12 bytes", "-1", "1,234", "file.7"] {
            assert_eq!(size(&reply(line)), None, "{line}");
        }
    }
}
