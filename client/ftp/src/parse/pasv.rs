//! Answers to PASV (RFC 959 section 4.1.2) and EPSV (RFC 2428 section 3).

use crate::calendar::small;
use crate::reply::Reply;

/// Address and port of a 227: the first list of six numbers between commas, brackets or none (rule D1), on any line of the
/// reply (rule R9). A list with a number above 255 or with port 0 refuses the line; seven numbers are some other
/// list. The address is for the log alone (rule D2).
#[must_use]
pub fn pasv(reply: &Reply) -> Option<([u8; 4], u16)> {
    reply.lines.iter().find_map(|line| six_numbers(line))
}

/// Port of a 229, `(<d><d><d>port<d>)` with any delimiter; also of a 227 that came as the answer (rule D3).
#[must_use]
pub fn epsv(reply: &Reply) -> Option<u16> {
    // A digit may be a delimiter by the letter of the RFC. No server does that, and numbers in brackets are common.
    let extended = |form: fn(&[u8]) -> Option<u16>| reply.lines.iter().find_map(|line| bracketed(line, form));
    extended(delimited)
        .or_else(|| pasv(reply).map(|(_, port)| port))
        .or_else(|| extended(delimited_by_digits))
}

/// Port of either form, whichever command was sent.
#[must_use]
pub fn data_port(reply: &Reply) -> Option<u16> {
    epsv(reply)
}

/// The first list of exactly six numbers. Each byte is looked at once or twice: what a list took is not read again.
fn six_numbers(line: &[u8]) -> Option<([u8; 4], u16)> {
    let mut at = 0;
    while at < line.len() {
        let opens = at.checked_sub(1).and_then(|before| line.get(before));
        let opens = opens.is_none_or(|byte| matches!(byte, b'(' | b'[' | b'{' | b'<' | b'=' | b' ' | b'\t'));
        if !opens || !line[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let (numbers, taken) = list(&line[at..]);
        if let [a, b, c, d, high, low] = *numbers.as_slice() {
            let port = u16::from_be_bytes([high?, low?]);
            return (port != 0).then_some(([a?, b?, c?, d?], port));
        }
        at += taken;
    }
    None
}

/// Numbers between commas, blanks behind these or none: the first seven, one that is no byte as `None`, and how many bytes
/// all of them take.
fn list(text: &[u8]) -> (Vec<Option<u8>>, usize) {
    let (mut numbers, mut taken) = (Vec::new(), 0);
    loop {
        let rest = &text[taken..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if numbers.len() < 7 {
            let number = small(&rest[..digits]).filter(|_| digits <= 3);
            numbers.push(number.and_then(|number| u8::try_from(number).ok()));
        }
        taken += digits;
        let Some(after) = text[taken..].strip_prefix(b",") else { break };
        let blanks = after.iter().take_while(|byte| **byte == b' ').count();
        if !after.get(blanks).is_some_and(u8::is_ascii_digit) {
            break;
        }
        taken += 1 + blanks;
    }
    (numbers, taken)
}

/// More than the longest address takes. What is behind it is not looked at, or a line full of brackets would take seconds.
const MAX_FIELDS: usize = 80;

/// What one of the forms finds behind the first bracket behind which it finds something.
fn bracketed(line: &[u8], form: fn(&[u8]) -> Option<u16>) -> Option<u16> {
    let starts = line.iter().enumerate().filter(|(_, byte)| **byte == b'(').map(|(at, _)| at + 1);
    starts.into_iter().find_map(|at| form(line.get(at..line.len().min(at + MAX_FIELDS))?))
}

/// After the bracket: delimiter, two fields that should be empty, port. A server that fills them in is understood.
fn delimited(text: &[u8]) -> Option<u16> {
    let (delimiter, fields) = text.split_first()?;
    if !(33..=126).contains(delimiter) || delimiter.is_ascii_digit() {
        return None;
    }
    let mut fields = fields.split(|byte| byte == delimiter);
    let (_protocol, _address, text) = (fields.next()?, fields.next()?, fields.next()?);
    // A delimiter must follow the port too.
    fields.next()?;
    port(text)
}

/// The same where the delimiter is a digit: the fields are empty then, and the closing bracket says where the port ends.
fn delimited_by_digits(text: &[u8]) -> Option<u16> {
    let inside = text.split(|byte| *byte == b')').next().filter(|inside| inside.len() < text.len())?;
    let ([first, second, third], rest) = inside.split_first_chunk::<3>()?;
    let (last, text) = rest.split_last()?;
    let delimits = first.is_ascii_digit() && [second, third, last].into_iter().all(|byte| byte == first);
    if delimits { port(text) } else { None }
}

fn port(digits: &[u8]) -> Option<u16> {
    small(digits).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0)
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
            "Passive mode 1, 2: (192,168,7,97,199,99)",
            "(192,168,007,097,199,099)",
            "192,168,7,97,199,99, go on",
            "1,2,3 (192,168,7,97,199,99)",
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
            "(300, 10,0,0,1,4,1)",
            "(192,168,7,97,199,99,1)",
            "(0192,168,7,97,199,99)",
            "Passive1,2,3,4,5,6",
            "(-1,2,3,4,5,6)",
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
        for delimiter in 33..=126u8 {
            let d = char::from(delimiter);
            assert_eq!(epsv(&reply(&[&format!("Entering ({d}{d}{d}6446{d})")])), Some(6446), "{d}");
        }
        // Brackets that hold something else, before and after.
        assert_eq!(epsv(&reply(&["EPSV (1112223331) ok (|||6446|) (1111)"])), Some(6446));
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
            "(11164461",
            "(1126446)",
            "(1111)",
            "(777)",
            "(|||-1|)",
            "(",
        ] {
            assert_eq!(epsv(&reply(&[text])), None, "{text}");
        }
    }

    #[test]
    fn r9_a_port_on_any_line() {
        let reply = reply(&["listen socket created", " (|||6446|)", "End"]);
        assert_eq!(epsv(&reply), Some(6446));
    }

    /// Were a list read again from each of its numbers, this would take minutes.
    #[test]
    fn d1_a_line_full_of_numbers() {
        for piece in ["1, ", "1,", " 1", "11", "=1,1,1,1,1,"] {
            let line = piece.repeat(crate::reply::MAX_LINE / piece.len());
            assert_eq!(pasv(&reply(&[line.as_str(); 16])), None, "{piece:?}");
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
