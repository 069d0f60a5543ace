//! z/VM: `/MINIDISK`, and `/MINIDISK/FILE.TYPE` in it. A minidisk holds no directories; shared file pools and the byte file system do.

use super::separated::Root;

/// ZVM.
pub(super) struct Zvm;

impl Root for Zvm {
    const SEPARATOR: u8 = b'/';

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        (bytes.first() == Some(&b'/')).then(|| (b"/".to_vec(), bytes))
    }
}
