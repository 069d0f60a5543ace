//! Who is inside: so that those whose way in is taken back can be sent out.

use super::access::{Access, Basis};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// All that are inside.
#[derive(Debug, Default)]
pub(super) struct Inside {
    next: AtomicU64,
    passes: Mutex<HashMap<u64, (Basis, CancellationToken)>>,
}

/// That somebody is inside. Ends with its session.
#[derive(Debug)]
pub(crate) struct Pass {
    number: u64,
    inside: Arc<Inside>,
    taken_back: CancellationToken,
    /// When it ends by itself.
    until: Option<Instant>,
}

impl Inside {
    /// Lets somebody in.
    pub(super) fn pass(self: &Arc<Inside>, basis: Basis, until: Option<Instant>) -> Pass {
        let (number, taken_back) = (self.next.fetch_add(1, Ordering::Relaxed), CancellationToken::new());
        self.lock().insert(number, (basis, taken_back.clone()));
        Pass { number, inside: self.clone(), taken_back, until }
    }

    /// Takes back the passes that these rules would not give.
    pub(super) fn review(&self, access: &Access) {
        for (basis, taken_back) in self.lock().values() {
            if !access.upholds(basis) {
                taken_back.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, (Basis, CancellationToken)>> {
        // Nothing panics while it is held.
        self.passes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// Resolves when it counts no more.
    pub(crate) async fn ended(&self) {
        let expired = async {
            match self.until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! { () = self.taken_back.cancelled() => {}, () = expired => {} }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.inside.lock().remove(&self.number);
    }
}
