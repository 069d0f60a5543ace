//! What a file that the server names may be called here (rule T14). A name comes from a stranger: it must not lead out of its
//! directory, open a device, or become another name on the way to the disk.

use thiserror::Error;

/// Longest name in bytes of UTF-8: what ext4, NTFS and APFS hold.
pub const MOST_LOCAL_NAME: usize = 255;

/// Where files are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LocalKind {
    /// Not known, such as behind a browser's file handles: what any of the others refuses is refused.
    #[default]
    Unknown,
    /// Linux and its kin: all but `/` and NUL goes.
    Unix,
    /// Windows.
    Windows,
}

/// What becomes of a name that cannot be used as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Unfit {
    /// The file is left out and reported.
    #[default]
    Refuse,
    /// What is not allowed is written as `%` and two digits for each byte. Two names that become one by that are told apart by
    /// whoever makes the files.
    Escape,
}

/// Why a name cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
pub enum LocalNameError {
    /// It is empty, `.` or `..`.
    #[error("it is no name of a file")]
    NotAName,
    /// `/` or `\`: it would be a path.
    #[error("it holds {0:?}, which leads into other directories")]
    Separator(char),
    /// NUL or another control character, or a character that file systems refuse; a colon begins a drive or a stream.
    #[error("it holds {0:?}, which cannot stand in a name here")]
    Character(char),
    /// `NUL`, `COM1` and their like open devices, with any extension.
    #[error("it is the name of a device")]
    Device,
    /// Windows takes dots and blanks at the end away: it would be another name.
    #[error("it ends with a dot or blank, which would be lost")]
    Ending,
    /// Longer than [`MOST_LOCAL_NAME`].
    #[error("it is longer than {MOST_LOCAL_NAME} bytes")]
    TooLong,
    /// Its bytes are no text in the site's charset.
    #[error("it is not text in the charset of the site")]
    Undecodable,
}

/// The local name for a text that was decoded from a server's name; `exact` as [`crate::charset::Decoded::exact`] says. The result is one
/// component: never empty, `.` or `..`, without separators and NUL, whatever went in.
///
/// # Errors
/// [`LocalNameError`]; with [`Unfit::Escape`] only that it is too long or empty.
pub fn local_name(text: &str, exact: bool, kind: LocalKind, unfit: Unfit) -> Result<String, LocalNameError> {
    let name = match (fault(text, exact, kind), unfit) {
        (None, _) => text.to_owned(),
        (Some(_), Unfit::Escape) if !text.is_empty() => escaped(text, exact, kind),
        (Some(error), _) => return Err(error),
    };
    if name.len() > MOST_LOCAL_NAME {
        return Err(LocalNameError::TooLong);
    }
    match fault(&name, true, kind) {
        None => Ok(name),
        Some(error) => Err(error),
    }
}

fn fault(text: &str, exact: bool, kind: LocalKind) -> Option<LocalNameError> {
    if matches!(text, "" | "." | "..") {
        return Some(LocalNameError::NotAName);
    }
    if !exact {
        return Some(LocalNameError::Undecodable);
    }
    if let Some(found) = text.chars().find(|found| is_separator(*found, kind)) {
        return Some(LocalNameError::Separator(found));
    }
    if let Some(found) = text.chars().find(|found| is_forbidden(*found, kind)) {
        return Some(LocalNameError::Character(found));
    }
    if kind != LocalKind::Unix {
        if is_device(text) {
            return Some(LocalNameError::Device);
        }
        if text.ends_with(['.', ' ']) {
            return Some(LocalNameError::Ending);
        }
    }
    None
}

fn is_separator(found: char, kind: LocalKind) -> bool {
    found == '/' || (found == '\\' && kind != LocalKind::Unix)
}

fn is_forbidden(found: char, kind: LocalKind) -> bool {
    match kind {
        LocalKind::Unix => found == '\0',
        LocalKind::Unknown | LocalKind::Windows => {
            found.is_control() || matches!(found, '<' | '>' | ':' | '"' | '|' | '?' | '*')
        }
    }
}

/// Whether Windows opens a device by this name: blanks and any extension behind it make no difference.
fn is_device(text: &str) -> bool {
    let stem = text.split(['.', ':']).next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$" => true,
        stem => stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")).is_some_and(|number| {
            let mut digits = number.chars();
            matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
        }),
    }
}

