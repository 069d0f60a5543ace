//! The ten syntaxes of rule P6.

use super::RemotePath;
use std::fmt;

/// How a server writes its paths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum PathSyntax {
    /// `/a/b`
    #[default]
    Unix,
    /// `C:\a\b`
    Dos,
    /// `C:/a/b`
    DosForward,
    /// `\a\b`
    DosVirtual,
    /// `/a/b` and `//host/a`
    Cygwin,
    /// `DEVICE:[A.B]FILE.TYPE;1` (OpenVMS)
    Vms,
    /// `'A.B.'`, `'A.B'` and `'A.B(MEMBER)'` (z/OS data sets)
    Mvs,
    /// `:device:/a/b`
    VxWorks,
    /// `/MINIDISK/FILE.TYPE` (z/VM)
    Zvm,
    /// `\SYSTEM.$VOLUME.SUBVOLUME` (HP NonStop)
    NonStop,
}

impl PathSyntax {
    /// All of them, as a choice offers them.
    pub const ALL: [PathSyntax; 10] = [
        PathSyntax::Unix,
        PathSyntax::Dos,
        PathSyntax::DosForward,
        PathSyntax::DosVirtual,
        PathSyntax::Cygwin,
        PathSyntax::Vms,
        PathSyntax::Mvs,
        PathSyntax::VxWorks,
        PathSyntax::Zvm,
        PathSyntax::NonStop,
    ];

    /// A word for it that can be stored.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            PathSyntax::Unix => "unix",
            PathSyntax::Dos => "dos",
            PathSyntax::DosForward => "dos-forward",
            PathSyntax::DosVirtual => "dos-virtual",
            PathSyntax::Cygwin => "cygwin",
            PathSyntax::Vms => "vms",
            PathSyntax::Mvs => "mvs",
            PathSyntax::VxWorks => "vxworks",
            PathSyntax::Zvm => "zvm",
            PathSyntax::NonStop => "nonstop",
        }
    }

    /// The syntax of a stored word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<PathSyntax> {
        PathSyntax::ALL.into_iter().find(|syntax| syntax.key() == key)
    }

    /// The root, where there is one for all paths: drives, devices and systems have their own ([`RemotePath::top`]). That of VMS is
    /// of the default device.
    #[must_use]
    pub fn root(self) -> Option<RemotePath> {
        let text: &[u8] = match self {
            PathSyntax::Unix | PathSyntax::Cygwin | PathSyntax::Zvm => b"/",
            PathSyntax::DosVirtual => b"\\",
            PathSyntax::Vms => b"[000000]",
            PathSyntax::Mvs => b"''",
            PathSyntax::Dos | PathSyntax::DosForward | PathSyntax::VxWorks | PathSyntax::NonStop => {
                return None;
            }
        };
        Some(RemotePath::written(self, text.to_vec()))
    }

    /// What stands before a name to say that it is one in the present directory.
    pub(super) fn here(self) -> Option<&'static [u8]> {
        match self {
            PathSyntax::Unix | PathSyntax::DosForward | PathSyntax::Cygwin => Some(b"./"),
            PathSyntax::Dos | PathSyntax::DosVirtual => Some(b".\\"),
            _ => None,
        }
    }
}

impl fmt::Display for PathSyntax {
    /// A name with an example, for a choice.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PathSyntax::Unix => "Unix, /a/b",
            PathSyntax::Dos => r"Windows, C:\a\b",
            PathSyntax::DosForward => "Windows with slashes, C:/a/b",
            PathSyntax::DosVirtual => r"Windows without drives, \a\b",
            PathSyntax::Cygwin => "Cygwin, //host/a",
            PathSyntax::Vms => "OpenVMS, DISK:[A.B]",
            PathSyntax::Mvs => "z/OS data sets, 'A.B.'",
            PathSyntax::VxWorks => "VxWorks, :dev:/a",
            PathSyntax::Zvm => "z/VM, /MINIDISK",
            PathSyntax::NonStop => r"HP NonStop, \SYS.$VOL.SUB",
        })
    }
}
