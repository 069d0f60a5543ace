//! The sessions' clock. It stands still while the link is interrupted: no server can be blamed for that time, so no patience with one
//! ends in it.

use towpath_ftp::Time;

/// The interruptions so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stops {
    since: Option<Time>,
    total: u64,
}

impl Stops {
    /// The link is lost, and may come back.
    pub(super) fn begin(&mut self, now: Time) {
        self.since.get_or_insert(now);
    }

    /// The link goes on, or is lost for good.
    pub(super) fn end(&mut self, now: Time) {
        if let Some(since) = self.since.take() {
            self.total = self.total.saturating_add(now.since(since));
        }
    }

    /// The sessions' time at this time of the worker's clock.
    pub(super) fn session_time(&self, now: Time) -> Time {
        Time(self.since.unwrap_or(now).0.saturating_sub(self.total))
    }

    /// The worker's time at this time of the sessions; none while theirs stands still.
    pub(super) fn worker_time(&self, at: Time) -> Option<Time> {
        self.since.is_none().then(|| at.after(self.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_do_not_grow_older_while_the_link_is_interrupted() {
        let mut stops = Stops::default();
        assert_eq!((stops.session_time(Time(7)), stops.worker_time(Time(9))), (Time(7), Some(Time(9))));
        stops.begin(Time(10));
        stops.begin(Time(12));
        assert_eq!((stops.session_time(Time(30)), stops.worker_time(Time(11))), (Time(10), None));
        stops.end(Time(40));
        stops.end(Time(45));
        assert_eq!((stops.session_time(Time(41)), stops.worker_time(Time(11))), (Time(11), Some(Time(41))));
    }
}
