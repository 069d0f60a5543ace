//! What one tunnel, user or address, or all together, have at the moment.

use super::bucket::Bucket;
use super::{Full, Quota, Scope};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// What may pass at once after a pause, as time at the full speed.
const BURST: Duration = Duration::from_millis(250);

/// An account. What it may have comes with each question, since a reload changes it.
#[derive(Debug)]
pub(super) struct Account {
    scope: Scope,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By [`Countable`].
    counts: [usize; 3],
    opens: Bucket,
    bytes: Bucket,
}

/// What is counted while it lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Countable {
    Connection,
    Session,
    Stream,
}

/// One of what is counted; dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Taken {
    account: Arc<Account>,
    what: Countable,
}

impl Account {
    pub(super) fn new(scope: Scope) -> Arc<Account> {
        Arc::new(Account { scope, state: Mutex::default() })
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    /// Counts one more, unless there are `most`.
    pub(super) fn count(self: &Arc<Self>, what: Countable, most: usize) -> Result<Taken, Full> {
        let mut state = self.lock();
        let count = &mut state.counts[what as usize];
        if *count >= most {
            return Err(Full::of(self.scope, what, most));
        }
        *count += 1;
        drop(state);
        Ok(Taken { account: self.clone(), what })
    }

    /// Counts a control connection that is opened.
    pub(super) fn open(&self, quota: &Quota, now: Instant) -> Result<(), Full> {
        let most = quota.opens_per_minute;
        // No configuration has a limit of 0.
        let cost = MINUTE / most.max(1);
        let taken = self.lock().opens.try_take(now, cost, MINUTE);
        taken.map_err(|wait| Full::Opens { scope: self.scope, most, wait })
    }

    /// Counts bytes, and returns how long to wait until they may pass. Who asks first is served first.
    pub(super) fn bytes(&self, quota: &Quota, bytes: u64, now: Instant) -> Duration {
        let Some(speed) = quota.bytes_per_second else { return Duration::ZERO };
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(speed.max(1));
        let cost = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.lock().bytes.take(now, cost).saturating_sub(BURST)
    }

    /// Whether forgetting it would let anybody have more than he may.
    pub(super) fn matters(&self, now: Instant) -> bool {
        let state = self.lock();
        let debt = state.opens.debt(now).max(state.bytes.debt(now));
        debt > Duration::ZERO || state.counts != [0; 3]
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut state = self.account.lock();
        let count = &mut state.counts[self.what as usize];
        *count = count.saturating_sub(1);
    }
}
