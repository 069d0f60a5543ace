//! Paths below the roots of two trees. They are lists of names, so no syntax of any server comes in here.

use std::fmt;

use crate::path::{Name, RemotePath};

/// Most names of a path: a tree that is deeper is a loop or hostile.
pub const MOST_DEPTH: usize = 256;

/// A place below a root. The order puts a directory right before all that it holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RelativePath(Vec<Name>);

impl RelativePath {
    /// The path of these names; without any, the root itself.
    #[must_use]
    pub fn new(names: Vec<Name>) -> RelativePath {
        RelativePath(names)
    }

    /// The names, outermost first.
    #[must_use]
    pub fn names(&self) -> &[Name] {
        &self.0
    }

    /// The last name; `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        self.0.last()
    }

    /// The directory that holds it; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<RelativePath> {
        let (_, rest) = self.0.split_last()?;
        Some(RelativePath(rest.to_vec()))
    }

    /// The path of a child.
    #[must_use]
    pub fn join(&self, name: Name) -> RelativePath {
        let mut names = self.0.clone();
        names.push(name);
        RelativePath(names)
    }

    /// Whether it is a place below this one.
    #[must_use]
    pub fn is_below(&self, directory: &RelativePath) -> bool {
        self.0.len() > directory.0.len() && self.0.starts_with(&directory.0)
    }

    /// The path on a server whose root of the tree is this one.
    #[must_use]
    pub fn under(&self, root: &RemotePath) -> RemotePath {
        self.0.iter().fold(root.clone(), |path, name| path.join(name))
    }

    /// The names with `/` between them: what filters match.
    pub(crate) fn text(&self) -> Vec<u8> {
        self.0.iter().map(Name::as_bytes).collect::<Vec<_>>().join(&b'/')
    }
}

impl fmt::Display for RelativePath {
    /// For eyes only: names with `/` between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            write!(f, "{name}")?;
        }
        Ok(())
    }
}