fn escaped(text: &str, exact: bool, kind: LocalKind) -> String {
    let last = text.chars().count().saturating_sub(1);
    let dots = matches!(text, "." | "..");
    let device = kind != LocalKind::Unix && is_device(text);
    let mut name = String::with_capacity(text.len() + 8);
    for (at, found) in text.chars().enumerate() {
        let ending = at == last && kind != LocalKind::Unix && matches!(found, '.' | ' ');
        let first = at == 0 && device;
        // What stands for bytes without a character begins with a backslash.
        let byte = !exact && found == '\\';
        if is_separator(found, kind) || is_forbidden(found, kind) || dots || ending || first || byte {
            let mut bytes = [0; 4];
            for byte in found.encode_utf8(&mut bytes).bytes() {
                name.push_str(&format!("%{byte:02X}"));
            }
        } else {
            name.push(found);
        }
    }
    name
}

/// What file systems that ignore case take for the same name.
#[must_use]
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use LocalNameError as E;
    use proptest::prelude::*;

    fn refused(text: &str, kind: LocalKind) -> Option<LocalNameError> {
        local_name(text, true, kind, Unfit::Refuse).err()
    }

    #[test]
    fn t14_names_that_lead_elsewhere_are_refused_everywhere() {
        for kind in [LocalKind::Unknown, LocalKind::Unix, LocalKind::Windows] {
            for text in ["", ".", ".."] {
                assert_eq!(refused(text, kind), Some(E::NotAName), "{text}");
            }
            assert_eq!(refused("../etc/passwd", kind), Some(E::Separator('/')));
            assert_eq!(refused("/etc", kind), Some(E::Separator('/')));
            assert_eq!(refused("a\0b", kind), Some(E::Character('\0')));
            assert_eq!(local_name("a", false, kind, Unfit::Refuse), Err(E::Undecodable));
            assert_eq!(refused(&"ä".repeat(128), kind), Some(E::TooLong));
            for text in ["a", "...", "COM10", "console", "a.b.c", " a", "-rf", "ä"] {
                if kind == LocalKind::Unix || text != "..." {
                    assert_eq!(local_name(text, true, kind, Unfit::Refuse).as_deref(), Ok(text));
                }
            }
        }
    }

    #[test]
    fn t14_windows_names() {
        let expected = [
            ("..\\x", E::Separator('\\')),
            ("C:", E::Character(':')),
            ("c:boot.ini", E::Character(':')),
            ("a.txt:stream", E::Character(':')),
            ("nul", E::Device),
            ("NUL.txt", E::Device),
            ("nul .tar.gz", E::Device),
            ("Com1", E::Device),
            ("LPT9.log", E::Device),
            ("com²", E::Device),
            ("conin$", E::Device),
            ("a.", E::Ending),
            ("a ", E::Ending),
            ("...", E::Ending),
            ("what?", E::Character('?')),
            ("a\u{1}", E::Character('\u{1}')),
        ];
        for (text, error) in expected {
            for kind in [LocalKind::Windows, LocalKind::Unknown] {
                assert_eq!(refused(text, kind), Some(error), "{text}");
            }
        }
        assert_eq!(refused("nul", LocalKind::Unix), None);
    }

    #[test]
    fn t14_escapes() {
        let escape = |text: &str| local_name(text, true, LocalKind::Windows, Unfit::Escape).unwrap();
        assert_eq!(escape(".."), "%2E%2E");
        assert_eq!(escape("a/b"), "a%2Fb");
        assert_eq!(escape("nul.txt"), "%6Eul.txt");
        assert_eq!(escape("a: ."), "a%3A %2E");
        assert_eq!(escape("100%"), "100%");
        let undecodable = local_name("a\\xFF", false, LocalKind::Unix, Unfit::Escape);
        assert_eq!(undecodable.as_deref(), Ok("a%5CxFF"));
        assert_eq!(local_name("", true, LocalKind::Unix, Unfit::Escape), Err(E::NotAName));
    }

    proptest! {
        #[test]
        fn t14_whatever_comes_out_is_one_safe_name(
            text in "[\\PC\\x00-\\x1f./\\\\: NULCOM1]{0,20}", exact: bool, which in 0..6usize,
        ) {
            let kind = [LocalKind::Unknown, LocalKind::Unix, LocalKind::Windows][which % 3];
            let unfit = if which < 3 { Unfit::Refuse } else { Unfit::Escape };
            if let Ok(name) = local_name(&text, exact, kind, unfit) {
                prop_assert_eq!(fault(&name, true, kind), None);
                prop_assert!(!name.contains(['/', '\0']));
                prop_assert!(!matches!(name.as_str(), "" | "." | ".."));
                if unfit == Unfit::Refuse {
                    prop_assert_eq!(name, text);
                }
            } else if unfit == Unfit::Escape {
                prop_assert!(text.is_empty());
            }
        }
    }
}
