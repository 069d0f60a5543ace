//! The size that a server announces with a 150 (rule T13). The text is free: it is good for a progress bar, never for a decision.

use crate::calendar::number;
use crate::reply::Reply;

/// `(12345 bytes)` or `12345 bytes`: the last such number of the reply, for a file's name may hold one too.
#[must_use]
pub fn announced(reply: &Reply) -> Option<u64> {
    reply.lines.iter().rev().find_map(|line| {
        let words: Vec<&[u8]> = line
            .split(|byte| matches!(byte, b' ' | b'(' | b')' | b'\t'))
            .filter(|word| !word.is_empty())
            .collect();
        words.windows(2).rev().find_map(|pair| match pair {
            [digits, unit] if is_bytes(unit) => number(digits),
            _ => None,
        })
    })
}

fn is_bytes(word: &[u8]) -> bool {
    let word = word.strip_suffix(b".").unwrap_or(word);
    word.eq_ignore_ascii_case(b"bytes") || word.eq_ignore_ascii_case(b"byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<u64> {
        announced(&Reply::new(150, lines.iter().map(|line| line.as_bytes().to_vec()).collect()))
    }

    #[test]
    fn t13_the_last_number_of_bytes() {
        for (lines, size) in [
            (&["Opening BINARY mode data connection for f (12345 bytes)."][..], 12_345),
            (&["Opening data connection for a (7 bytes).txt (12345 bytes)"], 12_345),
            (&["Accepted data connection", "1 byte to download"], 1),
            (&["(18446744073709551615 bytes)"], u64::MAX),
        ] {
            assert_eq!(read(lines), Some(size), "{lines:?}");
        }
        for lines in [
            &[""][..],
            &["12.3 kbytes to download"],
            &["(18446744073709551616 bytes)"],
            &["bytes"],
            &["(-1 bytes)"],
            &["(1,234 bytes)"],
        ] {
            assert_eq!(read(lines), None, "{lines:?}");
        }
    }
}
