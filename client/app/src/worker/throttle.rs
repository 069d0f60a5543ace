//! At most so many reports a second, and never the newest one lost for good: the end of a job or request is reported on its
//! own, so a report that is held back needs no later repetition.

use towpath_ftp::Time;

/// Least time between two reports of progress.
const INTERVAL_MS: u64 = 100;

/// Lets the first report through, and then one in every [`INTERVAL_MS`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Throttle {
    last: Option<Time>,
}

impl Throttle {
    /// Whether a report may go out now; if so, it counts as sent.
    pub(super) fn allows(&mut self, now: Time) -> bool {
        let allowed = self.last.is_none_or(|last| now.since(last) >= INTERVAL_MS);
        if allowed {
            self.last = Some(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_at_most() {
        let mut throttle = Throttle::default();
        let sent = (0..3000).filter(|at| throttle.allows(Time(*at))).count();
        assert_eq!(sent, 30);
    }

    #[test]
    fn the_first_is_immediate_and_a_clock_that_stands_still_sends_no_more() {
        let mut throttle = Throttle::default();
        assert!(throttle.allows(Time(77)));
        assert!(!throttle.allows(Time(77)));
        assert!(!throttle.allows(Time(0)));
    }
}
