//! The server's clock (rule T10). LIST shows times in the server's zone and does not say which; MDTM tells UTC (RFC 3659 section 3). The
//! difference for one file, in steps of a quarter of an hour, is what all its times have to be moved by.
//!
//! One file of a listing is asked about, in a command that nobody waits for, once for each connection: an offset that was stored in
//! winter is wrong in summer. Where summer time divides the rows, those of the other half of the year stay an hour off: the
//! newest file is asked about, so that what is right is right for new files. A server whose MDTM tells its own zone against the
//! RFC shows no difference, and nothing can be found out.

use crate::control::Consequence;
use crate::entry::{Entry, EntryKind};
use crate::link::Link;
use crate::parse;
use crate::path::{Name, RemotePath};
use crate::reply::Reply;

use super::enter;

/// Zones differ by multiples of this, in seconds.
const QUARTER: i64 = 15 * 60;
/// How far a difference may be from a multiple: LIST leaves the seconds out, and a file may be written to meanwhile.
const SLACK: i64 = 5 * 60;
/// No two zones are so far apart.
const TWO_DAYS: i64 = 48 * 3_600;

/// A file of a LIST listing whose time can be compared.
pub(crate) struct Sample {
    name: Name,
    listed: i64,
}

impl Sample {
    /// The better one for the question: the newest whose hours and minutes are shown.
    pub(crate) fn better(sample: Option<Sample>, entry: &Entry) -> Option<Sample> {
        let time = entry.modified.filter(|modified| modified.has_time && !modified.utc);
        match time {
            Some(time)
                if entry.kind == EntryKind::File
                    && sample.as_ref().is_none_or(|sample| time.seconds > sample.listed) =>
            {
                Some(Sample { name: entry.name.clone(), listed: time.seconds })
            }
            _ => sample,
        }
    }
}

/// Asks about the file, in the directory that the session stands in, if this connection does not know the answer yet.
pub(crate) fn ask(link: &mut Link, directory: &RemotePath, sample: Option<&Sample>) {
    let Some(sample) = sample.filter(|_| link.server.features.mdtm && link.server.clock.0 > 0) else {
        return;
    };
    link.server.clock.0 -= 1;
    let command = enter::there(link, "MDTM", &directory.join(&sample.name)).untimed();
    link.send_loose(&command, Consequence::Clock(sample.listed));
}

/// The answer.
pub(crate) fn answered(link: &mut Link, listed: i64, reply: &Reply) {
    let told = if reply.class() == 2 { parse::mdtm(reply) } else { None };
    let Some(minutes) = told.and_then(|told| offset(listed, told.seconds, link.wall_clock())) else { return };
    link.server.clock.0 = 0;
    if link.memory.quirks.clock_offset != Some(minutes) {
        let (sign, all) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
        link.trace(format!("Times of listings are moved by {sign}{:02}:{:02} to be UTC", all / 60, all % 60));
    }
    link.memory.quirks.clock_offset = Some(minutes);
}

/// Moves the times of a row of LIST to UTC. Dates alone stay as they are.
pub(crate) fn shift(entry: &mut Entry, minutes: i32) {
    for time in [&mut entry.modified, &mut entry.created].into_iter().flatten() {
        if time.has_time && !time.utc {
            time.seconds = time.seconds.saturating_add(i64::from(minutes) * 60);
            time.utc = true;
        }
    }
}

/// Minutes to add to what LIST shows, from one file's time in both; `None` where the two do not belong together, or one of them is
/// not meant: times to come, and differences of two days and more.
fn offset(listed: i64, utc: i64, now: i64) -> Option<i32> {
    let difference = utc.checked_sub(listed)?;
    if utc > now.saturating_add(QUARTER) || difference.checked_abs()? >= TWO_DAYS {
        return None;
    }
    let quarters = (difference + QUARTER / 2).div_euclid(QUARTER);
    let minutes = i32::try_from(quarters * QUARTER / 60).ok()?;
    let fits = (difference - quarters * QUARTER).abs() <= SLACK && i64::from(minutes.abs()) * 60 < TWO_DAYS;
    fits.then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_700_000_000;

    #[test]
    fn t10_quarters_of_an_hour() {
        let listed = NOW - 100_000;
        for (difference, minutes) in [
            (0, Some(0)),
            (59, Some(0)),
            (-3_600, Some(-60)),
            (-3_541, Some(-60)),
            (7_200 + 59, Some(120)),
            (-5 * 3_600 - 1_800, Some(-330)),
            (20_700, Some(345)),
            (-45_900, Some(-765)),
            // Between two quarters: the file was written to, or the clock is no clock.
            (3_600 + 400, None),
            (TWO_DAYS, None),
            (TWO_DAYS - 1, None),
            (-TWO_DAYS, None),
            (i64::MAX, None),
        ] {
            assert_eq!(offset(listed, listed.saturating_add(difference), NOW), minutes, "{difference}");
        }
    }

    #[test]
    fn t10_times_to_come_are_not_meant() {
        assert_eq!(offset(NOW, NOW + 3_600, NOW), None);
        assert_eq!(offset(NOW + 3_600, NOW, NOW), Some(-60));
        assert_eq!(offset(i64::MIN, i64::MAX, NOW), None);
    }

    proptest! {
        #[test]
        fn t10_any_numbers(listed in any::<i64>(), utc in any::<i64>(), now in any::<i64>()) {
            if let Some(minutes) = offset(listed, utc, now) {
                prop_assert!(minutes % 15 == 0 && minutes.abs() < 48 * 60);
            }
        }

        #[test]
        fn t10_every_zone_is_found(quarters in -48i32..=56, age in 60_000i64..10_000_000, seconds in 0i64..60) {
            let utc = NOW - age;
            let listed = utc - i64::from(quarters) * QUARTER - seconds;
            prop_assert_eq!(offset(listed, utc, NOW), Some(quarters * 15));
        }
    }
}
