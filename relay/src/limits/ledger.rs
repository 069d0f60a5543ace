//! All accounts.

use super::account::{Account, Countable, Taken};
use super::memory::Memory;
use super::place::TunnelPlace;
use super::{Full, Scope};
use crate::config::Limits;
use crate::visitor::{Visitor, network};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Accounts that are kept before those that do not matter any more are looked for.
const SMALLEST_SWEEP: usize = 64;

/// Who has what.
#[derive(Debug)]
pub(crate) struct Ledger {
    all: Arc<Account>,
    table: Mutex<Table>,
    memory: Arc<Memory>,
}

/// The accounts of users and addresses. It holds those that have anything, those that had within the last minute, and at most as many
/// again that nobody has swept out yet; the limits for all together bound both.
#[derive(Debug)]
struct Table {
    accounts: HashMap<Key, Arc<Account>>,
    sweep_at: usize,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key {
    User(Arc<str>),
    Address(IpAddr),
}

/// A place for an HTTP connection.
#[derive(Debug)]
pub(crate) struct Connection {
    _taken: Taken,
}

impl Ledger {
    pub(crate) fn new() -> Ledger {
        let table = Table { accounts: HashMap::new(), sweep_at: SMALLEST_SWEEP };
        Ledger { all: Account::new(Scope::All), table: Mutex::new(table), memory: Arc::default() }
    }

    /// A place for one more HTTP connection from an address. A proxy that the administrator lists has many visitors behind it and
    /// is not to be asked about.
    pub(crate) fn connection(&self, limits: &Limits, address: IpAddr) -> Result<Connection, Full> {
        let account = self.account(Key::Address(network(address)), Instant::now());
        account
            .count(Countable::Connection, limits.address.connections)
            .map(|taken| Connection { _taken: taken })
    }

    /// A place for a connection that says it goes on with a tunnel, until it is known which.
    pub(crate) fn resuming(&self, limits: &Limits, address: IpAddr) -> Result<[Connection; 2], Full> {
        let all = self.all.count(Countable::Connection, limits.connections)?;
        Ok([self.connection(limits, address)?, Connection { _taken: all }])
    }

    /// A place for one more tunnel.
    pub(crate) fn tunnel(&self, limits: &Limits, visitor: &Visitor) -> Result<TunnelPlace, Full> {
        let now = Instant::now();
        let user = visitor.user.clone().map(|user| self.account(Key::User(user), now));
        let address = self.account(Key::Address(network(visitor.address)), now);
        let mut accounts = vec![Account::new(Scope::Tunnel)];
        accounts.extend(user);
        accounts.extend([address, self.all.clone()]);
        TunnelPlace::take(limits, accounts, self.memory.clone())
    }

    /// Bytes that are promised at the moment.
    pub(crate) fn memory_used(&self) -> u64 {
        self.memory.used()
    }

    fn account(&self, key: Key, now: Instant) -> Arc<Account> {
        // Nothing panics while it is held.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.accounts.len() >= table.sweep_at {
            // Who has a handle to one got it here, under the lock, or from another that still counts.
            table.accounts.retain(|_, account| Arc::strong_count(account) > 1 || account.matters(now));
            table.sweep_at = SMALLEST_SWEEP.max(2 * table.accounts.len());
        }
        let scope = match key {
            Key::User(_) => Scope::User,
            Key::Address(_) => Scope::Address,
        };
        table.accounts.entry(key).or_insert_with(|| Account::new(scope)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Quota;
    use std::net::Ipv6Addr;
    use std::time::Duration;

    fn visitor(address: &str, user: Option<&str>) -> Visitor {
        Visitor { address: address.parse().unwrap(), user: user.map(Arc::from) }
    }

    fn size(ledger: &Ledger) -> usize {
        ledger.table.lock().unwrap().accounts.len()
    }

    #[test]
    fn sessions_are_counted_for_user_address_and_all() {
        let ledger = Ledger::new();
        let mut limits = Limits { sessions: 4, ..Limits::default() };
        (limits.user.sessions, limits.address.sessions) = (2, 3);
        let take = |address, user| ledger.tunnel(&limits, &visitor(address, user));
        let refused = |address, user| take(address, user).unwrap_err().to_string();
        let first = take("192.0.2.1", Some("ann")).unwrap();
        let _second = take("192.0.2.2", Some("ann")).unwrap();
        assert!(refused("192.0.2.3", Some("ann")).starts_with("this user has too many tunnels at once, 2"));
        let _third = take("192.0.2.1", Some("bob")).unwrap();
        let fourth = take("192.0.2.1", None).unwrap();
        assert!(refused("192.0.2.1", Some("eve")).starts_with("this address has too many"));
        assert!(refused("192.0.2.9", Some("eve")).starts_with("the relay has too many"));
        // A refusal took nothing, and what ends makes room.
        drop(fourth);
        let fifth = take("192.0.2.9", Some("eve")).unwrap();
        drop((first, fifth));
        take("192.0.2.3", Some("ann")).unwrap();
    }

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_address() {
        let ledger = Ledger::new();
        let mut limits = Limits::default();
        limits.address.connections = 1;
        let take = |address: &str| ledger.connection(&limits, address.parse().unwrap());
        let _held = take("2001:db8:1:2::1").unwrap();
        let full = take("2001:db8:1:2:ffff:ffff:ffff:ffff").unwrap_err();
        assert_eq!(full.to_string(), "this address has too many HTTP connections at once, 1 are allowed");
        let _other = take("2001:db8:1:3::1").unwrap();
        let _fourth = take("192.0.2.1").unwrap();
        take("192.0.2.2").unwrap();
        assert!(take("192.0.2.1").is_err());
    }

    /// An attacker who comes from address after address leaves nothing behind.
    #[test]
    fn the_table_keeps_only_what_matters() {
        let ledger = Ledger::new();
        let limits = Limits::default();
        let held: Vec<TunnelPlace> = (0..100)
            .map(|last| ledger.tunnel(&limits, &visitor(&format!("192.0.2.{last}"), None)).unwrap())
            .collect();
        for number in 0..100_000_u128 {
            let address = IpAddr::V6(Ipv6Addr::from_bits(0x2001 << 112 | number << 64));
            drop(ledger.connection(&limits, address).unwrap());
        }
        assert!(size(&ledger) <= 2 * held.len() + SMALLEST_SWEEP, "{}", size(&ledger));
    }

    /// Coming again must not make anybody's minute new.
    #[test]
    fn connections_opened_are_remembered_for_a_minute() {
        let (ledger, limits, start) = (Ledger::new(), Limits::default(), Instant::now());
        let quota = Quota { opens_per_minute: 2, ..limits.quota(Scope::Address) };
        let key = || Key::Address("192.0.2.1".parse().unwrap());
        let crowd = |first: u32, now| {
            for number in first..first + 1000 {
                ledger.account(Key::Address(IpAddr::V4(number.into())), now);
            }
        };
        let open = |now| ledger.account(key(), now).open(&quota, now);
        open(start).unwrap();
        open(start).unwrap();
        crowd(0x0a00_0000, start);
        let full = open(start).unwrap_err().to_string();
        assert!(full.ends_with("in a minute, 2 are allowed: try again in 30 s"), "{full}");
        open(start + Duration::from_secs(30)).unwrap();
        crowd(0x0b00_0000, start + Duration::from_secs(91));
        assert!(!ledger.table.lock().unwrap().accounts.contains_key(&key()));
        assert!(size(&ledger) <= 2 * SMALLEST_SWEEP);
    }
}
