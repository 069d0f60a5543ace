//! How a tree is to be moved.

use crate::charset::Charset;
use crate::conflict::{FAT_TOLERANCE, Policy};

use super::copy::CopyWay;
use super::local::{LocalKind, Unfit};

/// How a tree is to be moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeSettings {
    /// What becomes of files whose place is taken.
    pub policy: Policy,
    /// Seconds by which times may differ and mean nothing.
    pub tolerance: u64,
    /// Count all before anything moves. Every directory of the source is then listed twice.
    pub count_first: bool,
    /// Links are transferred as the files that they may lead to, without their size; one that leads to a directory fails. They are
    /// skipped otherwise.
    pub links_as_files: bool,
    /// How the server's names read.
    pub charset: Charset,
    /// Where files are written here.
    pub local: LocalKind,
    /// What becomes of names that cannot be written here.
    pub unfit: Unfit,
    /// Whether the target takes names for the same that differ in case alone. `None`: a server of Unix syntax does not, nor does
    /// [`LocalKind::Unix`]; all others may.
    pub ignores_case: Option<bool>,
    /// How files are copied on the server.
    pub copy: CopyWay,
}

impl Default for TreeSettings {
    /// Ask about conflicts, count nothing, refuse what cannot be written.
    fn default() -> TreeSettings {
        TreeSettings {
            policy: Policy::default(),
            tolerance: FAT_TOLERANCE,
            count_first: false,
            links_as_files: false,
            charset: Charset::default(),
            local: LocalKind::default(),
            unfit: Unfit::default(),
            ignores_case: None,
            copy: CopyWay::default(),
        }
    }
}
