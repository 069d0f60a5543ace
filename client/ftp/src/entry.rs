//! One row of a directory listing.

use crate::path::Name;
use std::fmt::{self, Write};
use std::sync::Arc;

/// What a row stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link; what it leads to is not known.
    Link,
    /// A device, socket, pipe or something the server has no word for.
    Other,
}

/// A modification time with the precision that the listing gave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Modified {
    /// Unix seconds. UTC from MLSD and MDTM, and from LIST with hours and minutes once the server's zone is known
    /// ([`crate::Quirks::clock_offset`]); else the server's own zone taken for UTC, as [`Modified::utc`] says.
    pub seconds: i64,
    /// Whether hours and minutes mean something.
    pub has_time: bool,
    /// Whether seconds mean something.
    pub has_seconds: bool,
    /// Whether the zone is known to be UTC.
    pub utc: bool,
}

/// What may be done with a row: the `perm` fact of MLSD (RFC 3659 section 7.5.5). It is what the server says before it is asked; the
/// answer to the command counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Perm(u16);

impl Perm {
    /// `a`: APPE on a file.
    pub const APPEND: Perm = Perm(1);
    /// `c`: STOR and the like may create files in a directory.
    pub const CREATE: Perm = Perm(1 << 1);
    /// `d`: DELE on a file, RMD on a directory.
    pub const DELETE: Perm = Perm(1 << 2);
    /// `e`: CWD into a directory.
    pub const ENTER: Perm = Perm(1 << 3);
    /// `f`: RNFR.
    pub const RENAME: Perm = Perm(1 << 4);
    /// `l`: a directory may be listed.
    pub const LIST: Perm = Perm(1 << 5);
    /// `m`: MKD in a directory.
    pub const MAKE: Perm = Perm(1 << 6);
    /// `p`: what is in a directory may be deleted.
    pub const PURGE: Perm = Perm(1 << 7);
    /// `r`: RETR on a file.
    pub const RETRIEVE: Perm = Perm(1 << 8);
    /// `w`: STOR onto a file.
    pub const STORE: Perm = Perm(1 << 9);

    const LETTERS: &[u8; 10] = b"acdeflmprw";

    /// The letters of a fact, in either case; those that RFC 3659 does not name are left out.
    #[must_use]
    pub fn from_letters(letters: &[u8]) -> Perm {
        letters.iter().fold(Perm(0), |perm, letter| {
            let place = Perm::LETTERS.iter().position(|known| *known == letter.to_ascii_lowercase());
            Perm(perm.0 | place.map_or(0, |place| 1 << place))
        })
    }

    /// Whether all of these are allowed.
    #[must_use]
    pub fn allows(self, other: Perm) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for Perm {
    /// The letters, as they stand in the fact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Perm::LETTERS
            .iter()
            .enumerate()
            .filter(|(place, _)| self.0 >> place & 1 == 1)
            .try_for_each(|(_, letter)| f.write_char(char::from(*letter)))
    }
}

/// A row. Absent means that the server did not say. Made by [`Entry::new`], so that a field more breaks nobody; a listing of millions
/// lives in memory, so texts that rows have in common are shared.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes. Where a server counts in other units (records, tracks) it is absent.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Modified>,
    /// Creation.
    pub created: Option<Modified>,
    /// Unix mode bits, the lower 12.
    pub mode: Option<u16>,
    /// What may be done with it.
    pub perm: Option<Perm>,
    /// Owner, as the server writes it.
    pub owner: Option<Arc<str>>,
    /// Group, as the server writes it.
    pub group: Option<Arc<str>>,
    /// Where a link leads, as the server writes it.
    pub target: Option<Box<[u8]>>,
    /// The `unique` fact (RFC 3659 section 7.5.2): two paths that have the same are the same thing, which shows a loop. Not kept of
    /// files, which cannot have one.
    pub unique: Option<Box<[u8]>>,
}

impl Entry {
    /// A row of which no more is known.
    #[must_use]
    pub fn new(name: Name, kind: EntryKind) -> Entry {
        Entry {
            name,
            kind,
            size: None,
            modified: None,
            created: None,
            mode: None,
            perm: None,
            owner: None,
            group: None,
            target: None,
            unique: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m5_perm_letters() {
        let perm = Perm::from_letters(b"elCmX9");
        assert!(perm.allows(Perm::ENTER) && perm.allows(Perm::CREATE) && !perm.allows(Perm::DELETE));
        assert_eq!(perm.to_string(), "celm");
        assert_eq!(Perm::from_letters(b"acdeflmprw").to_string(), "acdeflmprw");
        assert!(!Perm::from_letters(b"").allows(Perm::RETRIEVE));
    }

    /// Two million rows are to fit beside a page.
    #[test]
    fn an_entry_stays_small() {
        assert!(size_of::<Entry>() <= 176, "{} bytes", size_of::<Entry>());
    }
}
