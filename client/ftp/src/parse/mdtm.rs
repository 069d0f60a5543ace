//! Answers to MDTM (RFC 3659 section 3).

use crate::calendar::{DAY, Date, time_val};
use crate::entry::Modified;
use crate::reply::Reply;

/// Modification time of a file, UTC: the first word of the 213 that is one (rule T10). Fractions are dropped, the Y2K fault `191yy` is
/// understood, and 0001-01-01 is what some servers say when they do not know.
#[must_use]
pub fn mdtm(reply: &Reply) -> Option<Modified> {
    let words = reply.lines.iter().flat_map(|line| line.split(u8::is_ascii_whitespace));
    words.into_iter().find_map(time_val).filter(|modified| is_meant(*modified))
}

fn is_meant(modified: Modified) -> bool {
    Date::new(1, 1, 1).is_none_or(|first| modified.seconds.div_euclid(DAY) != first.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Modified> {
        mdtm(&Reply::new(213, vec![line.as_bytes().to_vec()]))
    }

    #[test]
    fn t10_utc_with_seconds() {
        let modified = read("20240229123456.5").unwrap();
        assert_eq!(modified.seconds, 1_709_210_096);
        assert!(modified.utc && modified.has_time && modified.has_seconds);
        for line in ["20240229123456 /file", "20240229123456", " 20240229123456.", "191240229123456"] {
            assert_eq!(read(line), Some(modified), "{line}");
        }
        for line in ["yesterday", "", "2024022912345", "20240230123456", "00010101000000", "00010101000000.0"]
        {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
