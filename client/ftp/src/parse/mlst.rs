//! Answers to MLST (RFC 3659 section 7.2): one line of facts on the control connection.

use crate::calendar::time_val;
use crate::entry::{Entry, EntryKind, Modified};
use crate::listing::Parser;
use crate::path::display;
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
    /// What may be done with it, letters of RFC 3659 section 7.5.5.
    pub perm: Option<String>,
    /// The same text for the same file under other names.
    pub unique: Option<String>,
}

/// The facts in the 250. The line may lack its blank, and others may stand around it (rule M6). That it is called `cdir` does not keep a
/// directory from being one (rule M4).
#[must_use]
pub fn mlst(reply: &Reply) -> Option<Facts> {
    reply.lines.iter().find_map(|line| facts(line))
}

fn facts(line: &[u8]) -> Option<Facts> {
    let prefix = line.strip_prefix(b"250-").unwrap_or(line);
    let line = prefix.strip_prefix(b" ").unwrap_or(prefix);
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let mut found = Facts::default();
    let (mut known, mut clean) = (false, Vec::new());
    for fact in line[..end].split(|byte| *byte == b';').filter(|fact| !fact.is_empty()) {
        let equals = fact.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (fact[..equals].to_ascii_lowercase(), &fact[equals + 1..]);
        let is_self =
            name == b"type" && (value.eq_ignore_ascii_case(b"cdir") || value.eq_ignore_ascii_case(b"pdir"));
        let text = || (!value.is_empty()).then(|| display(value));
        known = true;
        match name.as_slice() {
            b"type" => found.kind = Some(EntryKind::Other),
            b"perm" => found.perm = text(),
            b"unique" => found.unique = text(),
            b"create" => found.created = time_val(value),
            _ => {}
        }
        clean.extend_from_slice(if is_self { b"type=dir" } else { fact });
        clean.push(b';');
    }
    let entry = entry(clean)?;
    // A name is not the server's to choose here; what is called for is known.
    known.then_some(Facts {
        kind: found.kind.map(|_| entry.kind),
        size: entry.size,
        modified: entry.modified,
        mode: entry.mode,
        owner: entry.owner,
        group: entry.group,
        target: entry.target,
        ..found
    })
}

fn entry(mut facts: Vec<u8>) -> Option<Entry> {
    facts.extend_from_slice(b" x");
    let (mut parser, mut entries) = (Parser::mlsd(), Vec::new());
    parser.push(&facts, &mut entries).ok()?;
    parser.finish(&mut entries).ok()?;
    entries.pop()
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
        assert_eq!((wanted.perm.as_deref(), wanted.unique.as_deref()), (Some("adfrw"), Some("801U9")));
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
        assert_eq!(read(&[" size=3; f"]).unwrap().kind, None);
        assert_eq!(read(&[" type=OS.unix=slink:/t; f"]).unwrap().target.as_deref(), Some(&b"/t"[..]));
    }

    #[test]
    fn m6_what_is_no_line_of_facts() {
        for lines in [&[""][..], &["Listing", "End"], &[" /a=b"], &["nothing here"], &["; x"]] {
            let facts = read(lines);
            assert!(
                facts.is_none() || facts.as_ref().is_some_and(|facts| facts.kind.is_none()),
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
