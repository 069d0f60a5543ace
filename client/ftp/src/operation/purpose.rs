//! What a data connection is for, and what a refusal means for it.

use crate::command::Command;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::{Direction, JobId};
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::Reply;
use crate::request::RequestId;

use super::rows::Rows;
use super::{Failure, enter, refused, words};

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
}

impl Splice {
    /// What has to come is not known and can be asked for.
    pub(crate) fn wants_size(&self) -> bool {
        self.direction == Direction::Download && self.size.is_none()
    }
}

impl Purpose {
    /// The session stands where the listing is of.
    pub(crate) fn arrived(&mut self, actual: RemotePath) {
        if let Purpose::Listing(rows) = self {
            rows.at(actual);
        }
    }

    /// The file on the server has this size.
    pub(crate) fn sized(&mut self, size: u64) {
        if let Purpose::File(splice) = self {
            splice.size = Some(size);
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
            _ => Ok(()),
        }
    }

    pub(crate) fn is_upload(&self) -> bool {
        matches!(self, Purpose::File(splice) if splice.direction == Direction::Upload)
    }

    /// Where the payload begins.
    pub(crate) fn offset(&self) -> u64 {
        match self {
            Purpose::File(splice) => splice.offset,
            Purpose::Listing(_) => 0,
        }
    }

    /// Bytes that have to move, where that is known.
    pub(crate) fn expected(&self) -> Option<u64> {
        match self {
            Purpose::File(splice) => splice.size.map(|size| size.saturating_sub(splice.offset)),
            Purpose::Listing(_) => None,
        }
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
            Purpose::File(Splice { direction: Direction::Download, .. }) => {
                "The server did not send the file"
            }
            Purpose::File(Splice { direction: Direction::Upload, .. }) => "The server did not take the file",
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
        } else if self.is_upload() && self.offset() > 0 {
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
