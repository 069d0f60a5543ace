//! Whether two files are the same, and whether a file has changed.

use crate::conflict::{Age, age};

use super::Criterion;
use super::plan::Reason;
use super::tree::{Checksum, Node};

/// What is known of two files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Likeness {
    /// They are the same, as far as the criterion goes.
    Same,
    /// They are not.
    Differs(Reason),
    /// Something is missing for that.
    Unknown(Reason),
    /// Only their digests can tell.
    NeedsChecksum,
}

/// Compares the two sides of a path.
pub(super) fn compare(local: &Node, remote: &Node, criterion: Criterion, tolerance: u64) -> Likeness {
    let size = match local.side.size.zip(remote.side.size) {
        None => Likeness::Unknown(Reason::SizeUnknown),
        Some((local, remote)) if local != remote => Likeness::Differs(Reason::SizeDiffers),
        Some(_) => Likeness::Same,
    };
    let time = match age(local.side.modified, remote.side.modified, tolerance) {
        Age::Same => Likeness::Same,
        Age::Newer | Age::Older => Likeness::Differs(Reason::TimeDiffers),
        Age::Unknown => Likeness::Unknown(Reason::TimeUnknown),
    };
    match (criterion, size, time) {
        (Criterion::Size, size, _) => size,
        (Criterion::Time, _, time) => time,
        (Criterion::SizeAndTime | Criterion::Checksum, Likeness::Differs(_), _) => size,
        (Criterion::SizeAndTime, Likeness::Same, time) => time,
        (Criterion::SizeAndTime, size, Likeness::Same | Likeness::Unknown(_)) => size,
        (Criterion::SizeAndTime, _, time) => time,
        (Criterion::Checksum, ..) => match digests(local, remote) {
            None => Likeness::NeedsChecksum,
            Some((local, remote)) if local.digest == remote.digest => Likeness::Same,
            Some(_) => Likeness::Differs(Reason::ChecksumDiffers),
        },
    }
}

/// Whether a file has changed since it was remembered on the same side. Where that cannot be told it has: then the other side decides whether
/// there is a conflict, and nothing is deleted for it.
pub(super) fn changed(now: &Node, base: &Node, criterion: Criterion) -> bool {
    if now.side.kind != base.side.kind {
        return true;
    }
    if let Some((now, base)) = digests(now, base) {
        return now.digest != base.digest;
    }
    let same_size = now.side.size.is_some() && now.side.size == base.side.size;
    // The same clock wrote both times, so no tolerance but that of the listings' precision.
    let same_time =
        criterion == Criterion::Size || age(now.side.modified, base.side.modified, 0) == Age::Same;
    !(same_size && same_time)
}

/// Both digests, if they can be compared.
fn digests<'a>(one: &'a Node, other: &'a Node) -> Option<(&'a Checksum, &'a Checksum)> {
    one.checksum.as_ref().zip(other.checksum.as_ref()).filter(|(one, other)| one.algorithm == other.algorithm)
}
