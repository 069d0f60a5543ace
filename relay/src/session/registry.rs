//! Sessions that can be resumed, by the hash of their token: a lookup that takes longer or shorter tells nothing about a token.

use super::Carrier;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use towpath_shared::ResumeToken;

/// A new WebSocket for a session.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) carrier: Carrier,
    /// Numbered frames that the page has.
    pub(super) received: u64,
}

/// All sessions that can be resumed.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    sessions: Mutex<HashMap<Hash, Registered>>,
}

type Hash = [u8; 32];

#[derive(Debug)]
struct Registered {
    slot: Arc<Slot>,
    named: Option<Arc<str>>,
}

/// Where a new WebSocket waits for its session. A page has one: a second one is a later try of the same page, and takes the place of the first.
#[derive(Debug, Default)]
struct Slot {
    newest: Mutex<Option<Attachment>>,
    arrived: Notify,
}

/// A session's place in the registry; it ends with it.
pub(super) struct Place {
    registry: Arc<Registry>,
    hash: Hash,
    slot: Arc<Slot>,
}

impl Registry {
    /// A place for a session whose user a proxy names, or does not, and the token that leads to it. `None` where the system has no random numbers.
    pub(super) fn register(self: &Arc<Registry>, named: Option<Arc<str>>) -> Option<(Place, ResumeToken)> {
        let mut secret = [0; 32];
        rand::fill(&mut secret).ok()?;
        let mut token = String::with_capacity(2 * secret.len());
        for byte in secret {
            // Writing into a String does not fail.
            let _ = write!(token, "{byte:02x}");
        }
        let (hash, slot) = (hash(&token)?, Arc::<Slot>::default());
        self.lock().insert(hash, Registered { slot: slot.clone(), named });
        Some((Place { registry: self.clone(), hash, slot }, ResumeToken(token)))
    }

    /// Hands a WebSocket to the session of a token. It comes back where there is none, or where a proxy names another user than then.
    pub(super) fn hand_over(
        &self,
        token: &ResumeToken,
        named: Option<&Arc<str>>,
        attachment: Attachment,
    ) -> Result<(), Box<Attachment>> {
        let Some(hash) = hash(&token.0) else { return Err(Box::new(attachment)) };
        let sessions = self.lock();
        let found = sessions.get(&hash).filter(|found| named == found.named.as_ref());
        match found {
            Some(found) => {
                *found.slot.lock() = Some(attachment);
                found.slot.arrived.notify_one();
                Ok(())
            }
            None => Err(Box::new(attachment)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Registered>> {
        // Nothing panics while it is held.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<Attachment>> {
        // Nothing panics while it is held.
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The next WebSocket.
    pub(super) async fn attachment(&self) -> Attachment {
        loop {
            if let Some(attachment) = self.slot.lock().take() {
                return attachment;
            }
            self.slot.arrived.notified().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.hash);
    }
}

fn hash(token: &str) -> Option<Hash> {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()
}
