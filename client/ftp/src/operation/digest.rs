//! Checksums: HASH with OPTS HASH and RANG (draft-bryan-ftpext-hash, draft-bryan-ftp-range), XSHA512, XSHA256, XSHA1, XSHA, XMD5, MD5, XCRC and
//! unftp's SITE MD5. The strongest that the server has, or the one that was asked for.
//!
//! Of a part of a file the X forms are asked first: ProFTPD takes RANG before HASH and computes the whole file all the same. For this reason the range
//! of the answer is looked at, and a range that was sent is taken back: the next transfer would be cut to it.

use std::collections::VecDeque;
use std::ops::Range;

use crate::checksum::{Algorithm, Checksum};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::habits::{Form, Habit};
use crate::io::Time;
use crate::link::Link;
use crate::parse::{self, Features};
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::enter;
use super::kind::{SetType, Type};
use super::line::Line;
use super::{Failure, Operation, Report, Step, refused};

/// Reading a large file takes the server minutes, and most say nothing meanwhile.
const PATIENCE: u64 = 600_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// [`Binary`], then [`enter::reach`].
    Preparing,
    /// OPTS HASH was sent.
    Selecting,
    /// RANG was sent.
    Ranging,
    /// The command was sent.
    Asked,
    /// `RANG 1 0` was sent: no range.
    Resetting,
}

/// Asks for a checksum.
pub(crate) struct Digest {
    path: RemotePath,
    wanted: Option<Algorithm>,
    range: Option<Range<u64>>,
    attempts: VecDeque<(Form, Algorithm)>,
    state: State,
    failure: Option<Failure>,
    /// A range stands on the server.
    ranged: bool,
    /// What comes after it was taken back; nothing: the next attempt.
    found: Option<Result<Checksum, Failure>>,
}

impl Digest {
    pub(crate) fn new(path: RemotePath, wanted: Option<Algorithm>, range: Option<Range<u64>>) -> Digest {
        Digest {
            path,
            wanted,
            range,
            attempts: VecDeque::new(),
            state: State::Preparing,
            failure: None,
            ranged: false,
            found: None,
        }
    }

    fn sentence(&self) -> String {
        let name = self.wanted.map_or("", Algorithm::name);
        let blank = if name.is_empty() { "" } else { " " };
        format!("The server did not tell the {name}{blank}checksum of {}", escape(self.path.as_bytes()))
    }

    /// Begins the next attempt that may do.
    fn attempt(&mut self, link: &mut Link) -> Step {
        while let Some((form, _)) = self.attempts.front()
            && link.memory.quirks.habits.rank(*form).is_none()
        {
            self.attempts.pop_front();
        }
        match self.attempts.front() {
            None => self.missing(),
            Some((Form::Hash, algorithm)) if !is_selected(&link.server.features, *algorithm) => {
                let line = Line::new("OPTS").word("HASH").word(algorithm.name());
                self.send(link, State::Selecting, &line)
            }
            Some(_) => self.range(link),
        }
    }

    fn range(&mut self, link: &mut Link) -> Step {
        match (self.attempts.front(), &self.range) {
            (Some((Form::Hash, _)), Some(range)) => {
                let (first, last) = (range.start.to_string(), range.end.saturating_sub(1).to_string());
                self.send(link, State::Ranging, &Line::new("RANG").word(first).word(last))
            }
            _ => self.ask(link),
        }
    }

    fn ask(&mut self, link: &mut Link) -> Step {
        let Some((form, _)) = self.attempts.front() else { return self.missing() };
        let line = match form {
            // The path is the last of the line here.
            Form::Hash => Line::new("HASH").path(&self.path),
            Form::Md5 => Line::new("MD5").path(&self.path),
            Form::SiteMd5 => Line::new("SITE").word("MD5").path(&self.path),
            form => Line::new(form.name()).quoted(&self.path),
        };
        let line = match &self.range {
            Some(range) if *form != Form::Hash => {
                line.word(range.start.to_string()).word(range.end.to_string())
            }
            _ => line,
        };
        self.send(link, State::Asked, &line)
    }

    fn send(&mut self, link: &mut Link, state: State, line: &Line) -> Step {
        self.state = state;
        match line.command(link) {
            Ok(command) => {
                link.send(&command.untimed());
                Step::Wait
            }
            Err(name) => {
                let text =
                    format!("{name} cannot be named in this command: it holds a blank and a quotation mark");
                Step::fail(
                    Error::new(Stage::Server, ErrorKind::Argument, text).with_advice("Rename it first"),
                )
            }
        }
    }

    fn missing(&mut self) -> Step {
        let failure = self.failure.take().unwrap_or_else(|| {
            let error = Error::new(Stage::Server, ErrorKind::Refused, self.sentence());
            Failure { error, code: 502 }
        });
        match failure.code {
            // A fault of this argument, such as a range past the file's end.
            501 | 503 => Step::Fail(failure),
            code => {
                let error = failure.error.with_advice("The server has no command for it");
                Step::Fail(Failure { error, code })
            }
        }
    }

