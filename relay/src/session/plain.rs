//! What may pass before TLS. Where the administrator requires TLS, a page that goes on in plain text is stopped here, whatever it or
//! its user decided: on a control stream only the request for TLS passes (RFC 4217 section 4), and QUIT; on a data stream nothing does.

/// The lines that may stand before TLS where it is required.
const LINES: [&[u8]; 3] = [b"AUTH TLS", b"AUTH SSL", b"QUIT"];

/// The watch over what a page sends in plain text.
#[derive(Debug)]
pub(super) enum Plain {
    /// Everything passes.
    Free,
    /// [`LINES`] pass; this much of one has.
    Request(Vec<u8>),
    /// Nothing passes, in either direction.
    Nothing,
}

impl Plain {
    /// The watch over a stream.
    pub(super) fn new(tls_required: bool, is_control: bool) -> Plain {
        match (tls_required, is_control) {
            (false, _) => Plain::Free,
            (true, true) => Plain::Request(Vec::new()),
            (true, false) => Plain::Nothing,
        }
    }

    /// Whether these bytes may go on to the server, after those before. No part of a line goes whose rest could not.
    pub(super) fn passes(&mut self, bytes: &[u8]) -> bool {
        match self {
            Plain::Free => true,
            Plain::Nothing => bytes.is_empty(),
            Plain::Request(line) => bytes.iter().all(|byte| step(line, *byte)),
        }
    }
}

fn step(line: &mut Vec<u8>, byte: u8) -> bool {
    if byte == b'\n' {
        let whole = line.strip_suffix(b"\r").is_some_and(|line| LINES.contains(&line));
        line.clear();
        return whole;
    }
    line.push(byte.to_ascii_uppercase());
    match line.strip_suffix(b"\r") {
        Some(line) => LINES.contains(&line),
        None => LINES.iter().any(|known| known.starts_with(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of bytes that pass, given one by one, and whether all do at once.
    fn passes(bytes: &[u8]) -> (usize, bool) {
        let mut plain = Plain::new(true, true);
        let one_by_one = bytes.iter().take_while(|byte| plain.passes(std::slice::from_ref(byte))).count();
        (one_by_one, Plain::new(true, true).passes(bytes))
    }

    #[test]
    fn only_the_request_for_tls_passes() {
        for text in ["AUTH TLS\r\n", "auth ssl\r\n", "AUTH TLS\r\nAUTH SSL\r\nQUIT\r\n", ""] {
            assert_eq!(passes(text.as_bytes()), (text.len(), true), "{text:?}");
        }
        for (text, begun) in [
            ("USER me\r\n", 0),
            ("PASS secret\r\n", 0),
            ("AUTH TLS\r\nUSER me\r\n", 10),
            ("AUTH GSSAPI\r\n", 5),
            ("AUTH TLS \r\n", 8),
            ("AUTH TLS\n", 8),
            ("AUTH TLS\rUSER me\r\n", 9),
            ("AUTH\r\n", 4),
            ("\r\n", 0),
            ("QUITE\r\n", 4),
        ] {
            assert_eq!(passes(text.as_bytes()), (begun, false), "{text:?}");
        }
    }

    #[test]
    fn a_data_stream_has_nothing_to_say_before_tls() {
        assert!(Plain::new(true, false).passes(b"") && !Plain::new(true, false).passes(b"x"));
        assert!(Plain::new(false, true).passes(b"USER me\r\n") && Plain::new(false, false).passes(b"x"));
    }
}
