//! What a walk has done so far. One value that goes to whoever works for the walk and comes back, so that an error anywhere on the way
//! finds the truth in one place.

use crate::error::Error;
use crate::event::{Event, LeftOut, Outcome};
use crate::link::Link;
use crate::path::RemotePath;
use crate::request::RequestId;

/// Files after which a walk tells how far it is.
const TELL_EVERY: u64 = 100;

/// Numbers for the user.
pub(crate) struct Tally {
    request: RequestId,
    /// What becomes of things, as an error says it: `deleted`. `None` where nothing is changed.
    participle: Option<&'static str>,
    pub(crate) files: u64,
    pub(crate) directories: u64,
    pub(crate) bytes: u64,
    left_out: u64,
}

impl Tally {
    pub(crate) fn new(request: RequestId, participle: Option<&'static str>) -> Tally {
        Tally { request, participle, files: 0, directories: 0, bytes: 0, left_out: 0 }
    }

    /// One more file, link or device.
    pub(crate) fn file(&mut self, link: &mut Link) {
        self.files += 1;
        if self.files.is_multiple_of(TELL_EVERY) {
            self.tell(link);
        }
    }

    /// One more directory.
    pub(crate) fn directory(&mut self, link: &mut Link) {
        self.directories += 1;
        self.tell(link);
    }

    /// Something could not be done, and the walk goes on.
    pub(crate) fn leave_out(&mut self, link: &mut Link, path: RemotePath, reason: LeftOut) {
        self.left_out += 1;
        if let LeftOut::Refused(error) = &reason {
            link.error(error.to_string());
        }
        link.tell(Event::LeftOut { request: self.request, path, reason });
    }

    /// How far the walk is.
    pub(crate) fn tell(&self, link: &mut Link) {
        let Tally { request, files, directories, bytes, .. } = *self;
        link.tell(Event::Walked { request, files, directories, bytes });
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let Tally { files, directories, bytes, left_out, .. } = *self;
        Outcome::Tree { files, directories, bytes, left_out }
    }

    /// What is done stays done: whoever reads the error must know.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let Some(participle) = self.participle.filter(|_| self.files > 0 || self.directories > 0) else {
            return error;
        };
        let plural = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let done = format!(
            "{} and {} had been {participle} before",
            plural(self.files, "file", "files"),
            plural(self.directories, "directory", "directories"),
        );
        Error { message: format!("{}; {done}", error.message), ..error }
    }
}
