//! Whether a file is the same on both sides: the server's checksum against the driver's. A server without a command for it, or a
//! driver that does not know the algorithm, proves nothing either way.

use crate::checksum::{Algorithm, Checksum};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::io::{JobId, Output, Time};
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::digest::Digest;
use super::{Failure, Operation, Report, Signal, Step};

/// Reading a large file takes the driver minutes.
const PATIENCE: u64 = 600_000;

/// Compares; reports [`Report::Verified`].
pub(crate) struct Verify {
    path: RemotePath,
    job: JobId,
    /// Bytes of the file.
    length: u64,
    there: Option<Checksum>,
    since: Time,
}

impl Verify {
    pub(crate) fn new(path: RemotePath, job: JobId, length: u64) -> Verify {
        Verify { path, job, length, there: None, since: Time::default() }
    }

    fn compare(&self, link: &mut Link, there: &Checksum, here: Option<String>) -> Step {
        let name = there.algorithm.name();
        match here {
            None => {
                link.trace(format!(
                    "The {name} checksum of the file here is not known: nothing was compared"
                ));
                Step::Done(Report::Verified(None))
            }
            Some(here) if here.eq_ignore_ascii_case(&there.hex) => {
                link.status(format!("{name} checksums are the same on both sides"));
                Step::Done(Report::Verified(Some(there.algorithm)))
            }
            Some(here) => Step::fail(different(&self.path, there.algorithm, &here, &there.hex)),
        }
    }
}

impl Operation for Verify {
    fn start(&mut self, _link: &mut Link) -> Step {
        Step::push(Digest::new(self.path.clone(), None, None))
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Ok(Report::Done(Outcome::Checksum(there))) => {
                self.since = link.now;
                let (job, algorithm, length) = (self.job, there.algorithm, self.length);
                link.put(Output::Digest { job, algorithm, length });
                self.there = Some(there);
                Step::Wait
            }
            Ok(_) => Step::Done(Report::Verified(None)),
            Err(failure) => {
                link.trace(format!(
                    "No checksum of the server's file could be had: {}",
                    failure.error.message
                ));
                Step::Done(Report::Verified(None))
            }
        }
    }

    fn signal(&mut self, link: &mut Link, signal: Signal) -> Step {
        match (signal, self.there.take()) {
            (Signal::Digested(here), Some(there)) => self.compare(link, &there, here),
            (_, there) => {
                self.there = there;
                Step::Wait
            }
        }
    }

    fn deadline(&self, _link: &Link) -> Option<Time> {
        self.there.as_ref().map(|_| self.since.after(PATIENCE))
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        link.trace("The checksum of the file here took too long: nothing was compared");
        Step::Done(Report::Verified(None))
    }
}

fn different(path: &RemotePath, algorithm: Algorithm, here: &str, there: &str) -> Error {
    let (name, path) = (algorithm.name(), escape(path.as_bytes()));
    let text =
        format!("{path} is not the same on both sides: its {name} checksum is {here} here and {there} there");
    Error::new(Stage::File, ErrorKind::Incomplete, text).with_advice("Transfer the file again")
}
