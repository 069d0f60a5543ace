//! Is the relay still there? A PING every 15 s; the link is lost when nothing at all comes for 10 s after one. Any frame counts as
//! a sign of life, because a PONG may stand behind megabytes of data on a slow line.
//!
//! Times are milliseconds of any steady clock.

/// Time between two PINGs.
const PING_EVERY_MS: u64 = 15_000;
/// Silence after a PING that means the link is lost.
const LOST_AFTER_MS: u64 = 10_000;

/// The same, after [`Heartbeat::hurry`].
const HURRIED_MS: u64 = 5_000;

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beat {
    /// Nothing before this time.
    Wait(u64),
    /// Send a PING.
    Ping,
    /// Give the link up.
    Lost,
}

/// The state of one link.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    next_ping: u64,
    /// Silence is counted from here; `None` while no PING is unanswered.
    silent_since: Option<u64>,
    /// How much silence after the PING means the end.
    patience: u64,
}

impl Heartbeat {
    /// The link has come up; the first PING is due at once, so that the round trip is known early.
    #[must_use]
    pub fn new(now: u64) -> Heartbeat {
        Heartbeat { next_ping: now, silent_since: None, patience: LOST_AFTER_MS }
    }

    /// A frame came that is no answer to a PING.
    pub fn heard(&mut self, now: u64) {
        if let Some(since) = &mut self.silent_since {
            *since = now;
        }
    }

    /// The answer to the PING came.
    pub fn answered(&mut self) {
        self.silent_since = None;
        self.patience = LOST_AFTER_MS;
    }

    /// There is reason to doubt the link: a PING is due at once, and its answer soon.
    pub fn hurry(&mut self, now: u64) {
        self.next_ping = now;
        self.silent_since = None;
        self.patience = HURRIED_MS;
    }

    /// What is due now. After [`Beat::Ping`] a PING counts as sent.
    pub fn due(&mut self, now: u64) -> Beat {
        if let Some(since) = self.silent_since {
            let lost = since.saturating_add(self.patience);
            return if now >= lost { Beat::Lost } else { Beat::Wait(lost) };
        }
        if now >= self.next_ping {
            self.next_ping = now.saturating_add(PING_EVERY_MS);
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
        let mut beat = Heartbeat::new(5);
        assert_eq!(beat.due(5), Beat::Ping);
        beat.answered();
        assert_eq!(beat.due(6), Beat::Wait(15_005));
        assert_eq!(beat.due(15_005), Beat::Ping);
    }

    #[test]
    fn ten_silent_seconds_are_the_end() {
        let mut beat = Heartbeat::new(0);
        assert_eq!(beat.due(0), Beat::Ping);
        assert_eq!(beat.due(9_999), Beat::Wait(10_000));
        assert_eq!(beat.due(10_000), Beat::Lost);
    }

    #[test]
    fn in_doubt_five_seconds_are_enough_once() {
        let mut beat = Heartbeat::new(0);
        assert_eq!(beat.due(0), Beat::Ping);
        beat.hurry(1_000);
        assert_eq!(
            (beat.due(1_000), beat.due(5_999), beat.due(6_000)),
            (Beat::Ping, Beat::Wait(6_000), Beat::Lost)
        );
        beat.answered();
        beat.hurry(7_000);
        assert_eq!(beat.due(7_000), Beat::Ping);
        beat.answered();
        assert_eq!((beat.due(22_000), beat.due(22_001)), (Beat::Ping, Beat::Wait(32_000)));
    }

    #[test]
    fn data_that_still_flows_keeps_the_link_although_the_pong_is_late() {
        let mut beat = Heartbeat::new(0);
        assert_eq!(beat.due(0), Beat::Ping);
        beat.heard(8_000);
        assert_eq!(beat.due(10_000), Beat::Wait(18_000));
        beat.answered();
        assert_eq!(beat.due(16_000), Beat::Ping);
    }
}
