//! Is the relay still there? A PING every 15 s; the link is lost when nothing at all comes for 10 s after one. Any frame counts as
//! a sign of life, because a PONG may stand behind megabytes of data on a slow line.

use towpath_ftp::Time;

/// Time between two PINGs.
const PING_EVERY_MS: u64 = 15_000;
/// Silence after a PING that means the link is lost.
const LOST_AFTER_MS: u64 = 10_000;

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beat {
    /// Nothing before this time.
    Wait(Time),
    /// Send a PING.
    Ping,
    /// Give the link up.
    Lost,
}

/// The state of one link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    next_ping: Time,
    /// Silence is counted from here; `None` while no PING is unanswered.
    silent_since: Option<Time>,
}

impl Heartbeat {
    /// The link has come up; the first PING is due at once, so that the round trip is known early.
    pub(super) fn new(now: Time) -> Heartbeat {
        Heartbeat { next_ping: now, silent_since: None }
    }

    /// A frame came that is no answer to a PING.
    pub(super) fn heard(&mut self, now: Time) {
        if let Some(since) = &mut self.silent_since {
            *since = now;
        }
    }

    /// The answer to the PING came.
    pub(super) fn answered(&mut self) {
        self.silent_since = None;
    }

    /// What is due now. After [`Beat::Ping`] a PING counts as sent.
    pub(super) fn due(&mut self, now: Time) -> Beat {
        if let Some(since) = self.silent_since {
            let lost = since.after(LOST_AFTER_MS);
            return if now >= lost { Beat::Lost } else { Beat::Wait(lost) };
        }
        if now >= self.next_ping {
            self.next_ping = now.after(PING_EVERY_MS);
            self.silent_since = Some(now);
            return Beat::Ping;
        }
        Beat::Wait(self.next_ping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_every_fifteen_seconds_while_answered() {
        let mut beat = Heartbeat::new(Time(5));
        assert_eq!(beat.due(Time(5)), Beat::Ping);
        beat.answered();
        assert_eq!(beat.due(Time(6)), Beat::Wait(Time(15_005)));
        assert_eq!(beat.due(Time(15_005)), Beat::Ping);
    }

    #[test]
    fn ten_silent_seconds_are_the_end() {
        let mut beat = Heartbeat::new(Time(0));
        assert_eq!(beat.due(Time(0)), Beat::Ping);
        assert_eq!(beat.due(Time(9_999)), Beat::Wait(Time(10_000)));
        assert_eq!(beat.due(Time(10_000)), Beat::Lost);
    }

    #[test]
    fn data_that_still_flows_keeps_the_link_although_the_pong_is_late() {
        let mut beat = Heartbeat::new(Time(0));
        assert_eq!(beat.due(Time(0)), Beat::Ping);
        beat.heard(Time(8_000));
        assert_eq!(beat.due(Time(10_000)), Beat::Wait(Time(18_000)));
        beat.answered();
        assert_eq!(beat.due(Time(16_000)), Beat::Ping);
    }
}
