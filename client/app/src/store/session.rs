//! The session of the tab.

use super::site::Site;
use crate::protocol::{Failure, LogLine, Question, Server, SessionId};

/// How far the session is.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Phase {
    /// On the way in.
    Connecting,
    /// A person must decide.
    Asked(Question),
    /// Logged in.
    Up,
    /// Over, not by the person's wish; the last log lines then.
    Lost(Failure, Vec<LogLine>),
}

/// A session. No `Debug`: it holds a password, for reconnecting.
#[derive(Clone)]
pub(crate) struct Session {
    /// Its number in the worker.
    pub(crate) id: SessionId,
    /// Where.
    pub(crate) site: Site,
    /// Kept in memory while the tab is open, and nowhere else.
    pub(crate) password: String,
    /// How far.
    pub(crate) phase: Phase,
    /// What is known of the server; `Some` from the first login on.
    pub(crate) server: Option<Server>,
}

impl Session {
    /// Whether files can be looked at: there was a login.
    pub(crate) fn has_browser(&self) -> bool {
        self.server.is_some()
    }

    /// Whether commands have somewhere to go.
    pub(crate) fn is_up(&self) -> bool {
        self.phase == Phase::Up
    }
}
