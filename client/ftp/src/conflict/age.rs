//! Which of two files was modified later, as far as both sides can tell.
//!
//! A time of a listing is a span: a day, a minute or a second wide. Two spans that touch may be the same moment, so nothing is
//! claimed of them. Comparing spans instead of rounding both to the coarser unit keeps this true whatever
//! offset of clocks the caller has added: a day that begins at 02:00 is still one day wide.

use crate::entry::Modified;

/// Seconds by which times of FAT file systems, and of archives, are rounded.
pub const FAT_TOLERANCE: u64 = 2;

/// Zones lie between 12 hours behind UTC and 14 ahead: a time of an unknown zone is off by this many seconds at most.
const ZONES: i128 = 14 * 3600;

/// How a source's time compares with a target's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Age {
    /// The source was modified later.
    Newer,
    /// The source was modified earlier.
    Older,
    /// No difference can be seen.
    Same,
    /// A time is missing, or a zone, and what is known does not suffice.
    Unknown,
}

/// Compares a source's time with a target's, with a tolerance in seconds.
///
/// Two times whose zones are both unknown are taken to be of the same zone, as they are of the same server. Where one is UTC and the
/// other's zone is unknown, only a difference of more than 14 hours means something.
#[must_use]
pub fn age(source: Option<Modified>, target: Option<Modified>, tolerance: u64) -> Age {
    let Some((source, target)) = source.zip(target) else { return Age::Unknown };
    let zones = if source.utc == target.utc { 0 } else { ZONES };
    let slack = i128::from(tolerance) + zones;
    let first = |time: Modified| i128::from(time.seconds);
    let last = |time: Modified| first(time) + width(time) - 1;
    if first(source) > last(target) + slack {
        Age::Newer
    } else if first(target) > last(source) + slack {
        Age::Older
    } else if zones == 0 {
        Age::Same
    } else {
        Age::Unknown
    }
}

/// Seconds that a time may stand for.
fn width(time: Modified) -> i128 {
    match (time.has_time, time.has_seconds) {
        (false, _) => i128::from(crate::calendar::DAY),
        (true, false) => 60,
        (true, true) => 1,
    }
}
