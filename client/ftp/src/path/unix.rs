//! UNIX: `/a/b`. What RFC 3659 section 6 (TVFS) describes, and what nearly every server shows whatever it runs on.

use super::separated::Root;

/// UNIX.
pub(super) struct Unix;

impl Root for Unix {
    const SEPARATOR: u8 = b'/';

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        (bytes.first() == Some(&b'/')).then(|| (b"/".to_vec(), bytes))
    }
}
