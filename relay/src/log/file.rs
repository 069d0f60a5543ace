//! The audit log's file.

use super::Sink;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file that lines are added to.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: Mutex<File>,
}

impl LogFile {
    pub(super) fn open(path: &Path) -> io::Result<LogFile> {
        Ok(LogFile { path: path.to_owned(), file: Mutex::new(open(path)?) })
    }

    fn reopen(&self) -> io::Result<()> {
        let file = open(&self.path)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
        Ok(())
    }
}

impl Sink for LogFile {
    fn line(&self, line: &str) {
        // A line is one write: lines of two relays that share a file do not mix.
        let _ = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

/// Who did what is for the administrator's eyes: a new file is readable by its owner alone.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    options.open(path).map_err(named)
}

/// Opens the audit log's file again, under its name: the old one has been moved away.
#[derive(Clone, Debug, Default)]
pub struct Reopen(pub(super) Option<Arc<LogFile>>);

impl Reopen {
    /// Does it. Where it cannot be done the old file goes on.
    ///
    /// # Errors
    /// As of opening a file.
    pub fn reopen(&self) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |file| file.reopen())
    }
}
