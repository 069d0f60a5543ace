//! The place of a session, and those of its streams in it.

use super::account::{Account, Countable, Taken};
use super::bucket::Bucket;
use super::memory::{Held, Memory, Stock};
use super::{Full, Quota, Scope};
use crate::config::Limits;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use towpath_shared::{CONTROL_WINDOW, MAX_PAYLOAD, WINDOW_UNIT};

/// What a stream is sure to have of the budget of memory: the smallest window for what the page sends. A tunnel has as much for frames
/// that are not acknowledged.
const LEAST_MEMORY: u64 = CONTROL_WINDOW;

/// A stream's first window takes no more than this part of what is left of the budget, so that they shrink before there is nothing.
const FIRST_PART: u64 = 8;

/// Bytes a second of a control stream that do not wait behind the bulk of others. Commands and replies are shorter.
const URGENT_SPEED: u64 = 4 * 1024;
const URGENT_BURST: Duration = Duration::from_secs(4);

/// Streams that a page may give up in a minute before they stand: a person cancels a few, and they cost the relay and its
/// servers a connection each that brings nobody anything (the attack known from HTTP/2 as rapid reset, CVE-2023-44487).
const GIVEN_UP: u32 = 240;
const MINUTE: Duration = Duration::from_secs(60);

/// A tunnel's place. It ends with its last stream.
#[derive(Debug)]
pub(crate) struct TunnelPlace {
    accounts: Arc<[Arc<Account>]>,
    memory: Arc<Memory>,
    stock: Option<Stock>,
    given_up: Mutex<Bucket>,
    _taken: Vec<Taken>,
}

/// A stream's place.
#[derive(Debug)]
pub(crate) struct StreamPlace {
    accounts: Arc<[Arc<Account>]>,
    memory: Mutex<Held>,
    /// Of a control stream.
    urgent: Option<Mutex<Bucket>>,
    _taken: Vec<Taken>,
}

impl TunnelPlace {
    /// Takes a place in all of these accounts, the narrowest first, or in none.
    pub(super) fn take(
        limits: &Limits,
        accounts: Vec<Arc<Account>>,
        memory: Arc<Memory>,
    ) -> Result<TunnelPlace, Full> {
        let taken = count(&accounts, Countable::Session, |account| limits.quota(account.scope()).sessions)?;
        let stock = memory.hold(LEAST_MEMORY, limits.memory()).ok_or(Full::Memory)?;
        let stock = Some(Stock::new(stock, limits.memory()));
        Ok(TunnelPlace {
            accounts: accounts.into(),
            memory,
            stock,
            given_up: Mutex::default(),
            _taken: taken,
        })
    }

    /// The page gave up a stream before it stood. Whether it does so too often.
    pub(crate) fn gave_up(&self) -> bool {
        let mut bucket = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.try_take(Instant::now(), MINUTE / GIVEN_UP, MINUTE).is_err()
    }

    /// The memory for what the tunnel itself keeps.
    pub(crate) fn take_stock(&mut self) -> Option<Stock> {
        self.stock.take()
    }

    /// A place for one more stream, where the page has so many. It counts for user, address and all until it is dropped, which is a
    /// moment after the page has forgotten the stream; what the page itself may have goes by what it knows.
    pub(crate) fn stream(&self, limits: &Limits, is_control: bool, has: usize) -> Result<StreamPlace, Full> {
        let quota = |account: &Account| limits.quota(account.scope());
        let most = limits.quota(Scope::Tunnel).streams;
        if has >= most {
            return Err(Full::of(Scope::Tunnel, Countable::Stream, most));
        }
        let taken = count(&self.accounts, Countable::Stream, |account| match account.scope() {
            Scope::Tunnel => usize::MAX,
            _ => quota(account).streams,
        })?;
        if is_control {
            let now = Instant::now();
            self.accounts.iter().try_for_each(|account| account.open(&quota(account), now))?;
        }
        let memory = self.memory.hold(LEAST_MEMORY, limits.memory()).ok_or(Full::Memory)?;
        Ok(StreamPlace {
            accounts: self.accounts.clone(),
            memory: Mutex::new(memory),
            urgent: is_control.then(Mutex::default),
            _taken: taken,
        })
    }
}

