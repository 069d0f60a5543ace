//! The course of an exchange: where it stands, and what comes after one that was given up.

use crate::error::Error;
use crate::operation::Failure;

/// Where an exchange stands.
pub(super) enum State {
    /// [`super::super::prepare`] is at work.
    Opening,
    /// REST was sent.
    Restart,
    /// The command was sent.
    Moving,
    /// [`super::super::renew`] is at work; then all begins anew.
    Renewing,
    /// [`super::super::abandon`] is at work; then this.
    Abandoning(Option<After>),
}

/// What comes after a transfer was given up.
pub(super) enum After {
    /// This failure.
    Fail(Failure),
    /// This failure: no way led to a data connection.
    Unreachable(Failure),
    /// Once more, with another way to a data connection; or this, if the control connection is lost over it.
    Again(Error),
    /// Once more, and nothing is sent before the preliminary reply.
    Patiently,
    /// All bytes moved; only the word of the server is missing (rule K4).
    Unconfirmed,
}
