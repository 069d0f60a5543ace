//! Sessions that can be resumed, by the hash of their token: a lookup that takes longer or shorter tells nothing about a token.

use super::Carrier;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
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
    attachments: mpsc::Sender<Attachment>,
    named: Option<Arc<str>>,
}

/// A session's place in the registry; it ends with it.
pub(super) struct Place {
    registry: Arc<Registry>,
    hash: Hash,
    pub(super) attachments: mpsc::Receiver<Attachment>,
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
        // One at a time: a page has one WebSocket, and a second one that waits is a later try of the same page.
        let (sender, attachments) = mpsc::channel(1);
        let hash = hash(&token)?;
        self.lock().insert(hash, Registered { attachments: sender, named });
        Some((Place { registry: self.clone(), hash, attachments }, ResumeToken(token)))
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
                found.attachments.try_send(attachment).map_err(|error| Box::new(error.into_inner()))
            }
            None => Err(Box::new(attachment)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Registered>> {
        // Nothing panics while it is held.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
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
