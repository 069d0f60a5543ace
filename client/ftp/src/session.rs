//! One control connection and the requests that wait for it.

use std::collections::VecDeque;

use crate::io::{Input, Output, Time};
use crate::site::Site;

/// A session with one server: one control connection at a time, requests one after the other.
pub struct Session {
    site: Site,
    outputs: VecDeque<Output>,
}

impl Session {
    /// A session that is not connected; [`crate::Request::Connect`] starts it.
    #[must_use]
    pub fn new(site: Site) -> Session {
        Session { site, outputs: VecDeque::new() }
    }

    /// Takes one input: exactly one mutation. Drain [`Session::poll`] afterwards.
    pub fn handle(&mut self, _now: Time, _input: Input) {
        let _ = &self.site;
    }

    /// What is to be done next; [`Output::Wait`] is the last of a drain.
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Wait(None))
    }
}
