//! Windows without drives: `\a\b`.

use super::separated::Root;

/// DOS_VIRTUAL.
pub(super) struct DosVirtual;

impl Root for DosVirtual {
    const SEPARATOR: u8 = b'\\';

    /// Windows takes `/` too, so no name can hold it.
    fn separates(byte: u8) -> bool {
        matches!(byte, b'\\' | b'/')
    }

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        bytes.first().is_some_and(|byte| Self::separates(*byte)).then(|| (b"\\".to_vec(), bytes))
    }
}
