//! Answers to PASV (RFC 959 section 4.1.2) and EPSV (RFC 2428 section 3).

use crate::calendar::small;
use crate::reply::Reply;

/// Address and port of a 227: the first six numbers of one to three digits between commas, brackets or none
/// (rule D1), on any line of the reply (rule R9). The address is for the log alone (rule D2).
#[must_use]
pub fn pasv(reply: &Reply) -> Option<([u8; 4], u16)> {
    reply.lines.iter().find_map(|line| six_numbers(line))
}

/// Port of a 229, `(<d><d><d>port<d>)` with any delimiter; also of a 227 that came as the answer (rule D3).
#[must_use]
pub fn epsv(reply: &Reply) -> Option<u16> {
    let extended = reply.lines.iter().find_map(|line| {
        let starts = line.iter().enumerate().filter(|(_, byte)| **byte == b'(').map(|(at, _)| at + 1);
        starts.into_iter().find_map(|at| delimited(line.get(at..)?))
    });
    extended.or_else(|| pasv(reply).map(|(_, port)| port))
}

/// Port of either form, whichever command was sent.
#[must_use]
pub fn data_port(reply: &Reply) -> Option<u16> {
    epsv(reply)
}

fn six_numbers(line: &[u8]) -> Option<([u8; 4], u16)> {
    (0..line.len()).find_map(|at| {
        let opens =
            at == 0 || matches!(line.get(at - 1), Some(b'(' | b'[' | b'{' | b'<' | b'=' | b' ' | b'\t'));
        if opens { six_numbers_here(line.get(at..)?) } else { None }
    })
}

fn six_numbers_here(mut rest: &[u8]) -> Option<([u8; 4], u16)> {
    let mut numbers = [0u8; 6];
    for (place, number) in numbers.iter_mut().enumerate() {
        if place > 0 {
            rest = rest.strip_prefix(b",")?;
            rest = rest.strip_prefix(b" ").unwrap_or(rest);
        }
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 3 {
            return None;
        }
        *number = u8::try_from(small(&rest[..digits])?).ok()?;
        rest = &rest[digits..];
    }
    let [a, b, c, d, high, low] = numbers;
    let port = u16::from_be_bytes([high, low]);
    (port != 0).then_some(([a, b, c, d], port))
}

/// More than the longest address takes. What is behind it is not looked at, or a line full of brackets would take seconds.
const MAX_FIELDS: usize = 80;

/// After the bracket: delimiter, two fields that should be empty, port. A server that fills them in is understood.
fn delimited(text: &[u8]) -> Option<u16> {
    let (delimiter, fields) = text.get(..text.len().min(MAX_FIELDS))?.split_first()?;
    if !(33..=126).contains(delimiter) || delimiter.is_ascii_digit() {
        return None;
    }
    let mut fields = fields.split(|byte| byte == delimiter);
    let (_protocol, _address, port) = (fields.next()?, fields.next()?, fields.next()?);
    // A delimiter must follow the port too.
    fields.next()?;
    small(port).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reply(lines: &[&str]) -> Reply {
        Reply::new(227, lines.iter().map(|line| line.as_bytes().to_vec()).collect())
    }

    #[test]
    fn d1_brackets_of_all_kinds_or_none() {
        for text in [
            "Entering Passive Mode (192,168,7,97,199,99)",
            "Entering Passive Mode (192,168,7,97,199,99).",
            "Entering Passive Mode [192,168,7,97,199,99]",
            "Entering Passive Mode {192,168,7,97,199,99}",
            "Entering Passive Mode <192,168,7,97,199,99>",
            "Entering Passive Mode =192,168,7,97,199,99",
            "Entering Passive Mode. 192,168,7,97,199,99",
            "192,168,7,97,199,99",
            "Entering Passive Mode (192, 168, 7, 97, 199, 99)",
            "Passive, 1 moment: (192,168,7,97,199,99)",
        ] {
            assert_eq!(pasv(&reply(&[text])), Some(([192, 168, 7, 97], 199 * 256 + 99)), "{text}");
        }
    }

    #[test]
    fn d1_what_is_no_address() {
        for text in [
            "",
            "Entering Passive Mode",
            "(192,168,7,97,199)",
            "(192,168,7,97,199,256)",
            "(192,168,7,97,0,0)",
            "(1920,168,7,97,199,99)",
            "(192,168,7,97,199,9999)",
            "(192.168.7.97,199,99)",
            "(,,,,,)",
        ] {
            assert_eq!(pasv(&reply(&[text])), None, "{text}");
        }
    }

    #[test]
    fn r9_any_line_of_the_reply() {
        let reply = reply(&["listen socket created", "227-(10,0,0,1,4,1)", "End"]);
        assert_eq!(pasv(&reply), Some(([10, 0, 0, 1], 1025)));
    }

    #[test]
    fn d3_any_delimiter() {
        for text in
            ["(|||6446|)", "Entering Extended Passive Mode (!!!6446!)", "ok (EPSV) (|||6446|).", "(|||6446|"]
        {
            assert_eq!(epsv(&reply(&[text])), Some(6446), "{text}");
        }
        // Fields that should be empty.
        assert_eq!(epsv(&reply(&["(|2|::1|6446|)"])), Some(6446));
    }

    #[test]
    fn d3_what_is_no_port() {
        for text in [
            "",
            "(||6446|)",
            "(|||0|)",
            "(|||65536|)",
            "(|||6446)",
            "|||6446|",
            "(1116446 1)",
            "(|||-1|)",
            "(",
        ] {
            assert_eq!(epsv(&reply(&[text])), None, "{text}");
        }
    }

    /// Without the bound this would take minutes.
    #[test]
    fn d3_a_line_full_of_brackets() {
        let line = "(a".repeat(crate::reply::MAX_LINE / 2);
        assert_eq!(epsv(&reply(&[line.as_str(); 16])), None);
    }

    #[test]
    fn d3_either_answer_to_either_command() {
        assert_eq!(epsv(&reply(&["Entering Passive Mode (10,0,0,1,4,1)"])), Some(1025));
        assert_eq!(data_port(&reply(&["Entering Passive Mode (10,0,0,1,4,1)"])), Some(1025));
        assert_eq!(data_port(&reply(&["Entering Extended Passive Mode (|||6446|)"])), Some(6446));
        assert_eq!(pasv(&reply(&["Entering Extended Passive Mode (|||6446|)"])), None);
    }

    proptest! {
        #[test]
        fn any_text_has_at_most_a_port(text in "[(\\[|!0-9, =]{0,40}") {
            prop_assert_ne!(epsv(&reply(&[&text])), Some(0));
            prop_assert!(pasv(&reply(&[&text])).is_none_or(|(_, port)| port != 0));
        }

        #[test]
        fn every_port_is_found(address in any::<[u8; 4]>(), port in 1u16..) {
            let [a, b, c, d] = address;
            let text = format!("Entering Passive Mode ({a},{b},{c},{d},{},{})", port / 256, port % 256);
            prop_assert_eq!(pasv(&reply(&[&text])), Some((address, port)));
            prop_assert_eq!(epsv(&reply(&[&format!("(|||{port}|)")])), Some(port));
        }
    }
}
