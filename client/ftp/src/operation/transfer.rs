//! Fetch or store a file: RETR, STOR, APPE, STOU (RFC 959 section 4.1.3), with what belongs before and after it: whether the place
//! to go on is the right one (rule T5), missing directories (rule T12), SIZE where the server has not confirmed an upload (rule
//! K4), checksums, the temporary name, the time (rule T11; rules T2, T4, T6, T8). The bytes themselves never come here.

use crate::control::Consequence;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Outcome, Transferred};
use crate::habits::Form;
use crate::io::{Direction, JobId};
use crate::link::Link;
use crate::log;
use crate::parse;
use crate::path::{Name, RemotePath};
use crate::reply::{Reply, escape};
use crate::request::{OVERLAP, Placement, RequestId, TransferOptions, part};
use crate::timestamp::time_val;

use super::ancestry::MakeDirectories;
use super::exchange::{Exchange, Purpose, Splice};
use super::line::Line;
use super::rename::Rename;
use super::renew::Renew;
use super::simple::Simple;
use super::verify::Verify;
use super::{Failure, Operation, Report, Step, enter};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The bytes before the place to go on are compared.
    Comparing,
    /// [`Renew`] logs in again, for the comparison cost the connection.
    Renewing,
    /// The data connection is at work.
    Moving,
    /// SIZE was sent, to know whether an upload arrived that the server did not confirm (rule K4).
    Checking,
    /// The directory of the upload is made.
    Making,
    /// SIZE was sent, to know whether a compressed upload arrived whole.
    Proving,
    /// Checksums are compared.
    Verifying,
    /// The temporary name is taken off.
    Renaming,
    /// The time is set.
    Dating,
}

/// Moves a file.
pub(crate) struct Transfer {
    path: RemotePath,
    /// What the file is called on the server while it moves.
    target: RemotePath,
    splice: Splice,
    options: TransferOptions,
    state: State,
    /// The directory was made for this.
    made: bool,
    milliseconds: u64,
    outcome: Transferred,
}

impl Transfer {
    pub(crate) fn download(
        request: RequestId,
        job: JobId,
        path: RemotePath,
        size: Option<u64>,
        offset: u64,
        options: TransferOptions,
    ) -> Transfer {
        let splice = Splice {
            limit: options.length,
            dated: options.modified.is_some(),
            ..Splice::new(request, job, Direction::Download)
        };
        Transfer::new(path, Splice { offset, size, ..splice }, options)
    }

    pub(crate) fn upload(
        request: RequestId,
        job: JobId,
        path: RemotePath,
        size: Option<u64>,
        offset: u64,
        options: TransferOptions,
    ) -> Transfer {
        let splice = Splice {
            append: options.placement == Placement::Append,
            allocate: options.allocate,
            ..Splice::new(request, job, Direction::Upload)
        };
        Transfer::new(path, Splice { offset, size, ..splice }, options)
    }

    fn new(path: RemotePath, splice: Splice, options: TransferOptions) -> Transfer {
        let temporary = splice.direction == Direction::Upload && options.is_temporary();
        let target = if temporary { part(&path) } else { None };
        Transfer {
            target: target.unwrap_or_else(|| path.clone()),
            path,
            splice,
            options,
            state: State::Moving,
            made: false,
            milliseconds: 0,
            outcome: Transferred::default(),
        }
    }

    /// Whether the bytes before the place to go on are the same on both sides: servers and files change, and some count REST in
    /// fewer bits than files have (rules T3 and T5).
    fn compare(&mut self, link: &mut Link) -> Step {
        let offset = self.splice.offset;
        let length = offset.min(OVERLAP);
        self.state = State::Comparing;
        link.trace(format!("Comparing the last {length} bytes before the place to go on"));
        let Splice { request, job, .. } = self.splice;
        let splice = Splice {
            offset: offset - length,
            limit: Some(length),
            ..Splice::new(request, job, Direction::Compare)
        };
        Step::push(Exchange::file(link, Purpose::File(splice), "RETR", self.target.clone()))
    }

