//! Line ends of text on their way (RFC 959 section 3.1.1.1): CR LF on the network, LF in a file (rule T7). For drivers: file
//! bytes do not enter the engine.

/// From the network into a file: CR LF becomes LF; CR and LF that stand alone stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct FromNetwork {
    /// The last byte was CR; what it is the next one tells.
    after_cr: bool,
}

impl FromNetwork {
    /// Takes bytes as they came; how they are cut makes no difference.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len() + 1);
        for &byte in bytes {
            if std::mem::replace(&mut self.after_cr, byte == b'\r') && byte != b'\n' {
                out.push(b'\r');
            }
            if byte != b'\r' {
                out.push(byte);
            }
        }
    }

    /// The last byte has come.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.after_cr) {
            out.push(b'\r');
        }
    }
}

/// From a file to the network: LF becomes CR LF, unless a CR stands before it already.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToNetwork {
    after_cr: bool,
}

impl ToNetwork {
    /// Takes bytes of the file; how they are cut makes no difference.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len() + bytes.len() / 16);
        for &byte in bytes {
            if byte == b'\n' && !self.after_cr {
                out.push(b'\r');
            }
            self.after_cr = byte == b'\r';
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from(bytes: &[u8], cut: usize) -> Vec<u8> {
        let (mut state, mut out) = (FromNetwork::default(), Vec::new());
        bytes.chunks(cut).for_each(|piece| state.push(piece, &mut out));
        state.finish(&mut out);
        out
    }

    fn to(bytes: &[u8], cut: usize) -> Vec<u8> {
        let (mut state, mut out) = (ToNetwork::default(), Vec::new());
        bytes.chunks(cut).for_each(|piece| state.push(piece, &mut out));
        out
    }

    #[test]
    fn t7_line_ends() {
        for (network, file) in [
            ("a\r\nb", "a\nb"),
            ("\r\n\r\n", "\n\n"),
            ("lone\nstays", "lone\nstays"),
            ("lone\rstays", "lone\rstays"),
            ("\r\r\n", "\r\n"),
            ("end\r", "end\r"),
            ("", ""),
        ] {
            assert_eq!(from(network.as_bytes(), 3), file.as_bytes(), "{network:?}");
        }
        for (file, network) in
            [("a\nb\n", "a\r\nb\r\n"), ("a\r\nb", "a\r\nb"), ("\n\n", "\r\n\r\n"), ("\r", "\r"), ("", "")]
        {
            assert_eq!(to(file.as_bytes(), 3), network.as_bytes(), "{file:?}");
        }
    }

    proptest! {
        #[test]
        fn t7_any_cut_gives_the_same(bytes in "[ab\r\n]{0,60}", cut in 1usize..9) {
            let bytes = bytes.as_bytes();
            prop_assert_eq!(from(bytes, cut), from(bytes, bytes.len().max(1)));
            prop_assert_eq!(to(bytes, cut), to(bytes, bytes.len().max(1)));
        }

        #[test]
        fn t7_text_without_cr_comes_back(text in "[ab\n]{0,60}", cut in 1usize..9) {
            prop_assert_eq!(from(&to(text.as_bytes(), cut), cut), text.as_bytes());
        }
    }
}
