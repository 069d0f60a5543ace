//! What those who are not let in are told: the next step for a person, and nothing else. Unknown, expired, revoked and used are one answer.

use crate::config::{Access, Mode};
use std::time::Duration;
use thiserror::Error;
use towpath_shared::close;

/// Why a page is not let in, or not any more. The text goes into a close frame: 123 bytes at the most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub(crate) enum Refused {
    #[error("This relay asks for an access token. Whoever runs it gives them out.")]
    TokenWanted,
    #[error("Open this page from the portal that it belongs to: the relay asks for a ticket.")]
    TicketWanted,
    #[error("Sign in where this relay sends you, then load the page again.")]
    SignInWanted,
    #[error("This access token or ticket does not let you in. Ask whoever runs the relay for a new one.")]
    WrongToken,
    #[error("This ticket does not let you in. Open the page from the portal again.")]
    WrongTicket,
    #[error("You may not use this relay. Ask whoever runs it.")]
    Forbidden,
    #[error("Your access to this relay has ended. Ask whoever runs it.")]
    Ended,
    #[error("Too many failed tries from your address. Try again in {} minutes.", minutes(.0))]
    Blocked(Duration),
    #[error("The relay has no place for another session. Try again later.")]
    Full,
}

impl Refused {
    /// For one who showed nothing that counts here.
    pub(super) fn nothing_shown(access: &Access) -> Refused {
        if access.has(Mode::Token) {
            Refused::TokenWanted
        } else if access.has(Mode::Ticket) {
            Refused::TicketWanted
        } else {
            Refused::SignInWanted
        }
    }

    /// For one who showed something wrong.
    pub(super) fn wrong(access: &Access) -> Refused {
        if access.has(Mode::Token) { Refused::WrongToken } else { Refused::WrongTicket }
    }

    /// The WebSocket's close code. A page asks for a token at [`close::UNAUTHORIZED`], so that is for relays that take tokens.
    pub(crate) fn code(self) -> u16 {
        match self {
            Refused::TokenWanted | Refused::WrongToken => close::UNAUTHORIZED,
            Refused::TicketWanted
            | Refused::WrongTicket
            | Refused::SignInWanted
            | Refused::Forbidden
            | Refused::Ended => close::FORBIDDEN,
            Refused::Blocked(_) => close::TOO_MANY_TRIES,
            Refused::Full => close::TRY_AGAIN_LATER,
        }
    }
}

/// Minutes that are sure to be enough.
fn minutes(left: &Duration) -> u64 {
    left.as_secs() / 60 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_into_a_close_frame() {
        for refused in [
            Refused::TokenWanted,
            Refused::TicketWanted,
            Refused::SignInWanted,
            Refused::WrongToken,
            Refused::WrongTicket,
            Refused::Forbidden,
            Refused::Ended,
            Refused::Blocked(Duration::from_secs(30 * 24 * 3600)),
            Refused::Full,
        ] {
            // RFC 6455 section 5.5: 125 bytes, two of them for the code.
            assert!(refused.to_string().len() <= 123, "{refused}");
        }
    }
}
