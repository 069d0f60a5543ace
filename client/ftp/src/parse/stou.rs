//! The name that STOU chose (RFC 959 section 4.1.3; RFC 1123 section 4.1.2.9).

use crate::path::Argument;
use crate::reply::Reply;

/// The name in the 125, 150, 226 or 250: after `FILE:` as RFC 1123 wants it, after `unique file name:`, or in quotes. It may be a path, and it is
/// the server's word: a name for the server only.
#[must_use]
pub fn stou(reply: &Reply) -> Option<Argument> {
    let after = |mark: &str| {
        reply.lines.iter().find_map(|line| {
            let at = line.windows(mark.len()).position(|part| part.eq_ignore_ascii_case(mark.as_bytes()))?;
            line.get(at + mark.len()..)
        })
    };
    let name = match (after("unique file name:"), after("FILE:")) {
        (Some(rest), _) => rest.split(|byte| *byte == b')').next(),
        (None, Some(rest)) => Some(rest),
        (None, None) => reply.lines.iter().find_map(|line| {
            let start = line.iter().position(|byte| *byte == b'"')? + 1;
            let end = line.iter().rposition(|byte| *byte == b'"')?;
            line.get(start..end)
        }),
    };
    let name = name?.trim_ascii();
    let fits = !name.is_empty() && !name.iter().any(u8::is_ascii_control);
    fits.then(|| Argument::new(name).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<String> {
        let reply = Reply::new(150, lines.iter().map(|line| line.as_bytes().to_vec()).collect());
        stou(&reply).map(|name| String::from_utf8(name.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn the_name_where_servers_put_it() {
        for (lines, name) in [
            (&["FILE: stou.0001"][..], "stou.0001"),
            (&["Opening data connection", "file: a b "], "a b"),
            (&["Transfer complete (unique file name:f.1)."], "f.1"),
            (&["\"/up/ftpAbC\" stored"], "/up/ftpAbC"),
        ] {
            assert_eq!(read(lines).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_is_no_name() {
        for lines in [
            &["Transfer complete"][..],
            &["FILE:"],
            &["FILE: \t "],
            &["\"\" stored"],
            &["\""],
            &["FILE: a\u{7f}"],
        ] {
            assert_eq!(read(lines), None, "{lines:?}");
        }
    }
}
