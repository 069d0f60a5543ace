//! Places for those who have shown nothing yet. They are few, so that whoever opens connections and says nothing takes nothing from those
//! who are inside; and one address has a part of them, so that it does not keep the others out.

use crate::visitor::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One address may have one of so many places.
const SHARE: usize = 4;

/// Who has places.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<HashMap<IpAddr, usize>>);

/// A place. It is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    strangers: Arc<Strangers>,
    network: IpAddr,
}

impl Strangers {
    /// A place among `most`. A listed proxy that does not say for whom it asks may have all of them.
    pub(super) fn place(
        self: &Arc<Strangers>,
        address: IpAddr,
        is_proxy: bool,
        most: usize,
    ) -> Option<Place> {
        let (network, share) = (network(address), if is_proxy { most } else { most.div_ceil(SHARE) });
        let mut places = self.lock();
        let taken: usize = places.values().sum();
        let own = places.get(&network).copied().unwrap_or_default();
        if taken >= most || own >= share {
            return None;
        }
        places.insert(network, own + 1);
        Some(Place { strangers: self.clone(), network })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.strangers.lock();
        match places.get_mut(&self.network) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(places.remove(&self.network)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_a_part_of_the_places_and_gives_them_back() {
        let strangers = Arc::<Strangers>::default();
        let place = |address: &str| strangers.place(address.parse().unwrap(), false, 8);
        let first = place("192.0.2.1").unwrap();
        let _second = place("::ffff:192.0.2.1").unwrap();
        assert!(place("192.0.2.1").is_none());
        drop(first);
        let _third = place("192.0.2.1").unwrap();
        // Of IPv6 one network is one address.
        let _networks = [place("2001:db8::1").unwrap(), place("2001:db8::2").unwrap()];
        assert!(place("2001:db8::3").is_none());
        let proxy = |most| strangers.place("10.0.0.1".parse().unwrap(), true, most);
        let others: Vec<_> = (0..4).map(|_| proxy(8).unwrap()).collect();
        assert!(proxy(8).is_none() && place("198.51.100.1").is_none());
        assert!(proxy(9).is_some());
        drop(others);
        assert_eq!(strangers.lock().values().sum::<usize>(), 4);
        drop((_second, _third, _networks));
        assert!(strangers.lock().is_empty());
        // However few there are, everybody may have one.
        assert!(strangers.place("192.0.2.1".parse().unwrap(), false, 1).is_some());
    }
}