    /// The present attempt failed.
    fn refuse(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let failure = refused(Stage::Server, self.sentence(), reply);
        if !failure.unknown_command() {
            return self.end(link, Err(failure));
        }
        if let Some((form, _)) = self.attempts.pop_front()
            && matches!(reply.code, 500 | 502)
            && self.state != State::Ranging
        {
            link.memory.quirks.habits.learn(form, Habit::Missing);
        }
        self.failure = Some(failure);
        self.finish(link)
    }

    /// What the command was answered with.
    fn answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let Some((form, algorithm)) = self.attempts.front().copied() else { return self.missing() };
        let hex = match form {
            Form::Hash => parse::hash(reply, algorithm)
                .filter(|hashed| hashed.covers(self.range.as_ref()))
                .map(|hashed| hashed.hex),
            _ => parse::checksum(reply, algorithm),
        };
        match hex {
            Some(hex) => {
                link.memory.quirks.habits.learn(form, Habit::Works);
                self.end(link, Ok(Checksum { algorithm, hex }))
            }
            None => {
                let error = Error::new(Stage::Server, ErrorKind::Protocol, self.sentence());
                self.end(link, Err(error.with_reply(super::words(reply)).into()))
            }
        }
    }

    fn end(&mut self, link: &mut Link, found: Result<Checksum, Failure>) -> Step {
        self.found = Some(found);
        self.finish(link)
    }

    /// Goes on, once no range stands on the server.
    fn finish(&mut self, link: &mut Link) -> Step {
        if std::mem::take(&mut self.ranged) {
            return self.send(link, State::Resetting, &Line::new("RANG").word("1").word("0"));
        }
        match self.found.take() {
            None => self.attempt(link),
            Some(Ok(checksum)) => Step::Done(Report::Done(Outcome::Checksum(checksum))),
            Some(Err(failure)) => Step::Fail(failure),
        }
    }
}

impl Operation for Digest {
    fn start(&mut self, link: &mut Link) -> Step {
        if self.range.as_ref().is_some_and(|range| range.start >= range.end) {
            let text = "There are no bytes in this range";
            return Step::fail(Error::new(Stage::Server, ErrorKind::Argument, text));
        }
        self.attempts = plan(&link.server.features, self.wanted, self.range.is_some());
        if self.attempts.is_empty() {
            return self.missing();
        }
        Step::push(SetType::to(Type::Image))
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Err(failure) => Step::Fail(failure),
            Ok(Report::Directory(_)) => self.attempt(link),
            Ok(_) => enter::reach(link, &self.path).unwrap_or_else(|| self.attempt(link)),
        }
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (self.state, reply.class()) {
            (_, 1) => Step::Wait,
            (State::Selecting, 2) => {
                if let Some((_, algorithm)) = self.attempts.front() {
                    select(&mut link.server.features, *algorithm);
                }
                self.range(link)
            }
            (State::Ranging, 2 | 3) => {
                self.ranged = true;
                self.ask(link)
            }
            (State::Asked, 2) => self.answered(link, reply),
            (State::Resetting, _) => self.finish(link),
            _ => self.refuse(link, reply),
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(PATIENCE)
    }
}

/// What to try, in order: the strongest algorithm first. Only what FEAT lists, or all where there is no list.
fn plan(features: &Features, wanted: Option<Algorithm>, ranged: bool) -> VecDeque<(Form, Algorithm)> {
    let mut attempts = VecDeque::new();
    for algorithm in
        Algorithm::ALL.into_iter().filter(|algorithm| wanted.is_none_or(|wanted| wanted == *algorithm))
    {
        let listed = |form: &Form| match form {
            Form::Hash => {
                let named = |hash: &parse::HashAlgorithm| Algorithm::named(&hash.name) == Some(algorithm);
                features.hash.iter().any(named) && (!ranged || features.rang_stream)
            }
            Form::SiteMd5 => features.lists_site("MD5"),
            form => features.lists(form.name()),
        };
        let forms: &[Form] = match algorithm {
            Algorithm::Sha512 => &[Form::Hash, Form::Xsha512],
            Algorithm::Sha256 => &[Form::Hash, Form::Xsha256],
            Algorithm::Sha1 => &[Form::Hash, Form::Xsha1, Form::Xsha],
            Algorithm::Md5 => &[Form::Hash, Form::Xmd5, Form::Md5, Form::SiteMd5],
            Algorithm::Crc32 => &[Form::Hash, Form::Xcrc],
        };
        let mut forms: Vec<Form> =
            forms.iter().copied().filter(|form| !features.known || listed(form)).collect();
        if ranged {
            // MD5 and SITE MD5 know no range.
            forms.retain(|form| !matches!(form, Form::Md5 | Form::SiteMd5));
            forms.sort_by_key(|form| *form == Form::Hash);
        }
        attempts.extend(forms.into_iter().map(|form| (form, algorithm)));
    }
    attempts
}

fn is_selected(features: &Features, algorithm: Algorithm) -> bool {
    features.hash.iter().any(|hash| hash.selected && Algorithm::named(&hash.name) == Some(algorithm))
}

fn select(features: &mut Features, algorithm: Algorithm) {
    for hash in &mut features.hash {
        hash.selected = Algorithm::named(&hash.name) == Some(algorithm);
    }
}
