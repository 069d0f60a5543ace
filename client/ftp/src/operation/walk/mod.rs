//! Walk trees: count what is in them, list them, delete them, change their modes (rule M12). Depth first, one directory at a time, so that
//! memory holds one path's siblings only. Links are never followed: what a server calls a directory is one only if
//! it calls itself by the name that it was found under. That is not enough before a deletion: pyftpdlib calls a link to a directory a
//! directory and answers PWD with the link's own name, and what the link leads to would be emptied. So where MLSD has never shown a
//! link, DELE is tried on what is called a directory: it removes a link, and a directory refuses it. Nothing like that tells before a mode
//! is changed, so there such servers are asked with LIST, which shows links as what they are.
//!
//! Deleting stops at the first refusal, and counting too: it is asked before deleting, and a number that leaves something out would
//! mislead. Listing and changing modes go on after a refusal that concerns one path, and say what was left out.
//!
//! A directory's own mode is changed after all below it, so that the walk does not lock itself out. One that cannot be read is not
//! touched, for whether it is a link is not known; only what the user named is, if the new mode lets its owner in.

mod lineage;
mod tally;

use crate::entry::{Entry, EntryKind};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Event, LeftOut};
use crate::habits::{Form, Habit};
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};
use crate::request::{Item, Modes, RequestId};
use crate::unique::Unique;

use super::list::List;
use super::rows::BATCH;
use super::several::{Deed, Several};
use super::simple::Simple;
use super::{Failure, Operation, Report, Step};
use lineage::Lineage;
pub(crate) use tally::Tally;

/// Deepest directory below an item: past it a tree is taken for a loop.
const MAX_DEPTH: usize = 128;
/// Most rows that wait for their turn on all levels together.
const MAX_PENDING: usize = 2_000_000;
/// Most directories that one walk reads: a server could make up names for ever.
const MAX_DIRECTORIES: u64 = 2_000_000;

/// What is done to everything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    Count,
    List,
    Delete,
    Mode(Modes),
}

/// Something whose turn will come.
enum Pending {
    /// A file, a link or anything else that is no directory.
    File(RemotePath),
    /// A directory to look into.
    Directory(Place),
    /// What is called a directory, while DELE shows whether it is a link.
    Doubtful(Place),
    /// A directory whose contents are done.
    Left(RemotePath),
    /// Files that are under way together.
    Several,
    /// The user's directory, to be made readable first.
    Closed(RemotePath),
}

struct Place {
    path: RemotePath,
    depth: usize,
    unique: Unique,
    /// It was made readable just now.
    opened: bool,
    /// DELE was refused: it is no link.
    proven: bool,
}

/// Counts, lists, deletes or changes modes.
pub(crate) struct Walk {
    aim: Aim,
    /// The last is the next.
    pending: Vec<Pending>,
    /// What is under way.
    current: Option<Pending>,
    lineage: Lineage,
    read: u64,
    /// Away while somebody works for the walk.
    tally: Option<Tally>,
    request: RequestId,
    /// The first path that was left out, to be the error if nothing else comes of it all.
    refusal: Option<Error>,
}

impl Walk {
    pub(crate) fn count(request: RequestId, items: Vec<Item>) -> Walk {
        Walk::new(request, items, Aim::Count)
    }

    pub(crate) fn list(request: RequestId, items: Vec<Item>) -> Walk {
        Walk::new(request, items, Aim::List)
    }

    pub(crate) fn delete(request: RequestId, items: Vec<Item>) -> Walk {
        Walk::new(request, items, Aim::Delete)
    }

    pub(crate) fn change_mode(request: RequestId, items: Vec<Item>, modes: Modes) -> Walk {
        Walk::new(request, items, Aim::Mode(modes))
    }

    fn new(request: RequestId, items: Vec<Item>, aim: Aim) -> Walk {
        let pending = items
            .into_iter()
            .rev()
            .map(|item| match item.directory {
                true => Pending::Directory(Place {
                    path: item.path,
                    depth: 0,
                    unique: None,
                    opened: false,
                    proven: false,
                }),
                false => Pending::File(item.path),
            })
            .collect();
        let participle = match aim {
            Aim::Count | Aim::List => None,
            Aim::Delete => Some("deleted"),
            Aim::Mode(_) => Some("changed"),
        };
        Walk {
            aim,
            pending,
            current: None,
            lineage: Lineage::default(),
            read: 0,
            tally: Some(Tally::new(request, participle)),
            request,
            refusal: None,
        }
    }

    fn tally(&mut self) -> &mut Tally {
        let request = self.request;
        self.tally.get_or_insert_with(|| Tally::new(request, None))
    }

