//! VxWorks: `:dev:/a/b`. Its I/O system finds the device by the beginning of a path and gives the rest to that device's file
//! system, which skips a leading slash: `:dev:a` and `:dev:/a` are the same.

use super::separated::Root;

/// VXWORKS.
pub(super) struct VxWorks;

impl Root for VxWorks {
    const SEPARATOR: u8 = b'/';

    fn root(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        let device = bytes.strip_prefix(b":")?;
        let end = device.iter().position(|byte| matches!(byte, b':' | b'/'))?;
        let way = device[end..].strip_prefix(b":")?;
        (end > 0).then(|| ([b":", &device[..end], b":/"].concat(), way))
    }
}
