//! Tickets that were used: each lets one visitor in, once.

use aws_lc_rs::digest::{Context, SHA256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Used tickets that are remembered. They live for a minute or so; where there are more, no further one is taken until some have ended.
const MAX_USED: usize = 65_536;

/// Hashes of the ids of used tickets, with the second after which each is refused for its age alone.
#[derive(Debug, Default)]
pub(super) struct Used(Mutex<HashMap<[u8; 32], u64>>);

/// What becomes of a ticket that is to be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    First,
    Again,
    /// The memory for used ones is full.
    Full,
}

impl Used {
    /// Uses a ticket that ends at `end`. Ids are unique for the key that signed them.
    pub(super) fn take(&self, key: &str, id: &str, end: u64, now: u64) -> Use {
        let mut hash = Context::new(&SHA256);
        for part in [key.as_bytes(), b"\0", id.as_bytes()] {
            hash.update(part);
        }
        let mut name = [0; 32];
        name.copy_from_slice(hash.finish().as_ref());
        // Nothing panics while it is held.
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.contains_key(&name) {
            return Use::Again;
        }
        if used.len() >= MAX_USED {
            used.retain(|_, end| *end >= now);
        }
        if used.len() >= MAX_USED {
            return Use::Full;
        }
        used.insert(name, end);
        Use::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_used_once_and_memory_is_bounded() {
        let used = Used::default();
        assert_eq!(used.take("panel", "1", 100, 50), Use::First);
        assert_eq!(used.take("panel", "1", 100, 50), Use::Again);
        assert_eq!(used.take("other", "1", 100, 50), Use::First);
        for number in 2..MAX_USED {
            assert_eq!(used.take("panel", &number.to_string(), 100, 50), Use::First);
        }
        assert_eq!(used.take("panel", "one more", 200, 100), Use::Full);
        assert_eq!(used.take("panel", "1", 100, 100), Use::Again);
        assert_eq!(used.take("panel", "one more", 200, 101), Use::First);
        assert_eq!(used.0.lock().unwrap().len(), 1);
    }
}
