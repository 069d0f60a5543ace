//! DOS and Windows: `C:\a\b`. Every drive has its root.
//!
//! A path is bytes, so in Shift_JIS, GBK and Big5, where a backslash may be the second half of a character, such a character ends a name here
//! (in the other Windows syntaxes too). Servers that show backslashes and speak these charsets are not known to us; a charset in the path
//! itself would be the price.

use super::separated::Root;

/// DOS.
pub(super) struct Dos;

impl Root for Dos {
    const SEPARATOR: u8 = b'\\';

    /// Windows takes `/` too, so no name can hold it.
    fn separates(byte: u8) -> bool {
        matches!(byte, b'\\' | b'/')
    }

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        let (letter, way) = drive(bytes)?;
        Some((vec![letter, b':', b'\\'], way))
    }
}

/// The drive that a path begins with, in upper case as Windows writes it, and what follows. `C:a` would lead to wherever the
/// server stands on that drive, which nobody knows: that is no drive.
pub(super) fn drive(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let [letter, b':', way @ ..] = bytes else { return None };
    let whole = matches!(way.first(), None | Some(b'\\' | b'/'));
    (letter.is_ascii_alphabetic() && whole).then(|| (letter.to_ascii_uppercase(), way))
}
