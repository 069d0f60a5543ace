//! Telnet on the control connection (RFC 959 section 3.1, RFC 854; rules S2, R6). FTP's commands and replies are telnet
//! text, in which the byte 0xFF begins a command (IAC, "interpret as command") and stands for itself if doubled. Hardly any server does it,
//! and in UTF-8 the byte never comes up; in a charset such as windows-1251 it is a letter, and servers that do speak telnet want
//! it doubled. So this is a switch of the site, and only for charsets of single bytes.

use std::borrow::Cow;

/// Interpret as command.
pub const IAC: u8 = 0xff;

/// A line as it goes out to a server that speaks telnet: each 0xFF doubled.
#[must_use]
pub fn doubled(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&IAC) {
        return Cow::Borrowed(line);
    }
    let mut out = Vec::with_capacity(line.len() + 8);
    for &byte in line {
        out.push(byte);
        if byte == IAC {
            out.push(IAC);
        }
    }
    Cow::Owned(out)
}

/// Takes telnet out of what comes in, across any cut of the bytes.
///
/// `FF FF` is one 0xFF, and WILL, WONT, DO and DONT with their option are dropped: we have no options, and an answer would be text for most
/// servers. The other commands are no business of an FTP server, and their codes are letters (`яр` is `FF F0` in windows-1251):
/// what a server that does not double its 0xFF after all sends is left as it is.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    state: State,
    /// A command was dropped since the last text.
    dropped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Text,
    /// After an IAC.
    Iac,
    /// After IAC and a command that has an option.
    Option,
}

impl Filter {
    /// The text in these bytes.
    pub(crate) fn text<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.state == State::Text && !bytes.contains(&IAC) {
            self.dropped &= bytes.is_empty();
            return Cow::Borrowed(bytes);
        }
        let mut text = Vec::with_capacity(bytes.len() + 1);
        for &byte in bytes {
            let before = text.len();
            self.state = match (self.state, byte) {
                (State::Text, IAC) => State::Iac,
                (State::Iac, 0xfb..=0xfe) => State::Option,
                (State::Option, _) => {
                    self.dropped = true;
                    State::Text
                }
                (State::Iac, IAC) | (State::Text, _) => {
                    text.push(byte);
                    State::Text
                }
                (State::Iac, _) => {
                    text.extend_from_slice(&[IAC, byte]);
                    State::Text
                }
            };
            if text.len() > before {
                self.dropped = false;
            }
        }
        Cow::Owned(text)
    }

    /// Whether everything so far was text that has been given out, the last thing at least.
    pub(crate) fn is_empty(&self) -> bool {
        self.state == State::Text && !self.dropped
    }

    /// What of an unfinished command is text if there is no telnet after all.
    pub(crate) fn rest(self) -> &'static [u8] {
        if self.state == State::Iac { &[IAC] } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn s2_0xff_goes_out_twice() {
        assert_eq!(&*doubled(b"RETR a\r\n"), b"RETR a\r\n");
        assert_eq!(&*doubled(b"RETR \xff\r\n"), b"RETR \xff\xff\r\n");
        assert_eq!(&*doubled(b"\xff\xffa\xff"), b"\xff\xff\xff\xffa\xff\xff");
        assert!(matches!(doubled("RETR ä".as_bytes()), Cow::Borrowed(_)));
    }

    #[test]
    fn r6_commands_are_taken_out() {
        for (bytes, text) in [
            (&b"plain"[..], &b"plain"[..]),
            (b"\xff\xff", b"\xff"),
            (b"a\xff\xffb\xff\xff", b"a\xffb\xff"),
            (b"\xff\xfb\x01a", b"a"),
            (b"a\xff\xfc\x03\xff\xfd\x06b\xff\xfe\xffc", b"abc"),
            (b"\xff\xff\xfb\x01", b"\xff\xfb\x01"),
            (b"\xff\xf0a", b"\xff\xf0a"),
            (b"\xffa", b"\xffa"),
            (b"a\xff\r\n", b"a\xff\r\n"),
            (b"a\xff", b"a"),
            (b"a\xff\xfb", b"a"),
        ] {
            let mut whole = Filter::default();
            assert_eq!(&*whole.text(bytes), text, "{bytes:x?}");
            let mut cut = Filter::default();
            let pieces: Vec<u8> = bytes.iter().flat_map(|byte| cut.text(&[*byte]).into_owned()).collect();
            assert_eq!(pieces, text, "{bytes:x?}");
            assert_eq!(whole.is_empty(), cut.is_empty());
        }
    }

    proptest! {
        #[test]
        fn s2_r6_what_goes_out_doubled_comes_in_single(
            bytes in prop::collection::vec(prop_oneof![Just(IAC), 0xf0u8..=0xfe, any::<u8>()], 0..40),
            cut in 0usize..80,
        ) {
            let sent = doubled(&bytes);
            let (first, second) = sent.split_at(cut.min(sent.len()));
            let mut filter = Filter::default();
            let text = [filter.text(first).into_owned(), filter.text(second).into_owned()].concat();
            prop_assert_eq!(text, bytes);
            prop_assert!(filter.is_empty());
        }

        #[test]
        fn r6_nothing_grows(bytes in prop::collection::vec(prop_oneof![Just(IAC), any::<u8>()], 0..80)) {
            let mut filter = Filter::default();
            let length = filter.text(&bytes).len();
            prop_assert!(length + filter.rest().len() <= bytes.len());
        }
    }
}
