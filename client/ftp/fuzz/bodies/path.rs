//! Names and paths: none can end a command line, and what was taken apart goes together again.

use towpath_ftp::path::display;
use towpath_ftp::{Argument, Name, PathSyntax, RemotePath};

/// The first byte is where a path ends and a name begins.
pub(crate) fn body(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let (path, name) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let sendable = !path.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    assert_eq!(Argument::new(path).is_ok(), sendable);
    assert!(!display(path).is_empty() || path.is_empty());
    let syntax = PathSyntax::ALL[usize::from(*cut) % PathSyntax::ALL.len()];
    other(syntax, path, name);
    let path = RemotePath::new(path);
    if let Ok(path) = &path {
        check(path);
    }
    let Ok(name) = Name::new(name) else { return };
    assert!(!name.as_bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0 | b'/')));
    if let Ok(path) = path {
        let child = path.join(&name);
        check(&child);
        assert_eq!(child.parent(), Some(path));
        assert_eq!(child.name(), Some(name));
    }
}

/// A path of any syntax: what is written reads the same, and nothing that can be made of it ends a command.
fn other(syntax: PathSyntax, path: &[u8], name: &[u8]) {
    let _ = PathSyntax::detect("VMS", path, false);
    let Ok(path) = RemotePath::parse(syntax, path) else { return };
    if let Ok(changed) = path.change(name) {
        written(&changed);
    }
    // It may be a Unix path where a server writes both.
    if let Ok(name) = Name::checked(path.syntax(), name) {
        written(&path.join(&name));
    }
    written(&path);
}

fn written(path: &RemotePath) {
    assert_eq!(RemotePath::parse(path.syntax(), path.as_bytes()).as_ref(), Ok(path));
    for bytes in [path.as_bytes(), &path.file_bytes(), &path.operand()] {
        assert!(!bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
    }
    if let Some(parent) = path.parent() {
        assert!(path.is_below(&parent) && parent.depth() < path.depth());
    }
}

fn check(path: &RemotePath) {
    let bytes = path.as_bytes();
    assert_eq!(bytes.first(), Some(&b'/'));
    assert!(!bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
    assert!(path.is_root() || bytes.split(|byte| *byte == b'/').skip(1).all(|part| Name::new(part).is_ok()));
    assert_eq!(RemotePath::new(bytes).as_ref(), Ok(path));
    match (path.parent(), path.name()) {
        (Some(parent), Some(name)) => assert_eq!(&parent.join(&name), path),
        (None, None) => assert!(path.is_root()),
        (parent, name) => panic!("{parent:?} {name:?}"),
    }
}
