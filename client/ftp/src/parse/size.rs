//! Answers to SIZE and DSIZ (RFC 3659 section 4).

use crate::calendar::number;
use crate::reply::Reply;

/// Bytes of a file: the digits that end the 213 (rule T6).
#[must_use]
pub fn size(reply: &Reply) -> Option<u64> {
    let line = reply.lines.last()?.trim_ascii_end();
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    number(&line[line.len() - digits..])
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
}