impl StreamPlace {
    /// The first window for what the page sends: what is wanted, or what there is, but always enough to go on with.
    pub(crate) fn first_window(&self, wanted: u64, limits: &Limits) -> u64 {
        let budget = limits.memory();
        let mut memory = self.memory();
        let part = (memory.left(budget) / FIRST_PART).min(wanted.saturating_sub(LEAST_MEMORY));
        let more = memory.grow(part, budget);
        // The protocol names the first window in whole units.
        let over = more % WINDOW_UNIT;
        memory.shrink(over);
        LEAST_MEMORY + more - over
    }

    /// Offers up to `most` bytes of the budget and keeps as many as `use_up` says it has used.
    pub(crate) fn offer<T>(&self, most: u64, limits: &Limits, use_up: impl FnOnce(u64) -> (u64, T)) -> T {
        // Nobody else of this stream takes or gives meanwhile; other streams see less than there is for a moment.
        let mut memory = self.memory();
        let offered = memory.grow(most, limits.memory());
        let (used, result) = use_up(offered);
        memory.shrink(offered.saturating_sub(used));
        result
    }

    /// Takes memory for something that can do without: all of it, or nothing.
    pub(crate) fn extra(&self, bytes: u64, limits: &Limits) -> bool {
        self.offer(bytes, limits, |offered| if offered == bytes { (offered, true) } else { (0, false) })
    }

    /// Gives back what [`StreamPlace::extra`] took.
    pub(crate) fn give_back(&self, bytes: u64) {
        self.memory().shrink(bytes);
    }

    /// The bytes that one turn of this stream may have: at a low speed a full frame would hold up the others for too long.
    pub(crate) fn turn(&self, limits: &Limits) -> usize {
        let speed = self.quotas(limits).filter_map(|quota| quota.bytes_per_second).min();
        let part = speed.and_then(|speed| usize::try_from(speed / 8).ok()).unwrap_or(MAX_PAYLOAD);
        part.clamp(1024, MAX_PAYLOAD)
    }

    /// Counts bytes that pass, and returns when they may. Streams that wait are served in the order in which they came, a turn each.
    pub(crate) async fn pace(&self, bytes: usize, limits: &Limits) {
        let wait = self.wait(bytes as u64, limits);
        if wait > Duration::ZERO {
            sleep(wait).await;
        }
    }

    fn wait(&self, bytes: u64, limits: &Limits) -> Duration {
        if self.quotas(limits).all(|quota| quota.bytes_per_second.is_none()) {
            return Duration::ZERO;
        }
        let now = Instant::now();
        let waits = self.accounts.iter().map(|account| {
            let quota = limits.quota(account.scope());
            account.bytes(&quota, bytes, now)
        });
        let wait = waits.max().unwrap_or_default();
        let cost = Duration::from_millis(bytes.saturating_mul(1000) / URGENT_SPEED);
        let urgent = self.urgent.as_ref().is_some_and(|bucket| {
            let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
            bucket.try_take(now, cost, URGENT_BURST).is_ok()
        });
        if urgent { Duration::ZERO } else { wait }
    }

    fn quotas<'a>(&'a self, limits: &'a Limits) -> impl Iterator<Item = Quota> + 'a {
        self.accounts.iter().map(|account| limits.quota(account.scope()))
    }

    fn memory(&self) -> MutexGuard<'_, Held> {
        // What is in it is whole after every step.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more in each account; where one is full, those before give theirs back.
fn count(
    accounts: &[Arc<Account>],
    what: Countable,
    most: impl Fn(&Account) -> usize,
) -> Result<Vec<Taken>, Full> {
    accounts.iter().map(|account| account.count(what, most(account))).collect()
}
