//! How a name in the present directory is written in a command (rules P5, S6).

use super::{Name, PathSyntax};
use std::borrow::Cow;

/// Whether some server takes the bare name for something else: a leading `-` for an option, a leading `~` for a home, a
/// blank at either end for nothing, `*?[]{}` for a pattern.
#[must_use]
pub fn is_delicate(name: &Name) -> bool {
    let bytes = name.as_bytes();
    matches!(bytes.first(), Some(b'-' | b' ' | b'~'))
        || bytes.last() == Some(&b' ')
        || bytes.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[' | b']' | b'{' | b'}'))
}

/// The name, with `./` before it where it is delicate. Rule S6 wants the full path for patterns and `~`; `./` serves as well, since
/// what is expanded is the last level either way, and it works on servers that take no full paths (rule P4). A syntax that
/// has no `.` leaves the name as it is: see [`super::RemotePath::operand`], which then gives the full path.
#[must_use]
pub fn operand(syntax: PathSyntax, name: &Name) -> Cow<'_, [u8]> {
    match syntax.here() {
        Some(here) if is_delicate(name) => Cow::Owned([here, name.as_bytes()].concat()),
        _ => Cow::Borrowed(name.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::RemotePath;

    const DELICATE: [&str; 12] =
        ["-rf", " a", "a ", "~", "~root", "*", "a?", "a[1].txt", "]", "{b}", "b}", " "];
    const PLAIN: [&str; 8] = ["a", "a-b", "a b", "a~", ".profile", "a;b", "#a", "ä"];

    #[test]
    fn p5_s6_what_a_server_could_take_for_something_else() {
        for text in DELICATE {
            let name = Name::new(text).unwrap();
            let dotted = format!("./{text}");
            assert_eq!(operand(PathSyntax::Unix, &name), dotted.as_bytes(), "{text}");
            assert_eq!(operand(PathSyntax::DosVirtual, &name), format!(".\\{text}").as_bytes(), "{text}");
            let path = RemotePath::root().join(&name);
            assert_eq!(path.operand(), dotted.as_bytes(), "{text}");
        }
        for text in PLAIN {
            let name = Name::new(text).unwrap();
            assert_eq!(operand(PathSyntax::Unix, &name), text.as_bytes(), "{text}");
            assert_eq!(RemotePath::root().join(&name).operand(), text.as_bytes(), "{text}");
        }
    }

    #[test]
    fn p5_without_a_dot_it_is_the_full_path() {
        for (syntax, path, wanted) in [
            (PathSyntax::Vms, "D:[A]-X.TXT;1", "D:[A]-X.TXT;1"),
            (PathSyntax::Vms, "D:[A]X.TXT;1", "X.TXT;1"),
            (PathSyntax::Mvs, "'A.B(M)'", "M"),
            (PathSyntax::Mvs, "'A.B(*)'", "'A.B(*)'"),
            (PathSyntax::Zvm, "/DISK/-A.B", "/DISK/-A.B"),
            (PathSyntax::VxWorks, ":d:/a*", ":d:/a*"),
            (PathSyntax::NonStop, "\\S.$V.SUB.F", "F"),
            (PathSyntax::Unix, "/", "/"),
        ] {
            assert_eq!(RemotePath::parse(syntax, path).unwrap().operand(), wanted.as_bytes(), "{path}");
        }
    }
}
