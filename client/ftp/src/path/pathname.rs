//! What a syntax has to know about its pathnames.

use super::ArgumentError;

/// A pathname of one syntax, taken apart. What goes in holds no CR, LF or NUL, and no part of what comes out holds any.
pub(super) trait Pathname<'a>: Sized {
    /// Takes an absolute path apart.
    fn read(bytes: &'a [u8]) -> Result<Self, ArgumentError>;

    /// The canonical text, which is what CWD takes: reading it gives the same again.
    fn write(&self) -> Vec<u8>;

    /// The text that RETR, STOR and DELE take.
    fn write_file(&self) -> Vec<u8> {
        self.write()
    }

    /// The canonical text of a child.
    fn child(directory: &'a [u8], name: &'a [u8]) -> Vec<u8>;

    /// Goes to the parent; whether there is one.
    fn pop(&mut self) -> bool;

    /// The last name; none at the root.
    fn last(&self) -> Option<&[u8]>;

    /// How many steps it is to the root.
    fn depth(&self) -> usize;

    /// Whether the other one is below.
    fn holds(&self, other: &Self) -> bool;

    /// Where a text leads that is absolute or relative and not empty.
    fn change(self, text: &'a [u8]) -> Result<Self, ArgumentError>;

    /// Whether bytes that are not empty, `.` or `..` are one level.
    fn is_name(name: &[u8]) -> bool;
}

/// Does something with the pathname type of a syntax.
macro_rules! of {
    ($syntax:expr, $P:ident => $body:expr) => {{
        use $crate::path::{PathSyntax, separated::Separated};
        use $crate::path::{cygwin, dos, dos_forward, dos_virtual, mvs, nonstop, unix, vms, vxworks, zvm};
        macro_rules! with {
            ($type:ty) => {{
                type $P<'a> = $type;
                $body
            }};
        }
        match $syntax {
            PathSyntax::Unix => with!(Separated<'a, unix::Unix>),
            PathSyntax::Dos => with!(Separated<'a, dos::Dos>),
            PathSyntax::DosForward => with!(Separated<'a, dos_forward::DosForward>),
            PathSyntax::DosVirtual => with!(Separated<'a, dos_virtual::DosVirtual>),
            PathSyntax::Cygwin => with!(Separated<'a, cygwin::Cygwin>),
            PathSyntax::Vms => with!(vms::Vms<'a>),
            PathSyntax::Mvs => with!(mvs::Mvs<'a>),
            PathSyntax::VxWorks => with!(Separated<'a, vxworks::VxWorks>),
            PathSyntax::Zvm => with!(Separated<'a, zvm::Zvm>),
            PathSyntax::NonStop => with!(Separated<'a, nonstop::NonStop>),
        }
    }};
}
pub(super) use of;