    /// Takes the next thing in turn.
    fn go(&mut self, link: &mut Link) -> Step {
        while let Some(next) = self.pending.pop() {
            let (next, step) = match next {
                Pending::File(path) => match self.file(link, path) {
                    Some(both) => both,
                    None => continue,
                },
                Pending::Directory(place) => match self.directory(link, place) {
                    Ok(Some(both)) => both,
                    Ok(None) => continue,
                    Err(error) => return Step::fail(error),
                },
                Pending::Left(path) => match self.aim {
                    Aim::Delete => {
                        let step = Step::push(Simple::remove_directory(&path));
                        (Pending::Left(path), step)
                    }
                    Aim::Mode(Modes { directories: Some(mode), .. }) => {
                        let step = Step::push(Simple::change_mode(&link.server.features, &path, mode));
                        (Pending::Left(path), step)
                    }
                    _ => continue,
                },
                Pending::Closed(path) => {
                    let Aim::Mode(Modes { directories: Some(mode), .. }) = self.aim else { continue };
                    let step = Step::push(Simple::change_mode(&link.server.features, &path, mode));
                    (Pending::Closed(path), step)
                }
                Pending::Several | Pending::Doubtful(_) => continue,
            };
            self.current = Some(next);
            return step;
        }
        let nothing = self.tally().files == 0 && self.tally().directories == 0;
        if let Some(error) = self.refusal.take().filter(|_| nothing) {
            return Step::fail(error);
        }
        self.tally().tell(link);
        Step::Done(Report::Done(self.tally().outcome()))
    }

    /// A file and those behind it.
    fn file(&mut self, link: &mut Link, path: RemotePath) -> Option<(Pending, Step)> {
        let deed = match self.aim {
            Aim::Count | Aim::List => {
                self.tally().file(link);
                return None;
            }
            Aim::Mode(Modes { files: None, .. }) => return None,
            Aim::Mode(Modes { files: Some(mode), .. }) => match known_form(link) {
                Some(form) => Deed::Mode(form, mode),
                // The first one finds out how this server wants to be asked.
                None => {
                    let step = Step::push(Simple::change_mode(&link.server.features, &path, mode));
                    return Some((Pending::File(path), step));
                }
            },
            Aim::Delete => Deed::Delete,
        };
        let mut paths = std::collections::VecDeque::from([path]);
        while let Some(Pending::File(_)) = self.pending.last() {
            if let Some(Pending::File(path)) = self.pending.pop() {
                paths.push_back(path);
            }
        }
        let tally = self.tally.take().unwrap_or_else(|| Tally::new(self.request, None));
        Some((Pending::Several, Step::push(Several::new(deed, paths, tally))))
    }

    fn directory(&mut self, link: &mut Link, place: Place) -> Result<Option<(Pending, Step)>, Error> {
        let Place { path, depth, .. } = &place;
        if *depth > MAX_DEPTH {
            if self.goes_on() {
                self.tally().leave_out(link, place.path, LeftOut::TooDeep);
                return Ok(None);
            }
            let text = format!(
                "{} is more than {MAX_DEPTH} directories deep: it may be a loop",
                escape(path.as_bytes())
            );
            return Err(Error::new(Stage::Server, ErrorKind::Protocol, text));
        }
        if self.lineage.enter(*depth, &place.unique) {
            self.not_followed(link, place.path, LeftOut::Loop);
            return Ok(None);
        }
        if self.aim == Aim::Delete && !place.proven && hides_links(link) {
            let step = Step::push(Simple::delete_file(path));
            return Ok(Some((Pending::Doubtful(place), step)));
        }
        self.read += 1;
        if self.read > MAX_DIRECTORIES {
            let text = format!("The tree has more than {MAX_DIRECTORIES} directories");
            return Err(Error::new(Stage::Server, ErrorKind::Protocol, text));
        }
        let path = path.clone();
        let old = self.asks_with_list(link);
        let step = Step::push(if old { List::keep_old(path) } else { List::keep(path) });
        Ok(Some((Pending::Directory(place), step)))
    }

    fn asks_with_list(&self, link: &Link) -> bool {
        matches!(self.aim, Aim::Mode(_)) && hides_links(link)
    }

    /// What calls itself a directory and is none that may be gone into.
    fn not_followed(&mut self, link: &mut Link, path: RemotePath, reason: LeftOut) {
        link.trace(format!("{} is a link: it is not followed", escape(path.as_bytes())));
        match self.aim {
            // A link goes by its name, and what it leads to stays.
            Aim::Delete => self.pending.push(Pending::File(path)),
            Aim::Count => self.tally().file(link),
            Aim::List | Aim::Mode(_) => self.tally().leave_out(link, path, reason),
        }
    }

