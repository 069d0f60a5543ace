//! What holds for every path and name, whatever bytes they are of.

use super::pathname::{Pathname, of};
use super::{Name, PathSyntax, RemotePath};
use proptest::prelude::*;

/// Bytes of which paths are made, so that many of these are paths.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(b"/\\:.;[]<>'()$^-~ ".to_vec()).prop_map(|byte| vec![byte]),
        2 => prop::sample::select(vec!["A", "b", "000000", "..", "C:", "^2E", "^5E", "^.", "-", "D:[", "'A."])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn syntax() -> impl Strategy<Value = PathSyntax> {
    prop::sample::select(PathSyntax::ALL.to_vec())
}

/// A beginning that makes a path of the syntax.
fn beginning(syntax: PathSyntax) -> &'static [u8] {
    match syntax {
        PathSyntax::Unix | PathSyntax::Zvm => b"/",
        PathSyntax::Dos => b"C:\\",
        PathSyntax::DosForward => b"C:/",
        PathSyntax::DosVirtual => b"\\",
        PathSyntax::Cygwin => b"//",
        PathSyntax::Vms => b"D:[A]",
        PathSyntax::Mvs => b"'A.",
        PathSyntax::VxWorks => b":d:",
        PathSyntax::NonStop => b"\\S.",
    }
}

fn path() -> impl Strategy<Value = RemotePath> {
    (syntax(), text(), any::<bool>()).prop_filter_map("a path", |(syntax, text, ready)| {
        let mut bytes = if ready { beginning(syntax).to_vec() } else { Vec::new() };
        bytes.extend_from_slice(&text);
        if ready && syntax == PathSyntax::Mvs {
            bytes.push(b'\'');
        }
        RemotePath::parse(syntax, bytes).ok()
    })
}

fn is_safe(bytes: &[u8]) -> bool {
    !bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn p6_reading_what_was_written_gives_the_same(path in path()) {
        prop_assert_eq!(RemotePath::parse(path.syntax(), path.as_bytes()), Ok(path.clone()));
        prop_assert_eq!(path.change(path.as_bytes()), Ok(path.clone()));
        // The file form is of the same path, but for MVS, where it leaves open what is below.
        let file = RemotePath::parse(path.syntax(), path.file_bytes()).unwrap();
        if path.syntax() == PathSyntax::Mvs {
            prop_assert_eq!((file.name(), file.depth()), (path.name(), path.depth()));
        } else {
            prop_assert_eq!(file, path);
        }
    }

    #[test]
    fn p6_join_then_parent_is_the_same(path in path(), bytes in text()) {
        let Ok(name) = Name::checked(path.syntax(), bytes) else { return Ok(()) };
        let child = path.join(&name);
        prop_assert_eq!(RemotePath::parse(path.syntax(), child.as_bytes()), Ok(child.clone()));
        prop_assert!(child.is_below(&path) && !path.is_below(&child));
        if path.syntax() == PathSyntax::Mvs && name.as_bytes().contains(&b'.') {
            return Ok(());
        }
        prop_assert_eq!(child.parent(), Some(path.clone()));
        prop_assert_eq!(child.name(), Some(name));
        prop_assert_eq!(child.depth(), path.depth() + 1);
    }

    #[test]
    fn p6_parents_end_at_the_root(path in path()) {
        let mut here = path.clone();
        for _ in 0..path.depth() {
            let parent = here.parent().unwrap();
            prop_assert!(path.is_below(&parent));
            prop_assert_eq!(parent.depth() + 1, here.depth());
            here = parent;
        }
        prop_assert!(here.is_root());
        prop_assert_eq!(here.parent(), None);
        prop_assert_eq!(here, path.top());
    }

    /// Any name may be joined to any path: what comes of it is safe, and nothing panics.
    #[test]
    fn s1_no_argument_holds_a_line_end(path in path(), names in prop::collection::vec(text(), 1..4)) {
        let mut joined = path;
        for name in names.into_iter().filter_map(|bytes| Name::new(bytes).ok()) {
            joined = joined.join(&name);
        }
        let name = joined.name().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
        let parent = joined.parent().map(|parent| parent.as_bytes().to_vec()).unwrap_or_default();
        let (file, operand, top) = (joined.file_bytes(), joined.operand(), joined.top());
        for bytes in [joined.as_bytes(), &name, &parent, &file, &operand, top.as_bytes()] {
            prop_assert!(is_safe(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn s1_arbitrary_bytes(syntax in syntax(), bytes in prop::collection::vec(any::<u8>(), 0..40), path in path()) {
        for path in [RemotePath::parse(syntax, &bytes), path.change(&bytes)].into_iter().flatten() {
            prop_assert!(is_safe(path.as_bytes()) && is_safe(&bytes));
        }
        if let Ok(name) = Name::checked(syntax, bytes.clone()) {
            prop_assert!(is_safe(name.as_bytes()) && of!(syntax, P => P::is_name(&bytes)));
        }
        let system = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(PathSyntax::detect(&system, &bytes, true), PathSyntax::Unix);
        // What is taken for another syntax by the path alone can be read in it.
        let guess = PathSyntax::detect("", &bytes, false);
        prop_assert!(guess == PathSyntax::Unix || RemotePath::parse(guess, &bytes).is_ok() || !is_safe(&bytes));
    }

    /// As Unix paths were before there were others.
    #[test]
    fn unix_is_what_it_was(bytes in text()) {
        let parts = bytes.split(|byte| *byte == b'/').fold(Vec::new(), |mut parts: Vec<&[u8]>, part| {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop()),
                _ => parts.push(part),
            }
            parts
        });
        let wanted = [b"/", &*parts.join(&b'/')].concat();
        let absolute = bytes.starts_with(b"/") && is_safe(&bytes);
        let path = RemotePath::new(&bytes).ok();
        prop_assert_eq!(path.as_ref().map(RemotePath::as_bytes), absolute.then_some(&*wanted));
    }
}

/// A hostile path of 64 KiB: nothing that is done with it may look at each level once for each level.
#[test]
fn r4_long_paths_are_no_work() {
    for (syntax, level) in [(PathSyntax::Unix, "/a"), (PathSyntax::Dos, "\\a"), (PathSyntax::NonStop, ".a")] {
        let root = String::from_utf8_lossy(beginning(syntax)).into_owned();
        let path = RemotePath::parse(syntax, format!("{root}{}", level.repeat(32 * 1024))).unwrap();
        assert!(path.is_below(&path.top()) && path.parent().is_some_and(|parent| parent.depth() > 32_000));
    }
    let path = RemotePath::parse(PathSyntax::Vms, format!("D:[A{}]", ".A".repeat(32 * 1024))).unwrap();
    assert_eq!(path.change("[-]").unwrap(), path.parent().unwrap());
    let path = RemotePath::parse(PathSyntax::Mvs, format!("'A{}'", ".A".repeat(32 * 1024))).unwrap();
    assert_eq!(path.top(), PathSyntax::Mvs.root().unwrap());
}
