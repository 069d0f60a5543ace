//! What a data connection is for, and what a refusal means for it.

use crate::command::Command;
use crate::entry::Modified;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::{Coding, Direction, JobId};
use crate::link::Link;
use crate::parse;
use crate::path::RemotePath;
use crate::reply::Reply;
use crate::request::RequestId;

use crate::operation::probe::Probe;
use crate::operation::rows::Rows;
use crate::operation::{Failure, enter, refused, words};

/// The command that the data connection belongs to.
pub(crate) enum Order {
    /// This one.
    Fixed(Command),
    /// One that names a file, by its path or, where the session stands beside it, by its name.
    Of(&'static str, RemotePath),
}

impl Order {
    pub(crate) fn command(&self, link: &Link) -> Command {
        match self {
            Order::Fixed(command) => command.clone(),
            Order::Of(verb, path) => enter::command(link, verb, path).untimed(),
        }
    }
}

/// What a data connection is for.
pub(crate) enum Purpose {
    /// A listing.
    Listing(Rows),
    /// A file.
    File(Splice),
}

/// A file's way.
#[derive(Clone, Copy)]
pub(crate) struct Splice {
    /// Whose.
    pub(crate) request: RequestId,
    /// The file on the driver's side.
    pub(crate) job: JobId,
    /// Which way.
    pub(crate) direction: Direction,
    /// Bytes that are there already.
    pub(crate) offset: u64,
    /// Whole size, where known.
    pub(crate) size: Option<u64>,
    /// The same as the preliminary reply tells, which is good enough for progress alone (rule T13).
    pub(crate) announced: Option<u64>,
    /// Bytes of the file that are wanted at most.
    pub(crate) limit: Option<u64>,
    /// What is done to the bytes on their way.
    pub(crate) coding: Coding,
    /// Whether the payload goes behind what is there: no REST (APPE).
    pub(crate) append: bool,
    /// Say beforehand how much will come.
    pub(crate) allocate: bool,
    /// Bytes that the file on the server had just now, for an upload that goes on.
    pub(crate) there: Option<u64>,
    /// Ask when the file was modified.
    pub(crate) dated: bool,
    /// When it was.
    pub(crate) modified: Option<Modified>,
}

impl Splice {
    /// The whole file, byte by byte, from its beginning.
    pub(crate) fn new(request: RequestId, job: JobId, direction: Direction) -> Splice {
        Splice {
            request,
            job,
            direction,
            offset: 0,
            size: None,
            announced: None,
            limit: None,
            coding: Coding::default(),
            append: false,
            allocate: false,
            there: None,
            dated: false,
            modified: None,
        }
    }
}

impl Purpose {
    /// The session stands where the listing is of.
    pub(crate) fn arrived(&mut self, actual: RemotePath) {
        if let Purpose::Listing(rows) = self {
            rows.at(actual);
        }
    }

    /// What to ask about the file on the way.
    pub(crate) fn probes(&self, path: Option<&RemotePath>) -> Vec<Probe> {
        let (Purpose::File(splice), Some(path)) = (self, path) else { return Vec::new() };
        let size = match splice.direction {
            Direction::Download => splice.size.is_none() && !splice.coding.text,
            // Rule T4: where it goes on is looked at just before.
            Direction::Upload => splice.offset > 0,
            Direction::Compare => false,
        };
        let size = size.then(|| Probe::size(path.clone()));
        let time = splice.dated.then(|| Probe::time(path.clone()));
        let whole = splice.size.filter(|_| splice.allocate);
        let room = whole.map(|whole| Probe::room(path.clone(), whole.saturating_sub(splice.offset)));
        [size, time, room].into_iter().flatten().collect()
    }

    /// The file on the server has this size.
    pub(crate) fn sized(&mut self, size: u64) {
        match self {
            Purpose::File(splice) if splice.direction == Direction::Upload => splice.there = Some(size),
            Purpose::File(splice) => splice.size = Some(size),
            Purpose::Listing(_) => {}
        }
    }

    /// Whether an upload that goes on may do so by APPE: its first part is all that is there.
    pub(crate) fn may_append(&self) -> bool {
        matches!(self, Purpose::File(splice) if splice.there == Some(splice.offset))
    }

