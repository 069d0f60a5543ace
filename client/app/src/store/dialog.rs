//! What is asked of a person in the middle of the page. The certificate and plaintext questions belong to the session.

use super::listing::Entry;
use crate::protocol::{Bytes, Failure, Item, JobId, RequestId, Tree};
use std::collections::VecDeque;
use std::rc::Rc;

/// An open dialog.
#[derive(Clone, PartialEq)]
pub(crate) enum Dialog {
    /// Name of a new folder.
    NewFolder {
        /// The request under way.
        sent: Option<RequestId>,
        /// Why the last one came to nothing.
        problem: Option<Complaint>,
    },
    /// What would go, and whether it shall.
    Delete(Deletion),
    /// A file of that name is there.
    Exists(Conflict),
}

/// Why a name cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Complaint {
    /// Nothing there, `.` or `..`.
    Empty,
    /// `/` or a control character.
    Characters,
    /// Something is called so already.
    Taken,
    /// The server's answer.
    Failed(Failure),
}

/// Checks a name that a person typed for something on the server.
pub(crate) fn check_name(name: &str) -> Result<(), Complaint> {
    if matches!(name.trim(), "" | "." | "..") {
        Err(Complaint::Empty)
    } else if name.contains('/') || name.chars().any(char::is_control) {
        Err(Complaint::Characters)
    } else {
        Ok(())
    }
}

/// A deletion from the question to its end.
#[derive(Clone, PartialEq)]
pub(crate) struct Deletion {
    /// What the person selected.
    pub(crate) items: Vec<Item>,
    /// Its names.
    pub(crate) names: Vec<String>,
    /// How much there is, as far as it was counted.
    pub(crate) tree: Tree,
    /// How far.
    pub(crate) stage: DeletionStage,
}

/// How far a deletion is.
#[derive(Clone, PartialEq)]
pub(crate) enum DeletionStage {
    /// The worker counts.
    Counting(RequestId),
    /// The person decides.
    Ready,
    /// The worker deletes; so much is gone.
    Deleting(RequestId, Tree),
    /// Counting or deleting failed.
    Failed(Failure),
}

/// A file to upload. The `File` itself waits beside the store, under the job's number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NewUpload {
    /// Its number.
    pub(crate) job: JobId,
    /// Its name.
    pub(crate) name: String,
    /// Its size.
    pub(crate) size: u64,
    /// Last modification, Unix seconds.
    pub(crate) modified: Option<i64>,
}

/// Uploads whose names are taken.
#[derive(Clone, PartialEq)]
pub(crate) struct Conflict {
    /// The folder.
    pub(crate) folder: Bytes,
    /// The one asked about.
    pub(crate) ours: NewUpload,
    /// What has its name.
    pub(crate) theirs: Rc<Entry>,
    /// The others.
    pub(crate) waiting: VecDeque<(NewUpload, Rc<Entry>)>,
}

/// What to do about a taken name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Choice {
    /// The server's file goes.
    Overwrite,
    /// This one is not uploaded.
    Skip,
    /// Both stay.
    Rename,
    /// Neither this nor the rest.
    Cancel,
}

/// A free name beside a taken one: `page (2).html`.
pub(crate) fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    // Bounded: among that many names one more than are taken is free.
    (2_u64..)
        .map(|number| format!("{stem} ({number}){extension}"))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(check_name("a b"), Ok(()));
        assert_eq!([check_name(""), check_name(" .. ")], [Err(Complaint::Empty), Err(Complaint::Empty)]);
        assert_eq!(
            [check_name("a/b"), check_name("a\r\nDELE b")],
            [Err(Complaint::Characters), Err(Complaint::Characters)]
        );
    }

    #[test]
    fn free_names() {
        assert_eq!(free_name("page.html", |_| false), "page (2).html");
        assert_eq!(free_name("page.html", |name| name == "page (2).html"), "page (3).html");
        assert_eq!(free_name(".htaccess", |_| false), ".htaccess (2)");
        assert_eq!(free_name("README", |_| false), "README (2)");
    }
}
