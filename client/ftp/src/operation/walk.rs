//! Walk trees: count what is in them, or delete them (rule M12). Depth first, children before parents, one directory at a time, so that
//! memory holds one path's siblings only. Links are never followed: what a server calls a directory is one only if
//! it calls itself by the name that it was found under.

use crate::entry::{Entry, EntryKind};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Event, Outcome};
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};
use crate::request::{Item, RequestId};

use super::list::List;
use super::simple::Simple;
use super::{Failure, Operation, Report, Step};

/// Deepest directory below an item: past it a tree is taken for a loop.
const MAX_DEPTH: usize = 128;
/// Most rows that wait for their turn on all levels together.
const MAX_PENDING: usize = 2_000_000;
/// Files after which a walk tells how far it is.
const TELL_EVERY: u64 = 100;

/// Something whose turn will come.
enum Pending {
    /// A file, a link or anything else that is no directory.
    File(RemotePath),
    /// A directory to look into.
    Directory { path: RemotePath, depth: usize },
    /// A directory that was emptied.
    Emptied(RemotePath),
}

/// Counts or deletes.
pub(crate) struct Walk {
    request: RequestId,
    delete: bool,
    /// The last is the next.
    pending: Vec<Pending>,
    /// What is under way.
    current: Option<Pending>,
    files: u64,
    directories: u64,
    bytes: u64,
}

impl Walk {
    pub(crate) fn count(request: RequestId, items: Vec<Item>) -> Walk {
        Walk::new(request, items, false)
    }

    pub(crate) fn delete(request: RequestId, items: Vec<Item>) -> Walk {
        Walk::new(request, items, true)
    }

    fn new(request: RequestId, items: Vec<Item>, delete: bool) -> Walk {
        let pending = items
            .into_iter()
            .rev()
            .map(|item| match item.directory {
                true => Pending::Directory { path: item.path, depth: 0 },
                false => Pending::File(item.path),
            })
            .collect();
        Walk { request, delete, pending, current: None, files: 0, directories: 0, bytes: 0 }
    }

    /// Takes the next thing in turn.
    fn go(&mut self, link: &mut Link) -> Step {
        while let Some(next) = self.pending.pop() {
            let step = match &next {
                Pending::File(_) if !self.delete => {
                    self.file_done(link);
                    continue;
                }
                Pending::File(path) => Step::push(Simple::delete_file(path)),
                Pending::Directory { path, depth } if *depth > MAX_DEPTH => {
                    let text = format!(
                        "{} is more than {MAX_DEPTH} directories deep: it may be a loop",
                        escape(path.as_bytes())
                    );
                    return Step::fail(Error::new(Stage::Server, ErrorKind::Protocol, text));
                }
                Pending::Directory { path, .. } => Step::push(List::keep(path.clone())),
                Pending::Emptied(path) => Step::push(Simple::remove_directory(path)),
            };
            self.current = Some(next);
            return step;
        }
        self.tell(link);
        let Walk { files, directories, bytes, .. } = *self;
        Step::Done(Report::Done(Outcome::Tree { files, directories, bytes }))
    }

    fn listed(
        &mut self,
        link: &mut Link,
        found: &RemotePath,
        depth: usize,
        actual: &RemotePath,
        entries: Vec<Entry>,
    ) -> Step {
        // An item may lie behind a link that its user went through; what is found below it may not.
        if depth > 0 && !same(found, actual) {
            link.trace(format!("{} is a link: it is not followed", escape(found.as_bytes())));
            self.pending.push(Pending::File(found.clone()));
            return self.go(link);
        }
        if self.pending.len().saturating_add(entries.len()) > MAX_PENDING {
            let text = format!("The tree has more than {MAX_PENDING} entries on one path");
            return Step::fail(Error::new(Stage::Server, ErrorKind::Protocol, text));
        }
        if self.delete {
            self.pending.push(Pending::Emptied(found.clone()));
        } else {
            self.directory_done(link);
        }
        // Files come before directories: fewest rows wait while the walk is below.
        let (directories, files): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.kind == EntryKind::Directory);
        self.pending.extend(
            directories
                .iter()
                .rev()
                .map(|entry| Pending::Directory { path: actual.join(&entry.name), depth: depth + 1 }),
        );
        if self.delete {
            self.pending.extend(files.iter().rev().map(|entry| Pending::File(actual.join(&entry.name))));
        } else {
            for entry in files {
                self.bytes = self.bytes.saturating_add(entry.size.unwrap_or(0));
                self.file_done(link);
            }
        }
        self.go(link)
    }

    fn file_done(&mut self, link: &mut Link) {
        self.files += 1;
        if self.files.is_multiple_of(TELL_EVERY) {
            self.tell(link);
        }
    }

    fn directory_done(&mut self, link: &mut Link) {
        self.directories += 1;
        self.tell(link);
    }

    fn tell(&self, link: &mut Link) {
        let Walk { request, files, directories, bytes, .. } = *self;
        link.tell(Event::Walked { request, files, directories, bytes });
    }
}

impl Operation for Walk {
    fn start(&mut self, link: &mut Link) -> Step {
        self.go(link)
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        let report = match result {
            Ok(report) => report,
            Err(failure) => return Step::Fail(failure),
        };
        match (self.current.take(), report) {
            (Some(Pending::Directory { path, depth }), Report::Rows(actual, rows)) => {
                self.listed(link, &path, depth, &actual, rows.into_entries())
            }
            (Some(Pending::File(_)), _) => {
                self.file_done(link);
                self.go(link)
            }
            (Some(Pending::Emptied(_)), _) => {
                self.directory_done(link);
                self.go(link)
            }
            _ => self.go(link),
        }
    }

    /// What is gone stays gone: whoever reads the error must know.
    fn explain(&self, error: Error) -> Error {
        if !self.delete || (self.files == 0 && self.directories == 0) {
            return error;
        }
        let plural = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let done = format!(
            "{} and {} had been deleted before",
            plural(self.files, "file", "files"),
            plural(self.directories, "directory", "directories"),
        );
        Error { message: format!("{}; {done}", error.message), ..error }
    }
}

/// Whether two names are of one directory; some servers write them in another case than they were asked.
fn same(found: &RemotePath, actual: &RemotePath) -> bool {
    found.as_bytes().eq_ignore_ascii_case(actual.as_bytes())
}