    /// What the preliminary reply tells.
    pub(crate) fn announced(&mut self, reply: &Reply) {
        if let Purpose::File(splice) = self
            && splice.direction == Direction::Download
        {
            splice.announced = parse::announced(reply);
        }
    }

    /// The file on the server was modified then.
    pub(crate) fn dated(&mut self, modified: Modified) {
        if let Purpose::File(splice) = self {
            splice.modified = Some(modified);
        }
    }

    /// Whether it can be done at all.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Purpose::File(splice) if splice.size.is_some_and(|size| size < splice.offset) => Err(Error::new(
                Stage::File,
                ErrorKind::Incomplete,
                "The file is smaller than the part of it that was transferred before",
            )
            .with_advice("Transfer the file from its beginning")),
            Purpose::File(Splice { there: Some(there), offset, size, .. })
                if there < offset || size.is_some_and(|size| *there > size) =>
            {
                let text = format!(
                    "The file on the server has {there} bytes, so the upload cannot go on at {offset}"
                );
                Err(Error::new(Stage::Server, ErrorKind::Incomplete, text)
                    .with_advice("Transfer the file from its beginning"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn is_upload(&self) -> bool {
        matches!(self, Purpose::File(splice) if splice.direction == Direction::Upload)
    }

    /// Where the server is to begin.
    pub(crate) fn restart(&self) -> u64 {
        match self {
            Purpose::File(splice) if splice.append => 0,
            Purpose::File(splice) => splice.offset,
            Purpose::Listing(_) => 0,
        }
    }

    /// Bytes that have to move, where that is known.
    pub(crate) fn expected(&self) -> Option<u64> {
        match self {
            // In TYPE A servers count otherwise (rule T7).
            Purpose::File(splice) if splice.coding.text => None,
            Purpose::File(splice) => {
                let rest = splice.size.map(|size| size.saturating_sub(splice.offset));
                rest.into_iter().chain(splice.limit).min()
            }
            Purpose::Listing(_) => None,
        }
    }

    /// Whether a refusal is about what was asked for, and not about the data connection.
    pub(crate) fn is_about_the_command(&self, reply: &Reply) -> bool {
        self.is_empty_listing(reply) || (reply.class() == 5 && reply.code != 522)
    }

    /// That nothing is there is an answer to a listing, not a failure (rule M3).
    pub(crate) fn is_empty_listing(&self, reply: &Reply) -> bool {
        const WORDS: [&str; 3] = ["no members found", "no data sets found", "no files found"];
        let text = words(reply).to_ascii_lowercase();
        matches!(self, Purpose::Listing(rows) if rows.count() == 0)
            && matches!(reply.code, 450 | 550)
            && WORDS.iter().any(|words| text.contains(words))
    }

    /// The failure that a refusal is.
    pub(crate) fn refusal(&self, reply: &Reply) -> Failure {
        let sentence = match self {
            Purpose::Listing(_) => "The server did not send the listing",
            Purpose::File(Splice { direction: Direction::Upload, .. }) => "The server did not take the file",
            Purpose::File(_) => "The server did not send the file",
        };
        // Of the connection, or of what was to go over it.
        let stage = match reply.code {
            522 | 552 => Stage::Data,
            500.. => Stage::Server,
            _ => Stage::Data,
        };
        let Failure { error, code } = refused(stage, sentence, reply);
        let error = if wants_resumption(reply) {
            error.with_advice(
                "The server wants data connections to resume the TLS session of the control connection, and TLS 1.2 \
                 did not help",
            )
        } else if reply.class() < 4 {
            Error { message: format!("{sentence}: its answer makes no sense"), ..error }
        } else if self.is_upload() && self.restart() > 0 {
            error.with_advice("Upload the file from its beginning")
        } else {
            error
        };
        Failure { error, code }
    }
}

/// The server refused because the data connection's TLS session was not the control connection's (rule S-4).
pub(crate) fn wants_resumption(reply: &Reply) -> bool {
    let text = words(reply).to_ascii_lowercase();
    matches!(reply.code, 522 | 425 | 426 | 450) && ["resum", "reuse"].iter().any(|word| text.contains(word))
}
