//! Two trees and what would make them agree: a plan that a page shows before anything is done. Nothing here lists, transfers or deletes.
//!
//! # Rules
//!
//! - Always preview: deletions are counted by themselves, and a plan that would delete more than half of a side says so
//!   ([`Plan::deletes_most`]), as after a listing that failed or a wrong root.
//! - Deletions are off unless asked for. Two-way, nothing is ever deleted without a [`Base`]: a file that one side lacks is new there
//!   or was deleted here, and only the remembered state can tell.
//! - What is not known (a size, a time, its zone) is a conflict, not a reason to overwrite. So is a file in the place of a directory.
//! - Links and devices are reported and left alone, never followed (rule M12). So are names that a side which ignores case
//!   cannot hold beside each other.
//! - Directories are made before what they hold, and removed after it; deletions come last. The same input gives the same plan.

mod compare;
mod decide;
mod filter;
mod glob;
mod path;
mod plan;
mod rows;
mod tree;

pub use filter::Filter;
pub use glob::{Glob, GlobError, MOST_PATTERN};
pub use path::{MOST_DEPTH, RelativePath};
pub use plan::{Action, ActionKind, Deletions, Plan, Reason, Sides, Totals, Transfers};
pub use tree::{Checksum, MOST_NODES, Node, Tree, TreeError};

use crate::conflict::FAT_TOLERANCE;

/// Which side follows which.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// The server gets what is here.
    #[default]
    ToRemote,
    /// Here comes what the server has.
    ToLocal,
    /// Changes go both ways.
    Both,
}

/// When two files are the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Criterion {
    /// Same size.
    Size,
    /// Same time.
    Time,
    /// Same size and time.
    #[default]
    SizeAndTime,
    /// Same size and digest. A plan first says which digests it needs ([`Plan::needs_checksum`]).
    Checksum,
}

/// What becomes of a file that has changed on both sides, in [`Mode::Both`]. A change always outlives a deletion, unless it is
/// only reported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Resolution {
    /// It is reported, and nothing is done.
    #[default]
    Report,
    /// The one modified later wins; it is reported if that cannot be told.
    Newer,
    /// Ours wins.
    Local,
    /// The server's wins.
    Remote,
}

/// How to synchronise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Which side follows which.
    pub mode: Mode,
    /// When two files are the same.
    pub criterion: Criterion,
    /// Seconds by which times may differ and still be the same.
    pub tolerance: u64,
    /// Delete what the leading side does not have (one-way), or what one side has deleted since the base (two-way).
    pub deletions: bool,
    /// One-way: a target that is newer than its source is left alone. Servers that cannot set times give each upload its own, so with
    /// this off and a criterion that looks at times, such files are transferred each time.
    pub keep_newer: bool,
    /// Two-way: what becomes of conflicts.
    pub resolution: Resolution,
    /// Sides whose file systems ignore case. ASCII and Unicode lower case are compared; normal forms are not.
    pub ignores_case: Sides<bool>,
    /// What takes part.
    pub filter: Filter,
}

impl Default for Settings {
    /// One-way to the server by size and time, without deletions.
    fn default() -> Settings {
        Settings {
            mode: Mode::default(),
            criterion: Criterion::default(),
            tolerance: FAT_TOLERANCE,
            deletions: false,
            keep_newer: true,
            resolution: Resolution::default(),
            ignores_case: Sides::default(),
            filter: Filter::default(),
        }
    }
}

/// Both sides as they were when they agreed last, each listed by its own clock: a side's files are only compared with what the same
/// side showed then. A path counts only where both trees have it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Base {
    /// Ours.
    pub local: Tree,
    /// The server's.
    pub remote: Tree,
}

/// What would make the trees agree. The base matters in [`Mode::Both`] only.
#[must_use]
pub fn plan(local: &Tree, remote: &Tree, base: Option<&Base>, settings: &Settings) -> Plan {
    let base = base.filter(|_| settings.mode == Mode::Both);
    let rows = rows::rows(local, remote, base, settings);
    let mut draft = plan::Draft::new(rows.len());
    // Backwards: what a directory holds comes before it, so that it is known whether anything is to be or to stay there.
    for (index, row) in rows.iter().enumerate().rev() {
        let verdict = decide::decide(row, draft.needed(index), settings);
        draft.take(row, verdict);
    }
    draft.finish(local, remote)
}
