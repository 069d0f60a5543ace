//! What the page and its worker say to each other. Two typed pipes: [`ToWorker`] down, [`FromWorker`] up, as JSON text in
//! `postMessage`; what JSON cannot carry (a `File`, a `FileSystemFileHandle`) travels beside the text in the same message, as
//! [`ToWorker::carries`] and [`FromWorker::carries`] say.
//!
//! The page knows nothing of FTP replies, frames or sockets: it sees rows, jobs, questions and errors.

mod command;
mod report;
mod row;
mod server;
mod update;

pub use command::{Command, Connect, Credential, Encryption, Item, Sink, ToWorker};
pub use report::{Failure, LogKind, LogLine, Stage};
pub use row::{Modified, Row, RowKind};
pub use server::{Certificate, Problem, Question, Server, TlsSession};
pub use update::{FromWorker, Outcome, Preset, Tree, Tunnel, Update};

use serde::{Deserialize, Serialize};

/// A tab of the page and its sessions in the worker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SessionId(pub u32);

/// A question of the page to the worker that is answered by one [`Update::Done`] or [`Update::Failed`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// A transfer, numbered by the page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct JobId(pub u32);

/// A remote path or name. `text` is for eyes; `raw` holds the bytes where they are not the UTF-8 of `text`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Bytes {
    /// What a person reads.
    pub text: String,
    /// The server's bytes, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Vec<u8>>,
}

impl Bytes {
    /// Text that is its own bytes.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Bytes {
        Bytes { text: text.into(), raw: None }
    }

    /// From a server's bytes: UTF-8 where they are, else shown as Latin-1 and kept.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Bytes {
        match std::str::from_utf8(bytes) {
            Ok(text) => Bytes::text(text),
            Err(_) => {
                Bytes { text: bytes.iter().map(|b| char::from(*b)).collect(), raw: Some(bytes.to_vec()) }
            }
        }
    }

    /// The bytes to send.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// The path of a child of this directory.
    #[must_use]
    pub fn join(&self, name: &Bytes) -> Bytes {
        let mut bytes = self.as_bytes().to_vec();
        if bytes.last() != Some(&b'/') {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name.as_bytes());
        Bytes::new(&bytes)
    }

    /// The directory that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Bytes> {
        let bytes = self.as_bytes();
        if bytes.len() <= 1 {
            return None;
        }
        let cut = bytes.iter().rposition(|byte| *byte == b'/')?;
        Some(Bytes::new(&bytes[..cut.max(1)]))
    }
}
