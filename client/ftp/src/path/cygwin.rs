//! Cygwin: `/a/b`, and `//host/share` for other machines. POSIX leaves the meaning of two leading slashes to the system
//! and makes three the same as one.

use super::separated::Root;

/// CYGWIN.
pub(super) struct Cygwin;

impl Root for Cygwin {
    const SEPARATOR: u8 = b'/';

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        let slashes = bytes.iter().take_while(|byte| **byte == b'/').count();
        let root: &[u8] = match slashes {
            0 => return None,
            2 => b"//",
            _ => b"/",
        };
        Some((root.to_vec(), &bytes[slashes..]))
    }
}
