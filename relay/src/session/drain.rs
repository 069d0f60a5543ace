//! When a session of a relay that is about to stop may end.
//!
//! A control connection may lie idle for hours, so it does not count. What counts is a transfer: a data connection that stands, a
//! command without its answer, and the moments around both. The relay does not read FTP, so it judges by who spoke last.

use super::Session;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

/// A session runs for this long after its last byte: the reply that ends a transfer may come after the data, and the next file begins
/// soon after the last.
const QUIET: Duration = Duration::from_secs(8);

impl Session {
    /// Resolves when nothing runs on the session any more.
    pub(super) async fn nothing_runs(&self) {
        while let Some(left) = self.runs_for() {
            tokio::select! {
                () = self.ended.notified() => {}
                () = sleep(left) => {}
            }
        }
    }

    /// After which time to look again, at the latest; `None` if nothing runs.
    fn runs_for(&self) -> Option<Duration> {
        let streams = self.lock();
        if streams.is_empty() {
            return None;
        }
        if streams.values().any(|entry| !entry.is_control || entry.control.is_asked()) {
            return Some(QUIET);
        }
        let quiet = self.now_ms().saturating_sub(self.last_byte.load(Ordering::Relaxed));
        QUIET.checked_sub(Duration::from_millis(quiet)).filter(|left| !left.is_zero())
    }
}
