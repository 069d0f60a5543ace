//! Windows with forward slashes: `C:/a/b`.

use super::dos::drive;
use super::separated::Root;

/// DOS_FWD.
pub(super) struct DosForward;

impl Root for DosForward {
    const SEPARATOR: u8 = b'/';

    /// Windows takes `\` too, so no name can hold it.
    fn separates(byte: u8) -> bool {
        matches!(byte, b'\\' | b'/')
    }

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        let (letter, way) = drive(bytes)?;
        Some((vec![letter, b':', b'/'], way))
    }
}
