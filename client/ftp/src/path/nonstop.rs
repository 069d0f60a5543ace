//! HP NonStop (Tandem Guardian): `\SYSTEM.$VOLUME.SUBVOLUME`, and a file is one level more. Without a system a path is of
//! the one where the server stands.

use super::separated::Root;

/// HPNONSTOP.
pub(super) struct NonStop;

impl Root for NonStop {
    const SEPARATOR: u8 = b'.';
    const TREE: bool = false;

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        let end = bytes.iter().position(|byte| *byte == b'.').unwrap_or(bytes.len());
        let root = &bytes[..end];
        (root.len() > 1 && matches!(root.first(), Some(b'\\' | b'$'))).then(|| (root.to_vec(), &bytes[end..]))
    }

    fn start<'t>(root: &[u8], text: &'t [u8]) -> Option<(Vec<u8>, &'t [u8])> {
        if root.first() == Some(&b'\\') && text.first() == Some(&b'$') {
            return Some((root.to_vec(), text));
        }
        Self::root(text)
    }
}
