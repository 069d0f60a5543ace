//! What an error means for the queue.

use crate::error::{Error, ErrorKind, Stage};

/// What to do about an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Only a person can help: never tried again by itself (rule L11).
    Stop,
    /// The server has too many connections: use fewer (rule L11).
    Limit,
    /// Disk full or quota: no upload to this site will do (rule D10).
    Full,
    /// This item only; others may do.
    Item,
    /// It may pass by itself.
    Again,
}

/// The class of what ended a session or kept it from being made.
pub(crate) fn session(error: &Error) -> Class {
    if is_limit(error) {
        return Class::Limit;
    }
    match error.kind {
        _ if error.stage == Stage::Policy => Class::Stop,
        ErrorKind::Transient
        | ErrorKind::Lost
        | ErrorKind::Timeout
        | ErrorKind::Incomplete
        | ErrorKind::NotConnected
        | ErrorKind::Cancelled => Class::Again,
        _ => Class::Stop,
    }
}

/// The class of what ended a transfer.
pub(crate) fn transfer(error: &Error) -> Class {
    if is_limit(error) {
        return Class::Limit;
    }
    match error.kind {
        ErrorKind::Credentials | ErrorKind::NotAccepted => Class::Stop,
        ErrorKind::Full => Class::Full,
        ErrorKind::Refused | ErrorKind::Argument | ErrorKind::File => Class::Item,
        // A protocol fault costs the session; the next may do better, and tries are counted.
        _ => Class::Again,
    }
}

/// Whether a server ended a session, or refused one, because there are too many: by kind, or 421 and 530 with such words.
pub(crate) fn is_limit(error: &Error) -> bool {
    if error.kind == ErrorKind::Limit {
        return true;
    }
    let Some(reply) = &error.reply else { return false };
    let reply = reply.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| reply.contains(word));
    (reply.starts_with("421") || reply.starts_with("530"))
        && any(&["too many", "no more", "maximum", "limit"])
        && any(&["connection", "user", "login", "session", "client"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> Error {
        Error::new(Stage::Server, kind, "x")
    }

    #[test]
    fn d10_classes_of_transfers() {
        let classes = [
            (ErrorKind::Credentials, Class::Stop),
            (ErrorKind::NotAccepted, Class::Stop),
            (ErrorKind::Limit, Class::Limit),
            (ErrorKind::Full, Class::Full),
            (ErrorKind::Refused, Class::Item),
            (ErrorKind::Argument, Class::Item),
            (ErrorKind::File, Class::Item),
            (ErrorKind::Transient, Class::Again),
            (ErrorKind::Lost, Class::Again),
            (ErrorKind::Timeout, Class::Again),
            (ErrorKind::Incomplete, Class::Again),
            (ErrorKind::Protocol, Class::Again),
            (ErrorKind::NotConnected, Class::Again),
            (ErrorKind::Cancelled, Class::Again),
        ];
        for (kind, class) in classes {
            assert_eq!(transfer(&error(kind)), class, "{kind:?}");
        }
    }

    #[test]
    fn l11_credentials_and_policy_are_not_tried_again() {
        assert_eq!(session(&error(ErrorKind::Credentials)), Class::Stop);
        assert_eq!(session(&Error::new(Stage::Policy, ErrorKind::Lost, "denied")), Class::Stop);
        assert_eq!(session(&error(ErrorKind::Protocol)), Class::Stop);
        assert_eq!(session(&error(ErrorKind::Lost)), Class::Again);
    }

    #[test]
    fn l11_limits_by_their_words() {
        let with = |kind, reply: &str| is_limit(&error(kind).with_reply(reply));
        assert!(with(ErrorKind::Lost, "421 Too many connections (8) from this IP"));
        assert!(with(ErrorKind::Credentials, "530 Sorry, the maximum number of clients is connected"));
        assert!(!with(ErrorKind::Lost, "421 No transfer timeout (600 seconds): closing control connection"));
        assert!(!with(ErrorKind::Transient, "450 too many users have this file open"));
        assert!(!is_limit(&error(ErrorKind::Lost)));
    }
}
