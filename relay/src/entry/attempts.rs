//! Failed tries, by address: each makes the next wait longer, and many close the door for a while.
//!
//! What is guessed at has 256 random bits or a signature, so this is no wall against guessing; it keeps a program that hammers from the
//! processor and the log, and makes it seen.

use crate::visitor::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Addresses that are remembered. Of more, those whose last failure is longest ago are forgotten: a bound on memory comes first.
const MAX_ADDRESSES: usize = 4096;
/// What the first failure costs; each further one costs twice as much as the one before.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// The most that one costs.
const LONGEST_DELAY: Duration = Duration::from_secs(4);

/// What an administrator says of failures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Failures until an address is blocked.
    pub(super) tries: u32,
    /// For how long.
    pub(super) block: Duration,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failed: Mutex<HashMap<IpAddr, Record>>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    failures: u32,
    last: Instant,
}

impl Attempts {
    /// For how long an address is blocked yet.
    pub(super) fn blocked(&self, address: IpAddr, patience: Patience, now: Instant) -> Option<Duration> {
        let record = *self.lock().get(&network(address))?;
        let left = patience.block.saturating_sub(now.saturating_duration_since(record.last));
        (record.failures >= patience.tries && !left.is_zero()).then_some(left)
    }

    /// Counts a failure. Returns what it costs.
    pub(super) fn failed(&self, address: IpAddr, patience: Patience, now: Instant) -> Duration {
        let mut failed = self.lock();
        let key = network(address);
        if failed.len() >= MAX_ADDRESSES && !failed.contains_key(&key) {
            let over = |record: &Record| now.saturating_duration_since(record.last) >= patience.block;
            failed.retain(|_, record| !over(record));
            let oldest = failed.iter().min_by_key(|(_, record)| record.last).map(|(key, _)| *key);
            if let (true, Some(oldest)) = (failed.len() >= MAX_ADDRESSES, oldest) {
                failed.remove(&oldest);
            }
        }
        let record = failed.entry(key).or_insert(Record { failures: 0, last: now });
        if now.saturating_duration_since(record.last) >= patience.block {
            record.failures = 0;
        }
        record.failures = record.failures.saturating_add(1);
        record.last = now;
        let doubled = 1_u32.checked_shl(record.failures - 1).and_then(|times| FIRST_DELAY.checked_mul(times));
        doubled.map_or(LONGEST_DELAY, |delay| delay.min(LONGEST_DELAY))
    }

    /// Forgets the failures of an address: somebody there knows the way in.
    pub(super) fn succeeded(&self, address: IpAddr) {
        self.lock().remove(&network(address));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Record>> {
        // Nothing panics while it is held.
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { tries: 3, block: Duration::from_secs(60) };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn failures_are_slowed_then_blocked_for_a_while_and_success_resets() {
        let (attempts, now, here) = (Attempts::default(), Instant::now(), ip("192.0.2.1"));
        let seconds = Duration::from_secs;
        let delays: Vec<_> = (0..3).map(|_| attempts.failed(here, PATIENCE, now).as_millis()).collect();
        assert_eq!(delays, [250, 500, 1000]);
        assert_eq!(attempts.blocked(here, PATIENCE, now), Some(seconds(60)));
        assert_eq!(attempts.blocked(ip("::ffff:192.0.2.1"), PATIENCE, now + seconds(59)), Some(seconds(1)));
        assert_eq!(attempts.blocked(here, PATIENCE, now + seconds(60)), None);
        assert_eq!(attempts.blocked(ip("192.0.2.2"), PATIENCE, now), None);
        // After the block it begins anew.
        assert_eq!(attempts.failed(here, PATIENCE, now + seconds(60)).as_millis(), 250);
        assert_eq!(attempts.blocked(here, PATIENCE, now + seconds(60)), None);
        attempts.failed(here, PATIENCE, now + seconds(60));
        attempts.succeeded(here);
        assert_eq!(attempts.failed(here, PATIENCE, now + seconds(60)).as_millis(), 250);
        for _ in 0..100 {
            assert!(attempts.failed(here, PATIENCE, now + seconds(60)) <= LONGEST_DELAY);
        }
    }

    #[test]
    fn a_machine_cannot_hide_among_its_own_ipv6_addresses() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for number in 1..=3 {
            attempts.failed(ip(&format!("2001:db8:1:2:{number}::{number}")), PATIENCE, now);
        }
        assert!(attempts.blocked(ip("2001:db8:1:2:ffff::1"), PATIENCE, now).is_some());
        assert!(attempts.blocked(ip("2001:db8:1:3::1"), PATIENCE, now).is_none());
    }

    #[test]
    fn the_table_is_bounded_and_keeps_the_newest() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        let many = u32::try_from(2 * MAX_ADDRESSES).unwrap();
        for number in 0..many {
            let address = std::net::Ipv4Addr::from(0x0b00_0000 + number);
            attempts.failed(address.into(), PATIENCE, now + Duration::from_millis(number.into()));
        }
        let failed = attempts.lock();
        assert_eq!(failed.len(), MAX_ADDRESSES);
        assert!(failed.contains_key(&std::net::Ipv4Addr::from(0x0b00_0000 + many - 1).into()));
    }
}
