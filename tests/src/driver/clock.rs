//! The engine's clock. It stands still while the link to the relay is interrupted: no server can be blamed for that time.

use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep_until};
use towpath_ftp::Time;

/// The interruptions of a link so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stops {
    since: Option<Instant>,
    total: Duration,
}

impl Stops {
    /// The link is lost, and may come back.
    pub(super) fn begin(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// The link goes on.
    pub(super) fn end(&mut self) {
        if let Some(since) = self.since.take() {
            self.total += since.elapsed();
        }
    }
}

/// A session's clock.
pub(crate) struct Clock {
    start: Instant,
    /// None for connections of our own.
    stops: Option<watch::Receiver<Stops>>,
}

impl Clock {
    pub(super) fn new(stops: Option<watch::Receiver<Stops>>) -> Clock {
        Clock { start: Instant::now(), stops }
    }

    fn stops(&self) -> Stops {
        self.stops.as_ref().map(|stops| *stops.borrow()).unwrap_or_default()
    }

    pub(super) fn now(&self) -> Time {
        let Stops { since, total } = self.stops();
        let end = since.unwrap_or_else(Instant::now);
        let elapsed = end.saturating_duration_since(self.start).saturating_sub(total);
        Time(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }

    /// Resolves when it is this time.
    pub(super) async fn reached(&self, at: Time) {
        let mut stops = self.stops.clone();
        loop {
            if let Some(stops) = &mut stops {
                // An error: the link is over for good, and time goes on.
                let _ = stops.wait_for(|stops| stops.since.is_none()).await;
            }
            if self.now() >= at || stops.as_ref().is_some_and(|stops| stops.has_changed().is_err()) {
                return;
            }
            sleep_until(self.start + self.stops().total + Duration::from_millis(at.0)).await;
        }
    }
}