    fn move_file(&mut self, link: &mut Link) -> Step {
        self.state = State::Moving;
        let abilities = link.site.abilities;
        // Rule T7: what goes on in the middle is never text.
        self.splice.coding.text = self.options.text && abilities.text && self.splice.offset == 0;
        self.splice.coding.deflate = self.options.deflate && abilities.deflate && link.server.features.mode_z;
        let verb = match (self.splice.direction, self.options.placement) {
            (Direction::Upload, Placement::Replace) => "STOR",
            (Direction::Upload, Placement::Append) => "APPE",
            (Direction::Upload, Placement::Unique) => {
                return Step::push(Exchange::unnamed(Purpose::File(self.splice), self.path.parent()));
            }
            (Direction::Download | Direction::Compare, _) => "RETR",
        };
        Step::push(Exchange::file(link, Purpose::File(self.splice), verb, self.target.clone()))
    }

    fn moved(&mut self, link: &mut Link, confirmed: bool) -> Step {
        if confirmed {
            return self.arrived(link);
        }
        if self.splice.direction == Direction::Upload {
            return match link.doomed.clone() {
                None => self.check(link),
                Some(session) => Step::Lost { request: unconfirmed(), session },
            };
        }
        link.error("Warning: the server did not confirm the transfer, but every byte of the file has come");
        self.arrived(link)
    }

    fn check(&mut self, link: &mut Link) -> Step {
        self.state = State::Checking;
        link.send(&enter::command(link, "SIZE", &self.target));
        Step::Wait
    }

    fn checked(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let there = if reply.class() == 2 { parse::size(reply) } else { None };
        let placed = self.options.placement == Placement::Replace && !self.splice.coding.text;
        if placed && there.is_some() && there == self.splice.size {
            link.error(
                "Warning: the server did not confirm the transfer, but the file has its full size there",
            );
            return self.arrived(link);
        }
        Step::fail(unconfirmed())
    }

    /// All bytes are where they should be.
    fn arrived(&mut self, link: &mut Link) -> Step {
        // ProFTPD 1.3.8 stores less than what was sent compressed and calls it a success: nothing but the size tells.
        let deflated = link.server.deflating && self.splice.direction == Direction::Upload;
        if deflated && !self.splice.coding.text && self.options.placement == Placement::Replace {
            self.state = State::Proving;
            link.send(&enter::command(link, "SIZE", &self.target));
            return Step::Wait;
        }
        self.proven(link)
    }

    fn size_told(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let whole = self.splice.offset.saturating_add(self.outcome.bytes);
        match parse::size(reply).filter(|there| reply.class() == 2 && *there != whole) {
            Some(there) => {
                let text = format!("The server stored {there} of {whole} bytes of a compressed upload");
                let error = Error::new(Stage::Server, ErrorKind::Incomplete, text);
                Step::fail(error.with_advice("Upload the file without compression"))
            }
            None => self.proven(link),
        }
    }

    /// As many bytes are there as were sent.
    fn proven(&mut self, link: &mut Link) -> Step {
        link.status(log::transferred(self.outcome.bytes, self.milliseconds));
        let length = self.splice.offset.saturating_add(self.outcome.bytes);
        let comparable = self.options.checksum
            && link.site.abilities.digest
            && link.doomed.is_none()
            && !self.splice.coding.text
            && self.splice.limit.is_none()
            && self.options.placement == Placement::Replace;
        if !comparable {
            return self.rename(link);
        }
        self.state = State::Verifying;
        Step::push(Verify::new(self.target.clone(), self.splice.job, length))
    }

    fn rename(&mut self, link: &mut Link) -> Step {
        if self.target == self.path {
            return self.date(link);
        }
        self.state = State::Renaming;
        Step::push(Rename::over(self.target.clone(), self.path.clone()))
    }

    /// Sets the time of an upload (rule T11). Where MFMT is listed nobody waits for its reply: the next file's commands go with it, and
    /// the outcome is told when it has come.
    fn date(&mut self, link: &mut Link) -> Step {
        let (Some(seconds), Direction::Upload) = (self.options.modified, self.splice.direction) else {
            return self.done();
        };
        let listed = link.server.features.mfmt && link.memory.quirks.habits.rank(Form::Mfmt).is_some();
        let line = time_val(seconds).map(|time| Line::new("MFMT").word(time).path(&self.path));
        if let (true, Some(Ok(command))) = (listed, line.map(|line| line.command(link))) {
            link.send_loose(&command, Consequence::Dated);
            self.outcome.dated = Some(true);
            return self.done();
        }
        self.state = State::Dating;
        match Simple::set_modification_time(&link.server.features, &self.path, seconds) {
            Ok(operation) => Step::push(operation),
            Err(error) => self.dated(link, Some(&error)),
        }
    }

