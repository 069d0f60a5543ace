//! A bucket that refills steadily. All that it remembers is one instant: when what was taken so far will be paid for
//! (the generic cell rate algorithm).

use std::time::Duration;
use tokio::time::Instant;

/// A bucket. How much it holds and how fast it refills come with each use, so that they may change.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    paid: Option<Instant>,
}

impl Bucket {
    /// How long it takes until all that was taken is paid for.
    pub(super) fn debt(&self, now: Instant) -> Duration {
        self.paid.map_or(Duration::ZERO, |paid| paid.saturating_duration_since(now))
    }

    /// Takes what costs this much time, and returns the debt with it.
    pub(super) fn take(&mut self, now: Instant, cost: Duration) -> Duration {
        let debt = self.debt(now).saturating_add(cost);
        // A debt past the end of time is none that anybody could have made.
        self.paid = now.checked_add(debt);
        debt
    }

    /// Takes what costs this much time unless the debt would be above `most`. Otherwise returns how long to wait until it
    /// can be taken.
    pub(super) fn try_take(&mut self, now: Instant, cost: Duration, most: Duration) -> Result<(), Duration> {
        let wait = self.debt(now).saturating_add(cost).saturating_sub(most);
        if wait > Duration::ZERO {
            return Err(wait);
        }
        self.take(now, cost);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_its_limit_and_refills_one_by_one() {
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        let (cost, most) = (Duration::from_secs(20), Duration::from_secs(60));
        for _ in 0..3 {
            bucket.try_take(start, cost, most).unwrap();
        }
        assert_eq!(bucket.try_take(start, cost, most), Err(Duration::from_secs(20)));
        let later = start + Duration::from_secs(19);
        assert_eq!(bucket.try_take(later, cost, most), Err(Duration::from_secs(1)));
        bucket.try_take(start + Duration::from_secs(20), cost, most).unwrap();
        assert!(bucket.try_take(start + Duration::from_secs(21), cost, most).is_err());
        // A day later it holds a minute's worth and no more.
        let day = start + Duration::from_secs(86_400);
        assert_eq!(bucket.debt(day), Duration::ZERO);
        assert_eq!((0..9).filter(|_| bucket.try_take(day, cost, most).is_ok()).count(), 3);
    }

    #[test]
    fn costs_at_the_edge() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        assert_eq!(bucket.try_take(now, Duration::ZERO, Duration::ZERO), Ok(()));
        assert!(bucket.try_take(now, Duration::MAX, Duration::from_secs(60)).is_err());
        assert_eq!(bucket.take(now, Duration::MAX), Duration::MAX);
        assert_eq!(bucket.debt(now), Duration::ZERO);
    }
}
