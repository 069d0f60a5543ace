//! The course of an exchange: where it stands, and what comes after one that was given up.

use super::Failure;
use crate::error::Error;
use crate::quirks::Passive;

/// Where an exchange stands.
pub(super) enum State {
    /// What has to be so before: directory, type, size, and the way to a data connection.
    Opening,
    /// REST was sent.
    Restart,
    /// The command was sent.
    Moving,
    /// [`super::renew`] is at work; then all begins anew.
    Renewing,
    /// [`super::abandon`] is at work; then this.
    Abandoning(Option<After>),
}

/// What comes after a transfer was given up.
pub(super) enum After {
    /// This failure.
    Fail(Failure),
    /// Once more, with the other way of passive mode; or this, if the connection is lost over it.
    Again(Passive, Error),
    /// All bytes moved; only the word of the server is missing (rule K4).
    Unconfirmed,
}
