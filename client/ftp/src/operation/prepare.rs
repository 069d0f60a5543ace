//! All that has to be so before a data command: the directory, the type, what SIZE and MDTM tell of the file, and a data
//! connection that is on its way. One flight, one round trip; a way to a data connection that is refused costs one more.

use crate::command::Command;
use crate::control::REPLY_TIMEOUT;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::Time;
use crate::link::Link;
use crate::path::RemotePath;
use crate::quirks::DataWay;
use crate::reply::Reply;

use super::active::Active;
use super::enter::Enter;
use super::kind::SetType;
use super::mode::SetMode;
use super::passive::Passive;
use super::probe::Probe;
use super::together::Together;
use super::{Failure, Operation, Report, Step};

/// What is wanted.
pub(crate) struct Wanted {
    /// Where to stand, if that matters; the inner `None` is where the session stands already.
    pub(crate) place: Option<Option<RemotePath>>,
    /// The type.
    pub(crate) kind: SetType,
    /// Whether the bytes are to be compressed on their way.
    pub(crate) mode: SetMode,
    /// What to ask about the file.
    pub(crate) probes: Vec<Probe>,
    /// The peer must see the connection break, not end, if it is given up.
    pub(crate) upload: bool,
    /// The command that the connection is for.
    pub(crate) command: Command,
}

/// Prepares.
pub(crate) struct Prepare {
    /// Taken with the first flight.
    wanted: Option<Wanted>,
    upload: bool,
    announced: Option<Command>,
    /// Ways that did not work.
    tried: Vec<DataWay>,
    reports: Vec<Report>,
}

impl Prepare {
    /// Everything, with a way that is not among those tried.
    pub(crate) fn new(link: &Link, wanted: Wanted, tried: Vec<DataWay>) -> Prepare {
        let announced = wants_pret(link).then(|| wanted.command.clone());
        Prepare { upload: wanted.upload, announced, wanted: Some(wanted), tried, reports: Vec::new() }
    }

    /// Only another data connection.
    pub(crate) fn another(link: &Link, command: &Command, upload: bool, tried: Vec<DataWay>) -> Prepare {
        let announced = wants_pret(link).then(|| command.clone());
        Prepare { wanted: None, upload, announced, tried, reports: Vec::new() }
    }

    fn data(&self, way: DataWay) -> Box<dyn Operation> {
        match way.is_active() {
            true => Box::new(Active::new(way, self.upload)),
            false => Box::new(Passive::new(way, self.upload, self.announced.clone())),
        }
    }

    fn flight(&mut self, link: &mut Link) -> Step {
        let Some(way) = link.ways().into_iter().find(|way| !self.tried.contains(way)) else {
            return Step::fail(Error::new(
                Stage::Data,
                ErrorKind::Refused,
                "There is no way to a data connection",
            ));
        };
        let mut parts: Vec<Box<dyn Operation>> = Vec::new();
        if let Some(wanted) = self.wanted.take() {
            if let Some(place) = wanted.place {
                parts.push(Box::new(Enter::new(place)));
            }
            parts.push(Box::new(wanted.kind));
            parts.push(Box::new(wanted.mode));
            for probe in wanted.probes {
                parts.push(Box::new(probe));
            }
        }
        parts.push(self.data(way));
        self.tried.push(way);
        Step::push(Together::new(parts))
    }

    /// The way was refused: the next one, if there is one.
    fn next(&mut self, link: &mut Link, failure: Failure) -> Step {
        let next = link.ways().into_iter().find(|way| !self.tried.contains(way));
        match next {
            None => {
                link.memory.quirks.way = None;
                Step::Fail(failure)
            }
            Some(way) => {
                // What is refused for now only may be the better way the next time.
                if failure.code >= 500 {
                    link.memory.quirks.way = Some(way);
                }
                self.flight(link)
            }
        }
    }
}

impl Operation for Prepare {
    fn start(&mut self, link: &mut Link) -> Step {
        self.flight(link)
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Err(failure) => Step::Fail(failure),
            Ok(Report::Together(reports)) => {
                let mut unopened = None;
                for report in reports {
                    match report {
                        Report::Unopened(failure) => unopened = Some(failure),
                        report => self.reports.push(report),
                    }
                }
                match unopened {
                    Some(failure) => self.next(link, failure),
                    None => Step::Done(Report::Together(std::mem::take(&mut self.reports))),
                }
            }
            Ok(_) => Step::Wait,
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(REPLY_TIMEOUT)
    }
}

/// Rule D6: PRET matters to servers of many machines (drftpd). Pure-FTPd, known by its own ESTA, lists it and does nothing with it.
fn wants_pret(link: &Link) -> bool {
    link.server.features.pret && !link.server.features.esta
}