    fn listed(&mut self, link: &mut Link, place: &Place, actual: &RemotePath, entries: Vec<Entry>) -> Step {
        // An item may lie behind a link that its user went through; what is found below it may not.
        if place.depth > 0 && !same(&place.path, actual) {
            self.not_followed(link, place.path.clone(), LeftOut::Link);
            return self.go(link);
        }
        if self.pending.len().saturating_add(entries.len()) > MAX_PENDING {
            let text = format!("The tree has more than {MAX_PENDING} entries on one path");
            return Step::fail(Error::new(Stage::Server, ErrorKind::Protocol, text));
        }
        self.lineage.learn(entries.iter());
        // What LIST shows says nothing of MLSD.
        link.server.shows_links |=
            !self.asks_with_list(link) && entries.iter().any(|entry| entry.kind == EntryKind::Link);
        match self.aim {
            Aim::Delete | Aim::Mode(_) => self.pending.push(Pending::Left(place.path.clone())),
            Aim::Count | Aim::List => self.tally().directory(link),
        }
        // Files come before directories: fewest rows wait while the walk is below.
        let directories = entries.iter().rev().filter(|entry| entry.kind == EntryKind::Directory);
        self.pending.extend(directories.map(|entry| {
            Pending::Directory(Place {
                path: actual.join(&entry.name),
                depth: place.depth + 1,
                unique: entry.unique.clone(),
                opened: false,
                proven: false,
            })
        }));
        let files = entries.iter().filter(|entry| entry.kind != EntryKind::Directory);
        match self.aim {
            Aim::Delete => {
                self.pending.extend(files.rev().map(|entry| Pending::File(actual.join(&entry.name))));
            }
            Aim::Mode(_) => {
                let files = files.rev().filter(|entry| entry.kind == EntryKind::File);
                self.pending.extend(files.map(|entry| Pending::File(actual.join(&entry.name))));
            }
            Aim::Count | Aim::List => {
                let tally = self.tally();
                for entry in files {
                    tally.bytes = tally.bytes.saturating_add(entry.size.unwrap_or(0));
                    tally.file(link);
                }
            }
        }
        if self.aim == Aim::List {
            self.show(link, actual, entries);
        }
        self.go(link)
    }

    /// Tells the rows of a directory, of an empty one too: that it was read is what its listener waits for.
    fn show(&self, link: &mut Link, path: &RemotePath, entries: Vec<Entry>) {
        let mut rest = entries.into_iter();
        loop {
            let entries: Vec<Entry> = rest.by_ref().take(BATCH).collect();
            link.tell(Event::Listed { request: self.request, path: path.clone(), entries });
            if rest.len() == 0 {
                return;
            }
        }
    }

    fn failed(&mut self, link: &mut Link, what: Pending, failure: Failure) -> Step {
        if !self.goes_on() || !failure.concerns_path() {
            return Step::Fail(failure);
        }
        let path = match what {
            Pending::Several | Pending::Doubtful(_) => return Step::Fail(failure),
            Pending::Directory(place) if place.depth == 0 && !place.opened && self.opens() => {
                let path = place.path.clone();
                self.pending.push(Pending::Directory(Place { opened: true, ..place }));
                self.pending.push(Pending::Closed(path));
                return self.go(link);
            }
            Pending::Directory(place) => place.path,
            Pending::File(path) | Pending::Left(path) | Pending::Closed(path) => path,
        };
        self.refusal.get_or_insert_with(|| failure.error.clone());
        self.tally().leave_out(link, path, LeftOut::Refused(failure.error));
        self.go(link)
    }

    /// Whether a refusal that concerns one path is only reported.
    fn goes_on(&self) -> bool {
        matches!(self.aim, Aim::List | Aim::Mode(_))
    }

    /// Whether the new mode lets the owner read a directory.
    fn opens(&self) -> bool {
        matches!(self.aim, Aim::Mode(Modes { directories: Some(mode), .. }) if mode & 0o500 == 0o500)
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
        match (self.current.take(), result) {
            (Some(Pending::Doubtful(place)), Err(failure)) if failure.code != 0 => {
                self.pending.push(Pending::Directory(Place { proven: true, ..place }));
                self.go(link)
            }
            (Some(what), Err(failure)) => self.failed(link, what, failure),
            (None, Err(failure)) => Step::Fail(failure),
            (_, Ok(Report::Walked(tally))) => {
                self.tally = Some(tally);
                self.go(link)
            }
            (Some(Pending::Directory(place)), Ok(Report::Rows(actual, rows))) => {
                self.listed(link, &place, &actual, rows.into_entries())
            }
            (Some(Pending::File(_) | Pending::Doubtful(_)), Ok(_)) => {
                self.tally().file(link);
                self.go(link)
            }
            (Some(Pending::Left(_)), Ok(_)) => {
                self.tally().directory(link);
                self.go(link)
            }
            _ => self.go(link),
        }
    }

    fn explain(&self, error: Error) -> Error {
        match &self.tally {
            Some(tally) => tally.explain(error),
            // Whoever has it has said so.
            None => error,
        }
    }
}

/// How this server changes modes, once that is known.
fn known_form(link: &Link) -> Option<Form> {
    let habits = &link.memory.quirks.habits;
    [Form::MffMode, Form::SiteChmod].into_iter().find(|form| habits.of(*form) == Some(Habit::Works))
}

/// Whether the server may call a link a directory. LIST shows links as what they are, and so do servers that have shown one or are
/// known by their ESTA (Pure-FTPd).
fn hides_links(link: &Link) -> bool {
    let machine = link.server.features.mlsd && !link.memory.quirks.no_mlsd;
    machine && !link.server.shows_links && !link.server.features.esta
}

/// Whether two names are of one directory; some servers write them in another case than they were asked.
fn same(found: &RemotePath, actual: &RemotePath) -> bool {
    found.as_bytes().eq_ignore_ascii_case(actual.as_bytes())
}
