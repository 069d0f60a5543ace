//! A directory of ours that trees come into or go from. What lies below it is reached by names alone: no link is followed on the way, and a
//! link is listed as one, so that nothing outside is read, written or deleted.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use towpath_ftp::conflict::Side;
use towpath_ftp::tree::{LocalAsk, LocalEntry, LocalPath};
use towpath_ftp::{EntryKind, Error, ErrorKind, Modified, Stage};

/// What the names of files that are not whole yet begin and end with. Such names are no part of any tree.
const UNFINISHED: (&str, &str) = (".towpath-", ".part");

/// A directory's entries, and the names that are no text and so cannot be spoken of.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) entries: Vec<LocalEntry>,
    pub(super) unnamed: Vec<PathBuf>,
}

/// A root on this side.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(root: &Path) -> Folder {
        Folder(root.to_owned())
    }

    /// Where a place is on the disk: every directory above it is one, and no link.
    pub(super) fn resolve(&self, place: &LocalPath) -> io::Result<PathBuf> {
        let Some((name, above)) = place.0.split_last() else { return Ok(self.0.clone()) };
        let mut path = self.0.clone();
        for directory in above {
            path.push(directory);
            is_directory(&path)?;
        }
        path.push(name);
        Ok(path)
    }

    /// A name beside a place for a file that is not whole yet; `number` is unique in this process.
    pub(super) fn unfinished(file: &Path, number: u32) -> PathBuf {
        let (head, tail) = UNFINISHED;
        file.with_file_name(format!("{head}{}-{number}{tail}", std::process::id()))
    }

    /// Lists a directory.
    pub(super) fn list(&self, place: &LocalPath) -> io::Result<Rows> {
        let path = self.resolve(place)?;
        // The root may lie behind a link: it is the user's word.
        if !place.0.is_empty() {
            is_directory(&path)?;
        }
        let mut rows = Rows::default();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = match entry.file_name().into_string() {
                Ok(name) => name,
                Err(_) => {
                    rows.unnamed.push(entry.path());
                    continue;
                }
            };
            if name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1) {
                continue;
            }
            // Of the entry itself, not of what it may lead to.
            rows.entries.push(LocalEntry { name, side: side(&entry.metadata()?) });
        }
        rows.entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(rows)
    }

    /// Does what changes something.
    pub(super) fn perform(&self, ask: &LocalAsk) -> io::Result<()> {
        match ask {
            LocalAsk::List(place) => self.list(place).map(drop),
            LocalAsk::MakeDirectory(place) => {
                let path = self.resolve(place)?;
                match fs::create_dir(&path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_directory(&path),
                    result => result,
                }
            }
            LocalAsk::DeleteFile(place) => fs::remove_file(self.resolve(place)?),
            LocalAsk::RemoveDirectory(place) => fs::remove_dir(self.resolve(place)?),
        }
    }
}

/// Fails unless it is a directory and no link to one.
fn is_directory(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path)?.is_dir() {
        true => Ok(()),
        false => {
            Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is no directory", path.display())))
        }
    }
}

/// What is known of a file of ours.
pub(super) fn side(meta: &Metadata) -> Side {
    let kind = match meta.file_type() {
        kind if kind.is_symlink() => EntryKind::Link,
        kind if kind.is_dir() => EntryKind::Directory,
        kind if kind.is_file() => EntryKind::File,
        _ => EntryKind::Other,
    };
    let modified =
        seconds(meta).map(|seconds| Modified { seconds, has_time: true, has_seconds: true, utc: true });
    Side { kind, size: (kind == EntryKind::File).then_some(meta.len()), modified }
}

/// When it was modified, Unix seconds.
pub(super) fn seconds(meta: &Metadata) -> Option<i64> {
    let time = meta.modified().ok()?;
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        // Rounded down, as what comes after 1970 is.
        Err(before) => {
            let before = before.duration();
            let part = i64::from(before.subsec_nanos() > 0);
            i64::try_from(before.as_secs()).ok().map(|seconds| -seconds - part)
        }
    }
}

/// A failure of this side, in the engine's words.
pub(super) fn fault(what: &str, error: &io::Error) -> Error {
    Error::new(Stage::File, ErrorKind::File, format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn at(names: &[&str]) -> LocalPath {
        LocalPath(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn no_link_is_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let root = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("link")).unwrap();
        symlink(outside.path().join("secret"), root.path().join("file")).unwrap();
        let folder = Folder::new(root.path());
        let rows = folder.list(&at(&[])).unwrap().entries;
        assert!(rows.len() == 2 && rows.iter().all(|row| row.side.kind == EntryKind::Link), "{rows:?}");
        assert!(folder.list(&at(&["link"])).is_err());
        for ask in [
            LocalAsk::MakeDirectory(at(&["link"])),
            LocalAsk::MakeDirectory(at(&["link", "new"])),
            LocalAsk::DeleteFile(at(&["link", "secret"])),
            LocalAsk::RemoveDirectory(at(&["link"])),
        ] {
            assert!(folder.perform(&ask).is_err(), "{ask:?}");
        }
        assert!(folder.resolve(&at(&["link", "secret"])).is_err());
        folder.perform(&LocalAsk::DeleteFile(at(&["file"]))).unwrap();
        assert!(outside.path().join("secret").exists(), "the link went, not what it led to");
    }

    #[test]
    fn directories_that_are_there_are_no_error_and_unfinished_files_are_not_listed() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path());
        for _ in 0..2 {
            folder.perform(&LocalAsk::MakeDirectory(at(&["a"]))).unwrap();
        }
        fs::write(Folder::unfinished(&root.path().join("x"), 7), "").unwrap();
        fs::write(root.path().join("b"), "").unwrap();
        assert!(folder.perform(&LocalAsk::MakeDirectory(at(&["b"]))).is_err());
        let names: Vec<String> =
            folder.list(&at(&[])).unwrap().entries.into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
