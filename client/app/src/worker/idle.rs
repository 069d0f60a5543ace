//! Keep-alive of a browsing session: a NOOP after 30 s without a request, for at most 30 min. A longer vigil would hold a server's
//! slot for a tab that nobody looks at.

use towpath_ftp::Time;

/// Idle time after which a sign of life is due.
const QUIET_MS: u64 = 30_000;
/// How long a session is kept alive after the last thing that a person did.
const VIGIL_MS: u64 = 30 * 60_000;

/// Watches one session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Idle {
    /// A person last wanted something, or got it.
    used: Time,
    /// Something last crossed the connection.
    quiet_since: Time,
}

impl Idle {
    /// A session that was used just now.
    pub(super) fn new(now: Time) -> Idle {
        Idle { used: now, quiet_since: now }
    }

    /// A person wants something, or got it.
    pub(super) fn used(&mut self, now: Time) {
        *self = Idle::new(now);
    }

    /// When the next sign of life is due; `None` when the vigil is over.
    pub(super) fn due(&self) -> Option<Time> {
        let due = self.quiet_since.after(QUIET_MS);
        (due.since(self.used) <= VIGIL_MS).then_some(due)
    }

    /// A sign of life was sent.
    pub(super) fn kept_alive(&mut self, now: Time) {
        self.quiet_since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_signs_of_life_and_then_rest() {
        let mut idle = Idle::new(Time(1_000));
        let mut signs = 0;
        while let Some(due) = idle.due() {
            idle.kept_alive(due);
            signs += 1;
        }
        assert_eq!(signs, 60);
    }

    #[test]
    fn use_begins_the_vigil_anew() {
        let mut idle = Idle::new(Time(0));
        idle.kept_alive(Time(VIGIL_MS));
        assert_eq!(idle.due(), None);
        idle.used(Time(VIGIL_MS + 5));
        assert_eq!(idle.due(), Some(Time(VIGIL_MS + 5 + QUIET_MS)));
    }
}
