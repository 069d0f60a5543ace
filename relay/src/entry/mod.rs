//! Who may come in: the client's address, and what it shows to be let in.
//!
//! | module | purpose |
//! |--------|---------|
//! | `proxies`, `preamble` | for whom a listed proxy asks; the PROXY protocol |
//! | `caller` | what is known before the WebSocket stands |
//! | `access`, `token`, `ticket` | the judgement |
//! | `attempts`, `used` | what is remembered: failures, and tickets that were used |
//! | `strangers` | how many may be there who have shown nothing |
//! | `inside` | who is inside, and whose way in is taken back |
//! | `refused` | what those who are not let in are told |

mod access;
mod attempts;
mod caller;
mod inside;
mod preamble;
mod proxies;
mod refused;
mod strangers;
mod ticket;
mod token;
mod used;

pub(crate) use access::Access;
pub(crate) use caller::Caller;
pub(crate) use inside::Pass;
pub(crate) use proxies::{Proxies, Sender};
pub(crate) use refused::Refused;
pub use ticket::new_ticket;
pub use token::new_token;

use crate::audit;
use crate::limits::TunnelPlace;
use crate::metrics::snake;
use crate::relay::{Relay, Rules};
use crate::visitor::{Grants, Visitor};
use access::{Basis, Judgement, Wrong};
use attempts::Attempts;
use inside::Inside;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use strangers::Strangers;
use tokio::time::{Instant, sleep_until};
use towpath_shared::Credential;
use used::{Use, Used};

/// What a relay remembers of those who come, through every reload.
#[derive(Debug)]
pub(crate) struct Entry {
    attempts: Attempts,
    used: Used,
    inside: Arc<Inside>,
    strangers: Arc<Strangers>,
    /// When the relay began, in seconds since 1970.
    start: u64,
}

/// Somebody who was let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) visitor: Visitor,
    pub(crate) grants: Grants,
    pub(crate) pass: Pass,
    /// Its place among the sessions.
    pub(crate) place: TunnelPlace,
}

impl Entry {
    pub(crate) fn new() -> Entry {
        Entry {
            attempts: Attempts::default(),
            used: Used::default(),
            inside: Arc::default(),
            strangers: Arc::default(),
            start: ticket::unix_now(),
        }
    }

    /// Ends the sessions that these rules would not let in.
    pub(crate) fn review(&self, access: &Access) {
        self.inside.review(access);
    }
}

impl Relay {
    /// Decides on somebody who has said HELLO. One who fails waits for the answer: longer each time, and equally long whatever was wrong.
    pub(crate) async fn admit(
        &self,
        mut caller: Caller,
        shown: Option<Credential>,
    ) -> Result<Admitted, Refused> {
        let (entry, address, now) = (&self.entry, caller.address, Instant::now());
        let rules = self.rules();
        let access = &rules.access;
        if let Some(left) = entry.blocked(&rules, address) {
            return Err(Refused::Blocked(left));
        }
        let shown = shown.or(caller.bearer.take());
        let wrong = match access.judge(shown.as_ref(), caller.named.as_ref(), entry.start) {
            Judgement::Good(basis) => {
                let visitor = Visitor { address, user: basis.grants().user };
                // Before a ticket is used up.
                let place = caller.session_place(self, &visitor).map_err(|full| {
                    audit::entry_refused(address, visitor.user.as_deref(), full.name());
                    Refused::Full
                })?;
                match entry.use_up(&basis) {
                    Use::First => {
                        entry.attempts.succeeded(address);
                        return self.let_in(visitor, basis, place);
                    }
                    Use::Full => return Err(Refused::Full),
                    Use::Again => Wrong::UsedTicket,
                }
            }
            Judgement::Nothing => return Err(Refused::nothing_shown(&access.config)),
            Judgement::Revoked => {
                audit::entry_refused(address, None, "revoked");
                return Err(Refused::Forbidden);
            }
            Judgement::Wrong(wrong) => wrong,
        };
        let delay = entry.attempts.failed(address, access.patience(), now);
        tracing::warn!(%address, ?wrong, "not let in");
        audit::entry_refused(address, None, &snake(&format!("{wrong:?}")));
        sleep_until(now + delay).await;
        match entry.blocked(&rules, address) {
            Some(left) => Err(Refused::Blocked(left)),
            None => Err(Refused::wrong(&access.config)),
        }
    }

    fn let_in(&self, visitor: Visitor, basis: Basis, place: TunnelPlace) -> Result<Admitted, Refused> {
        let grants = basis.grants();
        let until = basis.lasts().and_then(|left| Instant::now().checked_add(Duration::from_secs(left)));
        tracing::info!(address = %visitor.address, user = visitor.user.as_deref(), %basis, "session begins");
        let pass = self.entry.inside.pass(basis.clone(), until);
        // Rules may have changed since the judgement, and who was not inside then was not looked at.
        if !self.rules().access.upholds(&basis) {
            return Err(Refused::Ended);
        }
        Ok(Admitted { visitor, grants, pass, place })
    }
}

impl Entry {
    /// For how long an address is blocked yet. A proxy that does not say for whom it asks stands for many: it is slowed, never blocked.
    fn blocked(&self, rules: &Rules, address: IpAddr) -> Option<Duration> {
        let left = self.attempts.blocked(address, rules.access.patience(), Instant::now());
        left.filter(|_| !rules.proxies.lists(address))
    }

    fn use_up(&self, basis: &Basis) -> Use {
        match basis {
            Basis::Ticket(ticket) => self.used.take(&ticket.key, &ticket.id, ticket.end, ticket::unix_now()),
            _ => Use::First,
        }
    }
}
