//! The judgement: who a credential stands for, by the rules in force.

use super::attempts::Patience;
use super::ticket::{Fault, Ticket, Tickets, unix_now};
use super::token;
use crate::Error;
use crate::config::{self, Config, Mode, Token, seconds};
use crate::visitor::Grants;
use std::fmt;
use std::sync::Arc;
use towpath_shared::Credential;

/// What a configuration says of who may come in.
#[derive(Debug)]
pub(crate) struct Access {
    pub(super) config: config::Access,
    tokens: Vec<Token>,
    tickets: Tickets,
}

/// Why somebody is inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// Everybody is.
    Open,
    Token(Token),
    Ticket(Arc<Ticket>),
    /// A proxy has named this user.
    Header(Arc<str>),
}

/// Why a credential lets nobody in: for the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wrong {
    UnknownToken,
    ExpiredToken,
    Ticket(Fault),
    RevokedTicket,
    UsedTicket,
}

/// What follows from a credential and from a proxy's word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Nothing was shown that counts here.
    Nothing,
    Wrong(Wrong),
    /// It is known who it is, and this user is out.
    Revoked,
    Good(Basis),
}

impl Access {
    pub(crate) fn new(config: &Config) -> Result<Access, Error> {
        let tickets = Tickets::new(config)?;
        Ok(Access { config: config.access.clone(), tokens: config.tokens.clone(), tickets })
    }

    /// Whether everybody who reaches the relay is in.
    pub(crate) fn is_open(&self) -> bool {
        self.config.modes.is_empty()
    }

    /// What becomes of failures.
    pub(super) fn patience(&self) -> Patience {
        let config::Access { tries, block, .. } = self.config;
        Patience { tries, block: seconds(block) }
    }

    /// Judges what somebody shows. What is of a kind that lets nobody in here is as nothing. `start` is when the relay began.
    pub(super) fn judge(
        &self,
        shown: Option<&Credential>,
        named: Option<&Arc<str>>,
        start: u64,
    ) -> Judgement {
        if self.is_open() {
            return Judgement::Good(Basis::Open);
        }
        let now = unix_now();
        let basis = match shown {
            Some(Credential::Token { secret }) if self.config.has(Mode::Token) => {
                match token::find(&self.tokens, secret.expose()) {
                    Some(token) if is_over(token, now) => return Judgement::Wrong(Wrong::ExpiredToken),
                    Some(token) => Basis::Token(token.clone()),
                    None => return Judgement::Wrong(Wrong::UnknownToken),
                }
            }
            Some(Credential::Ticket { secret }) if self.config.has(Mode::Ticket) => {
                match self.tickets.check(secret.expose(), now, start) {
                    Ok(ticket) if self.config.revoked_tickets.contains(&ticket.id) => {
                        return Judgement::Wrong(Wrong::RevokedTicket);
                    }
                    Ok(ticket) => Basis::Ticket(ticket.into()),
                    Err(fault) => return Judgement::Wrong(Wrong::Ticket(fault)),
                }
            }
            _ => match named {
                Some(user) if self.config.has(Mode::Header) => Basis::Header(user.clone()),
                _ => return Judgement::Nothing,
            },
        };
        match self.is_revoked(&basis) {
            true => Judgement::Revoked,
            false => Judgement::Good(basis),
        }
    }

    /// Whether a session that began for a reason would be let in for it now. Its ticket may have grown old meanwhile: it was for the door.
    pub(super) fn upholds(&self, basis: &Basis) -> bool {
        let still = match basis {
            Basis::Open => self.is_open(),
            Basis::Token(token) => {
                self.config.has(Mode::Token) && self.tokens.contains(token) && !is_over(token, unix_now())
            }
            Basis::Ticket(ticket) => {
                self.config.has(Mode::Ticket)
                    && self.tickets.has(&ticket.key, &ticket.print)
                    && !self.config.revoked_tickets.contains(&ticket.id)
            }
            Basis::Header(_) => self.config.has(Mode::Header),
        };
        still && !self.is_revoked(basis)
    }

    fn is_revoked(&self, basis: &Basis) -> bool {
        basis.user().is_some_and(|user| self.config.revoked_users.iter().any(|revoked| revoked == user))
    }
}

/// A token whose end cannot be told has ended; the configuration was checked.
fn is_over(token: &Token, now: u64) -> bool {
    token.expires_at().map_or(true, |end| end.is_some_and(|end| now >= end))
}

impl Basis {
    /// Whom it names.
    pub(super) fn user(&self) -> Option<&str> {
        match self {
            Basis::Open => None,
            Basis::Token(token) => Some(&token.user),
            Basis::Ticket(ticket) => Some(&ticket.user),
            Basis::Header(user) => Some(user),
        }
    }

    /// What it opens.
    pub(super) fn grants(&self) -> Grants {
        let sites = match self {
            Basis::Open | Basis::Header(_) => None,
            Basis::Token(token) => token.sites.as_deref(),
            Basis::Ticket(ticket) => ticket.sites.as_deref(),
        };
        Grants { user: self.user().map(Into::into), sites: sites.map(Into::into) }
    }

    /// For how many seconds it holds, where it has an end of its own.
    pub(super) fn lasts(&self) -> Option<u64> {
        match self {
            Basis::Token(token) => {
                token.expires_at().unwrap_or(Some(0)).map(|end| end.saturating_sub(unix_now()))
            }
            _ => None,
        }
    }
}

/// For the log: enough to find it in the configuration or in the portal's log, and nothing that opens anything.
impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Basis::Open => f.write_str("open"),
            Basis::Token(token) => {
                write!(f, "token {}", token.hash.to_string().get(..15).unwrap_or_default())
            }
            Basis::Ticket(ticket) => write!(f, "ticket {} of {}", ticket.id, ticket.key),
            Basis::Header(_) => f.write_str("header"),
        }
    }
}
