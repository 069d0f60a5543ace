//! Examine a server: one part after the other, each done by the operation that does it in earnest, and for each a finding in plain words
//! ([`crate::doctor`]). Nothing is changed on the server.
//!
//! What is refused or broken is a finding, and the rest goes on. A connection that is lost over one part is made anew, at
//! most [`RECONNECTS`] times; after that, or after [`LIMIT`], what is left is reported as not tested. The report is whole whatever happens: it
//! holds every subject once. If there is no connection at its end, the session is over after it.

mod collected;
mod course;
mod trips;

use crate::doctor;
use crate::error::Error;
use crate::event::Outcome;
use crate::io::Time;
use crate::link::Link;
use crate::path::RemotePath;
use crate::quirks::DataWay;
use crate::reply::Reply;
use crate::request::RequestId;

use super::logon::Logon;
use super::{Failure, Operation, Report, Step};
use collected::Collected;

/// Times that a lost connection is made anew.
const RECONNECTS: u32 = 3;
/// Milliseconds after which what is left is not tested any more.
const LIMIT: u64 = 300_000;

/// What is looked at, after the way in. A part may bring several findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// PWD.
    Paths,
    /// NOOP, one after the other.
    RoundTrips,
    /// NOOP, several in one flight.
    Flight,
    /// A listing by the way that would be taken anyway.
    Listing,
    /// The same listing, by this way and no other.
    Way(DataWay),
    /// STAT.
    Status,
    /// HELP.
    Help,
    /// SITE HELP.
    SiteHelp,
}

/// Examines.
pub(crate) struct Examine {
    collected: Collected,
    until: Time,
    /// What is under way; nothing: the logon.
    part: Option<Part>,
    /// Since when.
    since: Time,
    /// Those that are left, the next last.
    left: Vec<Part>,
    reconnects: u32,
    /// Where the session was put.
    directory: Option<RemotePath>,
    /// Milliseconds of the NOOPs one by one.
    single: u64,
    /// Whether data connections resumed the TLS session.
    resumed: Option<bool>,
    /// Why a data connection did not come about.
    data_error: Option<Error>,
    /// Lines in which limits may be named.
    lines: Vec<String>,
    /// The newest time in listings that is known to be UTC, in Unix seconds.
    newest: Option<i64>,
}

impl Examine {
    pub(crate) fn new(request: RequestId) -> Examine {
        Examine {
            collected: Collected::new(request),
            until: Time::default(),
            part: None,
            since: Time::default(),
            left: Vec::new(),
            reconnects: 0,
            directory: None,
            single: 0,
            resumed: None,
            data_error: None,
            lines: Vec::new(),
            newest: None,
        }
    }

    /// The session is in, for the first time or once more.
    fn entered(&mut self, link: &mut Link) -> Step {
        for finding in doctor::door(&link.site, &link.server, None, link.wall_clock()) {
            self.collected.put(link, finding);
        }
        let features = doctor::features(&link.server.system, &link.server.features);
        self.collected.put(link, features);
        self.go(link)
    }

    /// The next part, or the end.
    fn go(&mut self, link: &mut Link) -> Step {
        while let Some(part) = self.left.pop() {
            if let Some(step) = self.begin(link, part) {
                self.part = Some(part);
                self.since = link.now;
                return step;
            }
        }
        self.finish(link, "It was not tested.")
    }

    fn finish(&mut self, link: &mut Link, why: &str) -> Step {
        self.conclude(link);
        Step::Done(Report::Done(Outcome::Report(self.collected.finish(link, why))))
    }
}

impl Operation for Examine {
    fn start(&mut self, link: &mut Link) -> Step {
        self.until = link.now.after(LIMIT);
        self.left = course::parts(link);
        link.status("Examining the server...");
        if link.server.logged_in { self.entered(link) } else { Step::push(Logon::new()) }
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        link.end_trial();
        self.resumed = link.server.resumption.last().or(self.resumed);
        match (self.part.take(), result) {
            (None, Ok(_)) => self.entered(link),
            // The logon has no failure that leaves a connection behind.
            (None, Err(failure)) => Step::lost(failure.error),
            (Some(part), Ok(report)) => {
                self.came(link, part, report);
                self.go(link)
            }
            (Some(part), Err(failure)) => {
                self.failed(link, part, &failure.error);
                self.go(link)
            }
        }
    }

    fn limit(&self) -> Option<Time> {
        Some(self.until)
    }

    /// The connection is lost over this part.
    fn outlive(&mut self, link: &mut Link, error: &Error) -> Option<Step> {
        link.end_trial();
        let part = self.part.take();
        match part {
            Some(part) => self.failed(link, part, error),
            None => {
                for finding in doctor::door(&link.site, &link.server, Some(error), link.wall_clock()) {
                    self.collected.put(link, finding);
                }
            }
        }
        let overdue = link.now >= self.until;
        let system = link.server.tls.is_some();
        // What the findings at the end need of it.
        self.lines.splice(0..0, link.server.welcome.iter().cloned());
        self.collected.secured |= system;
        link.close_control();
        link.server = crate::link::Server::default();
        if part.is_none() || overdue || self.reconnects >= RECONNECTS {
            link.doomed = Some(error.clone());
            let why = match (overdue, part) {
                (true, _) => "The examination took too long and was ended before this.",
                (false, None) => "There was no connection to test this with.",
                (false, Some(_)) => "The connection was lost too often to test this.",
            };
            return Some(self.finish(link, why));
        }
        self.reconnects += 1;
        link.status("The connection was lost; connecting again...");
        Some(Step::push(Logon::new()))
    }
}
