//! Answers to MLST (RFC 3659 section 7.2): one line of facts on the control connection.

use crate::entry::{Entry, EntryKind, Modified, Perm};
use crate::listing;
use crate::path::Name;
use crate::reply::Reply;

/// What a server says of one file or directory. Absent means that it did not say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// What it is.
    pub kind: Option<EntryKind>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Last modification.
    pub modified: Option<Modified>,
    /// Creation.
    pub created: Option<Modified>,
    /// Unix mode bits, the lower 12.
    pub mode: Option<u16>,
    /// Owner, as the server writes it.
    pub owner: Option<String>,
    /// Group, as the server writes it.
    pub group: Option<String>,
    /// Where a link leads, as the server writes it.
    pub target: Option<Vec<u8>>,
    /// What may be done with it.
    pub perm: Option<Perm>,
    /// The same text for the same directory under other names.
    pub unique: Option<Vec<u8>>,
}

impl From<Entry> for Facts {
    fn from(entry: Entry) -> Facts {
        Facts {
            kind: Some(entry.kind),
            size: entry.size,
            modified: entry.modified,
            created: entry.created,
            mode: entry.mode,
            owner: entry.owner.map(|owner| owner.as_ref().to_owned()),
            group: entry.group.map(|group| group.as_ref().to_owned()),
            target: entry.target.map(Vec::from),
            perm: entry.perm,
            unique: entry.unique.map(Vec::from),
        }
    }
}

/// The facts in the 250, whatever stands around them (rule M6). What it is called is known to whoever asked.
#[must_use]
pub fn mlst(reply: &Reply) -> Option<Facts> {
    // Any name will do: it is not looked at.
    let name = Name::new("x").ok()?;
    listing::mlst(reply, name).map(Facts::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(lines: &[&str]) -> Option<Facts> {
        mlst(&Reply::new(250, lines.iter().map(|line| line.as_bytes().to_vec()).collect()))
    }

    #[test]
    fn m6_facts_with_noise_around_them() {
        let line = "Type=file;Size=7;Modify=20240229123456;UNIX.mode=0644;perm=adfrw;Unique=801U9; /a b";
        let wanted = read(&["Listing", &format!(" {line}"), "End"]).unwrap();
        assert_eq!((wanted.kind, wanted.size, wanted.mode), (Some(EntryKind::File), Some(7), Some(0o644)));
        assert_eq!(wanted.modified.unwrap().seconds, 1_709_210_096);
        assert_eq!(wanted.perm.map(|perm| perm.to_string()).as_deref(), Some("adfrw"));
        for lines in [
            &["Begin", line, "End"][..],
            &[line],
            &["Start of list for /a b", &format!("250-{line}"), "End"],
            &["x", &format!("250- {line}"), "End"],
            &["Begin", &line.replace(" /a b", ""), "End"],
        ] {
            assert_eq!(read(lines).as_ref(), Some(&wanted), "{lines:?}");
        }
    }

    #[test]
    fn m4_cdir_is_a_directory_here() {
        // Pure-FTPd calls the root its own parent.
        for line in [
            " type=pdir;sizd=4096;modify=20261124063547;unique=fe00g9a813c; /",
            " type=cdir;create=20200101000000; /",
            " Type=PDIR; ..",
            "type=dir; /",
        ] {
            assert_eq!(read(&["", line, "End"]).unwrap().kind, Some(EntryKind::Directory), "{line}");
        }
        assert_eq!(read(&[" size=3; f"]).unwrap().size, Some(3));
        assert_eq!(read(&[" type=OS.unix=slink:/t; f"]).unwrap().target.as_deref(), Some(&b"/t"[..]));
    }

    #[test]
    fn m6_what_is_no_line_of_facts() {
        for lines in [&[""][..], &["Listing", "End"], &[" /a=b"], &["nothing here"], &["; x"]] {
            let facts = read(lines);
            assert!(
                facts.is_none() || facts.as_ref().is_some_and(|facts| facts.size.is_none()),
                "{lines:?}: {facts:?}"
            );
        }
        assert_eq!(read(&["Listing", "End"]), None);
    }

    proptest! {
        #[test]
        fn any_lines(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..5)) {
            let _ = mlst(&Reply::new(250, lines));
        }
    }
}