    /// That the time could not be set does not undo the transfer.
    fn dated(&mut self, link: &mut Link, error: Option<&Error>) -> Step {
        if let Some(error) = error {
            link.error(format!("Warning: {error}"));
        }
        self.outcome.dated = Some(error.is_none());
        self.done()
    }

    fn done(&mut self) -> Step {
        Step::Done(Report::Done(Outcome::Transferred(std::mem::take(&mut self.outcome))))
    }

    /// An upload into a directory that is not there (rule T12).
    fn may_make(&self, failure: &Failure) -> bool {
        self.options.directories
            && !self.made
            && self.state == State::Moving
            && self.splice.direction == Direction::Upload
            && matches!(failure.code, 550 | 553)
    }

    fn failed(&mut self, link: &mut Link, failure: Failure) -> Step {
        if self.may_make(&failure)
            && let Some(parent) = self.path.parent()
        {
            self.made = true;
            self.state = State::Making;
            link.trace("The server did not take the file; its directory may be missing");
            return Step::push(MakeDirectories::new(parent));
        }
        if self.state == State::Dating {
            return self.dated(link, Some(&failure.error));
        }
        link.error("File transfer failed");
        Step::Fail(match (self.state, failure.error.stage) {
            (State::Comparing, Stage::File) => different().into(),
            _ => failure,
        })
    }
}

impl Operation for Transfer {
    fn start(&mut self, link: &mut Link) -> Step {
        let word = if self.splice.direction == Direction::Upload { "upload" } else { "download" };
        link.status(format!("Starting {word} of {}", escape(self.path.as_bytes())));
        let goes_on = self.splice.offset > 0 && !self.splice.append;
        if goes_on && self.options.compare && link.site.abilities.compare {
            return self.compare(link);
        }
        self.move_file(link)
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (self.state, reply.class()) {
            (_, 1) => Step::Wait,
            (State::Checking, _) => self.checked(link, reply),
            (State::Proving, _) => self.size_told(link, reply),
            _ => Step::Wait,
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (result, self.state) {
            (Err(failure), _) => self.failed(link, failure),
            (Ok(Report::Verified(checksum)), _) => {
                self.outcome.checksum = checksum;
                self.rename(link)
            }
            (Ok(_), State::Comparing) if link.doomed.take().is_some() => {
                // The comparison needs no last word of the server, but what follows needs the connection. ProFTPD under TLS and
                // inetutils-ftpd close it when a data connection ends in the middle, each time: to fail would be to never go on.
                self.state = State::Renewing;
                Step::push(Renew::plainly())
            }
            (Ok(_), State::Comparing | State::Making | State::Renewing) => self.move_file(link),
            (Ok(Report::Exchanged { bytes, milliseconds, confirmed, modified, reply, announced, .. }), _) => {
                self.milliseconds = milliseconds;
                self.outcome.bytes = bytes;
                self.outcome.modified = modified;
                if self.options.placement == Placement::Unique {
                    let said = [announced, reply];
                    let told = said.iter().flatten().find_map(parse::stou);
                    self.outcome.name = told.and_then(|name| Name::new(name.as_bytes()).ok());
                }
                self.moved(link, confirmed)
            }
            (Ok(_), State::Renaming) => self.date(link),
            (Ok(_), State::Dating) => self.dated(link, None),
            (Ok(_), _) => Step::Wait,
        }
    }

    /// The connection may go with the comparison; what it found is told all the same.
    fn explain(&self, error: Error) -> Error {
        let differs = self.state == State::Comparing && error.stage == Stage::File;
        if differs { different() } else { error }
    }
}

fn different() -> Error {
    Error::new(
        Stage::File,
        ErrorKind::Incomplete,
        "The file here and the file on the server are not the same up to the place to go on",
    )
    .with_advice("Transfer the file from its beginning")
}

fn unconfirmed() -> Error {
    Error::new(Stage::Data, ErrorKind::Timeout, "The server has not confirmed that the file arrived")
        .with_advice("Look at the file's size on the server, and upload it again if it is short")
}
