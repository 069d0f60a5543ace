//! What happens to a file whose place is taken: decided here, by facts alone, before anything is sent.
//!
//! The rule above all policies: what is not known never leads to a silent overwrite. Where a policy needs a time or a
//! size that one side does not have, the answer is [`Decision::Ask`]. A directory, link or device in the place of a file (or the
//! reverse) is never overwritten, whatever the policy says; [`Policy::Skip`] and [`Policy::Rename`] touch nothing that is
//! there, so they hold for these as well.

mod age;
mod unique;

pub use age::{Age, FAT_TOLERANCE, age};
pub use unique::{MOST_NAME_BYTES, MOST_NUMBER, unique_name};

use crate::entry::{Entry, EntryKind, Modified};

/// What to do where the target exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Policy {
    /// Replace it.
    Overwrite,
    /// Replace it if the source is newer.
    Newer,
    /// Replace it if the sizes differ.
    SizeDiffers,
    /// Replace it if the source is newer or the sizes differ.
    NewerOrSizeDiffers,
    /// Transfer what it lacks at its end (rules T2, T4).
    Resume,
    /// Leave it and use another name ([`unique_name`]).
    Rename,
    /// Leave it and transfer nothing.
    Skip,
    /// A person decides.
    #[default]
    Ask,
}

impl Policy {
    /// All of them, in the order of a menu.
    pub const ALL: [Policy; 8] = [
        Policy::Ask,
        Policy::Overwrite,
        Policy::Newer,
        Policy::SizeDiffers,
        Policy::NewerOrSizeDiffers,
        Policy::Resume,
        Policy::Rename,
        Policy::Skip,
    ];
}

/// What is known of a file on one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Side {
    /// What it is.
    pub kind: EntryKind,
    /// Its size in bytes; `None` is not 0 (rule M5).
    pub size: Option<u64>,
    /// When it was modified. The caller has corrected it by the offset of the server's clock, if that is known, and then set
    /// [`Modified::utc`] (rule T10).
    pub modified: Option<Modified>,
}

impl From<&Entry> for Side {
    fn from(entry: &Entry) -> Side {
        Side { kind: entry.kind, size: entry.size, modified: entry.modified }
    }
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Transfer the whole.
    Transfer {
        /// Something is there and is replaced.
        overwrite: bool,
    },
    /// Transfer from this byte on. The overlap is still to be compared (rule T5), and an upload's place to be asked for
    /// once more just before (rule T4).
    Resume {
        /// Bytes that the target has.
        offset: u64,
    },
    /// Transfer the whole under another name.
    Rename,
    /// Transfer nothing.
    Skip(SkipReason),
    /// A person decides.
    Ask(AskReason),
}

/// Why nothing is transferred.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SkipReason {
    /// The policy leaves what exists.
    Exists,
    /// The target was modified later.
    TargetNewer,
    /// As far as both sides can tell, both were modified at the same time.
    SameTime,
    /// Both have the same size.
    SameSize,
    /// Same size, and the source is not newer.
    NotNewerSameSize,
    /// Both are directories: nothing to do for them, only for what they hold.
    DirectoryExists,
    /// The source is a link: not followed (rule M12).
    SourceLink,
    /// The source is a device, a socket or the like.
    SourceSpecial,
}

/// Why a person has to decide.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AskReason {
    /// The policy says so.
    Exists,
    /// A time is missing, or its zone.
    TimeUnknown,
    /// A size is missing.
    SizeUnknown,
    /// The target has more bytes than the source (rule T4): it is no part of it.
    TargetLarger,
    /// The source was modified after the part was written: the part may be one of another file.
    SourceChanged,
    /// A directory is in the place of a file.
    DirectoryInPlace,
    /// A file is in the place of a directory.
    FileInPlace,
    /// A link is in the place; what it leads to is not known.
    LinkInPlace,
    /// A device, a socket or the like is in the place.
    SpecialInPlace,
}

/// What a policy says of a source and what is in its place. `tolerance` is the difference of times, in seconds, that means nothing:
/// [`FAT_TOLERANCE`] or more; what the precision of a listing hides is taken into account besides ([`age`]).
#[must_use]
pub fn decide(policy: Policy, source: &Side, target: Option<&Side>, tolerance: u64) -> Decision {
    match source.kind {
        EntryKind::Link => return Decision::Skip(SkipReason::SourceLink),
        EntryKind::Other => return Decision::Skip(SkipReason::SourceSpecial),
        EntryKind::File | EntryKind::Directory => {}
    }
    let Some(target) = target else { return Decision::Transfer { overwrite: false } };
    match (source.kind, target.kind) {
        (EntryKind::File, EntryKind::File) => files(policy, source, target, tolerance),
        (EntryKind::Directory, EntryKind::Directory) => Decision::Skip(SkipReason::DirectoryExists),
        (_, EntryKind::Directory) => clash(policy, AskReason::DirectoryInPlace),
        (_, EntryKind::File) => clash(policy, AskReason::FileInPlace),
        (_, EntryKind::Link) => clash(policy, AskReason::LinkInPlace),
        (_, EntryKind::Other) => clash(policy, AskReason::SpecialInPlace),
    }
}

fn clash(policy: Policy, reason: AskReason) -> Decision {
    match policy {
        Policy::Skip => Decision::Skip(SkipReason::Exists),
        Policy::Rename => Decision::Rename,
        _ => Decision::Ask(reason),
    }
}

fn files(policy: Policy, source: &Side, target: &Side, tolerance: u64) -> Decision {
    const OVERWRITE: Decision = Decision::Transfer { overwrite: true };
    let age = age(source.modified, target.modified, tolerance);
    let sizes = source.size.zip(target.size);
    match policy {
        Policy::Overwrite => OVERWRITE,
        Policy::Skip => Decision::Skip(SkipReason::Exists),
        Policy::Ask => Decision::Ask(AskReason::Exists),
        Policy::Rename => Decision::Rename,
        Policy::Newer => match age {
            Age::Newer => OVERWRITE,
            Age::Older => Decision::Skip(SkipReason::TargetNewer),
            Age::Same => Decision::Skip(SkipReason::SameTime),
            Age::Unknown => Decision::Ask(AskReason::TimeUnknown),
        },
        Policy::SizeDiffers => match sizes {
            Some((source, target)) if source != target => OVERWRITE,
            Some(_) => Decision::Skip(SkipReason::SameSize),
            None => Decision::Ask(AskReason::SizeUnknown),
        },
        Policy::NewerOrSizeDiffers => match (age, sizes) {
            (Age::Newer, _) => OVERWRITE,
            (_, Some((source, target))) if source != target => OVERWRITE,
            (_, None) => Decision::Ask(AskReason::SizeUnknown),
            (Age::Unknown, Some(_)) => Decision::Ask(AskReason::TimeUnknown),
            (Age::Same | Age::Older, Some(_)) => Decision::Skip(SkipReason::NotNewerSameSize),
        },
        Policy::Resume => match sizes {
            None => Decision::Ask(AskReason::SizeUnknown),
            Some((source, target)) if target > source => Decision::Ask(AskReason::TargetLarger),
            // A part of the same size and an older source cannot be told from a finished file.
            Some(_) if age == Age::Newer => Decision::Ask(AskReason::SourceChanged),
            Some((source, target)) if target == source => Decision::Skip(SkipReason::SameSize),
            // There is nothing to lose and nothing to resume.
            Some((_, 0)) => OVERWRITE,
            Some((_, offset)) => Decision::Resume { offset },
        },
    }
}

#[cfg(test)]
mod tests;
